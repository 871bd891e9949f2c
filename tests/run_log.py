"""Event logs of made-up runs, for tests, benchmarks and for looking at the screens.

Every log is what a worker could have written: all phases, results used again, ids by content. The
scores come from a seeded coin whose odds grow with the quality of a candidate's parts.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.data.bundled import bundled_dataset
from core.data.dataset import FieldMapping
from core.runs import events as ev
from core.runs.config import RunConfig
from core.runs.preparation import Task, prepare
from core.runs.snapshot import InFlight, Predicted, RunSummary, ScoreWithN, Snapshot
from core.runs.state import RunState
from core.runs.store import DatasetStore, Record, RunStore
from tests.made_up_run import ANSWER, ASK, START, Logged, Plan, log

__all__ = ["ANSWER", "ASK", "START", "Plan", "log"]


def plan_of(task: Task, config: RunConfig, **changes: Any) -> Plan:
    """A plan on the examples and predictors of a real task."""
    known = [*task.train, *task.val, *task.test]
    return Plan(
        predictors=task.predictors,
        train=tuple(each.id for each in task.train),
        val=tuple(each.id for each in task.val),
        test=tuple(each.id for each in task.test),
        expected={each.id: each.outputs for each in known},
        inputs={each.id: each.inputs for each in known},
        instructions=config.budget.instructions,
        demo_sets=config.budget.demo_sets,
        trials=config.budget.trials,
        minibatch=config.budget.minibatch,
        full_every=config.budget.full_every,
        **changes,
    )


def iris_config(store: DatasetStore, plan: Plan | None = None, **changes: Any) -> RunConfig:
    """Settings of a classification run on the bundled iris, which is put into the store."""
    iris = bundled_dataset("iris")
    inputs = ("petal_length", "petal_width", "sepal_length", "sepal_width")
    settings: dict[str, Any] = {
        "name": "Iris with *stars* and ![image](https://example.com/x.png)",
        "program": "classification",
        "dataset": store.put_dataset(iris),
        "dataset_name": iris.name,
        "mapping": FieldMapping(
            inputs={name: name for name in inputs}, outputs={"answer": "answer"}
        ),
        "metric": "exact_match",
        "budget": (plan or Plan()).budget,
    }
    return RunConfig(**{**settings, **changes})


def iris_run(store: Any, upto: str = "end", **changes: Any) -> tuple[str, RunConfig, Plan]:
    """A run on iris in the store, logged until `bootstrap`, `propose`, `search`, `test` or `end`.

    It has a snapshot, and no worker.
    """
    config = iris_config(store, Plan(instructions=4, demo_sets=4, trials=8, minibatch=20))
    plan = plan_of(prepare(config, store), config, **changes)
    run_id = store.create(config)
    append(store, run_id, until(log(plan), upto))
    store.put_snapshot(run_id, snapshot(replay(store, run_id)))
    return run_id, config, plan


def append(store: RunStore, run_id: str, logged: Sequence[Logged], size: int = 500) -> None:
    """Append to the store, some hundred events at a time."""
    for first in range(0, len(logged), size):
        part = logged[first : first + size]
        traces = {key: text for _, own in part for key, text in own.items()}
        store.append(run_id, [event for event, _ in part], traces)


def replay(store: RunStore, run_id: str) -> RunState:
    """The state of a stored run."""
    return RunState().fold(store.since(run_id, 0))


def state_of(events: Sequence[ev.Event]) -> RunState:
    """The state after these events."""
    return RunState().fold(Record(seq, event) for seq, event in enumerate(events, start=1))


def events(plan: Plan, upto: str = "end") -> list[ev.Event]:
    """The events of the run alone."""
    return [event for event, _ in until(log(plan), upto)]


def until(logged: list[Logged], phase: str) -> list[Logged]:
    """What was logged before the phase after `phase` began; everything for `end`."""
    order = ("bootstrap", "propose", "search", "test")
    if phase == "end":
        return logged
    if phase == "test":
        return [each for each in logged if each[0].kind != "run_finished"]
    following = order[order.index(phase) + 1]
    for place, (event, _) in enumerate(logged):
        if isinstance(event, ev.PhaseChanged) and event.phase == following:
            return logged[:place]
    return logged


def snapshot(state: RunState, *, in_flight: int = 3) -> Snapshot:
    """A worker's view of the state, with a made-up surrogate."""
    means = {name: _mean(own) for name, own in state.results.items()}
    predictions = {
        name: Predicted(mean=0.5 + 0.8 * (value - 0.5), sd=0.3 / np.sqrt(len(state.results[name])))
        for name, value in means.items()
    }
    working = (
        ()
        if state.is_ended
        else tuple(
            InFlight(task=f"trial {len(state.trials)}, row {row + 1}", since=START)
            for row in range(in_flight)
        )
    )
    baseline = means.get(state.baseline or "")
    return Snapshot(
        seq=state.seq,
        summary=RunSummary(
            status=state.status,
            phase=state.phase,
            baseline=None if baseline is None else ScoreWithN(score=baseline, n=40),
            usage=state.usage,
        ),
        predictions=predictions,
        in_flight=working,
        in_flight_count=len(working),
        remaining_seconds=None if state.is_ended else 42.0,
        remaining_calls=None if state.is_ended else 120,
    )


def _mean(results: dict[str, Any]) -> float:
    scores = [each.score for each in results.values() if each.score is not None]
    return sum(scores) / len(scores) if scores else 0.5
