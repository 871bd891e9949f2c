"""What a run's results are made of, kept in step with its state, so that a tick costs what is new.

Belongs to one `RunState`, and to its lock. What leaves it are copies or values that are replaced
and never changed. Deliberately not here: tables (`frames`) and everything that is drawn.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from core.evaluation.statistics import Mean, mean
from core.programs.candidate import Candidate
from core.results.full_evaluations import FullMemo
from core.results.progress import Counts
from core.runs.choices import is_permitted
from core.runs.parts import Result, Trial
from core.runs.scores import leader
from core.runs.state import RunState


class TrialRow(NamedTuple):
    """One row of `core.results.frames.trial_frame`."""

    number: int
    purpose: str
    candidate: str
    mean: float | None
    low: float | None
    high: float | None
    n: int
    failed: int
    started: float
    finished: float | None
    cancelled: bool
    reason: str | None


@dataclass(kw_only=True)
class Memo:
    """Numbers of one run as of the last `update`."""

    val: dict[str, Mean] = field(default_factory=dict)
    """Candidate → mean over the validation examples scored so far, for those that have any."""
    test: dict[str, Mean] = field(default_factory=dict)
    trials: dict[int, TrialRow] = field(default_factory=dict)
    candidates: dict[str, Candidate] = field(default_factory=dict)
    """In the order of their labels, the baseline first. Replaced when there are new ones."""
    labels: dict[str, str] = field(default_factory=dict)
    """Candidate → `C0 (baseline)`, `C1`, …; replaced when there are new ones."""
    uses: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(predictor, id of an instruction) → candidates that use it."""
    counts: Counts = field(default_factory=Counts)
    full: FullMemo = field(default_factory=FullMemo)
    _open: set[int] = field(default_factory=set)
    _folded: int = 0
    """Validation results taken in."""
    _sizes: dict[str, int] = field(default_factory=dict)
    """Candidate → its validation results, failed ones included."""
    _tests: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Candidate → (its test results, those with a score)."""
    _baseline: str | None = None
    _permits: tuple[tuple[int, int], dict[str, bool]] = ((0, 0), {})
    """(decisions, instructions), and what followed for each candidate asked about."""

    def update(self, state: RunState) -> None:
        """Take in what is new in the state."""
        scored = {each.candidate for each in state.val_results[self._folded :]}
        self._folded = len(state.val_results)
        for candidate in scored:
            self._scored(candidate, state.results[candidate])
        self._tested(state)
        self._name(state)
        self._row_up(state, scored)

    def best(self, state: RunState) -> str | None:
        """As `core.runs.scores.best_candidate`."""
        if state.best is not None:
            return state.best
        permits = self.permits(state)
        known = [each for each in state.fully_evaluated if each in self.val]
        known = [each for each in known if permits[each]] or known
        return leader({each: (self.val[each].value, self.val[each].n) for each in known})

    def _scored(self, candidate: str, results: dict[str, Result]) -> None:
        self.counts.results += len(results) - self._sizes.get(candidate, 0)
        self._sizes[candidate] = len(results)
        if found := _mean_of(results.values()):
            self.val[candidate] = found

    def _tested(self, state: RunState) -> None:
        for candidate, results in state.test_results.items():
            version = len(results), sum(each.score is not None for each in results.values())
            if self._tests.get(candidate) != version:
                self._tests[candidate] = version
                if found := _mean_of(results.values()):
                    self.test[candidate] = found

    def _name(self, state: RunState) -> None:
        if len(state.candidates) == len(self.labels) and state.baseline == self._baseline:
            return
        new = list(islice(state.candidates.items(), len(self.labels), None))
        self.uses.update(
            (name, choice.instruction) for _, each in new for name, choice in each.choices.items()
        )
        if state.baseline == self._baseline:
            more = enumerate((key for key, _ in new), start=len(self.labels))
            self.labels = self.labels | {key: f"C{number}" for number, key in more}
            self.candidates = self.candidates | dict(new)
        else:
            self.labels = candidate_labels(state)
            self.candidates = {each: state.candidates[each] for each in self.labels}
            self._baseline = state.baseline

    def _row_up(self, state: RunState, scored: set[str]) -> None:
        """Rows of trials that are new, or were under way and have changed."""
        new = [trial.number for trial in islice(state.trials.values(), len(self.trials), None)]
        for number in (*sorted(self._open), *new):
            trial = state.trials[number]
            known = self.trials.get(number)
            if known is None:
                self._open.add(number)
                self.counts.started(trial)
            ended = trial.finished is not None
            moved = ended or trial.candidate in scored or trial.purpose == "test"
            if known is None or moved:
                self.trials[number] = _row(state, trial)
            if ended:
                self._open.remove(number)
                self.counts.ended(trial)

    def permits(self, state: RunState) -> dict[str, bool]:
        """Fully evaluated candidate → whether people permit it."""
        version = len(state.steering.decisions), sum(map(len, state.instructions.values()))
        if self._permits[0] != version:
            self._permits = version, {}
        known = self._permits[1]
        for candidate in state.fully_evaluated[len(known) :]:
            known[candidate] = is_permitted(state, state.candidates[candidate])
        return known


def memo_of(state: RunState) -> Memo:
    """A memo in step with the state."""
    memo = Memo()
    memo.update(state)
    return memo


def candidate_labels(state: RunState) -> dict[str, str]:
    """Candidate → short name: `C0 (baseline)`, `C1`, … in order of their first trials."""
    first = [state.baseline] if state.baseline in state.candidates else []
    ordered = [*first, *(each for each in state.candidates if each != state.baseline)]
    return {
        each: f"C{number} (baseline)" if each == state.baseline else f"C{number}"
        for number, each in enumerate(ordered)
        if each is not None
    }


def _row(state: RunState, trial: Trial) -> TrialRow:
    kept = state.test_results if trial.purpose == "test" else state.results
    own = kept.get(trial.candidate, {})
    found = _mean_of(own[example] for example in trial.examples if example in own)
    ended = trial.finished is not None
    return TrialRow(
        number=trial.number,
        purpose=trial.purpose,
        candidate=trial.candidate,
        mean=trial.mean if ended else (found.value if found else None),
        low=found.low if found else None,
        high=found.high if found else None,
        n=trial.n if ended else (found.n if found else 0),
        failed=trial.failed,
        started=trial.started,
        finished=trial.finished,
        cancelled=trial.cancelled,
        reason=trial.reason,
    )


def _mean_of(results: Iterable[Result]) -> Mean | None:
    scores = [each.score for each in results if each.score is not None]
    return mean(scores) if scores else None
