"""Compare: two to four candidates side by side, on the examples they share."""

import streamlit as st

from core.results.comparison import MOST_COMPARED
from dashboard import services, session
from dashboard.components.candidate_comparison import (
    predictor_names,
    render_candidate_choice,
    render_demos_side_by_side,
    render_differing_examples,
    render_scores,
    render_texts,
    render_traces,
)
from dashboard.components.run_head import render_no_run, render_run_head

run_id = session.run_id()
view = services.run_view(run_id) if run_id else None
st.title("Compare")
if run_id is None or view is None:
    render_no_run(run_id)
    st.stop()
session.open_run(run_id)
results = view.results
render_run_head(view.run.config)
if len(results.labels) < 2:
    st.info(
        "There is nothing to compare yet: the search has not tried a second candidate.",
        icon=":material/hourglass_empty:",
    )
    st.page_link("views/monitor.py", label="Watch the run", icon=":material/monitoring:")
    st.stop()

known = dict.fromkeys(each for each in session.compared() if each in results.labels)
wanted = list(known)[:MOST_COMPARED]
chosen = render_candidate_choice(
    results, wanted if len(wanted) > 1 else results.contrast, key=f"compare.choice.{run_id}"
)
if len(chosen) < 2:
    st.info("Choose at least two candidates.", icon=":material/compare_arrows:")
    st.stop()
session.compare(chosen, in_url=True)
comparison = services.comparison(view, chosen)

st.subheader(f"Scores on the {comparison.n:,} validation examples they share")
if not results.is_ended:
    st.caption("The run goes on; this page shows it as it was when you opened it.")
render_scores(comparison, results)

texts = [results.texts(candidate) for candidate in chosen]
st.subheader("Instructions and demos")
for name, label in predictor_names(list(texts[0].instructions)).items():
    with st.expander(label, expanded=True, icon=":material/chat:"):
        render_texts(texts, name)
        render_demos_side_by_side(texts, name)

st.subheader("Examples where they differ")
rows = services.differing_examples(view, comparison)
example = render_differing_examples(
    rows, len(comparison.differing), key=f"compare.examples.{'.'.join(chosen)}"
)
if example is None:
    st.stop()
st.subheader("What happened on this example")
found = services.eval_traces(view, chosen, [example])
render_traces(
    {results.labels[each]: found.get((each, example)) for each in chosen}, key="compare.traces"
)
