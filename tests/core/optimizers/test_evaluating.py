"""Every optimizer evaluates what people ask for, while it runs and after its end."""

import itertools
from collections import Counter

import optuna
import pytest

from core.lm.outage import ATTEMPTS
from core.optimizers.actions import Repeat, Score
from core.optimizers.family import build
from core.programs.candidate import Candidate, Choice, instruction_id
from core.runs import decisions as de
from core.runs import events as ev
from core.runs.evaluations import evaluation_cost
from core.runs.remaining import remaining_calls
from core.runs.scores import best_candidate
from core.runs.undo import undoing
from core.search.family import FAMILY
from tests.known_optimum import WEATHER, Fold, made_up_config, made_up_task

EVERY = list(FAMILY)
VAL, TEST = 20, 10


@pytest.fixture(autouse=True)
def _quiet():
    optuna.logging.set_verbosity(optuna.logging.WARNING)


def fold(optimizer="mipro_tpe", *people, task=None, numbers=None, **settings):
    task = task or made_up_task(val=VAL, test=TEST)
    config = made_up_config(
        optimizer=optimizer, **{"trials": 8, "full_every": 3, **(numbers or {})}
    )
    return Fold(policy=build(task, config), task=task, people=people, **settings), config


def finished(optimizer="mipro_tpe", *people, **settings):
    run, _ = fold(optimizer, *people, **settings)
    run.run()
    assert run.state.status == "finished", run.state.message
    assert len(run.decided) == len(people)
    return run


def stopped(optimizer="mipro_tpe", events=60, **settings):
    """A run that somebody stops after so many events, with nothing in flight."""
    run, _ = fold(optimizer, **settings)
    run.run()
    run = run.resumed(events, run.policy)
    run.append([de.StopRequested(by="Ada")])
    run.append(run.policy.closing_actions(run.state))
    assert run.state.status == "stopped"
    return run


def asked(state, *candidates, part="test", **said):
    chosen = candidates or (state.baseline,)
    found = tuple(state.candidates[c] if isinstance(c, str) else c for c in chosen)
    return de.EvaluationRequested(by="Ada", candidates=found, part=part, **said)


def partly(state):
    """Candidates with some but not all validation results, those with most of them first."""
    known = [c for c, own in state.results.items() if 0 < len(own) < VAL]
    return sorted(known, key=lambda c: -len(state.results[c]))


def goes_on(run, *decisions):
    """The run after these decisions, until it ends again; its actions from then on."""
    before = len(run.asked)
    for decision in decisions:
        run.append([decision])
    run.append([run._started()])
    run.run()
    return run.asked[before:]


def once(condition, decide):
    return lambda state: decide(state) if condition(state) else None


def searching(trials=0):
    def condition(state):
        own = [t for t in state.trials.values() if t.purpose in ("minibatch", "full")]
        return state.phase == "search" and len(own) >= trials

    return condition


def paid(run):
    """(what ran) → how often, repeats included."""
    return Counter(each.key for each in run.asked if isinstance(each, Score | Repeat))


# While the run goes on


@pytest.mark.parametrize("concurrency", [1, 6])
@pytest.mark.parametrize("optimizer", EVERY)
def test_every_optimizer_evaluates_while_it_searches_and_pays_for_nothing_twice(
    optimizer, concurrency
):
    def everything(state):
        return asked(state, *list(state.candidates)[:3], repeats=3)

    run = finished(optimizer, once(searching(3), everything), concurrency=concurrency)
    (evaluation,) = run.state.steering.evaluations
    assert evaluation.end == "done"
    ids = {each.id for each in evaluation.said.candidates}
    assert len(ids) == 3
    for each in ids:
        assert len(run.state.test_results[each]) == TEST
        repeats = run.state.repeats[each, "test"]
        assert {example: set(own) for example, own in repeats.items()} == {
            example: {1, 2} for example in evaluation.examples
        }
    assert max(paid(run).values()) == 1
    assert evaluation.runs == evaluation.missing == evaluation.calls / 2 == 3 * TEST * 3
    tests = {t.candidate for t in run.state.trials.values() if t.purpose == "test"}
    assert {run.state.baseline, run.state.best} <= tests


