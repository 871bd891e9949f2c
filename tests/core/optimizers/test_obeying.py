"""Every optimizer obeys what people decide while it runs."""

import itertools

import optuna
import pytest

from core.optimizers.actions import Propose, ProposeSet
from core.optimizers.family import build
from core.programs.candidate import NO_DEMOS, Candidate, Choice, ChoiceRef, instruction_id
from core.runs import decisions as de
from core.runs import events as ev
from core.runs.choices import is_permitted
from core.runs.remaining import remaining_calls
from core.runs.scores import val_scores
from core.search.family import FAMILY
from tests.known_optimum import Fold, made_up_config, made_up_task

EVERY = list(FAMILY)
IN_ROUNDS = [name for name, info in FAMILY.items() if info.shape.in_rounds]
POOLED = [name for name, info in FAMILY.items() if info.shape.proposals == "before"]
SEARCHED = ("minibatch", "full")


@pytest.fixture(autouse=True)
def _quiet():
    optuna.logging.set_verbosity(optuna.logging.WARNING)


def fold(optimizer, *people, task=None, numbers=None, changes=None, **settings):
    task = task or made_up_task()
    numbers = {"trials": 8, "full_every": 3, **(numbers or {})}
    config = made_up_config(optimizer=optimizer, **numbers)
    config = config.model_copy(update=changes or {})
    return Fold(policy=build(task, config), task=task, people=people, **settings), config


def finished(optimizer, *people, **settings):
    run, _ = fold(optimizer, *people, **settings)
    run.run()
    assert run.state.status == "finished", run.state.message
    assert len(run.decided) == len(people)
    return run


def once(condition, decide):
    """Somebody who decides as soon as the condition holds."""
    return lambda state: decide(state) if condition(state) else None


def searching(trials=0):
    """In the search, after so many trials of its own."""

    def condition(state):
        own = [t for t in state.trials.values() if t.purpose in SEARCHED and t.asked_by is None]
        return state.phase == "search" and len(own) >= trials

    return condition


def started_since(run, decision):
    """Trials of the search begun after the decision."""
    at = next(place for place, each in enumerate(run.events) if each == decision)
    return [
        each
        for each in run.events[at:]
        if isinstance(each, ev.TrialStarted) and each.purpose in SEARCHED
    ]


def cancelled(run):
    return [e for e in run.events if isinstance(e, ev.TrialFinished) and e.cancelled]


def news_of(state):
    """What the newest trial has and the baseline has not."""
    newest = state.candidates[state.trials[max(state.trials)].candidate]
    return next(ref for ref in newest.refs if ref not in state.candidates[state.baseline].refs)


def differs(state):
    newest = state.candidates[state.trials[max(state.trials)].candidate]
    return set(newest.refs) - set(state.candidates[state.baseline].refs)


def written(predictor="part0", text="Written by Ada."):
    return de.InstructionAdded(
        by="Ada", predictor=predictor, id=instruction_id(text), text=text, parent=None
    )


def instruction(id_, predictor="part0"):
    return ChoiceRef(predictor=predictor, part="instruction", id=id_)


ADAS = instruction(written().id)
ADD = once(searching(2), lambda state: written())


def with_adas(state):
    """The program as given with Ada's instruction."""
    return state.candidates[state.baseline].changed(ADAS)


# Rejected choices


@pytest.mark.parametrize("concurrency", [1, 6])
@pytest.mark.parametrize("optimizer", EVERY)
def test_a_rejected_choice_is_never_started_again_and_never_recommended(optimizer, concurrency):
    run = finished(
        optimizer,
        once(
            lambda state: searching(3)(state) and differs(state),
            lambda state: de.ChoiceRejected(by="Ada", choice=news_of(state)),
        ),
        concurrency=concurrency,
    )
    (rejected,) = run.decided
    later = started_since(run, rejected)
    assert later or optimizer in ("mipro", "zero_shot_mipro", "bayesian_bootstrap")
    assert not any(rejected.choice in trial.candidate.refs for trial in later)
    assert rejected.choice not in run.state.candidates[run.state.best].refs
    assert max(run.scored.values()) == 1


