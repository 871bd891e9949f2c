"""Which stage's output a source names, which stages wait for which, and in what order they run."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.programs.pipeline.spec import (
    PipelineField,
    PipelineSpec,
    PipelineStage,
    StageInput,
)


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Something that can be read."""

    stage: str | None
    """Who writes it; None for an input of the pipeline."""
    field: PipelineField
    is_retrieved: bool = False
    """True for passages and titles that a search found."""

    @property
    def source(self) -> str:
        """Its full name, which stays unambiguous whatever is added."""
        return self.field.name if self.stage is None else f"{self.stage}.{self.field.name}"


def offered(spec: PipelineSpec) -> tuple[Origin, ...]:
    """All that can be read: the inputs, then what each stage writes."""
    given = [Origin(stage=None, field=each) for each in spec.inputs]
    written = [
        Origin(stage=stage.name, field=each, is_retrieved=stage.kind == "retrieve")
        for stage in spec.stages
        for each in spec.written(stage)
    ]
    return (*given, *written)


def origins(spec: PipelineSpec, source: str) -> tuple[Origin, ...]:
    """What the source can mean: one, none when nobody writes it, several when it is ambiguous."""
    return _meanings(spec).get(source, ())


_Meanings = dict[str, tuple[Origin, ...]]
_last: tuple[PipelineSpec, _Meanings] | None = None
"""The last pipeline that was asked about: one look through it asks a hundred times."""


def _meanings(spec: PipelineSpec) -> _Meanings:
    """Every source that means something → what it can mean. A pipeline never changes."""
    global _last
    known = _last
    if known is not None and known[0] is spec:
        return known[1]
    given: dict[str, list[Origin]] = {}
    written: dict[str, list[Origin]] = {}
    for each in offered(spec):
        if each.stage is None:
            given.setdefault(each.source, []).append(each)
        else:
            written.setdefault(each.source, []).append(each)
            written.setdefault(each.field.name, []).append(each)
    meanings = {source: tuple(can) for source, can in (written | given).items()}
    _last = spec, meanings
    return meanings


def origin(spec: PipelineSpec, source: str) -> Origin | None:
    """What the source means; None when that is not clear."""
    found = origins(spec, source)
    return found[0] if len(found) == 1 else None


def is_list(spec: PipelineSpec, sources: Sequence[str]) -> bool:
    """True when these sources together are a list."""
    if len(sources) != 1:
        return True
    found = origin(spec, sources[0])
    return found is not None and found.field.type == "list"


def is_retrieved(spec: PipelineSpec, sources: Sequence[str]) -> bool:
    """True when all of these sources are what searches found."""
    found = [origin(spec, source) for source in sources]
    return bool(found) and all(each is not None and each.is_retrieved for each in found)


def waits_for(spec: PipelineSpec, stage: PipelineStage) -> tuple[str, ...]:
    """Names of the stages whose output the stage reads, in the order of its reading."""
    found = [origin(spec, source) for read in stage.reads for source in read.sources]
    return tuple(dict.fromkeys(each.stage for each in found if each and each.stage))


def running_order(spec: PipelineSpec) -> tuple[PipelineStage, ...]:
    """The stages so that each comes after those it waits for, otherwise as given.

    Stages in a circle, and those that wait for one, are left out.
    """
    waiting = {stage.name: set(waits_for(spec, stage)) for stage in spec.stages}
    left, done, ordered = list(spec.stages), set[str](), list[PipelineStage]()
    while ready := next((stage for stage in left if waiting[stage.name] <= done), None):
        left.remove(ready)
        done.add(ready.name)
        ordered.append(ready)
    return tuple(ordered)


def choosable(spec: PipelineSpec, stage: str | None = None) -> tuple[str, ...]:
    """Sources that a stage can read without a circle; all of them for an output of the pipeline."""
    later = _followers(spec, stage) if stage is not None else set[str]()
    return tuple(each.source for each in offered(spec) if each.stage not in later)


def _followers(spec: PipelineSpec, name: str) -> set[str | None]:
    """The stage and all that wait for it, directly or not."""
    found: set[str | None] = {name}
    waiting = {stage.name: set(waits_for(spec, stage)) for stage in spec.stages}
    while more := {each for each, others in waiting.items() if others & found} - found:
        found |= more
    return found


def read_field(spec: PipelineSpec, read: StageInput) -> PipelineField:
    """What a stage reads, as the field that it is for the model: with the type of its source."""
    described = {"name": read.name, "description": read.description}
    if is_list(spec, read.sources):
        return PipelineField(type="list", **described)
    found = origin(spec, read.sources[0])
    typed = found.field if found else PipelineField(name=read.name)
    return typed.model_copy(update=described)
