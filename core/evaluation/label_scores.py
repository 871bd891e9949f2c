"""How well labels are told apart over a whole dataset: macro-F1, and the share right of each label.

For reports only: a search needs a mean over examples, and a macro average is none. What is
optimized is always the mean of the chosen metric. Works on counts of expected labels by answers,
since a bootstrap over examples draws nothing but such counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import precision_recall_fscore_support

from core.evaluation.statistics import CONFIDENCE, Mean, mean

DRAWS = 2_000
"""Bootstrap samples behind an interval."""

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class MacroF1:
    """The mean of all labels' F1, each label counting the same however rare it is."""

    value: float
    low: float
    high: float
    """Ends of the 95 % interval; fractions, as `value`."""
    n: int
    """Examples with an answer."""


@dataclass(frozen=True, kw_only=True)
class LabelScore:
    """How one label fares."""

    label: str
    right: Mean
    """Share of the examples with this label that were answered with it (recall)."""
    precision: float
    """Share of the answers with this label that were right; 0 where nothing was answered so."""
    f1: float


@dataclass(frozen=True, kw_only=True)
class LabelScores:
    """All labels of one candidate."""

    macro_f1: MacroF1
    labels: tuple[LabelScore, ...]
    """Those that at least one answered example has, in the given order."""


def label_scores(labels: Sequence[str], counts: Counts, *, seed: int = 0) -> LabelScores | None:
    """The scores of a matrix of counts; None without a single answer.

    `counts` has a row for each expected label and a column for each answer: first the same labels
    in the same order, then any others, which are wrong whatever they say. Labels that no answered
    example has are left out, also of the macro average. Precision and F1 are scikit-learn's
    (`precision_recall_fscore_support`; a division by zero gives 0). The interval of macro-F1 is
    the percentile bootstrap over examples (Efron 1979, Annals of Statistics 7:1), fixed by `seed`;
    where all or none are right, and draws have no spread, Wilson's for the share right.
    """
    table = np.asarray(counts, dtype=np.int64)
    n = int(table.sum())
    if n == 0:
        return None
    shown = np.flatnonzero(table.sum(axis=1)).tolist()
    rows, columns = np.indices(table.shape).reshape(2, -1)
    precision, _, f1, _ = precision_recall_fscore_support(
        np.repeat(rows, table.ravel()),
        np.repeat(columns, table.ravel()),
        labels=shown,
        average=None,
        zero_division=0.0,
    )
    value = float(f1.mean())
    low, high = _interval(table, shown, seed)
    return LabelScores(
        macro_f1=MacroF1(value=value, low=min(low, value), high=max(high, value), n=n),
        labels=tuple(
            LabelScore(
                label=labels[row],
                right=_share(int(table[row, row]), int(table[row].sum())),
                precision=float(precision[place]),
                f1=float(f1[place]),
            )
            for place, row in enumerate(shown)
        ),
    )


def about_macro_f1(metric: str) -> str:
    """What macro-F1 is, and what was optimized instead."""
    return (
        "Macro-F1 is the mean of all labels' F1, each label counting the same however rare it is. "
        "It is told for information: what was optimized is the mean over examples of the metric "
        f"“{metric}”. Failed examples are in neither."
    )


def _interval(table: Counts, shown: list[int], seed: int) -> tuple[float, float]:
    n, right = int(table.sum()), int(table.diagonal().sum())
    if right in (0, n):
        whole = _share(right, n)
        return whole.low, whole.high
    # a bootstrap over examples is a multinomial draw of the cells
    draws = np.random.default_rng(seed).multinomial(n, table.ravel() / n, size=DRAWS)
    drawn = draws.reshape(DRAWS, *table.shape)
    hits = drawn[:, shown, shown]
    both = drawn.sum(axis=2)[:, shown] + drawn.sum(axis=1)[:, shown]
    with np.errstate(invalid="ignore"):
        macro = np.nanmean(2 * hits / both, axis=1)  # without labels that a draw does not have
    tail = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(macro, [tail, 100 - tail])
    return float(low), float(high)


def _share(right: int, n: int) -> Mean:
    return mean([1.0] * right + [0.0] * (n - right))
