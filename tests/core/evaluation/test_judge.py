import dspy
import pytest

from core.data.dataset import Example
from core.errors import ConfigError, MetricError
from core.evaluation.evaluator import demos_of, evaluate_example
from core.evaluation.metrics import METRICS, metric
from tests.providers.openai_server import formatted, serving
from tests.scripted_lm import scripted_lm

EXAMPLE = Example(id="0", inputs={"question": "Who wrote it?"}, outputs={"answer": "Ada"})
PROGRAM = dspy.Predict("question -> answer")


def marking(mark):
    return lambda messages: formatted({"reasoning": "So it is.", "mark": str(mark)})


def judged_by(base, **settings):
    model = {"model": "judge", "api_base": base, "retries": 0}
    return metric("judge", {"model": model, **settings})


def test_the_judge_is_asked_at_its_own_address_and_nobody_else_judges():
    with serving(marking(7)) as (base, server), scripted_lm([{"answer": "Ida"}]) as (lm, engine):
        result = evaluate_example(PROGRAM, EXAMPLE, metric=judged_by(base), lm=lm)
    assert (result.score, result.failure) == (0.7, None)
    assert len(engine.prompts) == 1
    (body,) = server.seen.bodies
    assert body["model"] == "judge"
    assert body["temperature"] == 0.0
    asked = body["messages"][-1]["content"]
    assert all(word in asked for word in ("Who wrote it?", "Ada", "Ida", "Half of them"))


def test_a_judgement_is_counted_but_is_no_step_of_the_program():
    with serving(marking(10)) as (base, _), scripted_lm([{"answer": "Ada"}]) as (lm, _):
        result = evaluate_example(PROGRAM, EXAMPLE, metric=judged_by(base), lm=lm)
    assert (result.score, result.usage.calls) == (1.0, 2)
    assert [stage.predictor for stage in result.trace.stages] == ["self"]
    assert list(demos_of(result.trace)) == ["self"]
    assert len(result.trace.prompts) == 2
    assert "So it is." in result.trace.prompts[-1].completion


def test_equal_answers_are_judged_once():
    judge = None
    with serving(marking(4)) as (base, server), scripted_lm([{"answer": "Ida"}] * 1) as (lm, _):
        judge = judged_by(base)
        first = evaluate_example(PROGRAM, EXAMPLE, metric=judge, lm=lm)
        again = evaluate_example(PROGRAM, EXAMPLE, metric=judge, lm=lm)
    assert (first.score, again.score) == (0.4, 0.4)
    assert len(server.seen.requests) == 1
    assert (again.usage.calls, again.usage.cached) == (0, 2)


def test_a_judge_that_refuses_is_the_models_failure_in_its_words_without_the_key(monkeypatch):
    monkeypatch.setenv("JUDGE_KEY", "sk-very-secret")
    with serving(marking(1), always="refuse") as (base, _), scripted_lm([{"answer": "x"}]) as m:
        model = {"model": "judge", "api_base": base, "retries": 0, "api_key_env": "JUDGE_KEY"}
        result = evaluate_example(
            PROGRAM, EXAMPLE, metric=metric("judge", {"model": model}), lm=m[0]
        )
    assert result.score is None
    assert result.failure.from_model
    assert "Incorrect API key provided" in result.failure.message
    assert "sk-very-secret" not in repr(result)


@pytest.mark.parametrize("mark", [-1, 11])
def test_a_mark_out_of_range_is_a_failure_and_never_a_score(mark):
    with serving(marking(mark)) as (base, _), scripted_lm([{"answer": "x"}]) as (lm, _):
        result = evaluate_example(PROGRAM, EXAMPLE, metric=judged_by(base), lm=lm)
    assert (result.score, result.failure.kind) == (None, MetricError.__name__)
    assert f"gave the mark {mark}; its rubric allows 0 to 10" in result.failure.message


def test_an_answer_without_a_mark_is_a_failure():
    with serving(marking("plenty")) as (base, _), scripted_lm([{"answer": "x"}]) as (lm, _):
        result = evaluate_example(PROGRAM, EXAMPLE, metric=judged_by(base), lm=lm)
    assert (result.score, result.failure.kind) == (None, "AdapterParseError")


def test_the_rubric_and_the_scale_are_the_persons():
    with serving(marking(2)) as (base, server), scripted_lm([{"answer": "x"}]) as (lm, _):
        judge = judged_by(base, rubric="Politeness counts.", best_mark=4)
        result = evaluate_example(PROGRAM, EXAMPLE, metric=judge, lm=lm)
    assert result.score == 0.5
    assert "Politeness counts." in server.seen.bodies[0]["messages"][-1]["content"]


def test_a_missing_key_is_told_before_the_run_and_not_before_it_is_asked(monkeypatch):
    monkeypatch.delenv("JUDGE_KEY", raising=False)
    judge = metric("judge", {"model": {"model": "m", "api_key_env": "JUDGE_KEY"}})
    with pytest.raises(ConfigError, match="judge 'm': the environment variable 'JUDGE_KEY'"):
        judge.check()


def test_a_mix_pays_for_the_judges_in_it():
    parts = [{"metric": "f1"}, {"metric": "judge", "parameters": {"model": {}}}]
    mixed = metric("weighted", {"parts": parts})
    assert (mixed.calls, METRICS["f1"].calls) == (1, 0)
    verdict = mixed.verdict({"answer": "red house"}, {"answer": "the red house"}, {"q": "?"})
    assert verdict.parts == {"f1": 1.0, "judge": 1.0}


def test_the_offline_judge_marks_by_common_words():
    judge = metric("judge", {"model": {}})
    good = judge.score({"summary": "The foundry will close."}, {"summary": "Foundry will close"})
    bad = judge.score({"summary": "The foundry will close."}, {"summary": "It rains."})
    assert (good, bad) == (1.0, 0.0)


def test_what_the_judge_took_is_told_apart_from_what_the_program_took():
    with serving(marking(10)) as (base, _), scripted_lm([{"answer": "Ada"}]) as (lm, _):
        prices = {"input_price": 1e6, "output_price": 0.0}
        model = {"model": "judge", "api_base": base, "retries": 0, **prices}
        result = evaluate_example(PROGRAM, EXAMPLE, metric=metric("judge", {"model": model}), lm=lm)
        plain = evaluate_example(PROGRAM, EXAMPLE, metric=METRICS["f1"], lm=lm)
    assert (result.shares.program.calls, result.shares.judge.calls) == (1, 1)
    assert result.shares.judge.cost_usd == result.shares.judge.input_tokens > 0
    assert result.shares.program + result.shares.judge == result.usage
    assert plain.shares is None


def test_a_judge_that_cannot_be_reached_counts_as_the_judges_call():
    with serving(marking(1), always="refuse") as (base, _), scripted_lm([{"answer": "x"}]) as m:
        result = evaluate_example(PROGRAM, EXAMPLE, metric=judged_by(base), lm=m[0])
    assert (result.shares.program.calls, result.shares.judge.calls) == (1, 1)