@pytest.mark.parametrize("optimizer", EVERY)
def test_a_request_for_test_examples_changes_nothing_of_the_search(optimizer):
    plain = finished(optimizer)
    run = finished(optimizer, once(searching(2), lambda s: asked(s, repeats=2)))

    def search(each):
        return [
            (trial.purpose, trial.candidate, trial.examples)
            for trial in each.state.trials.values()
            if trial.purpose != "test"
        ]

    assert search(run) == search(plain)
    assert run.state.best == plain.state.best


def test_more_validation_examples_are_ordinary_results_that_the_search_learns_from():
    def idle(state):
        at_work = {trial.candidate for trial in state.open_trials.values()}
        return [each for each in partly(state) if each not in at_work]

    run = finished("mipro_tpe", once(idle, lambda s: asked(s, idle(s)[0], part="validation")))
    (evaluation,) = run.state.steering.evaluations
    (candidate,) = evaluation.said.candidates
    assert len(run.state.results[candidate.id]) == VAL
    assert candidate.id in run.state.fully_evaluated
    own = [t for t in run.state.trials.values() if t.request == 0]
    assert [(t.purpose, t.asked_by) for t in own] == [("full", "Ada")]
    assert "Ada asked for this candidate to be evaluated on all" in own[0].reason
    searched = [t for t in run.state.trials.values() if t.purpose == "minibatch" and not t.asked_by]
    assert len(searched) == 8


def test_a_candidate_that_was_never_tried_can_be_asked_for():
    text = "Written by Ada."
    added = de.InstructionAdded(by="Ada", predictor="part0", id=instruction_id(text), text=text)

    def new(state):
        base = state.candidates[state.baseline].choices
        own = Choice(instruction=added.id, demo_set=base["part0"].demo_set)
        return asked(state, Candidate(choices={**base, "part0": own}), examples=4)

    run = finished("mipro_tpe", once(searching(1), lambda s: added), once(searching(1), new))
    (candidate,) = run.decided[1].candidates
    assert len(run.state.test_results[candidate.id]) == 4
    assert candidate.id not in run.state.results


def test_a_candidate_of_choices_that_the_run_does_not_have_holds_nothing_up():
    def unknown(state):
        names = state.candidates[state.baseline].choices
        made = {name: Choice(instruction="i0", demo_set="d0") for name in names}
        return asked(state, Candidate(choices=made))

    run = finished("mipro_tpe", once(searching(1), unknown))
    assert run.state.steering.evaluations[0].end == "done"


@pytest.mark.parametrize("optimizer", EVERY)
def test_what_is_asked_for_in_the_last_moment_is_there_when_the_run_ends(optimizer):
    last = once(
        lambda s: s.phase == "test" and s.test_results,
        lambda s: asked(s, *list(s.candidates)[:2], repeats=2),
    )
    run = finished(optimizer, last)
    assert run.state.steering.evaluations[0].end == "done"


def test_it_waits_for_the_search_to_begin():
    run = finished("mipro_tpe", once(lambda s: s.baseline, asked))
    started = next(e.at for e in run.events if isinstance(e, ev.EvaluationStarted))
    assert started > next(at for at, phase in run.state.phases if phase == "search")


# After the end


@pytest.mark.parametrize("optimizer", EVERY)
def test_a_finished_run_is_taken_up_for_it_alone_and_ends_as_it_was(optimizer):
    run = finished(optimizer)
    before = (run.state.best, list(run.state.fully_evaluated), run.state.phase)
    other = next(c for c in run.state.candidates if c not in run.state.test_results)
    decision = asked(run.state, run.state.baseline, other, repeats=2)
    run.append([decision])
    assert run.state.status == "queued"
    assert (run.state.returns_to.status, run.state.returns_to.best) == ("finished", run.state.best)
    assert best_candidate(run.state) == run.state.best == before[0]
    actions = goes_on(run)
    assert run.state.status == "finished"
    assert run.state.returns_to is None
    assert (run.state.best, run.state.fully_evaluated, run.state.phase) == before
    assert all(isinstance(each, Score | Repeat) for each in actions)
    assert len(actions) == TEST + 2 * TEST  # one candidate was tested; both are repeated
    assert len(run.state.test_results[other]) == TEST
    assert run.state.steering.evaluations[0].end == "done"


