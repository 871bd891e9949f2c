"""A model that can be chosen by name, and what becomes of it in a role. Plain values only."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.lm.connection import LMConfig
from core.lm.providers import model_name, provider_of
from dashboard.draft import Draft

OF_A_ROLE = ("temperature", "max_tokens", "timeout", "retries", "concurrency")
"""What is set for each role; the rest says how a model is reached and what it costs."""


@dataclass(frozen=True, kw_only=True)
class Connection:
    """A model that can be chosen by name."""

    name: str
    config: LMConfig


def in_role(connection: LMConfig, before: LMConfig) -> LMConfig:
    """The connection as a role asks it that was set up like `before`."""
    if connection.is_offline:
        return LMConfig(delay=before.delay)
    if before.is_offline:
        return connection
    return connection.model_copy(update={name: getattr(before, name) for name in OF_A_ROLE})


def following(draft: Draft, old: LMConfig, new: LMConfig) -> Draft:
    """The draft with `new` wherever it had `old`, each role with its own settings."""

    def turned(config: LMConfig) -> LMConfig:
        return in_role(new, config) if config.is_reached_like(old) else config

    teacher = draft.teacher_model
    return draft.changed(
        task_model=turned(draft.task_model),
        prompt_model=turned(draft.prompt_model),
        teacher_model=None if teacher is None else turned(teacher),
    )


def short_name(config: LMConfig) -> str:
    """How the connection is called where nobody has given it a name."""
    provider = provider_of(config)
    at = config.api_base.split("://")[-1].split("/")[0] if config.api_base else provider.title
    return f"{model_name(provider, config)} · {at}"


def unlike(name: str, taken: Sequence[Connection]) -> str:
    """The name, with a number where one of these has it."""
    names = {each.name for each in taken}
    more = (f"{name} ({number})" for number in range(2, len(names) + 3))
    return name if name not in names else next(each for each in more if each not in names)
