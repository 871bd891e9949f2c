"""How an answer ended, whatever client of dspy's brought it: its own, or LiteLLM's."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dspy.lm15 import Response


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How an answer ended."""

    finish: str
    """As the provider says it: `stop`, `length`, `content_filter`; empty when it does not."""
    refusal: str
    """What the model said in place of an answer; empty when it did not refuse."""
    cached: bool
    """True when it came from the run's own cache, at no cost."""


def ending_of(response: Any, *, cached: bool) -> Ending:
    """Of what stands as `response` in an entry of dspy's history."""
    if isinstance(response, Sequence):
        response = response[0] if response else None
    if isinstance(response, Response):
        refusals = (part.text for part in response.message.parts if part.type == "refusal")
        return Ending(
            finish=response.finish_reason or "", refusal=next(refusals, ""), cached=cached
        )
    choices = getattr(response, "choices", None) or [None]
    message = getattr(choices[0], "message", None)
    said = getattr(message, "provider_specific_fields", None) or {}
    return Ending(
        finish=str(getattr(choices[0], "finish_reason", None) or ""),
        refusal=str(said.get("refusal") or ""),
        cached=cached,
    )
