"""An edit of the Playground becomes an instruction of the run, when somebody says so.

Deliberately not here: the model; what is asked on the bench is never written to the run.
"""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.errors import ConfigError, InputError
from core.programs.candidate import Candidate, ChoiceRef, instruction_id
from core.proposal.locks import missing_spans
from core.runs import authoring
from core.runs import decisions as de
from core.runs.events import PersonEvent
from core.runs.state import RunState
from dashboard import cards, services, session, steer
from dashboard.acting import act
from dashboard.components.measures import mean_text
from dashboard.components.playground_send import Edit, SentLine, Then, render_send_form
from dashboard.materials import task
from dashboard.playground import Column

_OPEN = "playground.send"
_SENT = "playground.sent"


def open_sending(run: str, column: Column) -> None:
    """Ask what the run shall do with the column's edits; for a callback."""
    session.choose(_OPEN, (run, column))


def close_sending() -> None:
    """Ask no more."""
    session.choose(_OPEN, None)


def show_sending(view: services.RunView) -> None:
    """Draw the dialog, if it is open."""
    kept = session.chosen(_OPEN)
    if isinstance(kept, tuple) and kept[0] == view.run.id:
        st.dialog("Send to the run", width="large", on_dismiss=close_sending)(_dialog)(*kept)


def _dialog(run: str, column: Column) -> None:
    view = services.run_view(run)
    if view is None:
        close_sending()
        st.rerun()
    options = _options(view)
    wish = render_send_form(
        edits(view, column),
        options,
        _meaning(view),
        key=f"playground.send.{column.uid}",
    )
    if wish == "cancel":
        close_sending()
        st.rerun()
    if wish is not None and _granted(view, column, wish):
        close_sending()
        st.rerun()
    cards.render_refusal(run)


def _granted(view: services.RunView, column: Column, wish: Then) -> bool:
    names = ", ".join(map(view.results.names.predictor, column.changed))
    run, words = view.run.id, f"Sent to the run: an instruction of {names}. {_NEXT[wish]}"
    done = act(run, words, lambda: send(run, column, wish))
    if done:
        sent = dict.fromkeys([*_sent(run), *edited_refs(column)])
        session.choose(_SENT, (run, tuple(sent)))
    return done


_NEXT: dict[Then, str] = {
    "pin": "It is tried before the search goes on.",
    "queue": "This candidate is evaluated before the search goes on.",
    "keep": "It is kept among the run's instructions.",
}


def send(run: str, column: Column, then: Then) -> None:
    """Make the column's edits instructions of the run, and have them tried as `then` says.

    Raises:
        ConfigError: a text cannot be accepted, and nothing was written; or the candidate cannot be
            queued, and its instructions were.
    """
    known = _known(run)
    new = [name for name in column.changed if _id(column, name) not in known[name]]
    added = services.ask(run, lambda state: _added(state, column, new))
    pins: list[PersonEvent] = [
        de.ChoicePinned(by=session.person(), choice=ref)
        for ref in (edited_refs(column) if then == "pin" else ())
    ]
    rejected = services.ask(run, lambda state: set(state.steering.rejected))
    again: list[PersonEvent] = [
        de.ChoiceRestored(by=session.person(), choice=ref)
        for ref in edited_refs(column)
        if ref in rejected
    ]
    steer.decide(run, *added, *again, *pins)
    if then == "queue":
        try:
            steer.queue(run, edited(column))
        except InputError as error:
            raise ConfigError(f"The instruction is in the run, but not tried. {error}") from error


def edited_refs(column: Column) -> tuple[ChoiceRef, ...]:
    """The column's edits as the run knows them, or will."""
    return tuple(
        ChoiceRef(predictor=name, part="instruction", id=_id(column, name))
        for name in column.changed
    )


def edited(column: Column) -> Candidate:
    """The candidate with the column's edits in place of its own instructions."""
    candidate = column.candidate
    for ref in edited_refs(column):
        candidate = candidate.changed(ref)
    return candidate


