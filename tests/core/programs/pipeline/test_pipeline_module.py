"""What pipelines do when they run, and that the Python written for them does the same."""

import ast

import dspy
import pytest
from hypothesis import given

from core.data.bundled import bundled, bundled_dataset
from core.programs.pipeline.module import PipelineProgram, spec_of
from core.programs.pipeline.problems import errors
from core.programs.pipeline.saved import spec_from_json
from core.programs.pipeline.source import source_text
from core.programs.pipeline.spec import PipelineSpec, PipelineStage
from core.programs.pipeline.template import pipeline_template
from core.programs.registry import template, templates
from core.programs.source import source_of
from core.programs.template import ProgramSetup
from core.runs.preparation import passages
from core.storage.memory import MemoryStore
from tests.drawn_examples import drawing
from tests.pipeline_runs import answered, inputs_of, setup_of, typed, written
from tests.pipelines import (
    EQUAL,
    NASTY,
    WITHOUT_PIPELINE,
    field,
    one_step,
    output,
    pipelines,
    reads,
    thinking,
)
from tests.scripted_lm import scripted_lm

FEW = drawing(20)


@FEW
@given(pipelines())
def test_any_pipeline_is_kept_and_runs_as_the_python_written_for_it(spec):
    assert errors(spec) == ()
    assert spec_from_json(spec.model_dump_json(), "it") == spec
    store = MemoryStore()
    assert store.pipeline("it", store.save_pipeline("it", spec, "me")).spec == spec
    program = pipeline_template(spec, "it").build(setup_of(spec))
    with scripted_lm(typed) as (lm, engine):
        ours = answered(program.deepcopy(), inputs_of(spec), lm, engine)
        theirs = answered(written(spec, setup_of(spec)), inputs_of(spec), lm, engine)
    assert ours == theirs
    assert len(ours[0]) == pipeline_template(spec, "it").calls_per_run
    assert set(ours[1]) == {each.name for each in spec.outputs}


def test_every_sample_program_but_three_has_its_pipeline():
    assert EQUAL.keys() | WITHOUT_PIPELINE == templates().keys()


@pytest.mark.parametrize("program", EQUAL)
def test_a_pipeline_asks_and_answers_what_the_sample_program_does(program):
    spec, sample = EQUAL[program], template(program)
    frame = bundled_dataset(sample.dataset).frame
    entry = bundled()[sample.dataset]
    labels = sorted(frame[entry.outputs[0]].unique()) if not sample.inputs else ()
    setup = ProgramSetup(
        inputs=tuple(each.name for each in spec.inputs),
        outputs=tuple(each.name for each in spec.outputs),
        labels=tuple(labels),
        passages=passages(bundled_dataset(sample.passages)) if sample.passages else (),
    )
    inputs = {each.name: frame[each.name].iloc[3] for each in spec.inputs}
    same = pipeline_template(spec, program)
    with scripted_lm(typed) as (lm, engine):
        wanted = answered(sample.build(setup), inputs, lm, engine)
        found = answered(same.build(setup), inputs, lm, engine)
        alone = answered(written(spec, setup), inputs, lm, engine)
    assert found == alone
    assert found[0] == wanted[0]
    outputs = [each.name for each in same.outputs if not each.for_metric]
    assert found[1] == {name: wanted[1][name] for name in outputs}
    assert same.calls_per_run == sample.calls_per_run
    assert [each.name for each in same.outputs] == (
        [each.name for each in sample.outputs] or outputs
    )


def test_what_people_type_stays_text_wherever_it_is_typed():
    choice = field("kind", NASTY, type="choice", choices=(NASTY, "it's", '"'))
    spec = PipelineSpec(
        title=NASTY[:90],
        description=NASTY,
        inputs=(field("question", NASTY),),
        stages=(
            thinking(
                "ask", (reads("question", "question", description=NASTY),), "kind",
                writing=choice, instruction=NASTY.replace("<keep>", ""),
            ),
            PipelineStage(
                name="tell", kind="fill", instruction=NASTY + "\n{kind}",
                reads=(reads("kind", "ask.kind"),), writes=(field("told", NASTY),),
            ),
        ),
        outputs=(output("told", "tell.told"),),
    )  # fmt: skip
    setup = setup_of(spec)
    program = pipeline_template(spec, NASTY).build(setup)
    with scripted_lm(lambda prompt: {"reasoning": NASTY, "kind": "it's"}) as (lm, engine):
        found = answered(program, {"question": NASTY}, lm, engine)
        assert found == answered(written(spec, setup), {"question": NASTY}, lm, engine)
    (prompt,), prediction = found
    assert prediction == {"told": f"{NASTY}\nit's"}
    assert prompt.system.count("{self.__class__.__init__}") >= 3
    assert "{0} {{x}} {question}" in prompt.turns[-1][1]
    tree = ast.parse(source_text(spec))
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert not {name for name in called if "rm" in name or "__class__" in name}


def test_several_calls_ask_afresh_and_repetitions_ask_afresh_again():
    stage = thinking("guess", (reads("question", "question"),), "answer", calls=3, temperature=1.0)
    spec = one_step("Guess", stage, "answer")
    numbers = iter(range(100))
    with scripted_lm(lambda prompt: {"reasoning": "r", "answer": str(next(numbers))}) as (lm, _):
        program = PipelineProgram(spec)
        with dspy.context(lm=lm, adapter=dspy.ChatAdapter()):
            first = program(question="?").answer
            assert program(question="?").answer == first
        seen = {*first}
        for repetition in (1, 2):
            with dspy.context(lm=lm.copy(rollout_id=repetition), adapter=dspy.ChatAdapter()):
                seen |= {*program(question="?").answer}
    assert first == ["0", "1", "2"]
    assert len(seen) == 9


@pytest.mark.parametrize("inputs", [{}, {"question": "?", "other": "x"}])
def test_other_inputs_than_the_pipelines_own_are_refused(inputs):
    with pytest.raises(TypeError, match="the inputs are context, question"):
        PipelineProgram(EQUAL["question_answering"]).forward(**inputs)


def test_proposers_read_the_python_with_the_instructions_of_now():
    spec = EQUAL["multi_hop_qa"]
    program = pipeline_template(spec, "hops").build(setup_of(spec))
    answering = program.generate_answer.predict
    answering.signature = answering.signature.with_instructions("Answer in one word.")
    read = source_of(program)
    assert read == source_text(spec_of(program))
    assert "'Answer in one word.'" in read
    assert "second_query = self.generate_query(context=passages, question=question)" in read
    assert "def found_once(" in read
    assert "core." not in read
