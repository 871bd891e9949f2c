"""A key that a model repeats is in no answer, and in no cache of answers."""

import json

import dspy
import pytest

from core.lm.answers import CleanCache, keep_answers
from core.lm.connection import LMConfig, connect
from core.lm.usage import Meter
from tests.providers.openai_server import serving

KEY = "sk-repeated-0123456789"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("REPEATED_API_KEY", KEY)
    before = dspy.cache
    keep_answers(in_memory=10, folder=tmp_path)
    yield tmp_path
    dspy.cache = before


def test_a_repeated_key_is_in_no_answer_first_or_kept(folder):
    with serving(lambda messages: f"Authorization: Bearer {KEY}.") as (base, server):
        lm = connect(LMConfig(model="m", api_base=base, api_key_env="REPEATED_API_KEY"), role="m")
        meter = Meter()
        with dspy.context(usage_tracker=meter):
            answers = [lm("hello") for _ in range(2)]
        assert server.seen.arrived == 1
    assert answers == [["Authorization: Bearer (the key)."]] * 2
    assert [each.completion for each in meter.calls] == [answers[0][0]] * 2
    assert KEY not in json.dumps(list(dspy.cache.memory_cache.values()))
    assert not [
        path for path in folder.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()
    ]


class Raw:
    """An answer as a library keeps it."""

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return f"Raw({self.text!r})"


def test_what_cannot_be_cleaned_is_not_kept(monkeypatch):
    monkeypatch.setenv("REPEATED_API_KEY", KEY)
    cache = CleanCache(enable_disk_cache=False, enable_memory_cache=True, disk_cache_dir=None)
    for text in ("fine", KEY):
        cache.put({"prompt": text}, Raw(text))
    assert [each.text for each in cache.memory_cache.values()] == ["fine"]
