"""Every key of `st.session_state` and `st.query_params`, typed. No other module names a key.

What must survive a reload is in the URL (`?run=…`) or in the store; the rest is a draft of the next
run, which belongs to one browser tab, and a copy of it to its browser (`dashboard.browser`).
"""

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from core.evaluation.evaluator import ExampleResult
from core.programs.candidate import ChoiceRef
from dashboard import browser
from dashboard.building import Building
from dashboard.connection import Connection
from dashboard.draft import Draft
from dashboard.key_ring import KeyRing

_RUN = "run"
_DRAFT = "draft"
_RECALLED = "recalled"
_UPLOAD = "data.last_upload"
_PROBLEM = "data.problem"
_TRIED = "program.tried"
_ANSWERS = "program.answers"
_SCORED = "program.scored"
_METRIC_FORM = "program.metric.form"
_TAB = "tab"
_BUILDING = "building"
_KEYS = "keys"
_CONNECTIONS = "connections"
_FRESH = "fresh"
_COMPARED = "compare"
_PLAYED = "candidate"
_EXAMPLE = "example"

_EDITOR = "editor"
_LISTED = "listed"
_CLICKED = "clicked"
_PERSON = "person"

NOBODY = "somebody"
"""Who decides where no name was given."""

ECHO = 0.6
"""Seconds within which a second click is the same click, where it would take the first one back."""

EditorName = Literal[
    "write", "edit", "reject", "propose", "lock", "make demos", "edit demos", "approved only"
]


@dataclass(frozen=True, kw_only=True)
class Editor:
    """A dialog of the Proposals page that is open."""

    name: EditorName
    run: str
    predictor: str = ""
    choice: ChoiceRef | None = None
    """What it is about, where that is one instruction or demo set."""
    key: str = ""
    """For its widgets; new at every opening, so that each starts afresh."""


@dataclass(frozen=True, kw_only=True)
class _Listed:
    view: str
    ids: tuple[str, ...]
    seen: tuple[str, ...]


def draft() -> Draft:
    """The draft of this tab."""
    kept: Draft = st.session_state.get(_DRAFT, Draft())
    return kept


def keep_draft(changed: Draft) -> Draft:
    """Make `changed` the draft of this tab and return it."""
    st.session_state[_DRAFT] = changed
    _remember()
    return changed


def recall() -> None:
    """Begin a tab with what its browser had set up last, before a reload or in another tab."""
    if st.session_state.get(_RECALLED):
        return
    st.session_state[_RECALLED] = True
    who = browser.owner()
    if who is not None and (known := browser.MEMORY.recall(who)) is not None:
        st.session_state.setdefault(_DRAFT, known.draft)
        st.session_state.setdefault(_CONNECTIONS, known.connections)


def _remember() -> None:
    if (who := browser.owner()) is not None:
        browser.MEMORY.keep(who, draft(), connections())


def update_draft(**changes: object) -> Draft:
    """Change the draft and return it."""
    return keep_draft(draft().changed(**changes))


def building() -> Building | None:
    """The program that this tab builds; None before it has begun one."""
    kept: Building | None = st.session_state.get(_BUILDING)
    return kept


def keep_building(changed: Building) -> None:
    """Make `changed` what this tab builds."""
    st.session_state[_BUILDING] = changed


def key_ring() -> KeyRing:
    """The keys typed in this tab; a reload of the page makes another tab of it."""
    ring: KeyRing = st.session_state.setdefault(_KEYS, KeyRing())
    return ring


def connections() -> tuple[Connection, ...]:
    """The connections to models that were saved in this tab."""
    kept: tuple[Connection, ...] = st.session_state.get(_CONNECTIONS, ())
    return kept


def keep_connections(changed: tuple[Connection, ...]) -> None:
    """Make these the connections of this tab."""
    st.session_state[_CONNECTIONS] = changed
    _remember()


def fresh(form: str) -> str:
    """A key for the widgets of this form, the same until `renew`."""
    return f"{form}.{st.session_state.get(f'{_FRESH}.{form}', 0)}"


