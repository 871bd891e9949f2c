"""The Program page as a visitor uses it."""

import shutil
from pathlib import Path

import pytest

from core.lm.connection import LMConfig
from core.lm.offline import OFFLINE_NOTICE
from core.programs import registry
from core.programs.registry import templates
from tests.dashboard.conftest import button, labels, texts

SAMPLES = Path(__file__).resolve().parents[2] / "sample_programs"


def with_program(page, name):
    return page.button(key=f"program.choose.{name}").click().run()


def test_every_program_can_be_chosen(open_page):
    page = open_page("program")
    names = [each.key.rpartition(".")[2] for each in page.button if "choose" in (each.key or "")]
    assert names == list(templates())


@pytest.mark.parametrize("name", templates())
def test_a_program_can_be_tried_on_its_bundled_data(open_page, name):
    page = with_program(open_page("program"), name)
    page.button(key="program.bundled").click().run()
    assert not page.exception
    page.button(key="program.try").click().run()
    assert not page.exception
    assert any(each.label.endswith("(n = 1)") for each in page.metric)
    assert "Continue to configure" in labels(page)


def test_the_stages_are_drawn_before_there_is_any_data(open_page):
    page = with_program(open_page("program"), "multi_hop_qa")
    assert not page.exception
    assert any("First query → First search" in each.value for each in page.caption)
    assert any("needs examples" in each.value for each in page.info)


def test_a_predictor_that_is_used_twice_is_shown_once_and_runs_twice(open_page):
    page = with_program(open_page("program"), "multi_hop_qa")
    page.button(key="program.bundled").click().run()
    headings = [each.value for each in page.markdown if "**Predictor**" in each.value]
    assert len(headings) == 2
    page.button(key="program.try").click().run()
    titles = [each.label for each in page.expander if each.label[0].isdigit()]
    assert titles == ["1. First query", "2. Second query", "3. Answer"]


@pytest.mark.parametrize(
    ("program", "possible"),
    [
        ("react_agent", {"Next step", "Answer"}),
        ("routing", {"Route", "People", "Places", "Figures"}),
    ],
)
def test_calls_of_loops_and_routes_are_named_by_the_stage_that_made_them(
    open_page, program, possible
):
    page = with_program(open_page("program"), program)
    page.button(key="program.bundled").click().run()
    page.button(key="program.try").click().run()
    titles = [each.label.partition(". ")[2] for each in page.expander if each.label[0].isdigit()]
    assert set(titles) <= possible
    assert titles[-1] != titles[0]
    assert titles.count(titles[-1]) == 1


def test_trying_shows_prompts_and_outputs_as_code_and_says_which_model_it_was(open_page):
    page = with_program(open_page("program"), "classification")
    page.button(key="program.bundled").click().run()
    assert any(OFFLINE_NOTICE in each.value for each in page.caption)
    page.button(key="program.try").click().run()
    assert any("[[ ## petal_length ## ]]" in each.value for each in page.code)
    assert any("[[ ## completed ## ]]" in each.value for each in page.code)


def test_a_field_without_a_column_of_its_own_stops_the_flow(open_page):
    page = with_program(open_page("program"), "multi_hop_qa")
    page.button(key="program.bundled").click().run()
    question = next(each for each in page.selectbox if each.label.startswith("question"))
    question.set_value("answer").run()
    assert not page.exception
    assert any("a column of its own" in each.value for each in page.caption)
    assert "Continue to configure" not in labels(page)


def test_columns_with_odd_names_are_given_field_names(open_page, store):
    rows = b"sepal length (cm),class\n" + b"".join(
        f"{n / 10},{'short' if n < 20 else 'long'}\n".encode() for n in range(40)
    )
    page = open_page("data")
    page.file_uploader(key="data.upload").upload("odd.csv", rows)
    page.run()
    page.switch_page("views/program.py").run()
    page = with_program(page, "classification")
    assert not page.exception
    assert "sepal length (cm) (as sepal_length_cm)" in texts(page)
    page.button(key="program.try").click().run()
    assert not page.exception
    assert any(each.label.endswith("(n = 1)") for each in page.metric)


