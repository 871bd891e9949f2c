"""The parts of the Build page: where to begin, what is built, and what is wrong with it.

What is built belongs to the tab; every change goes through `edit`, so that it can be undone.
"""

from collections.abc import Callable

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.errors import StudioError
from core.programs.pipeline.finding import Problem
from core.programs.pipeline.limits import MOST_STAGES
from core.programs.pipeline.saved import LONGEST_FILE, spec_from_json
from core.programs.pipeline.spec import PREDICTOR_KINDS, PipelineSpec, StageKind
from dashboard import building_edits, building_store, session
from dashboard.building import Building, SavedAs, begun, blank
from dashboard.building_gallery import GALLERY
from dashboard.building_outline import drawn, offers_to, offers_to_answer
from dashboard.components.notices import render_problem
from dashboard.components.pipeline_head import (
    render_about,
    render_history,
    render_inputs,
    render_metric_fields,
    render_outputs,
)
from dashboard.components.pipeline_problems import render_problems, render_verdict
from dashboard.components.pipeline_stage import KINDS, Shown, render_stage
from dashboard.components.pipeline_start import render_gallery, render_saved_choice, render_upload
from dashboard.components.stage_graph import render_stage_graph

NAME = "build.save.name"
"""Where the name is typed that a program is saved under."""
_PROBLEM = "build.problem"
_UPLOAD = "build.upload"


def edit(change: Callable[[Building], Building]) -> None:
    """Do this to what the tab builds."""
    now = session.building()
    if now is not None:
        session.choose(_PROBLEM, None)
        session.keep_building(change(now))


def begin(spec: PipelineSpec, saved: SavedAs | None = None) -> None:
    """Go on with this pipeline; what was built before is an undo away."""
    now = session.building()
    session.choose(_PROBLEM, None)
    session.choose(NAME, None)
    session.keep_building(now.started(spec, saved) if now else begun(spec, saved))


def refuse(message: str) -> None:
    """Have the page say why something was not done."""
    session.choose(_PROBLEM, message)


def show_refusal() -> None:
    """Why the last thing was not done, if it was not."""
    message = session.chosen(_PROBLEM)
    if isinstance(message, str):
        render_problem("That cannot be used. Nothing was changed.", message)


def show_start() -> None:
    """Everything that a program can begin with."""
    examples = {each.name: each.spec for each in GALLERY}
    render_gallery(
        examples,
        on_blank=lambda: begin(blank()),
        on_begin=lambda name: begin(examples[name]),
        key="build.begin",
    )
    left, right = st.columns(2)
    with left.container(border=True, height="stretch"):
        saved = [(each.name, each.version) for each in building_store.saved()]
        render_saved_choice(saved, on_open=open_saved, key="build.saved")
    with right.container(border=True, height="stretch"):
        render_upload(on_upload=_open_upload, key=_UPLOAD)


def open_saved(name: str, version: int | None = None) -> None:
    """Go on with what is saved under this name."""
    try:
        found = building_store.version(name, version)
    except StudioError as error:
        refuse(str(error))
    else:
        begin(found.spec, found)


def _open_upload() -> None:
    uploaded = session.chosen(_UPLOAD)
    if not isinstance(uploaded, UploadedFile):
        return
    try:
        begin(_read(uploaded))
    except StudioError as error:
        refuse(str(error))


def _read(uploaded: UploadedFile) -> PipelineSpec:
    # half a character more is enough to see that it is too long
    content = uploaded.getvalue()[: LONGEST_FILE + 1]
    return spec_from_json(content.decode("utf-8", errors="replace"), uploaded.name)


def show_head(building: Building, found: tuple[Problem, ...]) -> None:
    """Undo, title, and the graph with what is wrong with the whole."""
    render_history(building, edit, key="build")
    render_about(building.spec, edit, key="build.about")
    render_stage_graph(drawn(building.spec))
    render_verdict(found)
    own = {each.name for each in (*building.spec.inputs, *building.spec.metric_fields)}
    own |= {each.name for each in building.spec.outputs}
    render_problems([each for each in found if each.stage is None and each.field not in own])


def show_inputs(building: Building, found: tuple[Problem, ...]) -> None:
    """What the program is given."""
    st.subheader("Inputs")
    st.caption("What one example gives the program. Columns of the data are mapped to them later.")
    render_inputs(building.spec, edit, key="build.inputs")
    with st.expander("Fields that only the metric reads", key="build.metric_fields"):
        st.caption("Such as the kind of an answer: examples have it, the program does not see it.")
        render_metric_fields(building.spec, edit, key="build.metric_field")
    own = {each.name for each in (*building.spec.inputs, *building.spec.metric_fields)}
    render_problems([each for each in found if each.stage is None and each.field in own])


def show_stages(building: Building, found: tuple[Problem, ...]) -> None:
    """A card per stage, and buttons that add one."""
    spec = building.spec
    st.subheader("Stages")
    st.caption("Each reads fields that are there before it, and writes fields for those after it.")
    asking = [each.name for each in spec.stages if each.kind in PREDICTOR_KINDS]
    for place, (uid, stage) in enumerate(zip(building.now.uids, spec.stages, strict=True)):
        is_open = building.opened == uid
        shown = Shown(
            stage=stage,
            uid=uid,
            place=place,
            last=place + 1 == len(spec.stages),
            open=is_open,
            problems=[each for each in found if each.stage == stage.name],
            offers=offers_to(spec, place) if is_open else {},
            askable=[name for name in asking if name != stage.name],
        )
        render_stage(shown, edit, key="build.stage")
    if len(spec.stages) < MOST_STAGES:
        _show_adding(bool(asking))


def _show_adding(has_asking: bool) -> None:
    st.caption("Add a stage")
    with st.container(horizontal=True, gap="small"):
        for kind, words in KINDS.items():
            st.button(
                words.title,
                key=f"build.add.{kind}",
                icon=words.icon,
                help=words.words.replace("{", "\\{"),
                disabled=kind == "again" and not has_asking,
                on_click=_add,
                args=(kind,),
            )


def _add(kind: StageKind) -> None:
    edit(lambda now: building_edits.stage_added(now, kind))


def show_outputs(building: Building, found: tuple[Problem, ...]) -> None:
    """What the program answers."""
    st.subheader("Outputs")
    st.caption("What the program answers, and examples have a right answer for.")
    render_outputs(building.spec, offers_to_answer(building.spec), edit, key="build.outputs")
    own = {each.name for each in building.spec.outputs}
    given = {each.name for each in (*building.spec.inputs, *building.spec.metric_fields)}
    render_problems([each for each in found if each.stage is None and each.field in own - given])
