"""The Export page as a person uses it."""

import json

import pytest

from core.export.formats import FORMATS
from dashboard import services
from tests import run_log
from tests.dashboard.conftest import button, iris_config, texts


@pytest.fixture
def finished(store):
    return run_log.iris_run(store)[0]


def show(page, group: str, form: str | None = None):
    """The page with another group, and another of its formats."""
    page = page.segmented_control(key="export.group").set_value(group).run()
    if form is not None:
        page = page.segmented_control(key="export.format").set_value(form).run()
    return page


def downloads(page) -> dict[str, str]:
    """Key → label of the download buttons that can be pressed."""
    buttons = [each.proto for each in page.get("download_button")]
    return {each.id.split("-", 2)[2]: each.label for each in buttons if not each.disabled}


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


def test_the_report_is_offered_as_html_and_as_markdown(open_page, finished):
    page = show(open_page("export", run=finished), "Report")
    assert not page.exception
    assert set(downloads(page)) == {"export.report.html", "export.report.md"}


def test_test_scores_are_said_to_be_measured_once(open_page, finished):
    page = open_page("export", run=finished)
    assert any("Test score: baseline 30.0 % (n = 30)" in each.value for each in page.markdown)
    assert any("Measured once, at the end" in each.value for each in page.caption)


def test_a_run_under_way_says_that_the_test_set_is_unused(open_page, store):
    page = open_page("export", run=run_log.iris_run(store, "search")[0])
    assert not page.exception
    assert any("has not been used yet" in each.value for each in page.caption)


@pytest.mark.parametrize(
    ("form", "file", "beginning"),
    [
        ("dspy", "optimized_program.json", '{\n  "classify.predict"'),
        ("python", "run_optimized_program.py", '"""Iris with *stars*'),
        ("messages", "messages.json", '{\n  "run": '),
    ],
)
def test_every_form_of_the_program_has_a_preview(open_page, finished, form, file, beginning):
    page = show(open_page("export", run=finished), "Program", form)
    assert not page.exception
    assert file in texts(page)
    assert page.code[0].value.startswith(beginning)
    assert downloads(page) == {f"export.{form}": "Download"}


def test_data_and_other_tools_offer_what_the_command_line_does(open_page, finished):
    page = show(open_page("export", run=finished), "Data")
    offered = downloads(page)
    assert not page.exception
    page = show(page, "Other tools")
    assert not page.exception
    offered |= downloads(page)
    others = {f"export.{name}" for name, each in FORMATS.items() if each.group != "Program"}
    assert set(offered) == others
    assert "Address of the server" in [each.label for each in page.text_input]


def test_no_file_is_made_before_somebody_presses_its_button(open_page, finished, monkeypatch):
    made = []
    monkeypatch.setattr("dashboard.services.exported", lambda *asked: made.append(asked))
    for group in ("Data", "Other tools", "Program"):
        assert not show(open_page("export", run=finished), group).exception
    assert made == []


def test_a_button_gives_the_file(open_page, finished):
    page = open_page("export", run=finished)
    view = services.run_view(finished)
    candidate = page.selectbox[0].value
    table = services.exported(view, "examples-csv", candidate).decode()
    assert table.startswith("example,part,input.petal_length")
    assert services.exported(view, "promptfoo", candidate).startswith(b"PK")


def test_a_server_that_is_not_there_is_said(open_page, finished):
    page = show(open_page("export", run=finished), "Other tools")
    page.text_input[0].set_value("http://127.0.0.1:1")
    button(page, "Send to MLflow").click().run()
    assert not page.exception
    assert any("MLflow did not take it" in each.value for each in page.markdown)
    assert any("no MLflow server answers there" in each for each in texts(page))


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
    assert any("Only what needs no dataset" in each.value for each in page.markdown)
    assert downloads(page) == {}
    page = show(page, "Data")
    assert "export.trials-csv" in downloads(page)
    assert "export.examples-csv" not in downloads(page)
