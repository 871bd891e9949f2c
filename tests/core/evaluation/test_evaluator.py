import math
import threading

import dspy
import pytest
from dspy.lm15 import AuthError, ContextLengthError, RateLimitError
from pydantic import BaseModel

from core.data.dataset import Example
from core.evaluation.evaluator import demos_of, evaluate_example, trace_from_json, trace_to_json
from core.evaluation.metrics import METRICS, Metric, metric
from tests.scripted_lm import scripted_lm

EXACT = METRICS["exact_match"]
EXAMPLE = Example(id="3", inputs={"question": "Who?"}, outputs={"answer": "Ada"})


class TwoHops(dspy.Module):
    """A query, asked twice, then an answer."""

    def __init__(self):
        super().__init__()
        self.query = dspy.Predict("question, found -> words")
        self.answer = dspy.ChainOfThought("question, found -> answer")

    def forward(self, question):
        found = "nothing"
        for _ in range(2):
            found = self.query(question=question, found=found).words
        return self.answer(question=question, found=found)


THREE_ANSWERS = [
    {"words": "first"},
    {"words": "second"},
    {"reasoning": "Because.", "answer": "ada"},
]


def evaluated(
    script, program=None, metric=EXACT, example=EXAMPLE, repetition=0, spare=None, **settings
):
    with scripted_lm(script, **settings) as (lm, engine):
        result = evaluate_example(
            program or TwoHops(),
            example,
            metric=metric,
            lm=lm,
            repetition=repetition,
            spare=spare,
        )
    return result, engine


def test_an_example_is_scored_and_tells_what_every_stage_saw_and_answered():
    result, _ = evaluated(THREE_ANSWERS)
    assert (result.example, result.score, result.failure) == ("3", 1.0, None)
    assert result.trace.outputs == {"answer": "ada"}
    assert [(stage.predictor, stage.inputs, stage.outputs) for stage in result.trace.stages] == [
        ("query", {"question": "Who?", "found": "nothing"}, {"words": "first"}),
        ("query", {"question": "Who?", "found": "first"}, {"words": "second"}),
        (
            "answer.predict",
            {"question": "Who?", "found": "second"},
            {"reasoning": "Because.", "answer": "ada"},
        ),
    ]
    assert "first" in result.trace.prompts[0].completion
    assert "Who?" in result.trace.prompts[2].messages[-1]["content"]


def test_a_predictor_that_ran_twice_has_two_demos():
    result, _ = evaluated(THREE_ANSWERS)
    assert demos_of(result.trace) == {
        "query": (
            {"question": "Who?", "found": "nothing", "words": "first"},
            {"question": "Who?", "found": "first", "words": "second"},
        ),
        "answer.predict": (
            {"question": "Who?", "found": "second", "reasoning": "Because.", "answer": "ada"},
        ),
    }


def test_calls_and_tokens_of_all_stages_are_added_up():
    result, engine = evaluated(THREE_ANSWERS, input_price=2.0, output_price=4.0)
    assert result.usage.calls == len(engine.prompts) == 3
    assert result.usage.output_tokens > 0
    assert result.usage.cost_usd == pytest.approx(
        (2.0 * result.usage.input_tokens + 4.0 * result.usage.output_tokens) / 1e6
    )
    assert result.usage.priced


def test_a_wrong_answer_scores_zero_and_is_no_failure():
    result, _ = evaluated([*THREE_ANSWERS[:2], {"reasoning": "", "answer": "Bob"}])
    assert (result.score, result.failure) == (0.0, None)


def test_an_answer_in_the_wrong_format_twice_is_a_failure_of_its_stage_alone():
    result, engine = evaluated([THREE_ANSWERS[0], "no field markers here", "nor here"])
    assert result.score is None
    assert (result.failure.kind, result.failure.stage) == ("AdapterParseError", "query")
    assert not result.failure.from_model
    assert result.usage.calls == len(engine.prompts) == 3
    assert [stage.outputs for stage in result.trace.stages] == [{"words": "first"}]
    assert [each.completion for each in result.trace.prompts[1:]] == [
        "no field markers here",
        "nor here",
    ]


