"""What dspy must not do for every call: it costs more than the rest of the call."""

import urllib.request

import dspy
import pytest
from dspy._vendor.lm15.transports import _proxy
from dspy.clients import costs

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
