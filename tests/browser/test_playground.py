"""The Playground in a real browser: an instruction is edited, run, and sent to a running run."""

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from core.programs.candidate import ChoiceRef, instruction_id
from core.runs.decisions import StopRequested
from core.runs.demo import demo_config
from core.storage.location import open_store
from core.worker import launcher
from tests.run_log import replay

SHOTS = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
MINE = "Name the team that should answer this ticket. <b>One</b> word."


@pytest.fixture
def long_run(studio, monkeypatch):
    """(store, run id) of a run that is in its search for minutes."""
    for name, value in studio.items():
        monkeypatch.setenv(name, value)
    store = open_store()
    demo = demo_config(store, delay=0.4)
    budget = demo.budget.model_copy(update={"trials": 2_000, "instructions": 5, "demo_sets": 5})
    run_id = store.create(demo.model_copy(update={"name": "A long run", "budget": budget}))
    launcher.start(run_id)
    yield store, run_id
    store.append(run_id, [StopRequested(by="test")])


def wait_for(page, condition, seconds=90):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        page.wait_for_timeout(300)


def press(place, name):
    place.get_by_role("button", name=name, exact=True).first.click()


def instruction(page, column):
    """The instruction field of a column, counted from 0, once it has its text."""
    field = page.get_by_role("textbox", name=re.compile("^Instruction of")).nth(column)
    expect(field).not_to_have_value("", timeout=30_000)
    return field


def answers(page):
    return page.get_by_text(re.compile("on this one example"))


def test_an_edit_is_run_and_sent_to_a_running_run_which_tries_it(new_page, server, long_run):
    store, run_id = long_run
    page = new_page(height=1700)
    wait_for(page, lambda: len(replay(store, run_id).candidates) > 3)
    page.goto(f"{server}/playground?run={run_id}")
    expect(page.get_by_text("The answers are simulated", exact=False)).to_be_visible(timeout=30_000)
    field = page.get_by_role("textbox", name="Your name")
    field.fill("Ada")
    field.press("Enter")
    page.wait_for_timeout(1_000)
    before = len(replay(store, run_id).steering.decisions)

    edited = instruction(page, 0)
    edited.fill(MINE)
    press(page, "Run")
    expect(answers(page)).to_have_count(2, timeout=30_000)
    expect(page.get_by_text("C0 (baseline), edited")).to_be_visible(timeout=30_000)
    expect(page.locator("ins").first).to_be_visible(timeout=30_000)
    assert len(replay(store, run_id).steering.decisions) == before
    page.screenshot(path=SHOTS / "playground.png")

    press(page, "Send to the run")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text(re.compile("^A new instruction of classify"))).to_be_visible(
        timeout=30_000
    )
    press(dialog, "Send")
    expect(dialog).to_be_hidden(timeout=15_000)
    expect(page.get_by_text(re.compile("^Sent to the run: an instruction of"))).to_be_visible(
        timeout=30_000
    )
    (name,) = replay(store, run_id).instructions
    own = replay(store, run_id).instructions[name][instruction_id(MINE)]
    assert (own.by, own.text) == ("Ada", MINE)

    half = instruction(page, 1)
    half.fill("Half a sent")
    added = ChoiceRef(predictor=name, part="instruction", id=instruction_id(MINE))
    wait_for(
        page,
        lambda: any(added in each.refs for each in replay(store, run_id).candidates.values()),
    )
    told = page.get_by_text(re.compile(rf"^Instruction {own.number} of classify: tried as C\d+"))
    expect(told).to_be_visible(timeout=60_000)
    page.wait_for_timeout(3_000)
    assert half.input_value() == "Half a sent"


def test_a_link_opens_the_same_candidates_and_example_in_a_fresh_browser(
    new_page, server, long_run
):
    store, run_id = long_run
    page = new_page()
    wait_for(page, lambda: len(replay(store, run_id).candidates) > 3)
    known = list(replay(store, run_id).candidates)
    page.goto(f"{server}/playground?run={run_id}&candidate={known[2]},{known[0]},{known[1]}")
    instruction(page, 2)
    page.get_by_role("radio", name=re.compile("^Held out")).click()
    expect(page.get_by_text("held out to measure", exact=False)).to_be_visible(timeout=30_000)
    page.wait_for_timeout(1_000)
    link, question = page.url, page.get_by_role("combobox").first.input_value()
    assert re.search(r"example=\d+", link)

    fresh = new_page(width=390, height=844)
    fresh.goto(link)
    instruction(fresh, 2)
    assert fresh.get_by_role("combobox").first.input_value() == question
    chosen = fresh.get_by_role("combobox", name=re.compile("^Candidate of column"))
    shown = [each.input_value() for each in chosen.all()]
    assert shown == ["C2", "C0 (baseline)", "C1"]
    width = fresh.evaluate("document.documentElement.scrollWidth")
    assert width <= 390


def test_edits_are_still_there_after_a_look_at_another_page(new_page, server, long_run):
    store, run_id = long_run
    page = new_page()
    wait_for(page, lambda: len(replay(store, run_id).candidates) > 3)
    page.goto(f"{server}/playground?run={run_id}")
    edited = instruction(page, 0)
    edited.fill(MINE)
    edited.press("Control+Enter")
    expect(page.get_by_role("button", name="Restore")).to_be_visible(timeout=30_000)
    press(page, "Run")
    expect(answers(page)).to_have_count(2, timeout=30_000)
    page.get_by_test_id("stSidebar").get_by_role("link", name="Monitor").click()
    expect(page.get_by_role("heading", name="Monitor")).to_be_visible(timeout=30_000)
    page.get_by_test_id("stSidebar").get_by_role("link", name="Playground").click()
    expect(page.get_by_role("heading", name="Playground")).to_be_visible(timeout=30_000)
    expect(instruction(page, 0)).to_have_value(MINE, timeout=30_000)
    expect(answers(page)).to_have_count(2, timeout=30_000)
