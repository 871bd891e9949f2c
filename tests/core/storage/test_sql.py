"""What a database adds to the contract: other processes, damage, other versions."""

import sqlite3

import pytest
from sqlalchemy import create_engine, make_url, text

from core.errors import RunUnreadable, StoreError
from core.programs.pipeline.spec import PipelineSpec
from core.runs import events as ev
from core.runs.store import UnreadableRun
from core.storage.migrations import MIGRATIONS
from core.storage.sql import SqlStore
from tests.contracts import store_processes as processes
from tests.contracts.store_contract import CONFIG, FULL_SNAPSHOT, NOTE, check_log, table
from tests.waiting import wait_until


def execute(url, statement):
    """Do to a database what no store does."""
    address = make_url(url)
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    engine = create_engine(address)
    with engine.begin() as connection:
        done = connection.execute(text(statement))
        rows = done.all() if done.returns_rows else []
    engine.dispose()
    return rows


def test_what_was_stored_is_there_after_a_restart(database):
    first = SqlStore(database)
    run = first.create(CONFIG)
    first.append(run, [NOTE], {"a": "1"})
    first.put_snapshot(run, FULL_SNAPSHOT)
    dataset = first.put_dataset(table("tickets", a=["x"]))
    first.close()
    second = SqlStore(database)
    assert second.since(run, 0)[0].event == NOTE
    assert second.traces(run, ["a"]) == {"a": "1"}
    assert second.snapshot(run) == FULL_SNAPSHOT
    assert second.dataset(dataset).id == dataset
    second.close()


def test_a_closed_store_can_still_be_used(sql_store):
    sql_store.close()
    assert sql_store.runs() == []


def test_processes_may_open_a_fresh_database_at_once(database):
    ids = processes.at_once(processes.open_fresh, database)
    store = SqlStore(database)
    assert {run.id for run in store.runs()} == set(ids)
    assert execute(database, "SELECT count(*) FROM migrations") == [(len(MIGRATIONS),)]
    store.close()


def test_writers_in_processes_leave_no_gap_that_a_reader_could_miss(sql_store, database):
    run = sql_store.create(CONFIG)
    *_, followed = processes.at_once(processes.write_or_follow, database, run)
    check_log(followed)
    assert sql_store.since(run, 0) == followed


def test_one_of_many_processes_wins_a_claim(sql_store, database):
    run = sql_store.create(CONFIG)
    won = processes.at_once(processes.claim, database, run)
    assert sorted(won) == [False] * (len(won) - 1) + [True]


def test_a_killed_writer_leaves_whole_appends_and_a_usable_log(sql_store, database):
    run = sql_store.create(CONFIG)
    for _ in range(3):
        before = sql_store.run(run).seq
        writer = processes.process(processes.write_for_ever, database, run)
        wait_until(lambda before=before: sql_store.run(run).seq >= before + 30)
        writer.kill()
        writer.join()
        writer.close()
    last = sql_store.append(run, [NOTE])
    assert last > 90
    assert last % 3 == 1
    assert [record.seq for record in sql_store.since(run, 0)] == list(range(1, last + 1))


def test_traces_of_an_older_version_are_read_beside_packed_ones(database):
    before = SqlStore(database)
    run = before.create(CONFIG)
    before.append(run, [NOTE], {"long": '"x"' * 5_000, "new": "1"})
    (size,) = execute(database, "SELECT length(body) FROM traces WHERE key = 'long'")[0]
    assert size < 500
    old = "'\"old\"'" if database.startswith("sqlite") else "convert_to('\"old\"', 'UTF8')"
    execute(database, f"UPDATE traces SET body = {old} WHERE key = 'new'")
    assert before.traces(run, ["long", "new"]) == {"long": '"x"' * 5_000, "new": '"old"'}
    before.close()


def test_a_deleted_run_leaves_no_rows(sql_store, database):
    run = sql_store.create(CONFIG)
    sql_store.append(run, [NOTE], {"a": "1"})
    sql_store.put_snapshot(run, FULL_SNAPSHOT)
    sql_store.delete(run)
    left = " UNION ALL ".join(
        f"SELECT count(*) FROM {name}" for name in ("runs", "events", "traces", "snapshots")
    )
    assert execute(database, left) == [(0,)] * 4


@pytest.mark.parametrize(
    "body",
    ['{"kind": "from_the_future", "at": 1}', '{"kind": "resumed", "at": "x"}', "not JSON"],
    ids=["unknown kind", "wrong field", "no JSON"],
)
def test_an_event_that_cannot_be_read_is_named(sql_store, database, body):
    run = sql_store.create(CONFIG)
    sql_store.append(run, [NOTE, NOTE, NOTE])
    literal = body.replace(":", r"\:")
    execute(database, f"UPDATE events SET body = '{literal}' WHERE seq = 2")
    with pytest.raises(RunUnreadable, match=f"run '{run}': event 2 cannot be read.*Update MIPRO"):
        sql_store.since(run, 0)
    assert [record.seq for record in sql_store.since(run, 2)] == [3]