def renew(form: str) -> None:
    """Have the form drawn anew: what was typed into it is gone, here and in the browser."""
    st.session_state[f"{_FRESH}.{form}"] = st.session_state.get(f"{_FRESH}.{form}", 0) + 1


def is_new_upload(file_id: str) -> bool:
    """True the first time this tab asks about an uploaded file."""
    is_new = st.session_state.get(_UPLOAD) != file_id
    st.session_state[_UPLOAD] = file_id
    return is_new


def problem() -> str | None:
    """Why the dataset chosen last could not be used."""
    return st.session_state.get(_PROBLEM)


def keep_problem(message: str | None) -> None:
    """Remember why a dataset could not be used, or forget it."""
    st.session_state[_PROBLEM] = message


def tried(what: str) -> ExampleResult | None:
    """The result of the last example tried in this tab, if it was of `what`."""
    kept = st.session_state.get(_TRIED)
    return kept[1] if kept and kept[0] == what else None


def keep_tried(what: str, result: ExampleResult) -> None:
    """Remember the result of an example; `what` tells setup and example apart from others."""
    st.session_state[_TRIED] = (what, result)


def answers(program: str) -> tuple[ExampleResult, ...] | None:
    """What the program last gave to the examples that its metric is tried on."""
    kept = st.session_state.get(_ANSWERS)
    return kept[1] if kept and kept[0] == program else None


def keep_answers(program: str, results: Sequence[ExampleResult]) -> None:
    """Remember answers; `program` tells settings that answer alike apart from others."""
    st.session_state[_ANSWERS] = (program, tuple(results))


def scored(metric: str) -> tuple[ExampleResult, ...] | None:
    """The same answers as a judge has last scored them."""
    kept = st.session_state.get(_SCORED)
    return kept[1] if kept and kept[0] == metric else None


def keep_scored(metric: str, results: Sequence[ExampleResult]) -> None:
    """Remember scores; `metric` tells settings of program and metric apart from others."""
    st.session_state[_SCORED] = (metric, tuple(results))


def metric_form() -> int:
    """Number of the metric's form; its widgets start afresh from the draft under a new one."""
    return int(st.session_state.get(_METRIC_FORM, 0))


def renew_metric_form() -> None:
    """Have the metric's form start afresh from the draft."""
    st.session_state[_METRIC_FORM] = metric_form() + 1


def tab() -> str:
    """Tells this tab apart from all others of this server."""
    return str(st.session_state.setdefault(_TAB, uuid.uuid4().hex))


def chosen_row(table: str) -> int | None:
    """The row that is selected in the table with this key."""
    rows = st.session_state.get(table, {}).get("selection", {}).get("rows", [])
    return int(rows[0]) if rows else None


def choose(widget: str, value: object) -> None:
    """Give the widget with this key a value. Only before the widget is drawn."""
    st.session_state[widget] = value


def chosen(widget: str) -> object:
    """The value of the widget with this key; None when it was not drawn."""
    return st.session_state.get(widget)


def person() -> str:
    """Who is at this tab: as signed in, else the name given in the sidebar."""
    if getattr(st.user, "is_logged_in", False):
        return str(st.user.get("email") or st.user.get("name") or NOBODY)
    return str(st.session_state.get(_PERSON) or "").strip() or NOBODY


def person_given() -> str:
    """The name given in the sidebar; empty before that."""
    return str(st.session_state.get(_PERSON) or "")


def keep_person(name: str) -> None:
    """Remember who is at this tab."""
    st.session_state[_PERSON] = name


def signed_in() -> bool:
    """Whether the server knows who is at this tab, so that nobody need ask."""
    return bool(getattr(st.user, "is_logged_in", False))


