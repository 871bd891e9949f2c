"""People compare candidates in a real browser, judge answers, and pass the view on as a link."""

import re

import pytest
from playwright.sync_api import expect

from core.runs.preparation import prepare
from tests import run_log
from tests.browser.steps import closed, dialog, heading, press, settled, told

COMMENT = "Wrong species <b>and</b> ![x](https://example.com/x.png)"


@pytest.fixture(scope="module")
def compared(store):
    """(run id, candidates): the best one first, which the baseline falls behind."""
    run_id, _, _ = run_log.iris_run(store)
    state = run_log.replay(store, run_id)
    return run_id, (state.best, state.baseline)


def address(server, run_id, candidates, **more):
    entrants = ",".join(f"{run_id}.{each}" for each in candidates)
    rest = "".join(f"&{name}={value}" for name, value in more.items())
    return f"{server}/compare?run={run_id}&entrants={entrants}{rest}"


def segment(page, text):
    return page.get_by_role("radio", name=re.compile(f"^{text}"))


def rows(page):
    return page.locator("tbody tr")


def opened(page, example):
    """Wait until this example is open, above the table and in it."""
    heading(page, f"Example {example}")
    row = page.locator("tbody tr[aria-selected=true]")
    expect(row).to_have_attribute("data-id", example)


def test_a_regression_is_found_opened_judged_and_passed_on_as_a_link(
    new_page, server, store, compared
):
    run_id, candidates = compared
    page = new_page()
    page.goto(address(server, run_id, candidates))
    expect(rows(page).first).to_be_visible()
    segment(page, "Regressed 25").click()
    expect(page.get_by_text("25 examples", exact=True)).to_be_visible()
    expect(rows(page)).to_have_count(25)
    example = rows(page).nth(3).get_attribute("data-id")
    rows(page).nth(3).click()
    opened(page, example)
    expect(page.get_by_text("Parts here")).to_be_visible()
    expect(page.get_by_text(re.compile("They part at what classify answered"))).to_be_visible()

    page.get_by_role("radio", name="Thumbs down").nth(1).click()
    expect(segment(page, "Rated 1")).to_be_visible()
    page.get_by_role("button", name=re.compile("Score and comment")).nth(1).click()
    page.get_by_role("spinbutton", name="My score, in percent").fill("25")
    page.get_by_role("textbox", name="Comment", exact=True).fill(COMMENT)
    press(page, "Keep")
    expect(page.get_by_text(f'You: down · 0.25 · "{COMMENT}"')).to_be_visible()
    (rating,) = run_log.replay(store, run_id).ratings.values()
    assert (rating.candidate, rating.example) == (candidates[1], example)
    assert (rating.thumbs, rating.score, rating.comment) == ("down", 0.25, COMMENT)

    press(page, "Copy link")
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    other = new_page()
    other.goto(page.url)
    opened(other, example)
    expect(segment(other, "Regressed 25")).to_be_checked()
    expect(other.get_by_text(f'You: down · 0.25 · "{COMMENT}"')).to_be_visible()
    segment(other, "Rated 1").click()
    expect(rows(other)).to_have_count(1)


def test_examples_are_walked_with_the_keyboard_within_the_filter(new_page, server, compared):
    run_id, candidates = compared
    page = new_page()
    page.goto(address(server, run_id, candidates, show="regressed"))
    expect(rows(page)).to_have_count(25)
    ids = [rows(page).nth(place).get_attribute("data-id") for place in range(3)]
    rows(page).first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    opened(page, ids[1])
    page.keyboard.press("j")
    opened(page, ids[2])
    page.keyboard.press("k")
    opened(page, ids[1])
    page.keyboard.press("k")
    opened(page, ids[0])
    expect(page.get_by_text("1 of 25")).to_be_visible()


def test_a_candidate_of_another_run_comes_in_and_more_is_evaluated(
    new_page, server, store, compared
):
    run_id, candidates = compared
    config = store.run(run_id).config.model_copy(update={"name": "The other run"})
    other = store.create(config)
    plan = run_log.plan_of(prepare(config, store), config, seed=3)
    run_log.append(store, other, run_log.log(plan))
    page = new_page()
    page.goto(address(server, run_id, candidates))
    press(page, "Add from another run")
    shown = dialog(page)
    shown.get_by_role("combobox").first.click()
    page.get_by_role("option", name=re.compile("^The other run")).click()
    press(shown, "Add")
    expect(page.get_by_text(re.compile("^The other run: C[0-9]+$")).first).to_be_visible()
    assert f"{other}." in page.url

    press(page, "Evaluate more")
    expect(shown.get_by_text(re.compile("Nothing is missing|At most"))).to_be_visible()
    shown.get_by_role("spinbutton", name="Runs of each").fill("2")
    shown.get_by_role("spinbutton", name="How many in all").fill("10")
    shown.get_by_role("spinbutton", name="How many in all").press("Enter")
    expect(shown.get_by_text(re.compile("At most [0-9]+ LM calls"))).to_be_visible()
    press(shown, "Evaluate")
    closed(page)
    expect(page.get_by_text(re.compile("Model's own noise")).first).to_be_visible(timeout=120_000)


@pytest.mark.parametrize(("width", "height", "scheme"), [(1440, 900, "dark"), (390, 844, "light")])
def test_no_section_needs_sideways_scrolling(new_page, server, compared, width, height, scheme):
    run_id, candidates = compared
    page = new_page(width, height, color_scheme=scheme)
    page.goto(address(server, run_id, candidates, section="labels", example="1"))
    told(page, re.compile("shared validation examples"))
    for section in ("Labels and slices", "Prompts", "Examples"):
        segment(page, section).click()
        expect(segment(page, section)).to_be_checked()
        settled(page)
        page.wait_for_timeout(700)  # until charts have their width
        main = page.get_by_test_id("stMain")
        assert main.evaluate("each => each.scrollWidth <= each.clientWidth"), section
        assert not page.get_by_test_id("stException").count()