@pytest.mark.parametrize("optimizer", EVERY)
def test_an_open_trial_of_a_rejected_choice_is_closed_with_what_it_has(optimizer):
    def half_way(state):
        return searching(2)(state) and any(
            0 < trial.scored < len(trial.examples) - 1
            and trial.purpose in SEARCHED
            and set(state.candidates[trial.candidate].refs)
            - set(state.candidates[state.baseline].refs)
            for trial in state.open_trials.values()
        )

    def reject(state):
        trial = list(state.open_trials.values())[-1]
        baseline = state.candidates[state.baseline].refs
        ref = next(r for r in state.candidates[trial.candidate].refs if r not in baseline)
        return de.ChoiceRejected(by="Ada", choice=ref)

    run = finished(optimizer, once(half_way, reject))
    (end,) = cancelled(run)
    trial = run.state.trials[end.number]
    had = [
        each.score
        for each in run.events
        if isinstance(each, ev.ExampleScored) and each.trial == trial.number
    ]
    assert end.n < len(trial.examples)
    assert len(had) - end.n in (0, 1)  # what was in flight came in afterwards and is kept
    assert trial.candidate not in run.state.fully_evaluated
    assert end.mean is None or 0.0 <= end.mean <= 1.0
    if optimizer in ("mipro_tpe", "random_search"):  # what was cut short was no trial of the 8
        own = [each for each in run.state.trials.values() if each.purpose == "minibatch"]
        assert sum(not each.cancelled for each in own) == 8


@pytest.mark.parametrize("optimizer", EVERY)
def test_the_baseline_is_evaluated_even_when_its_instruction_is_rejected(optimizer):
    run = finished(
        optimizer,
        once(
            lambda state: state.baseline is not None,
            lambda state: de.ChoiceRejected(
                by="Ada", choice=instruction(next(iter(state.instructions["part0"])))
            ),
        ),
    )
    assert len(val_scores(run.state, run.state.baseline)) == 20
    others = set(run.state.fully_evaluated) - {run.state.baseline}
    assert (run.state.best == run.state.baseline) == (not others)
    for trial in started_since(run, run.decided[0]):
        assert run.decided[0].choice not in trial.candidate.refs


@pytest.mark.parametrize("optimizer", [name for name in EVERY if name not in IN_ROUNDS])
def test_when_everything_is_rejected_the_search_ends_with_the_baseline(optimizer):
    def reject_next(state):
        choices = [
            instruction(id_, name) for name, own in state.instructions.items() for id_ in own
        ]
        left = [ref for ref in choices if not state.steering.is_rejected(ref)]
        return de.ChoiceRejected(by="Ada", choice=left[0]) if left and searching()(state) else None

    run, _ = fold(optimizer, *[reject_next] * 8, numbers={"instructions": 4})
    run.run()
    assert run.state.status == "finished"
    assert run.state.best == run.state.baseline


@pytest.mark.parametrize("optimizer", POOLED)
def test_a_choice_that_is_restored_may_be_chosen_again(optimizer):
    def of_second(state):
        return instruction(list(state.instructions["part0"])[2])

    run = finished(
        optimizer,
        once(searching(), lambda state: de.ChoiceRejected(by="Ada", choice=of_second(state))),
        once(searching(4), lambda state: de.ChoiceRestored(by="Bob", choice=of_second(state))),
        numbers={"trials": 30},
    )
    rejected, restored = run.decided
    before = started_since(run, rejected)[: -len(started_since(run, restored))]
    assert not any(rejected.choice in trial.candidate.refs for trial in before)
    after = started_since(run, restored)
    assert any(rejected.choice in trial.candidate.refs for trial in after)


