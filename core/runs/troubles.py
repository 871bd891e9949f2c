"""What went wrong with a run's calls: how many per group of failures over time, and what was said.

Folded from one event at a time and bounded, however long the run: times are kept in at most
`MOST_SPANS` spans, which double in length as the run goes on, and the newest messages.
"""

from collections import Counter, deque
from dataclasses import dataclass, field, replace

from core.lm.failures import ANSWERED, Group, group_of
from core.lm.usage import FailedCalls, Usage
from core.runs.events import Failure

MOST_SPANS = 60
"""Spans of time that are kept apart."""

FIRST_SPAN = 5.0
"""Seconds of a span before the first doubling."""

MOST_SAID = 20
"""Messages that are kept."""

_NO_CALL = ANSWERED | {"program"}
"""Groups whose failures are no calls of their own: the model did answer."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """One message."""

    at: float
    where: str
    """What was at work, in plain words."""
    kind: str
    """As in `core.lm.failures`."""
    message: str
    count: int
    """Attempts that failed so in this piece of work."""
    final: bool
    """True when the piece of work came to nothing; False when a further attempt saved it."""


@dataclass(kw_only=True)
class Span:
    """A stretch of time."""

    start: float
    attempts: int = 0
    """At calls, repetitions included."""
    failed: Counter[Group] = field(default_factory=Counter)


@dataclass(kw_only=True)
class Troubles:
    """All of them, so far."""

    length: float = FIRST_SPAN
    """Seconds of each span."""
    spans: list[Span] = field(default_factory=list)
    """Those in which something was called, oldest first."""
    attempts: int = 0
    """At calls, repetitions included."""
    failed: Counter[Group] = field(default_factory=Counter)
    said: deque[Said] = field(default_factory=lambda: deque(maxlen=MOST_SAID))
    """The newest messages, oldest first."""

    def add(self, at: float, where: str, usage: Usage, failure: Failure | None) -> None:
        """Take in one event."""
        if not usage.calls and not usage.failed and failure is None:
            return
        counts = {kind: failed.count for kind, failed in usage.failed.items()}
        if failure is not None and failure.kind not in counts:
            counts[failure.kind] = 1  # an older log counts no single attempts
        attempts = usage.calls + _unanswered(counts, failure)
        span = self._span(at)
        span.attempts += attempts
        self.attempts += attempts
        for kind, count in counts.items():
            span.failed[group_of(kind)] += count
            self.failed[group_of(kind)] += count
        for kind, failed in usage.failed.items():
            if failure is None or failure.kind != kind:
                self._say(at, where, kind, failed)
        if failure is not None:
            told = FailedCalls(count=counts[failure.kind], message=failure.message)
            self._say(at, where, failure.kind, told, final=True)

    def _say(
        self, at: float, where: str, kind: str, failed: FailedCalls, *, final: bool = False
    ) -> None:
        said = Said(
            at=at,
            where=where,
            kind=kind,
            message=failed.message,
            count=failed.count,
            final=final,
        )
        self.said.append(said)

    def copy(self) -> "Troubles":
        """The same as it is now, which later events leave alone."""
        spans = [replace(span, failed=span.failed.copy()) for span in self.spans]
        return replace(self, spans=spans, failed=self.failed.copy(), said=self.said.copy())

    def _span(self, at: float) -> Span:
        """The span that this moment falls into; moments come nearly in order."""
        start = at - at % self.length
        if not self.spans or start > self.spans[-1].start:
            self.spans.append(Span(start=start))
            while len(self.spans) > MOST_SPANS:
                self._merge()
        return self.spans[-1]

    def _merge(self) -> None:
        """Spans of twice the length."""
        self.length *= 2
        merged: list[Span] = []
        for span in self.spans:
            start = span.start - span.start % self.length
            if not merged or merged[-1].start != start:
                merged.append(Span(start=start))
            merged[-1].attempts += span.attempts
            merged[-1].failed += span.failed
        self.spans = merged


def _unanswered(counts: dict[str, int], failure: Failure | None) -> int:
    """Attempts that no call counts: of a call that failed for good, one is counted already."""
    lost = sum(count for kind, count in counts.items() if group_of(kind) not in _NO_CALL)
    counted = failure is not None and group_of(failure.kind) not in _NO_CALL
    return max(0, lost - counted)
