"""The Monitor page as somebody uses it who steers a run."""

from dataclasses import dataclass
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.evaluation.evaluator import Trace, trace_to_json
from core.programs.candidate import Candidate, ChoiceRef
from core.runs import decisions as de
from core.runs import events as ev
from core.runs.snapshot import (
    Belief,
    Considered,
    Grid,
    LevelEffect,
    Predicted,
    RunSummary,
    Snapshot,
    VarianceShare,
)
from core.runs.state import RunState
from core.worker import launcher
from dashboard import monitor_dialogs as dialogs
from dashboard import monitor_sections
from tests import run_log
from tests.dashboard.conftest import button, labels, texts

EVIL = "![x](http://127.0.0.1/leak.png) <b>no</b>"


@dataclass(frozen=True)
class Believed:
    """A stored run with a belief, and what a test needs to know of it."""

    id: str
    state: RunState
    belief: Belief
    predictor: str

    def ref(self, part: str, place: int) -> ChoiceRef:
        known = self.state.instructions if part == "instruction" else self.state.demo_sets
        return ChoiceRef(predictor=self.predictor, part=part, id=list(known[self.predictor])[place])


def untried(state: RunState, predictor: str) -> Candidate:
    base = state.candidates[state.baseline]
    for instruction in state.instructions[predictor]:
        for demo_set in state.demo_sets[predictor]:
            choice = base.choices[predictor].model_copy(
                update={"instruction": instruction, "demo_set": demo_set}
            )
            candidate = Candidate(choices={**base.choices, predictor: choice})
            if candidate.id not in state.candidates:
                return candidate
    raise AssertionError("everything was tried")


def belief_about(state: RunState, predictor: str) -> Belief:
    rows, columns = tuple(state.instructions[predictor]), tuple(state.demo_sets[predictor])
    best = state.fully_evaluated[-1]
    spread = tuple(tuple(0.05 for _ in columns) for _ in rows)
    return Belief(
        recommended=best,
        near_best=0.62,
        probability_best={best: 0.6, state.baseline: 0.1},
        effects=tuple(
            LevelEffect(predictor=predictor, part=part, id=id_, mean=0.01 * place, sd=0.01)
            for part, ids in (("instruction", rows), ("demo_set", columns))
            for place, id_ in enumerate(ids)
        ),
        shares=(
            VarianceShare(predictor=predictor, part="instruction", share=0.5),
            VarianceShare(predictor=predictor, part="demo_set", share=0.3),
        ),
        interactions=0.15,
        remainder=0.05,
        grids=(
            Grid(
                predictor=predictor,
                instructions=rows,
                demo_sets=columns,
                mean=tuple(tuple(0.5 + 0.01 * c for c in range(len(columns))) for _ in rows),
                sd=spread,
                complete=True,
            ),
        ),
        considered=(
            Considered(candidate=untried(state, predictor), predicted=Predicted(0.9, 0.05)),
        ),
        reason=f"It may be the best. {EVIL}",
    )


@pytest.fixture
def believed(store, monkeypatch) -> Believed:
    """A run in its search with a worker that lives; no other one is started."""
    monkeypatch.setattr(launcher, "start", lambda *_, **__: None)
    return stored(store, "search")


def stored(store, upto: str) -> Believed:
    run_id, _, _ = run_log.iris_run(store, upto)
    state = run_log.replay(store, run_id)
    predictor = state.predictors[0].name
    belief = belief_about(state, predictor)
    plain = run_log.snapshot(state)
    snapshot = Snapshot(
        seq=state.seq,
        summary=RunSummary(status=state.status),
        predictions=plain.predictions,
        belief=belief,
        remaining_calls=100,
    )
    store.put_snapshot(run_id, snapshot)
    if upto != "end":
        store.claim(run_id, "a test", stale_after=10)
    return Believed(run_id, state, belief, predictor)


def decided(store, run_id: str, kind: str) -> list[Any]:
    return [each.event for each in store.since(run_id, 0) if each.event.kind == kind]


def section(page: AppTest, name: str) -> AppTest:
    page.segmented_control(key="monitor.section").set_value(name).run()
    assert not page.exception, page.exception
    return page


def with_dialog(page: AppTest, run: str, dialog: object) -> AppTest:
    page.session_state["monitor.dialog"] = (run, dialog)
    page.run()
    assert not page.exception, page.exception
    return page


