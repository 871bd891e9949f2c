"""The worker's snapshots: summary, predictions, what is in flight, what is left.

The surrogate is fitted in a thread of its own, so that a fit never holds up the dispatch of work.
The engine's thread only hands over plain values, once a second.
"""

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from core.errors import StoreError
from core.lm.limiter import Flow
from core.optimizers.actions import Action, Bootstrap, Repeat, Score
from core.runs.choices import open_choices, search_space
from core.runs.config import RunConfig
from core.runs.preparation import Task
from core.runs.remaining import Remaining, remaining_calls
from core.runs.scores import best_candidate, test_scores, val_scores
from core.runs.snapshot import InFlight, Reserved, RunSummary, ScoreWithN, Snapshot
from core.runs.state import RunState
from core.runs.store import RunStore
from core.search.pool import Choices
from core.search.space import Levels, SearchSpace
from core.worker.beliefs import Beliefs

EVERY = 1.0
"""Seconds between snapshots."""

NEWEST_SHOWN = 12
"""Pieces of work in flight that a snapshot names."""


@dataclass(frozen=True, kw_only=True)
class _Handover:
    """What the engine's thread passes to the fitting thread."""

    seq: int
    summary: RunSummary
    in_flight: tuple[InFlight, ...]
    remaining: Remaining
    reserved: Reserved
    traffic: tuple[Flow, ...]
    space: SearchSpace | None
    choices: Choices | None
    reason: str | None
    visited: dict[str, Levels]
    new_results: list[tuple[Levels, str, float]]
    rests: bool
    """True when nothing more may come for long."""


@dataclass(kw_only=True)
class SnapshotWatcher:
    """Writes a snapshot about once a second and, on `close`, a last one."""

    run_id: str
    store: RunStore
    task: Task
    config: RunConfig
    flows: Callable[[], tuple[Flow, ...]] = tuple
    """Gives what every endpoint takes at present."""
    _last: float | None = None
    """When something was handed over last, by a clock that nobody sets."""
    _last_seq: int = -1
    _levels: dict[str, Levels] = field(default_factory=dict)
    """Candidate → its levels, which stay while the space grows."""
    _handed: int = 0
    """Validation results that were handed over."""
    _queue: "queue.Queue[_Handover | None]" = field(default_factory=queue.Queue)
    _beliefs: Beliefs = field(default_factory=Beliefs)
    _thread: threading.Thread | None = None

    def watch(self, state: RunState, busy: Sequence[tuple[Action, float]]) -> None:
        """Hand the state's present over once a second; at once when the run rests or ends."""
        now = time.monotonic()
        rests = state.is_ended or state.status == "paused"
        news = rests and state.seq != self._last_seq
        if self._last is not None and now - self._last < EVERY and not news:
            return
        if not busy and state.seq == self._last_seq:
            return  # the run waits for people, and nothing has changed
        if news or self._queue.qsize() < 2:
            self._last, self._last_seq = now, state.seq
            self._queue.put(self._handover(state, busy, time.time()))
        if self._thread is None:
            self._thread = threading.Thread(target=self._write_all, daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Write what was handed over and end the thread."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def _handover(
        self, state: RunState, busy: Sequence[tuple[Action, float]], now: float
    ) -> _Handover:
        space = search_space(state) if state.candidates else None
        if space is not None:
            new = state.candidates.keys() - self._levels.keys()
            self._levels |= {key: space.levels(state.candidates[key]) for key in sorted(new)}
        last = max(state.trials, default=None)
        newest = sorted(busy, key=lambda item: -item[1])[:NEWEST_SHOWN]
        return _Handover(
            seq=state.seq,
            summary=summary(state, now),
            in_flight=tuple(InFlight(task=action.label, since=since) for action, since in newest),
            remaining=remaining_calls(state, self.task, self.config, now, in_flight=len(busy)),
            reserved=self._reserved(busy),
            traffic=self.flows(),
            space=space,
            choices=open_choices(state, space) if space else None,
            reason=None if last is None else state.trials[last].reason,
            visited=dict(self._levels),
            new_results=self._new_results(state),
            rests=state.is_ended or state.status == "paused",
        )

    def _reserved(self, busy: Sequence[tuple[Action, float]]) -> Reserved:
        """LM calls that what is in flight takes at most, per model."""
        runs = sum(isinstance(action, Bootstrap | Score | Repeat) for action, _ in busy)
        taught = sum(isinstance(action, Bootstrap) for action, _ in busy)
        return Reserved(
            task=runs * self.task.template.calls_per_run,
            prompt=len(busy) - runs,
            judge=runs * self.task.metric.calls,
            teacher=taught * self.task.teacher_calls(self.config),
        )

    def _new_results(self, state: RunState) -> list[tuple[Levels, str, float]]:
        """Scores that were not there at the last handover."""
        new = state.val_results[self._handed :]
        self._handed = len(state.val_results)
        return [
            (self._levels[each.candidate], each.example, each.score)
            for each in new
            if each.score is not None
        ]

    def _write_all(self) -> None:
        while (handed := self._queue.get()) is not None:
            outlook = self._beliefs.outlook(
                handed.space,
                handed.choices,
                handed.visited,
                handed.new_results,
                now=handed.rests,
            )
            belief = outlook.belief
            snapshot = Snapshot(
                seq=handed.seq,
                summary=handed.summary,
                predictions=dict(outlook.predictions),
                belief=belief and belief.model_copy(update={"reason": handed.reason}),
                in_flight=handed.in_flight,
                in_flight_count=handed.remaining.in_flight,
                reserved=handed.reserved,
                traffic=handed.traffic,
                remaining_seconds=handed.remaining.seconds,
                remaining_calls=handed.remaining.calls,
                remaining_prompt_calls=handed.remaining.prompt,
                remaining_judge_calls=handed.remaining.judge,
                remaining_teacher_calls=handed.remaining.teacher,
            )
            try:
                self.store.put_snapshot(self.run_id, snapshot)
            except StoreError:
                continue  # a snapshot is a convenience; the events are the truth


def record_end(run_id: str, store: RunStore) -> None:
    """Bring the snapshot up to the log of a run that ended while nobody watched."""
    state = RunState().fold(store.since(run_id, 0))
    known = store.snapshot(run_id)
    snapshot = Snapshot(
        seq=state.seq,
        summary=summary(state, time.time()),
        predictions=known.predictions if known else {},
        belief=known.belief if known else None,
        remaining_seconds=0.0,
        remaining_calls=0,
        remaining_prompt_calls=0,
        remaining_judge_calls=0,
        remaining_teacher_calls=0,
    )
    store.put_snapshot(run_id, snapshot)


def summary(state: RunState, now: float) -> RunSummary:
    """The run in one line of the list of runs."""
    best = best_candidate(state)
    return RunSummary(
        status=state.status,
        phase=state.phase,
        evaluates=state.returns_to is not None,
        baseline=_mean(val_scores(state, state.baseline)) if state.baseline else None,
        best=_mean(val_scores(state, best)) if best else None,
        test_baseline=_mean(test_scores(state, state.baseline)) if state.baseline else None,
        test_best=_mean(test_scores(state, best)) if best else None,
        usage=state.usage,
        seconds=state.elapsed(now),
    )


def _mean(scores: Mapping[str, float]) -> ScoreWithN | None:
    if not scores:
        return None
    return ScoreWithN(score=sum(scores.values()) / len(scores), n=len(scores))
