"""What people's decisions make of the search right now, in a few lines of text."""

import streamlit as st

from core.programs.candidate import ChoiceRef
from core.results.names import Names
from core.results.steering_view import Queued, SteeringView

MOST_NAMED = 4
"""Of each kind; the rest is counted."""


def render_in_force(steering: SteeringView, names: Names) -> None:
    """A line per kind of decision that is in force; nothing where nobody has decided anything."""
    if lines := in_force(steering, names):
        with st.container(border=True, gap="xsmall"):
            for line in lines:
                st.text(line)


def in_force(steering: SteeringView, names: Names) -> list[str]:
    """`Frozen: answer at instruction 3.` and the like."""
    rejected = [ref for ref, verdict in steering.verdicts.items() if not verdict.approved]
    frozen = [
        ChoiceRef(predictor=predictor, part=part, id=id_)
        for (predictor, part), id_ in steering.frozen.items()
    ]
    kinds = {
        "Queued": [_queued(each, names) for each in steering.queue if each.had < each.wanted],
        "Frozen": [names.choice(ref) for ref in frozen],
        "To be tried": [names.choice(ref) for ref in steering.pinned],
        "Ruled out": [names.choice(ref) for ref in rejected],
        "Banned together": [" with ".join(map(names.choice, banned)) for banned in steering.banned],
        "Asked for": [
            f"{each.count} more for {names.predictor(each.predictor)} ({each.arrived} came)"
            for each in steering.requests
            if each.awaited
        ],
    }
    return [f"{kind}: {_listed(named)}." for kind, named in kinds.items() if named]


def _queued(each: Queued, names: Names) -> str:
    stuck = "" if each.permitted else ", held back by a rejection or a lock"
    return f"{names.candidate(each.candidate)} ({each.had} of {each.wanted} examples{stuck})"


def _listed(named: list[str]) -> str:
    more = len(named) - MOST_NAMED
    return "; ".join(named[:MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")
