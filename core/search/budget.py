"""How much a run will do: sizes, trials, and the LM calls they take, known before the start.

The formulas are those of DSPy 3.4.1's MIPROv2 for light, medium and heavy, corrected for our loop:
one teacher run per training example however many demo sets are built from it, descriptions asked
once, no proposal for index 0, no result paid for twice, and the held-out test at the end. `paper`
counts in full evaluations, as the paper does.
"""

import math
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from core.errors import ConfigError
from core.search.shape import JOINT, Shape

PresetName = Literal["light", "medium", "heavy"]
BudgetName = Literal["light", "medium", "heavy", "paper", "exact"]

SUMMARY_BATCH = 10
"""Training examples shown to the prompt model at a time for the dataset summary."""
SUMMARY_CALLS = 5
"""At most this many batches are shown."""


EVIDENCE_TRACES = 6
"""Accepted traces that the proposer is shown from when no demo set is searched."""


class Budget(BaseModel):
    """The numbers that bound a run."""

    model_config = ConfigDict(frozen=True)

    name: BudgetName = "light"
    instructions: int = Field(ge=1, le=5001)
    """Instructions per predictor, the program's own included."""
    demo_sets: int = Field(ge=1, le=5001)
    """Demo sets per predictor, the empty one included."""
    trials: int = Field(ge=1, le=5000)
    """Minibatch trials."""
    minibatch: int = Field(default=35, ge=1)
    """Examples per minibatch trial; clamped to the valset."""
    full_every: int = Field(default=5, ge=1)
    """Minibatch trials between full evaluations."""
    val_cap: int = Field(default=100, ge=1)
    """At most this many validation examples are used."""
    bootstrapped_demos: int = Field(default=4, ge=0, le=64)
    """Most bootstrapped demos per set."""
    labelled_demos: int = Field(default=4, ge=0, le=64)
    """Most labelled demos per set, where a predictor's fields are all in the dataset."""


_SIZES = {"light": (6, 100), "medium": (12, 300), "heavy": (18, 1000)}


def preset(name: PresetName, predictors: int, shape: Shape = JOINT) -> Budget:
    """DSPy's auto setting for a program with this many predictors.

    n = 6 / 12 / 18 demo sets or instructions, n // 2 instructions where demo sets are searched
    too, trials = max(2·v·log2 n, 1.5·n) with v variables in all (DSPy 3.4.1,
    `mipro_optimizer_v2.py`). Where every trial is a full evaluation, each demo set is tried once.
    """
    size, val_cap = _SIZES[name]
    trials = int(max(2 * shape.variables(predictors) * math.log2(size), 1.5 * size))
    budget = Budget(
        name=name,
        instructions=size // 2 if shape.demos else size,
        demo_sets=size,
        trials=size - 1 if shape.whole else trials,
        val_cap=val_cap,
    )
    return shaped(budget, shape)


PAPER_EVALUATIONS = 20
"""The paper's smallest budget, in full evaluations (its largest is 50)."""
PAPER_ROWS = 1000
"""At most this many validation examples are used with it."""
_PAPER_BATCH, _PAPER_EVERY, _PAPER_CHOICES = 25, 10, 30


def paper_budget(
    predictors: int,
    val: int,
    shape: Shape = JOINT,
    *,
    full_evaluations: int = PAPER_EVALUATIONS,
) -> Budget:
    """The paper's setting: what `full_evaluations` on `val` examples in use would take.

    Minibatches of B = 25, a full evaluation every S = 10 of them, hence T = int(F·n / (B + n / S))
    of them; N = 30 choices per variable, or fewer, so that N < T / v (section 5 and its release
    code).
    """
    per_trial = _PAPER_BATCH + val / _PAPER_EVERY
    trials = full_evaluations if shape.whole else int(full_evaluations * val / per_trial)
    trials = max(1, trials)
    most = math.ceil(trials / max(1, shape.variables(predictors))) - 1
    choices = max(2, min(_PAPER_CHOICES, most))
    budget = Budget(
        name="paper",
        instructions=choices,
        demo_sets=choices,
        trials=trials,
        minibatch=_PAPER_BATCH,
        full_every=_PAPER_EVERY,
        val_cap=PAPER_ROWS,
    )
    return shaped(budget, shape)


def shaped(budget: Budget, shape: Shape) -> Budget:
    """The budget without what an optimizer of this shape does not search.

    Where every trial has fresh proposals, there is one instruction per trial besides the own one;
    where every trial evaluates another bootstrapped program, there is one demo set per trial.
    """
    changes: dict[str, int] = {}
    if not shape.demos:
        changes["demo_sets"] = 1
    elif shape.whole:
        changes["demo_sets"] = budget.trials + 1
    if not shape.instructions:
        changes["instructions"] = 1
    elif shape.proposals == "one predictor":
        changes["instructions"] = max(2, budget.instructions)
    elif shape.in_rounds:
        changes["instructions"] = budget.trials + 1
    return budget.model_copy(update=changes)


WHOLE_VALSET = 50
"""Up to this many validation examples, named budgets evaluate every trial on all (as in DSPy)."""


@dataclass(frozen=True, kw_only=True)
class SearchPlan:
    """How the trials of a search go over a valset."""

    trials: int
    """Trials of candidates that the search names."""
    batch: int
    """Validation examples per trial."""
    fulls: int
    """Full evaluations on top of these trials, at most."""
    whole: bool
    """True when each trial is a full evaluation already."""


def result_budget(plan: SearchPlan, val: int) -> int:
    """Most results on validation examples, the baseline's included, over all candidates."""
    return val * (1 + plan.fulls) + plan.trials * plan.batch


