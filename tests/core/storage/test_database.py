import pytest

from core.errors import StoreError
from core.storage.database import address, shown


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ada:pw@db.example:5433/runs?sslmode=require",
        "postgres://ada:pw@db.example:5433/runs?sslmode=require",
        "postgresql+psycopg://ada:pw@db.example:5433/runs?sslmode=require",
    ],
)
def test_every_usual_way_to_name_postgresql_works(url):
    assert address(url).render_as_string(hide_password=False) == (
        "postgresql+psycopg://ada:pw@db.example:5433/runs?sslmode=require"
    )


def test_a_relative_sqlite_path_is_fixed_when_it_is_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert address("sqlite:///runs.db").database == str(tmp_path / "runs.db")
    assert address("sqlite:////data/runs.db").database == "/data/runs.db"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("runs.db", "the database address cannot be read"),
        ("postgresql://ada:se@cret:pa/ss@host/runs", "the database address cannot be read"),
        ("mysql://ada:secret@host/runs", "'mysql' databases are not supported"),
        ("postgresql+asyncpg://ada:secret@host/runs", "'postgresql.asyncpg' databases are not"),
        ("sqlite://", "SQLite needs the path of a file"),
        ("sqlite:///:memory:", "SQLite needs the path of a file"),
        ("sqlite:///file:runs.db?mode=ro&uri=true", "SQLite needs the path of a file"),
    ],
)
def test_an_unusable_address_is_refused_with_what_to_write_and_no_password(url, message):
    with pytest.raises(
        StoreError, match=f"{message}.* Write sqlite:///PATH or postgresql"
    ) as error:
        address(url)
    assert "secret" not in str(error.value)
    assert "cret" not in str(error.value)


def test_an_address_is_shown_without_passwords():
    url = address("postgresql://ada:secret@db.example/runs?password=secret")
    assert shown(url) == "postgresql+psycopg://ada:***@db.example/runs"
