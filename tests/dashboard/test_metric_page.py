"""The metric on the Program page as a visitor sets and tries it."""

import sys

import pytest
from streamlit.testing.v1 import AppTest

from core.lm.offline import OFFLINE_NOTICE
from tests.dashboard.conftest import button, texts


@pytest.fixture
def page(open_page):
    """Program, with iris and classification chosen."""
    opened = open_page("program")
    opened.button(key="program.choose.classification").click().run()
    return opened.button(key="program.bundled").click().run()


def widget(kind, label):
    return next(each for each in kind if each.label == label)


def pick(page, name):
    widget(page.selectbox, "Metric").set_value(name).run()
    assert not page.exception
    return page


def draft(page):
    return page.session_state["draft"]


def headings(page):
    return [each.value for each in page.markdown]


def test_every_metric_can_be_picked_and_is_carried_to_the_run(page):
    pick(page, "number")
    widget(page.number_input, "or by at most (absolute)").set_value(2.0).run()
    assert draft(page).metric_parameters == {"absolute": 2.0}
    pick(page, "label")
    assert draft(page).metric_parameters == {"labels": ["setosa", "versicolor", "virginica"]}
    spellings = next(each for each in page.text_area if each.label.startswith("Other spellings"))
    spellings.set_value("rosa = setosa\nbroken").run()
    assert draft(page).metric_parameters["aliases"] == {"rosa": "setosa"}
    assert any("“broken” is left out" in each for each in texts(page))
    page.switch_page("views/configure.py").run()
    page.switch_page("views/program.py").run()
    kept = next(each for each in page.text_area if each.label.startswith("Other spellings"))
    assert kept.value == "rosa = setosa"
    config = draft(page).config(title="x")
    assert (config.metric, config.metric_parameters["aliases"]) == ("label", {"rosa": "setosa"})


def test_a_pattern_is_checked_as_it_is_written(page):
    pick(page, "regex")
    widget(page.text_input, "Regular expression").set_value(r"Answer: (\w+)").run()
    widget(page.text_input, "Try it on this answer").set_value("Answer: Setosa").run()
    assert "finds “Answer: Setosa”, group “Setosa”" in texts(page)
    widget(page.text_input, "Regular expression").set_value("(").run()
    assert any("this is no regular expression" in each for each in texts(page))
    assert any("metric cannot be used yet" in each for each in headings(page))
    assert "Try it" not in [each.label for each in page.button]


