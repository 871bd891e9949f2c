"""What the run did when: trials, people's decisions, failures and phases, ready to be drawn.

At most about 2,000 marks, whatever the length of the run: finished minibatches are thinned out
first, and failures that lie close together become one mark.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from core.results.frames import shown_rows
from core.results.memo import TrialRow
from core.results.run_results import RunResults
from core.runs.events import Failure, Phase

MOST = 2_000
MOST_DECISIONS = 200
MOST_FAILURES = 500

TRIAL_COLUMNS = [
    "number", "purpose", "candidate", "label", "start", "end", "mean", "n", "cancelled",
]  # fmt: skip
FAILURE_COLUMNS = ["at", "until", "count", "kinds"]


@dataclass(frozen=True, kw_only=True)
class DecisionMark:
    """One decision of a person."""

    seq: int
    at: float
    by: str
    words: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class PhaseSpan:
    """A stretch of time in which one phase was the run's main work."""

    phase: Phase
    start: float
    end: float | None
    """None while it lasts."""


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """Everything on the timeline. Times are seconds since the epoch."""

    trials: pd.DataFrame
    """`number`, `purpose`, `candidate`, `label` (`C7`), `start`, `end` (missing while in flight),
    `mean` (a fraction, missing before the first score), `n`, `cancelled`."""
    hidden_minibatches: int
    """Finished minibatches that are left out."""
    decisions: tuple[DecisionMark, ...]
    """The newest 200, oldest first."""
    failures: pd.DataFrame
    """`at` and `until` of a bin, `count`, and `kinds` in words; at most 500 rows."""
    phases: tuple[PhaseSpan, ...]
    start: float | None
    end: float | None
    """Time of the newest event."""


def timeline(results: RunResults, most: int = MOST) -> Timeline:
    """The timeline of a run, with at most about `most` marks."""
    steered = [each for each in results.steering.decisions if each.kind != "answer_rated"]
    decisions = steered[-MOST_DECISIONS:]
    failures = failure_bins(results.failures, min(MOST_FAILURES, most // 4))
    rows = results.tables.rows
    shown = shown_rows(rows, max(1, most - len(decisions) - len(failures)))
    return Timeline(
        trials=_trial_frame(shown, results),
        hidden_minibatches=len(rows) - len(shown),
        decisions=tuple(
            DecisionMark(seq=each.seq, at=each.at, by=each.by, words=each.words, kind=each.kind)
            for each in decisions
        ),
        failures=failures,
        phases=_phases(results),
        start=results.started,
        end=results.last_event_at or None,
    )


def failure_bins(
    failures: Sequence[tuple[float, str, Failure]], most: int = MOST_FAILURES
) -> pd.DataFrame:
    """The failures, (time, where, what) in order of time, in at most `most` bins of equal length.

    `at` and `until` are the first and the last failure of a bin; empty bins are left out.
    """
    groups: dict[int, list[tuple[float, str, Failure]]] = {}
    first = failures[0][0] if failures else 0.0
    length = max(failures[-1][0] - first, 1e-9) / most if failures else 1.0
    for count, failure in enumerate(failures):
        place = count if len(failures) <= most else int((failure[0] - first) / length)
        groups.setdefault(min(max(place, 0), most - 1), []).append(failure)
    rows = []
    for _, inside in sorted(groups.items()):
        kinds = Counter(failure.kind for _, _, failure in inside)
        times = [at for at, _, _ in inside]
        rows.append((min(times), max(times), len(inside), kinds_in_words(kinds)))
    return pd.DataFrame(rows, columns=FAILURE_COLUMNS)


def kinds_in_words(kinds: Counter[str]) -> str:
    """`LMTimeoutError 3, AdapterParseError 1`."""
    return ", ".join(f"{kind} {count:,}" for kind, count in kinds.most_common())


def _trial_frame(rows: Sequence[TrialRow], results: RunResults) -> pd.DataFrame:
    table = [
        (
            row.number, row.purpose, row.candidate, results.labels[row.candidate].split()[0],
            row.started, row.finished, row.mean, row.n, row.cancelled,
        )
        for row in rows
    ]  # fmt: skip
    floats = dict.fromkeys(("start", "end", "mean"), "float64")
    return pd.DataFrame(table, columns=TRIAL_COLUMNS).astype(floats)


def _phases(results: RunResults) -> tuple[PhaseSpan, ...]:
    changes = results.phase_times
    ends = [*(at for at, _ in changes[1:]), results.ended]
    return tuple(
        PhaseSpan(phase=phase, start=at, end=end)
        for (at, phase), end in zip(changes, ends, strict=False)
    )
