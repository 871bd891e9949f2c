"""A stranger's first run, counted: from a CSV nobody prepared to a search that goes on."""

import time

import pytest
from playwright.sync_api import expect

from core.runs.events import ExampleScored, PhaseChanged
from tests.browser.steps import heading, press, wait_for

MOST_CLICKS = 9
IN_THE_FILE_DIALOG = 2
"""Clicks that no page sees: the file, and "Open"."""

COUNTING = """
addEventListener("pointerdown", (event) => {
  if (event.isTrusted) sessionStorage.clicks = Number(sessionStorage.clicks || 0) + 1;
}, true);
"""
ANSWERED = "".join(
    f'{n};"In welchem Jahr wurde die Brücke Nr. {n}, also die neue, gebaut?";{1800 + n}\r\n'
    for n in range(1, 91)
)
LABELLED = "".join(
    f"Der {'Drucker' if n % 3 else 'Zugang'} Nr. {n} geht seit gestern nicht;"
    f"{'Technik' if n % 3 else 'Konto'}\r\n"
    for n in range(1, 91)
)


def clicked(page):
    return int(page.evaluate("sessionStorage.clicks || 0"))


def first_search_result(store, run):
    """Whether an example of the search has been scored, as the log has it."""
    events = [record.event for record in store.since(run, 0)]
    begun = [n for n, e in enumerate(events) if isinstance(e, PhaseChanged) and e.phase == "search"]
    return bool(begun) and any(isinstance(event, ExampleScored) for event in events[begun[0] :])


@pytest.mark.parametrize(
    ("header", "rows", "program"),
    [("Nr;Frage;Antwort", ANSWERED, "free_answer"), ("Meldung;Ziel", LABELLED, "classification")],
    ids=["questions", "labels"],
)
def test_a_stranger_is_optimizing_an_unknown_csv_within_nine_clicks(
    new_page, server, store, tmp_path, request, header, rows, program
):
    file = tmp_path / "export (3).csv"
    file.write_text(f"{header}\r\n{rows}", encoding="cp1252", newline="")
    page = new_page()
    page.add_init_script(COUNTING)
    page.goto(server)
    page.get_by_role("button", name="Choose data").wait_for()
    known, start = {run.id for run in store.runs()}, time.monotonic()

    press(page, "Choose data")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload", exact=True).first.click()
    chooser.value.set_files(file)
    press(page, "Use this data")
    press(page, "Use this program")
    press(page, "Start the run")
    press(page, "Start the search")
    expect(page.get_by_text("The run waits for your review")).to_be_hidden()
    (run,) = [run for run in store.runs() if run.id not in known]
    wait_for(page, lambda: first_search_result(store, run.id), seconds=120)
    seconds, clicks = time.monotonic() - start, clicked(page) + IN_THE_FILE_DIALOG

    heading(page, "Monitor")
    assert run.config.program == program
    assert clicks <= MOST_CLICKS
    told = f"{program}: {clicks} clicks, {seconds:.0f} s from the Home page to the search"
    request.config.get_terminal_writer().line(told)
