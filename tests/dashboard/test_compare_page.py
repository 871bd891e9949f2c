"""The Compare page as a person uses it."""

import pytest

from tests import run_log
from tests.dashboard.conftest import iris_config, texts


@pytest.fixture
def finished(store):
    run_id, _, _ = run_log.iris_run(store)
    state = run_log.replay(store, run_id)
    return run_id, state


def test_without_a_run_or_a_second_candidate_the_page_says_so(open_page, store):
    assert any("No run is open" in each.value for each in open_page("compare").markdown)
    page = open_page("compare", run=store.create(iris_config(store)))
    assert not page.exception
    assert any("nothing to compare yet" in each.value for each in page.info)


def test_baseline_and_best_are_compared_first(open_page, finished):
    run_id, state = finished
    page = open_page("compare", run=run_id)
    assert not page.exception
    assert page.multiselect[0].value == [state.baseline, state.best]
    assert [each.label for each in page.metric] == ["C0 (baseline)", "C6"]
    assert page.subheader[0].value == "Scores on the 40 validation examples they share"
    said = [each.value for each in page.markdown]
    assert any(
        each.startswith("C6 is better than C0 (baseline) by 62.5 points (95") for each in said
    )
    assert f"{state.baseline},{state.best}" in page.query_params["compare"]


def test_a_link_names_what_is_compared(open_page, finished):
    run_id, state = finished
    one, other, third, *_ = state.candidates
    page = open_page("compare", run=run_id, compare=f"{other},{third},{one},unknown")
    assert not page.exception
    assert page.multiselect[0].value == [other, third, one]
    assert [each.label for each in page.metric][0] == "C1"


def test_a_link_with_too_many_candidates_or_the_same_twice_does_no_harm(open_page, finished):
    run_id, state = finished
    one, *others = list(state.candidates)[:5]
    page = open_page("compare", run=run_id, compare=",".join([one, one, *others]))
    assert not page.exception
    assert page.multiselect[0].value == [one, *others[:3]]


def test_one_candidate_alone_is_not_compared(open_page, finished):
    run_id, state = finished
    page = open_page("compare", run=run_id)
    page.multiselect[0].set_value([state.best]).run()
    assert not page.exception
    assert any("at least two" in each.value for each in page.info)


def test_instructions_are_shown_with_the_words_that_differ(open_page, finished):
    run_id, _ = finished
    page = open_page("compare", run=run_id)
    (diff,) = page.get("html")
    assert "<ins> Look at every field before you decide" in diff.proto.body
    assert any(each.value == "C6: 4 demos" for each in page.caption)


def test_examples_where_they_differ_show_both_outputs_and_the_expected_one(open_page, finished):
    run_id, _ = finished
    table = open_page("compare", run=run_id).dataframe[-1].value
    assert list(table.columns) == [
        "input",
        "expected",
        "C0 score",
        "C0 output",
        "C6 score",
        "C6 output",
    ]
    assert len(table) == 25
    assert (table["C6 output"] == table["expected"]).all()
    assert (table["C0 output"] != table["expected"]).all()
    assert table["input"].iloc[0].startswith("petal_length: ")


def test_scores_can_be_compared_after_the_dataset_was_deleted(open_page, finished, store):
    run_id, _ = finished
    store.delete_dataset(store.run(run_id).config.dataset)
    page = open_page("compare", run=run_id)
    assert not page.exception
    assert page.dataframe[-1].value["expected"].isna().all()


def test_people_see_their_own_names_as_text(open_page, finished, store):
    run_id, _ = finished
    assert store.run(run_id).config.name in texts(open_page("compare", run=run_id))
