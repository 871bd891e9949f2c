from core.results.answers import eval_traces, in_one_line
from core.storage.memory import MemoryStore
from tests import run_log


def test_traces_are_read_by_candidate_and_example():
    store = MemoryStore()
    run_id, _, plan = run_log.iris_run(store)
    state = run_log.replay(store, run_id)
    found = eval_traces(store, run_id, [state.baseline, "unknown"], [plan.val[0], "unknown"])
    assert list(found) == [(state.baseline, plan.val[0])]
    assert found[state.baseline, plan.val[0]].stages[0].predictor == "classify.predict"


def test_several_values_stand_on_one_line_with_their_names():
    assert in_one_line({"x": 1, "y": "two"}) == "x: 1 · y: two"
    assert in_one_line({"label": "cat"}) == "cat"


def test_no_value_at_all_is_an_empty_line():
    assert in_one_line({}) == ""
    assert in_one_line({"label": None}) == ""
