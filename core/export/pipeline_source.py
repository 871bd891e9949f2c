"""A pipeline as one Python file that runs, as it was built: before any run, without demos."""

from core.errors import ProgramError
from core.export.pipeline_bundle import pipeline_bundle
from core.export.program import PASSAGES_FILE, import_lines, literal, plain_line
from core.export.program_script import BUILT, ROWS, SCRIPT
from core.programs.pipeline.module import signature
from core.programs.pipeline.problems import errors
from core.programs.pipeline.spec import PREDICTOR_KINDS, PipelineSpec
from core.programs.pipeline.wiring import running_order
from core.proposal.locks import split_marks

_ADVICE = (
    "Name a language model in MODEL below or in the environment variable DSPY_MODEL, such as\n"
    "openai/gpt-4o-mini."
)
_CORPUS = f"It searches {PASSAGES_FILE} beside it: an object with title and text on each line.\n"


def pipeline_source(spec: PipelineSpec, name: str) -> str:
    """The file; `name` is what the pipeline is called in its first line.

    Raises:
        ProgramError: the pipeline has errors.
    """
    if found := errors(spec):
        raise ProgramError(f"the pipeline cannot run yet: {found[0].told}")
    alone = pipeline_bundle(spec)
    instructions = _instructions(spec)
    return SCRIPT.format(
        head=f"{plain_line(name)}: {plain_line(spec.title)}, built in MIPRO Studio.",
        scores="It has the instructions it was built with, and no demos.",
        needs=f"It needs nothing but: pip install {' '.join(alone.packages)}",
        model_advice=_CORPUS * spec.retrieves + _ADVICE,
        imports="\n".join(import_lines(name, alone)),
        outputs=repr(tuple(each.name for each in spec.outputs)),
        example=literal({each.name: "…" for each in spec.inputs}),
        model=repr(""),
        settings=literal({}),
        key="None",
        instructions=literal(instructions),
        demos=literal({predictor: [] for predictor in instructions}),
        source=f"{BUILT}\n\n\n{alone.code}\n\n\n",
        rows=ROWS if spec.retrieves else "",
        build=alone.build,
        setup=_setup(spec),
    )


def _instructions(spec: PipelineSpec) -> dict[str, str]:
    """Predictor → its instruction without marks."""
    found = {}
    for stage in running_order(spec):
        if stage.kind in PREDICTOR_KINDS:
            name = f"{stage.name}.predict" if stage.kind == "chain_of_thought" else stage.name
            told, _ = split_marks(signature(spec, stage).instructions, where=f"stage {stage.name}")
            found[name] = told
    return found


def _setup(spec: PipelineSpec) -> str:
    """The arguments of `ProgramSetup` as source."""
    lines = [
        f"inputs={tuple(each.name for each in spec.inputs)!r},",
        f"outputs={tuple(each.name for each in spec.outputs)!r},",
    ]
    if spec.retrieves:
        lines.append(f"passages=tuple(Passage(**row) for row in rows({PASSAGES_FILE!r})),")
    return "\n".join(f"            {line}" for line in lines)
