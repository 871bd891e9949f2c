"""Keeps actions in flight, appends what comes of them, obeys the budget and people's decisions.

One thread owns the state and talks to the store; the actions run in an executor. Whenever a slot is
free the policy is asked, so nothing waits for a straggler. The engine knows no optimizer and no LM.
"""

import math
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from core.errors import RunTaken
from core.lm.failures import reason
from core.optimizers.actions import Action, Optimizer, Plan, Slots
from core.runs.events import (
    BudgetReached,
    Event,
    Failure,
    Paused,
    Resumed,
    RunStarted,
)
from core.runs.purse import Purse
from core.runs.state import RunState
from core.runs.store import EventLog

POLL = 0.25
"""Seconds after which people's decisions are looked for when nothing else happens."""

LINGER = 0.05
"""Seconds for which results are gathered while there still is something to start: to append them
one by one would cost more than they do."""

AHEAD = 8
"""For so many actions in flight, one more is made ready and starts as soon as one is done: nothing
idles while the engine's thread reads, appends or decides. As many more as will be done within
`LINGER` are, where that is more."""

FURTHEST_AHEAD = 3
"""So many times the concurrency is made ready at most."""

MOMENT = 0.001
"""Seconds; what comes within fewer came together."""

OUTAGE = 5
"""Failures of the model in a row, without one success between, after which the run pauses."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one action."""

    events: tuple[Event, ...]
    """None when the work was recalled."""
    traces: Mapping[str, str] = field(default_factory=dict)
    """Long texts for the store, by key."""
    refusal: Failure | None = None
    """Set when the model refused or could not be reached, whatever it was asked."""
    pause: str | None = None
    """Why the run must pause now, as its settings say; None when it need not."""


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
class _Task:
    """An action that was taken on."""

    action: Action
    work: Callable[[], Outcome]
    since: float | None = None
    """When it started; None while it waits for its turn, and once its work is done."""


