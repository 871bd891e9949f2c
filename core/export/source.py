"""What exports are made from: a run as it was after one event, and the candidate to take home.

`facts` copies from the state what the results do not hold; the state itself is changed by every
fold, so no export reads it.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from core.errors import ConfigError
from core.programs.candidate import NO_DEMOS
from core.results.run_results import CandidateTexts, RunResults, run_results
from core.runs.config import RunConfig
from core.runs.decisions import ExamplePart
from core.runs.events import ProposalRefused
from core.runs.parts import Rating, Result, Trial
from core.runs.preparation import Task, prepare
from core.runs.snapshot import Snapshot
from core.runs.state import RunState
from core.runs.store import Store

Scored = Mapping[str, Mapping[str, Result]]
"""Candidate → example → result."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Copies from a run's state that no fold changes."""

    val: Scored
    test: Scored
    repeats: Mapping[tuple[str, ExamplePart], Mapping[str, Mapping[int, Result]]]
    """(candidate, part) → example → repetition, from 1 → result."""
    trials: tuple[Trial, ...]
    """In order of their numbers. Nobody may change them."""
    refused: tuple[ProposalRefused, ...]
    ratings: tuple[Rating, ...]
    """Oldest first."""

    def scored(self, part: ExamplePart) -> Scored:
        """The results of one part of the examples."""
        return self.test if part == "test" else self.val


@dataclass(frozen=True, kw_only=True)
class Source:
    """A run and a candidate of it."""

    run_id: str
    config: RunConfig
    results: RunResults
    snapshot: Snapshot | None
    facts: Facts
    store: Store
    chosen: str | None
    """Id of the candidate to take home; None when the run has none yet."""

    @property
    def candidate(self) -> str:
        """Id of the candidate to take home.

        Raises:
            ConfigError: there is none.
        """
        if self.chosen is None:
            raise ConfigError("this run has no fully evaluated candidate yet; let it go on.")
        return self.chosen

    @cached_property
    def task(self) -> Task:
        """Program, examples and metric.

        Raises:
            InputError: data and program do not fit together any more.
            DatasetNotFound: the dataset or the corpus has been removed.
        """
        return prepare(self.config, self.store)

    @property
    def texts(self) -> CandidateTexts:
        """What the candidate tells and shows each predictor."""
        return self.results.texts(self.candidate)

    @property
    def baseline_texts(self) -> CandidateTexts:
        """What the program tells each predictor as given; no demos."""
        baseline = self.results.baseline
        if baseline is not None:
            return self.results.texts(baseline.candidate)
        infos = self.task.predictors
        return CandidateTexts(
            candidate=NO_DEMOS,
            label="C0 (baseline)",
            instructions={each.name: each.instruction for each in infos},
            demos={each.name: () for each in infos},
        )


def facts(state: RunState) -> Facts:
    """What exports need of the state. Costs a copy; call it under the state's lock."""
    return Facts(
        val={candidate: dict(own) for candidate, own in state.results.items()},
        test={candidate: dict(own) for candidate, own in state.test_results.items()},
        repeats={
            place: {example: dict(runs) for example, runs in own.items()}
            for place, own in state.repeats.items()
        },
        trials=tuple(copy.copy(each) for each in state.trials.values()),
        refused=tuple(state.refused),
        ratings=tuple(sorted(state.ratings.values(), key=lambda each: each.at)),
    )


def source_of(run_id: str, store: Store, candidate: str | None = None) -> Source:
    """The run as it is now. `candidate` is an id, a label such as `C7`, `baseline` or `best`.

    Raises:
        RunNotFound: there is no such run.
        ConfigError: the run has no such candidate.
    """
    config = store.run(run_id).config
    snapshot = store.snapshot(run_id)
    state = RunState().fold(store.since(run_id, 0))
    results = run_results(state, config, snapshot)
    return Source(
        run_id=run_id,
        config=config,
        results=results,
        snapshot=snapshot,
        facts=facts(state),
        store=store,
        chosen=_named(candidate, results),
    )


def _named(candidate: str | None, results: RunResults) -> str | None:
    if candidate is None or candidate == "best":
        return results.best.candidate if results.best else None
    if candidate == "baseline" and results.baseline:
        return results.baseline.candidate
    by_label = {label: each for each, label in results.short_labels.items()}
    found = candidate if candidate in results.labels else by_label.get(candidate.upper())
    if found is None:
        known = ", ".join(list(by_label)[:10]) or "none yet"
        raise ConfigError(
            f"this run has no candidate {candidate!r}. Give an id, baseline, best, or a label: "
            f"{known}."
        )
    return found
