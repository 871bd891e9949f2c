"""An attempt at a real server ends in time, whatever keeps the line busy."""

import asyncio
import threading
import time

import dspy
import pytest
from dspy._vendor.lm15 import LMRouter
from dspy.utils.exceptions import LMError

from core.lm import deadline
from core.lm.checking import check_connection
from core.lm.connection import LMConfig, MeteredLM, connect
from core.lm.failures import kind_of
from core.lm.traffic import Traffic
from core.lm.usage import Meter
from tests.providers.openai_server import respond_by_hash, serving

SOON = 10.0
"""Seconds: far more than is needed on a busy machine, far less than a drip lasts."""

DRIPS = ("drips", "dripping head")


@pytest.fixture(scope="module")
def server():
    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=False)
    with serving(respond_by_hash) as (address, running):
        yield address, running
    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=True)


@pytest.fixture
def behaviour(server):
    """What the server does, right again after the test."""
    _, running = server
    yield running.behaviour
    running.behaviour.faults, running.behaviour.always = [], None
    running.behaviour.respond = respond_by_hash


def settings(address, **changes):
    given = {"timeout": 0.3, "retries": 1, "retry_wait": 0.0, "input_price": 0, "output_price": 0}
    return LMConfig(model="test", api_base=address, **{**given, **changes})


def ask(lm, way, meter):
    with dspy.context(usage_tracker=meter):
        return lm("hello") if way == "sync" else asyncio.run(lm.acall("hello"))


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("fault", DRIPS)
def test_an_attempt_that_drips_is_a_hang_and_the_next_one_answers(server, behaviour, fault, way):
    traffic, meter, started = Traffic(), Meter(), time.monotonic()
    lm = connect(settings(server[0]), role="task model", traffic=traffic)
    behaviour.faults = [fault]
    assert ask(lm, way, meter)
    assert time.monotonic() - started < SOON
    assert {kind: said.count for kind, said in meter.usage.failed.items()} == {"LMTimeoutError": 1}
    (flow,) = traffic.flows()
    assert (flow.calls, flow.in_flight, meter.usage.calls) == (2, 0, 1)


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_provider_that_drips_every_time_fails_in_time_and_leaves_no_thread(
    server, behaviour, way
):
    lm = connect(settings(server[0]), role="task model")
    behaviour.always, before, started = "drips", set(threading.enumerate()), time.monotonic()
    with pytest.raises(LMError, match=r"timed out: no full answer within 0\.3 s") as caught:
        ask(lm, way, Meter())
    assert kind_of(caught.value) == "LMTimeoutError"
    assert time.monotonic() - started < SOON
    assert set(threading.enumerate()) <= before


def test_what_goes_through_litellm_has_the_same_deadline(server, behaviour):
    given = {"api_base": server[0], "api_key": "none", "timeout": 0.3}
    lm = MeteredLM(settings(server[0]), "openai/test", engine="litellm", **given)
    behaviour.faults = [*DRIPS, "ok"]
    meter = Meter()
    with pytest.raises(LMError, match="timed out"):
        ask(lm, "sync", meter)
    assert meter.usage.failed["LMTimeoutError"].count == 2
    assert behaviour.faults == ["ok"], "the server was asked twice"
    assert ask(lm, "sync", meter)


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_long_answer_that_keeps_coming_is_waited_for(server, behaviour, way):
    lm = connect(settings(server[0], timeout=20, retries=0), role="task model")
    behaviour.faults, behaviour.respond = ["slow stream"], lambda messages: "la " * 300_000
    (answer,) = ask(lm, way, Meter())
    assert len(answer) > 890_000


def test_an_answer_without_end_is_broken_off_before_it_fills_the_memory(
    server, behaviour, monkeypatch
):
    monkeypatch.setattr(deadline, "LARGEST", 2**20)
    lm = connect(settings(server[0], timeout=20, retries=0), role="task model")
    behaviour.respond = lambda messages: "la " * 400_000
    with pytest.raises(LMError, match="longer than 1 MB") as caught:
        ask(lm, "sync", Meter())
    assert kind_of(caught.value) == "LMTransportError"
    behaviour.respond = respond_by_hash
    assert ask(lm, "sync", Meter()), "what an answer weighs is not held against the next one"


@pytest.mark.parametrize("fault", DRIPS)
def test_the_test_of_a_connection_ends_in_time(server, behaviour, fault):
    behaviour.always = fault
    found = check_connection(settings(server[0]))
    assert (found.works, found.advice.title) == (False, "The answer took too long.")
    assert found.seconds < SOON


def test_the_model_in_this_process_has_no_deadline():
    lm = connect(LMConfig(timeout=0.01, delay=0.05), role="task model")
    with dspy.context(lm=lm):
        assert dspy.Predict("question -> answer")(question="Who?").answer


def test_dspys_clients_still_ask_for_what_is_replaced_in_them():
    deadline.keep_deadlines()
    with LMRouter() as router:
        assert isinstance(router._shared_transport(), deadline.PunctualTransport)
        assert router._shared_transport().max_connections == deadline.MOST_CONNECTIONS
    with deadline.answered_within(0.0), pytest.raises(deadline.transports.ConnectTimeout):
        deadline.PunctualTransport().stream(
            deadline.transports.TransportRequest("GET", "http://127.0.0.1:9/")
        )
