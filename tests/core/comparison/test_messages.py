from collections import Counter

import pytest

from core.comparison.messages import inputs_of, messages_for
from core.data.bundled import bundled_dataset
from core.data.dataset import FieldMapping
from core.errors import ConfigError
from core.evaluation.evaluator import evaluate_example
from core.lm.connection import LMConfig, connect
from core.programs.candidate import program_with
from core.results.run_results import CandidateTexts
from core.runs.config import RunConfig
from core.runs.preparation import prepare
from core.search.budget import preset
from core.storage.memory import MemoryStore
from tests import run_log


def multi_hop(store):
    questions, corpus = (
        bundled_dataset("multi_hop_questions"),
        bundled_dataset("multi_hop_passages"),
    )
    return RunConfig(
        name="Multi-hop",
        program="multi_hop_qa",
        dataset=store.put_dataset(questions),
        dataset_name=questions.name,
        mapping=FieldMapping(inputs={"question": "question"}, outputs={"answer": "answer"}),
        passages=store.put_dataset(corpus),
        metric="f1",
        budget=preset("light", 1),
    )


def texts_of(task):
    return CandidateTexts(
        candidate="c",
        label="C1",
        instructions={info.name: f"Work carefully. {info.instruction}" for info in task.predictors},
        demos={
            info.name: ({name: f"a {name}" for name in info.fields},) for info in task.predictors
        },
    )


@pytest.mark.parametrize("config_of", [run_log.iris_config, multi_hop], ids=["iris", "multi-hop"])
def test_the_messages_are_those_that_the_worker_sends(config_of):
    store = MemoryStore()
    task = prepare(config_of(store), store)
    texts, example = texts_of(task), task.val[0]
    program = program_with(task.program, texts.instructions, texts.demos)
    result = evaluate_example(
        program, example, metric=task.metric, lm=connect(LMConfig(), role="task model")
    )
    assert result.failure is None

    calls = Counter()
    for stage, prompt in zip(result.trace.stages, result.trace.prompts, strict=True):
        calls[stage.predictor] += 1
        inputs = inputs_of(result.trace, example, stage.predictor, calls[stage.predictor])
        written = messages_for(task.program, texts, stage.predictor, inputs)
        assert [(each.role, each.text) for each in written] == [
            (each["role"], each["content"]) for each in prompt.messages
        ]


def test_the_first_predictor_needs_no_trace():
    store = MemoryStore()
    task = prepare(run_log.iris_config(store), store)
    (info,) = task.predictors
    inputs = inputs_of(None, task.val[0], info.name)

    written = messages_for(task.program, texts_of(task), info.name, inputs)

    assert [each.role for each in written] == ["system", "user", "assistant", "user"]
    assert "Work carefully." in written[0].text
    assert str(task.val[0].inputs["petal_length"]) in written[-1].text
    assert info.instruction == task.predictors[0].instruction  # the task's own program is as it was


def test_what_only_a_trace_can_tell_is_not_made_up():
    store = MemoryStore()
    task = prepare(multi_hop(store), store)
    last = task.predictors[-1].name

    with pytest.raises(ConfigError, match="Run the example first"):
        messages_for(task.program, texts_of(task), last, inputs_of(None, task.val[0], last))


def test_an_unknown_predictor_is_named_with_those_there_are():
    store = MemoryStore()
    task = prepare(run_log.iris_config(store), store)

    with pytest.raises(ConfigError, match=r"no predictor 'nobody'; it has classify\.predict"):
        messages_for(task.program, texts_of(task), "nobody", {})


def test_a_call_that_was_not_made_has_no_inputs():
    store = MemoryStore()
    task = prepare(run_log.iris_config(store), store)
    example, (info,) = task.val[0], task.predictors
    result = evaluate_example(
        task.program, example, metric=task.metric, lm=connect(LMConfig(), role="task model")
    )

    with pytest.raises(ConfigError, match="was called 1 times on this example, not 2 times"):
        inputs_of(result.trace, example, info.name, 2)
