"""What the surrogate believes about the search, in two sentences and a table of effects."""

import pandas as pd
import streamlit as st

from core.results.run_results import RunResults
from core.runs.snapshot import Belief, LevelEffect

INTERVAL = 1.64
"""Standard deviations on each side of a 90 % interval."""


def render_belief(belief: Belief | None, results: RunResults) -> None:
    """Who leads and how surely; why the newest trial was started."""
    if belief is None or belief.recommended not in results.labels:
        st.caption("The surrogate has too few results to say anything yet.")
        return
    label = results.labels[belief.recommended]
    st.text(
        f"The surrogate recommends {label}: with a probability of {belief.near_best:.0%} no other "
        "candidate tried is more than a point better."
    )
    if belief.reason:
        st.text(f"Newest trial: {belief.reason}")


def render_effects(belief: Belief | None, results: RunResults) -> None:
    """A table of what each choice is believed to do to the score, strongest first."""
    if belief is None or not belief.effects:
        st.caption("No choice has been compared with another yet.")
        return
    st.dataframe(
        effect_frame(belief, results),
        hide_index=True,
        key="monitor.effects",
        alt="Effect of each instruction and demo set on the score, with 90 % interval",
    )


def render_settings_importance(importance: dict[str, float]) -> None:
    """How much each setting of the proposer mattered, for optimizers that learn them."""
    if not importance:
        return
    st.caption("Learnt importance of the proposer's settings, as shares of the scores' variance")
    st.dataframe(
        pd.DataFrame(
            {
                "setting": [name.replace("_", " ") for name in importance],
                "importance": [f"{share:.0%}" for share in importance.values()],
            }
        ),
        hide_index=True,
        key="monitor.settings",
        alt="Learnt importance of the proposer's settings",
    )


def effect_frame(belief: Belief, results: RunResults) -> pd.DataFrame:
    """One row per choice: predictor, choice, effect in points with its 90 % interval."""
    numbers = _numbers(results)
    ordered = sorted(belief.effects, key=lambda each: -each.mean)
    return pd.DataFrame(
        {
            "predictor": [each.predictor for each in ordered],
            "choice": [_choice(each, numbers) for each in ordered],
            "effect": [f"{100 * each.mean:+.1f} points" for each in ordered],
            "90 %": [
                f"{100 * (each.mean - INTERVAL * each.sd):+.1f} to "
                f"{100 * (each.mean + INTERVAL * each.sd):+.1f}"
                for each in ordered
            ],
        }
    )


def _numbers(results: RunResults) -> dict[tuple[str, str], int]:
    """(predictor, id of an instruction or demo set) → its number on screen."""
    instructions = {
        (name, each.id): each.number for name, own in results.instructions.items() for each in own
    }
    demos = {
        (name, each.id): number
        for name, own in results.demo_sets.items()
        for number, each in enumerate(own)
    }
    return instructions | demos


def _choice(effect: LevelEffect, numbers: dict[tuple[str, str], int]) -> str:
    part = "demo set" if effect.part == "demo_set" else "instruction"
    return f"{part} {numbers.get((effect.predictor, effect.id), '?')}"
