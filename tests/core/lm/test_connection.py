import json
from collections import Counter

import dspy
import pytest
from pydantic import ValidationError

from core.data.dataset import Example
from core.errors import ConfigError
from core.evaluation.evaluator import evaluate_example, trace_to_json
from core.evaluation.metrics import METRICS
from core.lm.connection import LMConfig, MeteredLM, connect, message_of
from core.lm.offline import OfflineEngine
from core.lm.usage import Meter
from core.proposal.proposer import PromptCallError, summarise
from tests.providers.openai_server import formatted, respond_by_hash, serving

KEY = "sk-secret-0123456789"
VARIABLE = "STUDIO_TEST_KEY"
EXAMPLE = Example(id="0", inputs={"question": "Who?"}, outputs={"answer": "Ada"})


@pytest.fixture(autouse=True)
def _alone(monkeypatch):
    """No cache on disk, no price list from the network, and a key in the environment."""
    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=True)
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "true")
    monkeypatch.setenv(VARIABLE, KEY)


def ada(messages):
    return formatted({"answer": "Ada"})


def evaluated(base, **settings):
    lm = connect(LMConfig(model="test-model", api_base=base, **settings), role="task model")
    program = dspy.Predict("question -> answer")
    return evaluate_example(program, EXAMPLE, metric=METRICS["exact_match"], lm=lm)


# Keys


def test_the_key_is_sent_and_appears_nowhere_else():
    config = LMConfig(model="test-model", api_base="http://x/v1", api_key_env=VARIABLE)
    with serving(ada) as (base, server):
        result = evaluated(base, api_key_env=VARIABLE)
    assert result.score == 1.0
    assert server.seen.keys == [f"Bearer {KEY}"]
    elsewhere = [
        json.dumps(server.seen.bodies),
        trace_to_json(result.trace),
        repr(result),
        config.model_dump_json(),
    ]
    assert not any(KEY in text for text in elsewhere)


def test_a_local_endpoint_without_a_key_gets_a_placeholder():
    with serving(ada) as (base, server):
        assert evaluated(base).score == 1.0
    assert server.seen.keys == ["Bearer none"]


def test_a_missing_variable_is_named_before_anything_is_spent(monkeypatch):
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(ConfigError) as caught:
        connect(LMConfig(model="m", api_key_env=VARIABLE), role="prompt model")
    assert str(caught.value) == (
        "prompt model 'm': the environment variable 'STUDIO_TEST_KEY' is not set. "
        "Set it before starting the server, type the key on the Models page, or name another "
        "one."
    )


@pytest.mark.parametrize(
    "key",
    [KEY, "gsk_" + "0123456789abcdefABCDEF" * 2, "hf_" + "aBcD1234" * 4, "a b", "1X"],
)
def test_a_key_instead_of_its_variables_name_is_refused_without_being_repeated(key):
    with pytest.raises(ValidationError) as caught:
        LMConfig(model="m", api_key_env=key)
    assert "name of an environment variable" in str(caught.value)
    assert key not in str(caught.value)


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "my_key", "_K2", "A" * 60])
def test_any_usual_name_of_a_variable_is_taken(name):
    assert LMConfig(model="m", api_key_env=name).api_key_env == name


def test_empty_settings_are_no_settings():
    config = LMConfig(model="m", api_key_env="", api_base="")
    assert (config.api_key_env, config.api_base) == (None, None)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("localhost:8000/v1", "such as http://localhost:8000/v1"),
        ("http://", "such as http://localhost:8000/v1"),
        (f"https://user:{KEY}@host/v1", "without a password or key"),
        (f"https://host/v1?api-key={KEY}", "without a password or key"),
    ],
)
def test_an_unusable_address_is_refused_without_being_repeated(address, reason):
    with pytest.raises(ValidationError) as caught:
        LMConfig(model="m", api_base=address)
    assert reason in str(caught.value)
    assert KEY not in str(caught.value)


def test_a_provider_that_repeats_the_key_does_not_get_it_into_a_message():
    config = LMConfig(model="m", api_base="http://host/v1", api_key_env=VARIABLE)
    lm = connect(config, role="task model")
    error = RuntimeError(f"Incorrect API key provided: {KEY}.")
    assert message_of(error, lm) == "Incorrect API key provided: (the key)."


@pytest.mark.parametrize("key", [f"{KEY}\n", f"{KEY}\nsecond-line"], ids=["end", "middle"])
def test_a_key_with_a_line_break_stays_out_of_messages(key, monkeypatch):
    monkeypatch.setenv(VARIABLE, key)
    with serving(ada) as (base, _):
        result = evaluated(base, api_key_env=VARIABLE, retries=0)
    assert "sk-secret" not in repr(result)
    assert (result.score is None) == (not key.endswith("\n"))


def test_settings_that_a_model_is_known_to_refuse_are_bad_input():
    with pytest.raises(ConfigError, match="prompt model 'openai/gpt-5'.*temperature=1.0"):
        connect(LMConfig(model="openai/gpt-5"), role="prompt model", temperature=0.7)


# Faults


@pytest.mark.parametrize("faults", [["429", "429"], ["500"]])
def test_an_overloaded_server_is_asked_again(faults):
    with serving(ada, faults=list(faults)) as (base, server):
        result = evaluated(base, retries=2)
    assert (result.score, result.failure) == (1.0, None)
    assert server.seen.faults == Counter(faults)
    assert len(server.seen.requests) == 1


def test_a_hung_call_times_out_and_is_asked_again():
    with serving(ada, faults=["hang"]) as (base, server):
        result = evaluated(base, timeout=0.5, retries=1)
    assert result.score == 1.0
    assert 0.5 <= result.seconds < 10
    assert server.seen.faults == {"hang": 1}


