import copy
import threading

import dspy

from core.lm.usage import Call, Meter, Usage
from tests.scripted_lm import scripted_lm


def test_usages_add_up():
    one = Usage(calls=1, cached=2, input_tokens=30, output_tokens=4, cost_usd=0.5)
    two = Usage(calls=10, input_tokens=5, cost_usd=0.25)
    assert one + two == Usage(
        calls=11, cached=2, input_tokens=35, output_tokens=4, cost_usd=0.75, priced=True
    )


def test_one_unpriced_call_leaves_the_sum_unpriced():
    assert not (Usage(cost_usd=1.0) + Usage(priced=False) + Usage()).priced


def test_calls_from_many_threads_are_all_counted():
    meter = Meter()
    call = Call(messages=[], completion="x")

    def work():
        for _ in range(200):
            meter.add(Usage(calls=1, input_tokens=2), call)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert meter.usage == Usage(calls=1600, input_tokens=3200)
    assert len(meter.calls) == 1600


def test_copies_of_a_meter_are_the_meter_itself():
    meter = Meter()
    assert copy.deepcopy({"tracker": meter})["tracker"] is meter


def test_calls_in_dspys_worker_threads_reach_the_meter_around_them():
    meter, ask = Meter(), dspy.Predict("question -> answer")
    rows = [dspy.Example(question=f"q{i}", answer="x").with_inputs("question") for i in range(6)]
    evaluate = dspy.Evaluate(
        devset=rows, metric=lambda *_: 1.0, num_threads=3, display_progress=False
    )
    with (
        scripted_lm(lambda prompt: {"answer": "x"}) as (lm, engine),
        dspy.context(lm=lm, usage_tracker=meter),
    ):
        evaluate(ask)
    assert meter.usage.calls == len(engine.prompts) == 6
    assert len(meter.calls) == 6
