"""The program being built, change by change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.programs.pipeline.problems import errors, problems
from core.programs.pipeline.spec import PipelineField, PipelineOutput, PipelineSpec
from core.programs.template import ProgramTemplate
from dashboard import building_edits as edits
from dashboard import building_store
from dashboard.building import SavedAs, begun, blank, in_full
from dashboard.building_gallery import GALLERY
from dashboard.building_outline import differences, drawn, offers_to
from dashboard.components.pipeline_fields import lines, replaced
from dashboard.components.plain_text import escaped
from dashboard.components.stage_graph import stage_diagram
from tests.drawn_examples import drawing

KINDS = tuple(edits.STEMS)


def beginning(name):
    return next(each.spec for each in GALLERY if each.name == name)


@pytest.mark.parametrize("each", GALLERY, ids=lambda each: each.name)
def test_every_beginning_can_be_run_as_it_is(each):
    assert problems(each.spec) == ()
    assert in_full(each.spec) == each.spec
    compile(building_store.source(each.spec, each.name), each.name, "exec")
    assert PipelineSpec.model_validate_json(building_store.as_json(each.spec)) == each.spec


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "vote"])
def test_a_new_stage_reads_what_lies_nearest(kind):
    started = edits.stage_added(begun(beginning("retrieve")), kind)
    own = [
        each.message for each in errors(started.spec) if each.stage == started.spec.stages[-1].name
    ]
    assert own == ([] if kind != "fill" else [own[0]])
    assert started.opened == started.now.uids[-1]


def test_a_vote_reads_the_last_list():
    two = edits.stage_removed(begun(beginning("vote")), 2)
    (read,) = edits.stage_added(two, "vote").spec.stages[-1].reads
    assert read.sources == ("opinions.opinion",)


def test_readers_follow_what_is_renamed():
    built = begun(beginning("retrieve"))
    first, second = built.now.uids
    built = edits.stage_renamed(built, first, "find")
    built = edits.written_renamed(built, first, 0, "found")
    built = edits.input_renamed(built, 0, "asked")
    built = edits.stage_renamed(built, second, "say")
    assert problems(built.spec) == ()
    assert built.spec.stages[1].reads[0].sources == ("find.found",)
    assert built.spec.stages[1].reads[1].sources == ("asked",)
    assert built.spec.outputs[0].sources == ("say.answer",)


def test_a_name_that_is_taken_gets_a_number():
    built = begun(beginning("retrieve"))
    assert edits.stage_renamed(built, built.now.uids[1], "search").spec.stages[1].name == "search_2"
    doubled = edits.stage_doubled(built, built.now.uids[0])
    assert [each.name for each in doubled.spec.stages] == ["search", "search_2", "reply"]
    assert doubled.opened == doubled.now.uids[1]
    assert errors(doubled.spec) == ()


def test_who_asks_a_stage_again_reads_what_it_reads():
    built = begun(beginning("two_hops"))
    first = built.now.uids[0]
    more = edits.stage_changed(
        built,
        first,
        lambda stage: stage.model_copy(update={"reads": edits.also_reading(stage.reads, "hint")}),
    )
    assert [each.name for each in more.spec.stages[2].reads] == ["context", "question", "hint"]
    assert more.spec.stages[2].reads[0].sources == ("first_search.passages",)
    renamed = edits.read_renamed(built, first, 0, "so_far")
    assert [each.name for each in renamed.spec.stages[2].reads] == ["so_far", "question"]
    assert errors(renamed.spec) == ()


def test_what_was_saved_is_known_before_and_after_an_undo():
    built = edits.changed(begun(blank()), title="Mine")
    saved = SavedAs(name="mine", version=1, spec=built.spec)
    built = built.saved(saved)
    assert built.now.is_saved
    assert saved.program == "pipeline:mine@1"
    assert built.undone().now.saved == saved
    assert not built.undone().now.is_saved
    assert built.forgotten("mine").undone().now.saved is None


def test_what_is_there_before_a_stage_can_be_read_and_nothing_after():
    assert list(offers_to(beginning("two_hops"), 1)) == [
        "question",
        "write_query.reasoning",
        "write_query.search_query",
    ]


def test_versions_differ_part_by_part():
    spec = beginning("retrieve")
    assert differences(spec, spec) == []
    built = begun(spec)
    built = edits.changed(edits.stage_renamed(built, built.now.uids[0], "find"), title="Mine")
    found = {
        each.part: (bool(each.before), bool(each.after)) for each in differences(spec, built.spec)
    }
    assert found == {
        "Title and metric": (True, True),
        "Stage search": (True, False),
        "Stage reply": (True, True),
        "Stage find": (False, True),
    }


def test_the_graph_shows_which_stages_answer():
    spec = beginning("two_hops")
    both = (*spec.outputs, PipelineOutput(name="query", sources=("write_query.search_query",)))
    diagram = stage_diagram(drawn(spec.model_copy(update={"outputs": both})))
    assert [line.split()[0] for line in diagram.splitlines() if line.endswith("out")] == [
        "s4",
        "s0",
    ]


def test_what_people_typed_is_shown_as_it_is():
    assert escaped("![x](http://a.b/c.png)\n# $1_000$") == (
        r"\!\[x\]\(http\://a.b/c.png\) \# \$1\_000\$"
    )


names = st.sampled_from(["question", "answer", "a", "", "my name", "<img src=x>", "reply"])
places = st.integers(0, 3)
changes = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.sampled_from(KINDS)),
        st.tuples(st.sampled_from(["remove", "double", "up", "down"]), places),
        st.tuples(st.sampled_from(["rename", "rename input"]), places, names),
        st.tuples(st.sampled_from(["rename read", "rename written"]), places, places, names),
        st.tuples(st.just("kind"), places, st.sampled_from(KINDS)),
        st.tuples(st.sampled_from(["undo", "redo"])),
    ),
    max_size=12,
)


def done(built, change):
    """The state after one of the changes above."""
    what, *given = change
    uids = built.now.uids
    uid = uids[given[0] % len(uids)] if uids and given and isinstance(given[0], int) else -1
    does = {
        "add": lambda kind: edits.stage_added(built, kind),
        "remove": lambda _: edits.stage_removed(built, uid),
        "double": lambda _: edits.stage_doubled(built, uid),
        "up": lambda _: edits.stage_moved(built, uid, -1),
        "down": lambda _: edits.stage_moved(built, uid, 1),
        "rename": lambda _, name: edits.stage_renamed(built, uid, name),
        "rename input": lambda place, name: edits.input_renamed(built, place, name),
        "rename read": lambda _, place, name: edits.read_renamed(built, uid, place, name),
        "rename written": lambda _, place, name: edits.written_renamed(built, uid, place, name),
        "kind": lambda _, kind: edits.stage_changed(
            built, uid, lambda stage: edits.of_kind(built.spec, stage, kind)
        ),
        "undo": built.undone,
        "redo": built.redone,
    }
    return does[what](*given)


@drawing(40)
@given(st.sampled_from(GALLERY), changes)
def test_whatever_is_done_can_be_shown_and_taken_back(beginning, steps):
    built = begun(beginning.spec)
    for step in steps:
        built = done(built, step)
        assert len(set(built.now.uids)) == len(built.now.uids) == len(built.spec.stages)
        problems(built.spec)
        assert isinstance(drawn(built.spec), ProgramTemplate)
        stage_diagram(drawn(built.spec))
        differences(beginning.spec, built.spec)
        for place in range(len(built.spec.stages)):
            offers_to(built.spec, place)
    last, depth = built.now, len(built.past)
    for _ in range(depth):
        built = built.undone()
    assert built.spec == beginning.spec
    for _ in range(depth):
        built = built.redone()
    assert built.now == last


def test_values_to_choose_from_are_for_choices_only():
    fields = (PipelineField(name="a", type="choice", choices=("x", "y")),)
    assert replaced(fields, 0, type="text")[0].choices == ()
    assert lines(" yes \n\nno\nyes") == ("yes", "no")
