"""What a person does on a page and looks for there, in the words of the tests."""

import os
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.waiting import wait_until

SHOTS = Path(__file__).resolve().parents[2] / "docs" / "screenshots"


def press(place: Page | Locator, name: str) -> None:
    """Click the first button of exactly this name."""
    place.get_by_role("button", name=name, exact=True).first.click()


def follow(page: Page, name: str) -> None:
    """Go to another page by the link at the side, and wait for its title."""
    page.get_by_test_id("stSidebar").get_by_role("link", name=name).click()
    heading(page, name)


def fill(place: Page | Locator, label: str, text: str) -> None:
    """Type into the only field of this label, and leave it."""
    field = place.get_by_role("textbox", name=label, exact=True)
    expect(field).to_have_count(1)  # one of the same name may still be going
    field.fill(text)
    field.press("Tab")


def choose(page: Page, label: str, option: str) -> None:
    """Pick the first option of a list that begins so, by the keyboard."""
    box = page.get_by_role("combobox", name=re.compile(f"{label}$"))
    box.click()
    box.press_sequentially(option)
    page.get_by_role("option").first.click()


def called(page: Page, name: str) -> None:
    """Tell the page one's name."""
    field = page.get_by_role("textbox", name="Your name")
    field.fill(name)
    field.press("Enter")
    settled(page)


def heading(page: Page, text: str) -> None:
    """Wait for a heading."""
    expect(page.get_by_role("heading", name=text, exact=True)).to_be_visible()


def told(place: Page | Locator, words: str | re.Pattern[str]) -> None:
    """Wait for a text."""
    expect(place.get_by_text(words).first).to_be_visible()


def status(page: Page, word: str) -> None:
    """Wait until the page's badge says so."""
    badge = page.get_by_test_id("stMain").get_by_text(word).first
    expect(badge).to_be_visible(timeout=120_000)


def dialog(page: Page) -> Locator:
    """The dialog that is open."""
    shown = page.get_by_role("dialog")
    expect(shown).to_be_visible()
    return shown


def closed(page: Page) -> None:
    """Wait until no dialog is open."""
    expect(page.get_by_role("dialog")).to_be_hidden()


def settled(page: Page) -> None:
    """Wait until what was just done is drawn."""
    page.wait_for_timeout(300)
    expect(page.locator("[data-test-script-state=running]")).to_have_count(0)


def wait_for(page: Page, condition: Callable[[], object], seconds: float = 90) -> None:
    """Wait for what no page shows, while the page goes on."""
    wait_until(condition, seconds=seconds, sleep=lambda _: page.wait_for_timeout(200))


def calls(page: Page) -> int:
    """The number of LM calls that the Monitor page shows."""
    metric = page.get_by_test_id("stMetric").filter(has_text="LM calls").first
    return int(re.sub(r"\D", "", metric.get_by_test_id("stMetricValue").inner_text()) or 0)


def more_calls(page: Page, than: int) -> int:
    """The number of LM calls, once the page shows more."""
    wait_for(page, lambda: calls(page) > than)
    return calls(page)


def shot(page: Page, name: str, size: tuple[int, int] | None = None) -> None:
    """Save what the page shows from its top to docs/screenshots/; not in CI, where nobody looks."""
    if os.environ.get("CI"):
        return
    SHOTS.mkdir(parents=True, exist_ok=True)
    before = page.viewport_size
    if size:
        page.set_viewport_size({"width": size[0], "height": size[1]})
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")
    page.wait_for_timeout(700)
    page.screenshot(path=SHOTS / f"{name}.png")
    if before:
        page.set_viewport_size(before)
