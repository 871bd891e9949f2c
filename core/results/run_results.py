"""All that a screen or an export reads of a run, as it was after one event.

A `RunState` is changed by every fold and may be read only by whoever holds its lock.
`run_results` turns it into plain values that nothing changes afterwards, so that any number of
viewers can share them. Nobody may change the tables.
"""

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from core.evaluation.statistics import Mean
from core.lm.usage import Usage
from core.programs.candidate import Candidate, Demo
from core.programs.predictors import PredictorInfo
from core.results.frames import (
    FrameMemo,
    best_candidate,
    candidate_frame,
    candidate_labels,
    failure_frame,
    instruction_frame,
    observed,
    observed_on_test,
    trial_frame,
)
from core.results.progress import PhaseProgress, progress
from core.results.settings import settings_importance
from core.runs.config import RunConfig
from core.runs.events import InstructionProposed, Phase
from core.runs.snapshot import Snapshot
from core.runs.state import ENDED, DemoSet, RunState, Status


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A candidate and what is known of its score."""

    candidate: str
    label: str
    val: Mean | None
    """Over the validation examples scored so far."""
    test: Mean | None
    """Over the held-out examples, measured once at the end."""

    @property
    def short_label(self) -> str:
        """`C0`, `C1`, …"""
        return self.label.split()[0]


@dataclass(frozen=True, kw_only=True)
class Grounding:
    """What the prompt model has said about data and program so far."""

    observations: tuple[str, ...]
    dataset_summary: str | None
    program_description: str | None
    predictor_descriptions: dict[str, str]
    """Predictor → text."""


@dataclass(frozen=True, kw_only=True)
class CandidateTexts:
    """A candidate in full: what each predictor is told and shown."""

    candidate: str
    label: str
    instructions: dict[str, str]
    """Predictor → text."""
    demos: dict[str, tuple[Demo, ...]]
    """Predictor → demonstrations, in order."""


@dataclass(frozen=True, kw_only=True)
class Tables:
    """What `core.results.frames` makes of the run. Nobody may change them."""

    trials: pd.DataFrame
    """See `trial_frame`, and so on."""
    candidates: pd.DataFrame
    instructions: pd.DataFrame
    failures: pd.DataFrame


@dataclass(frozen=True, kw_only=True)
class RunResults:
    """A run after `seq` events. Times are seconds since the epoch."""

    seq: int
    status: Status
    """As the events have it; whether a worker lives is not known here."""
    wish: Literal["run", "pause", "stop"]
    phase: Phase | None
    message: str | None
    """Why the run is paused or failed."""
    paused_by_person: bool
    at_cap: bool
    max_calls: int | None
    """The cap on LM calls in force; None for no cap."""
    started: float | None
    ended: float | None
    last_event_at: float
    worked_seconds: float
    """Time at work up to the last event, pauses and interruptions left out."""
    sizes: tuple[int, int, int]
    """Examples in trainset, valset and testset."""
    predictors: tuple[PredictorInfo, ...]
    task_usage: Usage
    prompt_usage: Usage
    phases: tuple[PhaseProgress, ...]
    tables: Tables
    failure_count: int
    instructions: dict[str, tuple[InstructionProposed, ...]]
    """Predictor → its instructions by number, the program's own first."""
    demo_sets: dict[str, tuple[DemoSet, ...]]
    """Predictor → its demo sets in the order in which they were made; the first is empty."""
    grounding: Grounding
    choices: dict[str, Candidate]
    """Candidate → what it uses, the baseline first."""
    labels: dict[str, str]
    """Candidate → short name."""
    baseline: Standing | None
    settings_importance: dict[str, float]
    """Setting of the proposer → learnt importance; empty for optimizers that do not learn them."""
    best: Standing | None
    """The best fully evaluated candidate so far; None before the first full evaluation."""

    @property
    def is_ended(self) -> bool:
        """True when no worker will ever continue this run."""
        return self.status in ENDED

    @property
    def short_labels(self) -> dict[str, str]:
        """Candidate → `C0`, `C1`, …, for tables in which the baseline needs no explanation."""
        return {candidate: label.split()[0] for candidate, label in self.labels.items()}

    @property
    def contrast(self) -> tuple[str, ...]:
        """Baseline and best; where they are one or unknown, the first two candidates tried."""
        known = [each.candidate for each in (self.baseline, self.best) if each is not None]
        return tuple(dict.fromkeys([*known, *self.labels]))[:2]

    @property
    def waits_at_cap(self) -> bool:
        """True when the run paused because its cap leaves no room; a higher one frees it."""
        return self.status == "paused" and self.at_cap

    @property
    def usage(self) -> Usage:
        """Both models together."""
        return self.task_usage + self.prompt_usage

    def elapsed(self, now: float) -> float:
        """Seconds at work until `now`; for a run whose worker lives."""
        running = max(0.0, now - self.last_event_at) if self.status == "running" else 0.0
        return self.worked_seconds + running

    def texts(self, candidate: str) -> CandidateTexts:
        """What the candidate tells and shows each predictor.

        Raises:
            KeyError: the run has no such candidate.
        """
        choices = self.choices[candidate].choices
        texts = {
            (name, each.id): each.text for name, own in self.instructions.items() for each in own
        }
        demos = {
            (name, each.id): each.demos for name, own in self.demo_sets.items() for each in own
        }
        return CandidateTexts(
            candidate=candidate,
            label=self.labels[candidate],
            instructions={name: texts[name, one.instruction] for name, one in choices.items()},
            demos={name: demos[name, one.demo_set] for name, one in choices.items()},
        )


