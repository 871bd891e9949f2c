"""What `evaluate` asks for and prints: candidates on more examples, and the model's own noise."""

import argparse
import time
from collections.abc import Callable, Sequence
from typing import Any

from core.errors import ConfigError
from core.evaluation.statistics import mean
from core.results.memo import candidate_labels
from core.results.noise import own_noise
from core.runs.authoring import requested_evaluation
from core.runs.decisions import ExamplePart
from core.runs.evaluations import EvaluationCost, evaluation_cost, results_on
from core.runs.liveness import has_worker
from core.runs.parts import Evaluation
from core.runs.preparation import prepare
from core.runs.scores import best_candidate
from core.runs.state import RunState
from core.runs.store import Store

HOW_ENDED = {
    "done": "all that was asked for is there",
    "bound": "its own bound on LM calls was reached",
    "cap": "the run's cap on LM calls leaves no room for more",
    "cancelled": "somebody took the request back",
    "stopped": "the run was stopped",
    "failed": "the worker could not go on",
    None: "it waits for the run to go on",
}


def ask_for_evaluation(
    options: argparse.Namespace, store: Store, *, by: str, say: Callable[[str], None]
) -> int:
    """Write the request into the run's log; its number. Says what it will cost.

    Raises:
        RunNotFound: there is no such run.
        InputError: a candidate is unknown, or nothing can be evaluated.
    """
    config = store.run(options.run_id).config
    state = RunState().fold(store.since(options.run_id, 0))
    said = requested_evaluation(
        state,
        named_candidates(state, options.candidates),
        by=by,
        part=options.part,
        examples=options.examples,
        repeats=options.repeats,
        max_calls=options.max_calls,
    )
    say(cost_text(evaluation_cost(state, said, prepare(config, store))))
    store.append(options.run_id, [said])
    state.fold(store.since(options.run_id, state.seq))
    return max(each.number for each in state.steering.evaluations if each.said == said)


def why_not_at_once(run_id: str, store: Store) -> str | None:
    """Why the request waits for others; None where the run is taken up for it alone."""
    if RunState().fold(store.since(run_id, 0)).returns_to is not None:
        return None
    if has_worker(store.run(run_id).heartbeat, time.time()):
        return f"The worker that is at run {run_id} evaluates it in its turn."
    return (
        f"Run {run_id} has not ended; `python -m core resume {run_id}` goes on with it and "
        "evaluates what was asked for."
    )


def named_candidates(state: RunState, names: Sequence[str]) -> list[str]:
    """Ids of candidates named by id, as `C7`, `baseline` or `best`; without names these two.

    Raises:
        ConfigError: there is no such candidate.
    """
    known = {label.split()[0]: id_ for id_, label in candidate_labels(state).items()}
    known |= {id_: id_ for id_ in state.candidates}
    for name, id_ in (("baseline", state.baseline), ("best", best_candidate(state))):
        if id_ is not None:
            known[name] = id_
    wanted = names or [name for name in ("baseline", "best") if name in known]
    if unknown := [name for name in wanted if name not in known]:
        raise ConfigError(
            f"the run has no candidate {unknown[0]!r}: give an id, a label such as C3, "
            "`baseline` or `best`."
        )
    return list(dict.fromkeys(known[name] for name in wanted))


def cost_text(cost: EvaluationCost) -> str:
    """What the request takes, in one sentence."""
    if cost.results == 0:
        return "Nothing is missing; it takes no LM call."
    price = "price unknown" if cost.cost_usd is None else f"about ${cost.cost_usd:.2f}"
    return f"{cost.results:,} runs are missing: at most {cost.calls:,} LM calls ({price})."


def evaluated(run_id: str, state: RunState, evaluation: Evaluation) -> dict[str, Any]:
    """The request and the scores of its candidates as plain values, as `--json` prints them."""
    said, labels = evaluation.said, candidate_labels(state)
    return {
        "run_id": run_id,
        "status": state.status,
        "request": evaluation.number,
        "part": said.part,
        "end": evaluation.end,
        "calls": evaluation.calls,
        "candidates": [
            {
                "candidate": each.id,
                "label": labels.get(each.id, each.id),
                **_score(state, each.id, said.part, evaluation.examples or ()),
            }
            for each in said.candidates
        ],
    }


def evaluated_text(found: dict[str, Any]) -> str:
    """The same for a person."""
    lines = [f"run {found['run_id']}: {found['status']}; {HOW_ENDED[found['end']]}"]
    for each in found["candidates"]:
        score, noise = each["score"], each["noise"]
        scored = (
            "–"
            if score is None
            else f"{score['score']:.1%} (95 %: {score['low']:.1%} to {score['high']:.1%}, "
            f"n = {score['n']})"
        )
        failed = f", {each['failed']} failed" if each["failed"] else ""
        again = (
            f"; over {noise['runs']} runs of {noise['examples']} examples {noise['mean']:.1%}, "
            f"one answer ± {noise['sd']:.1%}"
            if noise
            else ""
        )
        lines.append(f"{each['label']:>13}   {found['part']} {scored}{failed}{again}")
    lines.append(f"{found['calls']:,} LM calls")
    return "\n".join(lines)


def _score(
    state: RunState, candidate: str, part: ExamplePart, examples: Sequence[str]
) -> dict[str, Any]:
    own = results_on(state, candidate, part)
    results = [own[example] for example in examples if example in own]
    scores = [each.score for each in results if each.score is not None]
    found = mean(scores) if scores else None
    noise = own_noise(state, candidate, part)
    return {
        "score": found
        and {"score": found.value, "n": found.n, "low": found.low, "high": found.high},
        "failed": len(results) - len(scores),
        "noise": noise
        and {
            "sd": noise.sd,
            "examples": noise.examples,
            "runs": noise.runs,
            "mean": noise.mean.value,
        },
    }
