"""Keeps actions in flight, appends what comes of them, obeys the budget and people's decisions.

One thread owns the state and talks to the store; the actions run in an executor. Whenever a slot is
free the policy is asked, so nothing waits for a straggler. The engine knows no optimizer and no LM.
"""

import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Protocol

from core.errors import RunTaken
from core.lm.outage import FATAL
from core.optimizers.actions import Action, Optimizer, Slots
from core.runs.events import (
    BudgetReached,
    Event,
    Failure,
    Paused,
    Resumed,
    RunStarted,
)
from core.runs.state import RunState
from core.runs.store import RunStore

POLL = 0.25
"""Seconds after which people's decisions are looked for when nothing else happens."""

OUTAGE = 5
"""Failures of the model in a row, without one success between, after which the run pauses."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one action."""

    events: tuple[Event, ...]
    traces: Mapping[str, str] = field(default_factory=dict)
    """Long texts for the store, by key."""
    refusal: Failure | None = None
    """Set when the model refused or could not be reached, whatever it was asked."""


class Crew(Protocol):
    """Carries actions out."""

    def work(self, action: Action, state: RunState) -> Callable[[], Outcome]:
        """The work, with all it needs taken from the state now; it runs in another thread."""

    def calls(self, action: Action) -> int:
        """LM calls that the action takes at most."""


class Watcher(Protocol):
    """Looks on; cannot change the run."""

    def watch(self, state: RunState, busy: Sequence[tuple[Action, float]]) -> None:
        """Called about once per poll. `busy` are the actions in flight and when they started."""


@dataclass(kw_only=True)
class Engine:
    """Takes one run from wherever its log stands to its end, or to a pause."""

    run_id: str
    store: RunStore
    optimizer: Optimizer
    crew: Crew
    watcher: Watcher
    executor: Executor
    concurrency: int
    max_calls: int | None
    clock: Callable[[], float]
    waits_when_paused: bool = True
    """False: return from a pause instead of waiting for somebody to resume."""
    taken: threading.Event = field(default_factory=threading.Event)
    """Set, from any thread, when the run is another worker's: nothing is written any more."""
    state: RunState = field(default_factory=RunState)
    _busy: dict[str, tuple[Action, float]] = field(default_factory=dict)
    _done: "queue.SimpleQueue[tuple[Action, Future[Outcome]]]" = field(
        default_factory=queue.SimpleQueue
    )
    _refusals: int = 0
    _pause_reason: str | None = None

    def run(self, started: RunStarted) -> RunState:
        """The state in which the run ended, or paused when the engine does not wait.

        Raises:
            RunTaken: `taken` was set.
        """
        self._read()
        if self.state.is_ended:
            return self.state
        self._append([started])
        while not self.state.is_ended:
            self._step()
            if self.state.status == "paused" and not self.waits_when_paused:
                break
        self._watch()
        return self.state

    def _step(self) -> None:
        self._check_hold()
        wish = self.state.wish
        if self.state.status == "paused" and wish == "run":
            self._append([Resumed()])
        if wish == "run" and self._pause_reason is None:
            self._dispatch()
        elif not self._busy:
            self._rest()
        if not self.state.is_ended:
            self._collect()
        self._watch()

    def _rest(self) -> None:
        """Nothing is in flight and nothing may start: pause or end, as wished."""
        if self.state.wish == "stop":
            self._append(self.optimizer.closing_actions(self.state))
        elif self.state.status == "running":
            reason = self._pause_reason or "Paused by a person."
            self._append([Paused(reason=reason, by_person=self._pause_reason is None)])
            self._pause_reason, self._refusals = None, 0

    def _dispatch(self) -> None:
        """Ask the policy until it has nothing more to record, then fill the free slots."""
        while True:
            slots = Slots(
                free=self.concurrency - len(self._busy),
                busy=self._busy.keys(),
                calls_left=self._calls_left(),
            )
            plan = self.optimizer.next_actions(self.state, slots)
            if not plan.events:
                break
            self._append(plan.events)
            if self.state.is_ended:
                return
        for action in plan.actions:
            if len(self._busy) >= self.concurrency:
                break
            # two open trials can want the same result
            if action.key not in self._busy and not self._start(action):
                break
        if not self._busy and self._pause_reason is None:
            self._nothing_to_do(plan.actions)

    def _start(self, action: Action) -> bool:
        """Start the action; False when the cap leaves no room for it."""
        left = self._calls_left()
        if left is not None and self.crew.calls(action) > left:
            return False
        self._busy[action.key] = (action, self.clock())
        future = self.executor.submit(self.crew.work(action, self.state))
        future.add_done_callback(lambda done: self._done.put((action, done)))
        return True

    def _nothing_to_do(self, waiting: list[Action]) -> None:
        cap = self._cap()
        if waiting and cap is not None:
            self._append([BudgetReached(calls=self.state.usage.calls, cap=cap)])
            self._pause_reason = (
                f"The cap of {cap} LM calls leaves no room for the next call "
                f"({self.state.usage.calls} are used). Raise the cap to go on."
            )
            return
        raise RuntimeError("the optimizer has nothing to do, but the run has not ended")

    def _collect(self) -> None:
        """Wait for the first result, take all that are there, and append them together."""
        events: list[Event] = []
        traces: dict[str, str] = {}
        try:
            items = [self._done.get(timeout=POLL)]
            while not self._done.empty():
                items.append(self._done.get_nowait())
        except queue.Empty:
            items = []
        for action, future in items:
            outcome = future.result()
            del self._busy[action.key]
            self._notice_refusal(outcome.refusal)
            events.extend(outcome.events)
            traces.update(outcome.traces)
        if events:
            self._append(events, traces)
        else:
            self._read()

    def _notice_refusal(self, refusal: Failure | None) -> None:
        if refusal is None:
            self._refusals = 0
            return
        self._refusals += 1
        if refusal.kind in FATAL or self._refusals >= OUTAGE:
            self._pause_reason = (
                f"The language model does not answer ({refusal.kind}): {refusal.message}"
            )

    def _cap(self) -> int | None:
        return self.max_calls if self.state.max_calls is None else self.state.max_calls

    def _calls_left(self) -> int | None:
        cap = self._cap()
        if cap is None:
            return None
        reserved = sum(self.crew.calls(action) for action, _ in self._busy.values())
        return cap - self.state.usage.calls - reserved

    def _append(self, events: list[Event], traces: Mapping[str, str] | None = None) -> None:
        self._check_hold()
        self.store.append(self.run_id, events, traces)
        self._read()

    def _check_hold(self) -> None:
        if self.taken.is_set():
            raise RunTaken(f"run {self.run_id}: another worker has taken it over.")

    def _read(self) -> None:
        self.state.fold(self.store.since(self.run_id, self.state.seq))

    def _watch(self) -> None:
        self.watcher.watch(self.state, list(self._busy.values()))
