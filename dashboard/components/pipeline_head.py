"""What the pipeline is called, what it is given and what it answers, to be edited."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from core.evaluation.metrics import METRICS
from core.programs.pipeline.limits import LONGEST_DESCRIPTION, LONGEST_TITLE, MOST_FIELDS
from core.programs.pipeline.spec import PipelineOutput, PipelineSpec
from dashboard import building_edits
from dashboard.building import Building
from dashboard.building_edits import Edit
from dashboard.components.pipeline_bound import bound, bound_choice
from dashboard.components.pipeline_fields import FieldEdits, Fields, render_fields
from dashboard.components.pipeline_wires import WireEdits, WireWords, render_wires


def render_history(building: Building, edit: Edit, *, key: str) -> None:
    """Undo and redo."""
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Undo",
            key=f"{key}.undo",
            icon=":material/undo:",
            disabled=not building.past,
            on_click=partial(edit, lambda now: now.undone()),
        )
        st.button(
            "Redo",
            key=f"{key}.redo",
            icon=":material/redo:",
            disabled=not building.future,
            on_click=partial(edit, lambda now: now.redone()),
        )


def render_about(spec: PipelineSpec, edit: Edit, *, key: str) -> None:
    """Title, description and metric."""

    def changed(name: str, value: Any) -> None:
        edit(lambda now: building_edits.changed(now, **{name: value}))

    title, metric = st.columns([2, 1])
    with title:
        st.text_input(
            "Title",
            max_chars=LONGEST_TITLE,
            **bound(f"{key}.title", spec.title, lambda new: changed("title", new.strip())),
        )
    with metric:
        names = list(dict.fromkeys([*METRICS, spec.metric]))
        st.selectbox(
            "Usual metric",
            names,
            format_func=lambda name: METRICS[name].title if name in METRICS else str(name),
            help="Where the program is chosen for a run, another one can be taken.",
            **bound_choice(f"{key}.metric", spec.metric, partial(changed, "metric")),
        )
    st.text_input(
        "What it does, in a sentence",
        max_chars=LONGEST_DESCRIPTION,
        placeholder="For people, and for the model that proposes instructions",
        **bound(f"{key}.words", spec.description, partial(changed, "description")),
    )


def render_inputs(spec: PipelineSpec, edit: Edit, *, key: str) -> None:
    """What the pipeline is given."""
    render_fields(
        spec.inputs,
        FieldEdits(
            change=partial(_change_fields, edit, "inputs"),
            rename=lambda place, new: edit(
                lambda now: building_edits.input_renamed(now, place, new)
            ),
            remove=lambda place: edit(lambda now: building_edits.input_removed(now, place)),
        ),
        noun="input",
        add="Add an input",
        most=MOST_FIELDS,
        key=key,
    )


def render_outputs(spec: PipelineSpec, offers: Mapping[str, str], edit: Edit, *, key: str) -> None:
    """What the pipeline answers."""

    def change(outputs: Any) -> None:
        edit(lambda now: building_edits.changed(now, outputs=outputs(now.spec.outputs)))

    def replaced(place: int, **changes: Any) -> None:
        change(
            lambda outputs: tuple(
                each.model_copy(update=changes) if number == place else each
                for number, each in enumerate(outputs)
            )
        )

    def without(place: int, outputs: tuple[PipelineOutput, ...]) -> tuple[PipelineOutput, ...]:
        return (*outputs[:place], *outputs[place + 1 :])

    render_wires(
        spec.outputs,
        offers,
        WireEdits(
            feed=lambda place, sources: replaced(place, sources=sources),
            rename=lambda place, new: replaced(place, name=new),
            describe=lambda place, new: replaced(place, description=new),
            remove=lambda place: change(partial(without, place)),
            add=lambda source: change(
                lambda outputs: building_edits.also_answering(outputs, source)
            ),
        ),
        WireWords(
            noun="output",
            add="Choose an output" if not spec.outputs else "Choose another output",
            nothing="Nothing so far",
        ),
        most=MOST_FIELDS,
        key=key,
    )


def render_metric_fields(spec: PipelineSpec, edit: Edit, *, key: str) -> None:
    """What examples have for the metric only."""
    render_fields(
        spec.metric_fields,
        FieldEdits(
            change=partial(_change_fields, edit, "metric_fields"),
            rename=lambda place, new: _change_fields(
                edit, "metric_fields", lambda fields: _renamed(fields, place, new)
            ),
            remove=lambda place: _change_fields(
                edit, "metric_fields", lambda fields: (*fields[:place], *fields[place + 1 :])
            ),
        ),
        noun="field for the metric",
        add="Add a field for the metric",
        most=MOST_FIELDS,
        key=key,
    )


def _renamed(fields: Fields, place: int, new: str) -> Fields:
    return tuple(
        each.model_copy(update={"name": new}) if number == place else each
        for number, each in enumerate(fields)
    )


def _change_fields(edit: Edit, side: str, change: Any) -> None:
    edit(lambda now: building_edits.changed(now, **{side: change(getattr(now.spec, side))}))
