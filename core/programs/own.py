"""A template for a dspy program that comes without one, from its signatures.

Fields are the arguments of `forward` and the outputs of the last predictor, stages the predictors
in their order. What a program cannot tell by itself (a graph with branches, a corpus, another
metric) needs a `ProgramTemplate`.
"""

import inspect
from typing import Any

import dspy

from core.errors import ProgramError
from core.programs.predictors import PredictorInfo, description_of, predictors
from core.programs.template import ProgramTemplate, Stage, TemplateField

_REASONING = frozenset(["reasoning", "rationale"])


def own_template(path: str, found: Any) -> ProgramTemplate:
    """The template for what `path` names: a dspy.Module, its class, or a function that makes one.

    A class or function is called without arguments. A whole number `calls_per_run` of the module
    says how many LM calls one run makes at most; without it each predictor is called once.

    Raises:
        ProgramError: it is none of these, cannot be made, or has no predictor.
    """
    program = _made(path, found)
    infos = predictors(program)
    if not infos:
        raise ProgramError(f"{path!r} has no predictor; there is nothing to optimize in it.")
    inputs = {each.name: each.description for info in infos for each in info.inputs}
    outputs = [each for each in infos[-1].outputs if each.name not in _REASONING]
    # Not `inspect.getdoc`: for a class without words of its own it gives those of dspy's.
    own = "" if type(program).__module__.split(".")[0] == "dspy" else type(program).__doc__
    told = inspect.cleandoc(own or "")
    return ProgramTemplate(
        name=path,
        title=path.partition(":")[2],
        description=told or description_of(infos),
        inputs=tuple(
            TemplateField(name=name, description=inputs.get(name) or "An input of the program")
            for name in _inputs(program, infos)
        ),
        outputs=tuple(
            TemplateField(name=each.name, description=each.description or "The answer")
            for each in outputs
        ),
        metric="exact_match",
        dataset="",
        stages=_stages(infos, getattr(program, "calls_per_run", None)),
        build=lambda setup: _made(path, found),
    )


def _made(path: str, found: Any) -> dspy.Module:
    if isinstance(found, dspy.Module):
        copy: dspy.Module = found.deepcopy()
        return copy
    if not callable(found):
        raise ProgramError(
            f"{path!r} is a {type(found).__name__}. Name a ProgramTemplate, a dspy.Module, its "
            "class, or a function that makes one."
        )
    try:
        made = found()
    except Exception as error:  # a stranger's class may raise anything
        raise ProgramError(
            f"{path!r} cannot be made without arguments: {type(error).__name__}: {error}. "
            "Name a function that makes it, or a ProgramTemplate."
        ) from error
    if not isinstance(made, dspy.Module):
        raise ProgramError(f"{path!r} made a {type(made).__name__}, which is no dspy.Module.")
    return made


def _inputs(program: dspy.Module, infos: tuple[PredictorInfo, ...]) -> list[str]:
    """Arguments of `forward`; where it takes any, what the predictors read but do not write."""
    taken = inspect.signature(program.forward).parameters.values()
    named = [each for each in taken if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)]
    if len(named) == len(taken) or [each for each in named if each.default is each.empty]:
        return [each.name for each in named if each.default is each.empty]
    written = {each.name for info in infos for each in info.outputs}
    read = [each.name for info in infos for each in info.inputs]
    return [name for name in dict.fromkeys(read) if name not in written]


def _stages(infos: tuple[PredictorInfo, ...], calls: Any) -> tuple[Stage, ...]:
    """A chain of the predictors; calls beyond one each are the first one's."""
    more = max(0, calls - len(infos)) if isinstance(calls, int) else 0
    return tuple(
        Stage(
            name=info.name,
            kind="predictor",
            predictor=info.name,
            after=(infos[place - 1].name,) if place else (),
            calls=1 if place else 1 + more,
        )
        for place, info in enumerate(infos)
    )


def template_of(path: str, found: Any) -> ProgramTemplate:
    """What `path` names as a template that is found again by this path.

    Raises:
        ProgramError: it is no program.
    """
    if not isinstance(found, ProgramTemplate):
        return own_template(path, found)
    return found.named(path)