@pytest.mark.parametrize("optimizer", [n for n in EVERY if n != "bootstrap_random_search"])
def test_when_the_best_is_rejected_in_the_end_the_next_best_is_evaluated_fully(optimizer):
    """Not in the baseline's favour, which alone would be left."""

    def leads(state):
        others = [each for each in state.fully_evaluated if each != state.baseline]
        return state.phase == "search" and others and not state.open_trials

    def reject(state):
        leader = next(each for each in state.fully_evaluated if each != state.baseline)
        baseline = state.candidates[state.baseline].refs
        ref = next(ref for ref in state.candidates[leader].refs if ref not in baseline)
        return de.ChoiceRejected(by="Ada", choice=ref)

    numbers = {"trials": 12, "full_every": 12}
    run = finished(optimizer, once(leads, reject), numbers=numbers, quality=hard)
    assert run.state.best != run.state.baseline or len(run.state.fully_evaluated) > 2
    assert run.decided[0].choice not in run.state.candidates[run.state.best].refs


# Queued candidates and pinned choices


@pytest.mark.parametrize("optimizer", EVERY)
def test_a_queued_candidate_goes_first_and_counts_for_nothing_in_the_budget(optimizer):
    def queue(state):
        return de.CandidateQueued(by="Bob", candidate=with_adas(state))

    run = finished(optimizer, ADD, once(searching(2), queue), quality=hard)
    first = started_since(run, run.decided[1])[0]
    assert first.candidate == run.decided[1].candidate
    assert (first.purpose, first.asked_by) == ("full", "Bob")
    assert "Bob queued this candidate" in first.reason
    assert first.candidate.id in run.state.fully_evaluated
    alone = finished(optimizer, quality=hard)
    if not FAMILY[optimizer].shape.adaptive:
        own = [t for t in run.state.trials.values() if t.asked_by is None]
        assert len(own) == len(alone.state.trials)
    else:
        assert len(run.scored) >= len(alone.scored)


@pytest.mark.parametrize("optimizer", EVERY)
def test_a_queued_candidate_gets_as_many_examples_as_were_wanted(optimizer):
    def queue(state):
        return de.CandidateQueued(by="Bob", candidate=with_adas(state), examples=7)

    run = finished(optimizer, ADD, once(searching(2), queue))
    first = started_since(run, run.decided[1])[0]
    assert (first.purpose, len(first.examples)) == ("minibatch", 7)
    assert set(first.examples) <= set(val_scores(run.state, first.candidate.id))


def test_a_queued_candidate_that_is_banned_is_evaluated_all_the_same():
    banned = once(searching(1), lambda s: de.CombinationBanned(by="Ada", choices=with_adas(s).refs))
    queue = once(searching(1), lambda s: de.CandidateQueued(by="Bob", candidate=with_adas(s)))
    run = finished("mipro_tpe", ADD, banned, queue)
    assert run.decided[2].candidate.id in run.state.fully_evaluated


def test_a_queued_candidate_that_is_then_rejected_is_ended_at_once():
    queue = once(searching(2), lambda s: de.CandidateQueued(by="Bob", candidate=with_adas(s)))
    reject = once(
        lambda s: any(t.asked_by and t.scored > 2 for t in s.open_trials.values()),
        lambda s: de.ChoiceRejected(by="Ada", choice=ADAS),
    )
    run = finished("mipro_tpe", ADD, queue, reject)
    (end,) = cancelled(run)
    assert run.state.trials[end.number].asked_by == "Bob"
    assert started_since(run, run.decided[2])
    assert not any(ADAS in each.candidate.refs for each in started_since(run, run.decided[2]))


