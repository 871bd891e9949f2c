"""What a person has a say in before the search: a review of the proposals, texts that must stay."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from core.programs.predictors import PredictorInfo
from core.proposal.locks import SYNTAX
from dashboard.components.locked_spans import checked_spans, render_locked_spans
from dashboard.components.predictor_choice import render_predictor_choice

Locks = Mapping[str, tuple[str, ...]]


def render_review_choice(review: bool, *, key: str) -> bool:
    """Whether the run waits for a person between proposing and searching."""
    return st.toggle(
        "Let me review the proposals before the search",
        review,
        key=key,
        help="After proposing, the run waits on the Proposals page, at no cost, until you start "
        "the search. Without it the search begins by itself.",
    )


def render_locks(
    infos: Sequence[PredictorInfo],
    locks: Locks,
    *,
    marked: Locks,
    change: Callable[[dict[str, tuple[str, ...]]], object],
    key: str,
) -> bool:
    """The locked texts of each predictor; True once they were changed through `change`.

    `marked` are those that the program itself marks; they hold in any case.
    """
    count = sum(map(len, locks.values())) + sum(map(len, marked.values()))
    title = f"Locked text ({count})" if count else "Locked text"
    with st.expander(title, icon=":material/lock:", key=f"{key}.locks"):
        st.caption(
            "Text of a starting instruction that must stay word for word in every proposal. "
            f"Select it here, or mark it in the program's file: `{SYNTAX}`"
        )
        name = render_predictor_choice([info.name for info in infos], key=f"{key}.predictor")
        own = next(info for info in infos if info.name == name).instruction
        for span in marked.get(name, ()):
            st.text(f"Locked by the program: {span}")

        def changed(spans: tuple[str, ...]) -> None:
            change({**locks, name: checked_spans(own, spans)})

        return render_locked_spans(own, locks.get(name, ()), change=changed, key=f"{key}.{name}")


def locks_that_hold(infos: Sequence[PredictorInfo], locks: Locks) -> dict[str, tuple[str, ...]]:
    """The locks whose text is in the predictor's own instruction; the others mean nothing now."""
    held = {
        info.name: tuple(span for span in locks.get(info.name, ()) if span in info.instruction)
        for info in infos
    }
    return {name: spans for name, spans in held.items() if spans}
