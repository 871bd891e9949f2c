"""A program of several stages as plain data: what is built on screen, saved and put into runs.

Nothing in it is executed or evaluated. It may be half finished; `core.programs.pipeline.problems`
says what keeps it from running.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict

FieldType = Literal["text", "integer", "number", "boolean", "list", "choice"]
"""A list is one of texts, a choice one of given texts."""

StageKind = Literal["predict", "chain_of_thought", "retrieve", "again", "vote", "fill"]
"""What a stage does:

- predict: one predictor answers.
- chain_of_thought: the same, which also writes `reasoning`, first.
- retrieve: searches the corpus with the one text that it reads, and writes the passages that it
  finds; a second field, where there is one, gets their titles.
- again: calls the predictor of another stage with other inputs, same instruction and demos, such as
  the second hop of a search. It writes what that stage writes.
- vote: the most frequent value of the one list that it reads; of equals the one that comes first.
- fill: its instruction, with `{name}` replaced by what it reads under that name; no LM call.
"""

MODEL_KINDS: tuple[StageKind, ...] = ("predict", "chain_of_thought", "again")
"""Kinds that call a language model."""
PREDICTOR_KINDS: tuple[StageKind, ...] = ("predict", "chain_of_thought")
"""Kinds that have a predictor of their own, with an instruction and demos to optimize."""

REASONING = "reasoning"
"""The field that chain of thought adds."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class PipelineField(_Data):
    """Something the pipeline is given, or a stage writes."""

    name: str
    description: str = ""
    """What a stage writes is described to the model like this; what the pipeline is given is
    described to people only, and to the model where a stage reads it."""
    type: FieldType = "text"
    choices: tuple[str, ...] = ()
    """The texts that a choice may be; empty for any other type."""


class StageInput(_Data):
    """What a stage reads, under the name that the stage gives it."""

    name: str
    sources: tuple[str, ...] = ()
    """Where it comes from: `field` (an input of the pipeline, else the only stage's output of that
    name) or `stage.field`. Several are joined into one list, lists item by item, passages without
    repetition; none is an empty list, such as what the first of two hops has found so far."""
    description: str = ""
    """What the model is told about it."""


class PipelineOutput(_Data):
    """What the pipeline answers, under the name that examples and metrics know."""

    name: str
    sources: tuple[str, ...] = ()
    """As of `StageInput`."""
    description: str = ""


class PipelineStage(_Data):
    """One step. What a kind has no use for is ignored."""

    name: str
    """Also the name of its predictor in the dspy program."""
    kind: StageKind = "chain_of_thought"
    instruction: str = ""
    """What the predictor is told at the start, with `<keep>` marks where wanted; empty for dspy's
    own words. The text to fill in, for fill."""
    reads: tuple[StageInput, ...] = ()
    writes: tuple[PipelineField, ...] = ()
    """Without the reasoning of a chain of thought; nothing for again."""
    passages: int = 5
    """Passages that a search finds at most."""
    calls: int = 1
    """LM calls of the predictor; with several, every field it writes becomes a list of texts."""
    temperature: float | None = None
    """Of its LM calls; None for that of the run's model."""
    of: str | None = None
    """The stage whose predictor is called again."""


class PipelineSpec(_Data):
    """A whole program."""

    title: str
    description: str = ""
    """What it does, for people and for the model that proposes instructions."""
    inputs: tuple[PipelineField, ...] = ()
    stages: tuple[PipelineStage, ...] = ()
    """In any order; what reads another stage's output runs after it."""
    outputs: tuple[PipelineOutput, ...] = ()
    """What examples have a right answer for."""
    metric: str = "exact_match"
    metric_fields: tuple[PipelineField, ...] = ()
    """What examples have for the metric only and the program does not write, such as the kind of
    an answer."""

    @property
    def retrieves(self) -> bool:
        """True when a corpus is needed."""
        return any(stage.kind == "retrieve" for stage in self.stages)

    def find(self, name: str | None) -> PipelineStage | None:
        """The first stage of that name."""
        return next((stage for stage in self.stages if stage.name == name), None)

    def written(self, stage: PipelineStage) -> tuple[PipelineField, ...]:
        """The fields that others can read from the stage.

        With reasoning, as lists if it is called several times; for `again` those of the stage whose
        predictor it calls.
        """
        own = stage if stage.kind != "again" else self.find(stage.of)
        if own is None or own.kind == "again":
            return ()
        fields = own.writes
        if own.kind == "chain_of_thought":
            fields = (PipelineField(name=REASONING), *fields)
        if stage.kind not in MODEL_KINDS or stage.calls <= 1:
            return fields
        return tuple(
            PipelineField(name=each.name, description=each.description, type="list")
            for each in fields
        )
