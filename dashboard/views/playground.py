"""Playground: one input through a few candidates, their instructions open to edits."""

import streamlit as st

from core.errors import DatasetNotFound, InputError
from dashboard import materials, playground_asking, playground_send, services, session
from dashboard.components.notices import render_problem
from dashboard.components.playground_send import render_sent
from dashboard.monitor_parts import show_notice
from dashboard.playground_sections import show_answers, show_columns, show_input, show_run_bar
from dashboard.run_page import open_run_page

TICK = 0.5
"""Seconds between looks while an answer is waited for."""
SENT_TICK = 2.0
"""Seconds between looks at what becomes of an instruction that was sent."""

view = open_run_page("Playground", session.run_id())
run_id = view.run.id
if not view.results.labels:
    st.info("The run has not tried a candidate yet.", icon=":material/hourglass_empty:")
    st.page_link("views/monitor.py", label="Watch the run", icon=":material/monitoring:")
    st.stop()
try:
    task = materials.task(view.run.config)
except (InputError, DatasetNotFound) as error:
    render_problem("The run's program cannot be run here any more.", str(error))
    st.stop()

st.subheader("Input")
taken = show_input(view, task)

st.subheader("Candidates")
st.caption("Nothing here changes the run, unless you send an instruction to it.")
columns = show_columns(view)
show_notice(view)


awaiting = playground_send.is_awaiting(view)


@st.fragment(run_every=SENT_TICK if awaiting else None)
def sent_panel(run: str) -> None:
    """What became of the instructions that this tab has sent."""
    now = services.run_view(run)
    if now is None or (awaiting and not playground_send.is_awaiting(now)):
        st.rerun()  # once, so that the timer stops
    with st.container(gap="xsmall"):
        render_sent(playground_send.sent_lines(now))


sent_panel(run_id)

st.subheader("Answers")
show_run_bar(view, task, columns, taken)
if taken is not None:
    waiting = playground_asking.is_waiting(run_id)

    @st.fragment(run_every=TICK if waiting else None)
    def answers_panel() -> None:
        """The columns' answers, as they come in."""
        if not show_answers(view, task, columns, taken) and waiting:
            st.rerun()  # once, so that the timer stops

    answers_panel()
playground_send.show_sending(view)