def test_an_answer_in_the_wrong_format_costs_one_call_more_and_no_stage_again():
    answers = [THREE_ANSWERS[0], "no field markers here", *THREE_ANSWERS[1:]]
    result, engine = evaluated(answers)
    assert (result.score, result.failure) == (1.0, None)
    assert result.usage.calls == len(engine.prompts) == len(THREE_ANSWERS) + 1
    assert result.usage.failed["AdapterParseError"].count == 1
    capped, engine = evaluated(answers[:2], spare=lambda: False)
    assert (capped.score, capped.failure.asked_again, len(engine.prompts)) == (None, False, 2)


def test_a_refused_key_is_a_failure_of_the_model_in_the_providers_own_words():
    result, _ = evaluated([THREE_ANSWERS[0], AuthError("Incorrect API key provided")])
    assert result.failure.kind == "LMAuthError"
    assert "Incorrect API key provided" in result.failure.message
    assert (result.failure.from_model, result.failure.stage) == (True, "query")
    assert result.usage.calls == 2


def test_a_rate_limit_is_repeated_by_dspy_and_then_forgotten():
    limit = RateLimitError("slow down")
    limit.retry_after = 0.01
    result, engine = evaluated([limit, *THREE_ANSWERS], retries=2)
    assert result.score == 1.0
    assert len(engine.prompts) == 4


def test_a_prompt_that_is_too_long_blames_the_candidate_and_not_the_model():
    result, _ = evaluated([ContextLengthError("maximum context length is 8192 tokens")])
    assert result.failure.kind == "ContextWindowExceededError"
    assert "8192" in result.failure.message
    assert not result.failure.from_model
    assert result.usage.calls == 1


class Broken(dspy.Module):
    def __init__(self, error):
        super().__init__()
        self.ask = dspy.Predict("question -> answer")
        self.error = error

    def forward(self, question):
        self.ask(question=question)
        raise self.error


def test_a_program_that_raises_is_a_failed_example_of_no_stage():
    result, _ = evaluated([{"answer": "x"}], program=Broken(KeyError("lost")))
    assert result.score is None
    assert (result.failure.kind, result.failure.message) == ("KeyError", "'lost'")
    assert (result.failure.stage, result.failure.from_model) == (None, False)
    assert result.usage.calls == 1


def test_an_error_without_words_is_named_by_its_kind():
    result, _ = evaluated([{"answer": "x"}], program=Broken(RuntimeError()))
    assert result.failure.message == "RuntimeError"


@pytest.mark.parametrize("value", [math.nan, None])
def test_a_metric_without_a_score_is_a_failure_and_never_zero(value):
    made_up = Metric(name="odd", title="", description="", field_score=lambda *_: value)
    result, _ = evaluated(THREE_ANSWERS, metric=made_up)
    assert result.score is None
    assert result.failure.kind == "MetricError"
    assert "odd" in result.failure.message
    assert result.failure.stage is None
    assert result.usage.calls == 3


def test_a_metric_that_raises_is_a_failure_and_never_zero():
    made_up = Metric(name="odd", title="", description="", field_score=lambda *_: 1 / 0)
    result, _ = evaluated(THREE_ANSWERS, metric=made_up)
    assert (result.score, result.failure.kind) == (None, "ZeroDivisionError")


def test_a_program_that_lacks_the_output_scores_zero():
    class Silent(dspy.Module):
        def forward(self, question):
            return dspy.Prediction(something="else")

    result, _ = evaluated([], program=Silent())
    assert (result.score, result.trace.outputs) == (0.0, {"answer": None})


def test_calls_in_threads_of_dspys_own_are_counted():
    class Fan(dspy.Module):
        def __init__(self):
            super().__init__()
            self.ask = dspy.Predict("question -> answer")

        def forward(self, question):
            asked = [
                (self.ask, dspy.Example(question=f"{question} {i}").with_inputs("question"))
                for i in range(4)
            ]
            parallel = dspy.Parallel(num_threads=2, disable_progress_bar=True)
            return parallel(asked)[0]

    result, engine = evaluated(lambda prompt: {"answer": "Ada"}, program=Fan())
    assert len(engine.prompts) == 4
    assert (result.score, result.usage.calls) == (1.0, 4)


