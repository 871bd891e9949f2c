"""Edits keep what sources mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ProgramError
from core.programs.pipeline.edits import (
    again,
    changed_stage,
    free_name,
    moved,
    renamed_field,
    renamed_read,
    renamed_stage,
    with_stage,
    without_input,
    without_stage,
)
from core.programs.pipeline.problems import errors, problems
from core.programs.pipeline.source import source_text
from core.programs.pipeline.spec import PipelineStage
from core.programs.pipeline.wiring import choosable, origin, running_order, waits_for
from tests.drawn_examples import drawing
from tests.pipelines import EQUAL, field, output, pipelines, reads, thinking

HOPS, PATIENT = EQUAL["multi_hop_qa"], EQUAL["heart_disease"]
FEW = drawing(12)


@FEW
@given(pipelines(), st.data())
def test_renaming_changes_names_and_nothing_else(spec, data):
    stage = data.draw(st.sampled_from(spec.stages))
    changed = renamed_stage(spec, stage.name, "quite_new")
    given_field = data.draw(st.sampled_from(spec.inputs)).name
    changed = renamed_field(changed, None, given_field, "fresh_input")
    if stage.writes:
        written = stage.writes[0].name
        changed = renamed_field(changed, "quite_new", written, "fresh_output")
        changed = renamed_field(changed, "quite_new", "fresh_output", written)
    assert errors(changed) == ()
    back = renamed_stage(renamed_field(changed, None, "fresh_input", given_field),
                         "quite_new", stage.name)  # fmt: skip
    assert back == spec


@FEW
@given(pipelines(), st.data())
def test_what_can_be_chosen_makes_no_circle_and_all_else_does(spec, data):
    stage = data.draw(st.sampled_from(spec.stages))
    can = choosable(spec, stage.name)
    everything = choosable(spec)
    assert set(can) <= set(everything)
    for source in everything:
        wired = changed_stage(spec, stage.name, reads=(*stage.reads, reads("new_read", source)))
        assert (len(running_order(wired)) == len(spec.stages)) == (source in can)


@FEW
@given(pipelines(), st.data())
def test_what_is_removed_is_read_by_nobody_and_the_rest_means_what_it_did(spec, data):
    name = data.draw(st.sampled_from(spec.stages)).name
    left = without_stage(spec, name)
    sources = {each for stage in left.stages for read in stage.reads for each in read.sources}
    assert not {each for each in sources if each.startswith(f"{name}.")}
    assert [each.name for each in left.stages] == [
        each.name for each in spec.stages if each.name != name
    ]
    for source in sources:
        assert origin(left, source) is not None or spec.find(source.split(".")[0]).of == name


def test_a_short_source_never_comes_to_mean_another_field():
    asking = thinking("ask", (reads("question", "question"),), "wish")
    reading = thinking("tell", (reads("text", "wish"),), "answer")
    spec = EQUAL["summarization"].model_copy(
        update={
            "inputs": (field("question"),),
            "stages": (asking, reading),
            "outputs": (output("answer", "answer"),),
        }
    )
    assert errors(spec) == ()
    changed = renamed_field(spec, None, "question", "wish")
    assert changed.find("tell").reads[0].sources == ("ask.wish",)
    assert changed.outputs[0].sources == ("tell.answer",)
    assert changed.find("ask").reads[0].sources == ("wish",)
    assert errors(changed) == ()


def test_renaming_a_predictors_stage_or_fields_takes_those_that_call_it_again_along():
    changed = renamed_stage(HOPS, "generate_query", "ask")
    changed = renamed_read(changed, "ask", "question", "asked")
    changed = renamed_field(changed, "ask", "search_query", "words")
    assert errors(changed) == ()
    assert changed.find("second_query").of == "ask"
    assert [each.name for each in changed.find("second_query").reads] == ["context", "asked"]
    assert changed.find("second_search").reads[0].sources == ("second_query.words",)


def test_stages_are_put_in_moved_and_taken_out():
    more = with_stage(HOPS, PipelineStage(name="extra"), place=1)
    names = [each.name for each in more.stages]
    assert names[:3] == ["generate_query", "extra", "first_search"]
    assert [each.name for each in moved(more, "extra", -5).stages][0] == "extra"
    assert [each.name for each in moved(more, "extra", 99).stages][-1] == "extra"
    assert without_stage(more, "extra") == HOPS
    assert free_name(names, "extra") == "extra_2"
    with pytest.raises(ProgramError, match=r"no stage 'nobody'. Its stages: generate_query"):
        moved(HOPS, "nobody", 1)


def test_another_call_of_a_predictor_needs_only_its_sources_changed():
    more = with_stage(HOPS, again(HOPS, "second_query"))
    new = more.stages[-1]
    assert (new.name, new.kind, new.of) == ("second_query_again", "again", "generate_query")
    assert errors(more) == ()
    assert {each.stage for each in problems(more)} == {"second_query_again"}


def test_stages_run_after_what_they_read_and_otherwise_in_the_given_order():
    mixed = HOPS.model_copy(update={"stages": HOPS.stages[::-1]})
    assert running_order(mixed) == HOPS.stages
    assert source_text(mixed) == source_text(HOPS)
    assert waits_for(PATIENT, PATIENT.find("vote")) == ("said_0", "said_1", "said_2")


def test_an_input_that_is_removed_is_read_by_nobody():
    left = without_input(PATIENT, "age")
    assert "age" not in {each.name for each in left.inputs}
    assert left.find("vote").reads[0].sources == ()
    assert {each.message for each in errors(left)} == {
        "'age' comes from nowhere. Choose a source for it."
    }