def edits(view: services.RunView, column: Column) -> list[Edit]:
    """The column's changes as they are now beside the run's instructions."""
    names, locks = view.results.names, view.results.steering.locks
    found = []
    for ref in edited_refs(column):
        name = ref.predictor
        own = column.candidate.choices[name].instruction
        parent = names.numbered(ChoiceRef(predictor=name, part="instruction", id=own))
        is_known = any(each.id == ref.id for each in view.results.instructions[name])
        text = column.instructions[name].strip()
        found.append(
            Edit(
                predictor=names.predictor(name),
                text=text,
                own=column.own[name],
                parent=parent,
                known_as=names.numbered(ref) if is_known else None,
                rejected=_is_rejected(view, ref),
                lacks=missing_spans(text, locks.get(name, ())),
            )
        )
    return found


def sent_lines(view: services.RunView) -> list[SentLine]:
    """What has become of the instructions that this tab has sent to the run."""
    return [_line(view, ref) for ref in _sent(view.run.id)]


def _line(view: services.RunView, ref: ChoiceRef) -> SentLine:
    results, name = view.results, view.results.names.choice(ref)
    if _is_rejected(view, ref):
        reason = results.steering.verdicts[ref].reason
        return SentLine(name=name, state="taken back", words=reason or "rejected")
    users = [id_ for id_, each in results.choices.items() if ref in each.refs]
    measured = [id_ for id_ in users if id_ in results.tables.val]
    if measured:
        tried = max(measured, key=lambda id_: results.tables.val[id_].n)
        score = mean_text(results.tables.val[tried])
        return SentLine(
            name=name, state="tried", words=f"tried as {results.short_labels[tried]}, {score}"
        )
    words = "it is being tried now" if users else _awaited(view, ref)
    return SentLine(name=name, state="waiting", words=words)


def _is_rejected(view: services.RunView, ref: ChoiceRef) -> bool:
    verdict = view.results.steering.verdicts.get(ref)
    return verdict is not None and not verdict.approved


def _awaited(view: services.RunView, ref: ChoiceRef) -> str:
    if view.results.is_ended:
        return "kept; the run has ended and tries it when it goes on"
    if view.status != "running":
        return "it is tried once the run goes on"
    queued = any(ref in each.candidate.refs for each in view.results.steering.queue)
    next_ = queued or ref in view.results.steering.pinned
    return "it is tried next" if next_ else "the search can choose it from now on"


def is_awaiting(view: services.RunView) -> bool:
    """Whether something that was sent may still be tried by itself."""
    return not view.results.is_ended and any(line.state == "waiting" for line in sent_lines(view))


def _options(view: services.RunView) -> Mapping[Then, str]:
    exactly = "Evaluate exactly this candidate, on all validation examples"
    if view.results.is_ended:
        return {"queue": f"Go on with the run: {exactly.lower()}", "keep": "Only keep it"}
    return {"pin": "Try it next", "queue": exactly, "keep": "Leave it to the search"}


def _meaning(view: services.RunView) -> str:
    calls = task(view.run.config).template.calls_per_run
    most = f"up to {calls * view.results.sizes[1]:,} calls to the task model"
    if view.results.is_ended:
        return (
            f"The run has ended. Going on starts its worker again: this candidate comes first, "
            f"with {most}, then what is left of the budget. Kept, it costs nothing."
        )
    if view.status != "running":
        return "The run does not work at the moment; it does this once it goes on."
    return (
        f"Tried next, it is combined with what the search knows to be good and gets a minibatch "
        f"first. Evaluating exactly this candidate takes {most}."
    )


def _sent(run: str) -> tuple[ChoiceRef, ...]:
    kept = session.chosen(_SENT)
    return kept[1] if isinstance(kept, tuple) and kept[0] == run else ()


def _known(run: str) -> dict[str, set[str]]:
    return services.ask(run, lambda state: {n: set(own) for n, own in state.instructions.items()})


def _added(state: RunState, column: Column, new: Sequence[str]) -> list[PersonEvent]:
    choices = column.candidate.choices
    return [
        authoring.written_instruction(
            state,
            name,
            column.instructions[name],
            by=session.person(),
            parent=choices[name].instruction,
        )
        for name in new
    ]


def _id(column: Column, predictor: str) -> str:
    return instruction_id(column.instructions[predictor].strip())
