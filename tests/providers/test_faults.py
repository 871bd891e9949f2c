"""Whole real runs against a provider that misbehaves in every way it can.

Each run meets its fault now and then, then for good. It ends right, or pauses with the reason and,
once the fault is cured, ends as if nothing had been wrong; what failed is never a score.
"""

import pytest

from core.lm.connection import LMConfig
from core.lm.failures import FailurePolicy, Rule, group_of
from core.runs.decisions import ResumeRequested
from core.runs.events import ExampleScored, Paused, RunFinished, TraceBootstrapped
from core.storage.memory import MemoryStore
from core.worker.session import work
from tests.providers.faults import FAULTS
from tests.providers.openai_server import requested_fields, serving
from tests.served_run import TWO_STAGES, respond_with_types, served_config

HUNG = 0.2
"""Seconds after which a call counts as hung, where one hangs or drips."""

EVERY = 7
"""One request in so many goes wrong."""

FIRST_FOR_GOOD = 24
"""From this request on, all go wrong."""

PASSES = {
    "429": "rate_limit",
    "429 bare": "rate_limit",
    "429 long": "rate_limit",
    "500": "server",
    "503": "server",
    "504": "hang",
    "truncated": "server",
    "invalid utf-8": "server",
    "garbage": "server",
    "drop": "connection",
    "cut": "connection",
    "hang": "hang",
    "drips": "hang",
    "dripping head": "hang",
}
"""Faults of the provider → the group under which they are counted."""

REFUSES = {"refuse": "account", "quota": "account", "payment": "account", "no model": "account"}
"""Faults that asking again cannot cure."""

ANSWERS = {
    "too long": "too_long",
    "filtered 400": "refused",
    "filtered": "refused",
    "refusal": "refused",
    "empty": "refused",
    "no markers": "unreadable",
    "wrong types": "unreadable",
    "very long": "unreadable",
}
"""Faults that are about one prompt."""

HARMLESS = {"slow stream"}


def test_every_fault_of_the_server_is_met_by_a_run():
    assert FAULTS.keys() == {*PASSES, *REFUSES, *ANSWERS, *HARMLESS}


def config(store, base, *, fault=None, **changes):
    hangs = PASSES.get(fault) == "hang" and fault != "504"  # which is said at once
    waits = {"timeout": HUNG, "retries": 0} if hangs else {"timeout": 20.0, "retries": 1}
    model = LMConfig(model="m", api_base=base, retry_wait=0.0, **waits)
    return served_config(store, model, **{"program": TWO_STAGES, "concurrency": 1, **changes})


def run(store, run_id):
    return work(run_id, store, cache=None, waits_when_paused=False)


@pytest.fixture(scope="module")
def provider():
    with serving(respond_with_types) as (base, server):
        yield base, server.behaviour, server


@pytest.fixture(scope="module")
def undisturbed(provider):
    base, behaviour, server = provider
    store = MemoryStore()
    run_id = store.create(config(store, base))
    state = run(store, run_id)
    assert state.status == "finished"
    assert not state.troubles.failed
    assert not state.failures
    return state


@pytest.fixture(autouse=True)
def _cured(provider):
    yield
    _, behaviour, _ = provider
    behaviour.script, behaviour.always = None, None


def scores(state):
    return {
        name: {example: result.score for example, result in own.items()}
        for name, own in (*state.results.items(), *state.test_results.items())
    }


def check_log(store, run_id):
    """Errors are never scores, and nothing is said of a failure but that it failed."""
    for record in store.since(run_id, 0):
        event = record.event
        if isinstance(event, ExampleScored | TraceBootstrapped) and event.failure is not None:
            assert event.score is None
            assert event.failure.message
            assert event.failure.final is not None


@pytest.mark.parametrize("fault", [*PASSES, *REFUSES])
def test_a_provider_that_fails_now_and_then_and_then_for_good_loses_nothing(
    fault, provider, undisturbed
):
    base, behaviour, server = provider
    first, lasting = server.seen.arrived, fault in REFUSES

    def script(asked):
        number = asked.number - first
        strikes = number % EVERY == EVERY - 1 and not lasting
        return fault if strikes or number >= FIRST_FOR_GOOD else None

    store, behaviour.script = MemoryStore(), script
    run_id = store.create(config(store, base, fault=fault))
    state = run(store, run_id)
    assert (state.status, state.paused_by_person) == ("paused", False)
    (paused,) = [r.event for r in store.since(run_id, 0) if isinstance(r.event, Paused)]
    group = {**PASSES, **REFUSES}[fault]
    assert group_of(paused.reason.split("(")[1].split(")")[0]) == group
    assert set(state.troubles.failed) == {group}
    assert state.troubles.said[-1].message
    behaviour.script = None
    state = run(store, run_id)
    assert state.status == "finished"
    assert (state.best, scores(state)) == (undisturbed.best, scores(undisturbed))
    assert isinstance(store.since(run_id, 0)[-1].event, RunFinished)
    check_log(store, run_id)


