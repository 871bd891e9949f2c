"""The parts of the Playground page: its input, its columns, and what came of them.

What people chose is kept for this tab, and in the URL as far as a link can name it.
"""

import time
from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st

from core.data.dataset import Example
from core.programs.candidate import ChoiceRef
from core.results.run_results import RunResults
from core.runs.preparation import Task
from dashboard import playground_asking, playground_send, session
from dashboard.components.measures import mean_text
from dashboard.components.notices import render_problem
from dashboard.components.playground_answer import Shown, render_answer
from dashboard.components.playground_editor import (
    Prompt,
    render_candidate_pick,
    render_prompt_editor,
)
from dashboard.components.playground_example import (
    MOST_LISTED,
    TYPED,
    as_typed,
    matching,
    parsed,
    render_example,
    render_pick,
    render_search,
    render_source_choice,
    render_typed,
)
from dashboard.components.playground_run_bar import render_run_bar
from dashboard.playground import MOST_COLUMNS, Column, Taken
from dashboard.services import RunView

VALIDATION, HELD_OUT, TRAINING = "Validation", "Held out", "Training"
_SOURCE, _TYPED_FIELD = "playground.source", "playground.typed"
_COLUMNS = "playground.columns"
_InPlay = tuple[tuple[int, str], ...]
"""(uid, candidate) of each column."""


def show_input(view: RunView, task: Task) -> Taken | None:
    """The input that is chosen or typed; None while it cannot be used, which is then said."""
    parts = {VALIDATION: task.val, HELD_OUT: task.test, TRAINING: task.train}
    parts = {name: tuple(sorted(own, key=_row)) for name, own in parts.items() if own}
    linked, key = session.example_in_url(), f"{_SOURCE}.{view.run.id}"
    if session.chosen(key) not in (*parts, TYPED):
        session.choose(key, _part_of(linked, parts))
    source = render_source_choice({name: len(own) for name, own in parts.items()}, key=key)
    if source == TYPED:
        return _typed(view, task)
    example = _picked(view, source, parts[source], linked)
    if example is None:
        return None
    session.keep_example_in_url(example.id)
    render_example(example)
    st.button(
        "Change it",
        key=f"{_SOURCE}.change",
        icon=":material/edit:",
        help="Type an input of your own, beginning with this one.",
        on_click=partial(_take_over, view.run.id, example),
    )
    if source == HELD_OUT:
        st.caption(
            "This example is held out to measure the result: an instruction that is written while "
            "looking at it is no longer measured on something new."
        )
    return Taken(example=example, part=source)


def _picked(
    view: RunView, source: str, examples: Sequence[Example], linked: str | None
) -> Example | None:
    key = f"playground.pick.{view.run.id}.{source}"
    columns = st.columns([1, 2])
    with columns[0]:
        found = matching(examples, render_search(key=f"{key}.search"))
    if not found:
        st.caption("No example of this part matches.")
        return None
    known, wanted = {each.id: each for each in found}, session.chosen(key) or linked
    listed = {each.id: each for each in found[:MOST_LISTED]}
    if isinstance(wanted, str) and wanted in known:
        listed[wanted] = known[wanted]
    if session.chosen(key) not in listed:
        session.choose(key, wanted if wanted in listed else next(iter(listed)))
    with columns[1]:
        return listed[render_pick(list(listed.values()), len(found), key=key)]


def _typed(view: RunView, task: Task) -> Taken | None:
    session.keep_example_in_url(None)
    mapping, like = view.run.config.mapping, task.train[0].inputs
    typed = render_typed(list(mapping.inputs), like, key=f"{_TYPED_FIELD}.{view.run.id}")
    try:
        inputs = parsed(typed, like)
    except ValueError as error:
        st.text(str(error))
        return None
    outputs = dict.fromkeys(mapping.outputs)
    return Taken(example=Example(id="typed", inputs=inputs, outputs=outputs), part=None)


def _take_over(run: str, example: Example) -> None:
    """Begin a typed input with an example's."""
    session.choose(f"{_SOURCE}.{run}", TYPED)
    for place, value in enumerate(example.inputs.values()):
        session.choose(f"{_TYPED_FIELD}.{run}.{place}", as_typed(value))


def show_columns(view: RunView) -> list[Column]:
    """A column for each candidate in play, its instructions as they stand in the fields."""
    in_play = _in_play(view)
    shown = list(dict.fromkeys([*(each for _, each in in_play), *view.results.tables.leading()]))
    labels = {each: view.results.labels[each] for each in shown}
    columns = []
    for number, (place, (uid, candidate)) in enumerate(
        zip(st.columns(len(in_play)), in_play, strict=True), start=1
    ):
        with place.container(border=True, height="stretch"):
            chosen = _candidate_of(view, uid, candidate, number, labels, len(in_play) > 1)
            columns.append(_edited(view, uid, chosen))
    kept = tuple((each.uid, each.candidate.id) for each in columns)
    _keep(view.run.id, kept)
    if len(columns) < MOST_COLUMNS:
        st.button(
            "Add a column",
            key="playground.add",
            icon=":material/add:",
            on_click=partial(_keep, view.run.id, (*kept, _another(view.results, kept))),
            help="The same candidate may stand in two columns: edit one and compare.",
        )
    return columns


