"""How much a run does: a named budget, or every number by hand."""

import streamlit as st

from core.search.budget import Budget, BudgetName, preset

_NAMES: tuple[BudgetName, ...] = ("light", "medium", "heavy", "exact")


def render_budget_settings(budget: Budget, *, predictors: int, key: str) -> Budget:
    """The chosen budget for a program with this many predictors."""
    name = st.segmented_control(
        "Budget",
        _NAMES,
        default=budget.name,
        required=True,
        format_func=lambda each: "Exact numbers" if each == "exact" else each.capitalize(),
        key=f"{key}.name",
        label_visibility="collapsed",
    )
    if name == "exact":
        return _exact(budget, key)
    chosen = preset(name, predictors)
    st.caption(
        f"{chosen.instructions} instructions and {chosen.demo_sets} demo sets per predictor, "
        f"{chosen.trials} trials on minibatches of {chosen.minibatch}, a full evaluation every "
        f"{chosen.full_every} trials, on up to {chosen.val_cap} validation examples."
    )
    return chosen


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