def test_a_call_that_hangs_every_time_is_a_failure_of_the_model():
    with serving(ada, always="hang") as (base, _):
        result = evaluated(base, timeout=0.5, retries=0)
    assert result.score is None
    assert result.failure.kind in ("LMTimeoutError", "LMTransportError")
    assert "timed out" in result.failure.message
    assert result.failure.from_model


def test_an_overload_that_does_not_end_is_a_failure_in_the_providers_words():
    with serving(ada, always="429") as (base, server):
        result = evaluated(base, retries=1)
    assert result.failure.kind == "LMRateLimitError"
    assert "Rate limit reached" in result.failure.message
    assert result.failure.from_model
    assert server.seen.faults["429"] == 2
    assert result.usage.calls == 1


def test_a_refused_key_is_not_tried_again_and_says_what_the_provider_said():
    with serving(ada, always="refuse") as (base, server):
        result = evaluated(base, api_key_env=VARIABLE, retries=4)
    assert result.failure.kind == "LMAuthError"
    assert "Incorrect API key provided" in result.failure.message
    assert result.failure.from_model
    assert server.seen.faults["refuse"] == 1
    assert KEY not in repr(result)


def test_a_page_instead_of_an_answer_is_a_failure_of_the_model():
    with serving(ada, always="garbage") as (base, _):
        result = evaluated(base, retries=0)
    assert result.score is None
    assert result.failure.from_model
    assert result.failure.message


def test_a_server_that_is_not_there_is_a_failure_of_the_model():
    with serving(ada) as (base, _):
        pass
    result = evaluated(base, retries=0)
    assert result.score is None
    assert result.failure.from_model


def test_an_answer_without_fields_is_the_examples_failure_and_not_the_models():
    with serving(lambda messages: "I would rather not.") as (base, server):
        result = evaluated(base)
    assert result.failure.kind == "AdapterParseError"
    assert not result.failure.from_model
    assert len(server.seen.requests) == result.usage.calls == 2


def test_the_prompt_models_refusal_carries_the_providers_words_and_one_call():
    with serving(ada, always="refuse") as (base, _):
        lm = connect(LMConfig(model="m", api_base=base, api_key_env=VARIABLE), role="prompt model")
        with pytest.raises(PromptCallError, match="Incorrect API key provided") as caught:
            summarise("what was seen", lm)
    assert caught.value.kind == "LMAuthError"
    assert caught.value.usage.calls == 1
    assert KEY not in str(caught.value)


# Usage, price and cache


def test_tokens_and_cost_are_counted_at_the_connections_own_price():
    with serving(ada) as (base, _):
        usage = evaluated(base, input_price=1.5, output_price=3.0).usage
    assert usage.calls == 1
    assert usage.input_tokens > 20
    assert usage.output_tokens > 3
    assert usage.priced
    expected = (1.5 * usage.input_tokens + 3.0 * usage.output_tokens) / 1e6
    assert usage.cost_usd == pytest.approx(expected)


def test_an_unknown_price_is_marked_and_not_taken_for_free():
    with serving(ada) as (base, _):
        usage = evaluated(base).usage
    assert (usage.cost_usd, usage.priced) == (0.0, False)


def test_an_answer_whose_usage_is_not_reported_is_a_call_of_unknown_price(monkeypatch):
    monkeypatch.setattr("tests.providers.openai_server.completion", _without_usage)
    with serving(ada) as (base, _):
        usage = evaluated(base, input_price=1.0, output_price=1.0).usage
    assert (usage.calls, usage.cached, usage.priced) == (1, 0, False)


def _without_usage(body, text):
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {"id": "x", "object": "chat.completion", "model": body["model"], "choices": [choice]}


def test_prices_come_from_litellms_list_when_the_model_is_on_it():
    price = LMConfig(model="openai/gpt-4o-mini").price(1_000_000, 0)
    assert price is not None
    assert 0.0 < price < 10.0
    assert LMConfig(model="nobody/knows-this").price(1, 1) is None


def test_the_same_question_is_asked_once():
    with serving(respond_by_hash) as (base, server):
        lm = connect(LMConfig(model="twice", api_base=base), role="task model")
        meter, ask = Meter(), dspy.Predict("question -> answer")
        with dspy.context(lm=lm, usage_tracker=meter):
            ask(question="x")
            ask(question="x")
    assert len(server.seen.requests) == 1
    assert (meter.usage.calls, meter.usage.cached) == (1, 1)
    assert meter.calls[0].completion == meter.calls[1].completion


def test_temperature_and_length_reach_the_server():
    with serving(ada) as (base, server):
        evaluated(base, temperature=0.3, max_tokens=77)
    body = server.seen.bodies[0]
    assert body["temperature"] == 0.3
    assert 77 in (body.get("max_tokens"), body.get("max_completion_tokens"))


@pytest.mark.parametrize(("given", "sent"), [(None, 0.3), (0.7, 0.7), (0.0, 0.0)])
def test_a_role_can_bring_its_own_temperature(given, sent):
    lm = connect(LMConfig(temperature=0.3), role="prompt model", temperature=given)
    assert lm.kwargs["temperature"] == sent


def test_the_offline_model_needs_nothing_and_costs_nothing():
    config = LMConfig(api_key_env="NOT_SET_ANYWHERE")
    lm = connect(config, role="task model")
    assert isinstance(lm, MeteredLM)
    assert isinstance(lm.engine, OfflineEngine)
    assert config.is_offline
    assert config.price(1000, 1000) == 0.0


def test_no_history_is_kept():
    with serving(ada) as (base, _):
        lm = connect(LMConfig(model="test-model", api_base=base), role="task model")
        with dspy.context(lm=lm):
            dspy.Predict("question -> answer")(question="x")
    assert lm.history == []
