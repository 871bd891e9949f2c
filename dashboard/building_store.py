"""Saved pipelines, and one example through the pipeline that is being built. It starts no run."""

from dataclasses import dataclass
from typing import Any

from core.data.dataset import Example
from core.errors import PipelineNotFound, ProgramError
from core.evaluation.evaluator import ExampleResult, evaluate_example
from core.evaluation.metrics import Metric, fitting_metric
from core.export.pipeline_source import pipeline_source
from core.lm.connection import LMConfig, connect
from core.programs.pipeline.saved import checked_name
from core.programs.pipeline.spec import PipelineSpec
from core.programs.pipeline.template import pipeline_template
from core.programs.template import ProgramTemplate
from core.proposal.locks import split_marks
from core.runs.preparation import passages
from core.runs.store import StoredPipeline
from dashboard import materials, session
from dashboard.building import SavedAs
from dashboard.playground import UNSCORED


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """An example that the pipeline is to be tried on."""

    spec: PipelineSpec
    example: Example
    """Of typed values, its outputs are all None."""
    corpus: str | None
    model: LMConfig
    is_scored: bool

    @property
    def key(self) -> str:
        """Tells it from every other attempt."""
        parts = (
            self.spec.model_dump_json(),
            repr(self.example),
            self.corpus,
            self.model.model_dump_json(),
        )
        return f"build {parts}"

    @property
    def template(self) -> ProgramTemplate:
        """The pipeline as a program.

        Raises:
            ProgramError: it has errors.
        """
        return pipeline_template(_without_marks(self.spec), "pipeline")

    @property
    def metric(self) -> Metric | None:
        """What scores it; None when no answer is known.

        Raises:
            InputError: the metric does not fit the outputs.
        """
        if not self.is_scored:
            return None
        return fitting_metric(self.spec.metric, {}, tuple(self.example.outputs))


def tried(attempt: Attempt) -> ExampleResult:
    """What the pipeline makes of the example, run here and now.

    Raises:
        InputError: the pipeline has errors, the metric does not fit, or the key is not set.
    """
    corpus = materials.dataset(attempt.corpus) if attempt.corpus else None
    template, example = attempt.template, attempt.example
    setup = template.checked_setup(
        inputs=tuple(example.inputs),
        outputs=tuple(example.outputs),
        passages=passages(corpus) if corpus else (),
    )
    model = attempt.model.model_copy(update={"delay": 0.0, "timeout": 30.0, "retries": 1})
    return evaluate_example(
        template.build(setup),
        example,
        metric=attempt.metric or UNSCORED,
        lm=connect(model, role="task model"),
    )


def _without_marks(spec: PipelineSpec) -> PipelineSpec:
    """The pipeline whose instructions have no `<keep>` marks, as a run asks with them."""

    def plain(stage: Any) -> Any:
        if stage.kind == "fill":
            return stage
        text, _ = split_marks(stage.instruction, where=f"stage {stage.name!r}")
        return stage.model_copy(update={"instruction": text})

    return spec.model_copy(update={"stages": tuple(map(plain, spec.stages))})


def saved() -> list[StoredPipeline]:
    """The latest version of everything that is saved."""
    return materials.store().pipelines()


def versions(name: str) -> list[StoredPipeline]:
    """All versions, the latest first; none when nothing is saved under this name."""
    try:
        return materials.store().pipeline_versions(name)
    except PipelineNotFound:
        return []


def name_fault(name: str) -> str | None:
    """Why nothing can be saved under this name; None when it can."""
    try:
        checked_name(name)
    except ProgramError as error:
        return str(error)
    return None


def save(name: str, spec: PipelineSpec) -> SavedAs:
    """Save it as the next version of this name.

    Raises:
        ProgramError: nothing can be saved under this name.
    """
    plain = checked_name(name)
    version = materials.store().save_pipeline(plain, spec, session.person())
    return SavedAs(name=plain, version=version, spec=spec)


def delete(name: str) -> None:
    """Remove all versions of it; runs carry what they run, so they lose nothing.

    Raises:
        StoreError: it is gone already.
    """
    materials.store().delete_pipeline(name)


def source(spec: PipelineSpec, name: str) -> bytes:
    """The pipeline as a Python file.

    Raises:
        ProgramError: it has errors.
    """
    return pipeline_source(spec, name).encode()


def as_json(spec: PipelineSpec) -> bytes:
    """The pipeline as a file that the Build page reads."""
    return spec.model_dump_json(indent=2).encode()


def version(name: str, number: int | None = None) -> SavedAs:
    """That version of what is saved under this name, or the latest.

    Raises:
        StoreError: there is none, or it cannot be read.
    """
    found = materials.store().pipeline(name, number)
    return SavedAs(name=found.name, version=found.version, spec=found.spec)
