"""The sections of the Compare page: examples, prompts, labels and slices.

Each is drawn inside the page's fragment, so that a filter costs one look at arrays and the traces
of the rows on screen.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from core.comparison.table import ComparisonTable, Rows
from core.errors import DatasetNotFound, InputError
from core.evaluation.metrics import METRIC_KINDS
from dashboard import acting, cards, comparing, comparing_figures, session, steer
from dashboard import comparing_state as state
from dashboard.comparing import Subject
from dashboard.comparing_link import Section
from dashboard.components import comparison_prompts as prompts_shown
from dashboard.components.comparison_filters import FilterKeys, render_filters
from dashboard.components.comparison_rating import Thumbs, render_rating
from dashboard.components.comparison_slices import (
    render_column_choice,
    render_confusions,
    render_label_scores,
    render_slices,
)
from dashboard.components.comparison_table import render_comparison_table
from dashboard.components.comparison_trace import (
    render_answer,
    render_example_texts,
    render_partings,
    render_raw,
    render_stages,
    render_walk,
)
from dashboard.components.notices import render_problem
from dashboard.components.predictor_choice import predictor_label

PAGE = 50
"""Rows that are listed at once; only their answers are read."""
MOST_OFFERED = 200
"""Examples that are offered for the messages."""


def examples(subject: Subject, reference: int) -> None:
    """The table with its filters, and below it the row that is open."""
    table = comparing.table(subject, reference)
    labels = table.line_up.labels
    _filter(table, labels)
    rows = table.selected(state.link().view)
    _data_notice(subject)
    place = st.container()
    page = _page(len(rows))
    listed = rows[(page - 1) * PAGE : page * PAGE]
    with place:
        if len(rows):
            _list(subject, table, listed, page)
        else:
            st.info("No example fits these filters.", icon=":material/filter_alt_off:")
    if (example := state.link().example) is None:
        if len(rows):
            st.caption("Choose a row to see what happened, stage by stage.")
    else:
        _example(subject, table, rows, example)


def _filter(table: ComparisonTable, labels: Sequence[str]) -> None:
    link = state.link()
    values = table.expected_values
    known = values if len(values) <= MOST_OFFERED else ()
    who = f"{table.line_up.part}.{hash(table.line_up.entrants)}"
    filters = render_filters(
        labels,
        table.reference,
        known,
        table.counts,
        FilterKeys(
            show=state.begin("show", link.show),
            by=state.begin(
                f"by.{who}.{table.reference}", link.by if link.by != table.reference else None
            ),
            expected=state.begin(
                f"expected.{who}", link.expected if link.expected in known else None
            ),
            text=state.begin("text", link.text),
            sort=state.begin("sort", link.sort),
        ),
        on_change=partial(state.turn_to, 1),
    )
    state.change(
        show=filters.show,
        by=filters.by,
        expected=filters.expected,
        text=filters.text,
        sort=filters.sort,
    )


def _page(count: int) -> int:
    """The page that is listed; there is nothing to choose where all rows fit."""
    pages = max(1, math.ceil(count / PAGE))
    page = min(state.link().page, pages)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f"{count:,} example{'' if count == 1 else 's'}")
        if pages > 1:
            page = st.pagination(pages, default=page, width="stretch", key=state.page_key(pages))
    state.change(page=page)
    return page


def _list(subject: Subject, table: ComparisonTable, listed: Rows, page: int) -> None:
    shown = [table.line_up.examples[row] for row in listed]
    link = state.link()
    render_comparison_table(
        table.frame(listed, comparing.answers(subject, shown)),
        table.line_up.labels,
        link.example,
        page=f"{page} {link.view}",
        on_open=lambda example: state.change(example=example),
        key="compare.table",
    )


def _data_notice(subject: Subject) -> None:
    if (why := comparing.missing_data(subject)) is not None:
        render_problem("The texts of the examples cannot be read any more; scores stand.", why)


def _example(subject: Subject, table: ComparisonTable, rows: Rows, example: str) -> None:
    lined = table.line_up
    near = table.neighbours(rows, example)
    order = [lined.examples[row] for row in rows]
    at = order.index(example) if example in order else None

    def go(to: str) -> None:
        state.turn_to(order.index(to) // PAGE + 1)
        state.change(example=to)

    with st.container(horizontal=True, vertical_alignment="center"):
        title = f"Example {example}" if example.isdigit() else "Example"
        st.subheader(title, anchor=False, width="content")
        st.space("stretch")
        _playground_link(subject, table.reference, example)
    render_walk(
        None if at is None else (at + 1, len(order)),
        near.previous,
        near.following,
        go=go,
        key="compare.walk",
    )
    if example not in lined.examples:
        st.info("None of the candidates has a result on this example.")
        return
    _happened(subject, table, example)


def _happened(subject: Subject, table: ComparisonTable, example: str) -> None:
    """Texts, answers with their ratings, and stages."""
    lined, row = table.line_up, table.line_up.examples.index(example)
    if known := comparing.examples(subject).get(example):
        render_example_texts(known.inputs, known.outputs)
    found = comparing.answers(subject, [example])
    traces = [found.get((place, example)) for place in range(len(lined.labels))]
    for place, column in enumerate(st.columns(len(lined.labels))):
        score, change = float(lined.scores[row, place]), float(table.changes[row, place])
        failure = lined.failures[row, place]
        has_score = not math.isnan(score)
        with column.container(border=True, gap="xsmall", height="stretch"):
            render_answer(
                lined.labels[place],
                score if has_score else None,
                None if math.isnan(change) else change,
                failure,
                traces[place],
            )
            if has_score or failure is not None:
                _rating(subject, table, place, example)
    with st.container():
        _refusal(subject)
    if any(trace and trace.stages for trace in traces):
        st.markdown("**Stage by stage**")
        render_partings(lined.labels, traces, table.reference)
        render_stages(lined.labels, traces, table.reference)
        if st.toggle("Prompts and replies", key="compare.raw"):
            render_raw(lined.labels, traces)


def _rating(subject: Subject, table: ComparisonTable, place: int, example: str) -> None:
    entrant, person = subject.entrants[place], session.person()

    def rate(thumbs: Thumbs, score: float | None, comment: str) -> None:
        acting.act(
            entrant.run_id,
            "Kept.",
            partial(
                steer.rate, entrant.run_id, entrant.candidate, example, subject.part,
                thumbs=thumbs, score=score, comment=comment,
            ),
        )  # fmt: skip

    render_rating(
        table.ratings[place].get(example, ()),
        person,
        rate=rate,
        key=f"compare.rate.{person}.{place}.{entrant.candidate}.{subject.part}.{example}",
    )


def _refusal(subject: Subject) -> None:
    """Why the last rating was not taken."""
    for run in dict.fromkeys(each.run_id for each in subject.entrants):
        said = acting.notice(run)
        if said is not None and said.problem:
            cards.render_refusal(run)


def _playground_link(subject: Subject, reference: int, example: str) -> None:
    run = subject.entrants[reference].run_id
    own = [each.candidate for each in subject.entrants if each.run_id == run]
    st.page_link(
        "views/playground.py",
        label="Playground",
        icon=":material/science:",
        query_params={"run": run, "candidate": ",".join(own), "example": example},
    )


def prompts(subject: Subject, reference: int) -> None:
    """Instructions and demos of any two, and what the model is sent for one example."""
    lined = comparing.line_up(subject)
    texts = [each.texts for each in lined.candidates]
    pair = prompts_shown.render_pair_choice(
        lined.labels, key=state.key(f"pair.{hash(subject.entrants)}")
    )
    left, right = (texts[place] for place in pair)
    labels = (lined.labels[pair[0]], lined.labels[pair[1]])
    shared = [name for name in left.instructions if name in right.instructions]
    if not shared:
        st.info("The two are of different programs: they share no predictor.")
    for at, name in enumerate(shared):
        with st.expander(predictor_label(name, at), expanded=True, icon=":material/chat:"):
            prompts_shown.render_texts(left, right, labels, name)
    st.subheader("Sent to the model for one example", anchor=False)
    _messages(subject, [list(each.instructions) for each in texts])


def _messages(subject: Subject, predictors: Sequence[Sequence[str]]) -> None:
    lined, opened = comparing.line_up(subject), state.link().example
    known = comparing.examples(subject)
    first = [opened] if opened in known else []
    offered = [each for each in lined.examples if each in known][:MOST_OFFERED]
    place, predictor, example = prompts_shown.render_call_choice(
        lined.labels,
        predictors,
        list(dict.fromkeys([*first, *offered])),
        key=state.key(f"messages.{subject.part}.{hash(subject.entrants)}"),
    )
    if example is None:
        st.caption("There is no example whose texts can be read.")
        return
    trace = comparing.answers(subject, [example]).get((place, example))
    count = sum(stage.predictor == predictor for stage in trace.stages) if trace else 1
    call = prompts_shown.render_call_number(count, key=state.key(f"call.{predictor}"))
    try:
        sent = comparing.messages(subject, place, predictor, example, call)
    except (InputError, DatasetNotFound) as error:
        render_problem("The messages cannot be written.", str(error))
        return
    prompts_shown.render_messages(sent)


def labels(subject: Subject, reference: int) -> None:
    """Confusion matrices, and scores by slice of a column of the dataset."""
    st.subheader("What was answered for which label", anchor=False)
    with st.spinner("Reading the answers …"):
        found, figures = comparing.confusions(subject), comparing_figures.confusions(subject)
    if found:
        render_confusions(found, figures, key="compare.confusion")
        config = comparing.line_up(subject).runs[0].config
        title = METRIC_KINDS[config.metric].title
        render_label_scores(found, title, key="compare.label_scores")
    else:
        st.caption("The expected outputs are no labels, so there is nothing to mix up.")
    st.subheader("Scores by slice", anchor=False)
    names = comparing.columns(subject)
    column = render_column_choice(names, key=state.key("column")) if names else None
    if column is None:
        st.caption("The dataset has been deleted, and its columns with it.")
        return
    frame = comparing.sliced(subject, column)
    if frame.empty:
        st.caption("They share no example with a score.")
        return
    render_slices(frame, comparing_figures.slices(subject, column), key="compare.slices")


SECTIONS: dict[Section, tuple[str, Callable[[Subject, int], None]]] = {
    "examples": ("Examples", examples),
    "prompts": ("Prompts", prompts),
    "labels": ("Labels and slices", labels),
}
"""Name in the address → title, and what draws it."""