def test_a_queued_candidate_that_nobody_wants_any_more_is_ended_at_once():
    queue = once(searching(2), lambda s: de.CandidateQueued(by="Bob", candidate=with_adas(s)))
    undo = once(
        lambda s: any(t.asked_by and t.scored > 2 for t in s.open_trials.values()),
        lambda s: de.CandidateUnqueued(by="Bob", candidate=with_adas(s).id),
    )
    run = finished("mipro_tpe", ADD, queue, undo)
    (end,) = cancelled(run)
    assert 2 < end.n < 20


@pytest.mark.parametrize("concurrency", [1, 8])
@pytest.mark.parametrize("optimizer", EVERY)
def test_a_pinned_choice_is_tried_by_every_optimizer(optimizer, concurrency):
    pin = once(searching(2), lambda state: de.ChoicePinned(by="Ada", choice=ADAS))
    run = finished(optimizer, ADD, pin, concurrency=concurrency)
    first = started_since(run, run.decided[1])[0]
    assert ADAS in first.candidate.refs
    assert first.asked_by == "Ada"
    assert len(val_scores(run.state, first.candidate.id)) >= 10
    asked = [t for t in run.state.trials.values() if t.asked_by == "Ada"]
    assert len(asked) == 1


@pytest.mark.parametrize("optimizer", EVERY)
def test_a_demo_set_that_a_person_made_can_be_pinned(optimizer):
    demos = ({"question": "q", "reasoning": "r", "answer": "a"},)
    add = once(
        searching(1),
        lambda state: de.DemoSetAdded(by="Ada", predictor="part0", id="dAda", demos=demos),
    )
    ref = ChoiceRef(predictor="part0", part="demo_set", id="dAda")
    run = finished(
        optimizer, add, once(searching(1), lambda s: de.ChoicePinned(by="A", choice=ref))
    )
    tried = [c for c, each in run.state.candidates.items() if ref in each.refs]
    assert any(len(val_scores(run.state, c)) >= 10 for c in tried)


def test_a_pinned_choice_that_has_had_a_block_is_not_tried_again():
    def pin_known(state):
        known = [c for c, own in state.results.items() if len(own) >= 10 and c != state.baseline]
        if not known:
            return None
        return de.ChoicePinned(by="Ada", choice=state.candidates[known[0]].refs[0])

    run = finished("mipro_tpe", pin_known, numbers={"minibatch": 10})
    assert all(trial.asked_by is None for trial in run.state.trials.values())


def test_a_pinned_choice_that_is_rejected_is_not_tried():
    pin = once(searching(2), lambda state: de.ChoicePinned(by="Ada", choice=ADAS))
    reject = once(searching(2), lambda state: de.ChoiceRejected(by="Bob", choice=ADAS))
    run = finished("mipro_tpe", ADD, reject, pin)
    assert not any(ADAS in candidate.refs for candidate in run.state.candidates.values())


@pytest.mark.parametrize("optimizer", POOLED)
def test_an_instruction_that_a_person_adds_joins_the_pool(optimizer):
    run = finished(optimizer, ADD, numbers={"trials": 40})
    if FAMILY[optimizer].shape.instructions:
        assert any(ADAS in candidate.refs for candidate in run.state.candidates.values())


# Frozen choices, banned combinations, locked texts


@pytest.mark.parametrize("optimizer", EVERY)
def test_a_frozen_instruction_is_the_only_one_chosen_and_no_other_is_asked_for(optimizer):
    freeze = once(searching(2), lambda state: de.ChoiceFrozen(by="Ada", choice=ADAS))
    run = finished(optimizer, ADD, freeze, numbers={"trials": 14})
    later = started_since(run, run.decided[1])
    assert later
    assert all(ADAS in trial.candidate.refs for trial in later)
    asked = [a for a in run.asked if isinstance(a, Propose | ProposeSet) and a.round is not None]
    opened = [r for r in run.state.rounds.values() if "part0" in r.predictors]
    assert len(
        {a.round for a in asked if isinstance(a, Propose) and a.predictor == "part0"}
    ) <= len(opened)
    if optimizer in IN_ROUNDS:
        assert len(opened) < len(run.state.rounds)
    assert ADAS in run.state.candidates[run.state.best].refs


