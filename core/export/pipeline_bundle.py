"""A pipeline cut loose: Python that needs nothing of MIPRO Studio, and no line of it typed as code.

The class is written by `core.programs.pipeline.source`; what it calls is copied from the project.
"""

from core.export.bundling import SETUP, Bundle, definition, ordered_imports, packages
from core.programs.pipeline.source import CLASS, written
from core.programs.pipeline.spec import PREDICTOR_KINDS, PipelineSpec
from core.programs.retrieval import PassageIndex
from core.proposal.locks import unmarked

_TEMPLATE = "core.programs.template"
_STEPS = "core.programs.pipeline.steps"
_INDEX = PassageIndex.__name__
BUILD = "build"

_BUILD = '''def {build}(setup: {setup}) -> dspy.Module:
    """The pipeline{searching}."""
    return {name}({index})'''


def pipeline_bundle(spec: PipelineSpec) -> Bundle:
    """The pipeline, which has no errors, as source that builds its program."""
    made = written(_without_marks(spec))
    wanted = [(_TEMPLATE, SETUP)]
    if spec.retrieves:
        wanted.append((PassageIndex.__module__, _INDEX))
    wanted += [(_STEPS, name) for name in made.uses]
    imports = {"import dspy"} | ({"from typing import Literal"} if made.has_choices else set())
    parts: dict[str, None] = {}
    for module, name in wanted:
        needed, code = definition(module, name)
        imports |= {*needed}
        parts |= dict.fromkeys(code.split("\n\n\n"))  # what two of them use is there once
    build = _BUILD.format(
        build=BUILD,
        setup=SETUP,
        name=CLASS,
        searching=" over the passages" if spec.retrieves else "",
        index=f"{_INDEX}(setup.passages)" if spec.retrieves else "",
    )
    lines = ordered_imports(imports)
    return Bundle(
        imports=lines,
        code="\n\n\n".join([*parts, made.code, build]),
        build=BUILD,
        packages=packages(lines),
    )


def _without_marks(spec: PipelineSpec) -> PipelineSpec:
    """The pipeline as predictors are told, without `<keep>`; other texts may have it in them."""
    stages = (
        each.model_copy(update={"instruction": unmarked(each.instruction)})
        if each.kind in PREDICTOR_KINDS
        else each
        for each in spec.stages
    )
    return spec.model_copy(update={"stages": tuple(stages)})
