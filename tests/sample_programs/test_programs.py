import csv
import json
from pathlib import Path

import dspy
import pytest

from core.data.bundled import bundled
from core.programs.predictors import predictors
from core.programs.registry import template
from core.programs.template import Passage
from core.proposal.locks import split_marks
from sample_programs.heart_disease import ATTRIBUTES
from tests.core.lm.offline_prompts import offline_lm

FOLDER = Path("sample_programs/data")
FIELDS = {
    "classification": (("petal_length", "petal_width", "sepal_length", "sepal_width"), ("answer",)),
    "free_answer": (("question",), ("answer",)),
    "question_answering": (("context", "question"), ("answer",)),
    "retrieval_qa": (("question",), ("answer",)),
    "multi_hop_qa": (("question",), ("answer",)),
    "iris": (("petal_length", "petal_width", "sepal_length", "sepal_width"), ("answer",)),
    "iris_typo": (("petal_length", "petal_width", "sepal_length", "sepal_width"), ("answer",)),
    "scone": (("context", "question"), ("answer",)),
    "heart_disease": (tuple(ATTRIBUTES), ("answer",)),
    "hotpotqa_conditional": (("question",), ("answer", "category")),
    "routing": (("context", "question"), ("answer",)),
}
CALLS_AT_MOST = {"react_agent": 5, "hover": 4, "heart_disease": 4, "routing": 2, "extraction": 1}
QUERY = (
    "Name the person or place that the context brings up and add only what is still missing. "
    "Do not copy the question."
)
ANSWER = "Answer with only the name or year, in as few words as possible, not a full sentence."


def rows_of(name):
    path = next(FOLDER.glob(f"{name}.*"))
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file)) if path.suffix == ".csv" else [*map(json.loads, file)]


def built(name):
    found = template(name)
    inputs, outputs = FIELDS[name]
    labels = ("setosa", "versicolor", "virginica") if name == "classification" else ()
    passages = [Passage(**row) for row in rows_of(found.passages)] if found.passages else []
    return found.build(found.checked_setup(inputs, outputs, labels, passages))


def score(program, rows, inputs):
    with dspy.context(lm=offline_lm()):
        right = [
            program(**{name: row[name] for name in inputs}).answer.lower() == row["answer"].lower()
            for row in rows
        ]
    return sum(right) / len(right)


@pytest.mark.parametrize("name", FIELDS)
def test_every_program_runs_on_its_bundled_dataset(name):
    program = built(name)
    row = rows_of(template(name).dataset)[0]
    with dspy.context(lm=offline_lm()):
        prediction = program(**{field: row[field] for field in FIELDS[name][0]})
    assert prediction.answer
    assert prediction.reasoning


@pytest.mark.parametrize("name", FIELDS)
def test_every_template_names_bundled_data_with_its_fields(name):
    found = template(name)
    inputs, outputs = FIELDS[name]
    entry = bundled()[found.dataset]
    assert set(inputs) <= set(entry.inputs)
    assert set(outputs) <= set(entry.outputs)
    assert found.passages is None or found.passages in bundled()


@pytest.mark.parametrize("name", FIELDS)
def test_the_stages_name_the_programs_predictors(name):
    found = template(name)
    known = {info.name for info in predictors(built(name))}
    assert {stage.predictor for stage in found.stages if stage.kind == "predictor"} == known
    stages = [stage.name for stage in found.stages]
    assert all(before in stages for stage in found.stages for before in stage.after)


@pytest.mark.parametrize("name", FIELDS)
def test_the_stages_count_the_calls(name):
    row = rows_of(template(name).dataset)[0]
    with dspy.context(lm=offline_lm(), trace=[]):
        built(name)(**{field: row[field] for field in FIELDS[name][0]})
        assert len(dspy.settings.trace) == template(name).calls_per_run


@pytest.mark.parametrize("name", CALLS_AT_MOST)
def test_loops_ensembles_and_routes_announce_the_most_calls_of_one_run(name):
    assert template(name).calls_per_run == CALLS_AT_MOST[name]


def test_the_seeds_are_those_of_the_paper():
    def told(name):
        return {info.name: info.instruction for info in predictors(built(name))}

    assert told("scone") == {"decide.predict": "context, question -> answer"}
    assert told("iris")["classify.predict"].startswith("Given the petal and sepal dimensions")
    assert (
        'end your response with "Peace!"' in told("hotpotqa_conditional")["generate_answer.predict"]
    )
    assert told("hotpotqa_conditional")["generate_query.predict"] == (
        "Given the fields `context`, `question`, produce the fields `search_query`."
    )
    assert len(told("heart_disease")) == 4
    described = predictors(built("iris_typo"))[0].outputs[-1].description
    assert described == "setosa, versicolour, or virginica"


def test_three_trainees_are_asked_at_three_temperatures():
    trainees = built("heart_disease").trainees
    asked = [each.predict.config["temperature"] for each in trainees]
    assert asked == pytest.approx([0.7, 0.71, 0.72])


def test_what_the_tools_are_is_locked_in_the_agents_instruction():
    found = template("react_agent")
    program = found.build(
        found.checked_setup(
            ["question"], ["answer"], (), [Passage(title="Sky", text="It is blue.")]
        )
    )
    _, spans = split_marks(program.agent.react.signature.instructions, where="agent.react")
    assert all(tool in spans[0] for tool in ("lookup", "calculator", "finish"))


def test_copies_of_a_retrieving_program_share_the_index():
    program = built("multi_hop_qa")
    copy = program.deepcopy()
    assert copy.index is program.index
    assert copy.generate_query is not program.generate_query


def test_labels_stand_in_the_output_description():
    (info,) = predictors(built("classification"))
    assert info.outputs[-1].description == "one of: setosa, versicolor, virginica"


def test_better_instructions_and_both_predictors_matter_on_multi_hop_questions():
    rows = rows_of("multi_hop_questions")[:120]
    plain, told = built("multi_hop_qa"), built("multi_hop_qa")
    signature = told.generate_answer.predict.signature
    told.generate_answer.predict.signature = signature.with_instructions(ANSWER)
    answers_only = score(told, rows, ["question"])
    signature = told.generate_query.predict.signature
    told.generate_query.predict.signature = signature.with_instructions(QUERY)
    both = score(told, rows, ["question"])
    baseline = score(plain, rows, ["question"])
    assert 0.05 < baseline < 0.4
    assert baseline + 0.15 < both
    assert answers_only + 0.05 < both


def test_a_better_instruction_matters_on_retrieved_passages():
    rows = rows_of("passage_questions")[:80]
    plain, told = built("retrieval_qa"), built("retrieval_qa")
    signature = told.generate_answer.predict.signature
    told.generate_answer.predict.signature = signature.with_instructions(ANSWER)
    assert score(plain, rows, ["question"]) + 0.15 < score(told, rows, ["question"])
