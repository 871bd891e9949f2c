"""The Playground in a real browser: an instruction is edited, run, and sent to a running run."""

import re

import pytest
from playwright.sync_api import expect

from core.programs.candidate import ChoiceRef, instruction_id
from tests.browser.steps import (
    called,
    closed,
    dialog,
    follow,
    press,
    settled,
    shot,
    told,
    wait_for,
)
from tests.run_log import replay
from tests.waiting import wait_until

MINE = "Name the team that should answer this ticket. <b>One</b> word."


@pytest.fixture(scope="module")
def run_id(store, long_run):
    """A long run that has tried a few candidates."""
    wait_until(lambda: len(replay(store, long_run).candidates) > 3)
    return long_run


def instruction(page, column):
    """The instruction field of a column, counted from 0, once it has its text."""
    field = page.get_by_role("textbox", name=re.compile("^Instruction of")).nth(column)
    expect(field).not_to_have_value("")
    return field


def answered(page):
    """Wait until both candidates have answered."""
    expect(page.get_by_text(re.compile("on this one example"))).to_have_count(2)


def test_an_edit_is_run_and_sent_to_a_running_run_which_tries_it(new_page, server, store, run_id):
    page = new_page(height=1700)
    page.goto(f"{server}/playground?run={run_id}")
    told(page, "The answers are simulated")
    called(page, "Ada")
    before = len(replay(store, run_id).steering.decisions)

    edited = instruction(page, 0)
    edited.fill(MINE)
    press(page, "Run")
    answered(page)
    told(page, "C0 (baseline), edited")
    expect(page.locator("ins").first).to_be_visible()
    assert len(replay(store, run_id).steering.decisions) == before
    shot(page, "playground")

    press(page, "Send to the run")
    told(dialog(page), re.compile("^A new instruction of classify"))
    press(dialog(page), "Send")
    closed(page)
    told(page, re.compile("^Sent to the run: an instruction of"))
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
    told(page, re.compile(rf"^Instruction {own.number} of classify: tried as C\d+"))
    page.wait_for_timeout(3_000)
    assert half.input_value() == "Half a sent"


def test_a_link_opens_the_same_candidates_and_example_in_a_fresh_browser(
    new_page, server, store, run_id
):
    page = new_page()
    known = list(replay(store, run_id).candidates)
    page.goto(f"{server}/playground?run={run_id}&candidate={known[2]},{known[0]},{known[1]}")
    instruction(page, 2)
    page.get_by_role("radio", name=re.compile("^Held out")).click()
    told(page, "held out to measure")
    settled(page)
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


def test_edits_are_still_there_after_a_look_at_another_page(new_page, server, store, run_id):
    page = new_page()
    page.goto(f"{server}/playground?run={run_id}")
    edited = instruction(page, 0)
    edited.fill(MINE)
    edited.press("Control+Enter")
    expect(page.get_by_role("button", name="Restore")).to_be_visible()
    press(page, "Run")
    answered(page)
    follow(page, "Monitor")
    follow(page, "Playground")
    expect(instruction(page, 0)).to_have_value(MINE)
    answered(page)