@pytest.mark.parametrize("name", monitor_sections.SECTIONS)
@pytest.mark.parametrize("upto", ["bootstrap", "search", "end"])
def test_every_section_is_drawn_at_every_stage_without_markup_of_people(
    open_page, store, name, upto
):
    if upto == "bootstrap":
        run_id, _, _ = run_log.iris_run(store, upto)
    else:
        run_id = stored(store, upto).id
    page = section(open_page("monitor", run=run_id), name)
    drawn = [*page.markdown, *page.caption, *page.subheader, *page.info, *page.warning]
    assert not any("leak.png" in each.value or "![image]" in each.value for each in drawn)


@pytest.mark.parametrize("name", monitor_sections.SECTIONS)
def test_every_section_has_an_empty_state(open_page, store, name):
    run_id = store.create(run_log.iris_config(store))
    section(open_page("monitor", run=run_id), name)


def test_candidates_that_were_only_considered_are_listed_and_marked(open_page, store, believed):
    table = open_page("monitor", run=believed.id).dataframe[0].value
    marked = table[table["Standing"] == "considered"]
    assert len(marked) == 1
    assert marked["n"].tolist() == [0]
    assert marked["Predicted"].tolist() == [pytest.approx(90.0)]


def test_a_candidate_is_queued_from_its_dialog_on_some_examples(open_page, store, believed):
    wanted = believed.belief.considered[0].candidate
    page = open_page("monitor", run=believed.id)
    with_dialog(page, believed.id, dialogs.CandidateDialog(candidate=wanted))
    assert "Observed: never tried" in [each.value for each in page.caption]
    page.radio[0].set_value(False).run()
    number = next(each for each in page.number_input if each.label == "How many")
    number.set_value(7).run()
    button(page, "Queue it").click().run()
    assert not page.exception
    (wish,) = decided(store, believed.id, "candidate_queued")
    assert (wish.candidate, wish.examples) == (wanted, 7)
    assert any(each.startswith("Queued: ") for each in texts(page))
    assert page.session_state["monitor.dialog"] is None


def test_what_was_just_decided_is_taken_back_with_one_click(open_page, store, believed):
    wanted = believed.belief.considered[0].candidate
    page = open_page("monitor", run=believed.id)
    with_dialog(page, believed.id, dialogs.CandidateDialog(candidate=wanted))
    button(page, "Queue it").click().run()
    button(page, "Undo").click().run()
    (undone,) = decided(store, believed.id, "candidate_unqueued")
    assert undone.candidate == wanted.id


def test_a_pair_of_choices_is_banned_or_frozen_from_its_cell(open_page, store, believed):
    pair = believed.state.candidates[believed.state.baseline]
    dialog = dialogs.CandidateDialog(candidate=pair, predictor=believed.predictor)
    page = open_page("monitor", run=believed.id)
    with_dialog(page, believed.id, dialog)
    button(page, "Ban them together").click().run()
    (banned,) = decided(store, believed.id, "combination_banned")
    assert set(banned.choices) == set(pair.refs)
    with_dialog(page, believed.id, dialog)
    name = next(each for each in labels(page) if each.startswith("Freeze instruction 0"))
    button(page, name).click().run()
    (frozen,) = decided(store, believed.id, "choice_frozen")
    assert frozen.choice == believed.ref("instruction", 0)
    with_dialog(page, believed.id, dialog)
    name = next(each for each in labels(page) if each.startswith("Release instruction 0"))
    button(page, name).click().run()
    assert len(decided(store, believed.id, "choice_released")) == 1


def test_a_cell_can_be_opened_without_a_mouse(open_page, store, believed):
    page = section(open_page("monitor", run=believed.id), "Surrogate")
    button(page, "Open this pair").click().run()
    assert not page.exception
    assert "Queue it" in labels(page)


def test_what_cannot_be_queued_says_so_and_why(open_page, store, believed):
    wanted = believed.belief.considered[0].candidate
    store.append(believed.id, [de.ChoiceRejected(by="ada", choice=wanted.refs[0])])
    store.append(believed.id, [de.ChoiceRejected(by="ada", choice=wanted.refs[1])])
    page = open_page("monitor", run=believed.id)
    with_dialog(page, believed.id, dialogs.CandidateDialog(candidate=wanted))
    assert "Queue it" not in labels(page)
    assert any("rejected" in each for each in texts(page))


