"""What is wrong with a pipeline is found, at its place, and nothing is wrong with a right one."""

import keyword

import dspy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ProgramError
from core.programs.pipeline.edits import changed_stage, without_stage
from core.programs.pipeline.limits import MOST_CALLS, MOST_STAGES
from core.programs.pipeline.names import field_fault, stage_fault
from core.programs.pipeline.problems import errors, problems
from core.programs.pipeline.spec import (
    PipelineField,
    PipelineOutput,
    PipelineSpec,
    PipelineStage,
    StageInput,
)
from core.programs.pipeline.template import pipeline_template
from tests.pipeline_runs import answered, setup_of, written
from tests.pipelines import EQUAL, NASTY, field, output, reads, search, thinking
from tests.scripted_lm import scripted_lm

HOPS, PATIENT = EQUAL["multi_hop_qa"], EQUAL["heart_disease"]
SEVERAL = changed_stage(HOPS, "generate_answer", calls=3)


def with_more(spec, *stages, **changes):
    return spec.model_copy(update={"stages": (*spec.stages, *stages), **changes})


def vote(source, **changes):
    told = {"name": "decide", "kind": "vote", "reads": (reads("all", source),)}
    return PipelineStage(**{**told, "writes": (field("winner"),), **changes})


def circle():
    first = thinking("first", (reads("x", "second.y"), reads("q", "question")), "z")
    second, third = (
        thinking("second", (reads("x", "first.z"),), "y"),
        thinking("third", (reads("x", "second.y"),), "w"),
    )
    return with_more(HOPS, first, second, third, outputs=(output("answer", "third.w"),))


