"""What `data` prints: a file's columns, what is odd in it, its split, leaks, and what it can show.

The Data page in text. Nothing is stored and no model is asked.
"""

import argparse
from collections.abc import Sequence
from typing import Any

from core.command.data import Loaded, split_config
from core.data.dataset import Dataset, FieldMapping
from core.data.leaks import leaks
from core.data.profile import ColumnProfile, Profile, profile, suggested_mapping
from core.data.quality import findings, longest_rows
from core.data.split import Split, split
from core.errors import DatasetError
from core.evaluation.sizing import Reach, reach

MOST_LISTED = 5
"""Leaks, values and long rows that are listed."""
LONGEST_SHOWN = 30
"""Characters of a value."""

_PART_NAMES = {"train": "training", "val": "validation", "test": "test"}


def data_found(found: Loaded, options: argparse.Namespace) -> dict[str, Any]:
    """All that is known of the rows, as plain values; as `--json` prints them.

    Raises:
        InputError: the columns or the split cannot be used as the options say.
        pydantic.ValidationError: options of the split contradict each other.
    """
    dataset = found.dataset
    own = profile(dataset)
    mapping = _mapping(own, options)
    return {
        "name": dataset.name,
        "id": dataset.id,
        "origin": dataset.origin,
        "guesses": list(found.guesses),
        "rows": own.rows,
        "repeated_rows": own.duplicate_rows,
        "columns": [_column(each) for each in own.columns],
        "whole_file": None if found.whole is None else _whole(found.whole),
        "odd": [
            {"column": each.column, "what": each.what, "rows": len(each.rows),
             "first_row": each.rows[0] + 1, "example": each.example}
            for each in findings(dataset)
        ],
        "inputs": list(mapping.inputs.values()) if mapping else [],
        "outputs": list(mapping.outputs.values()) if mapping else [],
        "longest": [
            {"row": each.row + 1, "tokens": each.tokens}
            for each in longest_rows(dataset, list(mapping.inputs.values()) if mapping else [])
        ],
        "split": _split(dataset, mapping, found, options) if mapping else None,
    }  # fmt: skip


def data_text(found: dict[str, Any]) -> str:
    """The same for a person."""
    lines = [
        found["name"],
        found["origin"],
        *found["guesses"],
        f"{found['rows']:,} rows, {found['repeated_rows']:,} repeated; id {found['id']}",
        "",
        *_table(found["columns"]),
    ]
    if (whole := found["whole_file"]) is not None:
        lines += ["", f"the whole file: {whole['rows']:,} rows", *_table(whole["columns"])]
    lines += ["", *_odd_lines(found["odd"])]
    if found["outputs"]:
        lines += ["", f"inputs: {', '.join(found['inputs'])}"]
        lines += [f"output: {', '.join(found['outputs'])}"]
    if found["longest"]:
        rows = (f"row {each['row']} (about {each['tokens']:,})"
                for each in found["longest"][:MOST_LISTED])  # fmt: skip
        lines.append(f"longest inputs in tokens: {', '.join(rows)}")
    if found["split"] is not None:
        lines += ["", *_split_lines(found["split"])]
    return "\n".join(lines)


def _mapping(own: Profile, options: argparse.Namespace) -> FieldMapping | None:
    """The columns that are given, else the suggested ones; None when there is but one column."""
    guess = suggested_mapping(own)
    inputs = _listed(options.inputs) or guess.inputs
    outputs = _listed(options.output) or guess.outputs
    if options.inputs is None:
        inputs = [name for name in inputs if name not in outputs]
    if not inputs or not outputs:
        return None
    return FieldMapping(
        inputs={name: name for name in inputs}, outputs={name: name for name in outputs}
    )


def _listed(given: str | None) -> list[str]:
    """Columns as `optimize` takes them, `field=column` or `column`."""
    parts = (part.strip() for part in (given or "").split(","))
    return [part.partition("=")[2].strip() or part for part in parts if part]


def _column(column: ColumnProfile) -> dict[str, Any]:
    return {
        "name": column.name,
        "kind": column.kind,
        "missing": column.missing,
        "distinct": column.distinct,
        "range": _range(column),
        "values": [list(pair) for pair in column.balance],
    }


def _range(column: ColumnProfile) -> str:
    """Of numbers their ends and middle, else of lengths."""
    if column.minimum is not None:
        return f"{column.minimum:g} to {column.maximum:g}, median {column.median:g}"
    if column.longest is None:
        return ""
    return f"{column.shortest} to {column.longest} characters, median {column.median_length:g}"


