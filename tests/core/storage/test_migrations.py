import pytest
from sqlalchemy import inspect

from core.storage import tables
from core.storage.database import address, connect
from core.storage.migrations import MIGRATIONS, migrate


@pytest.fixture
def engine(database):
    engine = connect(address(database))
    yield engine
    engine.dispose()


def m8000_a_table_of_wishes(connection):
    connection.exec_driver_sql("CREATE TABLE wishes (id TEXT PRIMARY KEY)")


def m8001_half_a_step(connection):
    connection.exec_driver_sql("CREATE TABLE half (id TEXT PRIMARY KEY)")
    raise ZeroDivisionError


def test_the_tables_have_the_columns_that_queries_name(engine):
    migrate(engine)
    named = {
        each.name: [column.name for column in each.columns]
        for each in (
            tables.RUNS,
            tables.EVENTS,
            tables.TRACES,
            tables.SNAPSHOTS,
            tables.DATASETS,
            tables.PIPELINES,
        )
    }
    found = inspect(engine)
    made = {
        name: [column["name"] for column in found.get_columns(name)]
        for name in found.get_table_names()
    }
    assert made == named | {"migrations": ["name", "applied"]}


def test_a_database_of_an_older_version_gets_only_the_new_steps(engine):
    migrate(engine)
    migrate(engine)
    migrate(engine, (*MIGRATIONS, m8000_a_table_of_wishes))
    migrate(engine, (*MIGRATIONS, m8000_a_table_of_wishes))
    with engine.connect() as connection:
        names = connection.exec_driver_sql("SELECT name FROM migrations ORDER BY name").scalars()
        assert list(names) == [
            "m0001_runs_and_datasets",
            "m0002_pipelines",
            "m0003_packed_traces",
            "m8000_a_table_of_wishes",
        ]
    assert inspect(engine).has_table("wishes")


def test_a_step_that_fails_leaves_the_database_as_it_was(engine):
    migrate(engine)
    with pytest.raises(ZeroDivisionError):
        migrate(engine, (*MIGRATIONS, m8000_a_table_of_wishes, m8001_half_a_step))
    found = inspect(engine)
    assert not found.has_table("wishes")
    assert not found.has_table("half")
    migrate(engine)
