"""A metric tried on a few answers before a run: what they score, and what that says about it.

Answers are kept with the settings that made them, so that another metric scores the same ones
without asking the program's model again. Plain values; no Streamlit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dspy
import pandas as pd

from core.data.dataset import Example
from core.evaluation.evaluator import ExampleResult, evaluate_example
from core.evaluation.metrics import Metric
from core.lm.connection import LMConfig, connect
from core.results.answers import in_one_line
from core.runs.config import RunConfig
from core.search.budget import Sizes
from dashboard.costs import PhaseCost, PromptSample, judge_costs, line_of

MOST_TRIED = 10
"""Examples that a metric is tried on."""
PART = "Part: "
"""Begins the names of columns with the scores of a mix's parts."""


class _Said(dspy.Module):  # type: ignore[misc]  # dspy has no type hints
    """A program that gives one answer, whatever it is asked."""

    def __init__(self, outputs: Mapping[str, Any]) -> None:
        super().__init__()
        self._outputs = dict(outputs)

    def forward(self, **inputs: Any) -> dspy.Prediction:
        return dspy.Prediction(**self._outputs)


def scored(example: Example, outputs: Mapping[str, Any], metric: Metric) -> ExampleResult:
    """What this answer scores. Asks a model only when the metric has judges."""
    return evaluate_example(
        _Said(outputs),
        example,
        metric=metric,
        lm=connect(LMConfig(), role="task model"),
        most_calls=metric.calls,
    )


def scored_again(
    results: Sequence[ExampleResult], examples: Sequence[Example], metric: Metric
) -> tuple[ExampleResult, ...]:
    """The same answers under another metric; what gave no answer stays as it is."""
    return tuple(
        scored(example, result.trace.outputs, metric) if result.trace.outputs else result
        for result, example in zip(results, examples, strict=True)
    )


def program_key(config: RunConfig) -> str:
    """Equal for settings under which the program answers alike."""
    return config.model_dump_json(
        include={"program", "dataset", "mapping", "split", "passages", "task_model", "seed"}
    ) + str(config.budget.val_cap)


def metric_key(config: RunConfig) -> str:
    """Equal for settings under which answers also score alike."""
    return program_key(config) + config.model_dump_json(include={"metric", "metric_parameters"})


def trial_costs(
    answers: int, sizes: Sizes, config: RunConfig, sample: PromptSample | None
) -> list[PhaseCost]:
    """One line per model: what so many answers take, scoring included."""
    own = answers * (sizes.calls_per_run - sizes.judged)
    plain = (sample.prompt, sample.answer) if sample else None
    line = line_of("Answering", "task model", own, plain, config.task_model)
    return [line, *judge_costs(answers, config, sample)]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What the trial says about the metric, in words."""

    title: str
    text: str
    is_good: bool = False


def findings(results: Sequence[ExampleResult]) -> list[Finding]:
    """What failed, what is constant, and else how far the scores reach; most important first."""
    found = [*_failed(results), *_constant(results)]
    scores = [each.score for each in results if each.score is not None]
    if not found and scores:
        found.append(
            Finding(
                title="The metric tells answers apart.",
                text=f"Scores reach from {_percent(min(scores))} to {_percent(max(scores))}, "
                f"{_percent(sum(scores) / len(scores))} on average (n = {len(scores)}).",
                is_good=True,
            )
        )
    return found


def trial_frame(results: Sequence[ExampleResult], examples: Sequence[Example]) -> pd.DataFrame:
    """One row per example: what was expected, given and scored, with the parts of a mix."""
    rows = []
    for result, example in zip(results, examples, strict=True):
        row: dict[str, Any] = {
            "Row": int(example.id) + 1 if example.id.isdecimal() else example.id,
            "Score": result.score,
        }
        row |= {f"{PART}{name}": score for name, score in result.trace.parts.items()}
        row["Expected"] = in_one_line(example.outputs)
        row["Given"] = in_one_line(result.trace.outputs) if result.trace.outputs else None
        row["Problem"] = result.failure.message if result.failure else None
        rows.append(row)
    frame = pd.DataFrame(rows)
    # an example that failed has no parts, and then the others' would come last
    parts = [name for name in frame if str(name).startswith(PART)]
    order = ["Row", "Score", *parts, "Expected", "Given", "Problem"]
    return frame[order].dropna(axis="columns", how="all")


def _failed(results: Sequence[ExampleResult]) -> list[Finding]:
    unanswered = [each for each in results if each.failure and not each.trace.outputs]
    unscored = [each for each in results if each.failure and each.trace.outputs]
    found = []
    for some, what in (
        (unscored, "could not be scored"),
        (unanswered, "got no answer from the program"),
    ):
        reasons = list(dict.fromkeys(each.failure.message for each in some if each.failure))
        if reasons:
            more = f" (and {len(reasons) - 1} other reasons)" if len(reasons) > 1 else ""
            found.append(
                Finding(
                    title=f"{len(some)} of {len(results)} examples {what}.",
                    text=f"{reasons[0]}{more}",
                )
            )
    return found


def _constant(results: Sequence[ExampleResult]) -> list[Finding]:
    scores = [each.score for each in results if each.score is not None]
    if len(scores) < 2:
        return []
    if len(set(scores)) == 1:
        return [
            Finding(
                title=f"All {len(scores)} answers score {_percent(scores[0])}.",
                text=f"{_why_constant(scores[0])} A search cannot tell better prompts from worse "
                "ones by a metric that gives every answer the same score.",
            )
        ]
    parts = [each.trace.parts for each in results if each.score is not None]
    return [
        Finding(
            title="A part of the mix is the same for every answer.",
            text=f"“{name}” is always {_percent(parts[0][name])}, so it only shifts the scores.",
        )
        for name in parts[0]
        if len({each[name] for each in parts}) == 1
    ]


def _why_constant(score: float) -> str:
    if score == 0.0:
        return (
            "Either all of them are wrong, or the metric is too strict about how an answer is "
            "written: compare expected and given."
        )
    if score == 1.0:
        return (
            "Either the program gets all of them right already, or the metric is too lenient: type "
            "a wrong answer below and see what it scores."
        )
    return "The metric does not seem to look at the answer: compare expected and given."


def _percent(score: float) -> str:
    return f"{100 * score:.1f} %"
