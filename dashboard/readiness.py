"""Whether the drafted run can start, and what a person should know before it does."""

import math

from core.errors import ConfigError
from core.runs.config import RunConfig
from core.runs.preparation import Task, check_models
from core.search.budget import check_cap, search_plan

FEW_EXAMPLES = 200
"""With fewer validation examples than this, what they can show is said."""


def obstacle(task: Task, config: RunConfig) -> str | None:
    """Why the run cannot start; None when it can."""
    try:
        check_models(config)
        if config.max_calls is not None:
            check_cap(config.max_calls, task.estimate(config))
    except ConfigError as error:
        return str(error)
    return None


def warnings(task: Task, config: RunConfig) -> list[str]:
    """What to know about data and budget, most important first."""
    budget, used = config.budget, len(task.val)
    found = []
    if used < FEW_EXAMPLES:
        found.append(
            f"{used} validation examples can show differences of about "
            f"{visible_difference(used) * 100:.0f} points; smaller ones may be chance."
        )
    if search_plan(budget, used).whole:
        found.append(
            f"Each trial covers the whole valset ({used} examples): all are full evaluations."
        )

    if len(task.split.val) > used:
        found.append(
            f"{used} of the {len(task.split.val):,} validation examples are used, as the budget "
            "says."
        )
    if budget.bootstrapped_demos > len(task.train):
        found.append(
            f"The trainset has {len(task.train)} examples, fewer than the "
            f"{budget.bootstrapped_demos} demos of a set."
        )
    combinations = (budget.instructions * budget.demo_sets) ** len(task.predictors)
    if budget.trials > combinations:
        found.append(
            f"{budget.trials} trials are more than there are candidates ({combinations}): "
            "the search ends once every one is known on the whole valset."
        )
    return found


def visible_difference(n: int) -> float:
    """The difference of two means over the same n examples that 95 % intervals tell from zero.

    1.96 · sqrt(0.25 / n): scores of 0 or 1 around a half, correlated by a half, which makes the
    variance of their difference 2 · (1 - 0.5) · 0.25.
    """
    return 1.96 * math.sqrt(0.25 / n)
