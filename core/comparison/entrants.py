"""Who is compared: two to four candidates, of one run or of several on the same examples.

A run gives what is needed of it as copies (`extract`, once per run, while its state is held);
`line_up` puts the candidates side by side as columns of scores. Scores are fractions. Examples of
two runs are the same when the runs share dataset, mapping and metric and the row is the same, and
they count for a part when both runs keep them in that part. What candidates answered is not here,
but in the store's traces.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from core.errors import ConfigError
from core.evaluation.statistics import Mean, mean
from core.results.memo import candidate_labels
from core.results.run_results import CandidateTexts
from core.runs.config import RunConfig
from core.runs.decisions import ExamplePart
from core.runs.parts import Rating, Result, Spent
from core.runs.scores import best_candidate
from core.runs.state import RunState
from core.runs.store import StoredRun

MOST_COMPARED = 4
"""More columns than this cannot be read side by side."""

PARTS: dict[ExamplePart, str] = {"validation": "validation", "test": "held-out"}
"""Part → the word for its examples."""

Look = tuple[str, float]
"""A candidate and when its first trial began: what a branch took over is the same as in the run
that it began from, while two runs that tried the same by themselves have looked twice."""

Scores = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Entrant:
    """One candidate of one run."""

    run_id: str
    candidate: str


@dataclass(frozen=True, kw_only=True)
class CandidateExtract:
    """What is known of one candidate in its run."""

    texts: CandidateTexts
    results: Mapping[ExamplePart, Mapping[str, Result]]
    """Part → example → result."""
    spent: Spent
    ratings: Mapping[ExamplePart, Mapping[str, tuple[Rating, ...]]]
    """Part → example → what people think of its answer, one judgement for each of them."""
    is_baseline: bool
    is_best: bool
    """Whether its run holds it for the best now."""

    @property
    def label(self) -> str:
        """`C0`, `C1`, …"""
        return self.texts.label

    def scores(self, part: ExamplePart) -> dict[str, float]:
        """Example → score, failures left out."""
        return {
            example: result.score
            for example, result in self.results[part].items()
            if result.score is not None
        }

    def mean(self, part: ExamplePart) -> Mean | None:
        """Over all its own examples of the part; None when none has a score."""
        scores = self.scores(part)
        return mean(list(scores.values())) if scores else None


@dataclass(frozen=True, kw_only=True)
class RunExtract:
    """What a comparison needs of one run, as copies that no fold changes."""

    run_id: str
    config: RunConfig
    candidates: Mapping[str, CandidateExtract]
    """Those that were asked for."""
    looked_at: Mapping[ExamplePart, frozenset[Look]]
    """Part → candidates of the whole run that have a score in it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class LineUp:
    """Candidates side by side on one part of the examples. Nobody may change its arrays."""

    entrants: tuple[Entrant, ...]
    labels: tuple[str, ...]
    """Unique, as columns and cards are headed."""
    part: ExamplePart
    runs: tuple[RunExtract, ...]
    """The run of each entrant."""
    examples: tuple[str, ...]
    """Those that any of them has a result for, in the order of the dataset."""
    scores: Scores
    """Examples by entrants; NaN where there is no score."""
    failures: npt.NDArray[np.object_]
    """Examples by entrants: `kind: message` where the last attempt failed, else None."""

    @property
    def candidates(self) -> tuple[CandidateExtract, ...]:
        """What is known of each entrant."""
        return tuple(
            run.candidates[each.candidate]
            for run, each in zip(self.runs, self.entrants, strict=True)
        )

    @cached_property
    def shared(self) -> Flags:
        """For each example whether all entrants have a score on it."""
        return np.asarray(~np.isnan(self.scores).any(axis=1))

    @cached_property
    def looked_at(self) -> int:
        """Candidates that have a score in this part, in all runs concerned; each once."""
        looks = frozenset[Look]().union(*(run.looked_at[self.part] for run in self.runs))
        return max(len(self.entrants), len(looks))

    def scores_of(self, entrant: int) -> Scores:
        """All scores of one entrant in this part."""
        column = self.scores[:, entrant]
        return np.asarray(column[~np.isnan(column)])


def extract(run: StoredRun, state: RunState, candidates: Sequence[str]) -> RunExtract:
    """What a comparison of these candidates needs of the run, sharing nothing with `state`.

    Raises:
        ConfigError: the run has no such candidate.
    """
    labels = candidate_labels(state)
    best = best_candidate(state)
    if unknown := [each for each in candidates if each not in labels]:
        raise ConfigError(
            f"run {run.config.name!r} has no candidate {unknown[0]!r}. "
            "Choose one that has been tried."
        )
    return RunExtract(
        run_id=run.id,
        config=run.config,
        candidates={
            each: CandidateExtract(
                texts=_texts(state, each, labels[each].split()[0]),
                results={
                    "validation": dict(state.results.get(each, {})),
                    "test": dict(state.test_results.get(each, {})),
                },
                spent=_copied(state.spent.get(each, Spent())),
                ratings=_ratings(state, each),
                is_baseline=each == state.baseline,
                is_best=each == best,
            )
            for each in candidates
        },
        looked_at=_looked_at(state),
    )


