"""People review proposals before the search, in a real browser; what they decide is obeyed."""

import re

import pytest
from playwright.sync_api import expect

from core.programs.candidate import ChoiceRef, instruction_id
from core.runs.choices import is_permitted
from core.runs.demo import demo_config
from tests.browser.steps import called, closed, dialog, press, shot, wait_for
from tests.run_log import replay

MINE = "Name the team that should answer this ticket. One word."
LATER = "Read the ticket twice, then name the team."


@pytest.fixture
def run_id(store, nursery):
    """A run that will wait for a review."""
    config = demo_config(store, delay=0.1).model_copy(update={"review": True, "name": "Reviewed"})
    run_id = store.create(config)
    nursery.worker(run_id)
    return run_id


def card(page, number):
    """The card of an instruction, by its number."""
    heading = page.get_by_role("heading", name=f"Instruction {number}", exact=True)
    return page.locator("[class*='st-key-proposals'][class*='card']").filter(has=heading)


def opened(new_page, server, run_id):
    """The page of the proposals, once the run waits for their review."""
    page = new_page(height=1600)
    page.goto(f"{server}/proposals?run={run_id}")
    expect(page.get_by_text("The run waits for your review, at no cost.")).to_be_visible(
        timeout=90_000
    )
    return page


def locked(page, text):
    """Lock a text of the program's own instruction by selecting it."""
    press(page, "Lock text")
    area = dialog(page).get_by_label("The program's own instruction")
    area.evaluate(
        "(area, text) => { const at = area.value.indexOf(text); area.focus();"
        " area.setSelectionRange(at, at + text.length); }",
        text,
    )
    dialog(page).get_by_role("button", name="Lock the selection").click()
    expect(dialog(page).get_by_role("button", name="Unlock").first).to_be_visible()
    press(dialog(page), "Done")
    closed(page)


def written(page, text):
    press(page, "Write one")
    field = dialog(page).get_by_label("Instruction", exact=True)
    field.fill(text)
    page.wait_for_timeout(4_500)  # two ticks of the page behind it
    assert field.input_value() == text
    field.press("Control+Enter")
    press(dialog(page), "Save")
    closed(page)


def test_proposals_are_rejected_edited_approved_and_written_before_the_search_begins(
    new_page, server, store, run_id
):
    page = opened(new_page, server, run_id)
    wait_for(page, lambda: not replay(store, run_id).open_trials)
    paid = replay(store, run_id).usage.calls
    called(page, "Ada")
    shot(page, "proposals")

    press(card(page, 1), "Reject")
    dialog(page).get_by_label("Why? (optional)").fill("too vague")
    press(dialog(page), "Reject")
    expect(card(page, 1).get_by_text("Rejected by Ada: too vague")).to_be_visible()
    press(card(page, 2), "Approve")
    expect(card(page, 2).get_by_text("Approved by Ada")).to_be_visible()
    press(card(page, 2), "Edit")
    edited = dialog(page).get_by_label("Instruction", exact=True)
    expect(edited).not_to_have_value("")
    text = edited.input_value() + " Be brief."
    edited.fill(text)
    edited.press("Control+Enter")
    press(dialog(page), "Save")
    closed(page)
    expect(page.get_by_text("Written by Ada, from instruction 2")).to_be_visible()
    written(page, MINE)
    state = replay(store, run_id)
    assert state.phase == "review"
    assert state.usage.calls == paid
    press(page, "Start the search")
    wait_for(page, lambda: replay(store, run_id).status == "finished", 180)

    state = replay(store, run_id)
    (name,) = state.instructions
    first = list(state.instructions[name])[1]
    tried = {each.choices[name].instruction for each in state.candidates.values()}
    assert first not in tried
    assert {instruction_id(MINE), instruction_id(text)} <= state.instructions[name].keys()
    assert {instruction_id(MINE), instruction_id(text)} <= tried


def test_a_locked_text_is_in_every_candidate_and_an_instruction_of_mid_search_is_tried(
    new_page, server, store, run_id
):
    page = opened(new_page, server, run_id)
    (name,) = replay(store, run_id).instructions
    own = replay(store, run_id).predictors[0].instruction
    span = " ".join(own.split()[:3])
    locked(page, span)
    press(page, "Start the search")
    wait_for(page, lambda: replay(store, run_id).phase == "search")
    written(page, f"{span} {LATER}")
    added = ChoiceRef(predictor=name, part="instruction", id=instruction_id(f"{span} {LATER}"))
    wait_for(
        page,
        lambda: any(added in each.refs for each in replay(store, run_id).candidates.values()),
    )
    wait_for(page, lambda: replay(store, run_id).status == "finished", 180)
    state = replay(store, run_id)
    others = [each for key, each in state.candidates.items() if key != state.baseline]
    assert others
    assert all(is_permitted(state, each) for each in others)
    texts = state.instructions[name]
    assert all(span in texts[each.choices[name].instruction].text for each in others)
    page.goto(f"{server}/monitor?run={run_id}")
    expect(page.get_by_text(re.compile("What people decided"))).to_be_visible()
