"""How large a pipeline may be, and what it may be set to."""

from collections.abc import Iterator

from core.programs.pipeline.finding import Problem, error, warning
from core.programs.pipeline.spec import PipelineField, PipelineSpec, PipelineStage

MOST_STAGES = 20
MOST_FIELDS = 100
"""That the pipeline is given, that it answers, and that a stage reads or writes."""
MOST_CHOICES = 100
MOST_CALLS = 20
MOST_PASSAGES = 100
HIGHEST_TEMPERATURE = 2.0
LONGEST_INSTRUCTION = 20_000
"""Characters."""
LONGEST_DESCRIPTION = 2_000
LONGEST_CHOICE = 200
LONGEST_TITLE = 100


def is_beyond_all(spec: PipelineSpec) -> bool:
    """True for what nobody built by hand; looking through it would take too long."""
    fields = [*spec.inputs, *spec.metric_fields, *spec.outputs]
    fields += [each for stage in spec.stages for each in (*stage.reads, *stage.writes)]
    return len(spec.stages) > 5 * MOST_STAGES or len(fields) > 3 * MOST_STAGES * MOST_FIELDS


def limit_problems(spec: PipelineSpec) -> Iterator[Problem]:
    """Everything that is too many, too long or out of range."""
    if len(spec.stages) > MOST_STAGES:
        yield error(f"there are {len(spec.stages)} stages. Use at most {MOST_STAGES}.")
    if len(spec.title) > LONGEST_TITLE:
        yield _too_long("the title", spec.title, LONGEST_TITLE)
    for text in (spec.description, *(each.description for each in spec.outputs)):
        if len(text) > LONGEST_DESCRIPTION:
            yield _too_long("a description", text, LONGEST_DESCRIPTION)
    own = (*spec.inputs, *spec.metric_fields)
    if max(len(own), len(spec.outputs)) > MOST_FIELDS:
        yield error(f"the pipeline has too many fields. Use at most {MOST_FIELDS} on a side.")
    for field in own:
        yield from _of_field(field, None)
    for stage in spec.stages:
        yield from _of_stage(stage)


def _of_stage(stage: PipelineStage) -> Iterator[Problem]:
    where = stage.name
    if len(stage.instruction) > LONGEST_INSTRUCTION:
        yield _too_long("its instruction", stage.instruction, LONGEST_INSTRUCTION, where)
    if max(len(stage.reads), len(stage.writes)) > MOST_FIELDS:
        yield error(f"it has too many fields. Use at most {MOST_FIELDS} on a side.", stage=where)
    for field in stage.writes:
        yield from _of_field(field, where)
    for read in stage.reads:
        if len(read.description) > LONGEST_DESCRIPTION:
            yield _too_long("a description", read.description, LONGEST_DESCRIPTION, where)
        if len(read.sources) > MOST_FIELDS:
            yield error(
                f"{read.name!r} has too many sources. Use at most {MOST_FIELDS}.",
                stage=where,
                field=read.name,
            )
    yield from _of_settings(stage)


def _of_settings(stage: PipelineStage) -> Iterator[Problem]:
    where, heat = stage.name, stage.temperature
    if not 1 <= stage.calls <= MOST_CALLS:
        yield error(f"it cannot be called {stage.calls} times. Use 1 to {MOST_CALLS}.", stage=where)
    if not 1 <= stage.passages <= MOST_PASSAGES:
        yield error(
            f"it cannot find {stage.passages} passages. Use 1 to {MOST_PASSAGES}.", stage=where
        )
    if heat is not None and not 0.0 <= heat <= HIGHEST_TEMPERATURE:
        yield error(
            f"temperature {heat} is out of range. Use 0 to {HIGHEST_TEMPERATURE:g}.", stage=where
        )
    if stage.calls > 1 and heat == 0.0:
        yield warning(
            f"at temperature 0 its {stage.calls} calls answer the same. Use a higher one.",
            stage=where,
        )


def _of_field(field: PipelineField, stage: str | None) -> Iterator[Problem]:
    if len(field.description) > LONGEST_DESCRIPTION:
        yield _too_long("its description", field.description, LONGEST_DESCRIPTION, stage)
    if len(field.choices) > MOST_CHOICES:
        yield error(
            f"{field.name!r} has {len(field.choices)} values to choose from. Use at most "
            f"{MOST_CHOICES}.",
            stage=stage,
            field=field.name,
        )
    if any(len(each) > LONGEST_CHOICE for each in field.choices):
        yield error(
            f"a value of {field.name!r} is too long. Use at most {LONGEST_CHOICE} characters.",
            stage=stage,
            field=field.name,
        )


def _too_long(what: str, text: str, most: int, stage: str | None = None) -> Problem:
    return error(
        f"{what} has {len(text):,} characters. Shorten it to {most:,}.",
        stage=stage,
    )
