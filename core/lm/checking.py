"""One real call to a model, and what came of it in words that a person can act on."""

import time
from dataclasses import dataclass

import dspy
from dspy.utils.exceptions import AdapterParseError, LMError

from core.errors import ConfigError
from core.lm.connection import LMConfig, connect, message_of
from core.lm.hosts import REFUSED
from core.lm.keys import redacted
from core.lm.text import storable
from core.lm.usage import Meter, Usage

PATIENCE = 30.0
"""Most seconds that a test waits for an answer."""

LONGEST_ANSWER = 500

QUESTION = "What is the capital of France? Answer with its name alone."


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What is wrong, and what to do about it."""

    title: str
    todo: str


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What one call showed. Without `advice` all is well."""

    works: bool
    """Whether the model answered."""
    seconds: float
    usage: Usage
    answer: str = ""
    advice: Advice | None = None
    said: str = ""
    """The provider's own words where it failed, without any key."""
    kind: str = ""
    """Name of the error, in dspy's terms."""


def check_connection(config: LMConfig, *, role: str = "model") -> Checked:
    """Ask the model one small question, once, past every cache. Never raises for what it does."""
    asked = config.model_copy(
        update={"timeout": min(config.timeout, PATIENCE), "retries": 0, "delay": 0.0}
    )
    try:
        lm = connect(asked, role=role)
    except ConfigError as error:
        return _refused(config, str(error), "ConfigError", 0.0, Usage())
    lm.cache = False
    asked.price(0, 0)  # what that imports is no part of the latency
    meter, started = Meter(), time.perf_counter()
    try:
        with dspy.context(
            lm=lm,
            adapter=dspy.ChatAdapter(use_json_adapter_fallback=False),
            usage_tracker=meter,
            trace=[],
            callbacks=[],
        ):
            reply = dspy.Predict("question -> answer")(question=QUESTION)
    except AdapterParseError:
        return Checked(
            works=True,
            seconds=time.perf_counter() - started,
            usage=meter.usage,
            answer=_last_words(meter),
            advice=_NO_FORMAT,
            kind="AdapterParseError",
        )
    except LMError as error:
        seconds, kind = time.perf_counter() - started, type(error).__name__
        said = message_of(error, lm)
        return _refused(config, said, kind, seconds, Usage(calls=1), error.status)
    return Checked(
        works=True,
        seconds=time.perf_counter() - started,
        usage=meter.usage,
        answer=_short(str(reply.answer)),
    )


def _last_words(meter: Meter) -> str:
    return _short(meter.calls[-1].completion) if meter.calls else ""


def _short(text: str) -> str:
    return str(storable(redacted(text)))[:LONGEST_ANSWER]


def _refused(
    config: LMConfig,
    said: str,
    kind: str,
    seconds: float,
    usage: Usage,
    status: int | None = None,
) -> Checked:
    advice = advice_on(kind, said, config, status)
    return Checked(works=False, seconds=seconds, usage=usage, advice=advice, said=said, kind=kind)


_NO_FORMAT = Advice(
    title="The model answers, but not in the format that was asked for.",
    todo="Small models often do this, and such answers count as failures. Try a larger or an "
    "instruction-tuned model, or more tokens.",
)


def advice_on(kind: str, said: str, config: LMConfig, status: int | None = None) -> Advice:
    """What this failure of this model means.

    `kind` is the name of dspy's error, `said` the provider's message, `status` that of HTTP.
    """
    low = said.lower()
    for words, advise in _BY_WORDS:
        if any(word in low for word in words):
            return advise(config)
    if status in (404, 405) and kind != "LMUnsupportedModelError":
        return _no_such_path(config)
    return _BY_KIND.get(kind, _unknown)(config)


def _where(config: LMConfig) -> str:
    return config.api_base or "the provider"


def _bad_key(config: LMConfig) -> Advice:
    if config.api_key_env is None:
        return Advice(
            title="A key is wanted, and none was named.",
            todo="Give the connection a key: the name of a variable of the server, or the key "
            "itself for this browser session.",
        )
    return Advice(
        title="The key was refused.",
        todo=f"Check {config.api_key_env}: is it complete, still valid, of the right account, and "
        f"one that {_where(config)} has given out?",
    )


def _no_key(config: LMConfig) -> Advice:
    return Advice(
        title="The key is not there.",
        todo=f"Type it for this browser session, or set {config.api_key_env or 'its variable'} in "
        "the environment or in .streamlit/secrets.toml and start the server again.",
    )


def _no_identity(config: LMConfig) -> Advice:
    return Advice(
        title="The server has no identity for this provider.",
        todo="Set the variables named above, or give the machine a profile or a role, and start "
        "the server again.",
    )


