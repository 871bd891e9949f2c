"""Where keys come from, and that no spelling of one stays in a text."""

import io
import json
import threading
from urllib.parse import quote

import pytest

from core.lm import keys

KEY = 'sk-"plan\\ted"/0123 4567é'


@pytest.fixture(autouse=True)
def _no_other_source():
    yield
    keys.find_with()


@pytest.mark.parametrize(
    "written", [KEY, json.dumps(KEY), repr(KEY), quote(KEY), quote(KEY, safe="")]
)
def test_a_key_is_taken_out_however_it_is_written(written, monkeypatch):
    monkeypatch.setenv("SOME_API_KEY", KEY)
    assert "plan" not in keys.redacted(f"Incorrect API key provided: {written}.")


def test_only_what_is_named_like_a_secret_is_taken_for_one(monkeypatch):
    monkeypatch.setenv("KEYBOARD", "qwertz-layout")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "aws-0123456789")
    monkeypatch.setenv("SOME_TOKEN", "none")
    text = "qwertz-layout aws-0123456789 none"
    assert keys.redacted(text) == "qwertz-layout (the key) none"
    assert keys.redacted(text, "none") == "qwertz-layout (the key) (the key)"


def test_a_mere_word_is_no_key_even_if_it_is_somebodys_password(monkeypatch):
    monkeypatch.setenv("POSTGRES_PASSWORD", "postgres")
    assert keys.redacted("Which is faster, postgres or sqlite?").startswith("Which is faster, pos")


def test_texts_are_cleaned_however_deep_they_are_and_all_else_is_left_alone(monkeypatch):
    monkeypatch.setenv("SOME_KEY", "sk-0123456789")
    other = object()
    found = keys.cleaned({"a": ["Bearer sk-0123456789", 1, other], "b": ("sk-0123456789",)})
    assert found == {"a": ["Bearer (the key)", 1, other], "b": ("(the key)",)}


def test_a_further_source_comes_before_the_environment(monkeypatch):
    monkeypatch.setenv("SOME_KEY", "from-environment")
    assert keys.key_of("SOME_KEY") == "from-environment"
    keys.find_with(lambda: {"SOME_KEY": "typed\n"}, lambda: {"SOME_KEY": "x", "OTHER": "secret"})
    assert (keys.key_of("SOME_KEY"), keys.key_of("OTHER")) == ("typed", "secret")
    assert (keys.key_of(None), keys.key_of("NOBODY_HAS_IT")) == ("", "")


def test_work_in_another_thread_can_carry_the_keys_of_the_one_that_asked():
    own = threading.local()
    own.keys = {"SOME_KEY": "typed-in-this-tab"}
    keys.find_with(lambda: getattr(own, "keys", {}))
    found = []
    for work in (keys.key_of, keys.carried(keys.key_of)):
        thread = threading.Thread(target=lambda work=work: found.append(work("SOME_KEY")))
        thread.start()
        thread.join()
    assert found == ["", "typed-in-this-tab"]


def test_a_redacting_stream_writes_all_but_the_key(monkeypatch):
    monkeypatch.setenv("SOME_KEY", "sk-0123456789")
    below = io.StringIO()
    print("Bearer sk-0123456789, said the server", file=keys.RedactingStream(below), flush=True)
    assert below.getvalue() == "Bearer (the key), said the server\n"