def run_results(
    state: RunState,
    config: RunConfig,
    snapshot: Snapshot | None = None,
    memo: FrameMemo | None = None,
) -> RunResults:
    """The results of a run, sharing nothing with `state` that a fold could change.

    `memo`, kept from call to call, makes a call cost what is new.
    """
    memo = FrameMemo() if memo is None else memo
    val, test = observed(state, memo), observed_on_test(state, memo)
    labels = candidate_labels(state)
    best = best_candidate(state, val)
    return RunResults(
        seq=state.seq,
        status=state.status,
        wish=state.wish,
        phase=state.phase,
        message=state.message,
        paused_by_person=state.paused_by_person,
        at_cap=state.at_cap,
        max_calls=state.max_calls or config.max_calls,
        started=state.started,
        ended=state.ended,
        last_event_at=state.last_event_at,
        worked_seconds=state.elapsed(state.last_event_at),
        sizes=state.sizes,
        predictors=state.predictors,
        task_usage=state.task_usage,
        prompt_usage=state.prompt_usage,
        phases=progress(state, config.budget, config.shape),
        tables=Tables(
            trials=trial_frame(state, memo),
            candidates=candidate_frame(state, snapshot, memo),
            instructions=instruction_frame(state, memo),
            failures=failure_frame(state),
        ),
        failure_count=len(state.failures),
        instructions={name: _by_number(own) for name, own in state.instructions.items()},
        demo_sets={name: tuple(own.values()) for name, own in state.demo_sets.items()},
        grounding=_grounding(state),
        choices={each: state.candidates[each] for each in labels},
        labels=labels,
        baseline=_standing(state.baseline, labels, val, test),
        settings_importance=settings_importance(state) if state.rounds else {},
        best=_standing(best, labels, val, test),
    )


def _standing(
    candidate: str | None, labels: dict[str, str], val: dict[str, Mean], test: dict[str, Mean]
) -> Standing | None:
    if candidate is None:
        return None
    return Standing(
        candidate=candidate,
        label=labels[candidate],
        val=val.get(candidate),
        test=test.get(candidate),
    )


def _by_number(instructions: dict[str, InstructionProposed]) -> tuple[InstructionProposed, ...]:
    return tuple(sorted(instructions.values(), key=lambda each: each.index))


def _grounding(state: RunState) -> Grounding:
    return Grounding(
        observations=tuple(each.text for each in state.observations),
        dataset_summary=state.dataset_summary,
        program_description=state.program_description,
        predictor_descriptions=dict(state.predictor_descriptions),
    )
