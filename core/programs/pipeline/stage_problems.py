"""What is wrong with one stage, by its kind: what it reads, writes and calls."""

import re
from collections.abc import Callable, Iterator

from core.programs.pipeline.finding import Problem, error, warning
from core.programs.pipeline.spec import (
    PREDICTOR_KINDS,
    PipelineField,
    PipelineSpec,
    PipelineStage,
    StageInput,
    StageKind,
)
from core.programs.pipeline.wiring import is_list


def stage_problems(spec: PipelineSpec, stage: PipelineStage) -> Iterator[Problem]:
    """The faults of a stage; those of its names and sources are found elsewhere."""
    yield from _CHECKS[stage.kind](spec, stage)


def _predictor(spec: PipelineSpec, stage: PipelineStage) -> Iterator[Problem]:
    if not stage.reads:
        yield error("it reads nothing. Add something to read.", stage=stage.name)
    if not stage.writes:
        yield error("it writes nothing. Add a field to write.", stage=stage.name)
    is_fed = {
        read.name
        for other in spec.stages
        if other.kind == "again" and other.of == stage.name
        for read in other.reads
        if read.sources
    }
    for read in stage.reads:
        if not read.sources and read.name not in is_fed:
            yield _unplugged(stage, read)


def _again(spec: PipelineSpec, stage: PipelineStage) -> Iterator[Problem]:
    of = spec.find(stage.of)
    if of is None or of.kind not in PREDICTOR_KINDS:
        yield error(
            "it calls no stage again. Choose a stage with a predictor of its own.", stage=stage.name
        )
        return
    if stage.writes:
        yield error(f"it writes what {of.name!r} writes. Remove its own fields.", stage=stage.name)
    wanted, given = {each.name: each for each in of.reads}, {each.name for each in stage.reads}
    for name in wanted.keys() - given:
        yield error(
            f"{of.name!r} reads {name!r}, too. Let this one read something by that name.",
            stage=stage.name,
            field=name,
        )
    for read in stage.reads:
        if read.name not in wanted:
            yield error(
                f"{of.name!r} does not read {read.name!r}. Remove it.",
                stage=stage.name,
                field=read.name,
            )
        elif is_list(spec, read.sources) != is_list(spec, wanted[read.name].sources):
            yield error(
                f"{read.name!r} is a list for one of the two and a single value for the other. "
                f"Give it the same kind of source as in {of.name!r}.",
                stage=stage.name,
                field=read.name,
            )


def _retrieve(spec: PipelineSpec, stage: PipelineStage) -> Iterator[Problem]:
    yield from _one_read(stage, "the text to search with")
    for read in stage.reads:
        if read.sources and is_list(spec, read.sources):
            yield error(
                f"{read.name!r} is a list, but a search takes one text. Choose another source, or "
                "vote first.",
                stage=stage.name,
                field=read.name,
            )
    if len(stage.writes) not in (1, 2):
        yield error(
            "it writes the passages, and their titles if wanted. Give it one or two fields.",
            stage=stage.name,
        )
    for field in stage.writes:
        if field.type != "list":
            yield _wrong_type(stage, field, "a search finds a list")


def _vote(spec: PipelineSpec, stage: PipelineStage) -> Iterator[Problem]:
    yield from _one_read(stage, "the list to vote on")
    for read in stage.reads:
        if read.sources and not is_list(spec, read.sources):
            yield error(
                f"{read.name!r} is no list to vote on. Choose several sources, or one of a stage "
                "that is called several times.",
                stage=stage.name,
                field=read.name,
            )
    yield from _one_text(stage, "the winner")


def _fill(spec: PipelineSpec, stage: PipelineStage) -> Iterator[Problem]:
    if not stage.instruction.strip():
        yield error("it has no text to fill in. Write one, with {name} in it.", stage=stage.name)
    placeholders = set(re.findall(r"\{(\w+)\}", stage.instruction))
    for read in stage.reads:
        if not read.sources:
            yield _unplugged(stage, read)
        if read.name not in placeholders:
            yield warning(
                f"its text has no {{{read.name}}}. Put it in, or do not read it.",
                stage=stage.name,
                field=read.name,
            )
    for name in sorted(placeholders - {each.name for each in stage.reads}):
        yield warning(
            f"{{{name}}} in its text stays as it is. Read something by that name to replace it.",
            stage=stage.name,
        )
    yield from _one_text(stage, "the text")


def _one_read(stage: PipelineStage, what: str) -> Iterator[Problem]:
    if len(stage.reads) != 1:
        yield error(f"it reads one thing, {what}. Give it one source.", stage=stage.name)
    for read in stage.reads:
        if not read.sources:
            yield _unplugged(stage, read)


def _one_text(stage: PipelineStage, what: str) -> Iterator[Problem]:
    if len(stage.writes) != 1:
        yield error(f"it writes one field, {what}. Give it one.", stage=stage.name)
    for field in stage.writes:
        if field.type not in ("text", "choice"):
            yield _wrong_type(stage, field, f"{what} is a text")


def _unplugged(stage: PipelineStage, read: StageInput) -> Problem:
    return error(
        f"{read.name!r} comes from nowhere. Choose a source for it.",
        stage=stage.name,
        field=read.name,
    )


def _wrong_type(stage: PipelineStage, field: PipelineField, why: str) -> Problem:
    wanted = "list" if why.endswith("list") else "text"
    return error(
        f"{field.name!r} is of type {field.type}, but {why}. Make it a {wanted}.",
        stage=stage.name,
        field=field.name,
    )


_CHECKS: dict[StageKind, Callable[[PipelineSpec, PipelineStage], Iterator[Problem]]] = {
    "predict": _predictor,
    "chain_of_thought": _predictor,
    "again": _again,
    "retrieve": _retrieve,
    "vote": _vote,
    "fill": _fill,
}
