"""What is wrong with a pipeline, in words that say where and what to do. It runs nothing."""

from collections import Counter
from collections.abc import Iterable, Iterator

from core.programs.pipeline.finding import Problem, error, warning
from core.programs.pipeline.limits import is_beyond_all, limit_problems
from core.programs.pipeline.names import field_fault, stage_fault
from core.programs.pipeline.spec import REASONING, PipelineField, PipelineSpec, PipelineStage
from core.programs.pipeline.stage_problems import stage_problems
from core.programs.pipeline.wiring import origin, origins, running_order, waits_for


def problems(spec: PipelineSpec) -> tuple[Problem, ...]:
    """All that is wrong: the pipeline's own, then its stages', then what is not used.

    With any error it cannot be run; warnings are for people to judge.
    """
    if is_beyond_all(spec):
        return (error("the pipeline is far too large. Split it into several programs."),)
    found = [
        *limit_problems(spec),
        *_of_pipeline(spec),
        *_of_names(spec),
        *_of_sources(spec),
        *(each for stage in spec.stages for each in stage_problems(spec, stage)),
        *_circles(spec),
        *_unused(spec),
    ]
    return tuple(dict.fromkeys(found))


def errors(spec: PipelineSpec) -> tuple[Problem, ...]:
    """Only what keeps it from running."""
    return tuple(each for each in problems(spec) if each.severity == "error")


def _of_pipeline(spec: PipelineSpec) -> Iterator[Problem]:
    if not spec.title.strip():
        yield error("the pipeline has no title. Give it one.")
    if not spec.inputs:
        yield error("the pipeline is given nothing. Add an input.")
    if not spec.stages:
        yield error("the pipeline has no stage. Add one.")
    if not spec.outputs:
        yield error("the pipeline answers nothing. Choose a stage's output as its own.")
    for each in spec.outputs:
        if not each.sources:
            yield error(f"nobody writes the output {each.name!r}. Choose a stage's output for it.")


def _of_names(spec: PipelineSpec) -> Iterator[Problem]:
    sides = {
        "input": [each.name for each in spec.inputs],
        "output": [each.name for each in spec.outputs],
        "metric's field": [each.name for each in spec.metric_fields],
    }
    for side, names in sides.items():
        for name in names:
            if (fault := field_fault(name)) is not None:
                yield error(f"{side}: {fault}", field=name)
    for name in _twice(name for names in sides.values() for name in names):
        yield error(
            f"two of the pipeline's own fields are called {name!r}. Rename one.", field=name
        )
    for field in (*spec.inputs, *spec.metric_fields):
        yield from _of_choices(field, None)
    for stage in spec.stages:
        yield from _of_stage_names(stage)
    for name in _twice(stage.name for stage in spec.stages):
        yield error(f"two stages are called {name!r}. Rename one.", stage=name)


def _of_stage_names(stage: PipelineStage) -> Iterator[Problem]:
    where = stage.name
    if (fault := stage_fault(where)) is not None:
        yield error(f"stage: {fault}", stage=where)
    reads, writes = [each.name for each in stage.reads], [each.name for each in stage.writes]
    faults = {name: field_fault(name) for name in (*reads, *writes)}
    faults |= {name: f"it reads {name!r} twice. Rename one." for name in _twice(reads)}
    faults |= {name: f"it writes {name!r} twice. Rename one." for name in _twice(writes)}
    faults |= {
        name: f"it reads and writes a field {name!r}. Rename one of the two."
        for name in writes
        if name in reads
    }
    if stage.kind == "chain_of_thought" and REASONING in faults:
        faults[REASONING] = f"chain of thought adds {REASONING!r} itself. Rename this field."
    for name, fault in faults.items():
        if fault is not None:
            yield error(fault, stage=where, field=name)
    for field in stage.writes:
        yield from _of_choices(field, where)


def _of_choices(field: PipelineField, stage: str | None) -> Iterator[Problem]:
    where = {"stage": stage, "field": field.name}
    if field.type != "choice":
        if field.choices:
            yield warning(
                f"{field.name!r} has values to choose from, but is of type {field.type}. Make it a "
                "choice, or remove them.",
                **where,
            )
        return
    if not field.choices:
        yield error(f"{field.name!r} is a choice without values. Add some.", **where)
    if any(not each.strip() for each in field.choices):
        yield error(f"{field.name!r} has an empty value to choose. Remove it.", **where)
    for value in _twice(field.choices):
        yield error(f"{field.name!r} can be {value!r} twice. Remove one.", **where)


def _of_sources(spec: PipelineSpec) -> Iterator[Problem]:
    for stage in spec.stages:
        for read in stage.reads:
            for source in read.sources:
                if (fault := _source_fault(spec, source)) is not None:
                    yield error(f"{read.name!r}: {fault}", stage=stage.name, field=read.name)
    for output in spec.outputs:
        for source in output.sources:
            if (fault := _source_fault(spec, source)) is not None:
                yield error(f"output {output.name!r}: {fault}", field=output.name)


def _source_fault(spec: PipelineSpec, source: str) -> str | None:
    found = origins(spec, source)
    if not found:
        return f"there is no {source!r} to read. Choose an input or a stage's output."
    if len(found) > 1:
        listed = " or ".join(each.source for each in found)
        return f"{source!r} can be several things. Choose {listed}."
    return None


def _circles(spec: PipelineSpec) -> Iterator[Problem]:
    names = {stage.name for stage in spec.stages} - {each.name for each in running_order(spec)}
    waiting = {each.name: set(waits_for(spec, each)) & names for each in spec.stages}
    # what only waits for a circle is not in it: nobody in the circle waits for it
    while names and (free := {each for each in names if not _is_awaited(each, names, waiting)}):
        names -= free
    listed = [stage.name for stage in spec.stages if stage.name in names]
    for name in dict.fromkeys(listed):
        yield error(
            f"it waits for itself: {', '.join(dict.fromkeys(listed))} read each other's output in "
            "a circle. Let one of them read something else.",
            stage=name,
        )


def _is_awaited(name: str, names: set[str], waiting: dict[str, set[str]]) -> bool:
    return any(name in waiting[each] for each in names)


def _unused(spec: PipelineSpec) -> Iterator[Problem]:
    read = {source for stage in spec.stages for each in stage.reads for source in each.sources}
    read |= {source for each in spec.outputs for source in each.sources}
    used = {found.source for source in read if (found := origin(spec, source)) is not None}
    for field in spec.inputs:
        if field.name not in used:
            yield warning(
                f"no stage reads the input {field.name!r}. Let one read it, or remove it.",
                field=field.name,
            )
    for stage in spec.stages:
        names = [each.name for each in spec.written(stage) if each.name != REASONING]
        unread = [name for name in names if f"{stage.name}.{name}" not in used]
        # a search or a second call writes what it writes; that one part is used will do
        if unread == names or stage.kind in ("predict", "chain_of_thought"):
            for name in unread:
                yield warning(
                    f"nobody reads {name!r}. Let a stage or the output read it, or remove it.",
                    stage=stage.name,
                    field=name,
                )


def _twice(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]
