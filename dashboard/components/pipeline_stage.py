"""One stage of the pipeline that is being built: what it is at a glance, and all of it to edit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from core.programs.pipeline.finding import Problem
from core.programs.pipeline.limits import (
    HIGHEST_TEMPERATURE,
    LONGEST_INSTRUCTION,
    MOST_CALLS,
    MOST_FIELDS,
    MOST_PASSAGES,
)
from core.programs.pipeline.names import LONGEST_NAME
from core.programs.pipeline.spec import MODEL_KINDS, PREDICTOR_KINDS, PipelineStage, StageKind
from dashboard import building, building_edits
from dashboard.building_edits import Edit
from dashboard.components.pipeline_bound import bound, bound_choice
from dashboard.components.pipeline_fields import FieldEdits, Fields, render_fields
from dashboard.components.pipeline_problems import render_problems
from dashboard.components.pipeline_wires import WireEdits, WireWords, render_wires


@dataclass(frozen=True, kw_only=True)
class KindWords:
    """How a kind of stage is called and what it does."""

    title: str
    icon: str
    words: str


KINDS: dict[StageKind, KindWords] = {
    "predict": KindWords(
        title="Ask the model",
        icon=":material/bolt:",
        words="One call of the model: it reads some fields and writes others.",
    ),
    "chain_of_thought": KindWords(
        title="Think, then answer",
        icon=":material/psychology:",
        words="Asks the model, which writes down its reasoning before it answers.",
    ),
    "retrieve": KindWords(
        title="Search the corpus",
        icon=":material/search:",
        words="Finds passages for one text; a second field gets their titles. No call.",
    ),
    "again": KindWords(
        title="Ask a stage again",
        icon=":material/replay:",
        words="Asks an earlier stage with other inputs: same instruction, same demos.",
    ),
    "vote": KindWords(
        title="Vote",
        icon=":material/how_to_vote:",
        words="Takes the most frequent value of a list; of equals the first. No call.",
    ),
    "fill": KindWords(
        title="Fill in a text",
        icon=":material/short_text:",
        words="A text with {name} replaced by what is read under that name. No call.",
    ),
}

_ONE_WRITTEN: dict[StageKind, int] = {"retrieve": 2, "vote": 1, "fill": 1}


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the screen needs of a stage."""

    stage: PipelineStage
    uid: int
    place: int
    """From 0."""
    last: bool
    open: bool
    problems: Sequence[Problem]
    offers: Mapping[str, str]
    """Sources that it may read, in words."""
    askable: Sequence[str]
    """Stages that it could ask again."""


def render_stage(shown: Shown, edit: Edit, *, key: str) -> None:
    """A card with what the stage is, its problems, and when open everything about it."""
    own = f"{key}.{shown.uid}"
    with st.container(border=True, gap="small", key=own):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            _render_name(shown)
            _render_buttons(shown, edit, key=own)
        render_problems(shown.problems)
        if shown.open:
            _render_editor(shown, edit, key=own)


