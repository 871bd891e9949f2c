"""What a run may cost, phase by phase, before it starts.

Calls come from `core.search.budget` and are upper bounds. Tokens are a rough guess and are shown as
one: four characters of English text make about one token (OpenAI's rule of thumb), prompts are as
long as those of one example with full demo sets, and answers as long as the offline model's.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from core.evaluation.evaluator import ExampleResult
from core.lm.connection import LMConfig
from core.runs.config import RunConfig
from core.search.budget import SUMMARY_BATCH, Budget, CallEstimate

CHARACTERS_PER_TOKEN = 4
PROPOSER_TOKENS = 600
"""What a prompt to the prompt model takes beside its examples: task, summary, program, tip."""
PROPOSAL_TOKENS = 200
"""What the prompt model answers: a summary or an instruction."""

Role = Literal["task model", "prompt model"]


@dataclass(frozen=True, kw_only=True)
class PromptSample:
    """Mean tokens of one call, as seen on one example."""

    prompt: float
    """Without demos."""
    answer: float
    demo: float
    """One demonstration in a prompt."""


class PhaseCost(NamedTuple):
    """The most that one phase may take."""

    phase: str
    role: Role | Literal["both"]
    calls: int
    tokens: int | None
    """In and out together; None when no example could be tried."""
    cost_usd: float | None
    """None when tokens or prices are unknown."""


def prompt_sample(result: ExampleResult) -> PromptSample | None:
    """The lengths in one tried example; None when it failed."""
    trace = result.trace
    if result.failure is not None or trace is None or not trace.prompts or not trace.stages:
        return None
    sent = [_text(message.get("content")) for run in trace.prompts for message in run.messages]
    answers = [run.completion for run in trace.prompts]
    demos = [_text({**stage.inputs, **stage.outputs}) for stage in trace.stages]
    return PromptSample(
        prompt=_tokens(sent) / len(trace.prompts),
        answer=_tokens(answers) / len(trace.prompts),
        demo=_tokens(demos) / len(trace.stages),
    )


def phase_costs(
    calls: CallEstimate, config: RunConfig, sample: PromptSample | None
) -> list[PhaseCost]:
    """One line per phase, in the order of the run."""
    demos = most_demos(config.budget)
    plain = (sample.prompt, sample.answer) if sample else None
    full = (sample.prompt + demos * sample.demo, sample.answer) if sample else None
    shown = PROPOSER_TOKENS + SUMMARY_BATCH * sample.demo if sample else 0
    proposer = (shown, PROPOSAL_TOKENS) if sample else None
    task, prompt = config.task_model, config.prompt_model
    return [
        _line("Bootstrap", "task model", calls.bootstrap, full, task),
        _line("Propose", "prompt model", calls.propose, proposer, prompt),
        _line("Baseline", "task model", calls.baseline, plain, task),
        _line("Search: minibatches", "task model", calls.minibatch, full, task),
        _line("Search: full evaluations", "task model", calls.full, full, task),
        _line("Held-out test", "task model", calls.test, full, task),
    ]


def total_cost(lines: Sequence[PhaseCost]) -> PhaseCost:
    """The sum; tokens and cost are unknown when they are for one of the phases."""
    tokens = [line.tokens for line in lines if line.calls]
    costs = [line.cost_usd for line in lines if line.calls]
    return PhaseCost(
        phase="Total",
        role="both",
        calls=sum(line.calls for line in lines),
        tokens=None if None in tokens else sum(count or 0 for count in tokens),
        cost_usd=None if None in costs else sum(cost or 0.0 for cost in costs),
    )


def most_demos(budget: Budget) -> int:
    """Demos in a full demo set."""
    return max(budget.bootstrapped_demos, budget.labelled_demos)


def _line(
    phase: str, role: Role, calls: int, per_call: tuple[float, float] | None, model: LMConfig
) -> PhaseCost:
    if per_call is None:
        return PhaseCost(phase, role, calls, None, None)
    sent, answered = round(calls * per_call[0]), round(calls * per_call[1])
    return PhaseCost(phase, role, calls, sent + answered, model.price(sent, answered))


def _tokens(texts: list[str]) -> float:
    return sum(map(len, texts)) / CHARACTERS_PER_TOKEN


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return "\n".join(f"[[ ## {name} ## ]]\n{_text(each)}" for name, each in value.items())
    return json.dumps(value, ensure_ascii=False, default=str)
