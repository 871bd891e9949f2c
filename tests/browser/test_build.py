"""A program of two stages is built without code, tried, saved, used, and optimized."""

import pytest
from playwright.sync_api import expect

from tests.browser.steps import choose, fill, follow, heading, press, shot, status, told


@pytest.fixture
def capitals_csv(tmp_path):
    """24 questions that hold their answers."""
    towns = [f"Town{number % 4}" for number in range(24)]
    asked = (f"At river {n} lies {town}. What lies there?" for n, town in enumerate(towns))
    rows = [f"{question},{town}" for question, town in zip(asked, towns, strict=True)]
    path = tmp_path / "towns.csv"
    path.write_text("\n".join(["question,answer", *rows]), encoding="utf-8")
    return path


def test_a_program_of_two_stages_is_built_saved_and_optimized(new_page, server, capitals_csv):
    page = new_page(height=1400)
    page.goto(f"{server}/data")
    heading(page, "Data")
    page.locator("input[type=file]").first.set_input_files(capitals_csv)
    heading(page, "Preview")
    follow(page, "Build")
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
    expect(page.get_by_text("'last word' is no name.")).to_have_count(0)
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
    status(page, "Finished")
