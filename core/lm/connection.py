"""From a person's settings to a `dspy.LM` whose calls are counted.

A connection names the environment variable that holds the key; the key itself is read here, handed
to dspy, and appears in no event, row, log line or message.
"""

import os
import re
from typing import Any
from urllib.parse import urlsplit

import dspy
from dspy.utils.exceptions import LMError
from pydantic import BaseModel, ConfigDict, Field, field_validator

from core.errors import ConfigError
from core.lm.offline import OFFLINE_MODEL, OfflineEngine
from core.lm.text import storable
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
    api_key_env: str | None = None
    """Name of the environment variable that holds the key."""
    temperature: float | None = Field(default=None, ge=0.0, le=2.0)
    """None leaves it to the provider."""
    max_tokens: int | None = Field(default=None, gt=0)
    timeout: float = Field(default=60.0, gt=0)
    """Seconds after which a call counts as hung and is tried again."""
    retries: int = Field(default=4, ge=0)
    """How often dspy repeats a call after 429, 5xx, a hang or a broken connection."""
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
        return value

    @property
    def is_offline(self) -> bool:
        """True for the built-in text matcher."""
        return self.model == OFFLINE_MODEL

    @property
    def label(self) -> str:
        """How the model is called on screen."""
        return self.model

    def check(self, role: str) -> None:
        """Do nothing, if the key that the connection names is there.

        Raises:
            ConfigError: the environment variable is not set.
        """
        if self.is_offline or self.api_key_env is None or _key(self):
            return
        raise ConfigError(
            f"{role} {self.model!r}: the environment variable {self.api_key_env!r} is not set. "
            "Set it before starting the server, or name another one."
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
    """A `dspy.LM` that reports each answered call to the meter of the task that made it."""

    def __init__(self, connection: LMConfig, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.connection = connection

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """One request.

        Raises:
            ConfigError: the task that makes it has used up the calls that were set apart for it.
        """
        _admit()
        return super().__call__(*args, **kwargs)

    async def acall(self, *args: Any, **kwargs: Any) -> Any:
        """The same, asynchronously."""
        _admit()
        return await super().acall(*args, **kwargs)

    def update_history(self, entry: dict[str, Any]) -> None:
        """Called by dspy once per answered call; keeps no history, so memory stays flat."""
        meter = dspy.settings.get("usage_tracker")
        if isinstance(meter, Meter):
            usage = _usage(entry, self.connection) if meter.take_billed() else Usage(cached=1)
            meter.add(usage, _call(entry))


def connect(config: LMConfig, *, role: str, temperature: float | None = None) -> MeteredLM:
    """An LM for one role (`task model` or `prompt model`), ready to call.

    Raises:
        ConfigError: the environment variable for the key is not set, or the model is known not to
            take these settings.
    """
    config.check(role)
    settings: dict[str, Any] = {
        "temperature": config.temperature if temperature is None else temperature,
        "num_retries": config.retries,
        "cache": True,
    }
    if config.is_offline:
        engine = OfflineEngine(delay=config.delay)
        return MeteredLM(config, OFFLINE_MODEL, engine=engine, **settings)
    name = f"openai/{config.model}" if config.api_base else config.model
    settings |= {"max_tokens": config.max_tokens, "timeout": config.timeout}
    if config.api_base:
        settings["api_base"] = config.api_base
    key = _key(config)
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
    """What went wrong, in the provider's words, without the key that was sent; never empty."""
    text = str(getattr(error, "message", None) or error).strip()
    key = lm.kwargs.get("api_key")
    if key and key != NO_KEY:
        for written in (key, repr(key)[1:-1]):  # some messages show what cannot be printed escaped
            text = text.replace(written, "(the key)")
    return storable(text[:LONGEST_MESSAGE]) or type(error).__name__


def _key(config: LMConfig) -> str:
    """The key itself; empty without one. A line break at its end is no part of it."""
    return os.environ.get(config.api_key_env, "").strip() if config.api_key_env else ""


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
