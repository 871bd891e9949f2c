"""The Compare page as a person uses it."""

import json

import pytest

from core.comparison.entrants import Entrant
from core.runs.authoring import rated_answer, requested_evaluation
from core.runs.preparation import prepare
from dashboard.comparing_link import Link, link_of, params_of
from tests import run_log
from tests.dashboard.conftest import button, iris_config, labels, texts


@pytest.fixture
def finished(store):
    run_id, _, _ = run_log.iris_run(store)
    return run_id, run_log.replay(store, run_id)


def by_key(elements, end):
    return next(each for each in elements if each.key and each.key.endswith(end))


def table_of(page):
    """What the table of examples was told to show."""
    told = [json.loads(each.proto.json) for each in page.get("bidi_component") if each.proto.json]
    return next(each for each in told if "rows" in each)


def scores(page):
    return [each.value for each in page.metric]


def named(run_id, *candidates):
    return ",".join(f"{run_id}.{each}" for each in candidates)


def in_address(page, name):
    value = page.query_params[name]
    return value[0] if isinstance(value, list) else value


def test_without_a_run_or_a_second_candidate_the_page_says_so(open_page, store):
    assert any("No run is open" in each.value for each in open_page("compare").markdown)
    page = open_page("compare", run=store.create(iris_config(store)))
    assert not page.exception
    assert any("nothing to compare yet" in each.value for each in page.info)
    assert "Add from another run" in labels(page)


def test_baseline_and_best_are_compared_first(open_page, finished):
    run_id, state = finished
    page = open_page("compare", run=run_id)
    assert not page.exception
    assert page.multiselect[0].value == [
        f"{run_id}.{each}" for each in (state.baseline, state.best)
    ]
    assert page.subheader[0].value == "On 40 shared validation examples"
    assert len(scores(page)) == 2
    said = texts(page)
    assert any(each.startswith("C6 is better than C0 by 62.5 points (95 %") for each in said)
    assert any("flatters it. On 30 held-out examples" in each for each in said)
    assert any("Corrected for the" in each.value for each in page.caption)
    assert in_address(page, "entrants") == named(run_id, state.baseline, state.best)


def test_a_link_restores_entrants_reference_part_filter_and_example(open_page, finished):
    run_id, state = finished
    link = {"entrants": named(run_id, state.baseline, state.best), "ref": "1"}
    page = open_page(
        "compare", run=run_id, **link, part="test", show="regressed", sort="loss", example="12"
    )
    assert not page.exception
    assert next(each for each in page.selectbox if each.label == "Reference").value == 1
    assert page.subheader[0].value == "On 30 shared held-out examples"
    assert by_key(page.segmented_control, ".show").value == "regressed"
    assert by_key(page.selectbox, ".sort").value == "loss"
    assert any(each.value == "Example 12" for each in page.subheader)
    for name, value in {"part": "test", "show": "regressed", "example": "12", "ref": "1"}.items():
        assert in_address(page, name) == value


def test_a_link_of_candidate_ids_alone_still_works(open_page, finished):
    run_id, state = finished
    one, other, third, *_ = state.candidates
    page = open_page("compare", run=run_id, compare=f"{other},{third},{one},unknown")
    assert not page.exception
    assert page.multiselect[0].value == [f"{run_id}.{each}" for each in (other, third, one)]
    assert any("1 of the candidates in this link is not in the run" in each for each in texts(page))


def test_a_link_that_makes_no_sense_does_no_harm(open_page, finished):
    run_id, state = finished
    one, *others = list(state.candidates)[:5]
    page = open_page(
        "compare",
        run=run_id,
        entrants=named(run_id, one, one, *others) + ",gone.abc,.,x",
        ref="17", part="third", show="<b>", sort="x", by="99999999999", example="<i>",
    )  # fmt: skip
    assert not page.exception
    assert page.multiselect[0].value == [f"{run_id}.{each}" for each in (one, *others[:3])]
    assert by_key(page.segmented_control, ".show").value == "all"


def test_one_candidate_alone_is_not_compared(open_page, finished):
    run_id, state = finished
    page = open_page("compare", run=run_id)
    page.multiselect[0].set_value([f"{run_id}.{state.best}"]).run()
    assert not page.exception
    assert any("at least two" in each.value for each in page.info)


