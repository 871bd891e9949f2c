"""One exact candidate: what it says, what is known of it, and what can be decided about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from core.evaluation.statistics import Mean
from core.programs.candidate import Candidate, ChoiceRef, Demo
from dashboard.components.demo_sets import render_demo_table
from dashboard.components.measures import mean_text
from dashboard.components.predictor_choice import predictor_label, render_predictor_choice


@dataclass(frozen=True, kw_only=True)
class QueueWish:
    """Evaluate it; `examples` None for all of them."""

    examples: int | None


@dataclass(frozen=True, kw_only=True)
class BanWish:
    """Never start candidates that have all of these."""

    choices: tuple[ChoiceRef, ...]


@dataclass(frozen=True, kw_only=True)
class FreezeWish:
    """Choose nothing else for this part of its predictor."""

    choice: ChoiceRef


@dataclass(frozen=True, kw_only=True)
class ReleaseWish:
    """Choose freely again for this part of its predictor."""

    choice: ChoiceRef


@dataclass(frozen=True, kw_only=True)
class UnqueueWish:
    """It need not be evaluated first."""


@dataclass(frozen=True, kw_only=True)
class CompareWish:
    """Show it beside the best."""


Wish = QueueWish | BanWish | FreezeWish | ReleaseWish | UnqueueWish | CompareWish


@dataclass(frozen=True, kw_only=True)
class CandidateCard:
    """What the dialog shows of a candidate, all of it plain values."""

    candidate: Candidate
    name: str
    """`C7`, or its choices in words."""
    observed: str
    predicted: str
    parts: dict[str, Mean]
    """Part of a weighted metric → its mean; empty for any other metric, or before any result."""
    choices: tuple[tuple[ChoiceRef, str], ...]
    """Each with its name; those of the predictor in question first."""
    texts: dict[str, str]
    """Predictor → instruction."""
    demos: dict[str, tuple[Demo, ...]]
    marked: tuple[ChoiceRef, ...]
    """What a ban rules out unless the person chooses otherwise."""
    frozen: frozenset[ChoiceRef]
    queued: bool
    tried: bool
    why_not: str | None
    """Why it cannot be queued; None when it can."""
    examples: int
    """In the valset."""


def render_candidate_card(card: CandidateCard, *, key: str) -> Wish | None:
    """The candidate and its decisions; the one that the person took, if any."""
    st.text(card.name)
    with st.container(horizontal=True, gap="large"):
        st.caption(f"Observed: {card.observed}")
        st.caption(f"Predicted: {card.predicted}")
    if card.parts:
        st.text("Parts: " + " · ".join(f"{name} {mean_text(m)}" for name, m in card.parts.items()))
    _render_parts(card, key=key)
    left, right = st.columns(2)
    with left:
        queued = _render_queue(card, key=key)
        frozen = _render_freeze(card, key=key)
    with right:
        banned = _render_ban(card, key=key)
        compared = st.button(
            "Compare with the baseline and the best",
            key=f"{key}.compare",
            icon=":material/compare_arrows:",
            disabled=not card.tried,
        )
    return queued or frozen or banned or (CompareWish() if compared else None)


def _render_parts(card: CandidateCard, *, key: str) -> None:
    """The instruction and the demos of one predictor, as text."""
    names = list(card.texts)
    predictor = render_predictor_choice(names, key=f"{key}.predictor")
    for ref, name in card.choices:
        if ref.predictor == predictor and ref.part == "instruction":
            st.text(name)
            st.code(card.texts[predictor], language=None, wrap_lines=True, height=150)
    demos = card.demos[predictor]
    for ref, name in card.choices:
        if ref.predictor == predictor and ref.part == "demo_set":
            st.text(f"{name}: {len(demos)} demos")
    if demos and st.toggle("Show the demos", key=f"{key}.demos"):
        render_demo_table(demos)


def _render_queue(card: CandidateCard, *, key: str) -> Wish | None:
    with st.container(border=True, gap="small"):
        st.markdown("**Queue:** evaluate it before the search goes on")
        if card.why_not is not None:
            st.text(card.why_not)
            return None
        examples = render_examples_choice(card.examples, key=key)
        with st.container(horizontal=True):
            asked = st.button(
                "Queue it",
                key=f"{key}.queue",
                type="primary",
                icon=":material/playlist_add:",
            )
            gone = card.queued and st.button("Take it out of the queue", key=f"{key}.unqueue")
    if gone:
        return UnqueueWish()
    return QueueWish(examples=examples) if asked else None


def render_examples_choice(examples: int, *, key: str) -> int | None:
    """How many validation examples; None for all `examples`."""
    whole = st.radio(
        "Validation examples",
        (True, False),
        format_func=lambda every: f"All {examples}" if every else "Some",
        horizontal=True,
        key=f"{key}.whole",
    )
    some = st.number_input(
        "How many",
        min_value=1,
        max_value=max(1, examples),
        value=min(20, max(1, examples)),
        disabled=bool(whole),
        key=f"{key}.examples",
    )
    return None if whole else int(some)


def _render_ban(card: CandidateCard, *, key: str) -> BanWish | None:
    names = dict(card.choices)
    with st.container(border=True, gap="small"):
        st.markdown("**Ban:** start no candidate that has all of these")
        chosen = st.multiselect(
            "Together",
            list(names),
            default=list(card.marked),
            format_func=lambda ref: names[ref],
            key=f"{key}.banned",
            label_visibility="collapsed",
        )
        asked = st.button(
            "Ban them together" if len(chosen) > 1 else "Ban it",
            key=f"{key}.ban",
            icon=":material/block:",
            disabled=not chosen,
        )
    return BanWish(choices=tuple(chosen)) if asked else None


def _render_freeze(card: CandidateCard, *, key: str) -> Wish | None:
    """One button per choice of the predictor in question."""
    names = dict(card.choices)
    with st.container(border=True, gap="small"):
        st.markdown("**Freeze:** the search keeps to it")
        for place, ref in enumerate(_freezable(card)):
            # the number alone: what stands behind it, a person may have chosen
            name = f"{names[ref].split(' of ')[0]} of {predictor_label(ref.predictor, place)}"
            if ref in card.frozen:
                if st.button(
                    f"Release {name}", key=f"{key}.release.{place}", icon=":material/lock_open:"
                ):
                    return ReleaseWish(choice=ref)
            elif st.button(
                f"Freeze {name}", key=f"{key}.freeze.{place}", icon=":material/ac_unit:"
            ):
                return FreezeWish(choice=ref)
    return None


def _freezable(card: CandidateCard) -> Sequence[ChoiceRef]:
    first = card.choices[0][0].predictor if card.choices else ""
    return [ref for ref, _ in card.choices if ref.predictor == first]


def card_parts(
    candidate: Candidate,
    instructions: Mapping[tuple[str, str], str],
    demos: Mapping[tuple[str, str], tuple[Demo, ...]],
) -> tuple[dict[str, str], dict[str, tuple[Demo, ...]]]:
    """Predictor → text, and predictor → demos, of a candidate that need not have been tried."""
    texts = {
        name: instructions[name, choice.instruction] for name, choice in candidate.choices.items()
    }
    shown = {name: demos[name, choice.demo_set] for name, choice in candidate.choices.items()}
    return texts, shown
