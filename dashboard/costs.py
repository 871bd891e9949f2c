"""What a run may cost, phase by phase, before it starts.

Calls come from `core.search.budget` and are upper bounds. Tokens are a rough guess and are shown as
one: four characters of English text make about one token (OpenAI's rule of thumb), prompts are as
long as those of one example with full demo sets, and answers as long as the offline model's.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from core.evaluation.evaluator import ExampleResult, PromptRun
from core.lm.connection import LMConfig
from core.runs.config import RunConfig
from core.search.budget import SUMMARY_BATCH, Budget, CallEstimate

CHARACTERS_PER_TOKEN = 4
PROPOSER_TOKENS = 600
"""What a prompt to the prompt model takes beside its examples: task, summary, program, tip."""
PROPOSAL_TOKENS = 200
"""What the prompt model answers: a summary or an instruction."""

Role = Literal["task model", "prompt model", "teacher model", "judge"]


@dataclass(frozen=True, kw_only=True)
class PromptSample:
    """Mean tokens of one call, as seen on one example."""

    prompt: float
    """Without demos."""
    answer: float
    demo: float
    """One demonstration in a prompt."""
    judged_prompt: float = 0.0
    judged_answer: float = 0.0
    """Of one call to a judge; 0 where none was asked."""


class PhaseCost(NamedTuple):
    """The most that one phase may take."""

    phase: str
    role: Role | Literal["both"]
    calls: int
    tokens: int | None
    """In and out together; None when no example could be tried."""
    cost_usd: float | None
    """None when tokens or prices are unknown."""


def prompt_sample(result: ExampleResult, *, judged: int = 0) -> PromptSample | None:
    """The lengths in one tried example, whose last `judged` prompts went to judges.

    None when it failed.
    """
    trace = result.trace
    if result.failure is not None or len(trace.prompts) <= judged or not trace.stages:
        return None
    last = len(trace.prompts) - judged
    prompt, answer = _per_call(trace.prompts[:last])
    judged_prompt, judged_answer = _per_call(trace.prompts[last:])
    demos = [_text({**stage.inputs, **stage.outputs}) for stage in trace.stages]
    return PromptSample(
        prompt=prompt,
        answer=answer,
        demo=_tokens(demos) / len(trace.stages),
        judged_prompt=judged_prompt,
        judged_answer=judged_answer,
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
    teacher: tuple[Role, LMConfig] = ("task model", task)
    if config.teacher_model is not None:
        teacher = ("teacher model", config.teacher_model)

    def answering(
        phase: str,
        count: int,
        per_call: tuple[float, float] | None,
        role: Role = "task model",
        model: LMConfig = task,
    ) -> PhaseCost:
        runs = count // calls.calls_per_run
        own = runs * (calls.calls_per_run - calls.judged)
        return line_of(phase, role, own, per_call, model)

    return [
        answering("Bootstrap", calls.bootstrap, full, *teacher),
        line_of("Propose", "prompt model", calls.propose, proposer, prompt),
        answering("Baseline", calls.baseline, plain),
        answering("Search: minibatches", calls.minibatch, full),
        answering("Search: full evaluations", calls.full, full),
        answering("Held-out test", calls.test, full),
        *judge_costs(calls.task // calls.calls_per_run, config, sample),
    ]


def judge_costs(answers: int, config: RunConfig, sample: PromptSample | None) -> list[PhaseCost]:
    """One line per judge: what it takes to judge so many answers; none without a judge."""
    per_call = (sample.judged_prompt, sample.judged_answer) if sample else None
    counts = Counter(model.model_dump_json() for model in config.judge_models)
    return [
        line_of(f"Scoring by {model.label}", "judge", answers * counts[key], per_call, model)
        for key, model in {each.model_dump_json(): each for each in config.judge_models}.items()
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


def line_of(
    phase: str, role: Role, calls: int, per_call: tuple[float, float] | None, model: LMConfig
) -> PhaseCost:
    """So many calls of a model; `per_call` are the tokens sent and answered, None if unknown."""
    if per_call is None:
        return PhaseCost(phase, role, calls, None, None)
    sent, answered = round(calls * per_call[0]), round(calls * per_call[1])
    return PhaseCost(phase, role, calls, sent + answered, model.price(sent, answered))


def _per_call(runs: Sequence[PromptRun]) -> tuple[float, float]:
    """Mean tokens sent and answered; 0 for no calls."""
    sent = [_text(message.get("content")) for run in runs for message in run.messages]
    count = max(1, len(runs))
    return _tokens(sent) / count, _tokens([run.completion for run in runs]) / count


def _tokens(texts: list[str]) -> float:
    return sum(map(len, texts)) / CHARACTERS_PER_TOKEN


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return "\n".join(f"[[ ## {name} ## ]]\n{_text(each)}" for name, each in value.items())
    return json.dumps(value, ensure_ascii=False, default=str)
