"""A report as its reader opens it: a file from an attachment, in a browser without a network."""

import re

import pytest

from core.report.gathering import report_of
from core.report.html import report_html
from core.storage.memory import MemoryStore
from tests import hostile_run, run_log


@pytest.fixture(scope="module", params=["iris", "hostile"])
def address(request, tmp_path_factory):
    """Address of a report on disk."""
    store = MemoryStore()
    if request.param == "iris":
        run_id = run_log.iris_run(store)[0]
    else:
        run_id = hostile_run.hostile_run(store)
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(report_html(report_of(run_id, store)), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def open_report(browser, address):
    """Opens the report at a width; afterwards nothing may have been asked for or complained of."""
    contexts, asked, said = [], [], []

    def guard(route):
        asked.append(route.request.url)
        if route.request.url.startswith("file:"):
            route.continue_()
        else:
            route.abort()

    def make(width):
        context = browser.new_context(viewport={"width": width, "height": 900})
        contexts.append(context)
        context.route("**/*", guard)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.goto(address)
        return page

    yield make
    for context in contexts:
        context.close()
    assert set(asked) == {address}
    assert not said


@pytest.mark.parametrize("width", [390, 1000])
def test_the_report_is_read_without_scrolling_sideways(open_report, width):
    page = open_report(width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("h2").first.is_visible()
    assert page.title().startswith("Report: ")
    for chart in page.locator("svg").all():
        assert chart.bounding_box()["width"] <= width
    small = page.evaluate(
        "Math.min(...[...document.querySelectorAll('svg text')]"
        ".map(each => each.getBoundingClientRect().height))"
    )
    assert small > 9


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_the_report_is_printed_on_several_whole_pages(open_report, paper):
    page = open_report(1000)
    printed = page.pdf(format=paper)
    pages = len(re.findall(rb"/Type\s*/Page\b", printed))
    assert printed.startswith(b"%PDF")
    assert 4 <= pages <= 40
    assert len(printed) < 2_000_000


def test_the_contents_lead_to_their_sections(open_report):
    page = open_report(1000)
    page.get_by_role("link", name="How to do it again").click()
    heading = page.get_by_role("heading", name="How to do it again")
    assert heading.is_visible()
    assert heading.bounding_box()["y"] < 900
