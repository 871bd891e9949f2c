"""Calls, tokens and cost of both models: spent, in flight, and to the end, beside the cap.

A price that is unknown stays unknown: it is None, never 0. Projections assume that calls to come
cost what those so far did on average. Deliberately not here: what a run may cost before it starts.
"""

from dataclasses import dataclass

from core.lm.usage import Usage
from core.results.run_results import RunResults
from core.runs.snapshot import Snapshot


@dataclass(frozen=True, kw_only=True)
class ModelMoney:
    """One model, or both together."""

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
    total: ModelMoney
    cap: int | None
    """Cap on calls to both models; None for none."""
    left: int | None
    """Calls that may still be started under the cap."""
    passes_cap: bool | None
    """Whether the plan needs more calls than the cap allows; None without a cap or a plan."""


def money(results: RunResults, snapshot: Snapshot | None) -> Money:
    """The money of a run as its worker last saw it."""
    prompt_left = snapshot.remaining_prompt_calls if snapshot else None
    all_left = snapshot.remaining_calls if snapshot else None
    task_left = None if all_left is None or prompt_left is None else all_left - prompt_left
    if results.is_ended:
        prompt_left = task_left = 0
    flying = snapshot is not None and results.status == "running"
    reserved = (snapshot.reserved.task, snapshot.reserved.prompt) if snapshot and flying else (0, 0)
    task = _model(results.task_usage, reserved[0], task_left)
    prompt = _model(results.prompt_usage, reserved[1], prompt_left)
    total = _both(task, prompt)
    cap, projected = results.max_calls, total.projected_calls
    return Money(
        task=task,
        prompt=prompt,
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


def _both(task: ModelMoney, prompt: ModelMoney) -> ModelMoney:
    return ModelMoney(
        calls=task.calls + prompt.calls,
        cached=task.cached + prompt.cached,
        input_tokens=task.input_tokens + prompt.input_tokens,
        output_tokens=task.output_tokens + prompt.output_tokens,
        cost_usd=_sum(task.cost_usd, prompt.cost_usd),
        reserved=task.reserved + prompt.reserved,
        reserved_usd=_sum(task.reserved_usd, prompt.reserved_usd),
        remaining=_count(task.remaining, prompt.remaining),
        projected_calls=_count(task.projected_calls, prompt.projected_calls),
        projected_usd=_sum(task.projected_usd, prompt.projected_usd),
    )


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other


def _count(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other
