"""From a person's settings to a `dspy.LM` whose calls are counted.

A connection names its key; the key itself comes from `core.lm.keys`, is handed to dspy here, and
appears in no event, row, log line or message.
"""

import asyncio
import os
import re
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

import dspy
from dspy.utils.exceptions import LMConfigurationError, LMError
from pydantic import BaseModel, ConfigDict, Field, field_validator

from core.errors import ConfigError
from core.lm.deadline import answered_within, answered_within_async, keep_deadlines
from core.lm.ending import ending_of
from core.lm.hosts import REFUSED, is_reserved, leads_to_reserved
from core.lm.keys import cleaned, key_of, redacted
from core.lm.offline import OFFLINE_MODEL, OfflineEngine
from core.lm.shortcuts import (
    choose_clients_once_for,
    keep_type_adapters,
    leave_prices_to,
    read_proxies_seldom,
)
from core.lm.text import storable
from core.lm.traffic import Traffic, Turn
from core.lm.usage import Call, Meter, Usage

LONGEST_MESSAGE = 2000
"""Characters of a provider's error message that are kept."""


NO_KEY = "none"
"""Sent to an endpoint that needs no key."""


# LiteLLM asks the network for its price list when it is imported, unless it is told not to.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")


class LMConfig(BaseModel):
    """Which language model to use and how to reach it."""

    model_config = ConfigDict(
        frozen=True,
        protected_namespaces=(),
        hide_input_in_errors=True,  # what was given as the name of a variable may be the key itself
    )

    model: str = OFFLINE_MODEL
    """`offline`, or a model name as the endpoint knows it, or a LiteLLM name with its provider."""
    api_base: str | None = None
    """Address of an OpenAI-compatible endpoint, such as `http://localhost:8000/v1`."""
    protocol: Literal["openai", "azure"] = "openai"
    """What the endpoint at `api_base` speaks; without an address the model's name decides."""
    api_version: str | None = None
    """Of Azure's interface, such as `2024-10-21`; other endpoints have none."""
    api_key_env: str | None = None
    """Name of the key, which is that of the environment variable with it."""
    temperature: float | None = Field(default=None, ge=0.0, le=2.0)
    """None leaves it to the provider."""
    max_tokens: int | None = Field(default=None, gt=0)
    timeout: float = Field(default=60.0, gt=0)
    """Seconds for an attempt, from connecting to the last byte of its answer; one that takes longer
    counts as hung and is tried again."""
    retries: int = Field(default=4, ge=0)
    """How often a call is repeated after 429, 5xx, a hang or a broken connection; a 429 while other
    calls are answered counts for an eighth."""
    retry_wait: float = Field(default=1.0, ge=0.0, le=60.0)
    """Seconds before the first repetition, doubled each time; a provider's own word goes first."""
    concurrency: int | None = Field(default=None, ge=1, le=256)
    """Most requests in flight to this model from one run; None leaves it to the run's own."""
    delay: float = Field(default=0.0, ge=0.0, le=10.0)
    """Seconds the offline model waits per call, so that a demo can be watched."""
    input_price: float | None = Field(default=None, ge=0.0)
    """US dollars per million input tokens; None asks LiteLLM's price list."""
    output_price: float | None = Field(default=None, ge=0.0)

    @field_validator("api_key_env")
    @classmethod
    def _is_a_name(cls, value: str | None) -> str | None:
        # many keys are letters, digits and underscores, too, but long and not in capitals
        if value and not re.fullmatch(r"[A-Z_][A-Z0-9_]*|[A-Za-z_]\w{0,29}", value, flags=re.A):
            raise ValueError(
                "give the name of an environment variable, such as OPENAI_API_KEY, not the key"
            )
        return value or None

    @field_validator("api_base")
    @classmethod
    def _is_an_address(cls, value: str | None) -> str | None:
        if not value:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("give an address such as http://localhost:8000/v1")
        if "@" in parts.netloc or parts.query:
            raise ValueError(
                "give the address without a password or key in it; put the key into an "
                "environment variable and name that"
            )
        if is_reserved(parts.hostname):
            raise ValueError(REFUSED)
        return value

    @field_validator("api_version")
    @classmethod
    def _is_given(cls, value: str | None) -> str | None:
        return value or None

    @property
    def is_offline(self) -> bool:
        """True for the built-in text matcher."""
        return self.model == OFFLINE_MODEL

    @property
    def label(self) -> str:
        """How the model is called on screen."""
        return self.model

    @property
    def place(self) -> str | None:
        """Where requests go, when not to the place that the model's name says."""
        if self.is_offline or self.api_base is None:
            return None
        return " ".join(filter(None, (self.protocol, self.api_base, self.api_version)))

    def is_reached_like(self, other: "LMConfig") -> bool:
        """Whether both are the same model at the same place with the same key."""
        ways = ("model", "api_base", "protocol", "api_version", "api_key_env")
        return all(getattr(self, name) == getattr(other, name) for name in ways)

    def check(self, role: str) -> None:
        """Do nothing, if the key that the connection names is there.

        Raises:
            ConfigError: it is neither in the environment nor typed in this browser session.
        """
        if self.is_offline or self.api_key_env is None or key_of(self.api_key_env):
            return
        raise ConfigError(
            f"{role} {self.model!r}: the environment variable {self.api_key_env!r} is not set. "
            "Set it before starting the server, type the key on the Models page, or name another "
            "one."
        )

    def price(self, input_tokens: int, output_tokens: int) -> float | None:
        """US dollars for these tokens; 0 for the offline model, None when no price is known."""
        if self.is_offline:
            return 0.0
        prices = self._own_prices() or _listed_prices(self.model)
        if prices is None:
            return None
        return (input_tokens * prices[0] + output_tokens * prices[1]) / 1e6

    def _own_prices(self) -> tuple[float, float] | None:
        if self.input_price is None or self.output_price is None:
            return None
        return self.input_price, self.output_price


