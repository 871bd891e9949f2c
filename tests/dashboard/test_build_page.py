"""The Build page as a visitor uses it."""

import json
import re

import pytest

from core.lm.offline import OFFLINE_NOTICE
from core.programs.pipeline.spec import PipelineSpec
from dashboard import building_store
from dashboard.building_gallery import GALLERY
from tests.dashboard.conftest import button, labels, texts

DATA = "Questions with passages about a fictional world"
HOSTILE = "![x](http://evil.example/a.png) <img src=x> $x$ :red[y] {question} __class__"


def begun(page, name):
    return page.button(key=f"build.begin.{name}").click().run()


def field(page, label):
    """The text field or area with this label."""
    return next(each for each in (*page.text_input, *page.text_area) if each.label == label)


def typed(page, label, value):
    return field(page, label).set_value(value).run()


def choose(page, label, value):
    return next(each for each in page.selectbox if each.label == label).set_value(value).run()


def marks_in(page):
    """What is drawn as Markdown and holds a mark of `HOSTILE` that would mean something."""
    drawn = [each.value for each in (*page.markdown, *page.caption)]
    drawn += [
        each.label
        for each in (*page.selectbox, *page.multiselect, *page.text_input, *page.text_area)
    ]
    drawn += [each.label for each in (*page.button, *page.expander, *page.metric)]
    plain = [each for each in drawn if "```mermaid" not in each]
    return [each for each in plain if re.search(r"!\[|(?<!\\)<img|:red\[y", each)]


def verdict(page):
    return next(each.value for each in page.caption if "tried" in each.value)


def test_a_program_is_built_from_blank_and_its_errors_come_and_go(open_page, store):
    page = begun(open_page("build"), "blank")
    assert any("no stage" in each for each in texts(page))
    assert field(page, "Input 1").value == "question"
    page = button(page, "Ask the model").click().run()
    page = choose(page, "Choose an output", "ask.answer")
    assert "It can be tried and saved" in verdict(page)
    page = typed(page, "Name of the stage", "my reply")
    assert any("'my reply' is no name" in each for each in texts(page))
    assert button(page, "Save").disabled
    assert button(page, "Use this program").disabled
    page = typed(page, "Name of the stage", "reply")
    assert "It can be tried and saved" in verdict(page)
    assert any(
        "reply. One run of the program makes 1 LM call" in each.value for each in page.caption
    )
    page = button(page, "Undo").click().run()
    assert field(page, "Name of the stage").value == "my reply"
    page = button(page, "Redo").click().run()
    page = button(page, "Save").click().run()
    assert not page.exception
    (saved,) = store.pipelines()
    assert (saved.name, saved.version) == ("My program", 1)
    assert saved.spec.outputs[0].sources == ("reply.answer",)


@pytest.mark.parametrize("name", ["two_hops", "vote"])
def test_an_example_of_the_gallery_can_be_tried_on_what_is_typed(open_page, name):
    page = begun(open_page("build"), name)
    assert not page.exception
    (given,) = [each for each in page.text_area if each.key.startswith("build.try.typed")]
    page = given.set_value("Where is the Eiffel tower?").run()
    page = page.button(key="build.try").click().run()
    assert not page.exception
    assert any(OFFLINE_NOTICE in each.value for each in page.caption)
    assert [each.label for each in page.metric] == ["LM calls", "Seconds"]
    assert [each.label for each in page.expander if each.label[0] == "1"]


def test_a_row_of_the_data_is_tried_and_scored(open_page):
    page = open_page("data")
    page = button(page, DATA).click().run()
    page = page.switch_page("views/build.py").run()
    page = begun(page, "retrieve")
    page = page.button(key="build.try").click().run()
    assert not page.exception
    assert any(each.label.endswith("(n = 1)") for each in page.metric)


def test_what_is_built_is_still_there_on_coming_back(open_page):
    page = begun(open_page("build"), "vote")
    page = typed(page, "Title", "Three heads")
    page = page.switch_page("views/home.py").run()
    page = page.switch_page("views/build.py").run()
    assert not page.exception
    assert field(page, "Title").value == "Three heads"
    assert field(page, "Starting instruction").value.startswith("Think step by step")