def line_up(
    entrants: Sequence[Entrant], extracts: Mapping[str, RunExtract], part: ExamplePart
) -> LineUp:
    """The entrants side by side; `extracts` has the run of each by its id.

    Raises:
        ConfigError: there are not two to four different ones, or their runs differ in dataset,
            mapping or metric; the message says in what.
    """
    if not 2 <= len(entrants) <= MOST_COMPARED:
        raise ConfigError(
            f"Choose 2 to {MOST_COMPARED} candidates to compare, not {len(entrants)}."
        )
    if len(set(entrants)) < len(entrants):
        raise ConfigError("A candidate is chosen twice. Choose different ones to compare.")
    runs = tuple(extracts[each.run_id] for each in entrants)
    for run in runs[1:]:
        check_comparable(runs[0].config, run.config)
    candidates = [run.candidates[each.candidate] for run, each in zip(runs, entrants, strict=True)]
    results = [each.results[part] for each in candidates]
    examples = tuple(sorted({one for own in results for one in own}, key=_row))
    return LineUp(
        entrants=tuple(entrants),
        labels=_labels(runs, [each.label for each in candidates]),
        part=part,
        runs=runs,
        examples=examples,
        scores=np.column_stack([_scores(own, examples) for own in results]),
        failures=np.column_stack([_failures(own, examples) for own in results]),
    )


def check_comparable(one: RunConfig, other: RunConfig) -> None:
    """Do nothing, if candidates of two runs can be compared example by example.

    Raises:
        ConfigError: dataset, mapping or metric differ; the message says which, and how.
    """
    both = f"Candidates of {one.name!r} and {other.name!r} cannot be compared: "
    if one.dataset != other.dataset:
        raise ConfigError(
            f"{both}their datasets differ ({one.dataset_name!r}, {one.dataset}; "
            f"{other.dataset_name!r}, {other.dataset}). Choose runs on the same data."
        )
    if (own := _mapped(one)) != (theirs := _mapped(other)):
        changed = sorted(own.keys() ^ theirs.keys()) or [
            field for field in own if own[field] != theirs[field]
        ]
        raise ConfigError(
            f"{both}they read the columns of {one.dataset_name!r} differently, first in the field "
            f"{changed[0]!r}. Choose runs with the same mapping of columns."
        )
    if one.metric != other.metric:
        raise ConfigError(
            f"{both}their metrics differ ({one.metric}, {other.metric}). "
            "Choose runs that are scored alike."
        )
    if one.metric_parameters != other.metric_parameters:
        raise ConfigError(
            f"{both}the metric {one.metric} is set differently in the two. "
            "Choose runs that are scored alike."
        )


def shared_counts(
    entrants: Sequence[Entrant], extracts: Mapping[str, RunExtract]
) -> dict[ExamplePart, int]:
    """Part → examples that all entrants have a score on; tells which part can be compared."""
    parts: tuple[ExamplePart, ...] = ("validation", "test")
    found: dict[ExamplePart, int] = {}
    for part in parts:
        own = [
            extracts[each.run_id].candidates[each.candidate].scores(part).keys()
            for each in entrants
        ]
        found[part] = len(set.intersection(*map(set, own))) if own else 0
    return found


def _mapped(config: RunConfig) -> dict[str, tuple[str, str]]:
    """Field → (side, column)."""
    mapping = config.mapping
    return {name: ("input", column) for name, column in mapping.inputs.items()} | {
        name: ("output", column) for name, column in mapping.outputs.items()
    }


def _labels(runs: Sequence[RunExtract], labels: Sequence[str]) -> tuple[str, ...]:
    """`C7` within one run, else with the run's name.

    The model is added where models differ, and the run's id where nothing else tells them apart.
    """
    if len({run.run_id for run in runs}) == 1:
        return tuple(labels)
    named = [f"{run.config.name}: {label}" for run, label in zip(runs, labels, strict=True)]
    if len({run.config.task_model.label for run in runs}) > 1:
        named = [
            f"{name} ({run.config.task_model.label})" for name, run in zip(named, runs, strict=True)
        ]
    count = Counter(named)
    return tuple(
        name if count[name] == 1 else f"{name}, run {run.run_id[:6]}"
        for name, run in zip(named, runs, strict=True)
    )


def _texts(state: RunState, candidate: str, label: str) -> CandidateTexts:
    choices = state.candidates[candidate].choices
    return CandidateTexts(
        candidate=candidate,
        label=label,
        instructions={
            name: state.instructions[name][one.instruction].text for name, one in choices.items()
        },
        demos={name: state.demo_sets[name][one.demo_set].demos for name, one in choices.items()},
    )


def _ratings(state: RunState, candidate: str) -> dict[ExamplePart, dict[str, tuple[Rating, ...]]]:
    found: dict[ExamplePart, dict[str, tuple[Rating, ...]]] = {"validation": {}, "test": {}}
    for key, rating in state.ratings.items():
        if key.candidate == candidate:
            own = found[key.part]
            own[key.example] = (*own.get(key.example, ()), rating)
    return found


def _copied(spent: Spent) -> Spent:
    return Spent(runs=spent.runs, seconds=spent.seconds, usage=spent.usage)


def _looked_at(state: RunState) -> dict[ExamplePart, frozenset[Look]]:
    began: dict[str, float] = {}
    for trial in state.trials.values():
        began.setdefault(trial.candidate, trial.started)

    def looks(results: Mapping[str, Mapping[str, Result]]) -> frozenset[Look]:
        scored = (
            candidate
            for candidate, own in results.items()
            if any(one.score is not None for one in own.values())
        )
        return frozenset((each, began[each]) for each in scored)

    return {"validation": looks(state.results), "test": looks(state.test_results)}


def _row(example: str) -> tuple[int, str]:
    return (int(example) if example.isdigit() else 0, example)


def _scores(results: Mapping[str, Result], examples: Sequence[str]) -> Scores:
    found = [results[each].score if each in results else None for each in examples]
    return np.array([np.nan if score is None else score for score in found], dtype=np.float64)


def _failures(results: Mapping[str, Result], examples: Sequence[str]) -> npt.NDArray[np.object_]:
    found = np.full(len(examples), None, dtype=object)
    for place, example in enumerate(examples):
        failure = results[example].failure if example in results else None
        if failure is not None:
            found[place] = f"{failure.kind}: {failure.message}"
    return found
