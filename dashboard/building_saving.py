"""The part of the Build page that saves, compares, restores, deletes and downloads."""

import re
from functools import partial

import streamlit as st

from core.errors import StudioError
from core.programs.pipeline.finding import Problem
from core.programs.pipeline.names import LONGEST_NAME
from core.runs.programs import named_template
from core.runs.store import StoredPipeline
from dashboard import building_store, materials, session
from dashboard.building import Building
from dashboard.building_outline import differences
from dashboard.building_sections import NAME, edit, open_saved, refuse
from dashboard.components.deletion import render_deletion
from dashboard.components.exports import render_button
from dashboard.components.notices import render_problem
from dashboard.components.pipeline_saved import render_comparison, render_version_choice

_USUAL = "build.save.usual"


def show_saving(building: Building, found: tuple[Problem, ...]) -> None:
    """A name, a button that saves, one that goes on to the Program page, and downloads."""
    st.subheader("Save and use")
    has_errors = any(each.severity == "error" for each in found)
    name = _name(building)
    fault = building_store.name_fault(name)
    known = building_store.versions(name) if fault is None else []
    is_same = bool(known) and known[0].spec == building.spec
    if fault is not None:
        render_problem("It cannot be saved under this name.", fault)
    elif has_errors:
        st.caption(":red[:material/error: Put the errors above right to save it.]")
    elif is_same:
        st.caption(f":green[:material/check_circle:] Saved as version {known[0].version}.")
    else:
        st.caption(f"Not saved as it is. Saving makes version {_next(known)}.")
    blocked = fault is not None or has_errors
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Save",
            key="build.save",
            icon=":material/save:",
            disabled=blocked or is_same,
            on_click=_save,
            args=(name,),
        )
        if st.button(
            "Use this program",
            key="build.use",
            icon=":material/arrow_forward:",
            type="primary",
            disabled=blocked,
            help="Saves it, where that was not done, and goes on to the Program page.",
        ):
            _use(name)
        _show_downloads(building, name, has_errors=has_errors)


def _name(building: Building) -> str:
    """What it is to be saved as: as before, else after its title."""
    saved = building.now.saved
    usual = saved.name if saved else _made_of(building.spec.title)
    if session.chosen(NAME) in (None, session.chosen(_USUAL)):  # nobody has typed another one
        session.choose(NAME, usual)
    session.choose(_USUAL, usual)
    return st.text_input("Name", max_chars=LONGEST_NAME, key=NAME, persist_state="session") or ""


def _made_of(title: str) -> str:
    plain = " ".join(re.sub(r"[^\w .-]+", " ", title).split()).lstrip(" .-")
    return plain[:LONGEST_NAME].rstrip()


def _next(known: list[StoredPipeline]) -> int:
    return known[0].version + 1 if known else 1


def _save(name: str) -> None:
    now = session.building()
    if now is None:
        return
    try:
        saved = building_store.save(name, now.spec)
    except StudioError as error:
        refuse(str(error))
    else:
        edit(lambda building: building.saved(saved))


def _use(name: str) -> None:
    _save(name)
    now = session.building()
    if now is None or now.now.saved is None or not now.now.is_saved:
        st.rerun()  # it says why
    else:
        chosen = named_template(now.now.saved.program, materials.store())
        session.keep_draft(session.draft().with_program(chosen))
        st.switch_page("views/program.py")


def _show_downloads(building: Building, name: str, *, has_errors: bool) -> None:
    spec = building.spec
    stem = re.sub(r"\W+", "_", name).strip("_") or "pipeline"
    render_button(
        "JSON file", f"{stem}.json", lambda: building_store.as_json(spec), key="build.json"
    )
    render_button(
        "Python file",
        f"{stem}.py",
        lambda: building_store.source(spec, name),
        disabled=has_errors,
        key="build.python",
    )


def show_versions(building: Building) -> None:
    """The versions under the name it was saved as: open, compare, restore, delete."""
    saved = building.now.saved
    versions = building_store.versions(saved.name) if saved else []
    if saved is None or not versions:
        return
    st.subheader("Versions")
    picked = render_version_choice(versions, key=f"build.versions.{saved.name}")
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Open",
            key="build.version.open",
            icon=":material/folder_open:",
            on_click=open_saved,
            args=(picked.name, picked.version),
        )
        st.button(
            "Restore as a new version",
            key="build.version.restore",
            icon=":material/history:",
            disabled=picked.version == versions[0].version,
            on_click=_restore,
            args=(picked,),
        )
        if st.button("Delete all versions", key="build.delete", icon=":material/delete:"):
            _confirm_deletion(saved.name, len(versions))
    render_comparison(
        differences(picked.spec, building.spec), version=picked.version, key="build.compare"
    )


def _restore(version: StoredPipeline) -> None:
    try:
        restored = building_store.save(version.name, version.spec)
    except StudioError as error:
        refuse(str(error))
    else:
        edit(lambda building: building.started(version.spec, restored))


@st.dialog("Delete this program?")
def _confirm_deletion(name: str, versions: int) -> None:
    """Ask, then remove it with all its versions."""
    if render_deletion(
        f"{name} · {versions} {'version' if versions == 1 else 'versions'}",
        "Runs keep the program they were started with. What you see on this page stays here.",
        partial(building_store.delete, name),
        failed="It is still there.",
        key="build.delete.confirm",
    ):
        edit(lambda building: building.forgotten(name))
        st.rerun()