def odd_one(state):
    """A question of the valset."""
    example = next(iter(state.results[state.baseline]))
    return f"Is item {example} fine?"


def failures(store, run_id):
    events = (record.event for record in store.since(run_id, 0))
    return [each for each in events if isinstance(each, ExampleScored) and each.failure]


@pytest.mark.parametrize("fault", ANSWERS)
def test_an_answer_of_no_use_is_asked_for_once_more_and_then_the_example_is_left_out(
    fault, provider, undisturbed
):
    base, behaviour, _ = provider
    group, odd = ANSWERS[fault], odd_one(undisturbed)

    def script(asked):
        second = requested_fields(asked.messages) == ["answer"]
        return fault if second and odd in asked.messages[-1]["content"] else None

    store, behaviour.script = MemoryStore(), script
    run_id = store.create(config(store, base))
    state = run(store, run_id)
    assert state.status == "finished"
    assert set(state.troubles.failed) == {group}
    tried = failures(store, run_id)
    assert {each.example for each in tried} == {odd.split()[2]}
    assert len({each.candidate for each in tried if each.failure.final}) == len(state.results)
    calls = 2 if group == "too_long" else 3  # one for the first stage, the others for the second
    for name in state.results:
        own = [each for each in tried if each.candidate == name]
        assert sum(each.usage.calls for each in own) <= calls
        assert state.results[name][own[0].example].score is None
    check_log(store, run_id)


@pytest.mark.parametrize("cache", [True, False])
def test_an_unreadable_answer_now_and_then_costs_one_call_more_and_changes_nothing(
    cache, provider, undisturbed
):
    base, behaviour, server = provider
    first, store = server.seen.arrived, MemoryStore()
    bad = ["no markers", "wrong types", "empty", "refusal"]

    def script(asked):
        nth, due = divmod(asked.number - first, EVERY)
        typed = "doubts" in requested_fields(asked.messages)
        return bad[nth % 4] if due == 0 and (typed or bad[nth % 4] != "wrong types") else None

    behaviour.script, met = script, server.seen.faults.copy()
    run_id = store.create(config(store, base, response_cache=cache))
    state = run(store, run_id)
    assert (state.status, state.best) == ("finished", undisturbed.best)
    assert scores(state) == scores(undisturbed)
    struck = (server.seen.faults - met).total()
    assert struck > 5
    assert state.troubles.failed.total() == struck
    if cache:
        assert state.usage.calls == undisturbed.usage.calls + struck
    assert state.usage.calls == server.seen.arrived - first


def test_calls_made_again_never_pass_the_cap(provider):
    base, behaviour, server = provider
    first, store, cap = server.seen.arrived, MemoryStore(), 38
    behaviour.script = lambda asked: "no markers" if asked.number % 3 == 0 else None
    run_id = store.create(config(store, base, concurrency=6, max_calls=cap))
    state = run(store, run_id)
    assert state.status == "paused"
    assert cap - 2 < state.usage.calls == server.seen.arrived - first <= cap
    store.append(run_id, [ResumeRequested(by="Ada", max_calls=500)])
    assert run(store, run_id).status == "finished"


def test_a_rule_that_pauses_keeps_the_example_and_tries_it_again(provider, undisturbed):
    base, behaviour, _ = provider
    odd, store = odd_one(undisturbed), MemoryStore()
    behaviour.script = lambda asked: "no markers" if odd in asked.messages[-1]["content"] else None
    policy = FailurePolicy(unreadable=Rule(attempts=1, then="pause"))
    run_id = store.create(config(store, base, on_failure=policy))
    for _ in range(2):
        state = run(store, run_id)
        assert state.status == "paused"
        assert state.message.startswith("Unreadable answer (AdapterParseError)")
    assert [each.failure.final for each in failures(store, run_id)] == [False, False]
    behaviour.script = None
    state = run(store, run_id)
    assert (state.status, scores(state)) == ("finished", scores(undisturbed))