@pytest.mark.parametrize("events", [30, 60, 90])
@pytest.mark.parametrize("optimizer", EVERY)
def test_a_stopped_run_is_stopped_again_and_its_search_does_not_go_on(optimizer, events):
    run = stopped(optimizer, events)
    best, trials = run.state.best, dict(run.state.trials)
    asks = asked(run.state, run.state.baseline, part="test", examples=6)
    actions = goes_on(run, asks)
    assert (run.state.status, run.state.wish, run.state.best) == ("stopped", "stop", best)
    assert len(actions) == 6
    new = [t for number, t in run.state.trials.items() if number not in trials]
    assert {t.request for t in new} == {0}
    assert all(t.finished is not None for t in new)


def test_what_a_stopped_search_had_begun_is_no_claim_on_an_example():
    run = stopped("mipro_tpe", 75)
    open_ones = [t for t in run.state.open_trials.values() if t.purpose != "test"]
    assert open_ones
    candidate = open_ones[0].candidate
    known = len(run.state.results.get(candidate, {}))
    actions = goes_on(run, asked(run.state, candidate, part="validation"))
    assert len(actions) == VAL - known
    assert candidate in run.state.fully_evaluated
    assert run.state.status == "stopped"


def test_full_validation_results_can_change_the_best_by_the_rules_of_the_run():
    better = {}

    def quality(state, candidate):
        return 0.99 if candidate in better else 0.4

    run = finished("mipro_tpe", quality=quality)
    candidate = partly(run.state)[0]
    best = run.state.best
    better[candidate] = True
    goes_on(run, asked(run.state, candidate, part="validation", examples=VAL - 1))
    assert (run.state.status, run.state.best) == ("finished", best)
    goes_on(run, asked(run.state, candidate, part="validation"))
    assert (run.state.status, run.state.best) == ("finished", candidate)
    assert len(run.state.steering.evaluations) == 2


def test_a_decision_made_after_the_end_does_not_change_the_best_by_the_way():
    run = finished()
    best = run.state.candidates[run.state.best]
    rejected = next(r for r in best.refs if r not in run.state.candidates[run.state.baseline].refs)
    goes_on(run, de.ChoiceRejected(by="Bob", choice=rejected), asked(run.state, best, repeats=2))
    assert run.state.best == best.id


def test_a_failed_run_is_failed_again_with_its_own_message():
    run, _ = fold()
    run.run()
    run = run.resumed(60, run.policy)
    run.append([ev.RunFailed(message="The disk is full.")])
    actions = goes_on(run, asked(run.state, examples=3))
    assert len(actions) == 3
    assert (run.state.status, run.state.message) == ("failed", "The disk is full.")
    assert not any(where == "evaluation" for _, where, _ in run.state.failures)


def test_a_worker_that_fails_while_it_evaluates_leaves_the_run_as_it_had_ended():
    run = finished()
    best = run.state.best
    run.append([asked(run.state, examples=3)])
    run.append([run._started()])
    run.append([ev.RunFailed(message="The dataset is gone.")])
    assert (run.state.status, run.state.best) == ("finished", best)
    assert run.state.steering.evaluations[0].end == "failed"
    assert run.state.failures[-1][2].message == "The dataset is gone."
    goes_on(run, asked(run.state, partly(run.state)[0], examples=3))
    assert [each.end for each in run.state.steering.evaluations] == ["failed", "done"]


def test_asked_for_in_the_very_moment_of_the_end_it_is_taken_up_all_the_same():
    run = finished()
    last = run.log[-1]
    again = run.resumed(len(run.log) - 1, run.policy)
    again.append([asked(again.state, partly(again.state)[0])])
    again.append(last)  # the worker had not seen the request
    assert (again.state.status, again.state.returns_to.status) == ("queued", "finished")
    goes_on(again)
    assert again.state.status == "finished"
    assert again.state.steering.evaluations[0].end == "done"


