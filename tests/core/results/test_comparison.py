import pytest

from core.data.dataset import Example
from core.evaluation.evaluator import Trace
from core.results.comparison import (
    compare,
    comparison_rows,
    difference_in_words,
    eval_traces,
    in_one_line,
    results_of,
)
from core.runs.events import Failure
from core.runs.parts import Result
from core.storage.memory import MemoryStore
from tests import run_log


def results(**scores: float | None) -> dict[str, Result]:
    failure = Failure(kind="Timeout", message="slow")
    return {
        name.removeprefix("e"): Result(
            score=score, failure=failure if score is None else None, attempt=0, seconds=0.1
        )
        for name, score in scores.items()
    }


def test_only_examples_that_every_candidate_has_a_score_for_count():
    found = compare(
        {
            "a": results(e1=0.0, e2=1.0, e3=1.0),
            "b": results(e1=1.0, e2=1.0, e4=0.0),
            "c": results(e1=1.0, e2=None, e3=0.0),
        }
    )
    assert found.n == 1
    assert found.scores == {"a": {"1": 0.0}, "b": {"1": 1.0}, "c": {"1": 1.0}}
    assert found.means["a"].n == 1


def test_every_candidate_is_compared_with_the_first():
    reference = results(**{f"e{row}": float(row % 3 == 0) for row in range(60)})
    better = results(**{f"e{row}": 1.0 for row in range(60)})
    found = compare({"a": reference, "b": better, "c": reference})
    assert set(found.differences) == {"b", "c"}
    assert found.differences["b"].value == pytest.approx(2 / 3)
    assert found.differences["c"].value == 0.0
    assert len(found.differing) == 40


def test_nothing_in_common_is_an_answer_and_not_an_error():
    found = compare({"a": results(e1=1.0), "b": results(e2=1.0)})
    assert (found.n, found.means, found.differences, found.differing) == (0, {}, {}, [])


@pytest.mark.parametrize("count", [1, 5])
def test_two_to_four_candidates_are_compared(count):
    with pytest.raises(ValueError, match="compare 2 to 4"):
        compare({str(number): {} for number in range(count)})


def test_examples_with_the_largest_difference_come_first():
    found = compare({"a": results(e1=0.5, e2=0.0, e3=1.0), "b": results(e1=0.7, e2=1.0, e3=1.0)})
    assert found.differing == ["2", "1"]


def test_a_clear_difference_is_said_in_points_with_interval_and_n():
    worse = results(**{f"e{row}": float(row % 3 == 0) for row in range(60)})
    better = results(**{f"e{row}": 1.0 for row in range(60)})
    up = compare({"a": worse, "b": better}).differences["b"]
    assert difference_in_words(up, "C5", "C0").startswith("C5 is better than C0 by 66.7 points (95")
    assert difference_in_words(up, "C5", "C0").endswith("n = 60).")
    down = compare({"a": better, "b": worse}).differences["b"]
    said = difference_in_words(down, "C5", "C0")
    assert said.startswith("C5 is worse than C0 by 66.7 points (95 %: 5")


def test_an_unclear_difference_is_said_to_be_unclear():
    one = results(**{f"e{row}": float(row % 2) for row in range(10)})
    other = results(**{f"e{row}": float(row < 6) for row in range(10)})
    found = compare({"a": one, "b": other}).differences["b"]
    assert difference_in_words(found, "C2", "C0").startswith(
        "These 10 examples cannot tell C2 and C0 apart: +10.0 points"
    )


def test_a_candidate_is_called_better_only_when_interval_and_test_agree():
    reference = results(**{f"e{row}": 0.0 for row in range(20)})
    other = results(**{f"e{row}": float(row < 5) for row in range(20)})
    for pair, sign in (({"a": reference, "b": other}, "+"), ({"a": other, "b": reference}, "-")):
        found = compare(pair).differences["b"]
        assert found.low * found.high > 0  # the interval alone would settle it
        assert found.p_value == 2 / 2**5
        said = difference_in_words(found, "C2", "C0")
        assert said.startswith(f"These 20 examples cannot tell C2 and C0 apart: {sign}25.0 points")
        assert said.endswith(", p = 0.062, n = 20).")


def test_rows_show_input_expectation_and_what_each_candidate_answered():
    found = compare({"a": results(e1=0.0, e2=1.0), "b": results(e1=1.0, e2=1.0)})
    known = {"1": Example(id="1", inputs={"x": 1, "y": "two"}, outputs={"label": "cat"})}
    traces = {("b", "1"): Trace(outputs={"label": "cat"}, stages=[], prompts=[])}
    rows = comparison_rows(found, {"a": "C0", "b": "C1"}, known, traces)
    assert rows.to_dict("records") == [
        {
            "example": "1",
            "input": "x: 1 · y: two",
            "expected": "cat",
            "C0 score": 0.0,
            "C0 output": None,
            "C1 score": 1.0,
            "C1 output": "cat",
        }
    ]


def test_candidates_that_score_alike_have_no_rows():
    found = compare({"a": results(e1=1.0), "b": results(e1=1.0)})
    assert comparison_rows(found, {"a": "C0", "b": "C1"}, {}, {}).empty


def test_traces_are_read_by_candidate_and_example():
    store = MemoryStore()
    run_id, _, plan = run_log.iris_run(store)
    state = run_log.replay(store, run_id)
    found = eval_traces(store, run_id, [state.baseline, "unknown"], [plan.val[0], "unknown"])
    assert list(found) == [(state.baseline, plan.val[0])]
    assert found[state.baseline, plan.val[0]].stages[0].predictor == "classify.predict"


def test_copied_results_do_not_grow_with_the_state():
    state = run_log.state_of(run_log.events(run_log.Plan(), "bootstrap"))
    taken = results_of(state, [state.baseline, "unknown"])
    state.results[state.baseline].clear()
    assert len(taken[state.baseline]) == 40
    assert taken["unknown"] == {}


def test_no_value_at_all_is_an_empty_line():
    assert in_one_line({}) == ""
    assert in_one_line({"label": None}) == ""
