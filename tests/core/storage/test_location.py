import pytest

from core.storage import location
from core.storage.location import database_url, open_store
from tests.contracts.store_contract import CONFIG


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STUDIO_DB", raising=False)
    yield
    location._opened.cache_clear()


def test_without_any_address_the_database_is_in_the_current_folder(tmp_path):
    run = open_store().create(CONFIG)
    assert (tmp_path / ".studio" / "studio.db").is_file()
    assert open_store(f"sqlite:///{tmp_path}/.studio/studio.db").run(run).id == run


def test_the_environment_names_the_database_and_an_argument_outdoes_it(tmp_path, monkeypatch):
    monkeypatch.setenv("STUDIO_DB", f"sqlite:///{tmp_path}/named.db")
    assert database_url() == f"sqlite:///{tmp_path}/named.db"
    assert database_url("sqlite:///given.db") == f"sqlite:///{tmp_path}/given.db"
    open_store()
    assert (tmp_path / "named.db").is_file()


def test_the_same_address_is_opened_once(tmp_path):
    assert open_store("sqlite:///runs.db") is open_store(f"sqlite:///{tmp_path}/runs.db")
    assert open_store("sqlite:///runs.db") is not open_store("sqlite:///others.db")
