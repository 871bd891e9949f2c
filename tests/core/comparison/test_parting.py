import pytest

from core.comparison.parting import aligned, parting
from core.evaluation.evaluator import StageRun, Trace


def trace(*calls):
    """Calls: (predictor, what it was given, what it answered)."""
    stages = [
        StageRun(predictor=p, inputs={"x": given}, outputs={"y": out}) for p, given, out in calls
    ]
    return Trace(outputs={}, stages=stages, prompts=[])


ASK, ANSWER = ("ask.predict", "question", "query"), ("answer.predict", "passages", "Paris")


def test_equal_runs_do_not_part():
    assert parting(trace(ASK, ANSWER), trace(ASK, ANSWER)) is None
    assert parting(trace(), trace()) is None


def test_runs_part_at_the_first_answer_that_differs():
    found = parting(trace(ASK, ANSWER), trace(("ask.predict", "question", "other"), ANSWER))

    assert (found.stage, found.where, found.pair.predictor) == (0, "outputs", "ask.predict")
    assert found.sentence == "They part at what ask answered: y."


def test_a_stage_that_was_given_something_else_differs_before_its_answer():
    found = parting(trace(ASK, ANSWER), trace(ASK, ("answer.predict", "no passages", "Rome")))

    assert (found.stage, found.where) == (1, "inputs")
    assert (found.pair.inputs, found.pair.outputs) == (("x",), ("y",))
    assert found.sentence == "They part at what answer was given: x."


def test_a_call_more_is_a_call_that_only_one_side_made():
    again = ("ask.predict", "again", "query 2")
    pairs = aligned(trace(ASK, ANSWER), trace(ASK, again, ANSWER))

    assert [(pair.predictor, pair.call, pair.where) for pair in pairs] == [
        ("ask.predict", 1, None),
        ("ask.predict", 2, "only right"),
        ("answer.predict", 1, None),
    ]
    found = parting(trace(ASK, again, ANSWER), trace(ASK, ANSWER))
    assert (found.stage, found.where) == (1, "only left")
    assert found.sentence == "They part at ask (call 2), which only one of them called."


def test_a_run_that_failed_early_parts_where_it_ended():
    assert parting(trace(ASK), trace(ASK, ANSWER)).where == "only right"
    assert parting(trace(), trace(ASK, ANSWER)).stage == 0


@pytest.mark.parametrize("outputs", [{"y": "Paris", "z": 1}, {}], ids=["more", "less"])
def test_a_field_that_one_side_lacks_is_a_difference(outputs):
    other = Trace(
        outputs={},
        stages=[StageRun(predictor="answer.predict", inputs={"x": "passages"}, outputs=outputs)],
        prompts=[],
    )
    found = parting(trace(ANSWER), other)
    assert found.where == "outputs"
    assert found.pair.outputs in (("z",), ("y",))