@pytest.mark.parametrize(
    ("config", "name"),
    [
        ("{}", None),
        ("not JSON", None),
        ("[1]", None),
        ('{"name"\\: "From the future", "budget"\\: 7}', "From the future"),
    ],
    ids=["no settings", "no JSON", "no object", "other settings"],
)
def test_a_run_whose_settings_cannot_be_read_harms_no_other(sql_store, database, config, name):
    other, run = sql_store.create(CONFIG), sql_store.create(CONFIG)
    created = sql_store.run(run).created
    execute(database, f"UPDATE runs SET config = '{config}' WHERE id = '{run}'")
    assert [each.id for each in sql_store.runs()] == [other]
    unreadable = UnreadableRun(id=run, name=name, created=created, heartbeat=None)
    assert sql_store.unreadable_runs() == [unreadable]
    with pytest.raises(RunUnreadable, match=f"run '{run}': its settings cannot be read"):
        sql_store.run(run)
    sql_store.delete(run)
    assert sql_store.unreadable_runs() == []


def test_a_snapshot_that_cannot_be_read_is_as_good_as_none(sql_store, database):
    run = sql_store.create(CONFIG)
    sql_store.put_snapshot(run, FULL_SNAPSHOT)
    execute(database, "UPDATE snapshots SET body = '{}'")
    assert sql_store.snapshot(run) is None
    assert sql_store.snapshots() == {}


def test_a_damaged_dataset_is_named(sql_store, database):
    dataset = sql_store.put_dataset(table("tickets", a=["x"]))
    execute(database, "UPDATE datasets SET content = substr(content, 5)")
    with pytest.raises(StoreError, match=f"stored dataset '{dataset}' is damaged"):
        sql_store.dataset(dataset)


def test_a_pipeline_that_cannot_be_read_harms_no_other(sql_store, database):
    for name in ("it", "other"):
        sql_store.save_pipeline(name, PipelineSpec(title=name), "Ada")
    execute(database, "UPDATE pipelines SET body = '{}' WHERE name = 'it'")
    assert [each.name for each in sql_store.pipelines()] == ["other"]
    assert sql_store.pipeline_versions("it") == []
    with pytest.raises(StoreError, match="pipeline 'it', version 1, cannot be read.*Update MIPRO"):
        sql_store.pipeline("it")
    assert sql_store.save_pipeline("it", PipelineSpec(title="it"), "Ada") == 2


def test_a_database_of_a_newer_version_is_refused(sql_store, database):
    execute(database, "INSERT INTO migrations VALUES ('m9999_from_the_future', 0)")
    with pytest.raises(StoreError, match="newer version of MIPRO Studio .*'m9999_from_the_future'"):
        SqlStore(database)


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("Not a database, but long enough to be looked at. " * 10, encoding="utf-8")
    before = file.read_bytes()
    with pytest.raises(StoreError, match=r"notes\.txt: file is not a database\. .*name another"):
        SqlStore(f"sqlite:///{file}")
    assert file.read_bytes() == before


def test_a_folder_instead_of_a_file_is_refused(tmp_path):
    with pytest.raises(StoreError, match="unable to open database file. Check that its folder"):
        SqlStore(f"sqlite:///{tmp_path}")


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="the folder '.*file/deeper' for the database cannot"):
        SqlStore(f"sqlite:///{tmp_path}/file/deeper/studio.db")


def test_a_file_that_vanished_is_an_error_in_plain_words(tmp_path):
    store = SqlStore(f"sqlite:///{tmp_path}/studio.db")
    (tmp_path / "studio.db").unlink()
    with pytest.raises(StoreError, match="no such table: runs. The file was replaced"):
        store.runs()


def test_a_server_that_does_not_answer_is_an_error_without_the_password():
    url = "postgresql://ada:hunter2@127.0.0.1:1/studio?password=hunter3"
    with pytest.raises(StoreError, match="Connection refused.*Check that the server runs") as error:
        SqlStore(url)
    assert "ada:***@127.0.0.1:1/studio" in str(error.value)
    assert "hunter" not in f"{error.value} {error.value.__cause__}"


def test_an_error_repeats_nothing_that_was_to_be_stored(sql_store, database):
    execute(database, "DROP TABLE traces")
    run = sql_store.create(CONFIG)
    with pytest.raises(StoreError, match="traces") as error:
        sql_store.append(run, [NOTE], {"a": '"a secret prompt"'})
    assert "secret" not in f"{error.value} {error.value.__cause__}"
    assert sql_store.run(run).seq == 0


def test_a_store_recovers_when_the_server_dropped_its_connections(sql_store, database):
    run = sql_store.create(CONFIG)
    if database.startswith("postgresql"):
        execute(
            database,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'mipro-studio' AND datname = current_database()",
        )
    assert sql_store.append(run, [ev.Resumed()]) == 1


def test_a_file_in_wal_mode_leaves_it(tmp_path):
    file = tmp_path / "studio.db"
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE other (x)")
    connection.close()
    SqlStore(f"sqlite:///{file}")
    assert execute(f"sqlite:///{file}", "PRAGMA journal_mode") == [("delete",)]
