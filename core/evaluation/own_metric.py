"""A function of people's own as a metric, named by import path.

It is called as DSPy calls a metric, `function(example, prediction)`, and is trusted as the code
that it is: whoever can put a module where Python looks can run anything.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import dspy

from core.errors import ConfigError, ProgramError
from core.programs.importing import imported


class OwnMetric:
    """The function behind `package.module:NAME`."""

    def __init__(self, path: str) -> None:
        """Import it.

        Raises:
            ConfigError: there is no such thing, or it is no function of example and prediction.
        """
        if not path:
            raise ConfigError("metric: no function is named. Choose one, or another metric.")
        try:
            found = imported(path)
        except ProgramError as error:
            raise ConfigError(f"metric: {error}") from error
        if not callable(found) or not _takes_two(found):
            raise ConfigError(
                f"metric {path!r} cannot be called as function(example, prediction). "
                "Define it with these two arguments, and defaults for any others."
            )
        self.function: Callable[..., Any] = found

    def score(
        self, expected: Mapping[str, Any], given: Mapping[str, Any], inputs: Mapping[str, Any]
    ) -> Any:
        """What it returns, or its `score` where it returns a prediction with one; not checked."""
        example = dspy.Example(**inputs, **expected).with_inputs(*inputs)
        returned = self.function(example, dspy.Prediction(**given))
        return returned.score if isinstance(returned, dspy.Prediction) else returned


def _takes_two(function: Callable[..., Any]) -> bool:
    try:
        inspect.signature(function).bind(object(), object())
    except (TypeError, ValueError):
        return False
    return True