class Lanes:
    """So many actions at once, and a few more that wait for their turn.

    A thread that is done hands the next one over by itself, before the engine gets round to it.
    """

    def __init__(self, executor: Executor, clock: Callable[[], float]) -> None:
        self.tasks: dict[str, _Task] = {}
        """By key: what was taken on, until it has come out of `outcomes`."""
        self._executor, self._clock = executor, clock
        self._done: queue.SimpleQueue[tuple[str, Future[Outcome]]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        """For the following three, which threads that are done use as well."""
        self._waiting: deque[str] = deque()
        self._running = 0
        self._at_once = 0

    def take(self, action: Action, work: Callable[[], Outcome], *, at_once: int) -> None:
        """Take the action on; from now on `at_once` may run at once."""
        self.tasks[action.key] = _Task(action=action, work=work)
        with self._lock:
            self._at_once = at_once
            self._waiting.append(action.key)
        self._hand_over()

    def withdraw(self) -> None:
        """Take back what has not started."""
        with self._lock:
            keys = list(self._waiting)
            self._waiting.clear()
        for key in keys:
            del self.tasks[key]

    @property
    def waits(self) -> bool:
        """Whether an action waits for its turn."""
        return bool(self._waiting)

    def started(self) -> list[tuple[Action, float]]:
        """The actions that run, and when they started."""
        tasks = self.tasks.values()
        return [(t.action, since) for t in tasks if (since := t.since) is not None]

    def outcomes(self, *, timeout: float, linger: float = 0.0) -> list[Outcome]:
        """Wait for the first outcome, at most `timeout` seconds; then all that are there.

        As long as some action waits for its turn, those of the next `linger` seconds, too.

        Raises:
            Exception: what an action's work raised.
        """
        found: list[Outcome] = []
        try:
            done = self._done.get(timeout=timeout)
            until = time.monotonic() + linger
            while True:
                key, future = done
                del self.tasks[key]
                found.append(future.result())
                left = until - time.monotonic() if self.waits else 0.0
                done = self._done.get(timeout=left) if left > 0 else self._done.get_nowait()
        except queue.Empty:
            return found

    def _hand_over(self) -> None:
        """To the executor, as long as there is room."""
        while (task := self._next()) is not None:
            future = self._executor.submit(task.work)
            future.add_done_callback(partial(self._finished, task.action.key))

    def _next(self) -> _Task | None:
        """The action whose turn it is; from now on it counts as running."""
        with self._lock:
            if not self._waiting or self._running >= self._at_once:
                return None
            self._running += 1
            task = self.tasks[self._waiting.popleft()]
            task.since = self._clock()
            return task

    def _finished(self, key: str, future: Future[Outcome]) -> None:
        with self._lock:
            self._running -= 1
            self.tasks[key].since = None
        self._done.put((key, future))
        self._hand_over()


@dataclass(kw_only=True)
class Engine:
    """Takes one run from wherever its log stands to its end, or to a pause."""

    run_id: str
    store: EventLog
    optimizer: Optimizer
    crew: Crew
    watcher: Watcher
    executor: Executor
    concurrency: int
    """Actions in flight together, unless people have changed it."""
    max_calls: int | None
    """Cap on LM calls, unless people have changed it."""
    clock: Callable[[], float]
    waits_when_paused: bool = True
    """False: return from a pause instead of waiting for somebody to resume."""
    recall: Callable[[bool], object] = bool
    """Told True while nothing may start: what has started and only waits, at no cost so far, is to
    come back as an outcome without events. Told False once things may start again."""
    taken: threading.Event = field(default_factory=threading.Event)
    """Set, from any thread, when the run is another worker's: nothing is written any more."""
    purse: Purse = field(default_factory=Purse)
    """Of the calls under the cap; the crew asks it for calls that it makes again."""
    state: RunState = field(default_factory=RunState)
    _lanes: Lanes = field(init=False)
    _worker: str | None = None
    """Who this engine is in the log, once it has started."""
    _refusals: int = 0
    _rate: float = 0.0
    """Actions that were done per second of late."""
    _gathered: float = 0.0
    """When results were gathered last, by a clock that nobody sets."""
    _pause_reason: str | None = None
    _decisions: int = 0
    """Decisions of people that what waits for its turn takes into account."""

    def __post_init__(self) -> None:
        self._lanes = Lanes(self.executor, self.clock)

    def run(self, started: RunStarted) -> RunState:
        """The state in which the run ended, or paused when the engine does not wait.

        Raises:
            RunTaken: `taken` was set, or another worker has started on the run.
        """
        self._read()
        while not self.state.is_ended:
            self._append([started.model_copy(update={"at": self.clock()})])
            self._worker = started.worker
            try:
                self._work()
            finally:
                self._lanes.withdraw()
            if not self.state.is_ended:
                break
            self._read()  # somebody may have reopened the run by now
        return self.state

    def _work(self) -> None:
        """Go on until the run ends, or pauses when the engine does not wait."""
        while not self.state.is_ended:
            self._step()
            if self.state.status == "paused" and not self.waits_when_paused:
                break
        self._watch()

    def _step(self) -> None:
        self._check_hold()
        goes_on = self.state.wish == "run" and not self.state.hands_over
        if self.state.status == "paused" and goes_on:
            self._append([Resumed()])
        goes_on = goes_on and self._pause_reason is None
        self.recall(not goes_on)
        if goes_on:
            self._dispatch()
        else:
            self._lanes.withdraw()
            if not self._lanes.tasks:
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
        decisions = len(self.state.steering.decisions)
        if decisions != self._decisions or (self._calls_left() or 0) < 0:
            self._lanes.withdraw()  # what has not started may not be wanted any more
            self._decisions = decisions
        plan = self._plan()
        while plan.events:
            self._append(plan.events)
            if self.state.is_ended:
                return
            plan = self._plan()
        for action in plan.actions:
            if self._room() <= 0:
                break
            # two open trials can want the same result
            if action.key not in self._lanes.tasks and not self._start(action):
                break
        waits = plan.awaits_people and not plan.actions
        if not self._lanes.tasks and self._pause_reason is None and not waits:
            self._nothing_to_do(plan.actions)

    def _plan(self) -> Plan:
        return self.optimizer.next_actions(
            self.state,
            Slots(
                free=self._room(),
                busy=self._lanes.tasks.keys(),
                calls_left=self._calls_left(),
            ),
        )

    def _start(self, action: Action) -> bool:
        """Start the action; False when the cap leaves no room for it."""
        if not self.purse.reserve(action.key, self.crew.calls(action)):
            return False
        work = self.crew.work(action, self.state)
        self._lanes.take(action, work, at_once=self._concurrency())
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
        outcomes = self._lanes.outcomes(timeout=POLL, linger=LINGER)
        self._look_ahead(len(outcomes))
        for outcome in outcomes:
            if not outcome.events:
                continue  # it was given back, and is asked for again
            self._notice_refusal(outcome.refusal)
            self._pause_reason = outcome.pause or self._pause_reason
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
        if self._refusals >= OUTAGE:
            self._pause_reason = reason(refusal.kind, refusal.message)

    def _room(self) -> int:
        """Actions that may be taken on, those included that wait for their turn."""
        concurrency = self._concurrency()
        if concurrency == 1:
            return 1 - len(self._lanes.tasks)
        done = min(math.ceil(self._rate * LINGER), FURTHEST_AHEAD * concurrency)
        return concurrency + max(concurrency // AHEAD, done) - len(self._lanes.tasks)

    def _look_ahead(self, came: int) -> None:
        """So many outcomes came together: how many more a second are to be expected?"""
        now = time.monotonic()
        rate = came / max(now - self._gathered, MOMENT)
        self._rate += (rate - self._rate) / 2
        self._gathered = now

    def _concurrency(self) -> int:
        return self.state.steering.concurrency or self.concurrency

    def _cap(self) -> int | None:
        return self.state.steering.cap(self.max_calls)

    def _calls_left(self) -> int | None:
        """Calls neither used nor set apart; the log must hold what has come out of the lanes."""
        self.purse.settle(
            used=self.state.usage.calls, cap=self._cap(), in_flight=self._lanes.tasks.keys()
        )
        return self.purse.left

    def _append(self, events: list[Event], traces: Mapping[str, str] | None = None) -> None:
        self._check_hold()
        self.store.append(self.run_id, events, traces)
        self._read()

    def _check_hold(self) -> None:
        # the log can tell of a follower before a sign of life that is refused does
        followed = self._worker is not None and self.state.worker != self._worker
        if followed or self.taken.is_set():
            raise RunTaken(f"run {self.run_id}: another worker has taken it over.")

    def _read(self) -> None:
        self.state.fold(self.store.since(self.run_id, self.state.seq))

    def _watch(self) -> None:
        self.watcher.watch(self.state, self._lanes.started())