def test_examples_in_several_threads_keep_their_own_traces_and_usage():
    def answers(prompt):
        return {"answer": prompt.inputs["question"].upper()}

    results = {}

    def run(number):
        example = Example(
            id=str(number), inputs={"question": f"q{number}"}, outputs={"answer": f"Q{number}"}
        )
        results[number] = evaluate_example(program, example, metric=EXACT, lm=lm)

    program = dspy.Predict("question -> answer")
    with scripted_lm(answers) as (lm, _):
        threads = [threading.Thread(target=run, args=(i,)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [results[i].score for i in range(8)] == [1.0] * 8
    assert [results[i].usage.calls for i in range(8)] == [1] * 8
    assert [results[i].trace.stages[0].inputs["question"] for i in range(8)] == [
        f"q{i}" for i in range(8)
    ]


def test_the_same_example_again_is_answered_from_the_cache_at_no_cost():
    program = TwoHops()
    with scripted_lm(THREE_ANSWERS) as (lm, _):
        first = evaluate_example(program, EXAMPLE, metric=EXACT, lm=lm)
        again = evaluate_example(program, EXAMPLE, metric=EXACT, lm=lm)
    assert again.score == first.score
    assert (again.usage.calls, again.usage.cached, again.usage.input_tokens) == (0, 3, 0)
    assert again.trace == first.trace


def test_a_repetition_asks_the_model_afresh():
    program = dspy.Predict("question -> answer")
    with scripted_lm([{"answer": "Bob"}, {"answer": "Ada"}]) as (lm, _):
        first = evaluate_example(program, EXAMPLE, metric=EXACT, lm=lm)
        second = evaluate_example(program, EXAMPLE, metric=EXACT, lm=lm, repetition=1)
    assert (first.score, second.score) == (0.0, 1.0)


def test_numbers_from_a_table_reach_a_text_field_without_a_warning():
    example = Example(id="0", inputs={"question": 3.5}, outputs={"answer": 7})
    result, engine = evaluated(
        [{"answer": "7"}], dspy.Predict("question -> answer"), EXACT, example
    )
    assert result.score == 1.0
    assert engine.prompts[0].inputs == {"question": "3.5"}


def test_half_a_character_in_an_answer_is_stored_as_a_question_mark():
    result, _ = evaluated([{"answer": "bro\ud83dken"}], dspy.Predict("question -> answer"))
    assert demos_of(result.trace)["self"][0]["answer"] == "bro?ken"
    assert trace_from_json(trace_to_json(result.trace)).outputs == {"answer": "bro?ken"}


def test_a_trace_survives_json():
    result, _ = evaluated(THREE_ANSWERS)
    assert trace_from_json(trace_to_json(result.trace)) == result.trace


class Order(BaseModel):
    item: str
    pieces: int


def test_a_typed_answer_is_scored_stored_and_shown_again_as_plain_values():
    signature = dspy.Signature("text -> order").with_updated_fields("order", type_=Order)
    example = Example(
        id="0", inputs={"text": "3 pans"}, outputs={"order": {"item": "pans", "pieces": 3}}
    )
    result, _ = evaluated(
        [{"order": '{"item": "pans", "pieces": 4}'}],
        dspy.Predict(signature),
        METRICS["json_fields"],
        example,
    )
    assert result.score == 0.5
    assert result.trace.outputs == {"order": {"item": "pans", "pieces": 4}}
    assert demos_of(result.trace)["self"][0]["order"] == {"item": "pans", "pieces": 4}
    assert trace_from_json(trace_to_json(result.trace)) == result.trace


def test_the_parts_of_a_mix_are_kept_with_the_trace():
    mixed = metric("weighted", {"parts": [{"metric": "exact_match"}, {"metric": "contains"}]})
    result, _ = evaluated([{"answer": "Ada L"}], dspy.Predict("question -> answer"), mixed)
    assert result.score == 0.5
    assert result.trace.parts == {"exact_match": 0.0, "contains": 1.0}
    assert trace_from_json('{"outputs": {}, "stages": [], "prompts": []}').parts == {}


def test_a_program_never_makes_more_calls_than_it_announced():
    with scripted_lm(THREE_ANSWERS[:2]) as (lm, engine):
        result = evaluate_example(TwoHops(), EXAMPLE, metric=EXACT, lm=lm, most_calls=2)
    assert (result.score, result.usage.calls, len(engine.prompts)) == (None, 2, 2)
    assert not result.failure.from_model
    assert "makes more than the 2 LM calls that its template announces" in result.failure.message
    with scripted_lm(THREE_ANSWERS) as (lm, _):
        assert evaluate_example(TwoHops(), EXAMPLE, metric=EXACT, lm=lm, most_calls=3).score == 1.0
