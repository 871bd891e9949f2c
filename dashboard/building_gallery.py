"""Pipelines to begin with, each the smallest of its kind."""

from dataclasses import dataclass

from core.programs.pipeline.spec import (
    PipelineField,
    PipelineOutput,
    PipelineSpec,
    PipelineStage,
    StageInput,
)

_QUESTION = PipelineField(name="question", description="What is asked")
_ANSWER = PipelineField(name="answer", description="The answer, in a few words")
_PASSAGES = PipelineField(name="passages", description="What was found", type="list")


def _reads(**sources: str) -> tuple[StageInput, ...]:
    """Name → sources, separated by spaces."""
    return tuple(
        StageInput(name=name, sources=tuple(each.split())) for name, each in sources.items()
    )


def _answers(source: str, description: str = "The answer") -> tuple[PipelineOutput, ...]:
    name = source.rpartition(".")[2]
    return (PipelineOutput(name=name, sources=(source,), description=description),)


ANSWER = PipelineSpec(
    title="Answer a question",
    description="One call of the model, without any thinking before.",
    inputs=(_QUESTION,),
    stages=(
        PipelineStage(
            name="reply",
            kind="predict",
            instruction="Answer the question in as few words as possible.",
            reads=_reads(question="question"),
            writes=(_ANSWER,),
        ),
    ),
    outputs=_answers("reply.answer"),
)

THINK = PipelineSpec(
    title="Think, then answer",
    description="The model writes down its reasoning before it answers.",
    inputs=(_QUESTION,),
    stages=(
        PipelineStage(
            name="think",
            instruction="Think step by step, then answer in as few words as possible.",
            reads=_reads(question="question"),
            writes=(_ANSWER,),
        ),
    ),
    outputs=_answers("think.answer"),
)

RETRIEVE = PipelineSpec(
    title="Retrieve and answer",
    description="Searches a corpus with the question and answers from what it finds.",
    inputs=(_QUESTION,),
    stages=(
        PipelineStage(
            name="search", kind="retrieve", reads=_reads(query="question"), writes=(_PASSAGES,)
        ),
        PipelineStage(
            name="reply",
            instruction="Answer the question from the passages, in as few words as possible.",
            reads=_reads(context="search.passages", question="question"),
            writes=(_ANSWER,),
        ),
    ),
    outputs=_answers("reply.answer"),
)

TWO_HOPS = PipelineSpec(
    title="Two hops",
    description=(
        "Writes a query, searches, writes a second query from what it has read, searches again, "
        "and answers from both."
    ),
    inputs=(_QUESTION,),
    stages=(
        PipelineStage(
            name="write_query",
            instruction="Write a short query for a search that brings the question nearer to an "
            "answer.",
            reads=(
                StageInput(name="context", description="What has been found so far"),
                StageInput(name="question", sources=("question",)),
            ),
            writes=(PipelineField(name="search_query", description="A few words"),),
        ),
        PipelineStage(
            name="first_search",
            kind="retrieve",
            reads=_reads(query="write_query.search_query"),
            writes=(_PASSAGES,),
            passages=3,
        ),
        PipelineStage(
            name="write_second_query",
            kind="again",
            of="write_query",
            reads=(
                StageInput(
                    name="context",
                    sources=("first_search.passages",),
                    description="What has been found so far",
                ),
                StageInput(name="question", sources=("question",)),
            ),
        ),
        PipelineStage(
            name="second_search",
            kind="retrieve",
            reads=_reads(query="write_second_query.search_query"),
            writes=(_PASSAGES,),
            passages=3,
        ),
        PipelineStage(
            name="reply",
            instruction="Answer the question from the passages, in as few words as possible.",
            reads=_reads(
                context="first_search.passages second_search.passages", question="question"
            ),
            writes=(_ANSWER,),
        ),
    ),
    outputs=_answers("reply.answer"),
)

VOTE = PipelineSpec(
    title="Several opinions and a vote",
    description="Asks three times and takes the answer that comes most often.",
    inputs=(_QUESTION,),
    stages=(
        PipelineStage(
            name="opinions",
            instruction="Think step by step, then answer in as few words as possible.",
            reads=_reads(question="question"),
            writes=(PipelineField(name="opinion", description="The answer, in a few words"),),
            calls=3,
            temperature=0.7,
        ),
        PipelineStage(
            name="vote",
            kind="vote",
            reads=_reads(opinions="opinions.opinion"),
            writes=(_ANSWER,),
        ),
    ),
    outputs=_answers("vote.answer"),
)

CLASSIFY = PipelineSpec(
    title="Summarise, then classify",
    description="Boils a long text down before it decides what kind of text it is.",
    inputs=(PipelineField(name="text", description="What is to be classified"),),
    stages=(
        PipelineStage(
            name="summarise",
            kind="predict",
            instruction="Say in one sentence what the text is about.",
            reads=_reads(text="text"),
            writes=(PipelineField(name="summary", description="One sentence"),),
        ),
        PipelineStage(
            name="classify",
            instruction="Classify the text.",
            reads=_reads(summary="summarise.summary", text="text"),
            writes=(PipelineField(name="label", description="What kind of text it is"),),
        ),
    ),
    outputs=_answers("classify.label", "The right label"),
)


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """A pipeline to begin with."""

    name: str
    spec: PipelineSpec


GALLERY = (
    Beginning(name="answer", spec=ANSWER),
    Beginning(name="think", spec=THINK),
    Beginning(name="retrieve", spec=RETRIEVE),
    Beginning(name="two_hops", spec=TWO_HOPS),
    Beginning(name="vote", spec=VOTE),
    Beginning(name="classify", spec=CLASSIFY),
)
