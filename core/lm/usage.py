"""What LM calls cost: counts, tokens and money, added up per task.

A `Meter` travels to the LM as dspy's usage tracker (`dspy.context(usage_tracker=...)`), which
dspy's own worker threads inherit, so every call finds the task that made it.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict

from core.lm.ending import Ending

LONGEST_KEPT = 300
"""Characters of a message that are counted with the calls that failed so."""


class FailedCalls(BaseModel):
    """Attempts at LM calls that failed in one way."""

    model_config = ConfigDict(frozen=True)

    count: int
    message: str
    """The newest, in the provider's words."""


class Usage(BaseModel):
    """LM calls and what they used. Adding two gives their sum."""

    model_config = ConfigDict(frozen=True)

    calls: int = 0
    """Calls that a model answered or that failed for good; repetitions after an overload
    or a hang are not counted."""
    cached: int = 0
    """Further calls that were answered from the run's own cache, at no cost."""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    priced: bool = True
    """False when the price of at least one call is unknown; `cost_usd` is then a lower bound."""
    failed: dict[str, FailedCalls] = {}
    """Kind, as in `core.lm.failures` → attempts at calls that failed so, repeated or not. An answer
    that could not be read is among them, and among the calls."""

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            calls=self.calls + other.calls,
            cached=self.cached + other.cached,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost_usd=self.cost_usd + other.cost_usd,
            priced=self.priced and other.priced,
            failed=_added(self.failed, other.failed) if other.failed else self.failed,
        )


class UsageShares(BaseModel):
    """Who took what when a judge scored an answer, or a model of its own taught."""

    model_config = ConfigDict(frozen=True)

    program: Usage
    judge: Usage
    teacher: Usage | None = None
    """What the program took of a teacher model; then it is no part of `program`."""


def _added(
    first: Mapping[str, FailedCalls], second: Mapping[str, FailedCalls]
) -> dict[str, FailedCalls]:
    total = dict(first)
    for kind, failed in second.items():
        before = total[kind].count if kind in total else 0
        total[kind] = FailedCalls(count=before + failed.count, message=failed.message)
    return total


@dataclass
class Call:
    """One answered LM call: what was sent and what came back."""

    messages: list[dict[str, Any]]
    completion: str


@dataclass
class Meter:
    """Collects the usage and the texts of the LM calls of one task. Safe across threads."""

    usage: Usage = field(default_factory=Usage)
    calls: list[Call] = field(default_factory=list)
    most: int | None = None
    """Most requests, cached answers included, that `admit` lets through; None for any number."""
    spare: Callable[[], bool] | None = None
    """Takes one more call from what the run has left under its cap; False when nothing is left.
    None where there is no cap."""
    after: "Meter | None" = None
    """The meter of what the same task did before."""
    waited: float = 0.0
    """Seconds in which its calls waited to be sent."""
    _admitted: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _billed: threading.local = field(default_factory=threading.local, repr=False)

    def __deepcopy__(self, memo: dict[int, Any]) -> "Meter":
        return self  # dspy deep-copies its settings for worker threads; they must share one meter

    def admit(self) -> bool:
        """Whether one more request may be made; a task with a bound never passes it."""
        with self._lock:
            self._admitted += 1
            return self.most is None or self._admitted <= self.most

    @property
    def left(self) -> int | None:
        """Requests that may still be made; None for any number."""
        with self._lock:
            return None if self.most is None else max(0, self.most - self._admitted)

    def one_more(self) -> bool:
        """Whether a call may be made again, beyond `most`; from now on it may.

        A try that the cache answered cost nothing, so the call that was set apart is still there.
        """
        ending = self.ending()
        free = ending is not None and ending.cached
        if not free and self.spare is not None and not self.spare():
            return False
        with self._lock:
            self.most = None if self.most is None else self.most + 1
        return True

    @property
    def has_paid(self) -> bool:
        """Whether something has been paid for that would be lost if the task were given back."""
        with self._lock:
            own = self.usage.calls > 0
        return own or (self.after is not None and self.after.has_paid)

    def wait(self, seconds: float) -> None:
        """Count time in which a call waited to be sent, or to be sent again."""
        with self._lock:
            self.waited += seconds

    def failed(self, kind: str, message: str) -> None:
        """Count one attempt at a call that failed."""
        one = {kind: FailedCalls(count=1, message=message[:LONGEST_KEPT])}
        with self._lock:
            self.usage = self.usage + Usage(failed=one)

    def end(self, ending: Ending) -> None:
        """Note how the answer that this thread just got ended."""
        self._billed.ending = ending

    def ending(self) -> Ending | None:
        """How this thread's latest answer ended; None before the first."""
        found: Ending | None = getattr(self._billed, "ending", None)
        return found

    def add_usage(self, model: str, usage: dict[str, Any]) -> None:
        """Called by dspy, in the calling thread, for an answer that came from the model itself."""
        self._billed.now = True

    def take_billed(self) -> bool:
        """True when this thread's answer came from the model, not from the cache; asked once."""
        billed = getattr(self._billed, "now", False)
        self._billed.now = False
        return billed

    def add(self, usage: Usage, call: Call | None = None) -> None:
        """Add one call."""
        with self._lock:
            self.usage = self.usage + usage
            if call is not None:
                self.calls.append(call)