def test_a_run_that_is_reopened_meanwhile_goes_on_with_its_search_too():
    run = finished()
    more = de.BudgetChanged(by="Bob", trials=12)
    run.append([asked(run.state, partly(run.state)[0], repeats=3)])
    run.append([more, de.Reopened(by="Bob")])
    assert (run.state.returns_to, run.state.status, run.state.best) == (None, "queued", None)
    goes_on(run)
    assert run.state.status == "finished"
    assert run.state.steering.evaluations[0].end == "done"
    own = [t for t in run.state.trials.values() if t.purpose == "minibatch" and not t.asked_by]
    assert len(own) == 12


def test_the_next_own_test_of_a_reopened_run_pays_only_for_what_a_request_left_out():
    run = finished(task=made_up_task(val=VAL, test=TEST))
    candidate = partly(run.state)[0]
    goes_on(run, asked(run.state, candidate, examples=4))
    tested = {
        t.candidate for t in run.state.trials.values() if t.purpose == "test" and not t.asked_by
    }
    assert candidate not in tested
    assert run.policy._tested(run.state) == tested


# Its own bound, the run's cap


@pytest.mark.parametrize("concurrency", [1, 5])
def test_a_request_stops_at_its_own_bound_and_what_it_brought_can_be_compared(concurrency):
    run = finished(concurrency=concurrency)
    pair = [c for c in run.state.candidates if c not in run.state.test_results][:2]
    before = run.state.usage.calls
    goes_on(run, asked(run.state, *pair, max_calls=25))
    (evaluation,) = run.state.steering.evaluations
    assert (evaluation.end, run.state.status) == ("bound", "finished")
    calls = run.task.template.calls_per_run
    assert 25 - calls < evaluation.calls == run.state.usage.calls - before <= 25
    had = [set(run.state.test_results[each]) for each in pair]
    assert had[0] == had[1]
    assert len(had[0]) == 25 // calls // 2


def test_the_bound_holds_for_repeats_and_for_retries():
    def weather(action):
        again = isinstance(action, Score | Repeat) and int(action.example) % 2
        return WEATHER if again and started else None

    started = []
    run = finished(concurrency=3, faults=weather)
    started.append(True)
    candidate = next(c for c in run.state.candidates if c not in run.state.test_results)
    goes_on(run, asked(run.state, candidate, repeats=5, max_calls=61))
    (evaluation,) = run.state.steering.evaluations
    assert evaluation.end == "bound"
    assert 58 <= evaluation.calls <= 61
    assert not run.state.open_trials


def test_with_a_bound_below_one_run_nothing_is_started():
    run = finished()
    candidate = next(c for c in run.state.candidates if c not in run.state.test_results)
    assert goes_on(run, asked(run.state, candidate, max_calls=1)) == []
    assert run.state.steering.evaluations[0].end == "bound"
    assert run.state.status == "finished"


@pytest.mark.parametrize("concurrency", [1, 8])
@pytest.mark.parametrize("optimizer", EVERY)
def test_the_cap_is_never_passed_and_the_run_still_finishes(optimizer, concurrency):
    task = made_up_task(val=VAL, test=TEST)
    numbers = {"trials": 8, "full_every": 3}
    cap = task.estimate(made_up_config(optimizer=optimizer, **numbers)).least + 13
    run = finished(
        optimizer,
        once(searching(0), lambda s: asked(s, *list(s.candidates)[:2], repeats=9)),
        max_calls=cap,
        task=task,
        numbers=numbers,
        concurrency=concurrency,
    )
    assert run.state.usage.calls <= cap
    assert run.state.steering.evaluations[0].end == "cap"
    assert {run.state.baseline, run.state.best} <= set(run.state.test_results)
    run.append([de.BudgetChanged(by="Ada", max_calls=cap + 21)])
    goes_on(run, asked(run.state, repeats=9))
    assert cap < run.state.usage.calls <= cap + 21
    assert run.state.status == "finished"


# Repeats


def test_repeats_never_touch_the_ordinary_results():
    run = finished()
    before = {c: dict(own) for c, own in run.state.results.items()}
    counted = len(run.state.val_results)
    goes_on(run, asked(run.state, part="validation", repeats=4))
    assert run.state.results == before
    assert len(run.state.val_results) == counted
    repeats = run.state.repeats[run.state.baseline, "validation"]
    assert len(repeats) == VAL
    assert all(set(own) == {1, 2, 3} for own in repeats.values())
    scores = [each.score for own in repeats.values() for each in own.values()]
    assert 0 < sum(scores) < len(scores)


