"""The options that say which models a run asks, and how; and one call to try a model."""

import argparse
from typing import Any

from core.errors import ConfigError
from core.lm.checking import Checked, check_connection
from core.lm.connection import LMConfig
from core.lm.offline import OFFLINE_MODEL

SETTINGS = tuple(name for name in LMConfig.model_fields if name != "model")
"""What can be said about one model; prices are US dollars per million tokens."""

ROLES = ("task", "prompt", "teacher")


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Models, how to reach them, and what is set about each."""
    parser.add_argument("--task-model", default=OFFLINE_MODEL)
    parser.add_argument("--prompt-model", default=OFFLINE_MODEL)
    parser.add_argument("--teacher-model", help="makes the traces for demos; default: task model")
    _add_way(parser)
    for role in ROLES:
        parser.add_argument(
            f"--{role}-options",
            metavar="NAME=VALUE,…",
            help=f"of the {role} model alone: {', '.join(SETTINGS)}",
        )
    parser.add_argument(
        "--no-cache",
        dest="response_cache",
        action="store_false",
        help="ask a model again where it was asked the same before",
    )


def add_check_options(parser: argparse.ArgumentParser) -> None:
    """The model to try, and how to reach it."""
    parser.add_argument("model", help="its name, as for --task-model")
    _add_way(parser)
    parser.add_argument("--options", metavar="NAME=VALUE,…", help=", ".join(SETTINGS))


def _add_way(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--api-base", metavar="URL", help="OpenAI-compatible endpoint")
    parser.add_argument("--api-key-env", metavar="NAME", help="variable that holds the key")
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds per LM call")


def models(options: argparse.Namespace) -> dict[str, Any]:
    """The models of a run and whether answers are used again, by their names in `RunConfig`.

    Raises:
        ConfigError: an option for a model cannot be read.
        pydantic.ValidationError: a number is out of its range.
    """
    teacher = options.teacher_model
    if teacher is None and options.teacher_options:
        raise ConfigError("--teacher-options goes with --teacher-model.")
    return {
        "task_model": _model(options, options.task_model, "task"),
        "prompt_model": _model(options, options.prompt_model, "prompt"),
        "teacher_model": None if teacher is None else _model(options, teacher, "teacher"),
        "response_cache": options.response_cache,
    }


def checked(options: argparse.Namespace) -> Checked:
    """What one call to the model shows.

    Raises:
        ConfigError: an option for it cannot be read.
        pydantic.ValidationError: a number is out of its range.
    """
    given = _given("--options", options.options)
    return check_connection(_configured(options, options.model, given))


def checked_text(found: Checked) -> str:
    """The same for a person."""
    if not found.works:
        advice = found.advice
        words = [f"{advice.title} {advice.todo}"] if advice else []
        return "\n".join([*words, *([f"It said: {found.said}"] if found.said else [])])
    usage = found.usage
    price = f"${usage.cost_usd:.6f}" if usage.priced else "price unknown"
    text = (
        f"It answered {found.answer!r} in {found.seconds:.2f} s: {usage.input_tokens} tokens in, "
        f"{usage.output_tokens} out, {price}."
    )
    return f"{text}\n{found.advice.title} {found.advice.todo}" if found.advice else text


def _model(options: argparse.Namespace, name: str, role: str) -> LMConfig:
    return _configured(
        options, name, _given(f"--{role}-options", getattr(options, f"{role}_options"))
    )


def _configured(options: argparse.Namespace, name: str, given: dict[str, str]) -> LMConfig:
    if name == OFFLINE_MODEL:
        return LMConfig.model_validate(given)
    way = {
        "api_base": options.api_base,
        "api_key_env": options.api_key_env,
        "timeout": options.timeout,
    }
    return LMConfig.model_validate({"model": name, **way, **given})


def _given(option: str, text: str | None) -> dict[str, str]:
    """Setting → value, as text that the settings themselves read."""
    found = {}
    for part in filter(None, (text or "").split(",")):
        name, equals, value = part.partition("=")
        if not equals or name.strip() not in SETTINGS:
            raise ConfigError(f"{option}: write NAME=VALUE, with one of {', '.join(SETTINGS)}.")
        found[name.strip()] = value.strip()
    return found