def search_plan(budget: Budget, val: int, shape: Shape = JOINT) -> SearchPlan:
    """The plan for `val` validation examples in use.

    Exact numbers and the paper's are taken as given; DSPy's budgets leave minibatches out on small
    valsets.
    """
    small = budget.name not in ("exact", "paper") and val <= WHOLE_VALSET
    batch = val if small or shape.whole else min(budget.minibatch, val)
    whole = batch >= val
    fulls = 0 if whole else math.ceil(budget.trials / budget.full_every)
    return SearchPlan(trials=budget.trials, batch=batch, fulls=fulls, whole=whole)


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """What the data and the program contribute to the number of calls."""

    predictors: int
    calls_per_run: int
    """LM calls of one run of the program, with those that score it."""
    train: int
    val: int
    test: int
    judged: int = 0
    """Of the calls per run, those to judges."""


@dataclass(frozen=True, kw_only=True)
class CallEstimate:
    """Most LM calls per phase; a run can need fewer, never more, apart from retries."""

    bootstrap: int
    propose: int
    baseline: int
    minibatch: int
    full: int
    test: int
    later_proposals: int = 0
    """Of the calls in `propose`, those after the first trial, which a cap may leave out."""
    calls_per_run: int = 1
    """LM calls of one run of the program, with those that score it."""
    judged: int = 0
    """Of these, the ones to judges."""

    @property
    def task(self) -> int:
        """Calls of all runs of the program: to the task model and to judges."""
        return self.bootstrap + self.baseline + self.minibatch + self.full + self.test

    @property
    def judge(self) -> int:
        """Of the calls of all runs, those to judges."""
        return self.task // self.calls_per_run * self.judged

    @property
    def prompt(self) -> int:
        """Calls to the prompt model."""
        return self.propose

    @property
    def total(self) -> int:
        """Calls to all models."""
        return self.task + self.prompt

    @property
    def least(self) -> int:
        """Fewest calls with which a run can end with a measured best candidate."""
        first = self.propose - self.later_proposals
        return self.bootstrap + first + 2 * self.baseline + self.test


def estimate(budget: Budget, sizes: Sizes, shape: Shape = JOINT) -> CallEstimate:
    """An upper bound on the LM calls of a run, by phase.

    With P predictors, C calls per program run, V = min(valset, cap), T trials, S trials between
    full evaluations, B examples per trial (`search_plan`) and N instructions per predictor:
    bootstrap C·teacher runs; propose (batches + 1) + 1 + P + P·(N − 1), or T rounds of P calls or
    of one instead of P·(N − 1) where every trial has fresh proposals; baseline C·V;
    minibatches C·T·B; full evaluations C·V·ceil(T / S), or none when B = V; held-out test
    2·C·testset.
    Results already in the store are used again, so minibatches and full evaluations overlap.
    """
    budget = shaped(budget, shape)
    runs, val = sizes.calls_per_run, min(sizes.val, budget.val_cap)
    plan = search_plan(budget, val, shape)
    later = max(0, plan.trials - 1) * shape.calls_per_round(sizes.predictors)
    return CallEstimate(
        bootstrap=runs * teacher_runs(budget, sizes.train, shape),
        propose=grounding_calls(budget, sizes, shape) + _proposals(budget, sizes, shape),
        baseline=runs * val,
        minibatch=runs * plan.trials * plan.batch,
        full=runs * plan.fulls * val,
        test=2 * runs * sizes.test,
        later_proposals=later,
        calls_per_run=runs,
        judged=sizes.judged,
    )


def teacher_runs(budget: Budget, train: int, shape: Shape = JOINT) -> int:
    """Most training examples the teacher runs on, each once; it stops when enough are accepted."""
    return min(train, 4 * wanted_traces(budget, shape))


def wanted_traces(budget: Budget, shape: Shape = JOINT) -> int:
    """Accepted teacher traces that are enough for varied demo sets and for the proposer."""
    wanted = bootstrapped_sets(budget) * budget.bootstrapped_demos
    evidence = EVIDENCE_TRACES if budget.instructions > 1 and shape.grounded else 0
    return max(wanted, evidence)


def bootstrapped_sets(budget: Budget) -> int:
    """Demo sets that need teacher traces: all but the empty one."""
    return max(0, budget.demo_sets - 1) if budget.bootstrapped_demos else 0


def summary_batches(train: int) -> int:
    """Most batches of training examples that are shown for the dataset summary."""
    return min(SUMMARY_CALLS, math.ceil(train / SUMMARY_BATCH))


def check_cap(cap: int, needed: CallEstimate) -> None:
    """Do nothing, if a run can end within the cap.

    Raises:
        ConfigError: the cap is below what the shortest run needs.
    """
    if cap < needed.least:
        raise ConfigError(
            f"a cap of {cap} LM calls is too low: bootstrapping ({needed.bootstrap}), proposals "
            f"({needed.propose}), the baseline and one more full evaluation "
            f"({2 * needed.baseline}) and the held-out test ({needed.test}) take up to "
            f"{needed.least}. Raise the cap, or use fewer examples."
        )


def grounding_calls(budget: Budget, sizes: Sizes, shape: Shape = JOINT) -> int:
    """Most calls for the dataset summary and for the descriptions of program and predictors."""
    if budget.instructions == 1 or not shape.grounded:
        return 0
    return summary_batches(sizes.train) + 1 + 1 + sizes.predictors


def _proposals(budget: Budget, sizes: Sizes, shape: Shape) -> int:
    if shape.in_rounds:
        return budget.trials * shape.calls_per_round(sizes.predictors)
    return sizes.predictors * (budget.instructions - 1)