def test_versions_are_listed_compared_restored_and_deleted(open_page, store):
    page = begun(open_page("build"), "answer")
    page = typed(page, "Name", "capitals")
    page = typed(page, "Title", "Towns")
    page = button(page, "Save").click().run()
    page = typed(page, "Starting instruction", "Be brief.")
    assert any("Saving makes version 2" in each.value for each in page.caption)
    page = button(page, "Save").click().run()
    assert [each.version for each in store.pipeline_versions("capitals")] == [2, 1]
    page = choose(page, "Version", 1)
    assert "brief" in page.get("html")[0].proto.body
    page = button(page, "Restore as a new version").click().run()
    assert not page.exception
    assert [each.version for each in store.pipeline_versions("capitals")] == [3, 2, 1]
    assert field(page, "Starting instruction").value.startswith("Answer the question")
    page = button(page, "Delete all versions").click().run()
    assert not page.exception
    building_store.delete("capitals")  # as its dialog does
    page = page.run()
    assert not page.exception
    assert store.pipelines() == []
    assert "Restore as a new version" not in labels(page)
    assert any("Saving makes version 1" in each.value for each in page.caption)
    assert (field(page, "Title").value, field(page, "Name").value) == ("Towns", "capitals")
    assert field(begun(page, "think"), "Name").value == "Think, then answer".replace(",", "")


def test_a_saved_program_is_used_and_stands_among_the_programs(open_page, store):
    page = begun(open_page("build"), "think")
    page = typed(page, "Title", HOSTILE)
    page = typed(page, "What it does, in a sentence", HOSTILE)
    page = typed(page, "Description of input 1", HOSTILE)
    page = typed(page, "Name", "mine")
    page = button(page, "Use this program").click().run()
    assert not page.exception
    assert page.title[0].value == "Program"
    assert page.button(key="program.choose.pipeline:mine@1").label == "Chosen"
    page = page.switch_page("views/data.py").run()
    page = button(page, DATA).click().run()
    page = page.switch_page("views/program.py").run()
    assert not page.exception
    assert not marks_in(page)
    page = page.button(key="program.try").click().run()
    assert not page.exception
    page = button(page, "Continue to configure").click().run()
    assert not page.exception
    assert page.title[0].value == "Configure"
    assert "Start the run" in labels(page)


def test_a_file_is_opened_and_a_bad_one_changes_nothing(open_page):
    page = open_page("build")
    spec = next(each.spec for each in GALLERY if each.name == "vote")
    content = json.dumps(json.loads(spec.model_dump_json()) | {"title": HOSTILE}).encode()
    page.file_uploader(key="build.upload").upload("vote.json", content)
    page = page.run()
    assert not page.exception
    assert field(page, "Title").value == HOSTILE
    page.file_uploader(key="build.upload").upload("bad.json", b'{"title": 3}')
    page = page.run()
    assert not page.exception
    assert any("bad.json is no pipeline" in each for each in texts(page))
    assert field(page, "Title").value == HOSTILE


def test_an_unfinished_file_with_odd_names_is_shown_and_can_be_put_right(open_page):
    odd = PipelineSpec.model_validate(
        {
            "title": "",
            "inputs": [{"name": HOSTILE}, {"name": HOSTILE}, {"name": ""}],
            "stages": [
                {
                    "name": HOSTILE,
                    "kind": "predict",
                    "reads": [{"name": "", "sources": ["no.where"]}],
                },
                {"name": HOSTILE, "kind": "again", "of": HOSTILE},
                {"name": "", "kind": "fill", "instruction": HOSTILE},
            ],
            "outputs": [{"name": HOSTILE, "sources": ["x.y"]}],
            "metric": "no such metric",
        }
    )
    page = open_page("build")
    page.file_uploader(key="build.upload").upload("odd.json", odd.model_dump_json().encode())
    page = page.run()
    assert not page.exception
    for place in range(3):
        (opener,) = [
            each
            for each in page.button
            if each.label in ("Edit", "Close") and each.help == f"Stage {place + 1}"
        ]
        page = opener.click().run() if opener.label == "Edit" else page
        assert not page.exception
    assert not marks_in(page)
    while removable := [
        each for each in page.button if (each.help or "").startswith("Remove stage")
    ]:
        page = removable[0].click().run()
    assert not page.exception
    assert "Add an input" in labels(page)
