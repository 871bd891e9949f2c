"""What the command line says about each model of a run."""

import argparse

import pytest
from pydantic import ValidationError

from core.command.models import add_check_options, add_model_options, checked, checked_text, models
from core.errors import ConfigError
from core.lm.connection import LMConfig


def given(*words):
    parser = argparse.ArgumentParser()
    add_model_options(parser)
    return models(parser.parse_args(words))


def test_each_model_can_have_settings_of_its_own():
    found = given(
        *("--task-model", "small", "--api-base", "http://here/v1", "--timeout", "20"),
        *("--task-options", "temperature=0.2, max_tokens=300,concurrency=4,retries=1"),
        *("--prompt-model", "openai/gpt-4o", "--prompt-options", "api_key_env=B,timeout=90"),
        *("--teacher-model", "large", "--teacher-options", "input_price=1,output_price=2"),
        "--no-cache",
    )
    here = LMConfig(model="small", api_base="http://here/v1", timeout=20)
    own = {"temperature": 0.2, "max_tokens": 300, "concurrency": 4, "retries": 1}
    assert found["task_model"] == here.model_copy(update=own)
    assert (found["prompt_model"].api_key_env, found["prompt_model"].timeout) == ("B", 90.0)
    assert found["teacher_model"].price(1_000_000, 1_000_000) == 3.0
    assert found["response_cache"] is False


def test_without_options_all_is_offline_and_the_task_model_teaches():
    expected = {"task_model": LMConfig(), "prompt_model": LMConfig(), "teacher_model": None}
    assert given() == {**expected, "response_cache": True}
    assert given("--task-options", "delay=0.5")["task_model"] == LMConfig(delay=0.5)


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("--task-options", "heat=1"), ConfigError),
        (("--task-options", "temperature"), ConfigError),
        (("--task-options", "temperature=9"), ValidationError),
        (("--teacher-options", "temperature=1"), ConfigError),
        (
            ("--task-model", "m", "--task-options", "api_key_env=sk-abcdef0123456789"),
            ValidationError,
        ),
    ],
)
def test_what_cannot_be_read_is_bad_input(words, error):
    with pytest.raises(error) as caught:
        given(*words)
    assert "sk-abc" not in str(caught.value)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("offline",), "It answered"),
        (("m", "--api-base", "http://127.0.0.1:9/v1"), "Nothing answers there."),
    ],
)
def test_a_model_can_be_tried(words, says):
    parser = argparse.ArgumentParser()
    add_check_options(parser)
    assert says in checked_text(checked(parser.parse_args(words)))
