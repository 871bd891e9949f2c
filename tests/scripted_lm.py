"""A language model that answers from a script, for tests of real dspy programs.

It is a real `MeteredLM` with a scripted engine: adapter, cache, counting and error translation are
dspy's own. A prompt that the script has no answer for fails the test.
"""

import contextlib
import itertools
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import dspy
from dspy.lm15 import Message, Request, Response, TextPart, Usage

from core.lm.connection import LMConfig, MeteredLM

Fields = dict[str, str]
Answer = Fields | str | Exception | None
"""Output fields, or a raw completion, or what the provider raises; None: not expected."""

_numbers = itertools.count()


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """What the model was sent."""

    system: str
    turns: tuple[tuple[str, str], ...]
    """(role, text): the demonstrations, then the question."""
    temperature: float | None

    @property
    def inputs(self) -> Fields:
        """Input fields of the last turn."""
        text = self.turns[-1][1].partition("\n\nRespond with")[0]
        parts = re.split(r"^\[\[ ## (\w+) ## \]\]\n", text, flags=re.M)[1:]
        return {name: value.strip() for name, value in zip(parts[::2], parts[1::2], strict=True)}

    @property
    def outputs(self) -> list[str]:
        """Output fields that are asked for."""
        block = self.system.partition("Your output fields are:")[2].partition("All interact")[0]
        return re.findall(r"^\d+\. `(\w+)`", block, flags=re.M)

    @property
    def instruction(self) -> str:
        """What stands at the end of the system message."""
        return " ".join(self.system.partition("your objective is:")[2].split())

    @property
    def demos(self) -> int:
        """Number of demonstrations."""
        return len(self.turns) // 2


class ScriptedEngine:
    """Answers from a list, in order, or from a function of the prompt. Safe across threads."""

    def __init__(self, script: Sequence[Answer] | Callable[[Prompt], Answer]) -> None:
        self.prompts: list[Prompt] = []
        self.unexpected: list[Prompt] = []
        self._script = script if callable(script) else None
        self.left = [] if callable(script) else list(script)
        self._lock = threading.Lock()

    def complete(self, request: Request) -> Response:
        prompt = _prompt(request)
        with self._lock:
            self.prompts.append(prompt)
            answer = self._answer(prompt)
            if answer is None:
                self.unexpected.append(prompt)
        if answer is None:
            raise AssertionError(f"the script has no answer to {prompt}")
        if isinstance(answer, Exception):
            raise answer
        return _response(request, answer if isinstance(answer, str) else formatted(answer))

    def _answer(self, prompt: Prompt) -> Answer:
        if self._script is not None:
            return self._script(prompt)
        return self.left.pop(0) if self.left else None


@contextlib.contextmanager
def scripted_lm(
    script: Sequence[Answer] | Callable[[Prompt], Answer], **settings: Any
) -> Iterator[tuple[MeteredLM, ScriptedEngine]]:
    """(model, engine) for the block; afterwards every prompt was expected, every answer asked for.

    `settings` are those of `LMConfig`; `retries` is 0 unless it is given.
    """
    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=True)
    engine = ScriptedEngine(script)
    config = LMConfig(**{"model": f"scripted-{next(_numbers)}", "retries": 0, **settings})
    lm = MeteredLM(
        config,
        config.model,
        engine=engine,
        cache=True,
        num_retries=config.retries,
        temperature=config.temperature,
    )
    yield lm, engine
    assert not engine.unexpected, f"no answer in the script: {engine.unexpected[0]}"
    assert not engine.left, f"never asked for: {engine.left}"


def formatted(fields: Fields) -> str:
    """A completion in dspy's chat format."""
    parts = [f"[[ ## {name} ## ]]\n{value}" for name, value in fields.items()]
    return "\n\n".join([*parts, "[[ ## completed ## ]]"])


def _prompt(request: Request) -> Prompt:
    system = request.system
    if system is not None and not isinstance(system, str):
        system = "".join(part.text for part in system)
    turns = tuple((message.role, message.text or "") for message in request.messages)
    return Prompt(system=system or "", turns=turns, temperature=request.config.temperature)


def _response(request: Request, text: str) -> Response:
    read = sum(len((message.text or "").split()) for message in request.messages)
    written = len(text.split())
    return Response(
        id=None,
        model=request.model,
        message=Message.assistant([TextPart(text)]),
        finish_reason="stop",
        usage=Usage(input_tokens=read, output_tokens=written, total_tokens=read + written),
    )