@pytest.mark.parametrize("optimizer", IN_ROUNDS)
def test_with_every_instruction_frozen_no_proposal_is_asked_for(optimizer):
    def freeze(name):
        return once(
            searching(2),
            lambda state: de.ChoiceFrozen(
                by="Ada", choice=instruction(next(iter(state.instructions[name])), name)
            ),
        )

    run = finished(optimizer, freeze("part0"), freeze("part1"), numbers={"trials": 10})
    last = next(p for p, each in enumerate(run.events) if each == run.decided[1])
    rounds = [e for e in run.events[last:] if isinstance(e, ev.RoundStarted)]
    assert all(each.predictors == () for each in rounds)
    assert bool(rounds) == (optimizer == "mipro_plus_plus")
    for trial in started_since(run, run.decided[1]):
        own = {choice.instruction for choice in trial.candidate.choices.values()}
        assert own == {next(iter(run.state.instructions[name])) for name in ("part0", "part1")}


def test_the_pool_leaves_out_proposals_for_a_frozen_instruction():
    freeze = once(
        lambda state: bool(state.instructions),
        lambda state: de.ChoiceFrozen(
            by="Ada", choice=instruction(next(iter(state.instructions["part0"])))
        ),
    )
    run = finished("mipro_tpe", freeze)
    assert {a.predictor for a in run.asked if isinstance(a, Propose)} == {"part1"}


@pytest.mark.parametrize("optimizer", [n for n, i in FAMILY.items() if i.shape.demos])
def test_a_frozen_demo_set_is_the_only_one_chosen(optimizer):
    def freeze(state):
        last = list(state.demo_sets["part0"])[-1]
        return de.ChoiceFrozen(
            by="Ada", choice=ChoiceRef(predictor="part0", part="demo_set", id=last)
        )

    run = finished(optimizer, once(searching(), freeze))
    later = started_since(run, run.decided[0])
    assert later
    assert all(run.decided[0].choice in trial.candidate.refs for trial in later)


@pytest.mark.parametrize("optimizer", EVERY)
def test_a_released_choice_is_free_again(optimizer):
    freeze = once(searching(1), lambda state: de.ChoiceFrozen(by="Ada", choice=ADAS))
    release = once(
        searching(3),
        lambda state: de.ChoiceReleased(by="Ada", predictor="part0", part="instruction"),
    )
    add = once(searching(1), lambda state: written())
    run = finished(optimizer, add, freeze, release, numbers={"trials": 20})
    later = started_since(run, run.decided[2])
    assert any(ADAS not in trial.candidate.refs for trial in later)


@pytest.mark.parametrize("optimizer", EVERY)
def test_a_banned_combination_is_never_started(optimizer):
    def ban(state):
        chosen = sorted(differs(state), key=lambda ref: ref.id)[:2]
        return de.CombinationBanned(by="Ada", choices=tuple(chosen))

    run = finished(
        optimizer,
        once(lambda s: searching(2)(s) and len(differs(s)) > 1, ban)
        if optimizer != "coordinate_opro"
        else once(lambda s: searching(2)(s) and differs(s), ban),
        numbers={"trials": 16},
    )
    banned = set(run.decided[0].choices)
    for trial in started_since(run, run.decided[0]):
        assert not banned <= set(trial.candidate.refs)
    assert not banned <= set(run.state.candidates[run.state.best].refs)


@pytest.mark.parametrize("optimizer", EVERY)
def test_no_candidate_without_a_locked_text_is_ever_started(optimizer):
    task = made_up_task(locks={"part0": ("part 0",)})

    def wording(action):
        kept = "part 0" if action.index % 2 else "something"
        return f"Instruction {action.index} for {kept} of {action.predictor}."

    run = finished(optimizer, task=task, wording=wording)
    (seq, lock), *_ = run.state.steering.decisions
    assert (lock.by, lock.spans) == ("settings", ("part 0",))
    assert seq < 8
    for candidate in run.state.candidates.values():
        text = run.state.instructions["part0"][candidate.choices["part0"].instruction].text
        assert "part 0" in text


