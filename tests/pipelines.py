"""Pipelines that are equal to sample programs, and random ones."""

from hypothesis import strategies as st

from core.programs.pipeline.names import field_fault, stage_fault
from core.programs.pipeline.spec import (
    PipelineField,
    PipelineOutput,
    PipelineSpec,
    PipelineStage,
    StageInput,
)
from core.programs.pipeline.wiring import is_list, offered
from sample_programs import heart_disease, hotpotqa_conditional

WITHOUT_PIPELINE = frozenset({"routing", "react_agent", "extraction"})
"""Programs with branches, tools or an object of their own as an output."""


def field(name: str, description: str = "", **more: object) -> PipelineField:
    return PipelineField(name=name, description=description, **more)


def reads(name: str, *sources: str, description: str = "") -> StageInput:
    return StageInput(name=name, sources=sources, description=description)


def same(*names: str) -> tuple[StageInput, ...]:
    """Inputs of the pipeline, read under their names."""
    return tuple(reads(name, name) for name in names)


def output(name: str, *sources: str) -> PipelineOutput:
    return PipelineOutput(name=name, sources=sources)


def search(name: str, query: str, passages: int, *more: str) -> PipelineStage:
    """A search that writes `passages`, and titles under the name in `more`."""
    writes = (field(each, type="list") for each in ("passages", *more))
    return PipelineStage(
        name=name,
        kind="retrieve",
        passages=passages,
        reads=(reads("query", query),),
        writes=tuple(writes),
    )


def thinking(name: str, read: tuple[StageInput, ...], writes: str, **more: object) -> PipelineStage:
    """A chain of thought that writes one field."""
    written = more.pop("writing", field(writes))
    return PipelineStage(name=name, reads=read, writes=(written,), **more)


def one_step(program: str, stage: PipelineStage, answer: str) -> PipelineSpec:
    """The sample program as one stage."""
    inputs = [read.name for read in stage.reads]
    return PipelineSpec(
        title=program,
        inputs=tuple(field(name) for name in inputs),
        stages=(stage,),
        outputs=(output(answer, f"{stage.name}.{answer}"),),
    )


def _iris(program: str, species: str) -> PipelineSpec:
    measures = ("petal_length", "petal_width", "sepal_length", "sepal_width")
    stage = thinking(
        "classify",
        same(*measures),
        "answer",
        writing=field("answer", species),
        instruction="Given the petal and sepal dimensions in cm, predict the iris species.",
    )
    return one_step(program, stage, "answer")


def _multi_hop(rules: str = "") -> PipelineSpec:
    question = reads("question", "question")
    found = ("first_search.passages", "second_search.passages")
    return PipelineSpec(
        title="Multi-hop questions",
        inputs=(field("question"),),
        stages=(
            thinking("generate_query", (reads("context"), question), "search_query"),
            search("first_search", "generate_query.search_query", 3),
            PipelineStage(
                name="second_query",
                kind="again",
                of="generate_query",
                reads=(reads("context", "first_search.passages"), question),
            ),
            search("second_search", "second_query.search_query", 3),
            thinking(
                "generate_answer", (reads("context", *found), question), "answer", instruction=rules
            ),
        ),
        outputs=(output("answer", "generate_answer.answer"),),
    )


def _heart_disease() -> PipelineSpec:
    patient = tuple(
        reads(name, name, description=text) for name, text in heart_disease.ATTRIBUTES.items()
    )
    answer = field("answer", heart_disease.ANSWER)
    trainees = [f"trainee_{number}" for number in range(heart_disease.OPINIONS)]
    opinion = "I'm a trainee doctor, trying to {reasoning}. Hence, my answer is {answer}."
    stages = []
    for number, name in enumerate(trainees):
        stages += [
            thinking(
                name,
                patient,
                "answer",
                writing=answer,
                instruction=heart_disease.OPINION,
                temperature=0.7 + 0.01 * number,
            ),
            PipelineStage(
                name=f"said_{number}",
                kind="fill",
                instruction=opinion,
                reads=(reads("reasoning", f"{name}.reasoning"), reads("answer", f"{name}.answer")),
                writes=(field("opinion"),),
            ),
        ]
    opinions = reads(
        "context",
        *(f"said_{number}.opinion" for number in range(heart_disease.OPINIONS)),
        description="A list of opinions from trainee doctors.",
    )
    vote = thinking(
        "vote", (*patient, opinions), "answer", writing=answer, instruction=heart_disease.VOTE
    )
    return PipelineSpec(
        title="Heart disease",
        inputs=tuple(field(name) for name in heart_disease.ATTRIBUTES),
        stages=(*stages, vote),
        outputs=(output("answer", "vote.answer"),),
    )