def open_editor(
    name: EditorName, run: str, *, predictor: str = "", choice: ChoiceRef | None = None
) -> None:
    """Have this dialog open from the next run of the page on, until `close_editor`."""
    st.session_state[_EDITOR] = Editor(
        name=name,
        run=run,
        predictor=choice.predictor if choice else predictor,
        choice=choice,
        key=f"{name.replace(' ', '_')}.{time.monotonic_ns()}",
    )


def editor(run: str) -> Editor | None:
    """The dialog that is open on this run."""
    kept: Editor | None = st.session_state.get(_EDITOR)
    return kept if kept is not None and kept.run == run else None


def close_editor() -> None:
    """No dialog is open any more."""
    st.session_state.pop(_EDITOR, None)


def listed(view: str, known: Sequence[str], matching: Sequence[str]) -> tuple[str, ...]:
    """What a filtered list shows: what matched when `view` was chosen, and new matches.

    What stops matching stays until another view is chosen, so that nothing moves under the hands
    of whoever decides about one after the other.
    """
    kept: _Listed | None = st.session_state.get(_LISTED)
    if kept is None or kept.view != view:
        kept = _Listed(view=view, ids=tuple(matching), seen=tuple(known))
        st.session_state[_LISTED] = kept
    old, new = set(kept.ids), set(matching) - set(kept.seen)
    return tuple(each for each in known if each in old or each in new)


def is_echo(button: str) -> bool:
    """True for the second half of a double click on a button that undoes what it did."""
    last, now = st.session_state.get(_CLICKED), time.monotonic()
    st.session_state[_CLICKED] = (button, now)
    return last is not None and last[0] == button and now - last[1] < ECHO


def run_id() -> str | None:
    """The run this page shows: from the URL, else the one opened last in this tab.

    A run in the URL is remembered, so that it stays open on the next page.
    """
    if in_url := run_in_url():
        st.session_state[_RUN] = in_url
    chosen = st.session_state.get(_RUN)
    return str(chosen) if chosen else None


def run_in_url() -> str | None:
    """The run that the URL names."""
    return st.query_params.get(_RUN) or None


def close_run(run: str) -> None:
    """Forget `run`, if it is the open one."""
    if st.session_state.get(_RUN) == run:
        del st.session_state[_RUN]
    if st.query_params.get(_RUN) == run:
        del st.query_params[_RUN]


def open_run(run: str) -> None:
    """Make `run` the one that every page shows."""
    st.session_state[_RUN] = run
    st.query_params[_RUN] = run


def to_compare() -> tuple[str, ...]:
    """Ids of the candidates that this tab asked to have compared; told once."""
    if in_url := st.query_params.get(_COMPARED):
        return tuple(in_url.split(","))
    return tuple(st.session_state.pop(_COMPARED, ()))


def compare(candidates: Sequence[str]) -> None:
    """Have the Compare page show these candidates of the open run when it is opened next."""
    st.session_state[_COMPARED] = tuple(candidates)


def in_url(names: Sequence[str]) -> dict[str, str]:
    """Name → value, of those that the URL has."""
    return {name: st.query_params[name] for name in names if name in st.query_params}


def keep_in_url(values: Mapping[str, str], names: Sequence[str]) -> None:
    """Have the URL say these values, and nothing under the other names."""
    for name in (*names, _COMPARED):
        if name not in values:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != values[name]:
            st.query_params[name] = values[name]


def played() -> tuple[str, ...]:
    """Ids of the candidates that the URL of the Playground names, in order; some may repeat."""
    return tuple(filter(None, st.query_params.get(_PLAYED, "").split(",")))


def play(candidates: Sequence[str]) -> None:
    """Name these candidates in the URL of the Playground."""
    st.query_params[_PLAYED] = ",".join(candidates)


def example_in_url() -> str | None:
    """Id of the example that the URL of the Playground names."""
    return st.query_params.get(_EXAMPLE) or None


def keep_example_in_url(example: str | None) -> None:
    """Name this example in the URL of the Playground, or none."""
    if example is not None:
        st.query_params[_EXAMPLE] = example
    elif _EXAMPLE in st.query_params:
        del st.query_params[_EXAMPLE]
