"""What is left of a run: LM calls at the most, and the time they will take at the present rate."""

from dataclasses import dataclass

from core.runs.choices import is_permitted
from core.runs.config import RunConfig
from core.runs.evaluations import calls_left
from core.runs.events import Purpose
from core.runs.parts import Trial
from core.runs.planned import budget_of, plan_of, results_of
from core.runs.preparation import Task
from core.runs.scores import best_candidate
from core.runs.state import RunState
from core.runs.wishes import BLOCK, missing_proposals, results_wanted
from core.search.budget import teacher_runs

ENOUGH = 10
"""Examples that must have run before a rate means anything."""


@dataclass(frozen=True, kw_only=True)
class Remaining:
    """What is left. `seconds` is None while nothing can be said yet."""

    calls: int
    """To both models, those in flight among them."""
    prompt: int
    """Of these, the ones to the prompt model."""
    judge: int
    """Of these, the ones to judges."""
    teacher: int
    """Of these, the ones to a teacher model."""
    seconds: float | None
    in_flight: int


def remaining_calls(
    state: RunState, task: Task, config: RunConfig, now: float, *, in_flight: int
) -> Remaining:
    """An estimate from above: the plan without what is done, nothing paid for twice.

    With what people have changed and asked for since. The time assumes that calls go on as fast as
    they have gone since the run started, the wait for a review left out.
    """
    if state.is_ended:
        return Remaining(calls=0, prompt=0, judge=0, teacher=0, seconds=0.0, in_flight=0)
    runs = prompt = taught = 0
    if state.returns_to is None:
        taught = _teacher_runs_left(state, task, config)
        runs = _examples_left(state, task, config) + taught
        prompt = _prompt_calls_left(state, task, config)
    of_runs = task.template.calls_per_run * runs + calls_left(state, task)
    calls = of_runs + prompt
    done = state.usage.calls + state.usage.cached
    elapsed = state.elapsed(now)
    known = state.examples_scored >= ENOUGH and elapsed > 0
    return Remaining(
        calls=calls,
        prompt=prompt,
        judge=of_runs * task.metric.calls // task.template.calls_per_run,
        teacher=task.teacher_calls(config) * taught,
        seconds=calls * elapsed / done if known and done else None,
        in_flight=in_flight,
    )


def _prompt_calls_left(state: RunState, task: Task, config: RunConfig) -> int:
    asked = sum(1 for _ in missing_proposals(state))
    if state.phase in (None, "bootstrap", "propose"):
        now = config.model_copy(update={"budget": budget_of(config, state)})
        return asked + max(0, task.estimate(now).prompt - state.prompt_usage.calls)
    if state.phase in ("review", "search"):
        return asked + _proposals_left(state, task, config)
    return asked


def _proposals_left(state: RunState, task: Task, config: RunConfig) -> int:
    """Proposals of rounds to come, and those that rounds under way may still wait for."""
    each = config.shape.calls_per_round(len(task.predictors))
    waiting = [round for round in state.rounds.values() if round.trial is None]
    missing = sum(max(0, each - len(round.instructions)) for round in waiting)
    trials = budget_of(config, state).trials
    return each * max(0, trials - len(state.rounds)) + missing


def _teacher_runs_left(state: RunState, task: Task, config: RunConfig) -> int:
    if state.phase not in (None, "bootstrap"):
        return 0
    most = teacher_runs(config.budget, len(task.train), config.shape)
    return max(0, most - len(state.traces))


def _examples_left(state: RunState, task: Task, config: RunConfig) -> int:
    """Program runs still to come, if no example is shared beyond each candidate's own."""
    val = len(task.val)
    plan = plan_of(config, state, val)
    asked = results_wanted(state, val, pinned=val if plan.whole else min(BLOCK, val))
    left = asked + _tests_left(state) * len(task.test)
    if state.phase != "test" and config.shape.adaptive:
        done = sum(map(len, state.results.values()))
        budget = results_of(config, state, val) - _requested(state)
        return left + _pending(state, "test") + max(0, budget - done)
    baseline = 0 if state.baseline else val
    left += baseline + _pending(state, "baseline", "minibatch", "full", "test")
    if state.phase == "test":
        return left
    own = [trial for trial in state.trials.values() if _is_own(state, trial)]
    fulls = sum(
        trial.purpose == "full"
        and (plan.whole or is_permitted(state, state.candidates[trial.candidate]))
        for trial in own
    )
    minibatches = sum(trial.purpose == "minibatch" for trial in own)
    later = max(0, plan.trials - (fulls if plan.whole else minibatches))
    return left + later * plan.batch + max(0, plan.fulls - fulls) * (val - plan.batch)


def _is_own(state: RunState, trial: Trial) -> bool:
    """Whether the trial is the search's own and is not cut short, nor will be."""
    if trial.asked_by is not None or trial.cancelled:
        return False
    return trial.finished is not None or is_permitted(state, state.candidates[trial.candidate])


def _tests_left(state: RunState) -> int:
    """Held-out tests still to begin: the baseline's, and the best candidate's if it is another."""
    tested = {
        trial.candidate
        for trial in state.trials.values()
        if trial.purpose == "test" and trial.request is None
    }
    if state.phase == "test":
        return len({state.baseline, best_candidate(state)} - {None, *tested})
    return 1 + (state.baseline not in tested)


def _pending(state: RunState, *purposes: Purpose) -> int:
    """Examples that open trials of these kinds still wait for, requests to evaluate left out."""
    return sum(
        len(trial.examples) - trial.scored
        for trial in state.open_trials.values()
        if trial.purpose in purposes and trial.request is None
    )


def _requested(state: RunState) -> int:
    """Validation results still due in open trials of requests to evaluate."""
    return sum(
        example not in state.results.get(trial.candidate, {})
        for trial in state.open_trials.values()
        if trial.purpose != "test" and trial.request is not None
        for example in trial.examples
    )
