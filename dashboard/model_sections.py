"""The parts of the Models page: saved connections, the form for one, and who asks which."""

from dataclasses import dataclass

import streamlit as st

from core.evaluation.metric_parameters import judges
from core.lm.checking import Checked, check_connection
from core.lm.connection import LMConfig
from core.lm.offline import OFFLINE_NOTICE
from core.lm.providers import FoundServer, local_servers
from core.runs.config import PROPOSER_TEMPERATURE
from dashboard import connections, session
from dashboard.components.connection_card import render_connection, render_local_servers
from dashboard.components.connection_form import render_connection_form
from dashboard.components.connection_key import render_promise
from dashboard.components.connection_result import render_checked
from dashboard.components.model_choice import render_model_choice, render_way
from dashboard.components.model_options import render_delay, render_options
from dashboard.connection import Connection

FORM, KEY_FIELD, EDITED = "models.form", "models.key", "models.edited"
FOUND, TESTED = "models.found", "models.tested"
THE_FORM = "(the form)"

PURPOSE = {
    "Task model": "Runs the program on your examples: most of the calls.",
    "Prompt model": "Describes data and program, and writes instructions: few calls.",
    "Teacher model": "Makes the worked examples that become demos; a strong model teaches a small "
    "one.",
    "Judge": "Marks answers, where the metric has a judge.",
}


@dataclass(frozen=True, kw_only=True)
class _Tested:
    """The last test of this tab."""

    what: str
    found: Checked


def show_connections() -> None:
    """The saved connections, each with its test."""
    with st.container(border=True):
        st.text("Offline model")
        st.caption(f":material/info: {OFFLINE_NOTICE}")
    for number, each in enumerate(connections.saved()):
        with st.container(border=True, gap="xsmall"):
            source = connections.source_of(each.config.api_key_env)
            wish = render_connection(each, source, roles=_roles(each), key=f"models.saved.{number}")
            if wish == "test":
                _test(each.name, each.config)
            _show_tested(each.name)
        if wish == "edit":
            session.choose(EDITED, each.name)
            session.renew(FORM)
            st.rerun()
        if wish == "remove":
            connections.remove(each.name)
            st.rerun()


def show_local() -> None:
    """The button that looks for model servers on this machine, and what it found."""
    if st.button(
        "Look for servers on this machine",
        key="models.look",
        icon=":material/travel_explore:",
        help="Asks Ollama, LM Studio, vLLM and llama.cpp at their usual ports for their models.",
    ):
        with st.spinner("Looking"):
            session.choose(FOUND, local_servers())
    found = session.chosen(FOUND)
    chosen = None
    if isinstance(found, list):
        servers = [each for each in found if isinstance(each, FoundServer)]
        chosen = render_local_servers(servers, key="models.local")
    if chosen is not None:
        connections.save(chosen)
        st.rerun()


def show_form() -> None:
    """A new connection, or the one that is edited."""
    edited = session.chosen(EDITED)
    before = next((each for each in connections.saved() if each.name == edited), None)
    st.subheader(f"Edit {before.name}" if before else "Add a connection")
    filled = render_connection_form(
        before,
        key=session.fresh(FORM),
        key_field=session.fresh(KEY_FIELD),
        source_of=connections.source_of,
    )
    if filled.typed is not None:
        session.key_ring().put(*filled.typed)
        session.renew(KEY_FIELD)  # neither server nor browser goes on holding what was typed
    if filled.wish == "test" and filled.config is not None:
        _test(THE_FORM, filled.config)
    if filled.wish == "save" and filled.config is not None:
        connections.save(filled.config, filled.name, before=before.name if before else None)
    if filled.wish in ("save", "cancel"):
        session.choose(EDITED, None)
        session.choose(TESTED, None)
        session.renew(FORM)
        st.rerun()
    if filled.typed is not None:
        st.rerun()
    _show_tested(THE_FORM)


def show_typed_keys() -> None:
    """The names of the keys typed in this tab, each with a button that forgets it."""
    render_promise(key="models.promise")
    for name in session.key_ring().known():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(f"{name}: typed in this session")
            if st.button("Forget it", key=f"models.forget.{name}"):
                session.key_ring().remove(name)
                st.rerun()


def show_roles() -> None:
    """Which model does what, with its settings."""
    draft, saved = session.draft(), connections.saved()
    left, right = st.columns(2)
    with left:
        task = _role("Task model", draft.task_model, saved)
    with right:
        prompt = _role("Prompt model", draft.prompt_model, saved, own=PROPOSER_TEMPERATURE)
    left, right = st.columns(2)
    with left:
        teacher = _role("Teacher model", draft.teacher_model, saved, instead="The task model")
    with right:
        _judge(saved)
    session.update_draft(
        task_model=task or LMConfig(), prompt_model=prompt or LMConfig(), teacher_model=teacher
    )


def _role(
    role: str,
    config: LMConfig | None,
    saved: tuple[Connection, ...],
    *,
    own: float | None = None,
    instead: str | None = None,
) -> LMConfig | None:
    """The model of one role as it is set up now."""
    key = f"models.{role.split()[0].lower()}"
    with st.container(border=True, height="stretch"):
        st.markdown(f"**{role}**")
        st.caption(PURPOSE[role])
        chosen = render_model_choice("Model", config, saved, key=f"{key}.model", instead=instead)
        if chosen is None:
            return None
        render_way(chosen)
        if chosen.is_offline:
            return render_delay(chosen, key=key)
        with st.expander("Temperature and limits", key=f"{key}.more"):
            given = "provider's own" if own is None else f"{own:g}"
            return chosen.model_copy(update=render_options(chosen, key=key, temperature=given))


def _judge(saved: tuple[Connection, ...]) -> None:
    draft = session.draft()
    parameters = getattr(draft, "metric_parameters", {})
    present = judges(str(draft.metric), parameters)
    if not present:
        with st.container(border=True, height="stretch"):
            st.markdown("**Judge**")
            st.caption(PURPOSE["Judge"])
            st.text("The chosen metric asks no judge.")
            st.page_link("views/program.py", label="Choose a metric with a judge")
        return
    chosen = _role("Judge", present[0], saved, own=0.0)
    if chosen is not None and chosen != present[0]:
        session.keep_draft(connections.with_judge_model(draft, chosen))


def _roles(connection: Connection) -> list[str]:
    draft = session.draft()
    held = {
        "Task model": draft.task_model,
        "Prompt model": draft.prompt_model,
        "Teacher model": draft.teacher_model,
    }
    own = connection.config
    return [role for role, config in held.items() if config and config.is_reached_like(own)]


def _test(what: str, config: LMConfig) -> None:
    with st.spinner("Making one call"):
        session.choose(TESTED, _Tested(what=what, found=check_connection(config)))


def _show_tested(what: str) -> None:
    tested = session.chosen(TESTED)
    if isinstance(tested, _Tested) and tested.what == what:
        render_checked(tested.found)
