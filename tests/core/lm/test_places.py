"""One model's name at two addresses: no answer of the one is ever the other's."""

import dspy
import pytest

from core.lm.connection import LMConfig, connect
from core.lm.usage import Meter
from tests.providers.openai_server import formatted, serving


@pytest.fixture
def servers():
    with (
        serving(lambda _: formatted({"answer": "one"})) as (one, first),
        serving(lambda _: formatted({"answer": "two"})) as (two, second),
    ):
        yield (one, first), (two, second)


def asked(base, *, repetition=0, meter=None, **settings):
    config = LMConfig(model="same-name", api_base=base, **settings)
    lm = connect(config, role="task model")
    lm = lm.copy(rollout_id=repetition) if repetition else lm
    with dspy.context(lm=lm, usage_tracker=meter or Meter()):
        return dspy.Predict("question -> answer")(question="which?").answer


@pytest.mark.parametrize("temperature", [None, 0.0])
def test_two_servers_with_one_models_name_share_no_answers(servers, tmp_path, temperature):
    (one, first), (two, second) = servers
    dspy.configure_cache(
        enable_disk_cache=True, enable_memory_cache=True, disk_cache_dir=str(tmp_path)
    )
    meter = Meter()
    for _ in range(2):
        assert asked(one, meter=meter, temperature=temperature) == "one"
        assert asked(two, meter=meter, temperature=temperature) == "two"
        assert asked(one, repetition=3, meter=meter, temperature=temperature) == "one"
        dspy.cache.reset_memory_cache()  # the disk keeps them apart, too
    assert [len(each.seen.requests) for each in (first, second)] == [2, 1]
    assert (meter.usage.calls, meter.usage.cached) == (3, 3)
    bodies = [*first.seen.bodies, *second.seen.bodies]
    assert all("rollout_id" not in body for body in bodies)
    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=True)
