"""What LM calls cost: counts, tokens and money, added up per task.

A `Meter` travels to the LM as dspy's usage tracker (`dspy.context(usage_tracker=...)`), which
dspy's own worker threads inherit, so every call finds the task that made it.
"""

import threading
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict


class Usage(BaseModel):
    """LM calls and what they used. Adding two gives their sum."""

    model_config = ConfigDict(frozen=True)

    calls: int = 0
    """Calls that a model answered or that failed for good; dspy's own repetitions after an overload
    or a hang are not counted."""
    cached: int = 0
    """Further calls that were answered from the run's own cache, at no cost."""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    priced: bool = True
    """False when the price of at least one call is unknown; `cost_usd` is then a lower bound."""

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            calls=self.calls + other.calls,
            cached=self.cached + other.cached,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost_usd=self.cost_usd + other.cost_usd,
            priced=self.priced and other.priced,
        )


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
