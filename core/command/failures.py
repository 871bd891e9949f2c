"""The option that says what happens when a call or an example fails."""

import argparse
from collections.abc import Sequence

from pydantic import ValidationError

from core.errors import ConfigError
from core.lm.failures import GROUPS, FailurePolicy, Rule

_SHAPE = "KIND=ACTION[:ATTEMPTS]"


def add_failure_options(parser: argparse.ArgumentParser) -> None:
    """What to do about each kind of failure."""
    kinds = ", ".join(group.replace("_", "-") for group in GROUPS)
    parser.add_argument(
        "--on-failure",
        action="append",
        default=[],
        metavar=_SHAPE,
        help=f"skip or pause after so many attempts; kinds: {kinds}; can be repeated",
    )


def failure_policy(given: Sequence[str]) -> FailurePolicy:
    """The default policy with these changes, each such as `rate-limit=pause:3`.

    Raises:
        ConfigError: one of them cannot be read.
    """
    changes = dict(map(_rule, given))
    return FailurePolicy().model_copy(update=changes)


def _rule(text: str) -> tuple[str, Rule]:
    kind, _, rest = text.partition("=")
    group = kind.strip().replace("-", "_")
    action, _, attempts = rest.strip().partition(":")
    if group not in GROUPS:
        known = ", ".join(each.replace("_", "-") for each in GROUPS)
        raise ConfigError(f"--on-failure {text!r}: {kind!r} is no kind of failure; known: {known}.")
    default: Rule = getattr(FailurePolicy(), group)
    try:
        rule = Rule.model_validate(
            {"then": action.strip(), "attempts": attempts.strip() or default.attempts}
        )
    except ValidationError as error:
        raise ConfigError(
            f"--on-failure {text!r}: write {_SHAPE} with skip or pause and 1 to 100 attempts, such "
            "as rate-limit=pause:3."
        ) from error
    return group, rule
