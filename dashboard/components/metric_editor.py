"""The metric and everything that can be set about it, each with a widget of its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.evaluation.metrics import METRIC_KINDS
from core.lm.connection import LMConfig
from dashboard.components.metric_fields import (
    Around,
    render_conditional,
    render_json_fields,
    render_labels,
    render_own,
    render_pattern,
    render_retrieved,
    render_tolerance,
)
from dashboard.components.model_settings import render_model_settings
from dashboard.metric_choice import plain_parts, starting_parameters, takes_parameters

__all__ = ["Around", "MetricWish", "render_metric_editor"]


@dataclass(frozen=True, kw_only=True)
class MetricWish:
    """What the form says now."""

    metric: str
    parameters: dict[str, Any]
    renew: bool = False
    """True when it must be drawn afresh: another metric, or more or fewer parts of a mix."""


Parameters = Mapping[str, Any]
Editor = Callable[[Parameters, Around, str], dict[str, Any]]


def render_metric_editor(
    metric: str, parameters: Parameters, around: Around, *, key: str
) -> MetricWish:
    """The metric as it is set now; `key` is new whenever the form is to start afresh."""
    picked = _metric_choice("Metric", list(METRIC_KINDS), metric, key=f"{key}.name")
    if picked != metric:
        starting = starting_parameters(picked, around.expected)
        return MetricWish(metric=picked, parameters=starting, renew=True)
    st.caption(METRIC_KINDS[picked].description)
    if picked == "weighted":
        return _mix(parameters, around, key)
    return MetricWish(metric=picked, parameters=_parameters(picked, parameters, around, key))


def _metric_choice(label: str, names: Sequence[str], chosen: str, *, key: str) -> str:
    return str(
        st.selectbox(
            label,
            names,
            index=names.index(chosen) if chosen in names else 0,
            format_func=lambda name: METRIC_KINDS[name].title,
            key=key,
            label_visibility="collapsed" if label == "Metric" else "visible",
        )
    )


def _parameters(metric: str, given: Parameters, around: Around, key: str) -> dict[str, Any]:
    if not takes_parameters(metric):
        return {}
    with st.container(border=True, gap="small"):
        return METRIC_KINDS[metric].plain(_EDITORS[metric](given, around, key))


def _judge(given: Parameters, around: Around, key: str) -> dict[str, Any]:
    defaults = METRIC_KINDS["judge"].parameters.model_fields
    rubric = st.text_area(
        "Rubric: what earns marks",
        given.get("rubric", defaults["rubric"].default),
        key=f"{key}.rubric",
        height=120,
        help="The judge sees the rubric, the inputs, the expected answer and the answer.",
    )
    best = st.number_input(
        "Best mark",
        1,
        100,
        int(given.get("best_mark", defaults["best_mark"].default)),
        key=f"{key}.best",
        help="Marks are whole numbers from 0 to this; the score is the share of the best one.",
    )
    st.markdown("**Judge**")
    st.caption("A model of its own: neither the task model nor the prompt model judges.")
    before = given.get("model") or {}
    model = render_model_settings(
        "Judge",
        LMConfig.model_validate(before),
        key=f"{key}.model",
        is_set=around.is_set,
        temperature="0",
        saved=around.saved,
    )
    found: dict[str, Any] = {"rubric": rubric.strip(), "best_mark": int(best)}
    if model is not None:
        found["model"] = model.model_dump(mode="json", exclude_defaults=True)
    return found


def _mix(given: Parameters, around: Around, key: str) -> MetricWish:
    before = [dict(part) for part in given.get("parts", ())]
    whole = sum(float(part.get("weight", 1.0)) for part in before)
    parts, gone = [], None
    for place, part in enumerate(before):
        with st.container(border=True, gap="small"):
            share = float(part.get("weight", 1.0)) / whole if whole else 0.0
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**Part {place + 1}**: {100 * share:.0f} % of the score")
                st.space("stretch")
                if st.button(
                    "Remove",
                    key=f"{key}.{place}.remove",
                    icon=":material/delete:",
                    disabled=len(before) < 2,
                ):
                    gone = place
            parts.append(_part(part, around, f"{key}.{place}"))
    more = st.button("Add a part", key=f"{key}.add", icon=":material/add:")
    # a part with another metric starts afresh, as the form as a whole does
    other = any(one["metric"] != part["metric"] for one, part in zip(parts, before, strict=True))
    if gone is not None:
        del parts[gone]
    if more:
        parts.append({"metric": _unused(parts)})
    wish = {"parts": plain_parts(parts)}
    renew = more or other or gone is not None
    return MetricWish(metric="weighted", parameters=wish, renew=renew)


def _part(part: Parameters, around: Around, key: str) -> dict[str, Any]:
    names = [name for name in METRIC_KINDS if name != "weighted"]
    left, right = st.columns([3, 1])
    with left:
        metric = _metric_choice("Metric of the part", names, part["metric"], key=f"{key}.metric")
    weight = right.number_input(
        "Weight", 0.01, value=float(part.get("weight", 1.0)), step=0.5, key=f"{key}.weight"
    )
    left, right = st.columns(2)
    fields = left.multiselect(
        "Output fields it looks at",
        list(around.expected),
        default=[each for each in part.get("fields", ()) if each in around.expected],
        placeholder="All",
        key=f"{key}.fields",
    )
    name = right.text_input(
        "How its score is called",
        part.get("name", ""),
        placeholder=metric,
        max_chars=60,
        key=f"{key}.called",
    )
    own = {"metric": metric, "weight": float(weight), "fields": fields, "name": name.strip()}
    if metric != part["metric"]:
        return {**own, "parameters": starting_parameters(metric, around.expected)}
    st.caption(METRIC_KINDS[metric].description)
    given = part.get("parameters") or {}
    return {**own, "parameters": _parameters(metric, given, around, f"{key}.own")}


def _unused(parts: Sequence[Parameters]) -> str:
    """A metric that no part is called by and that needs nothing set."""
    taken = {part.get("name") or part["metric"] for part in parts}
    free = [
        name
        for name, kind in METRIC_KINDS.items()
        if not kind.needs_parameters and name not in taken
    ]
    return free[0] if free else "exact_match"


_EDITORS: Mapping[str, Editor] = {
    "number": render_tolerance,
    "label": render_labels,
    "regex": render_pattern,
    "json_fields": render_json_fields,
    "recall": render_retrieved,
    "conditional": render_conditional,
    "judge": _judge,
    "own": render_own,
}
