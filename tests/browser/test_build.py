"""A program of two stages is built without code, tried, saved, used, and optimized."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_journey import shot


@pytest.fixture
def capitals_csv(tmp_path):
    """24 questions that hold their answers."""
    towns = [f"Town{number % 4}" for number in range(24)]
    asked = (f"At river {n} lies {town}. What lies there?" for n, town in enumerate(towns))
    rows = [f"{question},{town}" for question, town in zip(asked, towns, strict=True)]
    path = tmp_path / "towns.csv"
    path.write_text("\n".join(["question,answer", *rows]), encoding="utf-8")
    return path


def press(page, name):
    """Click a button by its exact name."""
    page.get_by_role("button", name=name, exact=True).first.click()


def heading(page, text):
    """Wait for a heading."""
    expect(page.get_by_role("heading", name=text, exact=True)).to_be_visible(timeout=30_000)


def fill(page, label, text):
    """Type into the field with this label, and leave it."""
    field = page.get_by_role("textbox", name=label, exact=True)
    expect(field).to_have_count(1, timeout=30_000)  # the stage before is closed by now
    field.fill(text)
    field.press("Tab")


def choose(page, label, option):
    """Pick an option of a list by the keyboard."""
    box = page.get_by_role("combobox", name=re.compile(f"{label}$"))
    box.click()
    box.press_sequentially(option)
    page.get_by_role("option").first.click()


def told(page, words):
    """Wait for a text."""
    expect(page.get_by_text(words).first).to_be_visible(timeout=30_000)


def test_a_program_of_two_stages_is_built_saved_and_optimized(new_page, server, capitals_csv):
    page = new_page(height=1400)
    page.goto(f"{server}/data")
    heading(page, "Data")
    page.locator("input[type=file]").first.set_input_files(capitals_csv)
    heading(page, "Preview")
    page.get_by_test_id("stSidebar").get_by_role("link", name="Build").click()
    press(page, "Begin from blank")
    heading(page, "Stages")
    press(page, "Ask the model")
    fill(page, "Written field 1", "draft")
    told(page, "Nobody reads 'draft'.")
    press(page, "Think, then answer")
    told(page, "draft, question → answer")
    fill(page, "Name of the stage", "last word")
    told(page, "'last word' is no name.")
    fill(page, "Name of the stage", "last_word")
    expect(page.get_by_text("'last word' is no name.")).to_have_count(0, timeout=30_000)
    told(page, "The pipeline answers nothing.")
    choose(page, "Choose an output", "answer")
    told(page, "It can be tried and saved.")

    press(page, "Try it")
    told(page, "Exact match (n = 1)")
    told(page, "2. last_word")
    shot(page, "build", size=(1440, 2200))
    fill(page, "Name", "towns")
    told(page, "Saving makes version 1.")
    press(page, "Save")
    told(page, "Saved as version 1.")
    press(page, "Use this program")

    heading(page, "Program")
    told(page, "towns@1")
    heading(page, "Predictors")
    press(page, "Continue to configure")
    heading(page, "Configure")
    page.get_by_text("Let me review the proposals before the search").click()
    told(page, "Start the run")
    page.wait_for_timeout(500)
    press(page, "Start the run")
    heading(page, "Monitor")
    badge = page.get_by_test_id("stMain").get_by_text("Finished").first
    expect(badge).to_be_visible(timeout=120_000)
