"""How much a run does: a named budget, or every number by hand."""

import streamlit as st

from core.search.budget import (
    PAPER_EVALUATIONS,
    PAPER_ROWS,
    Budget,
    BudgetName,
    paper_budget,
    preset,
)
from core.search.shape import Shape
from dashboard.theme import legible

_NAMES: tuple[BudgetName, ...] = ("light", "medium", "heavy", "paper", "exact")
_TITLES = {"paper": "As in the paper", "exact": "Exact numbers"}


def render_budget_settings(
    budget: Budget, *, predictors: int, val: int, shape: Shape, key: str
) -> Budget:
    """The chosen budget for a program with this many predictors and validation examples."""
    name = st.segmented_control(
        "Budget",
        _NAMES,
        default=budget.name,
        required=True,
        format_func=lambda each: legible(_TITLES.get(each, each.capitalize())),
        key=f"{key}.name",
        label_visibility="collapsed",
    )
    if name == "exact":
        return _exact(budget, key)
    if name == "paper":
        chosen = _paper(predictors, val, shape, key)
    else:
        chosen = preset(name, predictors, shape)
    trials = (
        f"{chosen.trials} trials on minibatches of {chosen.minibatch}, a full evaluation every "
        f"{chosen.full_every} trials"
    )
    if shape.adaptive:
        trials = f"examples in blocks of ten, at most as many as these would take: {trials}"
    st.caption(
        f"{chosen.instructions} instructions and {chosen.demo_sets} demo sets per predictor; "
        f"{trials}; up to {chosen.val_cap} validation examples."
    )
    return chosen


def _paper(predictors: int, val: int, shape: Shape, key: str) -> Budget:
    evaluations = st.number_input(
        "Full evaluations",
        2,
        1000,
        PAPER_EVALUATIONS,
        key=f"{key}.evaluations",
        help="The paper gives its optimizers 20 to 50 full evaluations, or what they cost.",
        width=220,
    )
    used = min(val, PAPER_ROWS)
    return paper_budget(predictors, used, shape, full_evaluations=evaluations)


def _exact(budget: Budget, key: str) -> Budget:
    with st.grid(4, min_column_width=160):
        numbers = {
            field: st.number_input(
                label, low, high, getattr(budget, field), key=f"{key}.{field}", help=purpose
            )
            for field, label, low, high, purpose in _FIELDS
        }
    return Budget(name="exact", **numbers)


_FIELDS = (
    (
        "instructions",
        "Instructions",
        1,
        200,
        "Per predictor, the program's own included. 1 proposes none.",
    ),
    ("demo_sets", "Demo sets", 1, 200, "Per predictor, the empty one included."),
    ("trials", "Trials", 1, 5000, "Candidates that are scored on a minibatch."),
    ("minibatch", "Minibatch", 1, 10_000, "Examples per trial; at most the valset."),
    ("full_every", "Full evaluation every", 1, 5000, "Trials between full evaluations."),
    ("val_cap", "Validation examples", 1, 100_000, "At most this many are used."),
    ("bootstrapped_demos", "Bootstrapped demos", 0, 64, "At most this many per demo set."),
    (
        "labelled_demos",
        "Labelled demos",
        0,
        64,
        "At most this many per set, where a predictor's fields are all in the dataset.",
    ),
)