def _render_name(shown: Shown) -> None:
    stage, kind = shown.stage, KINDS[shown.stage.kind]
    with st.container(gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.badge(f"{shown.place + 1}", color="gray")
            st.text(stage.name or "no name", width="content")
            st.badge(kind.title, icon=kind.icon, color="blue")
            if stage.calls > 1 and stage.kind in MODEL_KINDS:
                st.badge(f"{stage.calls} calls", color="violet")
        st.text(signature(stage))


def signature(stage: PipelineStage) -> str:
    """What it reads and writes in a line."""
    reads = ", ".join(each.name or "?" for each in stage.reads) or "nothing"
    if stage.kind == "again":
        return f"{reads} → as {stage.of or '?'}"
    return f"{reads} → {', '.join(each.name or '?' for each in stage.writes) or 'nothing'}"


def _render_buttons(shown: Shown, edit: Edit, *, key: str) -> None:
    uid, number = shown.uid, shown.place + 1
    does: tuple[tuple[str, str, str, Any, bool], ...] = (
        ("Up", "arrow_upward", f"Move stage {number} up", _moving(-1), shown.place == 0),
        ("Down", "arrow_downward", f"Move stage {number} down", _moving(1), shown.last),
        (
            "Duplicate",
            "content_copy",
            f"A copy of stage {number} behind it",
            building_edits.stage_doubled,
            False,
        ),
        (
            "Remove",
            "delete",
            f"Remove stage {number}; Undo brings it back",
            building_edits.stage_removed,
            False,
        ),
    )
    with st.container(horizontal=True, gap="xsmall", width="content"):
        st.button(
            "Close" if shown.open else "Edit",
            key=f"{key}.open",
            icon=":material/expand_less:" if shown.open else ":material/edit:",
            help=f"Stage {number}",
            on_click=partial(edit, lambda now: now.opening(None if shown.open else uid)),
        )
        for label, icon, about, change, disabled in does:
            st.button(
                label,
                key=f"{key}.{label.lower()}",
                icon=f":material/{icon}:",
                type="tertiary",
                disabled=disabled,
                help=about,
                on_click=partial(edit, partial(_changed, change, uid)),
            )


def _moving(by: int) -> Any:
    return lambda now, uid: building_edits.stage_moved(now, uid, by)


def _changed(change: Any, uid: int, now: building.Building) -> building.Building:
    changed: building.Building = change(now, uid)
    return changed


def _render_editor(shown: Shown, edit: Edit, *, key: str) -> None:
    stage, uid = shown.stage, shown.uid

    def changed(**changes: Any) -> None:
        edit(
            lambda now: building_edits.stage_changed(
                now, uid, lambda own: own.model_copy(update=changes)
            )
        )

    _render_what(stage, uid, edit, key=key)
    st.caption(KINDS[stage.kind].words.replace("{", "\\{"))
    if stage.kind == "again":
        _render_asked(shown, edit, key=key)
    if stage.kind in (*PREDICTOR_KINDS, "fill"):
        _render_instruction(stage, changed, key=key)
    _render_reads(shown, edit, key=key)
    if stage.kind != "again":
        _render_writes(stage, uid, edit, key=key)
    _render_settings(stage, changed, key=key)


def _render_what(stage: PipelineStage, uid: int, edit: Edit, *, key: str) -> None:
    name, kind = st.columns([1, 2])
    with name:
        st.text_input(
            "Name of the stage",
            max_chars=LONGEST_NAME,
            help="Letters, digits and _; its predictor is called so, too.",
            **bound(
                f"{key}.name",
                stage.name,
                lambda new: edit(lambda now: building_edits.stage_renamed(now, uid, new.strip())),
            ),
        )
    with kind:
        st.selectbox(
            "What it does",
            list(KINDS),
            format_func=lambda each: KINDS[each].title,
            **bound_choice(
                f"{key}.kind",
                stage.kind,
                lambda new: edit(lambda now: _with_kind(now, uid, new)),
            ),
        )


def _render_instruction(stage: PipelineStage, changed: Any, *, key: str) -> None:
    is_text = stage.kind == "fill"
    st.text_area(
        "Text" if is_text else "Starting instruction",
        height=120,
        max_chars=LONGEST_INSTRUCTION,
        placeholder="Question: {question}"
        if is_text
        else "What the model is told; empty for “Given the fields …, produce the fields …”",
        help=None
        if is_text
        else "Text between <keep> and </keep> stays word for word in every proposal.",
        **bound(f"{key}.instruction", stage.instruction, lambda new: changed(instruction=new)),
    )


def _render_asked(shown: Shown, edit: Edit, *, key: str) -> None:
    stage, uid = shown.stage, shown.uid

    def asked(of: str) -> None:
        edit(
            lambda now: building_edits.stage_changed(
                now, uid, lambda own: building_edits.asking_again(now.spec, own, of)
            )
        )

    st.selectbox(
        "Stage to ask again",
        [*shown.askable, *([stage.of] if stage.of and stage.of not in shown.askable else [])],
        placeholder="Choose a stage that asks the model",
        **bound_choice(f"{key}.of", stage.of, asked),
    )


def _render_reads(shown: Shown, edit: Edit, *, key: str) -> None:
    stage, uid = shown.stage, shown.uid
    st.markdown("**Reads**")
    render_wires(
        stage.reads,
        shown.offers,
        _read_edits(uid, edit),
        WireWords(
            noun="read field",
            add="Read a field" if not stage.reads else "Read another field",
            nothing="An empty list",
        ),
        fixed=stage.kind == "again",
        most=1 if stage.kind in ("retrieve", "vote") else MOST_FIELDS,
        key=f"{key}.reads",
    )


def _read_edits(uid: int, edit: Edit) -> WireEdits:
    def changed(place: int, **changes: Any) -> None:
        def read(stage: PipelineStage) -> PipelineStage:
            reads = tuple(
                each.model_copy(update=changes) if number == place else each
                for number, each in enumerate(stage.reads)
            )
            return stage.model_copy(update={"reads": reads})

        edit(lambda now: building_edits.stage_changed(now, uid, read))

    def removed(stage: PipelineStage, place: int) -> PipelineStage:
        left = (*stage.reads[:place], *stage.reads[place + 1 :])
        return stage.model_copy(update={"reads": left})

    def added(stage: PipelineStage, source: str) -> PipelineStage:
        reads = building_edits.also_reading(stage.reads, source)
        return stage.model_copy(update={"reads": reads})

    return WireEdits(
        feed=lambda place, sources: changed(place, sources=sources),
        rename=lambda place, new: edit(
            lambda now: building_edits.read_renamed(now, uid, place, new)
        ),
        describe=lambda place, new: changed(place, description=new),
        remove=lambda place: edit(
            lambda now: building_edits.stage_changed(now, uid, lambda own: removed(own, place))
        ),
        add=lambda source: edit(
            lambda now: building_edits.stage_changed(now, uid, lambda own: added(own, source))
        ),
    )


def _render_writes(stage: PipelineStage, uid: int, edit: Edit, *, key: str) -> None:
    def change(fields: Any) -> None:
        edit(
            lambda now: building_edits.stage_changed(
                now, uid, lambda own: own.model_copy(update={"writes": fields(own.writes)})
            )
        )

    def without(place: int) -> Any:
        def left(fields: Fields) -> Fields:
            return (*fields[:place], *fields[place + 1 :])

        return left

    st.markdown("**Writes**")
    if stage.kind == "chain_of_thought":
        st.caption("Besides `reasoning`, which the model writes first.")
    if stage.calls > 1 and stage.kind in PREDICTOR_KINDS:
        st.caption(f"Each becomes a list of {stage.calls} texts, one of every call.")
    render_fields(
        stage.writes,
        FieldEdits(
            change=change,
            rename=lambda place, new: edit(
                lambda now: building_edits.written_renamed(now, uid, place, new)
            ),
            remove=lambda place: change(without(place)),
        ),
        noun="written field",
        add="Add a field",
        most=_ONE_WRITTEN.get(stage.kind, MOST_FIELDS),
        key=f"{key}.writes",
    )


def _render_settings(stage: PipelineStage, changed: Any, *, key: str) -> None:
    if stage.kind not in (*MODEL_KINDS, "retrieve"):
        return
    left, right, _ = st.columns([1, 1, 2])
    if stage.kind == "retrieve":
        with left:
            st.number_input(
                "Passages at most",
                1,
                MOST_PASSAGES,
                **bound(f"{key}.passages", stage.passages, lambda new: changed(passages=new)),
            )
        return
    with left:
        st.number_input(
            "Calls",
            1,
            MOST_CALLS,
            help="How often the model is asked in one run; with several, every field that is "
            "written becomes a list, to vote on, say.",
            **bound(f"{key}.calls", stage.calls, lambda new: changed(calls=new)),
        )
    with right:
        st.number_input(
            "Temperature",
            0.0,
            HIGHEST_TEMPERATURE,
            step=0.1,
            placeholder="of the run's model",
            **bound(f"{key}.temperature", stage.temperature, lambda new: changed(temperature=new)),
        )


def _with_kind(now: building.Building, uid: int, kind: StageKind) -> building.Building:
    return building_edits.stage_changed(
        now, uid, lambda own: building_edits.of_kind(now.spec, own, kind)
    )