# Requested proposals


def requested(**said):
    return de.ProposalsRequested(by="Ada", predictor="part1", **said)


@pytest.mark.parametrize("optimizer", EVERY)
def test_requested_proposals_are_asked_for_in_every_optimizer_and_join_the_others(optimizer):
    ask = once(
        searching(1),
        lambda s: requested(count=3, hint="Be kind.", tip="simple", temperature=1.2, learn=True),
    )
    run = finished(optimizer, ask)
    asked = [a for a in run.asked if isinstance(a, Propose) and a.request == 0]
    assert len({action.key for action in asked}) == len(asked) == 3
    for action in asked:
        assert (action.predictor, action.tip, action.settings.tip) == ("part1", "simple", "simple")
        assert action.settings.hint == "Be kind."
        assert action.settings.temperature == 1.2
        assert action.settings.history
        assert action.settings.mistakes
    came = [i for i in run.state.instructions["part1"].values() if i.request == 0]
    assert len(came) == 3


@pytest.mark.parametrize("optimizer", EVERY)
def test_proposals_asked_for_in_the_last_moment_are_still_there_when_the_run_ends(optimizer):
    run = finished(optimizer, once(lambda s: s.phase == "test", lambda s: requested(count=2)))
    came = [i for i in run.state.instructions["part1"].values() if i.request == 0]
    assert len(came) == 2


def test_a_second_request_has_numbers_of_its_own():
    ask = once(searching(1), lambda s: requested(count=2))
    run = finished("module_opro", ask, ask)
    indices = [a.index for a in run.asked if isinstance(a, Propose) and a.request is not None]
    assert len(set(indices)) == 4
    assert min(indices) > 50_001  # above any round


def test_a_request_for_no_predictor_of_the_program_is_passed_over():
    ask = once(searching(1), lambda s: de.ProposalsRequested(by="Ada", predictor="nobody"))
    assert finished("mipro_tpe", ask).state.status == "finished"


# The review


@pytest.mark.parametrize("optimizer", EVERY)
def test_nothing_is_started_during_review_except_requested_proposals(optimizer):
    ask = once(lambda s: s.phase == "review", lambda s: requested(count=2))
    run, config = fold(optimizer, ask, changes={"review": True}, concurrency=4)
    run.run()
    assert (run.state.status, run.state.phase) == ("running", "review")
    trials = [trial.purpose for trial in run.state.trials.values()]
    assert trials == ["baseline"]
    assert run.state.rounds == {}
    entered = next(
        place
        for place, each in enumerate(run.events)
        if isinstance(each, ev.PhaseChanged) and each.phase == "review"
    )
    kinds = {each.kind for each in run.events[entered + 1 :]}
    assert kinds <= {
        "proposals_requested",
        "instruction_proposed",
        "example_scored",
        "trial_finished",
    }
    assert len([i for i in run.state.instructions["part1"].values() if i.request == 0]) == 2
    run.append([de.ReviewApproved(by="Ada")])
    run.run()
    assert run.state.status == "finished"
    phases = [each.phase for each in run.events if isinstance(each, ev.PhaseChanged)]
    assert phases == ["bootstrap", "propose", "review", "search", "test"]


def test_what_is_rejected_in_the_review_is_never_tried():
    reject = once(
        lambda s: s.phase == "review",
        lambda s: de.ChoiceRejected(by="Ada", choice=instruction(list(s.instructions["part0"])[2])),
    )
    approve = once(lambda s: s.phase == "review", lambda s: de.ReviewApproved(by="Ada"))
    run = finished("mipro_tpe", reject, approve, changes={"review": True}, numbers={"trials": 30})
    used = {ref for candidate in run.state.candidates.values() for ref in candidate.refs}
    assert run.decided[0].choice not in used


