"""The offline model: a custom dspy engine that needs no key, no network and no weights.

An honest in-context learner. It reads only the prompt it is sent (instruction, field descriptions,
demonstrations, inputs) and answers each requested output field from that. It knows no dataset and
looks up no answers; where the prompt leaves something open it guesses with a coin that is seeded
with the prompt and the temperature, so that equal requests get equal answers.
"""

import threading
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

from dspy.lm15 import InvalidRequestError, Message, Request, Response, TextPart, Usage

from core.lm.matcher.agent import write_step
from core.lm.matcher.classifier import classify
from core.lm.matcher.labels import labels_of
from core.lm.matcher.marking import write_mark
from core.lm.matcher.objects import write_object
from core.lm.matcher.prompt import Field, Prompt, read_prompt, write_answer
from core.lm.matcher.proposer import write_proposal
from core.lm.matcher.queries import is_query_field, write_query
from core.lm.matcher.reader import read_answer
from core.lm.matcher.set_proposer import write_proposal_set
from core.lm.matcher.summaries import write_summary
from core.lm.matcher.text import coin

OFFLINE_MODEL = "offline"
OFFLINE_NOTICE = (
    "Offline model: a small built-in text matcher, not an LLM. "
    "Good for trying the app; connect a model for real results."
)
_REASONING_NAMES = frozenset(["reasoning", "rationale", "thought", "thoughts", "explanation"])
_JITTER = 0.5
"""The delay varies by this share around its mean, so that watched calls do not march in step."""


class OfflineEngine:
    """One attempt per call, as dspy asks of an engine. Any number of threads may call it.

    At a temperature above 0, the same prompt asked again is answered afresh: the answer depends on
    prompt, temperature and how often this engine has been asked before.
    """

    def __init__(self, delay: float = 0.0) -> None:
        """Every call takes `delay` seconds on average."""
        self.delay = delay
        self._asked: Counter[int] = Counter()
        self._lock = threading.Lock()

    def complete(self, request: Request) -> Response:
        """The matcher's answer in the format of the prompt's adapter; usage counts words.

        Raises:
            InvalidRequestError: the prompt was not written by a dspy chat or JSON adapter.
        """
        system = _text(request.system)
        messages = [(message.role, message.text or "") for message in request.messages]
        temperature = request.config.temperature
        repetition = self._repetition(system, messages) if temperature else 0
        prompt = read_prompt(
            system, messages, temperature=temperature or 0.0, repetition=repetition
        )
        if prompt is None:
            raise InvalidRequestError(
                "The offline model reads only prompts with dspy's field markers, as `dspy.Predict` "
                "writes them with `dspy.ChatAdapter` or `dspy.JSONAdapter`. Call it through a dspy "
                "program, or connect a language model."
            )
        if self.delay > 0.0:
            time.sleep(self.delay * (1 - _JITTER + 2 * _JITTER * coin("delay", prompt.key)))
        answer = write_answer(prompt, answers_to(prompt))
        read = len(system.split()) + sum(len(text.split()) for _, text in messages)
        written = len(answer.split())
        return Response(
            id=None,
            model=request.model,
            message=Message.assistant([TextPart(answer)]),
            finish_reason="stop",
            usage=Usage(input_tokens=read, output_tokens=written, total_tokens=read + written),
        )

    def _repetition(self, system: str, messages: list[tuple[str, str]]) -> int:
        """How often this prompt has been asked before."""
        key = hash((system, *messages))
        with self._lock:
            self._asked[key] += 1
            return self._asked[key] - 1

    def dump_state(self) -> dict[str, Any]:
        """What `load_state` needs to make an equal engine."""
        return {"delay": self.delay}

    @classmethod
    def load_state(cls, state: Mapping[str, Any]) -> "OfflineEngine":
        """The engine that `dump_state` described."""
        return cls(delay=float(state["delay"]))


def answers_to(prompt: Prompt) -> dict[str, str]:
    """A text for every output field; reasoning fields say what the other answers rest on."""
    answers: dict[str, str] = {}
    reasons: list[str] = []
    for field in prompt.outputs:
        if not _is_reasoning(field, prompt):
            answers[field.name], because = _answer(prompt, field)
            reasons.append(because)
    for field in prompt.outputs:
        answers.setdefault(field.name, " ".join(dict.fromkeys(filter(None, reasons))))
    return answers


def _answer(prompt: Prompt, field: Field) -> tuple[str, str]:
    """An answer and the sentence that explains it."""
    for write in (write_proposal_set, write_proposal, write_step, write_mark):
        if (written := write(prompt, field)) is not None:
            return written, ""
    labels = labels_of(prompt, field)
    if labels:
        choice = classify(prompt, field, labels)
        return choice.label, choice.because
    if is_query_field(field):
        query = write_query(prompt, field)
        return query.text, query.because
    composed = write_object(prompt, field) or write_summary(prompt, field)
    if composed is not None:
        return composed, "The text says so."
    reading = read_answer(prompt, field)
    return reading.answer, reading.because


def _is_reasoning(field: Field, prompt: Prompt) -> bool:
    return field.name in _REASONING_NAMES and field.type == "str" and len(prompt.outputs) > 1


def _text(system: Any) -> str:
    if system is None or isinstance(system, str):
        return system or ""
    return "".join(part.text for part in system)
