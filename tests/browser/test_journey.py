"""The whole journey on an uploaded CSV, in a real browser, as a person makes it."""

import json
import random
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.steps import calls, follow, heading, more_calls, press, settled, shot, status


@pytest.fixture
def fruit_csv(tmp_path):
    """160 fruits with three measurements each."""
    kinds = {"cherry": (8, 2), "plum": (60, 5), "apple": (180, 8), "melon": (1500, 20)}
    draw = random.Random(3)
    rows = ["weight_g,diameter_cm,shop,fruit"]
    for number in range(160):
        fruit = list(kinds)[number % len(kinds)]
        weight, diameter = kinds[fruit]
        rows.append(
            f"{weight * draw.uniform(0.6, 1.5):.0f},{diameter * draw.uniform(0.7, 1.4):.1f},"
            f"{draw.choice(['market', 'farm'])},{fruit}"
        )
    path = tmp_path / "fruit.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def test_from_an_uploaded_file_to_an_exported_program(new_page, server, fruit_csv):
    page = new_page(accept_downloads=True)
    page.goto(server)
    heading(page, "MIPRO Studio")
    shot(page, "home")

    press(page, "Choose data")
    heading(page, "Data")
    page.locator("input[type=file]").first.set_input_files(fruit_csv)
    heading(page, "Preview")
    heading(page, "Split")
    page.get_by_role("button", name="Continue to program").scroll_into_view_if_needed()
    shot(page, "data", size=(1440, 2000))
    press(page, "Continue to program")

    heading(page, "Program")
    expect(page.get_by_text("Classification · metric: Exact match")).to_be_visible()
    heading(page, "Predictors")
    press(page, "Try it")
    expect(page.get_by_text("Expected").first).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^Stages of the program"))).to_be_visible()
    shot(page, "program", size=(1440, 2000))
    press(page, "Continue to configure")

    heading(page, "Configure")
    follow(page, "Models")
    delays = page.get_by_role("spinbutton", name="Delay per call (seconds)")
    for number in range(2):
        delays.nth(number).fill("0.15")
        delays.nth(number).press("Enter")
        page.wait_for_timeout(500)
    shot(page, "models", size=(1440, 1500))
    follow(page, "Configure")
    heading(page, "What it will take")
    shot(page, "configure", size=(1440, 1450))
    press(page, "Start the run")

    heading(page, "Monitor")
    first = more_calls(page, 0)
    page.reload()
    heading(page, "Monitor")
    second = more_calls(page, first)
    run = re.search(r"run=(\w+)", page.url).group(1)
    page.get_by_role("link", name="Review the proposals").click(timeout=60_000)
    heading(page, "Proposals")
    press(page, "Start the search")
    page.goto(f"{server}/monitor?run={run}")
    heading(page, "Monitor")
    third = more_calls(page, second)

    viewer = new_page(390, 844)
    viewer.goto(f"{server}/?run={run}")
    heading(viewer, "Monitor")
    assert more_calls(viewer, third) > third
    expect(page.get_by_text("Best candidate").first).to_be_visible()
    page.locator(".live-plot .main-svg").first.wait_for()
    more_calls(page, 350)
    shot(page, "monitor", size=(1440, 1300))
    shot(viewer, "monitor-phone")
    viewer.close()

    status(page, "Finished")
    settled(page)
    final = calls(page)
    page.wait_for_timeout(2500)
    assert calls(page) == final
    shot(page, "finished")

    page.goto(f"{server}/compare?run={run}")
    page.locator("tbody tr").first.click()
    expect(page.get_by_text("Stage by stage", exact=True)).to_be_visible()
    shot(page, "compare", size=(1440, 2300))
    page.get_by_role("radio", name="Prompts").click()
    expect(page.locator("pre ins, pre del, pre").first).to_be_visible()

    page.goto(f"{server}/export?run={run}")
    heading(page, "Export")
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("^Download")).first.click()
    saved = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert set(saved) == {"classify.predict", "metadata"}
    shot(page, "export")

    page.goto(f"{server}/runs")
    heading(page, "Runs")
    shot(page, "runs")


def test_a_file_that_cannot_be_read_says_where_and_changes_nothing(new_page, server, tmp_path):
    broken = tmp_path / "broken.csv"
    broken.write_text("a,b\n1,2\n3\n4,5\n", encoding="utf-8")
    page = new_page()
    page.goto(f"{server}/data")
    heading(page, "Data")
    page.locator("input[type=file]").first.set_input_files(broken)
    expect(page.get_by_text("line 3").first).to_be_visible()
    expect(page.get_by_text("Nothing was changed").first).to_be_visible()


def test_the_demo_runs_with_one_click(new_page, server):
    page = new_page()
    page.goto(server)
    heading(page, "MIPRO Studio")
    press(page, "Start the demo")
    heading(page, "Monitor")
    assert more_calls(page, 0) > 0
    press(page, "Pause")
    status(page, "Paused")
    page.wait_for_timeout(2000)  # the number is drawn after the badge
    paused = calls(page)
    page.wait_for_timeout(2000)
    assert calls(page) == paused
    press(page, "Resume")
    more_calls(page, paused)
    press(page, "Stop")
    press(page, "Stop and keep the best")
    status(page, "Stopped")
