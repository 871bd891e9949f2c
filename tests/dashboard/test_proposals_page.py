"""The Proposals page as somebody who reviews a run uses it."""

import pytest

from core.programs.candidate import ChoiceRef, instruction_id
from core.runs import decisions as de
from core.runs import events as ev
from core.runs.snapshot import Belief, LevelEffect
from core.runs.state import RunState
from tests import run_log
from tests.dashboard.conftest import button, iris_config, labels, starts_a_worker, texts

EVIL = "# Big\n![x](http://127.0.0.1/leak.png) <img src=x> **bold** :material/star:"


@pytest.fixture
def reviewed(store) -> str:
    """A run that waits for its review, with a worker."""
    run_id, _, _ = run_log.iris_run(store, "propose")
    store.append(run_id, [ev.PhaseChanged(phase="review")])
    store.claim(run_id, "a test", stale_after=10)
    return run_id


@pytest.fixture
def page(open_page, reviewed):
    return open_page("proposals", run=reviewed)


def state(store, run_id: str) -> RunState:
    return run_log.replay(store, run_id)


def decided(store, run_id: str) -> list[de.Decision]:
    return [event for _, event in state(store, run_id).steering.decisions]


def predictor(store, run_id: str) -> str:
    return state(store, run_id).predictors[0].name


def instruction(store, run_id: str, number: int) -> ChoiceRef:
    name = predictor(store, run_id)
    own = state(store, run_id).instructions[name].values()
    id_ = next(each.id for each in own if each.number == number)
    return ChoiceRef(predictor=name, part="instruction", id=id_)


def press(page, store, run_id: str, number: int, what: str):
    """Press one of the buttons of an instruction's card, by the first word of its tooltip."""
    ref = instruction(store, run_id, number)
    key = f"proposals.instruction.{ref.predictor}.{ref.id}.{what}"
    return page.button(key=key).click().run()


def field(page, label: str):
    """The first input with this label."""
    every = [*page.text_area, *page.text_input, *page.number_input, *page.toggle, *page.checkbox]
    return next(each for each in every if each.label == label)


def headings(page) -> list[str]:
    return [each.value for each in page.subheader]


def test_without_a_run_the_page_offers_ways_to_one(open_page):
    page = open_page("proposals")
    assert not page.exception
    assert any("No run is open" in each.value for each in page.markdown)


def test_a_run_without_events_says_what_its_proposals_wait_for(open_page, store):
    page = open_page("proposals", run=store.create(iris_config(store)))
    assert not page.exception
    assert any("There are no instructions yet" in each.value for each in page.markdown)
    for section in ("Demo sets", "Summaries"):
        page.segmented_control(key="proposals.section").set_value(section).run()
        assert not page.exception


@pytest.mark.parametrize("phase", ["bootstrap", "propose", "search", "test", "end"])
def test_every_phase_of_a_run_has_its_cards(open_page, store, phase):
    run_id, _, _ = run_log.iris_run(store, phase)
    page = open_page("proposals", run=run_id)
    assert not page.exception
    assert headings(page)[0] == "Instruction 0"


def test_the_review_waits_with_its_counts_and_starts_the_search(page, store, reviewed):
    assert any("waits for your review, at no cost" in each.value for each in page.markdown)
    assert any(each.value == "0 approved, 0 rejected, 6 not looked at" for each in page.caption)
    assert button(page, "Search approved only").disabled
    button(page, "Start the search").click().run()
    assert not page.exception
    assert [each.kind for each in decided(store, reviewed)] == ["review_approved"]
    assert "Start the search" not in labels(page)


def test_approving_can_be_undone_and_the_list_filtered(page, store, reviewed):
    press(page, store, reviewed, 1, "approve")
    ref = instruction(store, reviewed, 1)
    assert state(store, reviewed).steering.verdicts[ref].approved
    assert "Approved by somebody" in texts(page)
    part = f"proposals.instruction.{ref.predictor}.filter"
    page.segmented_control(key=part).set_value("Approved").run()
    assert headings(page) == ["Instruction 1"]
    page.segmented_control(key=part).set_value("All").run()
    page.session_state["clicked"] = None  # a second click within a moment would be an echo
    press(page, store, reviewed, 1, "approve")
    assert ref not in state(store, reviewed).steering.verdicts


