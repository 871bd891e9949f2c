"""A metric tried on a few answers: what is said of the scores, and what a choice starts with."""

import pytest

from core.data.dataset import Example
from core.evaluation.evaluator import ExampleFailure, ExampleResult, Trace
from core.evaluation.metrics import METRIC_KINDS, metric
from core.lm.connection import LMConfig
from core.lm.usage import Usage
from dashboard.charts.metric_scores import metric_scores_figure
from dashboard.metric_choice import (
    aliases_in,
    aliases_text,
    json_names,
    judge_warnings,
    starting_parameters,
)
from dashboard.metric_trial import (
    findings,
    metric_key,
    program_key,
    scored,
    scored_again,
    trial_frame,
)
from tests.dashboard.conftest import iris_config


def example(row, **outputs):
    return Example(id=str(row), inputs={"question": "?"}, outputs=outputs or {"answer": "Ada"})


def result(score, *, outputs=None, parts=None, message=None):
    failure = None if message is None else ExampleFailure(
        kind="MetricError", message=message, stage=None, from_model=False
    )  # fmt: skip
    return ExampleResult(
        example="0",
        score=score,
        failure=failure,
        trace=Trace(
            outputs={"answer": "x"} if outputs is None else outputs,
            stages=[], prompts=[], parts=parts or {},
        ),
        seconds=0.0,
        usage=Usage(),
    )  # fmt: skip


def test_a_constant_metric_is_called_out_with_what_it_may_mean():
    (none,) = findings([result(0.0)] * 10)
    assert none.title == "All 10 answers score 0.0 %."
    assert "too strict" in none.text
    assert "too lenient" in findings([result(1.0)] * 3)[0].text
    assert "does not seem to look at the answer" in findings([result(0.5)] * 3)[0].text
    (good,) = findings([result(0.0), result(1.0)])
    assert good.is_good
    assert "from 0.0 % to 100.0 %, 50.0 % on average (n = 2)" in good.text


def test_a_part_that_never_changes_is_called_out():
    mixed = [result(0.25, parts={"a": 0.5, "b": 0.0}), result(0.5, parts={"a": 1.0, "b": 0.0})]
    (found,) = findings(mixed)
    assert found.text == "“b” is always 0.0 %, so it only shifts the scores."


def test_what_failed_is_told_apart_by_who_failed():
    found = findings([
        result(None, message="no number"),
        result(None, message="no number"),
        result(None, outputs={}, message="it timed out"),
        result(1.0),
        result(0.0),
    ])  # fmt: skip
    assert [each.title for each in found] == [
        "2 of 5 examples could not be scored.",
        "1 of 5 examples got no answer from the program.",
    ]
    assert found[0].text == "no number"


def test_an_answer_made_by_hand_is_scored_without_a_model_and_a_fault_is_no_score():
    mixed = metric("weighted", {"parts": [{"metric": "exact_match"}, {"metric": "f1"}]})
    found = scored(example(0, answer="red house"), {"answer": "the house"}, mixed)
    assert found.trace.parts == {"exact_match": 0.0, "f1": pytest.approx(2 / 3)}
    assert found.usage.calls == 0
    category = metric("conditional", {"category": "kind"})
    assert "no value for 'kind'" in scored(example(0), {"answer": "Ada"}, category).failure.message


def test_the_same_answers_are_scored_again_under_another_metric():
    answers = [result(0.0, outputs={"answer": "It was Ada"}), result(None, outputs={}, message="m")]
    again = scored_again(answers, [example(0), example(1)], metric("contains"))
    assert [each.score for each in again] == [1.0, None]
    frame = trial_frame(again, [example(0), example(1)])
    assert list(frame) == ["Row", "Score", "Expected", "Given", "Problem"]
    assert list(frame["Row"]) == [1, 2]


def test_answers_stay_while_only_the_metric_changes(store):
    config = iris_config(store)
    other = config.model_copy(update={"metric": "f1", "name": "x"})
    model = config.model_copy(update={"task_model": LMConfig(model="m")})
    assert program_key(config) == program_key(other) != program_key(model)
    assert metric_key(config) != metric_key(other)


def test_a_metric_starts_with_what_fits_the_data():
    data = {"answer": ["spam", "ham"]}
    assert starting_parameters("label", data) == {"labels": ["ham", "spam"]}
    assert starting_parameters("conditional", data) == {"category": "answer"}
    for name, kind in METRIC_KINDS.items():
        if name != "own":
            assert kind.metric(starting_parameters(name, data)).name == name
    assert json_names({"a": ['{"x": 1}', "no", '{"y": 2}']}) == ("x", "y")


def test_spellings_are_read_line_by_line_and_odd_lines_named():
    found, strange = aliases_in("junk = spam\n\n a = b = ham\nnothing\n")
    assert (found, strange) == ({"junk": "spam", "a = b": "ham"}, ["nothing"])
    assert aliases_in(aliases_text(found))[0] == found


def test_a_judge_that_is_also_another_model_of_the_run_is_warned_of():
    judge = {"model": {"model": "m", "api_base": "http://localhost:1/v1", "temperature": 0.5}}
    same = LMConfig(model="m", api_base="http://localhost:1/v1")
    others = {"task model": same, "prompt model": LMConfig(model="m"), "teacher model": None}
    (found,) = judge_warnings("judge", judge, others)
    assert "The judge m is also the task model." in found
    assert not judge_warnings("judge", {"model": {}}, {"task model": LMConfig()})


def test_scores_are_spread_over_eleven_bars():
    (bars,) = metric_scores_figure([0.0, 0.04, 0.5, 1.0]).data
    assert list(bars.y) == [2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
