"""Changes of a pipeline, as a page makes them. Each gives back a new one; none checks it.

What is renamed is rewired, what is removed is unplugged: a source that means something never comes
to mean something else by an edit. For that, renaming and removing write all such sources in full.
"""

from collections.abc import Callable, Iterable
from typing import Any

from core.errors import ProgramError
from core.programs.pipeline.spec import (
    PipelineField,
    PipelineSpec,
    PipelineStage,
    StageInput,
)
from core.programs.pipeline.wiring import Origin, origins

Rewiring = Callable[[Origin], str | None]
"""What a source is called after the edit; None when it is gone."""


def with_stage(spec: PipelineSpec, stage: PipelineStage, place: int | None = None) -> PipelineSpec:
    """The pipeline with one more stage, at the end or before the stage at `place`."""
    stages = list(spec.stages)
    stages.insert(len(stages) if place is None else place, stage)
    return _with(spec, stages=tuple(stages))


def changed_stage(spec: PipelineSpec, name: str, **changes: Any) -> PipelineSpec:
    """The pipeline with some of a stage's values changed, but its name: use `renamed_stage`.

    Raises:
        ProgramError: there is no such stage.
        pydantic.ValidationError: a value cannot be what the field of that name holds.
    """
    old = _stage(spec, name)
    new = PipelineStage.model_validate({**_values(old), **changes, "name": name})
    return _with(spec, stages=tuple(new if each is old else each for each in spec.stages))


def without_stage(spec: PipelineSpec, name: str) -> PipelineSpec:
    """The pipeline without a stage; nothing reads from it any more.

    Raises:
        ProgramError: there is no such stage.
    """
    old = _stage(spec, name)
    plugged = _rewired(spec, lambda found: None if found.stage == name else found.source)
    left = (new for new, each in zip(plugged.stages, spec.stages, strict=True) if each is not old)
    return _with(plugged, stages=tuple(left))


def moved(spec: PipelineSpec, name: str, by: int) -> PipelineSpec:
    """The pipeline with a stage so many places later, or earlier if negative; never off the ends.

    Raises:
        ProgramError: there is no such stage.
    """
    stage = _stage(spec, name)
    stages = [each for each in spec.stages if each is not stage]
    at = next(place for place, each in enumerate(spec.stages) if each is stage)
    stages.insert(min(max(at + by, 0), len(stages)), stage)
    return _with(spec, stages=tuple(stages))


def renamed_stage(spec: PipelineSpec, old: str, new: str) -> PipelineSpec:
    """The pipeline with a stage called otherwise, and whatever reads from it or calls it again.

    Raises:
        ProgramError: there is no such stage.
    """
    stage = _stage(spec, old)
    wired = _rewired(
        spec, lambda found: f"{new}.{found.field.name}" if found.stage == old else found.source
    )
    stages = []
    for each, given in zip(wired.stages, spec.stages, strict=True):
        again = new if each.of == old else each.of
        stages.append(_stage_with(each, name=new if given is stage else each.name, of=again))
    return _with(wired, stages=tuple(stages))


def renamed_field(spec: PipelineSpec, stage: str | None, old: str, new: str) -> PipelineSpec:
    """The pipeline with a field that a stage writes called otherwise, and whatever reads it.

    Without a stage it is an input of the pipeline. Stages keep the name by which they read it.

    Raises:
        ProgramError: there is no such stage.
    """
    writers = {stage, *(each.name for each in spec.stages if stage and each.of == stage)}

    def name(found: Origin) -> str:
        if found.stage not in writers or found.field.name != old:
            return found.source
        return new if found.stage is None else f"{found.stage}.{new}"

    wired = _rewired(spec, name)
    if stage is None:
        return _with(wired, inputs=_renamed(wired.inputs, old, new))
    own = _stage(wired, stage)
    return changed_stage(wired, stage, writes=_renamed(own.writes, old, new))


def renamed_read(spec: PipelineSpec, stage: str, old: str, new: str) -> PipelineSpec:
    """The pipeline with what a stage reads called otherwise, in the stages that call it again, too.

    Raises:
        ProgramError: there is no such stage.
    """
    _stage(spec, stage)
    return _with(
        spec,
        stages=tuple(
            _stage_with(each, reads=_reads_renamed(each.reads, old, new))
            if stage in (each.name, each.of)
            else each
            for each in spec.stages
        ),
    )


def without_input(spec: PipelineSpec, name: str) -> PipelineSpec:
    """The pipeline without an input; nothing reads it any more."""

    def kept(found: Origin) -> str | None:
        return None if found.stage is None and found.field.name == name else found.source

    wired = _rewired(spec, kept)
    return _with(wired, inputs=tuple(each for each in wired.inputs if each.name != name))


def free_name(taken: Iterable[str], wish: str) -> str:
    """`wish`, with a number if that name is taken."""
    names, unique, number = set(taken), wish, 2
    while unique in names:
        unique, number = f"{wish}_{number}", number + 1
    return unique


def again(spec: PipelineSpec, name: str) -> PipelineStage:
    """A stage, not yet in the pipeline, that calls the one of this name again with the same reads.

    Raises:
        ProgramError: there is no such stage.
    """
    stage = _stage(spec, name)
    wish = f"{name}_again"
    return PipelineStage(
        name=free_name((each.name for each in spec.stages), wish),
        kind="again",
        of=stage.of if stage.kind == "again" else name,
        reads=stage.reads,
    )


def _stage(spec: PipelineSpec, name: str) -> PipelineStage:
    found = spec.find(name)
    if found is None:
        listed = ", ".join(each.name for each in spec.stages) or "none"
        raise ProgramError(f"the pipeline has no stage {name!r}. Its stages: {listed}.")
    return found


def _rewired(spec: PipelineSpec, name: Rewiring) -> PipelineSpec:
    """The pipeline with each source that means one thing named in full; others stay as typed."""

    def sources(given: tuple[str, ...]) -> tuple[str, ...]:
        found = ((source, origins(spec, source)) for source in given)
        named = (name(what[0]) if len(what) == 1 else source for source, what in found)
        return tuple(each for each in named if each is not None)

    stages = (
        _stage_with(
            stage,
            reads=tuple(
                each.model_copy(update={"sources": sources(each.sources)}) for each in stage.reads
            ),
        )
        for stage in spec.stages
    )
    outputs = (each.model_copy(update={"sources": sources(each.sources)}) for each in spec.outputs)
    return _with(spec, stages=tuple(stages), outputs=tuple(outputs))


def _renamed(fields: tuple[PipelineField, ...], old: str, new: str) -> tuple[PipelineField, ...]:
    return tuple(
        each.model_copy(update={"name": new}) if each.name == old else each for each in fields
    )


def _reads_renamed(reads: tuple[StageInput, ...], old: str, new: str) -> tuple[StageInput, ...]:
    return tuple(
        each.model_copy(update={"name": new}) if each.name == old else each for each in reads
    )


def _stage_with(stage: PipelineStage, **changes: Any) -> PipelineStage:
    return stage.model_copy(update=changes)


def _with(spec: PipelineSpec, **changes: Any) -> PipelineSpec:
    return spec.model_copy(update=changes)


def _values(stage: PipelineStage) -> dict[str, Any]:
    return {name: getattr(stage, name) for name in PipelineStage.model_fields}
