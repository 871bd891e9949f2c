"""Reading answers: one that cannot be read is asked for once more, at the very call that got it.

Neither the other stages of the program nor the example itself are run again for it, so an answer
that cannot be read costs as many further calls as the policy says, by default one.
"""

import functools
from collections.abc import Mapping
from typing import Any

import dspy
from dspy.utils.exceptions import AdapterParseError

from core.lm.connection import message_of
from core.lm.failures import (
    AnswerEmpty,
    AnswerRefused,
    ContentFiltered,
    FailurePolicy,
    Group,
    group_of,
)
from core.lm.usage import Meter

APART = 1_000_000
"""Between the rollout ids of two asks of one call; above those that anything else counts up to."""


@functools.lru_cache(maxsize=256)
def _system_message(signature: Any, instructions: str) -> str:
    """`instructions` tells signatures apart that were changed in place."""
    written: str = dspy.ChatAdapter().format_system_message(signature)
    return written


class ReadingAdapter(dspy.ChatAdapter):  # type: ignore[misc]  # dspy has no types
    """dspy's chat format without its second try as JSON, which would be another prompt."""

    def __init__(self, asks: Mapping[Group, int] | None = None) -> None:
        """`asks` says how often in all a call is made, per group of failures in `ANSWERED`."""
        super().__init__(use_json_adapter_fallback=False)
        self._asks = dict(FailurePolicy().asks() if asks is None else asks)

    def __call__(
        self,
        lm: Any,
        lm_kwargs: dict[str, Any],
        signature: Any,
        demos: list[dict[str, Any]],
        inputs: dict[str, Any],
    ) -> list[dict[str, Any]]:
        """The answer's fields.

        Raises:
            AdapterParseError: no ask brought an answer that can be read; with `no_room`, because
                the run's cap on calls leaves none for another ask.
        """
        own = lm_kwargs.get("rollout_id", lm.kwargs.get("rollout_id")) or 0
        ask = 0
        while True:
            again = {"rollout_id": own + ask * APART} if ask else {}
            try:
                answer: list[dict[str, Any]] = super().__call__(
                    lm, {**lm_kwargs, **again}, signature, demos, inputs
                )
                return answer
            except AdapterParseError as error:
                told, ask = _told(error), ask + 1
                if not self._another(told, lm, ask):
                    raise told from error

    def format_system_message(self, signature: Any) -> str:
        """As dspy writes it; once per signature, as it takes a fifth of a call's processor time."""
        return _system_message(signature, signature.instructions)

    def _another(self, error: AdapterParseError, lm: dspy.LM, made: int) -> bool:
        """Note the failure; True when the call may be made again."""
        kind, meter = type(error).__name__, dspy.settings.get("usage_tracker")
        may = made < self._asks[group_of(kind)]
        if not isinstance(meter, Meter):
            return may
        ending = meter.ending()
        if ending is None or not ending.cached:
            meter.failed(kind, message_of(error, lm))
        if may and not meter.one_more():
            error.no_room = True
            return False
        return may


def reading_adapter() -> ReadingAdapter:
    """The adapter of the task at work, so that its policy holds; a new one outside of any."""
    current = dspy.settings.get("adapter")
    return current if isinstance(current, ReadingAdapter) else ReadingAdapter()


def _told(error: AdapterParseError) -> AdapterParseError:
    """The error by its true name: what cannot be read may be a refusal, or nothing at all."""
    meter = dspy.settings.get("usage_tracker")
    ending = meter.ending() if isinstance(meter, Meter) else None
    if ending is not None and ending.refusal:
        return _as(AnswerRefused, error, f"The model refused: {ending.refusal}")
    if ending is not None and ending.finish == "content_filter":
        return _as(ContentFiltered, error, "The provider's content filter withheld the answer.")
    if not error.lm_response or error.lm_response == "None":
        return _as(AnswerEmpty, error, "The model answered nothing.")
    if ending is not None and ending.finish == "length":
        note = "The answer was cut off at the most tokens that it may have. Raise that number.\n\n"
        error.message = note + str(error)
    return error


def _as(kind: type[AdapterParseError], error: AdapterParseError, message: str) -> AdapterParseError:
    told = kind(error.adapter_name, error.signature, error.lm_response)
    told.message = message
    told.args = (message,)
    return told
