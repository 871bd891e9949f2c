"""The bench of the Playground, without a screen."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.data.dataset import Example
from core.lm.connection import LMConfig, connect
from core.lm.usage import Usage
from core.programs.candidate import NO_DEMOS, Candidate, Choice, instruction_id
from core.runs.preparation import prepare
from dashboard.components import playground_example
from dashboard.components.playground_answer import money_text, took_text
from dashboard.components.playground_run_bar import RunPlan, plan_text
from dashboard.playground import MOST_KEPT, PATIENCE, Answer, Bench, Column, Taken, answer
from tests import run_log


@pytest.fixture
def pool():
    with ThreadPoolExecutor(max_workers=2) as started:
        yield started


@pytest.fixture
def task(store):
    return prepare(run_log.iris_config(store), store)


def column_of(task, text=None, uid=0):
    (info,) = task.predictors
    own = {info.name: info.instruction}
    choice = Choice(instruction=instruction_id(info.instruction), demo_set=NO_DEMOS)
    return Column(
        uid=uid,
        candidate=Candidate(choices={info.name: choice}),
        label="C0 (baseline)",
        own=own,
        instructions=own if text is None else {info.name: text},
        demos={info.name: ()},
    )


def test_a_column_is_scored_on_an_example_and_not_on_what_was_typed(task):
    example, lm = task.val[0], connect(LMConfig(), role="task model")
    taken = Taken(example=example, part="Validation")
    scored = answer(task, column_of(task), taken, lm=lm)
    assert scored.score in (0.0, 1.0)
    assert scored.trace.outputs["answer"]
    typed = Example(id="typed", inputs=example.inputs, outputs={"answer": None})
    unscored = answer(task, column_of(task), Taken(example=typed, part=None), lm=lm)
    assert unscored.score is None
    assert unscored.result.failure is None
    assert unscored.trace.outputs == scored.trace.outputs


def test_a_column_that_lacks_a_predictor_says_so_in_words(task):
    broken = Column(
        uid=0, candidate=Candidate(choices={}), label="C0", own={}, instructions={}, demos={}
    )
    taken = Taken(example=task.val[0], part="Validation")
    said = answer(task, broken, taken, lm=connect(LMConfig(), role="task model"))
    assert "says nothing about predictor" in said.problem
    assert said.score is None


def test_equal_questions_have_one_key_whichever_column_asks(task):
    taken = Taken(example=task.val[0], part="Validation")
    other = Taken(example=task.val[1], part="Validation")
    assert column_of(task).key(taken) == column_of(task, uid=5).key(taken)
    assert column_of(task).key(taken) != column_of(task, "Other words").key(taken)
    assert column_of(task).key(taken) != column_of(task).key(other)
    edited = column_of(task, "Other words")
    assert edited.title == "C0 (baseline), edited"
    assert edited.unedited.key(taken) == column_of(task).key(taken)
    assert column_of(task, "  ").empty == tuple(column_of(task).own)


def test_what_is_being_asked_is_not_asked_twice_and_an_answer_comes_in_later(pool):
    bench, gate, calls = Bench(), threading.Event(), []

    def work():
        calls.append(1)
        gate.wait(10)
        return Answer(problem="done")

    bench.ask(pool, "a", work, now=0.0)
    bench.ask(pool, "a", work, now=1.0)
    assert bench.collect(now=2.0)
    assert bench.asking("a", 2.0) == 2.0
    gate.set()
    assert not bench.collect(now=3.0, patience=5.0)
    assert bench.answers == {"a": Answer(problem="done")}
    assert bench.asking("a", 3.0) is None
    assert len(calls) == 1


def test_an_error_of_one_column_harms_no_other(pool):
    def broken():
        raise KeyError("no such thing")

    bench = Bench()
    bench.ask(pool, "bad", broken, now=0.0)
    bench.ask(pool, "good", lambda: Answer(problem=None), now=0.0)
    bench.collect(now=0.0, patience=5.0)
    assert bench.answers["bad"].problem == "KeyError: 'no such thing'"
    assert bench.answers["good"] == Answer(problem=None)


def test_a_column_that_hangs_is_given_up(pool):
    bench, gate = Bench(), threading.Event()
    bench.ask(pool, "slow", lambda: gate.wait(20) and Answer(), now=0.0)
    assert not bench.collect(now=PATIENCE + 1)
    assert "nobody waits for it any more" in bench.answers["slow"].problem
    gate.set()


def test_only_the_newest_answers_are_kept(pool):
    bench = Bench()
    for number in range(MOST_KEPT + 5):
        bench.ask(pool, str(number), Answer, now=0.0)
        bench.collect(now=0.0, patience=5.0)
    assert list(bench.answers)[0] == "5"
    assert len(bench.answers) == MOST_KEPT


def plan(**changes):
    known = {
        "model": "gpt",
        "offline": False,
        "columns": 3,
        "missing": 2,
        "calls_per_run": 3,
        "spent": Usage(calls=30, input_tokens=9_000, output_tokens=1_000, cost_usd=0.02),
        "runs": 10,
    }
    return RunPlan(**{**known, **changes})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {},
            "2 columns × 3 calls to gpt: 6 calls, about 2,000 tokens, $0.004. "
            "The answer of 1 column is kept.",
        ),
        ({"runs": 0, "missing": 3}, "3 columns × 3 calls to gpt: 9 calls."),
        (
            {"missing": 1, "calls_per_run": 1, "offline": True},
            "1 column × 1 call to gpt: 1 call. The answers of 2 columns are kept.",
        ),
        ({"missing": 0}, "Nothing new to ask: every column has its answer below."),
        ({"columns": 0, "missing": 0}, "No column can be asked."),
    ],
)
def test_what_a_run_costs_is_said_before(changes, said):
    assert plan_text(plan(**changes)) == said


def test_what_an_answer_took_is_told_with_what_the_cache_saved():
    paid = Usage(calls=2, input_tokens=1_200, output_tokens=40, cost_usd=0.0012)
    assert took_text(0.5, paid) == "0.50 s · 2 calls · 1,200 tokens in, 40 out · $0.0012"
    assert took_text(0.0, Usage(cached=1)) == (
        "0.00 s · 1 call, repeated from the cache at no cost"
    )
    mixed = paid + Usage(cached=1, priced=False)
    assert took_text(1.0, mixed).startswith("1.00 s · 3 calls, 1 of them repeated from the cache")
    assert took_text(1.0, mixed).endswith("price unknown")
    assert [money_text(each) for each in (0.0, 0.00042, 1.2)] == ["$0.00", "$0.00042", "$1.20"]


def test_examples_are_found_by_words_of_input_or_answer_and_by_row():
    examples = [
        Example(id="3", inputs={"text": "A red fox"}, outputs={"answer": "animal"}),
        Example(id="8", inputs={"text": ["red", "rose"]}, outputs={"answer": "plant"}),
    ]

    def found(words):
        return [each.id for each in playground_example.matching(examples, words)]

    assert found("") == found("RED") == ["3", "8"]
    assert found("red plant") == ["8"]
    assert found("row 4") == ["3"]
    assert found("blue") == []


def test_typed_lists_are_read_as_json_and_the_rest_as_text():
    like = {"context": ["one"], "question": "?"}
    typed = {"context": '["a", "b"]', "question": "12"}
    assert playground_example.parsed(typed, like) == {"context": ["a", "b"], "question": "12"}
    with pytest.raises(ValueError, match="context: this is not JSON"):
        playground_example.parsed({**typed, "context": "a, b"}, like)
    with pytest.raises(ValueError, match="Type an input"):
        playground_example.parsed({"context": " ", "question": ""}, like)
    assert playground_example.as_typed(["ä"]) == '["ä"]'


def test_the_bench_waits_no_longer_than_it_is_told(pool):
    bench, gate = Bench(), threading.Event()
    bench.ask(pool, "slow", lambda: gate.wait(10) and Answer(), now=0.0)
    began = time.monotonic()
    assert bench.collect(now=0.0, patience=0.05)
    assert time.monotonic() - began < 5.0
    gate.set()
