"""What dspy must not do for every call: it costs more than the rest of the call."""

import urllib.request
from typing import Annotated

import dspy
import pydantic
import pytest
from dspy._vendor.lm15.transports import _proxy
from dspy.adapters.utils import serialize_for_json
from dspy.clients import backend_selection, costs
from dspy.clients.engines.lm15_engine import LM15Engine

from core.lm import shortcuts
from core.lm.connection import LMConfig, connect
from core.lm.shortcuts import _kept
from tests.providers.openai_server import respond_by_hash, serving


@pytest.fixture
def looked_up(monkeypatch):
    """Models whose price dspy has looked up."""
    models = []
    real = costs.model_info

    def model_info(provider, model, **named):
        models.append(model)
        return real(provider, model, **named)

    monkeypatch.setattr(costs, "model_info", model_info)
    return models


def test_our_models_are_not_priced_by_dspy_and_others_are(looked_up):
    with serving(respond_by_hash) as (address, _):
        ours = connect(LMConfig(model="ours", api_base=address), role="task model")
        ours("hello")
        assert looked_up == []
        dspy.LM("openai/theirs", api_base=address, api_key="none", cache=False)("hello")
    assert "theirs" in looked_up


def test_the_environment_is_read_for_proxies_once_a_second():
    reads = []
    proxies = _kept(lambda: reads.append(1) or {"http": "http://proxy:1"})
    assert [proxies() for _ in range(5)] == [{"http": "http://proxy:1"}] * 5
    assert len(reads) == 1
    assert _proxy.getproxies is not urllib.request.getproxies


@pytest.fixture
def routers(monkeypatch):
    """Models for which dspy has asked a router of its own."""
    asked = []

    class Router(LM15Engine):
        def resolve(self, model):
            asked.append(model)
            return super().resolve(model)

    monkeypatch.setattr(backend_selection, "LM15Engine", Router)
    return asked


def test_the_client_of_a_model_at_an_address_is_chosen_once_and_anew_for_other_settings(routers):
    with serving(respond_by_hash) as (address, _), serving(respond_by_hash) as (other, there):
        ours = connect(LMConfig(model="ours", api_base=address), role="task model")
        for word in ("one", "two", "three"):
            ours(word)
        assert len(routers) == 1
        ours("four", api_base=other)
        assert len(routers) == 2
        assert len(there.seen.requests) == 1


def test_one_type_adapter_is_made_for_a_type_and_not_one_for_each_value(monkeypatch):
    made = []
    monkeypatch.setattr(
        shortcuts, "TypeAdapter", lambda of: made.append(of) or pydantic.TypeAdapter(of)
    )
    shortcuts._kept_adapter.cache_clear()
    assert [serialize_for_json(value) for value in ("a", "b", 3, 4)] == ["a", "b", 3, 4]
    assert made == [str, int]


def test_a_type_that_cannot_be_looked_up_has_an_adapter_all_the_same():
    odd = Annotated[int, pydantic.Field(json_schema_extra={"unhashable": [1]}), ["unhashable"]]
    assert shortcuts._type_adapter(odd).validate_python("3") == 3
