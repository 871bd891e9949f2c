"""The Export page as a person uses it."""

import json

import pytest

from tests import run_log
from tests.dashboard.conftest import iris_config, texts


@pytest.fixture
def finished(store):
    return run_log.iris_run(store)[0]


def show(page, kind: str):
    return page.segmented_control(key="export.kind").set_value(kind).run()


def test_without_a_run_or_a_candidate_the_page_says_so(open_page, store):
    assert any("No run is open" in each.value for each in open_page("export").markdown)
    page = open_page("export", run=store.create(iris_config(store)))
    assert not page.exception
    assert any("nothing to export yet" in each.value for each in page.info)


def test_the_best_candidate_is_offered_as_a_dspy_program_first(open_page, finished, store):
    page = open_page("export", run=finished)
    assert not page.exception
    assert page.selectbox[0].value == run_log.replay(store, finished).best
    assert "optimized_program.json" in texts(page)
    assert page.code[0].value.startswith('{\n  "classify.predict": {')
    assert len(page.get("download_button")) == 1


def test_test_scores_are_said_to_be_measured_once(open_page, finished):
    page = open_page("export", run=finished)
    assert any("Test score: baseline 30.0 % (n = 30)" in each.value for each in page.markdown)
    assert any("Measured once, at the end" in each.value for each in page.caption)


def test_a_run_under_way_says_that_the_test_set_is_unused(open_page, store):
    page = open_page("export", run=run_log.iris_run(store, "search")[0])
    assert not page.exception
    assert any("has not been used yet" in each.value for each in page.caption)


@pytest.mark.parametrize(
    ("kind", "file", "beginning"),
    [
        ("Python", "run_optimized_program.py", '"""Iris with *stars*'),
        ("Trials", "trials.csv", "number,purpose,label,candidate,mean"),
        ("Examples", "examples_C6.csv", "example,part,input.petal_length"),
    ],
)
def test_every_kind_of_file_has_a_preview_and_a_button(open_page, finished, kind, file, beginning):
    page = show(open_page("export", run=finished), kind)
    assert not page.exception
    assert file in texts(page)
    assert page.code[0].value.startswith(beginning)


def test_another_candidate_can_be_taken_home(open_page, finished):
    page = open_page("export", run=finished)
    page.selectbox[0].select_index(0).run()
    assert not page.exception
    state = json.loads(page.code[0].value)
    assert state["classify.predict"]["demos"] == []


def test_a_run_whose_dataset_was_deleted_says_what_is_missing(open_page, finished, store):
    store.delete_dataset(store.run(finished).config.dataset)
    page = open_page("export", run=finished)
    assert not page.exception
    assert any("This cannot be exported" in each.value for each in page.markdown)
    assert not show(page, "Trials").exception
    assert page.code[0].value.startswith("number,purpose")