def _candidate_of(
    view: RunView, uid: int, candidate: str, number: int, labels: Mapping[str, str], many: bool
) -> str:
    run, key = view.run.id, f"playground.{view.run.id}.{uid}.candidate"
    if session.chosen(key) not in labels:
        session.choose(key, candidate)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.container():
            chosen = render_candidate_pick(labels, number, key=key)
        if many:
            st.button(
                "Remove",
                key=f"{key}.remove",
                type="tertiary",
                icon=":material/close:",
                on_click=partial(_remove, run, uid),
            )
    best, score = view.results.best, view.results.tables.val.get(chosen)
    words = "Best so far · " if best and best.candidate == chosen else ""
    st.caption(f"{words}{mean_text(score)} on the validation examples" if score else "No score yet")
    return chosen


def _edited(view: RunView, uid: int, candidate: str) -> Column:
    run, results = view.run.id, view.results
    texts, choices = results.texts(candidate), results.choices[candidate].choices
    written = {}
    for place, (name, own) in enumerate(texts.instructions.items()):
        key = f"playground.{run}.{uid}.{candidate}.{place}"
        if session.chosen(key) is None:
            session.choose(key, own)
        refs = (
            ChoiceRef(predictor=name, part="instruction", id=choices[name].instruction),
            ChoiceRef(predictor=name, part="demo_set", id=choices[name].demo_set),
        )
        prompt = Prompt(
            predictor=name,
            own=own,
            instruction_number=results.names.numbered(refs[0]),
            demo_set_number=results.names.numbered(refs[1]),
            demos=texts.demos[name],
            locks=results.steering.locks.get(name, ()),
        )
        restore = partial(session.choose, key, own)
        written[name] = render_prompt_editor(prompt, place, key=key, restore=restore)
    column = Column(
        uid=uid,
        candidate=results.choices[candidate],
        label=results.labels[candidate],
        own=texts.instructions,
        instructions=written,
        demos=texts.demos,
    )
    _show_sending(run, column)
    return column


def _show_sending(run: str, column: Column) -> None:
    if column.empty:
        st.caption("An instruction needs some text; this column is not run.")
    st.button(
        "Send to the run",
        key=f"playground.{run}.{column.uid}.send",
        icon=":material/send:",
        disabled=not column.changed or bool(column.empty),
        on_click=partial(playground_send.open_sending, run, column),
        help="Makes the changed instruction one of the run's. You are asked first.",
    )


def show_run_bar(view: RunView, task: Task, columns: Sequence[Column], taken: Taken | None) -> None:
    """What a run costs; asks the model when somebody says so."""
    problem = playground_asking.problem_of(view.run.config)
    if problem is not None:
        render_problem("The task model cannot be asked.", problem)
    blocked = problem or (None if taken else "There is no input.")
    plan = playground_asking.plan(view, task, columns, taken)
    asked = render_run_bar(plan, blocked, key="playground")
    if asked is not None and taken is not None:
        playground_asking.ask(view, task, columns, taken, afresh=asked == "afresh")
        st.rerun()  # what it costs now, and how far it is


def show_answers(view: RunView, task: Task, columns: Sequence[Column], taken: Taken) -> bool:
    """The answer of each column beside the others; True while one of them is being waited for."""
    bench, now = playground_asking.bench(view.run.id), time.monotonic()
    open_ = bench.collect(now)
    first = bench.answers.get(columns[0].key(taken))
    outputs = list(view.run.config.mapping.outputs)
    for place, column in zip(st.columns(len(columns)), columns, strict=True):
        key = column.key(taken)
        shown = Shown(
            title=column.title,
            answer=bench.answers.get(key),
            asking=bench.asking(key, now),
            edited=bool(column.changed),
            before=bench.answers.get(column.unedited.key(taken)) if column.changed else None,
            reference=first.trace if first and column is not columns[0] else None,
        )
        with place:
            render_answer(shown, outputs, task.metric.title, key=f"playground.answer.{column.uid}")
    return open_


def _in_play(view: RunView) -> _InPlay:
    """The columns: as the URL has them, else as they were in this tab, else baseline and best."""
    labels, kept = view.results.labels, session.chosen(_COLUMNS)
    linked = [each for each in session.played() if each in labels][:MOST_COLUMNS]
    own: _InPlay = kept[1] if isinstance(kept, tuple) and kept[0] == view.run.id else ()
    own = tuple(each for each in own if each[1] in labels)
    if own and (not linked or [each for _, each in own] == linked):
        return own
    first = 1 + max((uid for uid, _ in own), default=-1)
    return tuple(enumerate(linked or view.results.contrast, start=first))


def _keep(run: str, columns: _InPlay) -> None:
    session.choose(_COLUMNS, (run, columns))
    session.play([candidate for _, candidate in columns])


def _remove(run: str, uid: int) -> None:
    kept = session.chosen(_COLUMNS)
    columns: _InPlay = kept[1] if isinstance(kept, tuple) else ()
    _keep(run, tuple(each for each in columns if each[0] != uid))


def _another(results: RunResults, shown: _InPlay) -> tuple[int, str]:
    """A column more: the best candidate that is not there, else the last one again."""
    there = {candidate for _, candidate in shown}
    new = next((each for each in results.tables.leading() if each not in there), shown[-1][1])
    return 1 + max(uid for uid, _ in shown), new


def _part_of(example: str | None, parts: Mapping[str, Sequence[Example]]) -> str:
    holding = (name for name, own in parts.items() if any(each.id == example for each in own))
    return next(holding, next(iter(parts)))


def _row(example: Example) -> int:
    return int(example.id)
