"""The Configure page as a visitor uses it."""

import pytest

from core.lm.connection import LMConfig
from core.lm.failures import FailurePolicy, Rule
from core.search.budget import preset
from core.search.family import FAMILY
from dashboard.connection import Connection
from tests.dashboard.conftest import SMALL, button, labels, run_in_url, starts_a_worker, texts

MODELS = ("task", "prompt", "teacher")


@pytest.fixture
def page(open_page):
    """Configure, with iris and classification chosen."""
    opened = open_page("program")
    opened.button(key="program.choose.classification").click().run()
    opened.button(key="program.bundled").click().run()
    return opened.switch_page("views/configure.py").run()


def metrics(page):
    return {each.label: each.value for each in page.metric}


def connect(page, **settings):
    """Save a connection in this tab and choose it for the task model."""
    config = LMConfig.model_validate({"model": "gpt-4o-mini", **settings})
    page.session_state["connections"] = (Connection(name="Mine", config=config),)
    page.run()
    return page.selectbox(key="configure.task.model").set_value("Mine").run()


def start(page):
    return page.button(key="configure.start")


def test_without_data_or_program_it_says_where_to_go(open_page):
    page = open_page("configure")
    assert not page.exception
    assert labels(page) == ["Choose data"]


def test_the_light_budget_and_its_calls_are_shown_first(page):
    assert not page.exception
    assert metrics(page) == {
        "LM calls, at most": "660",
        "To the task model": "650",
        "To the prompt model": "10",
        "Cost, roughly": "free",
    }
    table = page.dataframe[0].value
    assert list(table["Phase"]) == [
        "Bootstrap",
        "Propose",
        "Baseline",
        "Search: minibatches",
        "Search: full evaluations",
        "Held-out test",
        "Total",
    ]
    assert table["Calls"].iloc[:-1].sum() == table["Calls"].iloc[-1] == 660
    assert not start(page).disabled


def test_a_tiny_valset_is_pointed_out(page):
    assert any("60 validation examples can show" in each.value for each in page.caption)


def test_exact_numbers_start_from_the_budget_before(page):
    page.segmented_control(key="configure.budget.name").set_value("medium").run()
    page.segmented_control(key="configure.budget.name").set_value("exact").run()
    medium = preset("medium", 1)
    for field in ("instructions", "demo_sets", "trials", "minibatch", "val_cap"):
        assert page.number_input(key=f"configure.budget.{field}").value == getattr(medium, field)


def test_a_cap_below_the_shortest_run_disables_the_start_and_says_why(page):
    page.number_input(key="configure.cap").set_value(20).run()
    assert start(page).disabled
    assert any("20 LM calls is too low" in each for each in texts(page))
    page.number_input(key="configure.cap").set_value(2000).run()
    assert not start(page).disabled


def test_a_key_that_is_not_set_disables_the_start_without_showing_it(page, monkeypatch):
    monkeypatch.delenv("STUDIO_TEST_KEY", raising=False)
    connect(page, api_key_env="STUDIO_TEST_KEY")
    assert start(page).disabled
    assert any("'STUDIO_TEST_KEY' is not set" in each for each in texts(page))
    monkeypatch.setenv("STUDIO_TEST_KEY", "hush-hush")
    page.run()
    assert not start(page).disabled
    assert "hush-hush" not in str([*page.main.children.values()])


def test_prices_turn_calls_into_money_and_a_teacher_is_counted_apart(page):
    connect(page, model="a-model-nobody-lists")
    assert metrics(page)["Cost, roughly"] == "unknown"
    connect(page, model="a-model-nobody-lists", input_price=1.0, output_price=2.0)
    assert metrics(page)["Cost, roughly"].startswith("$")
    page.selectbox(key="configure.teacher.model").set_value("Mine").run()
    teacher = page.dataframe[0].value
    assert set(teacher.loc[teacher["Phase"] == "Bootstrap", "Model"]) == {"teacher model"}
    asked = metrics(page)
    total = sum(int(asked[f"To the {each} model"].replace(",", "")) for each in MODELS)
    assert total == int(asked["LM calls, at most"].replace(",", ""))


def test_settings_are_still_there_on_coming_back(page):
    page.text_input(key="configure.name").set_value("My run").run()
    page.number_input(key="configure.seed").set_value(5).run()
    page.segmented_control(key="configure.budget.name").set_value("heavy").run()
    page.switch_page("views/home.py").run()
    page.switch_page("views/configure.py").run()
    assert page.text_input(key="configure.name").value == "My run"
    assert page.number_input(key="configure.seed").value == 5
    assert page.segmented_control(key="configure.budget.name").value == "heavy"


@pytest.mark.usefixtures("stop_workers")
@starts_a_worker
def test_starting_creates_the_run_as_configured_and_opens_it(page, store):
    page.text_input(key="configure.name").set_value("My run").run()
    page.segmented_control(key="configure.budget.name").set_value("exact").run()
    for field in ("instructions", "demo_sets", "trials", "minibatch", "full_every", "val_cap"):
        page.number_input(key=f"configure.budget.{field}").set_value(getattr(SMALL, field)).run()
    page.number_input(key="configure.failures.hang.attempts").set_value(2).run()
    page.selectbox(key="configure.failures.hang.then").set_value("pause").run()
    assert "When calls fail (1 changed)" in [each.label for each in page.expander]
    button(page, "Start the run").click().run()
    assert not page.exception
    (run,) = store.runs()
    assert run.config.name == "My run"
    assert run.config.budget == SMALL
    assert run.config.on_failure == FailurePolicy(hang=Rule(attempts=2, then="pause"))
    assert page.title[0].value == "Monitor"
    assert run_in_url(page) == run.id


def test_every_optimizer_can_be_chosen_and_says_when_to_use_it(page, store):
    choice = next(each for each in page.selectbox if each.label == "Optimizer")
    assert len(choice.options) == len(FAMILY)
    choice.set_value("bayesian_bootstrap").run()
    assert not page.exception
    said = [each.value for each in page.caption]
    assert any(FAMILY["bayesian_bootstrap"].when_to_use in each for each in said)
    assert metrics(page)["To the prompt model"] == "0"


def test_the_papers_budget_is_given_in_full_evaluations(page):
    page.segmented_control(key="configure.budget.name").set_value("paper").run()
    assert not page.exception
    assert any("minibatches of 25" in each.value for each in page.caption)


def test_a_run_waits_for_a_review_unless_somebody_says_otherwise(page):
    assert page.toggle(key="configure.review").value
    page.toggle(key="configure.review").set_value(False).run()
    page.switch_page("views/home.py").run()
    page.switch_page("views/configure.py").run()
    assert not page.toggle(key="configure.review").value


@pytest.mark.usefixtures("stop_workers")
@starts_a_worker
def test_locked_text_goes_with_the_run(page, store):
    def type_in(text: str) -> None:
        page.text_input(key="configure.classify.predict.typed").set_value(text)
        button(page, "Lock it").click().run()
        assert not page.exception

    type_in("produce the fields")
    type_in("not in there")
    assert any("'not in there' is not in" in each for each in texts(page))
    type_in("<keep>Given</keep> the fields")
    page.button(key="configure.classify.predict.unlock.0").click().run()
    button(page, "Start the run").click().run()
    assert not page.exception
    (run,) = store.runs()
    assert run.config.locks == {"classify.predict": ("Given",)}
    assert run.config.review
