"""The widgets for the parameters of single metrics; each function gives back what is set now.

Values of the data and what people type are drawn as text, or as options, which are plain text.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.errors import MetricError
from core.evaluation import field_scores
from core.evaluation.metric_library import CONFIGURED, FunctionLibrary, function_library
from core.evaluation.metric_parameters import JsonFields, Tolerance
from dashboard.components.notices import render_problem
from dashboard.connection import Connection
from dashboard.metric_choice import Expected, aliases_in, aliases_text, json_names, labels_of

SHOWN_FINDS = 5
"""Places that a pattern found which are listed."""


@dataclass(frozen=True, kw_only=True)
class Around:
    """What the form needs to know besides the parameters."""

    expected: Expected
    is_set: Callable[[str], bool]
    """Whether there is a key with this name."""
    saved: Sequence[Connection] = ()
    """Connections that a judge can be reached by."""
    functions: Callable[[], FunctionLibrary] = function_library
    """The functions that may be chosen; nothing else is ever imported."""


Parameters = Mapping[str, Any]


def render_tolerance(given: Parameters, around: Around, key: str) -> dict[str, Any]:
    """How far a number may be off."""
    own = Tolerance.model_fields
    left, right = st.columns(2)
    percent = left.number_input(
        "Off by at most (% of the larger number)",
        0.0,
        value=_percent(given.get("relative", own["relative"].default)),
        step=0.5,
        format="%g",
        key=f"{key}.relative",
    )
    absolute = right.number_input(
        "or by at most (absolute)",
        0.0,
        value=float(given.get("absolute", own["absolute"].default)),
        step=0.5,
        format="%g",
        key=f"{key}.absolute",
    )
    relative = _share(percent)
    number = next((n for n in map(_number, _values(around.expected)) if n), 100.0)
    way = max(absolute, relative * abs(number))
    st.text(f"Expected {number:g}: {number - way:.10g} to {number + way:.10g} counts as right.")
    return {"relative": relative, "absolute": absolute}


def render_labels(given: Parameters, around: Around, key: str) -> dict[str, Any]:
    """All labels, and other spellings of them."""
    known = list(given.get("labels", ()))
    labels = st.multiselect(
        "All labels",
        list(dict.fromkeys([*known, *labels_of(around.expected)])),
        default=known,
        accept_new_options=True,
        key=f"{key}.labels",
        help="With them a label also counts when it stands in a longer answer that names no other.",
    )
    if not labels:
        st.caption("Without labels only a bare label counts as an answer.")
    typed = st.text_area(
        "Other spellings, one a line: spelling = label",
        aliases_text(given.get("aliases", {})),
        placeholder="junk mail = spam",
        key=f"{key}.aliases",
        height=100,
    )
    aliases, strange = aliases_in(typed)
    for line in strange:
        st.text(f"“{line}” is left out: write the spelling, =, and the label.")
    meant = {field_scores.label_key(each) for each in (*labels, *labels_of(around.expected))}
    for spelling, label in aliases.items():
        if field_scores.label_key(label) not in meant:
            st.text(f"“{spelling}” stands for “{label}”, which is no label of the data.")
    return {"labels": labels, "aliases": aliases}


def render_pattern(given: Parameters, around: Around, key: str) -> dict[str, Any]:
    """The pattern, tried on a text at once."""
    pattern = st.text_input(
        "Regular expression",
        given.get("pattern") or "",
        placeholder="The expected value of each example",
        key=f"{key}.pattern",
        help="With a group in it, what the group finds last is compared with the expected value; "
        "without one it just has to occur. Left empty, each expected value is the pattern.",
    )
    first = next(iter(_values(around.expected)), "")
    left, right = st.columns(2)
    answer = left.text_input("Try it on this answer", "", key=f"{key}.answer")
    wanted = right.text_input("where this is expected", str(first), key=f"{key}.wanted")
    if answer:
        _render_finds(pattern or wanted, pattern or None, answer, wanted)
    return {"pattern": pattern or None}


def _render_finds(looked_for: str, pattern: str | None, answer: str, wanted: str) -> None:
    try:
        finds = field_scores.pattern_finds(looked_for, answer)
        score = field_scores.pattern_match(wanted, answer, pattern=pattern)
    except MetricError as error:
        st.text(str(error))
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _render_right(score)
        if not finds:
            st.text("It finds nothing in this answer.")
        for whole, group in finds[:SHOWN_FINDS]:
            st.text(f"finds “{whole}”" + (f", group “{group}”" if group is not None else ""))


def _render_right(score: float) -> None:
    if score:
        st.badge("Scores 1", icon=":material/check:", color="green")
    else:
        st.badge("Scores 0", icon=":material/close:", color="red")


def render_json_fields(given: Parameters, around: Around, key: str) -> dict[str, Any]:
    """Which values of an object count."""
    known = list(given.get("fields", ()))
    left, right = st.columns([2, 1])
    fields = left.multiselect(
        "Names that count",
        list(dict.fromkeys([*known, *json_names(around.expected)])),
        default=known,
        accept_new_options=True,
        placeholder="All",
        key=f"{key}.fields",
    )
    percent = right.number_input(
        "Numbers may be off by (%)",
        0.0,
        value=_percent(given.get("tolerance", JsonFields.model_fields["tolerance"].default)),
        step=0.5,
        format="%g",
        key=f"{key}.tolerance",
    )
    return {"fields": fields, "tolerance": _share(percent)}


def render_retrieved(given: Parameters, around: Around, key: str) -> dict[str, Any]:
    """How retrieved titles are counted."""
    first = st.number_input(
        "Look at the first titles only",
        1,
        value=given.get("first"),
        placeholder="all of them",
        key=f"{key}.first",
    )
    whole = st.toggle(
        "All expected titles or nothing",
        bool(given.get("all_or_nothing")),
        key=f"{key}.whole",
        help="1 when every expected title is there, else 0; otherwise the share of them.",
    )
    return {"first": first, "all_or_nothing": whole}


def render_conditional(given: Parameters, around: Around, key: str) -> dict[str, Any]:
    """The field with the kind of each answer."""
    names = list(around.expected)
    chosen = given.get("category", "category")
    category = st.selectbox(
        "Output field with the category",
        names,
        index=names.index(chosen) if chosen in names else None,
        placeholder="Choose a field",
        key=f"{key}.category",
        help="It says person, place, date or anything else, and with that the form of the answer.",
    )
    return {"category": category or chosen}


def render_own(given: Parameters, around: Around, key: str) -> dict[str, Any]:
    """One of the functions that whoever runs the server has listed."""
    library = around.functions()
    chosen, paths = given.get("function", ""), list(library.functions)
    path = st.selectbox(
        "Function",
        paths,
        index=paths.index(chosen) if chosen in paths else None,
        placeholder="Choose a function" if paths else "There is none yet",
        disabled=not paths,
        key=f"{key}.function",
        help="Called as function(example, prediction); gives back a number from 0 to 1. Only "
        f"functions listed in {CONFIGURED}, and those of sample_programs, are offered.",
    )
    if path in library.functions and library.functions[path]:
        st.text(library.functions[path])
    if not paths:
        st.text(
            f"No function is offered. Set the environment variable {CONFIGURED} to its import path "
            "(my_metrics.answers:close_enough; several with commas between), where the server's "
            "Python finds the module, and start the server again."
        )
    for fault in library.faults.values():
        render_problem("A function cannot be used; the others can.", fault)
    return {"function": path if path in library.functions else ""}


def _percent(share: float) -> float:
    return round(100 * share, 12)


def _share(percent: float) -> float:
    """Rounded, so that what nobody changed stays what it was."""
    return round(percent / 100, 15)


def _values(expected: Expected) -> list[Any]:
    return [value for column in expected.values() for value in column]


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
