"""Runs whose candidates have exactly the scores that a test says, on the bundled iris."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.evaluation.evaluator import PromptRun, StageRun, Trace, trace_to_json
from core.lm.usage import Usage
from core.programs.candidate import NO_DEMOS, Candidate, Choice, demo_set_id, instruction_id
from core.runs import events as ev
from core.runs.config import RunConfig
from core.runs.preparation import prepare
from core.runs.state import RunState
from core.runs.store import Store
from tests import run_log
from tests.scored_example import scored_example

Scores = Mapping[str, float | None]
"""Example → score; None for a failure."""

USAGE = Usage(calls=1, input_tokens=200, output_tokens=10, cost_usd=0.002)


def scored_run(
    store: Store,
    val: Sequence[Scores],
    test: Sequence[Scores] = (),
    *,
    answers: Mapping[tuple[int, str], str] | None = None,
    usage: Usage = USAGE,
    **settings: Any,
) -> tuple[str, list[str]]:
    """The id of a new run and its candidates; the first one is the baseline.

    `val` and `test` have the scores of each candidate in turn. `answers`: (candidate, example) →
    the label in its trace; nothing else leaves a trace.
    """
    config = run_log.iris_config(store, **settings)
    infos = prepare(config, store).predictors
    run_id = store.create(config)
    events: list[ev.Event] = [
        ev.RunStarted(worker="here:1", predictors=infos, train=60, val=60, test=30)
    ]
    demos = ({"petal_length": "1.4", "answer": "setosa"},)
    for info in infos:
        for id_, of, source in ((NO_DEMOS, (), "none"), (demo_set_id(demos), demos, "labelled")):
            events.append(ev.DemoSetBuilt(predictor=info.name, id=id_, demos=of, source=source))
    candidates = []
    for number in range(max(len(val), len(test))):
        choices = {}
        for info in infos:
            text = info.instruction if number == 0 else f"Variant {number}. {info.instruction}"
            events.append(
                ev.InstructionProposed(
                    predictor=info.name, index=number, id=instruction_id(text), text=text
                )
            )
            demo_set = NO_DEMOS if number == 0 else demo_set_id(demos)
            choices[info.name] = Choice(instruction=instruction_id(text), demo_set=demo_set)
        candidates.append(Candidate(choices=choices))
    trial = 0
    for part, given in (("val", val), ("test", test)):
        for candidate, scores in zip(candidates, given, strict=False):
            purpose = "test" if part == "test" else "full" if trial else "baseline"
            events += _trial(trial, purpose, candidate, scores, usage)
            trial += 1
    store.append(run_id, events, _traces(config, store, candidates, answers or {}))
    return run_id, [each.id for each in candidates]


def state_of(store: Store, run_id: str) -> RunState:
    """The state of a stored run."""
    return run_log.replay(store, run_id)


def scores(values: Sequence[float | None], first: int = 0) -> dict[str, float | None]:
    """Consecutive rows of the dataset → score."""
    return {str(first + place): value for place, value in enumerate(values)}


def _trial(
    number: int, purpose: Any, candidate: Candidate, scores: Scores, usage: Usage
) -> list[ev.Event]:
    known = [each for each in scores.values() if each is not None]
    failure = ev.Failure(kind="AdapterParseError", message="no field `answer`")
    return [
        ev.TrialStarted(
            number=number, purpose=purpose, candidate=candidate, examples=tuple(scores)
        ),
        *(
            scored_example(
                number, candidate.id, example, score, seconds=0.5, usage=usage, failure=failure
            )
            for example, score in scores.items()
        ),
        ev.TrialFinished(
            number=number,
            mean=sum(known) / len(known) if known else None,
            n=len(known),
            failed=len(scores) - len(known),
        ),
    ]


def _traces(
    config: RunConfig,
    store: Store,
    candidates: Sequence[Candidate],
    answers: Mapping[tuple[int, str], str],
) -> dict[str, str]:
    frame = store.dataset(config.dataset).frame
    traces = {}
    for (number, example), answer in answers.items():
        row = frame.iloc[int(example)].to_dict()
        inputs = {field: row[column] for field, column in config.mapping.inputs.items()}
        (name,) = candidates[number].choices
        stage = StageRun(predictor=name, inputs=inputs, outputs={"answer": answer})
        prompt = PromptRun(messages=[{"role": "user", "content": example}], completion=answer)
        trace = Trace(outputs={"answer": answer}, stages=[stage], prompts=[prompt])
        traces[f"eval/{candidates[number].id}/{example}"] = trace_to_json(trace)
    return traces
