"""How much a run will do: sizes, trials, and the LM calls they take, known before the start.

The formulas are those of DSPy 3.4.1's MIPROv2 for light, medium and heavy, corrected for our loop:
one teacher run per training example however many demo sets are built from it, descriptions asked
once, no proposal for index 0, no result paid for twice, and the held-out test at the end.
"""

import math
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from core.errors import ConfigError

BudgetName = Literal["light", "medium", "heavy", "exact"]

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
    instructions: int = Field(ge=1, le=200)
    """Instructions per predictor, the program's own included."""
    demo_sets: int = Field(ge=1, le=200)
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


def preset(name: Literal["light", "medium", "heavy"], predictors: int) -> Budget:
    """DSPy's auto setting for a program with this many predictors.

    n = 6 / 12 / 18 demo sets, n // 2 instructions, trials = max(2·v·log2 n, 1.5·n) with v = 2
    variables per predictor (DSPy 3.4.1, `mipro_optimizer_v2.py`).
    """
    size, val_cap = _SIZES[name]
    trials = int(max(2 * 2 * predictors * math.log2(size), 1.5 * size))
    return Budget(name=name, instructions=size // 2, demo_sets=size, trials=trials, val_cap=val_cap)


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


def search_plan(budget: Budget, val: int) -> SearchPlan:
    """The plan for `val` validation examples in use.

    Exact numbers are taken as given; the named budgets leave minibatches out on small valsets.
    """
    small = budget.name != "exact" and val <= WHOLE_VALSET
    batch = val if small else min(budget.minibatch, val)
    whole = batch >= val
    fulls = 0 if whole else math.ceil(budget.trials / budget.full_every)
    return SearchPlan(trials=budget.trials, batch=batch, fulls=fulls, whole=whole)


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """What the data and the program contribute to the number of calls."""

    predictors: int
    calls_per_run: int
    train: int
    val: int
    test: int


@dataclass(frozen=True, kw_only=True)
class CallEstimate:
    """Most LM calls per phase; a run can need fewer, never more, apart from retries."""

    bootstrap: int
    propose: int
    baseline: int
    minibatch: int
    full: int
    test: int

    @property
    def task(self) -> int:
        """Calls to the task model."""
        return self.bootstrap + self.baseline + self.minibatch + self.full + self.test

    @property
    def prompt(self) -> int:
        """Calls to the prompt model."""
        return self.propose

    @property
    def total(self) -> int:
        """Calls to both models."""
        return self.task + self.prompt

    @property
    def least(self) -> int:
        """Fewest calls with which a run can end with a measured best candidate."""
        return self.bootstrap + self.propose + 2 * self.baseline + self.test


def estimate(budget: Budget, sizes: Sizes) -> CallEstimate:
    """An upper bound on the LM calls of a run, by phase.

    With P predictors, C calls per program run, V = min(valset, cap), T trials, S trials between
    full evaluations, B examples per trial (`search_plan`) and N instructions per predictor:
    bootstrap C·teacher runs; propose (batches + 1) + 1 + P + P·(N − 1); baseline C·V;
    minibatches C·T·B; full evaluations C·V·ceil(T / S), or none when B = V; held-out test
    2·C·testset.
    Results already in the store are used again, so minibatches and full evaluations overlap.
    """
    runs, val = sizes.calls_per_run, min(sizes.val, budget.val_cap)
    plan = search_plan(budget, val)
    return CallEstimate(
        bootstrap=runs * teacher_runs(budget, sizes.train),
        propose=_prompt_calls(budget, sizes),
        baseline=runs * val,
        minibatch=runs * plan.trials * plan.batch,
        full=runs * plan.fulls * val,
        test=2 * runs * sizes.test,
    )


def teacher_runs(budget: Budget, train: int) -> int:
    """Most training examples the teacher runs on, each once; it stops when enough are accepted."""
    return min(train, 4 * wanted_traces(budget))


def wanted_traces(budget: Budget) -> int:
    """Accepted teacher traces that are enough for varied demo sets and for the proposer."""
    wanted = bootstrapped_sets(budget) * budget.bootstrapped_demos
    evidence = EVIDENCE_TRACES if budget.instructions > 1 else 0
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


def _prompt_calls(budget: Budget, sizes: Sizes) -> int:
    if budget.instructions == 1:
        return 0
    summary = summary_batches(sizes.train) + 1
    proposals = sizes.predictors * (budget.instructions - 1)
    return summary + 1 + sizes.predictors + proposals
