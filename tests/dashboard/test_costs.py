from core.evaluation.evaluator import ExampleFailure, ExampleResult, PromptRun, StageRun, Trace
from core.lm.connection import LMConfig
from core.lm.usage import Usage
from core.search.budget import CallEstimate, preset
from dashboard.components.call_estimate import cost_text, tokens_text
from dashboard.costs import PromptSample, phase_costs, prompt_sample, total_cost
from tests.dashboard.conftest import iris_config

CALLS = CallEstimate(bootstrap=10, propose=5, baseline=20, minibatch=30, full=40, test=50)
SAMPLE = PromptSample(prompt=100, answer=10, demo=20)


def result(**changes):
    trace = Trace(
        outputs={"answer": "b"},
        stages=[StageRun(predictor="p", inputs={"x": "a" * 4}, outputs={"answer": "b" * 4})],
        prompts=[
            PromptRun(
                messages=[
                    {"role": "user", "content": "c" * 400},
                    {"role": "user", "content": None},
                ],
                completion="d" * 40,
            )
        ],
    )
    values = {
        "example": "0",
        "score": 1.0,
        "failure": None,
        "trace": trace,
        "seconds": 0.1,
        "usage": Usage(),
    }
    return ExampleResult(**{**values, **changes})


def test_tokens_are_a_quarter_of_the_characters_of_one_example():
    sample = prompt_sample(result())
    assert sample is not None
    assert (sample.prompt, sample.answer) == (101.0, 10.0)
    assert sample.demo > 2


def test_a_failed_example_gives_no_sample():
    failure = ExampleFailure(kind="X", message="m", stage=None, from_model=False)
    assert prompt_sample(result(failure=failure)) is None


def test_demos_lengthen_every_prompt_but_the_baselines(store):
    config = iris_config(store, budget=preset("light", 1))
    lines = {line.phase: line for line in phase_costs(CALLS, config, SAMPLE)}
    assert lines["Baseline"].tokens == 20 * (100 + 10)
    assert lines["Held-out test"].tokens == 50 * (100 + 4 * 20 + 10)
    assert lines["Propose"].tokens == 5 * (600 + 10 * 20 + 200)
    assert [line.role for line in lines.values()].count("prompt model") == 1


def test_the_offline_model_is_free_and_a_price_turns_tokens_into_money(store):
    config = iris_config(store, budget=preset("light", 1))
    assert total_cost(phase_costs(CALLS, config, SAMPLE)).cost_usd == 0.0
    priced = LMConfig(model="m", input_price=1.0, output_price=10.0)
    lines = phase_costs(CALLS, config.model_copy(update={"task_model": priced}), SAMPLE)
    assert lines[2].cost_usd == (20 * 100 * 1.0 + 20 * 10 * 10.0) / 1e6


def test_what_is_unknown_for_one_phase_is_unknown_in_all(store):
    config = iris_config(store, budget=preset("light", 1))
    total = total_cost(phase_costs(CALLS, config, None))
    assert (total.calls, total.tokens, total.cost_usd) == (155, None, None)


def test_numbers_are_written_for_people():
    assert [tokens_text(n) for n in (None, 900, 12_345, 2_500_000)] == [
        "unknown",
        "900",
        "12 k",
        "2.5 M",
    ]
    assert [cost_text(cost) for cost in (None, 0.0, 0.001, 1.5)] == [
        "unknown",
        "free",
        "< $0.01",
        "$1.50",
    ]


def test_a_judges_calls_are_a_line_of_their_own_at_the_judges_price(store):
    judge = {"model": "j", "input_price": 2.0, "output_price": 0.0}
    config = iris_config(
        store, budget=preset("light", 1), metric="judge", metric_parameters={"model": judge}
    )
    calls = CallEstimate(
        bootstrap=20, propose=5, baseline=40, minibatch=60, full=80, test=100,
        calls_per_run=2, judged=1,
    )  # fmt: skip
    sample = PromptSample(prompt=100, answer=10, demo=20, judged_prompt=300, judged_answer=5)
    lines = phase_costs(calls, config, sample)
    assert [line.calls for line in lines] == [10, 5, 20, 30, 40, 50, 150]
    assert (lines[-1].role, lines[-1].phase) == ("judge", "Scoring by j")
    assert lines[-1].cost_usd == 150 * 300 * 2.0 / 1e6
    assert total_cost(lines).calls == calls.total


def test_a_judges_prompts_do_not_lengthen_those_of_the_program():
    own, judges = result().trace.prompts[0], PromptRun(messages=[{"content": "e" * 4000}],
                                                       completion="f" * 8)  # fmt: skip
    trace = result().trace.model_copy(update={"prompts": [own, judges]})
    found = prompt_sample(result(trace=trace), judged=1)
    assert (found.prompt, found.judged_prompt, found.judged_answer) == (101.0, 1000.0, 2.0)
