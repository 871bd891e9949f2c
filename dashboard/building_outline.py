"""The program being built as other parts of the app want it: to be drawn, and as plain text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import dspy

from core.programs.pipeline.spec import (
    MODEL_KINDS,
    PREDICTOR_KINDS,
    PipelineField,
    PipelineOutput,
    PipelineSpec,
    PipelineStage,
    StageInput,
)
from core.programs.pipeline.template import DRAWN_AS
from core.programs.pipeline.wiring import choosable, offered, waits_for
from core.programs.template import ProgramSetup, ProgramTemplate, Stage, TemplateField


def drawn(spec: PipelineSpec) -> ProgramTemplate:
    """What the stage graph needs of a pipeline, however unfinished; it builds no program."""

    def build(setup: ProgramSetup) -> dspy.Module:
        raise NotImplementedError

    return ProgramTemplate(
        name="",
        title=spec.title,
        description=spec.description,
        inputs=tuple(TemplateField(name=each.name, description="") for each in spec.inputs),
        outputs=tuple(
            TemplateField(name=name, description="")
            for name in [each.name for each in spec.outputs] or ["nothing yet"]
        ),
        metric=spec.metric,
        dataset="",
        stages=tuple(_drawn(spec, each) for each in spec.stages),
        build=build,
        pipeline=spec,
    )


def _drawn(spec: PipelineSpec, stage: PipelineStage) -> Stage:
    own = spec.find(stage.of) if stage.kind == "again" else stage
    is_asking = own is not None and own.kind in PREDICTOR_KINDS
    return Stage(
        name=stage.name or "no name",
        kind=DRAWN_AS[stage.kind],
        predictor=own.name if own is not None and is_asking and own is not stage else None,
        after=waits_for(spec, stage),
        calls=stage.calls,
    )


def offers_to(spec: PipelineSpec, place: int) -> dict[str, str]:
    """Source → words, of what the stage at `place` may read: what is there before it."""
    before = {each.name for each in spec.stages[:place]}
    free = set(choosable(spec, spec.stages[place].name))
    kept = {source for read in spec.stages[place].reads for source in read.sources}
    return {
        each.source: _words(spec, each.stage, each.field)
        for each in offered(spec)
        if each.source in kept
        or (each.source in free and (each.stage is None or each.stage in before))
    }


def offers_to_answer(spec: PipelineSpec) -> dict[str, str]:
    """Source → words, of what the pipeline may answer: what stages write, the last ones first."""
    written = [each for each in offered(spec) if each.stage is not None]
    given = [each for each in offered(spec) if each.stage is None]
    return {
        each.source: _words(spec, each.stage, each.field) for each in (*reversed(written), *given)
    }


def _words(spec: PipelineSpec, stage: str | None, field: PipelineField) -> str:
    if stage is None:
        return f"{field.name} (input)"
    number = next(place for place, each in enumerate(spec.stages, start=1) if each.name == stage)
    kind = " list" if field.type == "list" else ""
    return f"{field.name} (stage {number}, {stage}{kind and ','}{kind})"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A part of a pipeline that is not the same in another one."""

    part: str
    """`Stage answer`, say, with the name as people typed it."""
    before: str
    """Line by line; empty where the part is new."""
    after: str
    """Empty where the part is gone."""


def differences(before: PipelineSpec, after: PipelineSpec) -> list[Difference]:
    """Where they differ, part by part; stages are the same when they are called the same."""
    old, new = _parts(before), _parts(after)
    parts = [*old, *(part for part in new if part not in old)]
    return [
        Difference(part=part, before=old.get(part, ""), after=new.get(part, ""))
        for part in parts
        if old.get(part) != new.get(part)
    ]


def _parts(spec: PipelineSpec) -> dict[str, str]:
    """Part → all that the pipeline says there, line by line."""
    about = (f"Title: {spec.title}", f"Description: {spec.description}", f"Metric: {spec.metric}")
    ends = (
        *_fields("Input", spec.inputs),
        *_wires("Output", spec.outputs),
        *_fields("For the metric", spec.metric_fields),
    )
    stages = {
        f"Stage {stage.name}": "\n".join((f"Place: {number}", *_stage(stage)))
        for number, stage in enumerate(spec.stages, start=1)
    }
    return {"Title and metric": "\n".join(about), "Inputs and outputs": "\n".join(ends), **stages}


def _stage(stage: PipelineStage) -> Iterator[str]:
    yield f"Kind: {stage.kind}"
    if stage.of is not None:
        yield f"Asks again: {stage.of}"
    if stage.instruction:
        yield f"Instruction: {stage.instruction}"
    if stage.kind == "retrieve":
        yield f"Passages: {stage.passages}"
    if stage.kind in MODEL_KINDS:
        yield f"Calls: {stage.calls}"
        heat = "of the run's model" if stage.temperature is None else f"{stage.temperature:g}"
        yield f"Temperature: {heat}"
    yield from _wires("Reads", stage.reads)
    yield from _fields("Writes", stage.writes)


def _fields(title: str, fields: Sequence[PipelineField]) -> Iterator[str]:
    for each in fields:
        kind = f"one of {', '.join(each.choices)}" if each.type == "choice" else each.type
        yield f"{title}: {each.name} ({kind}){_about(each.description)}"


def _wires(title: str, wires: Sequence[StageInput | PipelineOutput]) -> Iterator[str]:
    for each in wires:
        yield f"{title}: {each.name} = {' + '.join(each.sources)}{_about(each.description)}"


def _about(description: str) -> str:
    return f": {description}" if description else ""