WRONG = {
    "no stage": (PipelineSpec(title="x"), None, "no stage"),
    "no title": (HOPS.model_copy(update={"title": " "}), None, "no title"),
    "nothing answered": (HOPS.model_copy(update={"outputs": ()}), None, "answers nothing"),
    "output from nowhere": (
        HOPS.model_copy(update={"outputs": (PipelineOutput(name="answer"),)}),
        None,
        "nobody writes the output 'answer'",
    ),
    "unknown source": (
        changed_stage(HOPS, "generate_answer", reads=(reads("question", "nobody.x"),)),
        "generate_answer",
        "there is no 'nobody.x'",
    ),
    "ambiguous source": (
        changed_stage(HOPS, "generate_answer", reads=(reads("question", "passages"),)),
        "generate_answer",
        "Choose first_search.passages or second_search.passages",
    ),
    "read from nowhere": (
        changed_stage(HOPS, "generate_answer", reads=(reads("question"),)),
        "generate_answer",
        "comes from nowhere",
    ),
    "circle": (circle(), "first", "first, second read each other's output in a circle"),
    "itself": (
        with_more(HOPS, thinking("self_made", (reads("x", "self_made.y"),), "y")),
        "self_made",
        "waits for itself",
    ),
    "stage twice": (with_more(HOPS, HOPS.stages[0]), "generate_query", "two stages"),
    "stage of dspy": (with_more(HOPS, vote("question", name="forward")), "forward", "dspy uses"),
    "keyword": (with_more(HOPS, vote("question", name="class")), "class", "word of Python"),
    "no name": (with_more(HOPS, vote("question", name="")), "", "no name"),
    "odd name": (with_more(HOPS, vote("question", name=NASTY[:50])), NASTY[:50], "is no name"),
    "field of dspy": (
        changed_stage(HOPS, "generate_answer", writes=(field("demos"),)),
        "generate_answer",
        "Call it demos_text",
    ),
    "own reasoning": (
        changed_stage(HOPS, "generate_answer", writes=(field("reasoning"),)),
        "generate_answer",
        "adds 'reasoning' itself",
    ),
    "read and written": (
        changed_stage(HOPS, "generate_answer", writes=(field("question"),)),
        "generate_answer",
        "reads and writes",
    ),
    "input is output": (
        HOPS.model_copy(update={"outputs": (output("question", "generate_answer.answer"),)}),
        None,
        "two of the pipeline's own fields",
    ),
    "choice of nothing": (
        changed_stage(HOPS, "generate_answer", writes=(field("answer", type="choice"),)),
        "generate_answer",
        "choice without values",
    ),
    "search for a list": (
        with_more(HOPS, search("third", "first_search.passages", 3)),
        "third",
        "a search takes one text",
    ),
    "vote on one": (with_more(HOPS, vote("question")), "decide", "no list to vote on"),
    "winners": (
        with_more(SEVERAL, vote("generate_answer.answer", writes=(field("a", type="list"),))),
        "decide",
        "the winner is a text",
    ),
    "again of nobody": (changed_stage(HOPS, "second_query", of="x"), "second_query", "no stage"),
    "again of a search": (
        changed_stage(HOPS, "second_query", of="first_search"),
        "second_query",
        "no stage again",
    ),
    "again without": (
        changed_stage(HOPS, "second_query", reads=(reads("question", "question"),)),
        "second_query",
        "reads 'context', too",
    ),
    "again of another type": (
        changed_stage(
            HOPS,
            "second_query",
            reads=(reads("context", "question"), reads("question", "question")),
        ),
        "second_query",
        "is a list for one of the two",
    ),
    "nothing to fill": (changed_stage(PATIENT, "said_0", instruction=" "), "said_0", "no text"),
    "too many calls": (
        changed_stage(HOPS, "generate_answer", calls=MOST_CALLS + 1),
        "generate_answer",
        "cannot be called 21 times",
    ),
    "too hot": (changed_stage(HOPS, "generate_answer", temperature=3), "generate_answer", "range"),
    "too long": (
        changed_stage(HOPS, "generate_answer", instruction="x" * 20_001),
        "generate_answer",
        "20,001 characters",
    ),
    "too many stages": (
        with_more(HOPS, *(vote("question", name=f"v{n}") for n in range(MOST_STAGES))),
        None,
        "25 stages",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_keeps_a_pipeline_from_running_is_said_at_its_place(case):
    spec, stage, said = WRONG[case]
    found = [each for each in errors(spec) if said in each.message]
    assert stage in {each.stage for each in found}, errors(spec)
    with pytest.raises(ProgramError, match="cannot run yet"):
        pipeline_template(spec, "it")


def test_what_only_waits_for_a_circle_is_not_blamed():
    blamed = {each.stage for each in errors(circle()) if "circle" in each.message}
    assert blamed == {"first", "second"}


def test_warnings_do_not_keep_a_pipeline_from_running():
    unread = with_more(HOPS, thinking("extra", (reads("q", "question"),), "z"))
    unread = unread.model_copy(update={"inputs": (*unread.inputs, field("other"))})
    cold = changed_stage(unread, "extra", calls=2, temperature=0.0)
    said = " ".join(each.message for each in problems(cold))
    assert errors(cold) == ()
    assert "nobody reads 'z'" in said
    assert "no stage reads the input 'other'" in said
    assert "its 2 calls answer the same" in said
    assert not any(problems(spec) for spec in EQUAL.values())


def test_a_stage_that_is_removed_leaves_its_readers_unplugged():
    said = {each.told for each in errors(without_stage(HOPS, "first_search"))}
    assert "stage 'second_query': 'context' comes from nowhere" not in " ".join(said)
    assert errors(without_stage(HOPS, "generate_answer"))[0].message.startswith("nobody writes")


_ANY = st.one_of(st.text(max_size=8), st.sampled_from(["question", "a", "a.b", "", "forward"]))
_READS = st.lists(st.builds(StageInput, name=_ANY, sources=st.lists(_ANY, max_size=3).map(tuple)),
                  max_size=3).map(tuple)  # fmt: skip
_FIELDS = st.lists(st.builds(PipelineField, name=_ANY), max_size=3).map(tuple)
_STAGES = st.builds(
    PipelineStage, name=_ANY, instruction=_ANY, reads=_READS, writes=_FIELDS, of=_ANY,
    calls=st.integers(-1, 3),
)  # fmt: skip


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(st.builds(
    PipelineSpec, title=_ANY, inputs=_FIELDS, stages=st.lists(_STAGES, max_size=4).map(tuple),
    outputs=st.lists(st.builds(PipelineOutput, name=_ANY, sources=st.just(("a.a",))),
                     max_size=2).map(tuple),
))  # fmt: skip
def test_anything_half_typed_is_looked_through(spec):
    problems(spec)


WORDS = sorted(
    {
        *keyword.kwlist, *keyword.softkwlist, *dir(dspy.Predict), *dir(dspy.Prediction),
        *dir(dspy.Signature), *dir(dspy.LM), *vars(__builtins__ if not isinstance(
            __builtins__, dict) else type("B", (), __builtins__)),
        "lm", "config", "signature", "demos", "instance", "self", "args", "kwargs", "new_signature",
        "prediction", "base", "augmented", "temperature", "rollout_id", "n", "trace", "inputs",
        "fields", "name", "title", "index", "passages", "dspy", "json", "os", "sys", "Literal",
        "Any", "re", "Counter", "predict", "search", "setup", "rows", "load", "main", "MODEL",
        "found", "known", "spec", "program", "fn", "call_id", "callbacks", "history", "model",
        "type", "id", "label",
    }
)  # fmt: skip
"""Names with a meaning somewhere."""


def test_every_name_that_is_allowed_works_as_field_and_stage():
    fields = [each for each in WORDS if field_fault(each) is None]
    stages = [each for each in WORDS if stage_fault(each) is None]
    assert {"index", "model", "type", "id", "label", "n", "passages", "title"} <= {*fields}
    assert not {"demos", "config", "lm", "self", "class", "keys", "items", "instance"} & {*fields}
    assert "predict" in stages
    chunks = [fields[start : start + 30] for start in range(0, len(fields), 30)]
    for number, names in enumerate(chunks):
        check_names(names, stages[number :: len(chunks)][:20])


def check_names(names, stages):
    """All names at once: read by a stage, written by another, and given by the pipeline."""
    asked = tuple(reads(name, name) for name in names)
    first = PipelineStage(name=stages[0], reads=asked, writes=(field("zzz"),), kind="predict")
    second = PipelineStage(
        name=stages[1], kind="predict", reads=(reads("zzz", f"{stages[0]}.zzz"),),
        writes=tuple(field(name) for name in names), calls=2, temperature=1.0,
    )  # fmt: skip
    others = tuple(
        PipelineStage(name=name, kind="fill", instruction=f"{{{names[0]}}}",
                      reads=(reads(names[0], names[0]),), writes=(field("filled_in"),))
        for name in stages[2:]
    )  # fmt: skip
    spec = PipelineSpec(
        title="Names",
        inputs=tuple(field(name) for name in names),
        stages=(first, second, *others),
        outputs=tuple(output(f"out_{name}", f"{second.name}.{name}") for name in names),
    )
    assert errors(spec) == ()
    inputs = {name: f"value of {name}" for name in names}
    with scripted_lm(
        lambda prompt: {name: f"{name}!" for name in prompt.outputs}
    ) as (lm, engine):  # fmt: skip
        program = pipeline_template(spec, "names").build(setup_of(spec))
        found = answered(program, inputs, lm, engine)
        assert found == answered(written(spec, setup_of(spec)), inputs, lm, engine)
    assert found[0][0].inputs == inputs
    assert found[1] == {f"out_{name}": [f"{name}!", f"{name}!"] for name in names}
