"""Scores of candidates as a run's state has them: on which examples, and who is best."""

from collections.abc import Collection

from core.runs.state import Result, RunState


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


def best_candidate(state: RunState) -> str | None:
    """The best fully evaluated candidate; the earliest wins ties. None before the first."""
    if state.best is not None:
        return state.best
    scored = [(val_mean(state, candidate), candidate) for candidate in state.fully_evaluated]
    known = [(mean, candidate) for mean, candidate in scored if mean is not None]
    return max(known, key=lambda pair: pair[0])[1] if known else None


def unscored(
    state: RunState, candidate: str, examples: Collection[str], *, test: bool = False
) -> list[str]:
    """Those examples that have no score under the candidate, in the given order."""
    results = (state.test_results if test else state.results).get(candidate, {})
    return [
        example for example in examples if example not in results or results[example].score is None
    ]


def _scores(results: dict[str, Result]) -> dict[str, float]:
    return {
        example: result.score for example, result in results.items() if result.score is not None
    }
