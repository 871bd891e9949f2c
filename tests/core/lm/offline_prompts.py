"""Prompts for the offline model, written by dspy's own adapters, and its answers."""

from typing import Any

import dspy

from core.lm.matcher.prompt import Prompt, read_prompt
from core.lm.offline import OFFLINE_MODEL, OfflineEngine, answers_to


def prompt_of(
    signature: type[dspy.Signature] | str,
    demos: list[dict[str, Any]] | None = None,
    temperature: float = 0.0,
    **values: Any,
) -> Prompt:
    made = dspy.make_signature(signature) if isinstance(signature, str) else signature
    shown = [dspy.Example(**demo) for demo in demos or []]
    messages = dspy.ChatAdapter().format(made, shown, values)
    turns = [(each["role"], each["content"]) for each in messages[1:]]
    prompt = read_prompt(messages[0]["content"], turns, temperature=temperature)
    assert prompt is not None
    return prompt


def answer_of(
    signature: type[dspy.Signature] | str,
    demos: list[dict[str, Any]] | None = None,
    temperature: float = 0.0,
    **values: Any,
) -> dict[str, str]:
    return answers_to(prompt_of(signature, demos, temperature, **values))


def offline_lm(**settings: Any) -> dspy.LM:
    return dspy.LM(OFFLINE_MODEL, engine=OfflineEngine(), cache=False, **settings)