def test_a_review_that_was_approved_beforehand_holds_nothing_up():
    approve = once(lambda s: s.phase == "bootstrap", lambda s: de.ReviewApproved(by="Ada"))
    run = finished("mipro_tpe", approve, changes={"review": True})
    assert "review" not in [e.phase for e in run.events if isinstance(e, ev.PhaseChanged)]


def test_the_wait_for_a_review_is_no_time_at_work():
    run, _ = fold("mipro_tpe", changes={"review": True})
    run.run()
    assert run.state.elapsed(run.state.last_event_at + 1e6) == run.state.elapsed(0.0)


# The budget


@pytest.mark.parametrize("optimizer", EVERY)
def test_a_raised_budget_is_searched_and_a_lowered_one_ends_the_search(optimizer):
    def own(run):
        return sum(
            trial.asked_by is None and trial.purpose in SEARCHED
            for trial in run.state.trials.values()
        )

    as_planned, more, less = (
        finished(
            optimizer,
            *[once(searching(2), lambda s, n=n: de.BudgetChanged(by="Ada", trials=n))] * (n > 0),
            quality=hard,
        )
        for n in (0, 16, 3)
    )
    assert own(less) < own(as_planned) < own(more)


def hard(state, candidate):
    """Candidates that differ so much that an adaptive search does not end early."""
    return 0.1 + 0.08 * (sum(map(ord, candidate)) % 10)


@pytest.mark.parametrize("optimizer", EVERY)
def test_an_ended_run_goes_on_with_a_raised_budget_when_it_is_reopened(optimizer):
    run = finished(optimizer, quality=hard)
    before = len(run.scored)
    run.append([de.BudgetChanged(by="Ada", trials=20), de.Reopened(by="Ada"), run._started()])
    run.run()
    assert run.state.status == "finished"
    assert len(run.scored) > before
    assert max(run.scored.values()) == 1


@pytest.mark.parametrize("optimizer", EVERY)
def test_a_reopened_run_evaluates_what_is_queued_and_ends_again(optimizer):
    run = finished(optimizer)
    best = run.state.candidates[run.state.best]
    trials = dict(run.state.trials)
    own = run.state.candidates[run.state.baseline].refs
    changed = next(ref for ref in best.refs if ref not in own)
    back = next(r for r in own if (r.predictor, r.part) == (changed.predictor, changed.part))
    ablation = best.changed(back)
    if ablation.id in run.state.fully_evaluated:
        ablation = best.changed(changed.model_copy(update={"id": "i-new"}))
        run.append(
            [de.InstructionAdded(by="A", predictor=changed.predictor, id="i-new", text="New.")]
            if changed.part == "instruction"
            else [de.DemoSetAdded(by="A", predictor=changed.predictor, id="i-new", demos=({},))]
        )
    run.append([de.CandidateQueued(by="Ada", candidate=ablation), de.Reopened(by="Ada")])
    assert run.state.status == "queued"
    run.append([run._started()])
    run.run()
    assert run.state.status == "finished"
    assert set(val_scores(run.state, ablation.id)) == set(val_scores(run.state, best.id))
    new = [trial for number, trial in run.state.trials.items() if number not in trials]
    assert new[0].candidate == ablation.id
    if not FAMILY[optimizer].shape.adaptive:
        assert {trial.purpose for trial in new[1:]} <= {"test"}


def test_the_concurrency_can_be_changed_while_the_run_goes_on():
    change = once(searching(1), lambda s: de.BudgetChanged(by="Ada", concurrency=7))
    assert finished("mipro_tpe", change).most_in_flight == 7


# The cap