def _hover() -> PipelineSpec:
    claim = reads("claim", "claim")
    first = reads("summary_1", "summarize_first.summary")
    second = reads("summary_2", "summarize_second.summary")
    return PipelineSpec(
        title="HoVer",
        inputs=(field("claim"),),
        stages=(
            search("first_search", "claim", 7, "titles"),
            thinking(
                "summarize_first", (claim, reads("passages", "first_search.passages")), "summary"
            ),
            thinking("query_second", (claim, first), "query"),
            search("second_search", "query_second.query", 7, "titles"),
            thinking(
                "summarize_second",
                (
                    claim,
                    reads("context", "summarize_first.summary"),
                    reads("passages", "second_search.passages"),
                ),
                "summary",
            ),
            thinking("query_third", (claim, first, second), "query"),
            search("third_search", "query_third.query", 7, "titles"),
        ),
        outputs=(
            output("titles", "first_search.titles", "second_search.titles", "third_search.titles"),
        ),
        metric="recall",
    )


def _retrieval_qa() -> PipelineSpec:
    answering = (reads("context", "retrieve.passages"), reads("question", "question"))
    return PipelineSpec(
        title="Retrieval",
        inputs=(field("question"),),
        stages=(
            search("retrieve", "question", 5),
            thinking("generate_answer", answering, "answer"),
        ),
        outputs=(output("answer", "generate_answer.answer"),),
    )


def _conditional() -> PipelineSpec:
    hops = _multi_hop(hotpotqa_conditional.RULES)
    return hops.model_copy(
        update={"metric": "conditional", "metric_fields": (field("category", "Kind of answer"),)}
    )


def _classification() -> PipelineSpec:
    """As the sample program is for the bundled irises."""
    measures = ("sepal_length", "sepal_width", "petal_length", "petal_width")
    labels = field("species", "one of: setosa, versicolor, virginica")
    stage = thinking("classify", same(*measures), "species", writing=labels)
    return one_step("classification", stage, "species")


def _scone() -> PipelineSpec:
    deciding = thinking(
        "decide",
        same("context", "question"),
        "answer",
        writing=field("answer", "Yes or No"),
        instruction="context, question -> answer",
    )
    return one_step("scone", deciding, "answer")


EQUAL = {
    "classification": _classification(),
    "question_answering": one_step(
        "question_answering",
        thinking("generate_answer", same("context", "question"), "answer"),
        "answer",
    ),
    "retrieval_qa": _retrieval_qa(),
    "multi_hop_qa": _multi_hop(),
    "iris": _iris("iris", "setosa, versicolor, or virginica"),
    "iris_typo": _iris("iris_typo", "setosa, versicolour, or virginica"),
    "scone": _scone(),
    "heart_disease": _heart_disease(),
    "hotpotqa_conditional": _conditional(),
    "free_answer": one_step(
        "free_answer", thinking("answer", same("question"), "answer"), "answer"
    ),
    "summarization": one_step(
        "summarization", thinking("summarize", same("document"), "summary"), "summary"
    ),
    "hover": _hover(),
}
"""Sample program → the pipeline that does the same."""

NASTY = (
    "\"\"\" ''' \\ \\n {0} {{x}} {question} %s ${y} `rm -rf` \u2028 é 日本 \x00\r\n\t"
    "__class__ {self.__class__.__init__} <keep>not closed #{ [[ ## completed ## ]]"
)
"""What would do harm if it were anything but text."""

_TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.sampled_from(["", NASTY, "End \"here\" and 'there'.", "{} {a} {0}", "\\", '"""', "\n\n"]),
).map(lambda text: text.replace("<keep>", ""))
_NAMES = st.one_of(
    st.sampled_from(["question", "context", "answer", "größe", "x", "calls", "predictor", "text"]),
    st.from_regex(r"[a-z]\w{0,6}", fullmatch=True),
)
_FIELD_NAMES = _NAMES.filter(lambda name: field_fault(name) is None and name != "reasoning")
_STAGE_NAMES = _NAMES.filter(lambda name: stage_fault(name) is None)
_CHOICES = st.lists(st.from_regex(r"[a-z][a-z0-9 -]{0,6}[a-z]", fullmatch=True), min_size=1,
                    max_size=3, unique=True).map(tuple)  # fmt: skip