def test_a_double_click_on_approve_counts_once(page, store, reviewed):
    press(page, store, reviewed, 1, "approve")
    press(page, store, reviewed, 1, "approve")
    assert [each.kind for each in decided(store, reviewed)] == ["choice_approved"]


def test_what_is_decided_on_stays_in_a_filtered_list_until_it_is_chosen_anew(page, store, reviewed):
    name = predictor(store, reviewed)
    part = f"proposals.instruction.{name}.filter"
    page.segmented_control(key=part).set_value("To look at").run()
    before = headings(page)
    press(page, store, reviewed, 2, "approve")
    assert headings(page) == before == [f"Instruction {number}" for number in (1, 2, 3)]
    text = "Fresh."
    new = ev.InstructionProposed(predictor=name, index=9, id=instruction_id(text), text=text)
    store.append(reviewed, [new])
    page.run()
    assert headings(page) == [*before, "Instruction 4"]
    page.segmented_control(key=part).set_value("All").run()
    page.segmented_control(key=part).set_value("To look at").run()
    assert headings(page) == ["Instruction 1", "Instruction 3", "Instruction 4"]


def test_a_rejection_asks_for_the_reason_and_is_shown_with_it(page, store, reviewed):
    press(page, store, reviewed, 3, "reject")
    field(page, "Why? (optional)").set_value(f" too long {EVIL}")
    next(each for each in page.button if each.key.endswith(".form-Reject")).click().run()
    assert not page.exception
    (rejected,) = decided(store, reviewed)
    assert rejected.choice == instruction(store, reviewed, 3)
    assert rejected.reason == f"too long {EVIL}"
    assert f"Rejected by somebody: too long {EVIL}" in texts(page)
    page.run()
    assert "Why? (optional)" not in [each.label for each in page.text_input]


def test_an_edit_is_a_new_instruction_that_remembers_its_parent(page, store, reviewed):
    parent = instruction(store, reviewed, 2)
    press(page, store, reviewed, 2, "edit")
    text = field(page, "Instruction").value
    field(page, "Instruction").set_value(f"{text} Be brief.").run()
    field(page, "Reject instruction 2, which this one replaces").set_value(True).run()
    button(page, "Save").click().run()
    assert not page.exception
    added, pinned, rejected = decided(store, reviewed)
    assert (added.text, added.parent) == (f"{text} Be brief.", parent.id)
    assert pinned.choice.id == added.id
    assert rejected.choice == parent
    assert "Written by somebody, from instruction 2" in texts(page)
    assert "Save" not in labels(page)


def test_what_cannot_be_saved_says_why_at_the_field_and_stays_there(page, store, reviewed):
    press(page, store, reviewed, 2, "edit")
    button(page, "Save").click().run()
    assert not page.exception
    assert any("instruction 2 says exactly this already" in each for each in texts(page))
    assert "Save" in labels(page)
    assert not decided(store, reviewed)
    button(page, "Cancel").click().run()
    assert "Save" not in labels(page)


def test_the_name_in_the_sidebar_stands_beside_decisions(page, store, reviewed):
    page.text_input(key="app.person").set_value(" Ada ").run()
    press(page, store, reviewed, 1, "pin")
    press(page, store, reviewed, 1, "freeze")
    assert [(each.kind, each.by) for each in decided(store, reviewed)] == [
        ("choice_pinned", "Ada"),
        ("choice_frozen", "Ada"),
    ]
    assert "Pinned by Ada: it is tried before the search goes on." in texts(page)
    assert any(each.label == "Release" for each in page.button)


def test_searching_approved_only_rejects_the_rest_but_not_what_people_wrote(page, store, reviewed):
    name = predictor(store, reviewed)
    own = de.InstructionAdded(by="Ada", predictor=name, id=instruction_id("Mine."), text="Mine.")
    store.append(reviewed, [own])
    press(page, store, reviewed, 1, "approve")
    button(page, "Search approved only").click().run()
    assert any("rejects 3 instructions and 0 demo sets" in each.value for each in page.markdown)
    button(page, "Reject the rest and start").click().run()
    assert not page.exception
    steering = state(store, reviewed).steering
    assert steering.review_approved
    assert steering.rejected == {instruction(store, reviewed, number) for number in (0, 2, 3)}