class MeteredLM(dspy.LM):
    """A `dspy.LM` that reports each answered call to the meter of the task that made it.

    Its calls wait for a slot of the run's traffic and are repeated here, never within dspy, so that
    every refusal is seen.
    """

    def __init__(
        self, connection: LMConfig, *args: Any, traffic: Traffic | None = None, **kwargs: Any
    ) -> None:
        """`traffic` is the run's; without one this model's calls share a traffic of their own."""
        super().__init__(*args, **{**kwargs, "num_retries": 0})
        self.connection = connection
        self.traffic = traffic or Traffic()
        self._has_looked = False

    def _look(self) -> None:
        """Before the first request: see where the address leads.

        Raises:
            LMConfigurationError: to where no model is asked, see `core.lm.hosts`.
        """
        if self._has_looked:
            return
        if not self.connection.is_offline:
            keep_deadlines()
        if self.connection.api_base and leads_to_reserved(self.connection.api_base):
            raise LMConfigurationError(f"{self.connection.api_base}: {REFUSED}", model=self.model)
        self._has_looked = True

    def _entry(self, given: Mapping[str, Any]) -> Any:
        """What tells the request's cache entry apart: its repetition, and the model's address.

        dspy leaves the address out of the key: two servers with one model would share answers.
        """
        repetition = given.get("rollout_id", self.kwargs.get("rollout_id"))
        place = self.connection.place
        if place is None:
            return repetition
        return place if repetition is None else f"{place} {repetition}"

    def _warn_zero_temp_rollout(self, temperature: float | None, rollout_id: Any) -> None:
        """No warning: a repetition is asked afresh on purpose, whatever the temperature."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """One request, repeated as the connection says while it fails for passing reasons.

        Raises:
            ConfigError: the task that makes it has used up the calls that were set apart for it.
            Halted: the run pauses or ends, and the request was still waiting to be sent.
            LMConfigurationError: the address leads to where no model is asked.
        """
        _admit()
        self._look()
        kwargs["rollout_id"] = self._entry(kwargs)
        turn = self._turn()
        while True:
            turn.enter()
            try:
                with answered_within(self._patience(kwargs)):
                    answer = super().__call__(*args, **kwargs)
            except BaseException as error:
                again = self._again(turn, error)
                if again is None:
                    raise
            else:
                turn.answered()
                return answer
            turn.wait(again)

    async def acall(self, *args: Any, **kwargs: Any) -> Any:
        """The same, asynchronously."""
        _admit()
        await asyncio.to_thread(self._look)
        kwargs["rollout_id"] = self._entry(kwargs)
        turn = self._turn()
        while True:
            await turn.enter_async()
            try:
                async with answered_within_async(self._patience(kwargs)):
                    answer = await super().acall(*args, **kwargs)
            except BaseException as error:
                again = self._again(turn, error)
                if again is None:
                    raise
            else:
                turn.answered()
                return answer
            await turn.wait_async(again)

    def _patience(self, given: Mapping[str, Any]) -> float | None:
        """Seconds for an attempt; None where nobody is waited for, as with an engine in-process."""
        seconds = given.get("timeout", self.kwargs.get("timeout"))
        return seconds if isinstance(seconds, int | float) else None

    def _turn(self) -> Turn:
        """The call that begins; within an example it is part of the run's traffic."""
        traffic = dspy.settings.get("traffic") or self.traffic
        own = self.connection
        meter = dspy.settings.get("usage_tracker")
        return Turn(
            traffic=traffic,
            limiter=traffic.limiter(own.place, own.model, own.concurrency),
            retries=own.retries,
            first_wait=own.retry_wait,
            meter=meter if isinstance(meter, Meter) else None,
        )

    def _again(self, turn: Turn, error: BaseException) -> float | None:
        """Seconds after which the call is to be repeated; None when it has failed for good."""
        if not isinstance(error, Exception):
            turn.dropped()
            return None
        return turn.failed(error, message_of(error, self))

    def update_history(self, entry: dict[str, Any]) -> None:
        """Called by dspy once per answered call; keeps no history, so memory stays flat.

        The outputs are those that the caller gets: a key that the model repeats is taken out here,
        before anybody has seen it.
        """
        entry["outputs"][:] = cleaned(entry["outputs"])
        meter = dspy.settings.get("usage_tracker")
        if isinstance(meter, Meter):
            billed = meter.take_billed()
            meter.end(ending_of(entry["response"], cached=not billed))
            usage = _usage(entry, self.connection) if billed else Usage(cached=1)
            meter.add(usage, _call(entry))


