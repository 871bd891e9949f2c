"""Calls of one run against a real server: repeated, bounded, given back."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import dspy
import pytest
from dspy.utils.exceptions import LMRateLimitError

from benchmarks.programs.two_step import TwoStep
from core.data.dataset import Example
from core.evaluation.evaluator import evaluate_example
from core.evaluation.metrics import metric
from core.lm.connection import LMConfig, connect
from core.lm.limiter import Halted
from core.lm.traffic import Traffic
from core.lm.usage import Meter, Usage
from tests.providers.openai_server import Latency, respond_by_hash, serving


def ask(lm, text, meter=None):
    with dspy.context(usage_tracker=meter or Meter()):
        return lm(text)


@pytest.fixture
def server():
    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=False)
    with serving(respond_by_hash) as (address, running):
        yield address, running.behaviour, running
    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=True)


@pytest.fixture
def connected(server):
    """Makes a model of the server, with its traffic."""

    def make(**settings):
        traffic = Traffic()
        settings = {"retry_wait": 0.01, "input_price": 0.0, "output_price": 0.0, **settings}
        config = LMConfig(model="test", api_base=server[0], **settings)
        return connect(config, role="task model", traffic=traffic), traffic

    return make


def test_a_refused_call_waits_as_told_and_is_repeated(server, connected):
    _, behaviour, running = server
    behaviour.faults = ["429", "429"]
    lm, traffic = connected()
    meter, started = Meter(), time.perf_counter()
    assert ask(lm, "a", meter)
    assert time.perf_counter() - started >= 0.1, "the server asked for 0.05 s, twice"
    assert (running.seen.arrived, meter.usage.calls) == (3, 1)
    assert meter.usage.failed["LMRateLimitError"].count == 2
    assert meter.waited >= 0.1
    (flow,) = traffic.flows()
    assert (flow.calls, flow.refused, flow.in_flight) == (3, 2, 0)


def test_no_other_stage_is_paid_for_again(server, connected):
    _, behaviour, running = server
    behaviour.faults = ["ok", "429", "500"]
    lm, _ = connected()
    example = Example(id="1", inputs={"question": "Is it?"}, outputs={"answer": "yes"})
    result = evaluate_example(TwoStep(), example, metric=metric("exact_match"), lm=lm)
    assert result.failure is None
    assert result.usage.calls == 2
    assert (running.seen.arrived, len(running.seen.requests)) == (4, 2)


@pytest.mark.parametrize(("fault", "requests"), [("429", 3), ("429 long", 1), ("refuse", 1)])
def test_attempts_are_bounded(server, connected, fault, requests):
    _, behaviour, running = server
    behaviour.always = fault
    lm, _ = connected(retries=2)
    with pytest.raises(Exception, match="(?i)limit|key"):
        ask(lm, "a")
    assert running.seen.arrived == requests


def test_a_refusal_while_others_are_answered_hardly_counts(server, connected):
    _, behaviour, running = server
    behaviour.script = lambda asked: "429" if "unlucky" in str(asked.messages) else None
    lm, _ = connected(retries=4)
    stopped = threading.Event()

    def others():
        while not stopped.is_set():
            ask(lm, "a")

    with ThreadPoolExecutor(1) as pool:
        pool.submit(others)
        while len(running.seen.requests) < 3:
            time.sleep(0.005)
        with pytest.raises(LMRateLimitError):
            ask(lm, "unlucky")
        stopped.set()
    assert 7 < running.seen.faults["429"] <= 33


def test_never_more_are_in_flight_than_the_connection_says(server, connected):
    _, behaviour, running = server
    behaviour.latency = Latency(median=0.02)
    lm, _ = connected(concurrency=3)
    with ThreadPoolExecutor(12) as pool:
        assert len(list(pool.map(lambda i: ask(lm, str(i)), range(24)))) == 24
    assert running.seen.most_in_flight == 3


def test_asynchronous_calls_share_the_slots(server, connected):
    _, behaviour, running = server
    behaviour.latency = Latency(median=0.01)
    behaviour.faults = ["500", "500"]
    lm, traffic = connected(concurrency=2)

    async def everything():
        # more than there are threads for such calls: who waits must not keep others from ending
        calls = [lm.acall(str(i)) for i in range(40)]
        return await asyncio.gather(*calls)

    assert len(asyncio.run(everything())) == 40
    assert running.seen.most_in_flight == 2
    assert traffic.flows()[0].in_flight == 0


def test_a_cancelled_call_leaves_its_place(server, connected):
    _, behaviour, _ = server
    behaviour.latency = Latency(median=0.2)
    lm, traffic = connected(concurrency=1)

    async def impatient():
        first = asyncio.create_task(lm.acall("1"))
        await asyncio.sleep(0.05)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(lm.acall("2"), 0.05)
        await first

    asyncio.run(impatient())
    (flow,) = traffic.flows()
    assert (flow.in_flight, flow.waiting) == (0, 0)


def test_a_pause_gives_waiting_calls_back_unless_their_task_has_cost_something(server, connected):
    _, behaviour, running = server
    behaviour.latency = Latency(median=0.4)
    lm, traffic = connected(concurrency=1)
    paid = Meter(usage=Usage(calls=1))
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(ask, lm, "first")
        while not running.seen.arrived:
            time.sleep(0.005)
        fresh, firm = pool.submit(ask, lm, "fresh"), pool.submit(ask, lm, "firm", paid)
        while traffic.flows()[0].waiting < 2:
            time.sleep(0.005)
        started = time.perf_counter()
        traffic.recall(True)
        with pytest.raises(Halted):
            fresh.result()
        assert time.perf_counter() - started < 0.2
        with pytest.raises(Halted):
            ask(lm, "later")
        assert first.result()
        assert firm.result()
        traffic.recall(False)
        assert ask(lm, "later")


@pytest.mark.parametrize("has_paid", [False, True])
def test_a_call_between_two_attempts_is_given_back_too(server, connected, has_paid):
    _, behaviour, running = server
    behaviour.always = "500"
    lm, traffic = connected(retry_wait=30.0)
    meter = Meter(usage=Usage(calls=int(has_paid)))
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(ask, lm, "a", meter)
        while not meter.usage.failed:
            time.sleep(0.005)
        started = time.perf_counter()
        (traffic.close if has_paid else lambda: traffic.recall(True))()
        with pytest.raises(Halted):
            call.result()
        assert time.perf_counter() - started < 0.5
    assert running.seen.arrived == 1