def test_two_requests_share_what_both_want():
    run = finished(concurrency=4)
    candidate = next(c for c in run.state.candidates if c not in run.state.test_results)
    first = asked(run.state, candidate, run.state.baseline, examples=6, repeats=3)
    second = asked(run.state, candidate, repeats=2)
    actions = goes_on(run, first, second)
    assert [each.end for each in run.state.steering.evaluations] == ["done", "done"]
    ordinary = TEST
    again = 6 * 2 + 6 * 2 + (TEST - 6)
    assert len(actions) == ordinary + again
    assert len({each.key for each in actions}) == len(actions)
    assert goes_on(run, second) == []
    assert run.state.steering.evaluations[2].end == "done"


def test_two_requests_of_a_running_search_share_what_is_under_way():
    def both(state):
        return asked(state, *list(state.candidates)[:2], part="validation", repeats=2)

    run = finished("mipro", *[once(searching(2), both)] * 2, concurrency=7)
    assert [each.end for each in run.state.steering.evaluations] == ["done", "done"]
    assert max(paid(run).values()) == 1


def test_failures_are_data_and_are_tried_again_as_always():
    failing = {"57"}

    def weather(action):
        return WEATHER if isinstance(action, Score | Repeat) and action.example in failing else None

    task = made_up_task(val=VAL, test=TEST)
    assert "57" in {each.id for each in task.test}
    run = finished(task=task, faults=weather)
    candidate = next(c for c in run.state.candidates if c not in run.state.test_results)
    goes_on(run, asked(run.state, candidate, repeats=2))
    result = run.state.test_results[candidate]["57"]
    assert (result.score, result.attempt) == (None, ATTEMPTS - 1)
    again = run.state.repeats[candidate, "test"]["57"][1]
    assert (again.score, again.attempt) == (None, ATTEMPTS - 1)
    (evaluation,) = run.state.steering.evaluations
    assert evaluation.end == "done"
    assert evaluation.runs == evaluation.missing == 2 * TEST


# Taken back, stopped, cut short


def undo(run, number=0):
    evaluation = run.state.steering.evaluations[number]
    return undoing(evaluation.said, evaluation.seq, run.state.steering, by="Ada")


def test_a_request_that_is_taken_back_starts_nothing_more_and_keeps_what_it_has():
    back = once(
        lambda s: len(s.test_results.get(s.baseline, {})) >= 4,
        lambda s: de.EvaluationCancelled(by="Ada", request=0),
    )
    request = once(searching(2), lambda s: asked(s, repeats=3))
    run = finished("mipro_tpe", request, back, concurrency=3)
    (evaluation,) = run.state.steering.evaluations
    assert evaluation.end == "cancelled"
    assert not any(isinstance(each, Repeat) for each in run.asked)
    trial = next(t for t in run.state.trials.values() if t.request == 0)
    assert trial.cancelled
    assert 4 <= trial.n <= 7
    assert len(run.state.test_results[run.state.baseline]) == TEST  # its own test came later
    assert undo(run) == []


def test_taking_back_a_request_lets_the_ended_run_end_again():
    run = finished()
    run.append([asked(run.state, repeats=2)])
    (cancelled,) = undo(run)
    run.append([cancelled])
    assert run.state.status == "finished"  # no worker had come yet
    run.append([asked(run.state, repeats=2)])
    run.append([run._started()])
    run.append(undo(run, 1))
    assert run.state.status == "running"
    run.run()
    assert (run.state.status, run.state.returns_to) == ("finished", None)
    assert run.state.repeats == {}


def test_a_run_that_is_stopped_while_it_evaluates_keeps_what_was_done():
    run = finished()
    run.append([asked(run.state, partly(run.state)[0], repeats=3)])
    run.append([run._started()])
    for _ in range(4):
        run._dispatch()
        run._finish_one()
    run.append([de.StopRequested(by="Bob")])
    run.append(run.policy.closing_actions(run.state))
    assert (run.state.status, run.state.wish) == ("finished", "run")
    assert run.state.steering.evaluations[0].end == "stopped"
    assert run.state.steering.evaluations[0].runs == 4
    assert not run.state.open_trials


