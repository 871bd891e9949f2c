"""What is left of a run: LM calls at the most, and the time they will take at the present rate."""

from dataclasses import dataclass

from core.runs.config import RunConfig
from core.runs.preparation import Task
from core.runs.scores import best_candidate
from core.runs.state import RunState
from core.search.budget import result_budget, search_plan, teacher_runs

ENOUGH = 10
"""Examples that must have run before a rate means anything."""


@dataclass(frozen=True, kw_only=True)
class Remaining:
    """What is left. `seconds` is None while nothing can be said yet."""

    calls: int
    seconds: float | None
    in_flight: int


def remaining_calls(
    state: RunState, task: Task, config: RunConfig, now: float, *, in_flight: int
) -> Remaining:
    """An estimate from above: the plan without what is done, nothing paid for twice.

    The time assumes that calls go on as fast as they have gone since the run started.
    """
    if state.is_ended:
        return Remaining(calls=0, seconds=0.0, in_flight=0)
    runs = _examples_left(state, task, config) + _teacher_runs_left(state, task, config)
    calls = task.template.calls_per_run * runs + _prompt_calls_left(state, task, config)
    done = state.usage.calls + state.usage.cached
    elapsed = state.elapsed(now)
    known = state.examples_scored >= ENOUGH and elapsed > 0
    return Remaining(
        calls=calls, seconds=calls * elapsed / done if known and done else None, in_flight=in_flight
    )


def _prompt_calls_left(state: RunState, task: Task, config: RunConfig) -> int:
    if state.phase in (None, "bootstrap", "propose"):
        return max(0, task.estimate(config).prompt - state.prompt_usage.calls)
    if state.phase == "search":
        return _proposals_left(state, task, config)
    return 0


def _proposals_left(state: RunState, task: Task, config: RunConfig) -> int:
    """Proposals of rounds to come, and those that rounds under way may still wait for."""
    each = config.shape.calls_per_round(len(task.predictors))
    waiting = [round for round in state.rounds.values() if round.trial is None]
    missing = sum(max(0, each - len(round.instructions)) for round in waiting)
    return each * (config.budget.trials - len(state.rounds)) + missing


def _teacher_runs_left(state: RunState, task: Task, config: RunConfig) -> int:
    if state.phase not in (None, "bootstrap"):
        return 0
    most = teacher_runs(config.budget, len(task.train), config.shape)
    return max(0, most - len(state.traces))


def _examples_left(state: RunState, task: Task, config: RunConfig) -> int:
    """Program runs still to come, if no example is shared beyond each candidate's own."""
    val = len(task.val)
    plan = search_plan(config.budget, val, config.shape)
    trials = list(state.trials.values())
    tests = sum(trial.purpose == "test" for trial in trials)
    searching = state.phase != "test"
    same = not searching and best_candidate(state) in (None, state.baseline)
    test_left = max(0, (1 if same else 2) - tests) * len(task.test)
    if config.shape.adaptive:
        return _results_left(state, result_budget(plan, val)) + test_left
    fulls = sum(trial.purpose == "full" for trial in trials)
    minibatches = sum(trial.purpose == "minibatch" for trial in trials)
    searched = fulls if plan.whole else minibatches
    pending = sum(len(trial.examples) - trial.scored for trial in state.open_trials.values())
    later = (plan.trials - searched) * plan.batch if searching else 0
    full_left = max(0, plan.fulls - fulls) if searching else 0
    baseline = 0 if state.baseline else val
    return baseline + pending + later + full_left * (val - plan.batch) + test_left


def _results_left(state: RunState, budget: int) -> int:
    """Results that an adaptive search may still ask for, and those of open tests."""
    tests = [trial for trial in state.open_trials.values() if trial.purpose == "test"]
    pending = sum(len(trial.examples) - trial.scored for trial in tests)
    if state.phase == "test":
        return pending
    return pending + max(0, budget - sum(map(len, state.results.values())))