leave_prices_to(MeteredLM)
choose_clients_once_for(MeteredLM)
read_proxies_seldom()
keep_type_adapters()


def connect(
    config: LMConfig,
    *,
    role: str,
    temperature: float | None = None,
    traffic: Traffic | None = None,
) -> MeteredLM:
    """An LM for one role (`task model` or `prompt model`), ready to call, in the run's traffic.

    Raises:
        ConfigError: the environment variable for the key is not set, or the model is known not to
            take these settings.
    """
    config.check(role)
    settings: dict[str, Any] = {
        "temperature": config.temperature if temperature is None else temperature,
        "traffic": traffic,
        "cache": True,
    }
    if config.is_offline:
        engine = OfflineEngine(delay=config.delay)
        return MeteredLM(config, OFFLINE_MODEL, engine=engine, **settings)
    name = f"{config.protocol}/{config.model}" if config.api_base else config.model
    settings |= {"max_tokens": config.max_tokens, "timeout": config.timeout}
    if config.api_base:
        settings["api_base"] = config.api_base
        if config.protocol == "openai":
            settings["engine"] = "lm15"  # it can, so dspy need not try so for every call
    if config.api_version and config.protocol == "azure":
        settings["api_version"] = config.api_version
    key = key_of(config.api_key_env)
    if key or config.api_base:
        settings["api_key"] = key or NO_KEY  # local servers take any key, the client wants one
    try:
        return MeteredLM(config, name, **settings)
    except LMError as error:
        raise ConfigError(f"{role} {config.model!r}: {error.message}") from error


def _admit() -> None:
    meter = dspy.settings.get("usage_tracker")
    if isinstance(meter, Meter) and not meter.admit():
        raise ConfigError(
            f"one run of the program makes more than the {meter.most} LM calls that its template "
            "announces. Give its stages the number of calls that they really make."
        )


def message_of(error: Exception, lm: dspy.LM) -> str:
    """What went wrong, in the provider's words, without any key; never empty.

    The advice that dspy adds is left out: it is about dspy's own interface.
    """
    text = str(getattr(error, "message", None) or error).strip()
    for start in ("\n\n  credential came from", "\n\n  To fix:"):
        text = text.partition(start)[0]
    key = lm.kwargs.get("api_key")
    text = redacted(text, None if key == NO_KEY else key)
    return storable(text[:LONGEST_MESSAGE]) or type(error).__name__


def _usage(entry: dict[str, Any], connection: LMConfig) -> Usage:
    used = entry["usage"] or {}
    tokens = int(used.get("prompt_tokens") or 0), int(used.get("completion_tokens") or 0)
    cost = connection.price(*tokens) if used else None
    return Usage(
        calls=1,
        input_tokens=tokens[0],
        output_tokens=tokens[1],
        cost_usd=cost or 0.0,
        priced=cost is not None,
    )


def _call(entry: dict[str, Any]) -> Call:
    messages = entry["messages"] or [{"role": "user", "content": entry["prompt"]}]
    first = entry["outputs"][0] if entry["outputs"] else None
    text = first.get("text") if isinstance(first, dict) else first
    return Call(messages=list(messages), completion=str(text or ""))


def _listed_prices(model: str) -> tuple[float, float] | None:
    import litellm  # heavy, and only needed when a real model has no price of its own

    known = litellm.model_cost.get(model) or litellm.model_cost.get(model.split("/")[-1])
    if not known or "input_cost_per_token" not in known:
        return None
    return known["input_cost_per_token"] * 1e6, known.get("output_cost_per_token", 0.0) * 1e6