def _whole(own: Profile) -> dict[str, Any]:
    return {"rows": own.rows, "columns": [_column(each) for each in own.columns]}


def _split(
    dataset: Dataset, mapping: FieldMapping, found: Loaded, options: argparse.Namespace
) -> dict[str, Any]:
    """Sizes, leaks and reach; or why it cannot be made, where that lies in the data."""
    config = split_config(options, found.part_column)
    try:
        parts = split(dataset, mapping, config)
    except DatasetError as error:
        return {"problem": str(error)}
    inputs = list(mapping.inputs.values())
    report = leaks(dataset, inputs, parts)
    return {
        "problem": None,
        "sizes": {name: len(rows) for name, rows in _parts(parts).items()},
        "stratified_by": parts.stratified_by,
        "left_out": parts.left_out,
        "repeated_inputs": parts.duplicate_rows,
        "contradictions": parts.conflicting_rows,
        "repeated_across": parts.repeated_across,
        "leaks": len(report.leaks),
        "compared": report.compared,
        "most_alike": [
            {"row": each.row + 1, "part": _PART_NAMES[each.part], "like_row": each.like + 1,
             "like_part": _PART_NAMES[each.like_part], "similarity": round(each.similarity, 3)}
            for each in report.leaks[:MOST_LISTED]
        ],
        "reach": {
            name: _reach(reach(len(rows)))
            for name, rows in _parts(parts).items() if name != "training"
        },
    }  # fmt: skip


def _parts(parts: Split) -> dict[str, tuple[int, ...]]:
    return {"training": parts.train, "validation": parts.val, "test": parts.test}


def _reach(shown: Reach) -> dict[str, Any]:
    return {"examples": shown.n, "difference": shown.difference, "margin": shown.margin}


def _table(columns: Sequence[dict[str, Any]]) -> list[str]:
    """A line per column of the dataset, with its most common values below where it has few."""
    width = min(40, max(len(each["name"]) for each in columns))
    lines = []
    for each in columns:
        facts = [f"{each['distinct']:,} different"]
        facts += [f"{each['missing']:,} missing"] if each["missing"] else []
        facts += [each["range"]] if each["range"] else []
        lines.append(f"  {each['name']:<{width}}  {each['kind']:<7}  {'; '.join(facts)}")
        shown = [f"{_cut(value)!r} {rows:,}" for value, rows in each["values"][:MOST_LISTED]]
        more = len(each["values"]) - len(shown)
        if shown:
            lines.append(f"  {'':<{width}}  {', '.join(shown)}{f' and {more} more' * (more > 0)}")
    return lines


def _cut(value: str) -> str:
    return value if len(value) <= LONGEST_SHOWN else f"{value[: LONGEST_SHOWN - 1]}…"


def _odd_lines(odd: Sequence[dict[str, Any]]) -> list[str]:
    if not odd:
        return ["no odd values were found"]
    return [
        f"odd: {each['column']!r}, {each['rows']:,} row{'s' * (each['rows'] != 1)} from row "
        f"{each['first_row']} on: {each['what']} ({each['example']!r})"
        for each in odd
    ]


def _split_lines(found: dict[str, Any]) -> list[str]:
    if found["problem"]:
        return [f"these rows cannot be split like this: {found['problem']}"]
    sizes = ", ".join(f"{name} {size:,}" for name, size in found["sizes"].items())
    spread = f"; spread evenly: {found['stratified_by']}" if found["stratified_by"] else ""
    lines = [f"split: {sizes}{spread}"]
    told = {
        "left_out": "rows are in no part",
        "repeated_inputs": "rows repeat the inputs of an earlier one",
        "contradictions": "rows contradict each other: same inputs, another output",
        "repeated_across": "rows of validation or test repeat the inputs of an earlier part",
    }
    lines += [f"  {found[key]:,} {words}" for key, words in told.items() if found[key]]
    lines.append(f"leaks: {found['leaks']:,} examples nearly repeat one of an earlier part")
    lines += [
        f"  row {each['row']} ({each['part']}) is like row {each['like_row']} "
        f"({each['like_part']}): {each['similarity']:.0%}"
        for each in found["most_alike"]
    ]
    return [*lines, *(_reach_line(name, each) for name, each in found["reach"].items())]


def _reach_line(part: str, shown: dict[str, Any]) -> str:
    difference = (
        "no difference of two prompts can be counted on to show"
        if shown["difference"] is None
        else f"a true difference of {100 * shown['difference']:.0f} points shows 4 times in 5"
    )
    return (
        f"{shown['examples']:,} {part} examples: {difference}; one score is known to "
        f"±{100 * shown['margin']:.0f} points"
    )
