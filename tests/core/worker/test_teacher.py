"""A teacher model of its own, told apart in the money; and a run with or without its cache."""

import dspy
import pytest

from core.lm.connection import LMConfig, connect
from core.lm.usage import Meter
from core.results.money import money
from core.results.run_results import run_results
from core.runs.events import TraceBootstrapped
from core.storage.memory import MemoryStore
from core.worker.session import prepare_libraries, work
from tests.providers.openai_server import formatted, requested_fields, serving
from tests.served_run import TWO_STAGES, served_config


def respond(who):
    def answered(messages):
        known = {"answer": "yes", "doubts": "0"}
        return formatted({name: known.get(name, who) for name in requested_fields(messages)})

    return answered


def test_the_teacher_makes_the_traces_and_is_paid_for_apart():
    store = MemoryStore()
    with (
        serving(respond("pupil")) as (pupil, _),
        serving(respond("teacher")) as (teacher, taught),
    ):
        small = LMConfig(model="m", api_base=pupil, input_price=1.0, output_price=1.0)
        large = LMConfig(model="m", api_base=teacher, input_price=100.0, output_price=100.0)
        chosen = served_config(store, small, program=TWO_STAGES, teacher_model=large, concurrency=2)
        run_id = store.create(chosen)
        state = work(run_id, store, cache=None, waits_when_paused=False)
    assert state.status == "finished"
    traces = [r.event for r in store.since(run_id, 0) if isinstance(r.event, TraceBootstrapped)]
    assert traces
    spent = money(run_results(state, chosen), None)
    assert list(spent.rows) == ["Task model", "Prompt model", "Teacher model", "All"]
    assert spent.teacher.calls == len(taught.seen.requests) > 0
    assert spent.task.calls + spent.prompt.calls + spent.teacher.calls == spent.total.calls
    assert spent.total.calls == state.usage.calls
    tokens = spent.teacher.input_tokens + spent.teacher.output_tokens
    assert spent.teacher.cost_usd == pytest.approx(tokens * 100 / 1e6)
    assert spent.total.cost_usd == pytest.approx(state.usage.cost_usd)


@pytest.mark.parametrize(("kept", "asked"), [(True, 1), (False, 2)])
def test_answers_are_used_again_or_not_as_the_run_says(kept, asked, tmp_path):
    store = MemoryStore()
    with serving(respond("anybody")) as (base, server):
        model = LMConfig(model="m", api_base=base)
        prepare_libraries(served_config(store, model, response_cache=kept), tmp_path)
        meter, lm = Meter(), connect(model, role="task model")
        with dspy.context(lm=lm, usage_tracker=meter):
            for _ in range(2):
                dspy.Predict("question -> answer")(question="again?")
    assert (len(server.seen.requests), meter.usage.calls) == (asked, asked)
    assert meter.usage.cached == 2 - asked
    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=True)
