"""The paper's HotPotQA Conditional: multi-hop questions whose answers have a form to keep."""

import dspy

from core.programs.retrieval import PassageIndex
from core.programs.template import ProgramSetup, ProgramTemplate, Stage, TemplateField
from sample_programs.multi_hop_qa import MultiHopQA

RULES = (
    "When the answer is a person, respond entirely in lowercase. When the answer is a place, "
    "ensure your response contains no punctuation. When the answer is a date, end your response "
    'with "Peace!". Never end your response with "Peace!" under other circumstances. When the '
    "answer is none of the above categories respond in all caps."
)


def _build(setup: ProgramSetup) -> dspy.Module:
    program = MultiHopQA(PassageIndex(setup.passages))
    answering = program.generate_answer.predict
    answering.signature = answering.signature.with_instructions(RULES)
    return program


TEMPLATE = ProgramTemplate(
    name="hotpotqa_conditional",
    title="HotPotQA Conditional",
    description=(
        "Multi-hop questions whose answers must be written as their category asks, by rules that "
        "only the seed instruction tells, as in the MIPRO paper."
    ),
    inputs=(TemplateField(name="question", description="What is asked"),),
    outputs=(
        TemplateField(name="answer", description="The answer"),
        TemplateField(
            name="category",
            description="Kind of the answer: person, place, date or another; not for the program",
            for_metric=True,
        ),
    ),
    metric="conditional",
    dataset="conditional_questions",
    passages="multi_hop_passages",
    stages=(
        Stage(name="First query", kind="predictor", predictor="generate_query.predict"),
        Stage(name="First search", kind="retrieve", after=("First query",)),
        Stage(
            name="Second query",
            kind="predictor",
            predictor="generate_query.predict",
            after=("First search",),
        ),
        Stage(name="Second search", kind="retrieve", after=("Second query",)),
        Stage(
            name="Answer",
            kind="predictor",
            predictor="generate_answer.predict",
            after=("First search", "Second search"),
        ),
    ),
    build=_build,
)
