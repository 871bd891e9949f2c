"""Databases for the tests of the stores."""

import pytest

from tests.postgres import fresh_database, postgres_cluster, why_no_postgres


@pytest.fixture(scope="session")
def postgres_url():
    reason = why_no_postgres()
    if reason is not None:
        pytest.skip(reason)
    with postgres_cluster() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    """The address of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'studio.db'}"
        return
    with fresh_database(request.getfixturevalue("postgres_url")) as url:
        yield url


@pytest.fixture
def sql_store(database):
    from core.storage.sql import SqlStore  # after the fixtures that skip, it takes seconds

    store = SqlStore(database)
    yield store
    store.close()
