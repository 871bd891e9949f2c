"""What a worker's snapshots say, from made-up logs."""

import time

import pytest

from core.optimizers.actions import Score, Summarise
from core.runs import events as ev
from core.runs.decisions import ChoiceRejected
from core.runs.preparation import prepare
from core.storage.memory import MemoryStore
from core.worker.watcher import SnapshotWatcher, record_end
from tests import run_log
from tests.scored_example import scored_example


@pytest.fixture
def store():
    return MemoryStore()


def searching(store):
    """A run in its search, its state, and a watcher of it."""
    run_id, config, _ = run_log.iris_run(store, "search")
    state = run_log.replay(store, run_id)
    task = prepare(config, store)
    return run_id, state, SnapshotWatcher(run_id=run_id, store=store, task=task, config=config)


def test_a_retried_example_reaches_the_surrogate_once_and_no_other_one_twice(store):
    run_id, state, watcher = searching(store)
    trial, candidate = max(state.trials), state.trials[max(state.trials)].candidate
    known = len(state.results.get(candidate, {}))
    places = watcher._handover(state, [], time.time()).visited
    seen = []
    for events in (
        [scored_example(trial, candidate, "a", None), scored_example(trial, candidate, "b", 1.0)],
        [scored_example(trial, candidate, "a", 0.5, attempt=1)],
        [],
    ):
        store.append(run_id, events)
        state.fold(store.since(run_id, state.seq))
        seen.append(watcher._handover(state, [], time.time()).new_results)
    assert seen == [[(places[candidate], "b", 1.0)], [(places[candidate], "a", 0.5)], []]
    assert len(state.results[candidate]) == known + 2


def test_a_run_that_rests_is_snapshotted_at_once_and_then_once_a_second(store, monkeypatch):
    run_id, state, watcher = searching(store)
    handed = []
    monkeypatch.setattr(watcher._queue, "put", handed.append)
    watcher.watch(state, [])
    store.append(run_id, [ev.Paused(reason="Paused by a person.", by_person=True)])
    state.fold(store.since(run_id, state.seq))
    for _ in range(4):
        watcher.watch(state, [])
    assert [each.summary.status for each in handed] == ["running", "paused"]


def test_a_run_that_failed_while_nobody_watched_is_listed_as_failed(store):
    run_id, state, _ = searching(store)
    predictions = store.snapshot(run_id).predictions
    store.append(run_id, [ev.RunFailed(message="the key is gone")])
    record_end(run_id, store)
    kept = store.snapshot(run_id)
    assert (kept.summary.status, kept.seq) == ("failed", state.seq + 1)
    assert (kept.predictions, kept.in_flight, kept.remaining_calls) == (predictions, (), 0)


def test_a_run_that_waits_for_people_is_not_written_again_and_again(store, monkeypatch):
    monkeypatch.setattr("core.worker.watcher.EVERY", 0.0)
    run_id, state, watcher = searching(store)
    handed = []
    monkeypatch.setattr(watcher._queue, "put", lambda item: handed.append(item))
    monkeypatch.setattr(watcher, "_write_all", lambda: None)
    for _ in range(3):
        watcher.watch(state, [])
    assert len(handed) == 1
    store.append(run_id, [ev.PhaseChanged(phase="review")])
    state.fold(store.since(run_id, state.seq))
    watcher.watch(state, [])
    assert len(handed) == 2


def test_a_snapshot_says_what_is_in_flight_may_still_cost_each_model(store):
    _, state, watcher = searching(store)
    trial = state.trials[max(state.trials)]
    busy = [
        (Score(trial=trial.number, candidate=trial.candidate, example=row, attempt=0), 0.0)
        for row in ("1", "2", "3")
    ]
    handed = watcher._handover(state, [*busy, (Summarise(), 0.0)], time.time())
    assert (handed.reserved.task, handed.reserved.prompt) == (3, 1)
    assert handed.remaining.prompt == 0
    assert not handed.rests


def test_what_people_rule_out_reaches_the_surrogate_of_the_snapshots(store):
    run_id, state, watcher = searching(store)
    ref = state.candidates[state.baseline].refs[0]
    assert watcher._handover(state, [], time.time()).choices.bans == frozenset()
    store.append(run_id, [ChoiceRejected(by="Ada", choice=ref)])
    state.fold(store.since(run_id, state.seq))
    handed = watcher._handover(state, [], time.time())
    assert handed.choices.bans == {(handed.space.level_of(ref),)}
