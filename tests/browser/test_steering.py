"""People steer a running search, in a real browser: nothing flickers and nothing is lost."""

import re

import pytest
from playwright.sync_api import expect

from core.runs.decisions import StopRequested
from tests.browser.steps import (
    called,
    calls,
    closed,
    dialog,
    fill,
    more_calls,
    press,
    settled,
    told,
    wait_for,
)
from tests.run_log import replay
from tests.waiting import wait_until

HEATMAP = ".live-plot[aria-label^='Predicted scores of']"
SCORES = ".live-plot[aria-label^='Scores of']"


@pytest.fixture(scope="module")
def run_url(server, store, long_run):
    """The Monitor page of a run that is in its search, and stays in it for minutes."""
    wait_until(lambda: replay(store, long_run).phase == "search")
    yield f"{server}/monitor?run={long_run}"
    for run in store.runs():
        store.append(run.id, [StopRequested(by="test")])


def section(page, name):
    page.get_by_test_id("stMain").get_by_role("radio", name=name, exact=True).click()
    settled(page)


def opened(new_page, url, name, **settings):
    page = new_page(**settings)
    page.goto(url)
    expect(page.locator(f"{SCORES} .main-svg").first).to_be_visible()
    called(page, name)
    return page


def shown_range(page):
    """From which to which trial the score chart shows."""
    return page.locator(SCORES).evaluate("chart => chart._fullLayout.xaxis.range.map(Number)")


def click_cell(page, across, down):
    """A place in the heatmap, as shares of its width and height."""
    plot = page.locator(f"{HEATMAP} .nsewdrag").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    x, y = box["x"] + across * box["width"], box["y"] + down * box["height"]
    page.mouse.move(x, y)
    page.wait_for_timeout(300)
    page.mouse.click(x, y)


def selected_rows(page):
    """The button that names how many rows of the candidate table are selected, tried or not."""
    return page.get_by_role("button", name="Queue (2)", exact=True)


def test_for_a_minute_of_updates_zoom_selection_card_typed_text_and_scrolling_stay(
    new_page, run_url
):
    monitor = opened(new_page, run_url, "Ada")
    zoom(monitor)
    zoomed = shown_range(monitor)
    section(monitor, "Candidates")
    select_rows(monitor, 2, 4)
    scroll(monitor, 300)
    looked_at = height_of(selected_rows(monitor))
    proposals = new_page()
    proposals.goto(run_url.replace("/monitor", "/proposals"))
    proposals.get_by_text("Prompt and reply", exact=True).first.click()
    reply = proposals.get_by_text("reply", exact=True)
    expect(reply).to_be_visible()
    scroll(proposals, 300)
    read = height_of(reply)
    writer = new_page()
    writer.goto(run_url.replace("/monitor", "/proposals"))
    press(writer, "Write one")
    field = dialog(writer).get_by_label("Instruction", exact=True)
    field.fill("Half a sent")
    before = calls(monitor)
    for _ in range(12):
        monitor.wait_for_timeout(5_000)
        assert shown_range(monitor) == pytest.approx(zoomed)
        expect(selected_rows(monitor)).to_be_visible()
        assert height_of(selected_rows(monitor)) == pytest.approx(looked_at, abs=2)
        expect(reply).to_be_visible()
        assert height_of(reply) == pytest.approx(read, abs=2)
        assert field.input_value() == "Half a sent"
    assert calls(monitor) > before + 50


def zoom(page):
    """Drag a box into the score chart."""
    plot = page.locator(f"{SCORES} .nsewdrag").first.bounding_box()
    page.mouse.move(plot["x"] + 50, plot["y"] + 40)
    page.mouse.down()
    page.mouse.move(plot["x"] + 300, plot["y"] + 120, steps=6)
    page.mouse.up()


def select_rows(page, *rows):
    """Tick rows of the candidate table, counted from 1."""
    told(page, "Why this one next")  # the table moves down once, when this appears above it
    table = page.get_by_test_id("stDataFrame").first
    expect(table).to_be_visible()
    table.scroll_into_view_if_needed()
    for count, row in enumerate(rows, start=1):
        box = table.bounding_box()
        page.mouse.click(box["x"] + 14, box["y"] + 35 * row + 18)
        name = "Queue" if count == 1 else f"Queue ({count})"
        expect(page.get_by_role("button", name=name, exact=True)).to_be_enabled()


def scroll(page, by):
    """Scroll the page down."""
    page.get_by_test_id("stMain").evaluate("(main, by) => main.scrollBy(0, by)", by)
    page.wait_for_timeout(300)


def height_of(found):
    """Where in the window it stands, in pixels from above."""
    return found.bounding_box()["y"]


def test_a_pair_from_the_heatmap_is_queued_and_tried_while_zoom_and_half_typed_numbers_stay(
    new_page, run_url
):
    page = opened(new_page, run_url, "Ada", height=2600)
    zoom(page)
    zoomed = shown_range(page)
    section(page, "Surrogate")
    expect(page.locator(f"{HEATMAP} .main-svg").first).to_be_visible()
    click_cell(page, 0.5, 0.05)
    dialog(page).get_by_text("Some", exact=True).click()
    how_many = dialog(page).get_by_label("How many")
    expect(how_many).to_be_enabled()
    how_many.fill("33")
    page.wait_for_timeout(5_000)
    assert how_many.input_value() == "33"
    press(dialog(page), "Queue it")
    closed(page)
    told(page, re.compile(r"^Queued: "))
    section(page, "Decisions")
    told(page, re.compile("Ada queued .* on 33 examples"))
    assert shown_range(page) == pytest.approx(zoomed)
    section(page, "Candidates")
    assert shown_range(page) == pytest.approx(zoomed)


def test_two_people_change_different_bounds_at_once_and_both_see_both(new_page, run_url):
    first = opened(new_page, run_url, "Ada", height=2600)
    second = opened(new_page, run_url, "Bob", height=2600)
    for page, bound, value in (
        (first, "Trials in all", "400"),
        (second, "In flight together", "3"),
    ):
        section(page, "Money")
        page.get_by_label(bound).fill(value)
        page.get_by_label(bound).press("Tab")
    press(first, "Change")
    press(second, "Change")
    for page in (first, second):
        section(page, "Decisions")
        told(page, "Ada set the budget to 400 trials")
        told(page, "Bob set the budget to 3 in flight")


def test_at_its_cap_a_run_waits_and_goes_on_when_the_cap_is_raised(new_page, run_url):
    page = opened(new_page, run_url, "Ada", height=2600)
    section(page, "Money")
    cap = calls(page) + 60  # a busy machine takes seconds to set it, and the run goes on
    page.get_by_label("Cap on LM calls").fill(str(cap))
    page.get_by_label("Cap on LM calls").press("Tab")
    press(page, "Change")
    expect(page.get_by_role("button", name="Raise the cap and go on")).to_be_visible(timeout=60_000)
    assert calls(page) <= cap
    page.get_by_label("New cap on LM calls").fill(str(cap + 500))
    page.get_by_label("New cap on LM calls").press("Tab")
    press(page, "Raise the cap and go on")
    more_calls(page, cap)


def test_a_branch_begins_with_the_results_at_no_cost(new_page, run_url):
    page = opened(new_page, run_url, "Ada", height=1400)
    press(page, "Branch")
    fill(dialog(page), "Name", "Another way")
    press(dialog(page), "Start the branch")
    told(page, "Another way")
    wait_for(page, lambda: page.url != run_url)
    expect(page.get_by_test_id("stMetric").filter(has_text="Baseline")).not_to_contain_text("–")
    press(page, "Stop")
    press(page, "Stop and keep the best")
