"""What can go wrong when a model is asked, in words, and what a run then does.

A failure is named after the exception that it was; a group of them is what people decide about.
Nothing here repeats a call: that is `core.lm.limiter` for one call, `core.lm.reading` for an answer
that cannot be read, and the optimizer for an example.
"""

from collections.abc import Mapping
from typing import Literal, get_args

from dspy.utils.exceptions import (
    AdapterParseError,
    LMInvalidRequestError,
    LMRateLimitError,
    LMServerError,
    LMTransportError,
)
from pydantic import BaseModel, ConfigDict, Field

Group = Literal[
    "rate_limit",
    "server",
    "connection",
    "hang",
    "refused",
    "too_long",
    "unreadable",
    "account",
    "program",
]
GROUPS: tuple[Group, ...] = get_args(Group)

TITLES: Mapping[Group, str] = {
    "rate_limit": "Rate limit",
    "server": "Server error",
    "connection": "Connection lost",
    "hang": "No answer in time",
    "refused": "Refused or filtered",
    "too_long": "Prompt too long",
    "unreadable": "Unreadable answer",
    "account": "Key, quota or settings",
    "program": "Program's own error",
}

MEANINGS: Mapping[Group, str] = {
    "rate_limit": "The provider takes no more calls at the moment (429).",
    "server": "The provider failed, or sent something that is no answer (5xx, broken JSON).",
    "connection": "The connection could not be made, or broke off.",
    "hang": "The model did not answer within the model's timeout.",
    "refused": "The model or a content filter would not answer, or answered nothing.",
    "too_long": "Instruction, demos and inputs together exceed what the model reads.",
    "unreadable": "The answer lacks fields, or a field is not of its type.",
    "account": "The key, the quota or the model's settings were not accepted.",
    "program": "The program or the metric raised an error of its own.",
}

LONGEST_WAIT = 60.0
"""Seconds that a call waits at most before it is made again."""

SHUT = "ProviderShut"
"""Kind of a refusal by a provider that wants no calls for longer than that."""

FILTERED = "ContentFiltered"
"""Kind of an answer that the provider's content filter withheld."""

_GROUP_OF: Mapping[str, Group] = {
    "LMRateLimitError": "rate_limit",
    SHUT: "rate_limit",
    "LMServerError": "server",
    "LMProviderError": "server",
    "LMUnexpectedError": "server",
    "LMStreamAssemblyError": "server",
    "LMCollectionLimitError": "server",
    "LMTransportError": "connection",
    "LMLockTimeoutError": "connection",
    "LMTimeoutError": "hang",
    "LMInvalidRequestError": "refused",
    "AnswerRefused": "refused",
    "AnswerEmpty": "refused",
    FILTERED: "refused",
    "ContextWindowExceededError": "too_long",
    "AdapterParseError": "unreadable",
    "LMAuthError": "account",
    "LMBillingError": "account",
    "LMNotConfiguredError": "account",
    "LMConfigurationError": "account",
    "LMUnsupportedModelError": "account",
    "LMUnsupportedFeatureError": "account",
}

ANSWERED: frozenset[Group] = frozenset({"refused", "unreadable"})
"""Groups in which the model did answer, so that the very call can be made again at once."""

_AWAY: frozenset[Group] = frozenset({"rate_limit", "server", "connection", "hang", "account"})


class AnswerRefused(AdapterParseError):  # type: ignore[misc]  # dspy has no types
    """The model said that it would not answer."""


class AnswerEmpty(AdapterParseError):  # type: ignore[misc]  # dspy has no types
    """The model answered nothing at all."""


class ContentFiltered(AdapterParseError):  # type: ignore[misc]  # dspy has no types
    """The provider withheld the answer."""


def group_of(kind: str) -> Group:
    """The group of a failure, by the name of its exception; `program` for any other name."""
    return _GROUP_OF.get(kind, "program")


def kind_of(error: Exception) -> str:
    """The name under which a failure is recorded: that of its class, or a truer one."""
    if isinstance(error, LMTransportError) and "timed out" in str(error):
        return "LMTimeoutError"  # dspy's own client reports a hang as a broken connection
    if is_shut(error):
        return SHUT
    if isinstance(error, LMInvalidRequestError) and _is_filter(error):
        return FILTERED
    return type(error).__name__


def is_shut(error: Exception) -> bool:
    """Whether the provider wants no calls for so long that waiting for it is a person's choice."""
    if not isinstance(error, LMRateLimitError | LMServerError):
        return False
    return isinstance(error.retry_after, int | float) and error.retry_after > LONGEST_WAIT


def is_outage(kind: str) -> bool:
    """Whether a failure may be one of the provider's, whatever it was asked."""
    return group_of(kind) in _AWAY or kind == "LMInvalidRequestError"


class Rule(BaseModel):
    """What happens when an example or a proposal meets one group of failures."""

    model_config = ConfigDict(frozen=True)

    attempts: int = Field(ge=1, le=100)
    """How often it is tried in all. Before an attempt at a model counts as failed, the call itself
    has been repeated as often as the model's own settings say (`LMConfig.retries`), where that can
    help."""
    then: Literal["skip", "pause"] = "skip"
    """`skip`: the example counts for nothing, neither right nor wrong, and the run goes on.
    `pause`: the run pauses with the reason, and tries it again when somebody resumes it."""


class FailurePolicy(BaseModel):
    """A rule for each group of failures."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rate_limit: Rule = Rule(attempts=12)
    server: Rule = Rule(attempts=12)
    connection: Rule = Rule(attempts=12)
    hang: Rule = Rule(attempts=3)
    refused: Rule = Rule(attempts=2)
    too_long: Rule = Rule(attempts=1)
    unreadable: Rule = Rule(attempts=2)
    account: Rule = Rule(attempts=1, then="pause")
    program: Rule = Rule(attempts=3)

    def rule(self, kind: str) -> Rule:
        """The rule for a failure, by its kind."""
        found: Rule = getattr(self, group_of(kind))
        return found

    def asks(self) -> dict[Group, int]:
        """Group → how often in all one call is made whose answer belongs to it."""
        return {group: getattr(self, group).attempts for group in sorted(ANSWERED)}

    def is_final(self, kind: str, attempt: int) -> bool:
        """Whether what failed so at this attempt, counted from 0, is not tried again."""
        rule = self.rule(kind)
        return kind != SHUT and rule.then == "skip" and attempt + 1 >= rule.attempts

    def is_due(self, kind: str, attempt: int) -> bool:
        """Whether the run must pause after this attempt, counted from 0."""
        rule = self.rule(kind)
        return kind == SHUT or (rule.then == "pause" and (attempt + 1) % rule.attempts == 0)


def reason(kind: str, message: str) -> str:
    """Why a run pauses after such a failure, as a sentence."""
    if kind == SHUT:
        return (
            f"The provider takes no calls for longer than {LONGEST_WAIT:.0f} seconds ({kind}): "
            f"{message} Resume when it does."
        )
    if is_outage(kind):
        return f"The language model does not answer ({kind}): {message}"
    return f"{TITLES[group_of(kind)]} ({kind}): {message}"


def _is_filter(error: LMInvalidRequestError) -> bool:
    said = f"{error.provider_code} {error}".lower()
    return "content_filter" in said or "content management policy" in said