def test_filters_and_search_choose_the_rows_and_are_in_the_address(open_page, finished):
    run_id, _ = finished
    page = open_page("compare", run=run_id)
    assert len(table_of(page)["rows"]) == 40
    by_key(page.segmented_control, ".show").set_value("improved").run()
    shown = table_of(page)
    assert len(shown["rows"]) == 25
    assert {each["cells"][1]["change"] for each in shown["rows"]} == {"+100"}
    assert all(each["cells"][1]["text"] == each["expected"] for each in shown["rows"])
    assert in_address(page, "show") == "improved"
    by_key(page.text_input, ".text").set_value("no such text").run()
    assert any("No example fits" in each.value for each in page.info)
    assert in_address(page, "text") == "no such text"


def test_an_open_example_shows_answers_and_the_stage_where_they_part(open_page, finished):
    run_id, _ = finished
    page = open_page("compare", run=run_id, show="improved")
    first, second, *_ = (each["id"] for each in table_of(page)["rows"])
    page = open_page("compare", run=run_id, show="improved", example=first)
    assert not page.exception
    assert table_of(page)["open"] == first
    assert any("They part at what classify answered" in each for each in texts(page))
    assert any("Parts here" in each.proto.body for each in page.get("markdown"))
    assert button(page, "Previous").disabled
    button(page, "Next").click().run()
    assert any(each.value == f"Example {second}" for each in page.subheader)
    assert in_address(page, "example") == second
    button(page, "Previous").click().run()
    assert table_of(page)["open"] == first


def test_a_judgement_is_kept_shown_to_others_and_can_be_filtered(open_page, finished, store):
    run_id, state = finished
    example = next(iter(state.results[state.best]))
    said = rated_answer(
        state, state.best, example, by="Ada", part="validation", thumbs="down", score=0.25,
        comment="<b>Too long</b> ![x](https://example.com/x.png)",
    )  # fmt: skip
    page = open_page("compare", run=run_id)
    assert by_key(page.segmented_control, ".show").options[-1] == ":yellow[Rated 0]"
    store.append(run_id, [said])
    page = open_page("compare", run=run_id, show="rated", example=example)
    assert [each["id"] for each in table_of(page)["rows"]] == [example]
    judged = 'Ada: down · 0.25 · "<b>Too long</b> ![x](https://example.com/x.png)"'
    assert judged in texts(page)


def test_my_own_judgement_is_written_to_the_run(open_page, finished, store):
    run_id, state = finished
    example = next(iter(state.results[state.best]))
    page = open_page("compare", run=run_id, example=example)
    end = f".1.{state.best}.validation.{example}"
    by_key(page.number_input, f"{end}.score").set_value(50)
    by_key(page.text_area, f"{end}.comment").set_value("half right")
    by_key(page.button, f"{end}.keep").click().run()
    assert not page.exception
    (rating,) = run_log.replay(store, run_id).ratings.values()
    assert (rating.candidate, rating.score, rating.comment) == (state.best, 0.5, "half right")
    assert 'You: 0.50 · "half right"' in texts(page)


def test_instructions_are_shown_with_the_words_that_differ(open_page, finished):
    run_id, _ = finished
    page = open_page("compare", run=run_id, section="prompts")
    assert not page.exception
    diff = next(each for each in page.get("html") if "text-diff" in each.proto.body)
    assert "<ins> Look at every field before you decide" in diff.proto.body
    assert any(each.value == "4 demos" for each in page.caption)
    assert [each for each in texts(page) if each in ("system", "user")] == ["system", "user"]


def test_labels_are_confused_and_slices_scored(open_page, finished):
    run_id, _ = finished
    page = open_page("compare", run=run_id, section="labels")
    assert not page.exception
    told = [json.loads(each.proto.json) for each in page.get("bidi_component") if each.proto.json]
    figures = [json.loads(each["figure"]) for each in told if "figure" in each]
    heatmaps = [each for each in figures if each["data"][0]["type"] == "heatmap"]
    assert len(heatmaps) == 2
    assert heatmaps[1]["layout"]["yaxis"]["ticktext"] == ["setosa", "versicolor", "virginica"]
    assert by_key(page.selectbox, ".column").value == "answer"


