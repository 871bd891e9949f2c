"""Calls, tokens and cost of each model: spent, in flight, and to the end, beside the cap.

A price that is unknown stays unknown: it is None, never 0. Projections assume that calls to come
cost what those so far did on average. Deliberately not here: what a run may cost before it starts.
"""

from dataclasses import dataclass
from functools import reduce

from core.lm.usage import Usage
from core.results.run_results import RunResults
from core.runs.snapshot import Reserved, Snapshot


@dataclass(frozen=True, kw_only=True)
class ModelMoney:
    """One model, or all together."""

    calls: int
    """Calls that were made."""
    cached: int
    """Further calls, answered from the run's own cache at no cost."""
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    """Spent so far; None when the price of a call is unknown."""
    reserved: int
    """Calls that work in flight can still take."""
    reserved_usd: float | None
    remaining: int | None
    """Calls still to come at the most, those in flight among them; None while nothing is known."""
    projected_calls: int | None
    """Calls at the end, at the most."""
    projected_usd: float | None


@dataclass(frozen=True, kw_only=True)
class Money:
    """What the run costs."""

    task: ModelMoney
    prompt: ModelMoney
    judge: ModelMoney | None
    """All judges together; None where none was asked or will be."""
    teacher: ModelMoney | None
    """A teacher model of its own; None where the task model teaches."""
    total: ModelMoney
    cap: int | None
    """Cap on calls to all models; None for none."""
    left: int | None
    """Calls that may still be started under the cap."""
    passes_cap: bool | None
    """Whether the plan needs more calls than the cap allows; None without a cap or a plan."""

    @property
    def rows(self) -> dict[str, ModelMoney]:
        """Each model by its role as people read it, and all of them together at the end."""
        rows = {"Task model": self.task, "Prompt model": self.prompt}
        more = {"Teacher model": self.teacher, "Judge": self.judge}
        rows |= {name: model for name, model in more.items() if model is not None}
        return rows | {"Both" if len(rows) == 2 else "All": self.total}


def money(results: RunResults, snapshot: Snapshot | None) -> Money:
    """The money of a run as its worker last saw it."""
    prompt_left = snapshot.remaining_prompt_calls if snapshot else None
    all_left = snapshot.remaining_calls if snapshot else None
    runs_left = None if all_left is None or prompt_left is None else all_left - prompt_left
    judge_left = (snapshot.remaining_judge_calls or 0) if snapshot else 0
    teacher_left = (snapshot.remaining_teacher_calls or 0) if snapshot else 0
    if results.is_ended:
        prompt_left = runs_left = judge_left = teacher_left = 0
    flying = snapshot is not None and results.status == "running"
    reserved = snapshot.reserved if snapshot and flying else Reserved()
    task = _model(
        results.program_usage,
        reserved.task - reserved.judge - reserved.teacher,
        None if runs_left is None else runs_left - judge_left - teacher_left,
    )
    prompt = _model(results.prompt_usage, reserved.prompt, prompt_left)
    judge = _model(results.judge_usage, reserved.judge, None if runs_left is None else judge_left)
    judged = results.judge_usage != Usage() or judge_left or reserved.judge
    teacher = _model(
        results.teacher_usage, reserved.teacher, None if runs_left is None else teacher_left
    )
    taught = results.teacher_usage != Usage() or teacher_left or reserved.teacher
    more = [each for each, asked in ((judge, judged), (teacher, taught)) if asked]
    total = reduce(_both, (task, prompt, *more))
    cap, projected = results.max_calls, total.projected_calls
    return Money(
        task=task,
        prompt=prompt,
        judge=judge if judged else None,
        teacher=teacher if taught else None,
        total=total,
        cap=cap,
        left=None if cap is None else max(0, cap - total.calls - total.reserved),
        passes_cap=None if cap is None or projected is None else projected > cap,
    )


def _model(usage: Usage, reserved: int, remaining: int | None) -> ModelMoney:
    spent = usage.cost_usd if usage.priced else None
    if remaining is not None:
        remaining = max(remaining, reserved)
    later = _later(usage, spent, remaining)
    return ModelMoney(
        calls=usage.calls,
        cached=usage.cached,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cost_usd=spent,
        reserved=reserved,
        reserved_usd=_later(usage, spent, reserved),
        remaining=remaining,
        projected_calls=None if remaining is None else usage.calls + remaining,
        projected_usd=None if spent is None or later is None else spent + later,
    )


def _later(usage: Usage, spent: float | None, calls: int | None) -> float | None:
    """What so many more calls cost; None where no call has shown a price yet."""
    if calls == 0:
        return 0.0
    if calls is None or spent is None or usage.calls == 0:
        return None
    return spent / usage.calls * calls


def _both(one: ModelMoney, other: ModelMoney) -> ModelMoney:
    return ModelMoney(
        calls=one.calls + other.calls,
        cached=one.cached + other.cached,
        input_tokens=one.input_tokens + other.input_tokens,
        output_tokens=one.output_tokens + other.output_tokens,
        cost_usd=_sum(one.cost_usd, other.cost_usd),
        reserved=one.reserved + other.reserved,
        reserved_usd=_sum(one.reserved_usd, other.reserved_usd),
        remaining=_count(one.remaining, other.remaining),
        projected_calls=_count(one.projected_calls, other.projected_calls),
        projected_usd=_sum(one.projected_usd, other.projected_usd),
    )


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other


def _count(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other
