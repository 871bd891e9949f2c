"""Scores of candidates as a run's state has them: on which examples, and who is best."""

from collections.abc import Mapping

from core.runs.choices import is_permitted
from core.runs.parts import Result, Round
from core.runs.state import RunState


def val_scores(state: RunState, candidate: str) -> dict[str, float]:
    """Validation example → score, failures left out."""
    return _scores(state.results.get(candidate, {}))


def test_scores(state: RunState, candidate: str) -> dict[str, float]:
    """Test example → score, failures left out."""
    return _scores(state.test_results.get(candidate, {}))


def val_mean(state: RunState, candidate: str) -> float | None:
    """Mean over all validation examples scored so far; None when there is none."""
    scores = val_scores(state, candidate)
    return sum(scores.values()) / len(scores) if scores else None


def round_mean(state: RunState, round: Round) -> float | None:
    """Mean over all validation examples of the round's candidate so far; None before the first."""
    if round.trial is None:
        return None
    return val_mean(state, state.trials[round.trial].candidate)


def best_candidate(state: RunState) -> str | None:
    """The one the run ended with, else the leader of those fully evaluated; None before those."""
    return leading_candidate(state) if state.best is None else state.best


def best_after_evaluation(state: RunState) -> str | None:
    """The best of a run that was taken up only to evaluate.

    The one it had ended with, unless another candidate has been fully evaluated since.
    """
    before = state.returns_to
    if before is None or before.best is None or len(state.fully_evaluated) > before.fully:
        return leading_candidate(state)
    return before.best


def leading_candidate(state: RunState) -> str | None:
    """The leader of those fully evaluated, whatever the run has ended with; None before those.

    What people have ruled out leads only when nothing else has been fully evaluated.
    """
    permitted = [
        each for each in state.fully_evaluated if is_permitted(state, state.candidates[each])
    ]
    scored = {each: val_scores(state, each) for each in permitted or state.fully_evaluated}
    return leader(
        {each: (sum(own.values()) / len(own), len(own)) for each, own in scored.items() if own}
    )


def leader(means: Mapping[str, tuple[float, int]]) -> str | None:
    """The candidate with the highest mean; the first of equals, None when there is none.

    `means` are (mean, n). Failed examples are not in a mean, so a candidate that fails more than a
    tenth of what others manage cannot lead by the few that it gets right.
    """
    most = max((n for _, n in means.values()), default=0)
    able = [each for each, (_, n) in means.items() if n >= 0.9 * most]
    return max(able, key=lambda each: means[each][0], default=None)


def _scores(results: dict[str, Result]) -> dict[str, float]:
    return {
        example: result.score for example, result in results.items() if result.score is not None
    }