def _no_provider(config: LMConfig) -> Advice:
    return Advice(
        title="The name does not say whose model it is.",
        todo=f"Write {config.model!r} with its provider before a slash, such as "
        "groq/llama-3.3-70b-versatile, or give an address.",
    )


def _no_quota(config: LMConfig) -> Advice:
    return Advice(
        title="The account has no credit or quota left.",
        todo="Look at the billing page of the provider, or choose another account or model.",
    )


def _no_model(config: LMConfig) -> Advice:
    return Advice(
        title="This model is unknown there.",
        todo=f"Check the spelling of {config.model!r}, and whether the account may use it. "
        "A server of your own lists its names under /v1/models.",
    )


def _no_such_path(config: LMConfig) -> Advice:
    ends = (config.api_base or "").rstrip("/").endswith("/v1")
    todo = (
        "Check host and port: perhaps no OpenAI-compatible server listens there."
        if ends
        else "Most addresses end in /v1; this one does not."
    )
    return Advice(
        title="The server knows no such path, or no such model.",
        todo=f"{todo} Or the model's name is wrong: {config.model!r}.",
    )


def _not_its_language(config: LMConfig) -> Advice:
    return Advice(
        title="The address answers, but not as a model server does.",
        todo="It may be a web page or a login. Check host, port and path; most addresses end in "
        "/v1.",
    )


def _unreachable(config: LMConfig) -> Advice:
    todo = "Is the network up, or is a proxy needed?"
    if config.api_base:
        todo = (
            f"Is the server at {config.api_base} running, and can this machine reach it? In a "
            "container, localhost is the container itself."
        )
    return Advice(title="Nothing answers there.", todo=todo)


def _no_such_host(config: LMConfig) -> Advice:
    return Advice(
        title="There is no such host.",
        todo=f"Check the spelling of {_where(config)}, and the network.",
    )


def _tls(config: LMConfig) -> Advice:
    return Advice(
        title="The secure connection failed.",
        todo="A server without TLS wants http:// instead of https://. For a certificate of your "
        "own, name its authority in SSL_CERT_FILE and start the server again.",
    )


def _too_slow(config: LMConfig) -> Advice:
    return Advice(
        title="The answer took too long.",
        todo="A model that is loaded only now can need minutes: test again, or allow more seconds.",
    )


def _too_many(config: LMConfig) -> Advice:
    return Advice(
        title="The provider answers too many requests at the moment.",
        todo="Wait a minute and test again. A run waits and goes on by itself; a lower "
        "concurrency helps.",
    )


def _broken(config: LMConfig) -> Advice:
    return Advice(
        title="The server had an error of its own.",
        todo="Test again in a minute; a run tries such calls again. If it stays, look at the "
        "server's log or the provider's status page.",
    )


def _reserved(config: LMConfig) -> Advice:
    return Advice(
        title="No model is asked there.",
        todo="The name of the host leads to the machine's own cloud settings, which hold its "
        "credentials. Check the spelling, or give another address.",
    )


def _bad_request(config: LMConfig) -> Advice:
    return Advice(
        title="The model does not take these settings.",
        todo="Its words are below. Often it is the temperature or the number of tokens: leave them "
        "empty.",
    )


def _unknown(config: LMConfig) -> Advice:
    return Advice(title="The call failed.", todo="The words below are all that is known.")


_BY_WORDS = (
    ((REFUSED,), _reserved),
    (("certificate", "[ssl", "ssl:", "tls"), _tls),
    (
        ("name or service not known", "nodename nor servname", "name resolution", "getaddrinfo"),
        _no_such_host,
    ),
    (("insufficient_quota", "exceeded your current quota", "credit balance"), _no_quota),
    (("unable to locate credentials", "could not automatically determine cred"), _no_identity),
    (("llm provider not provided",), _no_provider),
    (("reasoning models require",), _bad_request),
    (("no api key", "api_key client option must be set", "missing credentials"), _no_key),
    (("model_not_found", "does not exist", "deploymentnotfound", "unknown model"), _no_model),
    (("timed out", "timeout"), _too_slow),
    (("connection refused", "connection error", "all connection attempts failed"), _unreachable),
)
"""What the same words mean whatever the error is called; first match wins."""

_BY_KIND = {
    "ConfigError": _no_key,
    "LMAuthError": _bad_key,
    "LMNotConfiguredError": _no_key,
    "LMBillingError": _no_quota,
    "LMRateLimitError": _too_many,
    "LMServerError": _broken,
    "LMTimeoutError": _too_slow,
    "LMTransportError": _unreachable,
    "LMUnsupportedModelError": _no_model,
    "LMInvalidRequestError": _bad_request,
    "LMConfigurationError": _bad_request,
    "LMUnsupportedFeatureError": _bad_request,
    "LMProviderError": _not_its_language,
    "LMUnexpectedError": _not_its_language,
}
