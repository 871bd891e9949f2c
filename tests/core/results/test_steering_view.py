import pytest

from core.lm.usage import Usage
from core.programs.candidate import ChoiceRef
from core.results.run_results import ResultsMemo, run_results
from core.runs import decisions as de
from core.runs import events as ev
from core.runs.state import RunState
from core.runs.store import Record
from core.runs.wishes import APART
from core.storage.memory import MemoryStore
from tests import run_log

PLAN = run_log.Plan()
LOG = run_log.events(PLAN, "search")


@pytest.fixture(scope="module")
def config():
    return run_log.iris_config(MemoryStore(), PLAN)


@pytest.fixture(scope="module")
def refs():
    own = run_log.state_of(LOG).instructions["answer.predict"]
    return [
        ChoiceRef(predictor="answer.predict", part="instruction", id=each.id)
        for each in own.values()
    ]


def view(config, *decisions):
    return run_results(run_log.state_of([*LOG, *decisions]), config).steering


def test_what_is_in_force_stands_by_kind(config, refs):
    found = view(
        config,
        de.ChoiceRejected(by="Ada", choice=refs[1], reason="long"),
        de.ChoiceApproved(by="Bo", choice=refs[2]),
        de.ChoicePinned(by="Ada", choice=refs[2]),
        de.ChoiceFrozen(by="Ada", choice=refs[3]),
        de.CombinationBanned(by="Bo", choices=(refs[0],)),
        de.SpansLocked(by="Ada", predictor="answer.predict", spans=("Given",)),
    )
    assert {ref: (each.approved, each.by) for ref, each in found.verdicts.items()} == {
        refs[1]: (False, "Ada"),
        refs[2]: (True, "Bo"),
    }
    assert found.pinned == {refs[2]: "Ada"}
    assert found.frozen == {("answer.predict", "instruction"): refs[3].id}
    assert found.banned == {(refs[0],): "Bo"}
    assert found.locks == {"answer.predict": ("Given",)}


def test_a_decision_says_whether_it_can_be_taken_back(config, refs):
    rejected = de.ChoiceRejected(by="Ada", choice=refs[1])
    found = view(
        config,
        de.NoteAdded(by="Ada", text="hm"),
        rejected,
        de.ChoicePinned(by="Bo", choice=refs[2]),
    )
    assert [each.undo for each in found.decisions] == ["impossible", "possible", "possible"]
    assert [each.seq for each in found.decisions] == [len(LOG) + place for place in (1, 2, 3)]
    restored = de.ChoiceRestored(by="Ada", choice=refs[1])
    after = view(config, rejected, restored)
    assert after.decisions[0].undo == "no longer in force"
    assert after.decisions[0].words == "Ada rejected instruction 1 of answer."


def test_the_queue_says_how_far_each_candidate_is(config):
    state = run_log.state_of(LOG)
    part = next(each for each, own in state.results.items() if 0 < len(own) < 40)
    found = view(
        config,
        de.CandidateQueued(by="Ada", candidate=state.candidates[part]),
        de.CandidateQueued(by="Bo", candidate=state.candidates[state.baseline], examples=12),
    )
    first, second = found.queue
    assert (first.by, first.wanted, first.had) == ("Ada", 40, len(state.results[part]))
    assert (second.by, second.wanted, second.had, second.permitted) == ("Bo", 12, 40, True)


def test_a_queued_candidate_with_a_rejected_choice_is_not_permitted(config):
    state = run_log.state_of(LOG)
    candidate = next(reversed(state.candidates.values()))
    (queued,) = view(
        config,
        de.CandidateQueued(by="Ada", candidate=candidate),
        de.ChoiceRejected(by="Bo", choice=candidate.refs[0]),
    ).queue
    assert not queued.permitted


def test_a_request_counts_what_came_of_it(config):
    asked = de.ProposalsRequested(by="Ada", predictor="ask.predict", count=2, hint="short")
    came = ev.InstructionProposed(
        predictor="ask.predict", index=99, id="i-new", text="Be short.", request=0
    )
    (request,) = view(config, asked, came).requests
    assert (request.number, request.count, request.arrived) == (0, 2, 1)
    assert (request.by, request.hint, request.learn) == ("Ada", "short", False)


def test_a_request_that_was_refused_too_often_is_awaited_no_more(config):
    asked = de.ProposalsRequested(by="Ada", predictor="ask.predict", count=2)
    refused = ev.ProposalRefused(
        task=f"propose ask.predict {APART}",
        predictor="ask.predict",
        text="Be brief.",
        reason="The locked text is missing.",
        usage=Usage(),
        seconds=0.1,
    )
    twice = view(config, asked, refused, refused)
    assert twice.requests[0].awaited == 2
    again = refused.model_copy(update={"task": f"propose ask.predict {APART + 1}"})
    given_up = view(config, asked, *[refused] * 3, *[again] * 3)
    assert given_up.requests[0].awaited == 0


def test_a_review_is_waited_for_until_somebody_approves(config):
    log = [*run_log.events(PLAN, "propose"), ev.PhaseChanged(phase="review")]
    waiting = run_results(run_log.state_of(log), config)
    assert waiting.steering.waits_for_review
    assert [each.status for each in waiting.phases] == ["done", "done", "waiting", "waiting"]
    approved = run_log.state_of([*log, de.ReviewApproved(by="Ada")])
    assert not run_results(approved, config).steering.waits_for_review


def test_the_budget_in_force_is_that_of_the_settings_until_somebody_changes_it(config):
    plain = run_results(run_log.state_of(LOG), config).budget
    assert (plain.trials, plain.concurrency, plain.max_calls) == (
        config.budget.trials, config.concurrency, None,
    )  # fmt: skip
    changed = de.BudgetChanged(by="Ada", trials=40, max_calls=900)
    results = run_results(run_log.state_of([*LOG, changed]), config)
    assert (results.budget.trials, results.budget.max_calls) == (40, 900)
    assert results.budget.concurrency == config.concurrency
    search = next(each for each in results.phases if each.phase == "search")
    assert search.total > 40


def test_decisions_in_words_are_made_once_for_each_new_one(config, refs):
    state, memo = RunState(), ResultsMemo()
    decision = de.ChoicePinned(by="Ada", choice=refs[1])
    state.fold(Record(seq, event) for seq, event in enumerate([*LOG, decision], 1))
    first = run_results(state, config, None, memo).steering.decisions
    assert run_results(state, config, None, memo).steering.decisions is first
    state.fold([Record(state.seq + 1, de.ChoiceUnpinned(by="Bo", choice=refs[1]))])
    after = run_results(state, config, None, memo).steering
    assert [each.undo for each in after.decisions] == ["no longer in force", "impossible"]
    assert [each.undo for each in first] == ["possible"]


def test_refused_proposals_and_where_the_run_came_from_are_kept(config):
    refused = ev.ProposalRefused(
        task="propose", predictor="ask.predict", text="No.", reason="lost a span", seconds=1.0,
        usage=ev.Usage(calls=1),
    )  # fmt: skip
    branched = ev.RunBranched(parent="r0", seq=10)
    results = run_results(run_log.state_of([branched, *LOG, refused]), config)
    assert [each.reason for each in results.refused] == ["lost a span"]
    assert (results.refused_count, results.branched_from) == (1, "r0")
