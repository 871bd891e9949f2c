"""What a program template declares: its fields, its stages, and how to build the dspy program.

A template is data plus one build function. It runs nothing and reads no files.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import dspy

from core.errors import ProgramError
from core.programs.pipeline.spec import PipelineSpec


@dataclass(frozen=True, kw_only=True)
class Passage:
    """One retrievable text."""

    title: str
    text: str


@dataclass(frozen=True, kw_only=True)
class TemplateField:
    """A field the program reads or writes."""

    name: str
    description: str
    for_metric: bool = False
    """True for an output that only the metric reads, such as the kind of an answer: every example
    has it, the program does not write it."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One step of the program, as drawn in the stage graph."""

    name: str
    """Unique within the template; shown in the graph."""
    kind: Literal["predictor", "retrieve", "tool", "judge"]
    predictor: str | None = None
    """Name of the dspy predictor that the stage calls; None for any other kind."""
    after: tuple[str, ...] = ()
    """Stages whose results this one reads; empty for a stage that reads the program's input."""
    calls: int = 1
    """Most LM calls it makes in one run; counts for predictors and judges only."""
    instead_of: str | None = None
    """Another stage; a run goes through this one or that one, never through both."""


@dataclass(frozen=True, kw_only=True)
class ProgramSetup:
    """What the data contribute to a program before it is built."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    labels: tuple[str, ...] = ()
    """The output's values in the trainset when they are few, sorted; empty otherwise."""
    passages: tuple[Passage, ...] = ()
    """The corpus to retrieve from; empty when the template does not retrieve."""


@dataclass(frozen=True, kw_only=True)
class ProgramTemplate:
    """A program that people can pick, fill with their fields and optimize."""

    name: str
    """File name without `.py`, or `package.module:NAME`; used on the command line."""
    title: str
    description: str
    """What it does and when to use it, in one or two sentences."""
    inputs: tuple[TemplateField, ...] = ()
    """Fields the program reads; empty when it takes whatever columns are chosen."""
    outputs: tuple[TemplateField, ...] = ()
    """Fields the program writes; empty when it writes whatever column is chosen."""
    metric: str
    """Name of the default metric in `core.evaluation.metrics`."""
    dataset: str
    """Name of the bundled dataset that shows the program at work; empty without one."""
    passages: str | None = None
    """Name of the bundled corpus; None when the program retrieves nothing."""
    stages: tuple[Stage, ...]
    build: Callable[[ProgramSetup], dspy.Module] = field(repr=False)
    """The dspy program for a setup. Its own instructions and empty demos are the baseline."""
    pipeline: PipelineSpec | None = field(default=None, repr=False)
    """What it builds, when it was made of stages without code; a run carries it."""

    @property
    def calls_per_run(self) -> int:
        """Most LM calls that one run of the program makes; of alternatives the dearest counts."""
        most: dict[str, int] = {}
        for stage in self.stages:
            if stage.kind in ("predictor", "judge"):
                place = stage.instead_of or stage.name
                most[place] = max(most.get(place, 0), stage.calls)
        return sum(most.values())

    def named(self, name: str) -> "ProgramTemplate":
        """This program under another name."""
        return replace(self, name=name)

    def described(self, description: str | None) -> "ProgramTemplate":
        """This program with what a person says that it does; as it is without a word."""
        told = (description or "").strip()
        return replace(self, description=told) if told else self

    def judged(self, calls: int) -> "ProgramTemplate":
        """This program with a last stage of so many LM calls that score what it answers.

        A judge's calls are paid for like the program's own, so every bound on calls must see them.
        """
        if calls == 0:
            return self
        read = {name for stage in self.stages for name in stage.after}
        ends = tuple(stage.name for stage in self.stages if stage.name not in read)
        judge = Stage(name="Judge", kind="judge", after=ends, calls=calls)
        return replace(self, stages=(*self.stages, judge))

    def checked_setup(
        self,
        inputs: Sequence[str],
        outputs: Sequence[str],
        labels: Sequence[str] = (),
        passages: Sequence[Passage] = (),
    ) -> ProgramSetup:
        """The setup for these fields.

        Raises:
            ProgramError: a field is missing or unknown, or there is no corpus to retrieve from.
        """
        _check_fields(self, "input", self.inputs, inputs)
        _check_fields(self, "output", self.outputs, outputs)
        if self.passages is not None and not passages:
            raise ProgramError(
                f"program {self.name!r} retrieves passages, but no corpus was given. "
                "Choose a dataset with the columns 'title' and 'text' as its corpus."
            )
        return ProgramSetup(
            inputs=tuple(inputs),
            outputs=tuple(outputs),
            labels=tuple(labels),
            passages=tuple(passages),
        )


def _check_fields(
    template: ProgramTemplate, side: str, wanted: Sequence[TemplateField], given: Sequence[str]
) -> None:
    if not given:
        raise ProgramError(f"program {template.name!r} has no {side} field. Map a column to one.")
    if not wanted:
        return
    names = [each.name for each in wanted]
    missing = [name for name in names if name not in given]
    unknown = [name for name in given if name not in names]
    if missing:
        raise ProgramError(
            f"program {template.name!r} needs the {side} field {missing[0]!r}. Map a column to it."
        )
    if unknown:
        raise ProgramError(
            f"program {template.name!r} has no {side} field {unknown[0]!r}; it has {names}."
        )
