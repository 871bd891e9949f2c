"""Scores as people read them: percent with one decimal, always with n."""

from core.runs.snapshot import RunSummary, ScoreWithN


def score_text(score: ScoreWithN | None) -> str:
    """`61.7 % (n = 60)`, or a dash."""
    return "–" if score is None else f"{score.score * 100:.1f} % (n = {score.n})"


def progress_text(summary: RunSummary) -> str:
    """`43.3 % → 61.7 % (n = 60)`: the baseline and the best, or as much as is known."""
    if summary.baseline is None:
        return "Not scored yet"
    if summary.best is None:
        return score_text(summary.baseline)
    if summary.best.n != summary.baseline.n:
        return f"{score_text(summary.baseline)} → {score_text(summary.best)}"
    return f"{summary.baseline.score * 100:.1f} % → {score_text(summary.best)}"
