"""Trials: which examples are still to run, and when a trial is done. Shared by all optimizers."""

from collections.abc import Iterable, Iterator, Sequence

from core.optimizers.actions import Score
from core.programs.candidate import Candidate
from core.runs.events import Purpose, TrialFinished, TrialStarted
from core.runs.parts import Result, Trial
from core.runs.state import RunState


def trial_started(
    state: RunState,
    purpose: Purpose,
    candidate: Candidate,
    examples: Sequence[str],
    *,
    round: int | None = None,
    reason: str | None = None,
    asked_by: str | None = None,
    request: int | None = None,
) -> TrialStarted:
    """The next trial in number."""
    return TrialStarted(
        number=max(state.trials, default=-1) + 1,
        purpose=purpose,
        candidate=candidate,
        examples=tuple(examples),
        round=round,
        reason=reason,
        asked_by=asked_by,
        request=request,
    )


def finished_trials(state: RunState) -> list[TrialFinished]:
    """Open trials of which every example has a score or has failed for good."""
    return [
        ended(state, trial)
        for trial in state.open_trials.values()
        if not any(True for _ in pending_examples(state, trial))
    ]


def scoring_actions(state: RunState, trials: Iterable[Trial]) -> Iterator[Score]:
    """The examples still to run, older trials first; within a trial, failed ones last."""
    for trial in trials:
        retries = []
        for example, attempt in pending_examples(state, trial):
            score = Score(
                trial=trial.number, candidate=trial.candidate, example=example, attempt=attempt
            )
            if attempt:
                retries.append(score)
            else:
                yield score
        yield from retries


def pending_examples(state: RunState, trial: Trial) -> Iterator[tuple[str, int]]:
    """(example, attempt) for each that has neither a score nor failed for good."""
    results = results_for(state, trial)
    for example in trial.examples:
        result = results.get(example)
        if result is None:
            yield example, 0
        elif not result.is_settled:
            yield example, result.attempt + 1


def results_for(state: RunState, trial: Trial) -> dict[str, Result]:
    """Example → result of the trial's candidate, on the test or the validation side."""
    kept = state.test_results if trial.purpose == "test" else state.results
    return kept.get(trial.candidate, {})


def claimed_results(state: RunState) -> int:
    """(candidate, validation example) pairs that have a result or are due in an open trial."""
    known = sum(len(results) for results in state.results.values())
    due = {
        (trial.candidate, example)
        for trial in state.open_trials.values()
        if trial.purpose != "test"
        for example in trial.examples
        if example not in state.results.get(trial.candidate, {})
    }
    return known + len(due)


def claimed_examples(state: RunState, candidate: str) -> set[str]:
    """Validation examples that have a result under the candidate or are due in an open trial."""
    claimed = set(state.results.get(candidate, {}))
    for trial in state.open_trials.values():
        if trial.candidate == candidate and trial.purpose != "test":
            claimed.update(trial.examples)
    return claimed


def ended(state: RunState, trial: Trial, *, cancelled: bool = False) -> TrialFinished:
    """The end of the trial with the results that it has by now."""
    results = results_for(state, trial)
    scores = [results[example].score for example in trial.examples if example in results]
    known = [score for score in scores if score is not None]
    return TrialFinished(
        number=trial.number,
        mean=sum(known) / len(known) if known else None,
        n=len(known),
        failed=len(scores) - len(known),
        cancelled=cancelled,
    )