def test_only_functions_that_are_listed_can_be_chosen_and_a_broken_one_harms_no_other(
    page, tmp_path, monkeypatch
):
    name = f"mine_{tmp_path.name.replace('-', '_')}"
    source = 'def score(example, prediction):\n    """Half right, always."""\n    return 0.5\n'
    (tmp_path / f"{name}.py").write_text(source)
    (tmp_path / f"{name}_typed.py").write_text("raise SystemExit('imported')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delenv("STUDIO_METRICS", raising=False)
    pick(page, "own")
    assert widget(page.selectbox, "Function").options == []
    assert any("Set the environment variable STUDIO_METRICS" in each for each in texts(page))
    assert any("no function is named" in each for each in texts(page))
    monkeypatch.setenv("STUDIO_METRICS", f"{name}:gone, {name}:score")
    page.run()
    assert widget(page.selectbox, "Function").options == [f"{name}:score"]
    assert any("has no 'gone'" in each for each in texts(page))
    widget(page.selectbox, "Function").set_value(f"{name}:score").run()
    assert "Half right, always." in texts(page)
    page.button(key="program.trial").click().run()
    assert not page.exception
    assert any("All 10 answers score 50.0 %" in each for each in headings(page))
    sys.modules.pop(name, None)


def test_what_a_browser_sends_by_itself_is_not_imported(tmp_path, monkeypatch):
    (tmp_path / "typed_by_somebody.py").write_text("raise SystemExit('imported')\n")
    monkeypatch.syspath_prepend(tmp_path)
    shown = AppTest.from_function(_own_form).run()
    shown.session_state["form.function"] = "typed_by_somebody:score"
    shown.run()
    assert "typed_by_somebody" not in sys.modules
    assert shown.text[-1].value == "chosen: {'function': ''}"


def _own_form():
    import streamlit as st

    from dashboard.components.metric_fields import Around, render_own

    around = Around(expected={}, is_set=lambda _: False)
    given = {"function": "typed_by_somebody:score"}
    st.text(f"chosen: {render_own(given, around, 'form')}")


def test_the_parts_of_a_mix_are_set_one_by_one_and_shown_wherever_an_example_is(page):
    pick(page, "weighted")
    button(page, "Add a part").click().run()
    weights = [each for each in page.number_input if each.label == "Weight"]
    weights[0].set_value(2.0).run()
    names = [each for each in page.text_input if each.label == "How its score is called"]
    names[2].set_value("third").run()
    parts = draft(page).metric_parameters["parts"]
    assert [each["metric"] for each in parts] == ["exact_match", "f1", "identical"]
    assert (parts[0]["weight"], parts[2]["name"]) == (2.0, "third")
    assert "**Part 1**: 50 % of the score" in headings(page)
    page.button(key="program.try").click().run()
    assert any(each.startswith("Parts: exact_match ") and "third" in each for each in texts(page))
    [each for each in page.button if each.label == "Remove"][1].click().run()
    assert not page.exception
    assert [each["metric"] for each in draft(page).metric_parameters["parts"]] == [
        "exact_match",
        "identical",
    ]
    names = [each for each in page.text_input if each.label == "How its score is called"]
    assert [each.value for each in names] == ["", "third"]


def test_ten_answers_are_scored_once_and_again_by_another_metric_without_a_call(page):
    assert "At most 10 LM calls: 10 to the task model offline. Cost: free." in texts(page)
    page.button(key="program.trial").click().run()
    first = page.dataframe[-1].value
    assert list(first) == ["Row", "Score", "Expected", "Given"]
    pick(page, "number")
    again = page.dataframe[-1].value
    assert list(again["Given"]) == list(first["Given"])
    assert any("All 10 answers score 0.0 %." in each for each in headings(page))


def test_a_judge_is_asked_only_when_somebody_presses(page):
    page.button(key="program.trial").click().run()
    pick(page, "judge")
    assert any(OFFLINE_NOTICE in each.value for each in page.caption)
    cost = "At most 20 LM calls: 10 to the task model offline, 10 to the judge offline."
    assert any(each.startswith(cost) for each in texts(page))
    assert "Score" not in page.dataframe[-1].value
    button(page, "Have them judged (10 LM calls)").click().run()
    assert page.dataframe[-1].value["Score"].notna().all()
    button(page, "Ask the judge (1 LM call)").click().run()
    assert not page.exception
    assert any(each.label == "Score (n = 1)" and each.value == "100.0 %" for each in page.metric)


def test_the_judges_missing_key_is_told_on_configure_and_its_calls_are_told_apart(
    page, monkeypatch
):
    monkeypatch.delenv("JUDGE_KEY", raising=False)
    pick(page, "judge")
    page.segmented_control[0].set_value("Connected model").run()
    widget(page.text_input, "Model").set_value("gpt-4o-mini").run()
    widget(page.text_input, "Environment variable with the key").set_value("JUDGE_KEY").run()
    assert not page.exception
    assert draft(page).metric_parameters["model"]["api_key_env"] == "JUDGE_KEY"
    page.button(key="program.trial").click().run()
    assert any("'JUDGE_KEY' is not set" in each for each in texts(page))
    page.switch_page("views/configure.py").run()
    assert not page.exception
    assert any("'JUDGE_KEY' is not set" in each for each in texts(page))
    shown = {each.label: each.value for each in page.metric}
    assert shown["To the judge"] == shown["To the task model"]
    assert shown["Cost, roughly"].startswith("$")
    assert "Scoring by gpt-4o-mini" in list(page.dataframe[0].value["Phase"])