@pytest.mark.parametrize("optimizer", EVERY)
def test_an_evaluation_that_is_cut_anywhere_ends_as_if_nothing_had_happened(optimizer):
    task = made_up_task(val=VAL, test=TEST)
    people = (
        once(searching(2), lambda s: asked(s, *list(s.candidates)[:2], examples=5, repeats=2)),
        once(searching(3), lambda s: asked(s, *list(s.candidates)[1:3], part="validation")),
        once(searching(4), lambda s: asked(s, *list(s.candidates)[:2], repeats=3, max_calls=30)),
    )
    whole, config = fold(optimizer, *people, task=task)
    whole.run()
    goes_on(whole, asked(whole.state, *list(whole.state.candidates)[:3], repeats=2))
    assert whole.state.status == "finished"
    ends = [each.end for each in whole.state.steering.evaluations]
    assert ends == ["done", "done", "bound", "done"]
    taken_up = next(p for p, group in enumerate(whole.log) if group[0].kind == "run_finished")
    cuts = [*range(9, taken_up, 31), *range(taken_up + 3, len(whole.log), 7)]
    for groups in cuts:
        rest = whole.resumed(groups, build(task, config))
        rest.run()
        if groups <= taken_up:
            goes_on(rest, asked(rest.state, *list(rest.state.candidates)[:3], repeats=2))
        assert rest.log == whole.log


# What it costs


@pytest.mark.parametrize("concurrency", [1, 16])
@pytest.mark.parametrize("optimizer", EVERY)
def test_what_is_said_to_remain_is_enough_and_ends_at_nothing(optimizer, concurrency):
    task = made_up_task(val=VAL, test=TEST)
    people = (
        once(searching(2), lambda s: asked(s, *list(s.candidates)[:2], repeats=2)),
        once(searching(2), lambda s: asked(s, *list(s.candidates)[:3], part="validation")),
    )
    run, config = fold(optimizer, *people, task=task, concurrency=concurrency)
    run.run()
    ended = len(run.log)
    goes_on(run, asked(run.state, *list(run.state.candidates)[:3], repeats=3))
    last = next(p for p, group in enumerate(run.log) if run.decided[1] in group)
    for groups in itertools.chain(range(last + 1, ended, 9), range(ended + 2, len(run.log), 3)):
        state = run.resumed(groups, run.policy).state
        left = remaining_calls(state, task, config, 0.0, in_flight=0).calls
        total = run.resumed(ended, run.policy).state if groups < ended else run.state
        assert left >= total.usage.calls - state.usage.calls
        if groups > ended:
            assert left == total.usage.calls - state.usage.calls
    assert remaining_calls(run.state, task, config, 0.0, in_flight=0).calls == 0


def test_what_a_request_costs_is_known_before():
    run = finished()
    candidate = next(c for c in run.state.candidates if c not in run.state.test_results)
    decision = asked(run.state, candidate, run.state.baseline, examples=7, repeats=3)
    cost = evaluation_cost(run.state, decision, run.task)
    assert cost.results == 7 + 2 * 7 * 2
    assert cost.calls == cost.results * run.task.template.calls_per_run
    before = run.state.usage.calls
    goes_on(run, decision)
    assert run.state.usage.calls - before == cost.calls
    assert evaluation_cost(run.state, decision, run.task).calls == 0
    bounded = decision.model_copy(update={"repeats": 9, "max_calls": 11})
    assert evaluation_cost(run.state, bounded, run.task).calls == 11


def test_two_runs_on_the_same_examples_are_tested_on_the_same_of_them():
    asks = {"part": "test", "examples": 4}
    one, other = finished(), finished("random_search", numbers={"trials": 5})
    for run in (one, other):
        goes_on(run, asked(run.state, partly(run.state)[0], **asks))
    examples = [run.state.steering.evaluations[0].examples for run in (one, other)]
    assert examples[0] == examples[1]
    assert len(examples[0]) == 4