def test_more_proposals_are_asked_for_with_hint_tip_and_temperature(page, store, reviewed):
    button(page, "Propose more").click().run()
    assert field(page, "Learn from what was tried").disabled
    field(page, "How many").set_value(2).run()
    field(page, "Hint for the proposer (optional)").set_value("name the petals").run()
    next(each for each in page.selectbox if each.label == "Tip").set_value("simple").run()
    field(page, "Temperature").set_value(1.2).run()
    button(page, "Ask for 2 proposals").click().run()
    assert not page.exception
    (asked,) = decided(store, reviewed)
    assert (asked.count, asked.hint, asked.tip) == (2, "name the petals", "simple")
    assert (asked.temperature, asked.learn) == (1.2, False)
    assert any("asked for by somebody, under way" in each for each in texts(page))


def test_refused_proposals_are_shown_with_the_reason(page, store, reviewed):
    refused = ev.ProposalRefused(
        task="t",
        predictor=predictor(store, reviewed),
        text=EVIL,
        reason="It lacks “produce”.",
        seconds=1.0,
        usage=ev.Usage(),
    )
    store.append(reviewed, [refused])
    page.run()
    next(each for each in page.toggle if "refused" in each.label).set_value(True).run()
    assert not page.exception
    assert "It lacks “produce”." in texts(page)
    assert any(each.value == EVIL for each in page.code)


def test_locked_text_is_typed_or_marked_and_unlocked(page, store, reviewed):
    def type_in(text: str) -> None:
        field(page, "Or type or paste the text to lock").set_value(text)
        next(each for each in page.button if each.label == "Lock it").click().run()
        assert not page.exception

    button(page, "Lock text").click().run()
    type_in("produce the fields")
    type_in("xx <keep>Given the fields</keep> yy")
    type_in("nowhere to be found")
    assert any("'nowhere to be found' is not in" in each for each in texts(page))
    spans = state(store, reviewed).steering.locks[predictor(store, reviewed)]
    assert spans == ("produce the fields", "Given the fields")
    button(page, "Unlock").click().run()
    assert decided(store, reviewed)[-1].spans == ("Given the fields",)
    button(page, "Done").click().run()
    assert "Locked text (1)" in labels(page)


def test_texts_of_models_and_people_are_never_drawn_as_markdown(page, store, reviewed):
    name = predictor(store, reviewed)
    store.append(
        reviewed,
        [
            ev.InstructionProposed(predictor=name, index=9, id=instruction_id(EVIL), text=EVIL),
            de.InstructionAdded(by=EVIL, predictor=name, id=instruction_id("y"), text="y"),
            de.ProposalsRequested(by=EVIL, predictor=name, hint=EVIL),
            de.ChoicePinned(by=EVIL, choice=instruction(store, reviewed, 1)),
        ],
    )
    page.run()
    next(each for each in page.toggle if each.label == "Mark what changed").set_value(True).run()
    assert not page.exception
    said = [*page.markdown, *page.caption, *page.subheader, *page.info, *page.warning]
    assert not any("leak.png" in str(each.value) for each in said)
    assert not any("<img" in each.proto.body for each in page.get("html"))
    assert not any("leak.png" in each.label for each in [*page.button, *page.toggle])


def test_an_instruction_shows_what_grounded_it_and_the_proposers_prompt(page, store, reviewed):
    ref = instruction(store, reviewed, 1)
    more = f"proposals.instruction.{ref.predictor}.{ref.id}.more"
    page.pills(key=more).set_value("Prompt and reply").run()
    assert any("Propose an instruction. TIP: " in each.value for each in page.code)
    page.pills(key=more).set_value("What grounded it").run()
    assert not page.exception
    assert len([each for each in page.caption if "In the prompt" in each.value]) == 3


def test_near_duplicates_are_marked(page):
    badges = [each.value for each in page.markdown if "Nearly the same as" in each.value]
    assert len(badges) == 2


def test_effect_and_results_are_shown_once_the_search_runs(open_page, store):
    run_id, _, _ = run_log.iris_run(store, "search")
    ref, known = instruction(store, run_id, 0), state(store, run_id)
    effect = LevelEffect(
        predictor=ref.predictor, part="instruction", id=ref.id, mean=0.021, sd=0.01
    )
    belief = Belief(recommended=known.baseline, near_best=0.5, effects=(effect,))
    snapshot = run_log.snapshot(known).model_copy(update={"belief": belief})
    store.put_snapshot(run_id, snapshot)
    page = open_page("proposals", run=run_id)
    said = [each.value for each in page.caption]
    assert any(each.startswith("Effect +2.1 points (90 %: +0.5 to +3.7), n = ") for each in said)


