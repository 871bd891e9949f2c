"""A pipeline as a program template, like any other program."""

from typing import Literal

import dspy

from core.errors import ProgramError
from core.programs.pipeline.module import PipelineProgram
from core.programs.pipeline.problems import errors
from core.programs.pipeline.spec import (
    PREDICTOR_KINDS,
    PipelineOutput,
    PipelineSpec,
    PipelineStage,
    StageKind,
)
from core.programs.pipeline.wiring import origin, running_order, waits_for
from core.programs.template import ProgramSetup, ProgramTemplate, Stage, TemplateField

USUAL_CORPUS = "multi_hop_passages"
"""The bundled corpus that a searching pipeline is tried on where no other one is chosen."""

DRAWN_AS: dict[StageKind, Literal["predictor", "retrieve", "tool"]] = {
    "predict": "predictor",
    "chain_of_thought": "predictor",
    "again": "predictor",
    "retrieve": "retrieve",
    "vote": "tool",
    "fill": "tool",
}
"""How the stage graph draws each kind."""


def pipeline_template(spec: PipelineSpec, name: str) -> ProgramTemplate:
    """The template, called `name`, that builds the pipeline's program.

    Raises:
        ProgramError: the pipeline has errors; the message lists them.
    """
    if found := errors(spec):
        listed = " ".join(each.told for each in found)
        raise ProgramError(f"pipeline {name!r} cannot run yet: {listed}")

    def build(setup: ProgramSetup) -> dspy.Module:
        return PipelineProgram(spec, setup.passages)

    given = (TemplateField(name=each.name, description=each.description) for each in spec.inputs)
    answered = (
        TemplateField(name=each.name, description=_description(spec, each)) for each in spec.outputs
    )
    others = (
        TemplateField(name=each.name, description=each.description, for_metric=True)
        for each in spec.metric_fields
    )
    return ProgramTemplate(
        name=name,
        title=spec.title,
        description=spec.description,
        inputs=tuple(given),
        outputs=(*answered, *others),
        metric=spec.metric,
        dataset="",
        passages=USUAL_CORPUS if spec.retrieves else None,
        stages=tuple(_stage(spec, each) for each in running_order(spec)),
        build=build,
        pipeline=spec,
    )


def _description(spec: PipelineSpec, output: PipelineOutput) -> str:
    """The output's own, else that of what it is."""
    found = origin(spec, output.sources[0]) if len(output.sources) == 1 else None
    return output.description or (found.field.description if found else "")


def _stage(spec: PipelineSpec, stage: PipelineStage) -> Stage:
    own = spec.find(stage.of) if stage.kind == "again" else stage
    predictor = own.name if own and own.kind in PREDICTOR_KINDS else None
    if own and own.kind == "chain_of_thought":
        predictor = f"{own.name}.predict"
    return Stage(
        name=stage.name,
        kind=DRAWN_AS[stage.kind],
        predictor=predictor,
        after=waits_for(spec, stage),
        calls=stage.calls,
    )