def test_missing_values_in_a_mapped_column_are_explained(open_page):
    rows = b"text,label\n" + b"".join(f"t{n},{n % 2}\n".encode() for n in range(20)) + b",1\n"
    page = open_page("data")
    page.file_uploader(key="data.upload").upload("gaps.csv", rows)
    page.run()
    page.multiselect[0].set_value(["text"]).run()
    assert not page.exception
    assert any("row 21" in each for each in texts(page))
    page.switch_page("views/program.py").run()
    page = with_program(page, "classification")
    assert not page.exception
    assert any("row 21" in each for each in texts(page))


def test_the_chosen_program_is_still_there_on_coming_back(open_page):
    page = with_program(open_page("program"), "classification")
    page.switch_page("views/home.py").run()
    page.switch_page("views/program.py").run()
    assert page.button(key="program.choose.classification").label == "Chosen"
    assert button(page, "Choose data")


def test_a_model_that_does_not_answer_is_reported_as_text(open_page):
    page = with_program(open_page("program"), "classification")
    page.button(key="program.bundled").click().run()
    draft = page.session_state["draft"]
    model = LMConfig(model="some-model", api_base="http://127.0.0.1:9/v1")
    page.session_state["draft"] = draft.changed(task_model=model)
    page.run()
    assert "Task model: some-model" in texts(page)
    page.button(key="program.try").click().run(timeout=60)
    assert not page.exception
    assert any("The example failed" in each.value for each in page.markdown)
    assert [each.value for each in page.metric][0] == "–"


def test_a_broken_program_is_named_with_its_fault_and_the_others_can_be_chosen(
    open_page, tmp_path, monkeypatch
):
    package = f"broken_{tmp_path.name}"
    shutil.copytree(
        SAMPLES, tmp_path / package, ignore=shutil.ignore_patterns("data", "__pycache__")
    )
    (tmp_path / package / "mine.py").write_text("raise KeyError('gone')\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(registry, "PACKAGE", package)
    page = open_page("program")
    assert not page.exception
    assert any("A program is broken" in each.value for each in page.markdown)
    fault = "/mine.py, line 1 cannot be loaded: KeyError: 'gone'. Correct the file or remove it."
    assert f"{package}{fault}" in texts(page)
    assert not with_program(page, "classification").exception


ODD = "Nr;Frage;Antwort\n" + "".join(f"{n};Was folgt auf {n}?;Dann {n + 1}\n" for n in range(40))


def test_a_program_is_suggested_for_unknown_data_until_a_person_chooses(open_page):
    page = open_page("data")
    page.file_uploader(key="data.upload").upload("odd.csv", ODD.encode())
    page.run()
    page.switch_page("views/program.py").run()
    assert not page.exception
    assert page.button(key="program.choose.free_answer").label == "Chosen"
    assert any("Suggested for your data" in each.value for each in page.markdown)
    assert any("metric: Exact match" in each for each in texts(page))
    page = with_program(page, "classification")
    assert not any("Suggested for your data**" in each.value for each in page.markdown)
    page.switch_page("views/home.py").run()
    page.switch_page("views/program.py").run()
    assert page.button(key="program.choose.classification").label == "Chosen"


def test_what_a_person_writes_of_a_program_goes_with_the_run(open_page, store):
    page = with_program(open_page("program"), "classification")
    page.button(key="program.bundled").click().run()
    key = "program.description.classification"
    page.text_area(key=key).set_value("Names the flower.").run()
    assert not page.exception
    page.switch_page("views/home.py").run()
    page.switch_page("views/program.py").run()
    assert page.text_area(key=key).value == "Names the flower."
    page.text_area(key=key).set_value("").run()
    page.switch_page("views/home.py").run()
    page.switch_page("views/program.py").run()
    assert page.text_area(key=key).value == templates()["classification"].description
