"""Tables about datasets, as the Data page shows and charts them."""

from typing import Any

import pandas as pd

from core.data.dataset import Dataset, json_text
from core.data.numbers import as_numbers
from core.data.profile import ColumnProfile, Profile
from core.data.split import Split


def profile_frame(profile: Profile) -> pd.DataFrame:
    """One row per column of the dataset."""
    return pd.DataFrame(
        {
            "column": [each.name for each in profile.columns],
            "kind": [each.kind for each in profile.columns],
            "missing": [each.missing for each in profile.columns],
            "distinct": [each.distinct for each in profile.columns],
            "range": [_range(each) for each in profile.columns],
            "median": [_median(each) for each in profile.columns],
        }
    )


def balance_frame(column: ColumnProfile) -> pd.DataFrame:
    """Value and rows of a column with few values, most common first."""
    return pd.DataFrame(column.balance, columns=["value", "rows"])


def size_series(dataset: Dataset, column: ColumnProfile) -> pd.Series:
    """The column's numbers, or the lengths of its texts in characters; missing ones left out."""
    values = [value for value in dataset.frame[column.name] if value is not None]
    if column.kind == "number":
        return pd.Series(as_numbers(values), dtype=float)
    return pd.Series(
        [len(value if isinstance(value, str) else json_text(value)) for value in values]
    )


def part_balance_frame(dataset: Dataset, column: str, parts: Split) -> pd.DataFrame:
    """Part, value, rows and share of the part, for every value of `column`, most common first."""
    values = dataset.frame[column].map(_shown)
    order = values.value_counts().index
    counts = [
        _part(name, values.iloc[list(rows)], order)
        for name, rows in (
            ("trainset", parts.train),
            ("valset", parts.val),
            ("testset", parts.test),
        )
    ]
    return pd.concat(counts, ignore_index=True)


def preview_frame(dataset: Dataset, rows: int) -> pd.DataFrame:
    """The first rows; lists and objects as JSON text, columns of mixed types as text."""
    head = dataset.frame.head(rows)
    return pd.DataFrame({name: _column(head[name].tolist()) for name in head.columns})


def _part(name: str, values: pd.Series, order: "pd.Index[Any]") -> pd.DataFrame:
    counts = values.value_counts().reindex(order, fill_value=0)
    return pd.DataFrame(
        {
            "part": name,
            "value": list(order),
            "rows": counts.tolist(),
            "share": (counts / max(1, len(values))).tolist(),
        }
    )


def _range(column: ColumnProfile) -> str:
    if column.minimum is not None:
        return f"{column.minimum:g} to {column.maximum:g}"
    if column.shortest is not None:
        return f"{column.shortest} to {column.longest} characters"
    return ""


def _median(column: ColumnProfile) -> str:
    if column.median is not None:
        return f"{column.median:g}"
    if column.median_length is not None:
        return f"{column.median_length:g} characters"
    return ""


def _column(values: list[Any]) -> pd.Series:
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) <= 1 and not kinds & {list, dict}:
        return pd.Series(values)
    return pd.Series([None if value is None else _shown(value) for value in values])


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json_text(value)


def candidate_columns(candidates: pd.DataFrame) -> pd.DataFrame:
    """`candidate_frame` as people read it, scores in percent, what matters most first.

    New candidates come at the end, so that a selection of rows keeps its meaning.
    """
    columns: dict[str, object] = {
        "Candidate": candidates["label"],
        "Standing": [
            "best" if best else "full" if full else "in part"
            for best, full in zip(candidates["best"], candidates["full"], strict=True)
        ],
        "Observed": 100 * candidates["mean"],
        "95 %": _ranges(candidates["low"], candidates["high"]),
        "n": candidates["n"],
        "Predicted": 100 * candidates["predicted"],
        "90 %": _ranges(candidates["predicted_low"], candidates["predicted_high"]),
    }
    columns |= {"Test": 100 * candidates["test"], "Test n": candidates["test_n"]}
    choices = [name for name in candidates if name.endswith((".instruction", ".demo_set"))]
    columns |= {_choice_name(name): candidates[name] for name in choices}
    return pd.DataFrame(columns)


def _ranges(low: pd.Series, high: pd.Series) -> list[str]:
    ends = zip(low.tolist(), high.tolist(), strict=True)
    return ["–" if a != a else f"{100 * a:.1f}–{100 * b:.1f}" for a, b in ends]


def _choice_name(column: str) -> str:
    predictor, _, what = column.rpartition(".")
    return f"{predictor.removesuffix('.predict')}: {what.replace('_', ' ')}"
