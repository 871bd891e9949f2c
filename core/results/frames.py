"""Tables of a run: trials, candidates, instructions, failures.

Everything is computed from `RunState`, so no two tables can disagree. A `FrameMemo` keeps the rows
that can no longer change, so that building the tables again costs what is new and no more.
Deliberately not here: anything drawn, and differences between candidates (`comparison`).
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.evaluation.statistics import Mean, mean
from core.runs.scores import leader
from core.runs.snapshot import Predicted, Snapshot
from core.runs.state import Result, RunState, Trial

PREDICTED_REACH = 1.6449
"""Standard deviations from the mean to the ends of a 90 % interval of a normal distribution."""

TRIAL_COLUMNS = [
    "number", "purpose", "candidate", "mean", "low", "high", "n", "failed", "started", "finished",
]  # fmt: skip
INSTRUCTION_COLUMNS = [
    "predictor", "index", "id", "text", "tip", "temperature", "grounding", "demo_set", "trace",
    "candidates",
]  # fmt: skip
FAILURE_COLUMNS = ["at", "where", "kind", "message", "stage"]


class TrialRow(NamedTuple):
    """One row of `trial_frame`."""

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


@dataclass
class FrameMemo:
    """Rows of one run that were computed before. Belongs to one `RunState`, and to its lock."""

    trials: dict[int, TrialRow] = field(default_factory=dict)
    """Finished trials only."""
    val: dict[str, tuple[tuple[int, int], Mean | None]] = field(default_factory=dict)
    """Candidate → (number of results, number of scores), mean over the valset."""
    test: dict[str, tuple[tuple[int, int], Mean | None]] = field(default_factory=dict)
    choices: dict[str, dict[str, tuple[int, int]]] = field(default_factory=dict)
    """Predictor → candidate → (number of its instruction, number of its demo set)."""
    instructions: tuple[tuple[int, int], pd.DataFrame] | None = None
    """(number of proposals, number of candidates), table."""


def trial_frame(state: RunState, memo: FrameMemo | None = None) -> pd.DataFrame:
    """One row per trial, in order of their numbers, test trials included.

    `mean`, `low` and `high` are fractions, the last two a 95 % interval over the trial's examples;
    missing before the first score. `finished` is missing while the trial is under way.
    """
    memo = FrameMemo() if memo is None else memo
    rows = [_trial_row(state, state.trials[number], memo) for number in sorted(state.trials)]
    columns: Any = dict(zip(TRIAL_COLUMNS, zip(*rows, strict=True), strict=True)) if rows else {}
    for name in ("mean", "low", "high", "started", "finished"):
        columns[name] = np.array(columns.get(name, ()), dtype=np.float64)
    return pd.DataFrame(columns, columns=TRIAL_COLUMNS)


def candidate_frame(
    state: RunState, snapshot: Snapshot | None = None, memo: FrameMemo | None = None
) -> pd.DataFrame:
    """One row per candidate, the baseline first, then in order of their first trials.

    `candidate` is the id and `label` its short name. For each predictor, `PREDICTOR.instruction`
    and `PREDICTOR.demo_set` are the numbers of its choices. `mean`, `low`, `high` (95 %) and `n`
    are over all validation examples scored so far; `predicted`, `predicted_low`, `predicted_high`
    (90 %) come from the snapshot; `full`, `best` and `baseline` are flags; `test` and `test_n` are
    the held-out score. Scores are fractions, missing where there are none.
    """
    memo = FrameMemo() if memo is None else memo
    labels = candidate_labels(state)
    val = observed(state, memo)
    test = observed_on_test(state, memo)
    predictions = {} if snapshot is None else snapshot.predictions
    best, full = best_candidate(state, val), set(state.fully_evaluated)
    columns: dict[str, Any] = {"candidate": list(labels), "label": list(labels.values())}
    for name, choices in _choice_numbers(state, memo).items():
        columns[f"{name}.instruction"] = [choices[each][0] for each in labels]
        columns[f"{name}.demo_set"] = [choices[each][1] for each in labels]
    rows = [_scores(val.get(each), predictions.get(each), test.get(each)) for each in labels]
    columns |= dict(zip(_SCORE_COLUMNS, _columns(rows, len(_SCORE_COLUMNS)), strict=True))
    for count, scores in (("n", val), ("test_n", test)):
        columns[count] = [scores[each].n if each in scores else 0 for each in labels]
    columns["full"] = [each in full for each in labels]
    columns["best"] = [each == best for each in labels]
    columns["baseline"] = [each == state.baseline for each in labels]
    return pd.DataFrame(columns)


def instruction_frame(state: RunState, memo: FrameMemo | None = None) -> pd.DataFrame:
    """One row per instruction, by predictor and number; `candidates` counts those that use it."""
    memo = FrameMemo() if memo is None else memo
    version = (len(state.proposed), len(state.candidates))
    if memo.instructions is None or memo.instructions[0] != version:
        memo.instructions = (version, _instruction_frame(state))
    return memo.instructions[1]


def failure_frame(state: RunState, most: int = 500) -> pd.DataFrame:
    """The newest `most` failures, newest first; `at` is in seconds since the epoch."""
    newest = state.failures[-most:][::-1]
    rows = [(at, where, one.kind, one.message, one.stage) for at, where, one in newest]
    return pd.DataFrame(rows, columns=FAILURE_COLUMNS)


def candidate_labels(state: RunState) -> dict[str, str]:
    """Candidate → short name: `C0 (baseline)`, `C1`, … in order of their first trials."""
    first = [state.baseline] if state.baseline in state.candidates else []
    ordered = [*first, *(each for each in state.candidates if each != state.baseline)]
    return {
        each: f"C{number} (baseline)" if each == state.baseline else f"C{number}"
        for number, each in enumerate(ordered)
        if each is not None
    }


def observed(state: RunState, memo: FrameMemo | None = None) -> dict[str, Mean]:
    """Candidate → mean over the validation examples scored so far, for those that have any."""
    memo = FrameMemo() if memo is None else memo
    scored = _scored_by_candidate(state, test=False)
    return _means(state.results, scored, memo.val)


def observed_on_test(state: RunState, memo: FrameMemo | None = None) -> dict[str, Mean]:
    """Candidate → mean over the test examples scored so far, for those that have any."""
    memo = FrameMemo() if memo is None else memo
    return _means(state.test_results, _scored_by_candidate(state, test=True), memo.test)


def best_candidate(state: RunState, means: dict[str, Mean]) -> str | None:
    """As `core.runs.scores.best_candidate`, from the `means` that `observed` gives."""
    if state.best is not None:
        return state.best
    known = [candidate for candidate in state.fully_evaluated if candidate in means]
    return leader({each: (means[each].value, means[each].n) for each in known})


_SCORE_COLUMNS = [
    "mean", "low", "high", "predicted", "predicted_low", "predicted_high", "test",
]  # fmt: skip


def _instruction_frame(state: RunState) -> pd.DataFrame:
    used = Counter(
        (name, choice.instruction)
        for candidate in state.candidates.values()
        for name, choice in candidate.choices.items()
    )
    rows = [
        (
            name, each.index, each.id, each.text, each.tip, each.temperature,
            ", ".join(each.grounding), each.demo_set, each.trace, used[name, each.id],
        )
        for name, instructions in state.instructions.items()
        for each in sorted(instructions.values(), key=lambda one: one.index)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=INSTRUCTION_COLUMNS).astype({"temperature": "float64"})


def _scores(
    val: Mean | None, predicted: Predicted | None, test: Mean | None
) -> tuple[float | None, ...]:
    known = (val.value, val.low, val.high) if val else (None, None, None)
    guess: tuple[float | None, ...] = (None, None, None)
    if predicted is not None:
        reach = PREDICTED_REACH * predicted.sd
        ends = (predicted.mean, predicted.mean - reach, predicted.mean + reach)
        guess = tuple(min(1.0, max(0.0, end)) for end in ends)
    return (*known, *guess, test.value if test else None)


def _columns(rows: Sequence[Sequence[float | None]], count: int) -> npt.NDArray[np.float64]:
    """The rows as columns of numbers, None as NaN."""
    return np.array(rows, dtype=np.float64).reshape(len(rows), count).T


def _choice_numbers(state: RunState, memo: FrameMemo) -> dict[str, dict[str, tuple[int, int]]]:
    """Predictor → candidate → (number of its instruction, number of its demo set)."""
    for info in state.predictors:
        known = memo.choices.setdefault(info.name, {})
        if len(known) == len(state.candidates):
            continue
        instructions = state.instructions.get(info.name, {})
        places = {each: place for place, each in enumerate(state.demo_sets.get(info.name, {}))}
        for candidate, chosen in state.candidates.items():
            if candidate not in known:
                choice = chosen.choices[info.name]
                known[candidate] = instructions[choice.instruction].index, places[choice.demo_set]
    return memo.choices


def _trial_row(state: RunState, trial: Trial, memo: FrameMemo) -> TrialRow:
    if trial.number in memo.trials:
        return memo.trials[trial.number]
    kept = state.test_results if trial.purpose == "test" else state.results
    found = _mean_of(kept.get(trial.candidate, {}), trial.examples)
    ended = trial.finished is not None
    row = TrialRow(
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
    )
    if ended:
        memo.trials[trial.number] = row
    return row


def _scored_by_candidate(state: RunState, *, test: bool) -> Counter[str]:
    counts: Counter[str] = Counter()
    for trial in state.trials.values():
        if (trial.purpose == "test") is test:
            counts[trial.candidate] += trial.scored
    return counts


def _means(
    results: dict[str, dict[str, Result]],
    scored: Counter[str],
    memo: dict[str, tuple[tuple[int, int], Mean | None]],
) -> dict[str, Mean]:
    # A result is added or replaces a failure; either way one of the two counts grows.
    for candidate, own in results.items():
        version = (len(own), scored[candidate])
        if candidate not in memo or memo[candidate][0] != version:
            memo[candidate] = (version, _mean_of(own, own))
    return {each: known for each in results if (known := memo[each][1]) is not None}


def _mean_of(results: dict[str, Result], examples: Collection[str]) -> Mean | None:
    found = (results[example].score for example in examples if example in results)
    scores = [score for score in found if score is not None]
    return mean(scores) if scores else None