def test_an_ablation_is_measured_with_one_click_and_an_ended_run_goes_on_for_it(
    open_page, store, monkeypatch
):
    monkeypatch.setattr(launcher, "start", lambda *_, **__: None)
    run = stored(store, "end")
    page = section(open_page("monitor", run=run.id), "Credit")
    measure = next(each for each in page.button if each.label == "Measure")
    measure.click().run()
    assert not page.exception
    (wish,) = decided(store, run.id, "candidate_queued")
    assert len(decided(store, run.id, "reopened")) == 1
    best = run.state.candidates[run.state.best]
    assert wish.candidate.id != best.id
    assert set(wish.candidate.refs) & set(best.refs) or len(best.refs) == 2


def test_bounds_are_changed_by_what_is_filled_in_and_nothing_else(open_page, store, believed):
    page = section(open_page("monitor", run=believed.id), "Money")
    trials = next(each for each in page.number_input if each.label == "Trials in all")
    assert trials.value is None
    trials.set_value(50)
    button(page, "Change").click().run()
    (changed,) = decided(store, believed.id, "budget_changed")
    assert (changed.trials, changed.concurrency, changed.max_calls) == (50, None, None)
    assert any("50 trials" in each for each in texts(page))
    button(page, "Change").click().run()
    assert len(decided(store, believed.id, "budget_changed")) == 1


def test_two_people_steer_at_once_and_nothing_is_lost(open_page, store, believed):
    first, second = open_page("monitor", run=believed.id), open_page("monitor", run=believed.id)
    first.text_input(key="app.person").set_value("Ada").run()
    second.text_input(key="app.person").set_value("Bob").run()
    for page, label, value in ((first, "Trials in all", 50), (second, "In flight together", 3)):
        section(page, "Money")
        next(each for each in page.number_input if each.label == label).set_value(value)
    button(first, "Change").click().run()
    button(second, "Change").click().run()
    changes = decided(store, believed.id, "budget_changed")
    assert [(each.by, each.trials, each.concurrency) for each in changes] == [
        ("Ada", 50, None),
        ("Bob", None, 3),
    ]
    seen = texts(section(first.run(), "Decisions"))
    assert any("Bob set the budget to 3 in flight" in each for each in seen)
    assert any("Ada set the budget to 50 trials" in each for each in seen)


def test_the_log_has_the_newest_first_and_takes_each_back(open_page, store, believed):
    ref = believed.ref("instruction", 1)
    store.append(believed.id, [de.NoteAdded(by="Ada", text=EVIL)])
    store.append(believed.id, [de.ChoiceFrozen(by="Bob", choice=ref)])
    page = section(open_page("monitor", run=believed.id), "Decisions")
    said = [each for each in texts(page) if "Ada noted" in each or "Bob froze" in each]
    assert [each.split("  ")[1].split()[0] for each in said] == ["Bob", "Ada"]
    button(page, "Undo").click().run()
    assert len(decided(store, believed.id, "choice_released")) == 1
    assert "Undone or replaced" in labels(page)


def test_a_note_is_added(open_page, store, believed):
    page = section(open_page("monitor", run=believed.id), "Decisions")
    page.text_input(key="monitor.decisions.note").set_value("Look at row 7.")
    button(page, "Add").click().run()
    (note,) = decided(store, believed.id, "note_added")
    assert note.text == "Look at row 7."


def test_trials_decisions_and_failures_open_from_the_timeline(open_page, store, believed):
    store.append(believed.id, [de.NoteAdded(by="Ada", text="now")])
    seq = store.since(believed.id, 0)[-1].seq
    page = section(open_page("monitor", run=believed.id), "Timeline")
    with_dialog(page, believed.id, dialogs.TrialDialog(number=0))
    assert "Trial 0: C0" in texts(page)
    with_dialog(page, believed.id, dialogs.DecisionDialog(seq=seq))
    assert "It cannot be taken back." in texts(page)
    with_dialog(page, believed.id, dialogs.FailureDialog(place=0))
    with_dialog(page, believed.id, dialogs.TrialDialog(number=10_000))
    assert "There is no trial 10000." in texts(page)


def test_a_candidate_shows_how_the_parts_of_a_weighted_metric_came_out(open_page, store):
    plain, config, _ = run_log.iris_run(store, traces=False)
    mix = {"parts": [{"metric": "exact_match"}, {"metric": "f1", "name": EVIL}]}
    run = store.create(config.model_copy(update={"metric": "weighted", "metric_parameters": mix}))
    state = run_log.replay(store, plain)
    scored = list(state.results[state.baseline])[:4]
    traces = {
        f"eval/{state.baseline}/{example}": trace_to_json(
            Trace(outputs={}, stages=[], prompts=[], parts={"exact_match": place % 2, EVIL: 0.25})
        )
        for place, example in enumerate(scored)
    }
    store.append(run, [each.event for each in store.since(plain, 0)], traces)
    page = open_page("monitor", run=run)
    with_dialog(page, run, dialogs.CandidateDialog(candidate=state.candidates[state.baseline]))
    assert f"Parts: exact_match 50.0 % (n = 4) · {EVIL} 25.0 % (n = 4)" in texts(page)
    best = state.candidates[state.best]
    with_dialog(page, run, dialogs.CandidateDialog(candidate=best))
    assert not any(each.startswith("Parts:") for each in texts(page))  # it left no trace