@pytest.mark.parametrize("optimizer", EVERY)
def test_what_is_unaffordable_under_the_cap_waits_and_the_run_still_finishes(optimizer):
    task = made_up_task()
    numbers = {"trials": 8, "full_every": 3}
    cap = task.estimate(made_up_config(optimizer=optimizer, **numbers)).least
    queue = once(searching(0), lambda s: de.CandidateQueued(by="Bob", candidate=with_adas(s)))
    run = finished(
        optimizer,
        once(searching(0), lambda state: written()),
        queue,
        once(searching(0), lambda s: requested(count=20)),
        max_calls=cap,
        numbers=numbers,
    )
    assert run.state.usage.calls <= cap
    run.append(
        [de.BudgetChanged(by="Ada", max_calls=cap + 200), de.Reopened(by="Ada"), run._started()]
    )
    run.run()
    assert run.state.status == "finished"
    assert run.decided[1].candidate.id in run.state.fully_evaluated
    assert len([i for i in run.state.instructions["part1"].values() if i.request == 0]) == 20


# Everything together


def people_with_wishes():
    """Somebody of every kind, at various times."""
    return (
        once(searching(1), lambda state: written()),
        once(searching(1), lambda state: de.ChoicePinned(by="Ada", choice=ADAS)),
        once(searching(2), lambda state: requested(count=2)),
        once(
            lambda s: searching(3)(s) and differs(s),
            lambda state: de.ChoiceRejected(by="Bob", choice=news_of(state)),
        ),
        once(searching(4), lambda s: de.CandidateQueued(by="Bob", candidate=with_adas(s))),
        once(searching(5), lambda state: de.ChoiceFrozen(by="Ada", choice=ADAS)),
        once(searching(5), lambda state: de.BudgetChanged(by="Ada", trials=10)),
    )


@pytest.mark.parametrize("optimizer", EVERY)
def test_a_steered_run_that_is_cut_anywhere_ends_as_if_nothing_had_happened(optimizer):
    task = made_up_task()
    whole, config = fold(optimizer, *people_with_wishes(), task=task)
    whole.run()
    assert whole.state.status == "finished"
    assert len(whole.decided) == 7
    for groups in [*range(1, len(whole.log), 23), len(whole.log) - 1]:
        rest = whole.resumed(groups, build(task, config))
        rest.run()
        assert rest.log == whole.log


@pytest.mark.parametrize("concurrency", [1, 16])
@pytest.mark.parametrize("optimizer", EVERY)
def test_what_is_said_to_remain_is_enough_once_all_is_decided(optimizer, concurrency):
    task = made_up_task()
    run, config = fold(optimizer, *people_with_wishes(), task=task, concurrency=concurrency)
    run.run()
    assert run.state.status == "finished"
    last = next(p for p, group in enumerate(run.log) if run.decided[-1] in group)
    ended = 2 * concurrency * bool(cancelled(run))  # in flight for a trial that was ended
    for groups in itertools.chain(range(last + 1, len(run.log), 9), [len(run.log)]):
        state = run.resumed(groups, run.policy).state
        left = remaining_calls(state, task, config, 0.0, in_flight=0).calls
        assert left + ended >= run.state.usage.calls - state.usage.calls
    assert remaining_calls(run.state, task, config, 0.0, in_flight=0).calls == 0


def test_candidates_of_the_search_are_permitted_when_they_are_started():
    run = finished("mipro_plus_plus", *people_with_wishes())
    for place, group in enumerate(run.log):
        for event in group:
            if isinstance(event, ev.TrialStarted) and event.purpose in SEARCHED:
                state = run.resumed(place, run.policy).state
                assert event.asked_by or is_permitted(state, event.candidate)


def test_a_candidate_names_what_differs():
    choice = Choice(instruction="i", demo_set=NO_DEMOS)
    candidate = Candidate(choices={"part0": choice, "part1": choice})
    assert ADAS in candidate.changed(ADAS).refs
