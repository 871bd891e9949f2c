"""The functions that the screen offers as a metric: those configured, and those of the samples.

They are listed in the environment variable STUDIO_METRICS, as `package.module:NAME`, separated by
commas; and every function in `sample_programs/` that is written as DSPy writes a metric is one.
A browser never names a module to import; the command line may, as its user could run it anyway.
"""

import importlib
import inspect
import os
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from core.errors import ConfigError, ProgramError
from core.evaluation.own_metric import OwnMetric
from core.programs.importing import import_module
from core.programs.registry import PACKAGE

CONFIGURED = "STUDIO_METRICS"
"""Environment variable with the import paths of the functions."""

_ARGUMENTS = ({"example", "gold"}, {"prediction", "pred"})
"""How the first two arguments of a function must be called for it to be taken for a metric."""


@dataclass(frozen=True, kw_only=True)
class FunctionLibrary:
    """What there is to choose from."""

    functions: dict[str, str]
    """Import path → the first line of its docstring, or nothing; the configured ones first."""
    faults: dict[str, str]
    """Configured path → why it cannot be used, where, and what to do."""


def function_library() -> FunctionLibrary:
    """The functions and the faults as they are now; one that is broken harms no other."""
    functions: dict[str, str] = {}
    faults: dict[str, str] = {}
    for path in configured_functions():
        try:
            functions[path] = _first_line(OwnMetric(path).function)
        except ConfigError as error:
            faults[path] = str(error)
    return FunctionLibrary(functions=functions | dict(_of_samples()), faults=faults)


def configured_functions() -> tuple[str, ...]:
    """The import paths in STUDIO_METRICS, whether or not they lead anywhere."""
    listed = (part.strip() for part in os.environ.get(CONFIGURED, "").split(","))
    return tuple(dict.fromkeys(part for part in listed if part))


def _of_samples() -> Iterator[tuple[str, str]]:
    """Path and first line of each. A module that cannot be loaded is told of as a program."""
    package = importlib.import_module(PACKAGE)
    for file in sorted(pkgutil.iter_modules(package.__path__), key=lambda each: each.name):
        if file.ispkg:
            continue
        try:
            module = import_module(f"{PACKAGE}.{file.name}")
        except ProgramError:
            continue
        for name, found in inspect.getmembers(module, inspect.isfunction):
            is_own = found.__module__ == module.__name__ and not name.startswith("_")
            if is_own and _looks_like_metric(found):
                yield f"{module.__name__}:{name}", _first_line(found)


def _looks_like_metric(function: Callable[..., Any]) -> bool:
    names = list(inspect.signature(function).parameters)[:2]
    return len(names) == 2 and all(
        name in known for name, known in zip(names, _ARGUMENTS, strict=True)
    )


def _first_line(function: Callable[..., Any]) -> str:
    return (inspect.getdoc(function) or "").partition("\n")[0]