@st.composite
def _fields(draw, names, most=2):
    """Fields of any type under new names."""
    found = []
    for name in draw(st.lists(names, min_size=1, max_size=most, unique=True)):
        kind = draw(st.sampled_from(["text", "text", "integer", "number", "boolean", "list",
                                     "choice"]))  # fmt: skip
        choices = draw(_CHOICES) if kind == "choice" else ()
        found.append(field(name, draw(_TEXTS), type=kind, choices=choices))
    return tuple(found)


@st.composite
def _sources(draw, spec, listed=None):
    """Some sources of the pipeline so far; a list, a single value, or either."""
    everything = [each.source for each in offered(spec)]
    lists = [each for each in everything if is_list(spec, [each])]
    singles = [each for each in everything if each not in lists]
    if listed is None:
        listed = draw(st.booleans()) or not singles
    if not listed:
        return (draw(st.sampled_from(singles)),)
    if lists and draw(st.booleans()):
        return (draw(st.sampled_from(lists)),)
    return tuple(draw(st.lists(st.sampled_from(everything), min_size=2, max_size=3)))


@st.composite
def _stage(draw, spec):
    """One more stage, of a kind that what there is allows."""
    name = draw(_STAGE_NAMES.filter(lambda name: spec.find(name) is None))
    singles = [each for each in offered(spec) if each.field.type != "list"]
    own = [each for each in spec.stages if each.kind in ("predict", "chain_of_thought")]
    kinds = ["predict", "chain_of_thought", "vote", "fill"]
    kinds += ["retrieve"] * bool(singles) + ["again"] * bool(own)
    kind = draw(st.sampled_from(kinds))
    calls = draw(st.sampled_from([1, 1, 1, 2, 3]))
    heat = draw(st.sampled_from([None, 0.5, 1.0]))
    common = {"name": name, "kind": kind, "calls": calls, "temperature": heat}
    if kind == "again":
        of = draw(st.sampled_from(own))
        again = tuple(
            reads(each.name, *draw(_sources(spec, is_list(spec, each.sources))))
            for each in of.reads
        )
        return PipelineStage(**common, of=of.name, reads=again)
    if kind == "retrieve":
        query = draw(st.sampled_from(singles)).source
        return search(
            name, query, draw(st.integers(1, 4)), *draw(st.sampled_from([(), ("titles",)]))
        )
    if kind == "vote":
        ballots = reads("ballots", *draw(_sources(spec, True)))
        return PipelineStage(**common, reads=(ballots,), writes=(field("winner"),))
    names = draw(st.lists(_FIELD_NAMES, min_size=1, max_size=3, unique=True))
    read = tuple(reads(each, *draw(_sources(spec)), description=draw(_TEXTS)) for each in names)
    told = draw(_TEXTS)
    if kind == "fill":
        text = told + " ".join(f"{{{each}}}." for each in names)
        return PipelineStage(**common, reads=read, writes=(field("filled_in"),), instruction=text)
    writes = draw(_fields(_FIELD_NAMES.filter(lambda each: each not in names)))
    return PipelineStage(**common, reads=read, writes=writes, instruction=told)


@st.composite
def pipelines(draw, stages=5):
    """Pipelines without errors, their stages in any order."""
    spec = PipelineSpec(
        title="A title " + draw(_TEXTS)[:80],
        description=draw(_TEXTS),
        inputs=draw(_fields(_FIELD_NAMES, most=3)),
    )
    for _ in range(draw(st.integers(1, stages))):
        spec = spec.model_copy(update={"stages": (*spec.stages, draw(_stage(spec)))})
    taken = {each.name for each in spec.inputs}
    names = draw(st.lists(_FIELD_NAMES.filter(lambda each: each not in taken), min_size=1,
                          max_size=2, unique=True))  # fmt: skip
    outputs = tuple(output(name, *draw(_sources(spec))) for name in names)
    mixed = tuple(draw(st.permutations(spec.stages)))
    return spec.model_copy(update={"stages": mixed, "outputs": outputs})