def test_demo_sets_show_every_demo_with_its_trace_and_score(page, store, reviewed):
    page.segmented_control(key="proposals.section").set_value("Demo sets").run()
    assert headings(page) == [f"Demo set {number}" for number in range(4)]
    page.toggle[1].set_value(True).run()
    assert not page.exception
    said = [each.value for each in page.caption]
    assert any("as the teacher answered, score 100.0 %" in each for each in said)
    next(each for each in page.toggle if each.label == "What the teacher did").set_value(True)
    page.run()
    assert not page.exception
    assert any("Answered" in each.value for each in page.caption)


def test_a_demo_is_removed_and_another_corrected_in_a_new_set(page, store, reviewed):
    name = predictor(store, reviewed)
    before = list(state(store, reviewed).demo_sets[name].values())[2]
    page.segmented_control(key="proposals.section").set_value("Demo sets").run()
    page.button(key=f"proposals.demo_set.{name}.{before.id}.edit").click().run()
    keep = [each for each in page.toggle if each.label == "Keep it"]
    assert len(keep) == len(before.demos)
    keep[0].set_value(False).run()
    answers = [
        each for each in page.text_input if each.value in ("setosa", "versicolor", "virginica")
    ]
    answers[1].set_value("a rose").run()
    button(page, "Save as a new set").click().run()
    assert not page.exception
    (added,) = decided(store, reviewed)
    assert added.parent == before.id
    assert added.demos == ({**before.demos[1], "answer": "a rose"}, *before.demos[2:])
    assert headings(page)[-1] == "Demo set 4"


def test_an_empty_demo_set_is_refused(page, store, reviewed):
    page.segmented_control(key="proposals.section").set_value("Demo sets").run()
    button(page, "Make a demo set").click().run()
    assert page.dataframe[-1].value["Source"].iloc[0] == "trace"
    button(page, "Save as a new set").click().run()
    assert not page.exception
    assert any("a demo set has 1 to" in each for each in texts(page))
    assert not decided(store, reviewed)


def test_an_ended_run_keeps_what_is_written_and_says_when_it_is_tried(open_page, store):
    run_id, _, _ = run_log.iris_run(store)
    page = open_page("proposals", run=run_id)
    assert any("tried when the run is reopened or branched" in each.value for each in page.info)
    button(page, "Write one").click().run()
    field(page, "Instruction").set_value("Mine alone.").run()
    button(page, "Save").click().run()
    assert not page.exception
    assert [each.kind for each in decided(store, run_id)] == ["instruction_added", "choice_pinned"]


@starts_a_worker
@pytest.mark.usefixtures("stop_workers")
def test_asking_an_ended_run_for_proposals_takes_it_up_again(open_page, store):
    run_id, _, _ = run_log.iris_run(store)
    page = open_page("proposals", run=run_id)
    button(page, "Propose more").click().run()
    assert any("The run has ended: asking starts its worker" in each.value for each in page.caption)
    field(page, "Learn from what was tried").set_value(True).run()
    button(page, "Ask for 3 proposals").click().run()
    assert not page.exception
    asked, reopened = decided(store, run_id)[:2]
    assert asked.learn
    assert reopened.kind == "reopened"


def test_a_long_list_has_pages_that_do_not_share_a_card(open_page, store):
    config = run_log.iris_config(store, run_log.Plan(instructions=11))
    run_id = store.create(config)
    run_log.append(
        store, run_id, run_log.until(run_log.log(run_log.Plan(instructions=11)), "propose")
    )
    page = open_page("proposals", run=run_id)
    first = headings(page)
    assert first == [f"Instruction {number}" for number in range(8)]
    page.get("pagination")[0].set_value(2).run()
    assert not page.exception
    assert headings(page) == [f"Instruction {number}" for number in (8, 9, 10)]


def test_leaving_the_page_closes_its_dialog(page):
    button(page, "Write one").click().run()
    assert "Save" in labels(page)
    page.switch_page("views/home.py").run()
    page.switch_page("views/proposals.py").run()
    assert "Save" not in labels(page)