def test_a_branch_begins_with_what_the_run_has_and_is_opened(open_page, store, believed):
    page = open_page("monitor", run=believed.id)
    button(page, "Branch").click().run()
    assert not page.exception
    page.text_input(key="monitor.dialog.content.branch.name").set_value("Another way")
    page.checkbox(key="monitor.dialog.content.branch.review").check()
    button(page, "Start the branch").click().run()
    assert not page.exception, page.exception
    branch = next(each for each in store.runs() if each.id != believed.id)
    assert (branch.config.name, branch.config.review) == ("Another way", True)
    events = [each.event for each in store.since(branch.id, 0)]
    assert isinstance(events[0], ev.RunBranched)
    assert page.session_state["run"] == branch.id


def test_a_branch_from_a_candidate_tries_it_first(open_page, store, believed):
    wanted = believed.belief.considered[0].candidate
    page = open_page("monitor", run=believed.id)
    with_dialog(page, believed.id, dialogs.BranchDialog(first=wanted))
    button(page, "Start the branch").click().run()
    branch = next(each for each in store.runs() if each.id != believed.id)
    (wish,) = decided(store, branch.id, "candidate_queued")
    assert wish.candidate == wanted


def test_an_ended_run_goes_on_with_more_trials(open_page, store, monkeypatch):
    started = []
    monkeypatch.setattr(launcher, "start", lambda run, *_, **__: started.append(run))
    run = stored(store, "end")
    page = open_page("monitor", run=run.id)
    button(page, "Go on").click().run()
    trials = next(each for each in page.number_input if each.label == "Trials in all")
    trials.set_value(99)
    next(each for each in reversed(page.button) if each.label == "Go on").click().run()
    assert not page.exception
    assert [each.trials for each in decided(store, run.id, "budget_changed")] == [99]
    assert len(decided(store, run.id, "reopened")) == 1
    assert started == [run.id]


def test_an_ended_run_reads_as_a_story(open_page, store):
    run = stored(store, "end")
    page = open_page("monitor", run=run.id)
    assert "**What was tried**" in [each.value for each in page.markdown]


def test_an_ended_run_in_which_nothing_improved_says_why(open_page, store):
    run_id, _, _ = run_log.iris_run(store, "propose")
    state = run_log.replay(store, run_id)
    store.append(run_id, [ev.RunFinished(best=state.baseline)])
    page = open_page("monitor", run=run_id)
    assert not page.exception, page.exception
    assert "Why did nothing improve?" in [each.value for each in page.subheader]


def test_what_is_in_force_is_said_above_the_sections(open_page, store, believed):
    wanted = believed.belief.considered[0].candidate
    store.append(believed.id, [de.ChoiceFrozen(by="Ada", choice=believed.ref("instruction", 1))])
    store.append(believed.id, [de.CandidateQueued(by="Ada", candidate=wanted, examples=12)])
    said = texts(open_page("monitor", run=believed.id))
    assert "Frozen: instruction 1 of classify." in said
    assert any(each.startswith("Queued: ") and "0 of 12 examples" in each for each in said)


def test_a_finding_about_the_threshold_offers_a_new_run_with_another_one(
    open_page, store, monkeypatch
):
    started = []
    monkeypatch.setattr(launcher, "start", lambda run, *_, **__: started.append(run))
    run = stored(store, "end")
    page = open_page("monitor", run=run.id)
    with_dialog(page, run.id, dialogs.ThresholdDialog(threshold=0.5))
    button(page, "Start it").click().run()
    assert not page.exception, page.exception
    (fresh,) = [each for each in store.runs() if each.id != run.id]
    assert (fresh.config.threshold, started) == (0.5, [fresh.id])


def test_a_decision_about_an_ended_run_reaches_whoever_looks_at_it(open_page, store):
    run = stored(store, "end")
    page = section(open_page("monitor", run=run.id), "Decisions")
    store.append(run.id, [de.NoteAdded(by="Bob", text="Well done.")])
    assert any("Bob noted: Well done." in each for each in texts(page.run()))