def test_a_candidate_of_another_run_on_the_same_examples_is_compared(open_page, finished, store):
    run_id, state = finished
    other, config, _ = run_log.iris_run(store, seed=4)
    best = run_log.replay(store, other).best
    link = f"{named(run_id, state.best)},{named(other, best)}"
    page = open_page("compare", run=run_id, entrants=link)
    assert not page.exception
    assert len(scores(page)) == 2
    cards = [each for each in texts(page) if each.startswith(f"{config.name}: C")]
    assert len(cards) >= 2


def test_runs_with_another_metric_are_refused_in_words(open_page, finished, store):
    run_id, state = finished
    config = run_log.iris_config(store, metric="f1", name="Another metric")
    other = store.create(config)
    run_log.append(store, other, run_log.log(run_log.plan_of(prepare(config, store), config)))
    best = run_log.replay(store, other).best
    page = open_page(
        "compare", run=run_id, entrants=f"{named(run_id, state.best)},{named(other, best)}"
    )
    assert not page.exception
    assert any("their metrics differ" in each for each in texts(page))


def test_candidates_that_share_nothing_are_told_so(open_page, finished):
    run_id, state = finished
    others = [each for each in state.candidates if each not in state.test_results]
    page = open_page("compare", run=run_id, entrants=named(run_id, *others[:2]), part="test")
    assert not page.exception
    assert any("share no held-out example" in each.value for each in page.info)
    assert "Evaluate more" in labels(page)


def test_an_evaluation_that_was_asked_for_is_seen_at_work_and_can_be_cancelled(
    open_page, store, finished
):
    run_id, state = finished
    said = requested_evaluation(
        state, [state.best], by="Ada", part="validation", examples=10, repeats=3
    )
    store.append(run_id, [said])
    page = open_page("compare", run=run_id)
    assert not page.exception
    assert any("1 candidate on 10 validation examples, 3 runs of each" in t for t in texts(page))
    button(page, "Cancel").click().run()
    assert not any("3 runs of each" in each for each in texts(page))


def test_scores_can_be_compared_after_the_dataset_was_deleted(open_page, finished, store):
    run_id, _ = finished
    store.delete_dataset(store.run(run_id).config.dataset)
    page = open_page("compare", run=run_id, example="1")
    assert not page.exception
    assert {each["expected"] for each in table_of(page)["rows"]} == {""}
    assert any("cannot be read any more" in each.value for each in page.markdown)
    for section in ("prompts", "labels"):
        assert not open_page("compare", run=run_id, section=section).exception


def test_people_see_their_own_names_as_text(open_page, finished, store):
    run_id, _ = finished
    assert store.run(run_id).config.name in texts(open_page("compare", run=run_id))


def test_an_address_says_what_is_not_as_usual_and_nothing_else():
    entrants = (Entrant(run_id="r", candidate="a"), Entrant(run_id="s", candidate="b"))
    assert params_of(Link(entrants=entrants)) == {"entrants": "r.a,s.b"}
    link = Link(
        entrants=entrants, reference=1, part="test", section="labels", show="errors", by=0,
        expected="cat", text="a & b", sort="gain", page=3, example="7",
    )  # fmt: skip
    assert link_of(params_of(link)) == link
    assert link_of({"entrants": "r.a", "page": "-1", "by": "4", "ref": "1", "show": "x"}) == Link(
        entrants=entrants[:1]
    )


def test_a_run_that_goes_on_can_be_compared(open_page, store):
    run_id, _, _ = run_log.iris_run(store, "search")
    page = open_page("compare", run=run_id)
    assert not page.exception
    assert len(scores(page)) == 2


def test_what_is_chosen_survives_a_change_of_entrants_reference_and_part(open_page, finished):
    run_id, state = finished
    one, other, third, *_ = state.candidates
    page = open_page("compare", run=run_id, entrants=named(run_id, one, other, third), by="2")
    assert not page.exception
    by_key(page.segmented_control, ".show").set_value("improved").run()
    reference = next(each for each in page.selectbox if each.label == "Reference")
    reference.set_value(2).run()
    assert not page.exception
    page.multiselect[0].set_value([f"{run_id}.{each}" for each in (third, other)]).run()
    assert not page.exception
    assert in_address(page, "show") == "improved"
    assert "ref" not in page.query_params
    by_key(page.segmented_control, ".part").set_value("test").run()
    assert not page.exception
    assert in_address(page, "part") == "test"
