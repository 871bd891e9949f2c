import pytest

from core.lm.usage import Usage
from core.programs.candidate import NO_DEMOS, Candidate, Choice, instruction_id
from core.programs.predictors import PredictorInfo, SignatureField
from core.runs import decisions as de
from core.runs import events as ev
from core.runs.choices import search_space
from core.runs.scores import best_candidate, leader, val_mean, val_scores
from core.runs.scores import test_scores as scores_on_test
from core.runs.state import RunState, baseline_candidate, row
from core.runs.store import Record
from tests import run_log
from tests.scored_example import TIMEOUT, scored_example

PREDICTOR = PredictorInfo(
    name="answer",
    instruction="Answer.",
    inputs=(SignatureField(name="question", description=""),),
    outputs=(SignatureField(name="answer", description=""),),
)
ONE = Candidate(choices={"answer": Choice(instruction="i1", demo_set="d1")})
TWO = Candidate(choices={"answer": Choice(instruction="i2", demo_set="d1")})
CALL = Usage(calls=1, input_tokens=10, output_tokens=2, cost_usd=0.5)


class Log:
    """A state that grows; `now` is the time of the next event."""

    def __init__(self, now=100.0):
        self.state, self.now = RunState(), now

    def add(self, *events):
        for event in events:
            record = Record(self.state.seq + 1, event.model_copy(update={"at": self.now}))
            self.state.fold([record])
        return self

    def wait(self, seconds):
        self.now += seconds
        return self

    def run(self):
        started = ev.RunStarted(worker="w", predictors=(PREDICTOR,), train=3, val=4, test=5)
        return self.add(started)

    def trial(self, number, purpose, candidate, *examples):
        return self.add(
            ev.TrialStarted(number=number, purpose=purpose, candidate=candidate, examples=examples)
        )

    def score(self, trial, example, score, attempt=0, usage=CALL):
        candidate, more = self.state.trials[trial].candidate, {"attempt": attempt, "usage": usage}
        return self.add(scored_example(trial, candidate, example, score, seconds=2.0, **more))

    def end(self, number, mean, n=1, failed=0):
        return self.add(ev.TrialFinished(number=number, mean=mean, n=n, failed=failed))


def proposed(index, text, usage=CALL):
    return ev.InstructionProposed(
        predictor="answer", index=index, id=instruction_id(text), text=text, usage=usage
    )


# The fold


def test_a_new_run_is_queued_and_starts_with_its_predictors_and_sizes():
    assert RunState().status == "queued"
    state = Log().run().state
    assert (state.status, state.sizes, state.predictors) == ("running", (3, 4, 5), (PREDICTOR,))


def test_records_that_were_folded_before_are_passed_over():
    log = Log().run().trial(0, "baseline", ONE, "1")
    scored = scored_example(0, ONE.id, "1", 1.0, usage=CALL)
    records = [Record(3, scored), Record(3, scored), Record(2, scored)]
    log.state.fold(records)
    assert (log.state.examples_scored, log.state.usage.calls, log.state.seq) == (1, 1, 3)


def test_folding_bit_by_bit_gives_the_same_as_folding_at_once():
    events = run_log.events(run_log.Plan(failing=0.2))
    records = [Record(seq, event) for seq, event in enumerate(events, start=1)]
    bit_by_bit = RunState()
    for first in range(0, len(records), 7):
        bit_by_bit.fold(records[max(0, first - 3) : first + 7])
    assert bit_by_bit == RunState().fold(records)


def test_a_whole_run_ends_with_everything_in_its_place():
    plan = run_log.Plan(failing=0.1)
    state = run_log.state_of(run_log.events(plan))
    assert state.is_ended
    assert state.status == "finished"
    assert state.open_trials == {}
    assert len(state.demo_sets["ask.predict"]) == plan.demo_sets
    assert len(state.instructions["ask.predict"]) == plan.instructions
    assert len(scores_on_test(state, state.best)) == len(plan.test)
    assert len(val_scores(state, state.best)) == len(plan.val)


# Instructions and demo sets


def test_an_instruction_that_is_proposed_twice_is_kept_once_and_counted_as_come_back():
    log = Log().run().add(proposed(0, "Answer.", Usage()), proposed(1, "Short."))
    log.add(proposed(2, "Short."), proposed(3, "Answer."))
    state = log.state
    assert [each.number for each in state.instructions["answer"].values()] == [0, 1]
    assert state.proposed == {("answer", index) for index in range(4)}
    assert state.prompt_usage.calls == 3


def test_the_search_space_has_everything_in_the_order_in_which_it_was_made():
    log = Log().run().add(proposed(0, "Answer."), proposed(2, "Two."), proposed(1, "One."))
    demo = ({"question": "q", "answer": "a"},)
    log.add(
        ev.DemoSetBuilt(predictor="answer", id=NO_DEMOS, demos=(), source="none"),
        ev.DemoSetBuilt(predictor="answer", id="d9", demos=demo, source="labelled"),
    )
    space = search_space(log.state)
    assert space.sizes == (3, 2)
    assert space.instructions["answer"][1] == instruction_id("Two.")
    assert baseline_candidate(log.state) == space.candidate((0, 0))


# Trials and results


def test_the_latest_result_of_an_example_is_the_one_that_counts():
    log = Log().run().trial(0, "baseline", ONE, "1").score(0, "1", None)
    assert val_scores(log.state, ONE.id) == {}
    log.score(0, "1", 0.0, attempt=1)
    assert val_scores(log.state, ONE.id) == {"1": 0.0}
    assert log.state.trials[0].scored == 1


def test_a_failure_is_no_score_but_is_listed_with_its_place_in_plain_words():
    log = Log().run().trial(0, "baseline", ONE, "1", "2").score(0, "1", None).score(0, "2", 1.0)
    assert val_mean(log.state, ONE.id) == 1.0
    assert log.state.failures == [(100.0, "trial 0, row 2", TIMEOUT)]


def test_nothing_scored_has_no_mean_and_zero_is_a_mean():
    log = Log().run().trial(0, "baseline", ONE, "1")
    assert val_mean(log.state, ONE.id) is None
    assert val_mean(log.score(0, "1", 0.0).state, ONE.id) == 0.0


def test_test_scores_are_kept_apart_from_validation_scores():
    log = Log().run().trial(0, "test", ONE, "1").score(0, "1", 1.0)
    assert scores_on_test(log.state, ONE.id) == {"1": 1.0}
    assert val_scores(log.state, ONE.id) == {}


def test_a_trial_is_open_until_it_is_finished():
    log = Log().run().trial(0, "minibatch", ONE, "1", "2")
    assert list(log.state.open_trials) == [0]
    trial = log.wait(5).end(0, 0.5, n=2).state.trials[0]
    assert log.state.open_trials == {}
    assert (trial.mean, trial.n, trial.failed) == (0.5, 2, 0)
    assert (trial.started, trial.finished) == (100.0, 105.0)


def test_baseline_and_full_evaluations_make_a_candidate_fully_evaluated_once():
    log = Log().run().trial(0, "baseline", ONE, "1").trial(1, "minibatch", TWO, "1")
    log.end(0, 0.5).end(1, 0.5)
    assert log.state.fully_evaluated == [ONE.id]
    assert log.state.baseline == ONE.id
    log.trial(2, "full", TWO, "1").end(2, 0.5).trial(3, "full", ONE, "1").end(3, 0.5)
    assert log.state.fully_evaluated == [ONE.id, TWO.id]


def test_a_full_evaluation_of_which_everything_failed_makes_nobody_fully_evaluated():
    log = Log().run().trial(0, "baseline", ONE, "1").end(0, None, n=0, failed=1)
    assert log.state.fully_evaluated == []
    assert best_candidate(log.state) is None


def evaluated(*scores):
    log = Log().run()
    for number, (candidate, score) in enumerate(zip((ONE, TWO), scores, strict=True)):
        log.trial(number, "full", candidate, "1").score(number, "1", score).end(number, score)
    return log


def test_the_best_is_the_fully_evaluated_candidate_with_the_highest_mean():
    assert best_candidate(evaluated(0.2, 0.7).state) == TWO.id
    assert best_candidate(evaluated(0.0, 0.0).state) == ONE.id


def test_a_high_minibatch_mean_does_not_make_the_best():
    log = Log().run().trial(0, "full", ONE, "1").score(0, "1", 0.2).end(0, 0.2)
    log.trial(1, "minibatch", TWO, "1").score(1, "1", 1.0).end(1, 1.0)
    assert best_candidate(log.state) == ONE.id


def test_what_the_end_of_the_run_named_stays_the_best():
    log = evaluated(0.2, 0.7).add(ev.RunFinished(best=ONE.id))
    assert best_candidate(log.state) == ONE.id


# Usage and failures


def test_usage_is_counted_by_model():
    log = Log().run().add(proposed(1, "Short.")).trial(0, "baseline", ONE, "1").score(0, "1", 1.0)
    log.add(
        ev.TraceBootstrapped(example="7", attempt=0, accepted=False, seconds=1.0, usage=CALL),
        ev.PromptCallFailed(task="summarise dataset", failure=TIMEOUT, seconds=1.0, usage=CALL),
    )
    state = log.state
    assert (state.task_usage.calls, state.prompt_usage.calls, state.usage.calls) == (2, 2, 4)
    assert state.usage.cost_usd == 2.0
    assert state.task_seconds == 3.0


def test_failures_of_every_kind_are_listed_oldest_first_in_plain_words():
    log = Log().run().trial(0, "baseline", ONE, "abc")
    log.add(
        ev.TraceBootstrapped(
            example="7", attempt=0, accepted=False, failure=TIMEOUT, seconds=1.0, usage=CALL
        )
    )
    log.add(ev.PromptCallFailed(task="describe answer", failure=TIMEOUT, seconds=1.0, usage=CALL))
    log.score(0, "abc", None)
    assert [where for _, where, _ in log.state.failures] == [
        "bootstrap, row 8",
        "describe answer",
        "trial 0, abc",
    ]
    assert log.state.prompt_failures == {"describe answer": 1}


def test_examples_are_called_by_their_row_from_1():
    assert (row("0"), row("41"), row("abc")) == ("row 1", "row 42", "abc")


# Pause, stop, and time


def by_person(kind, **fields):
    return kind(by="Ada", **fields)


def test_a_pause_is_a_wish_first_and_a_fact_when_nothing_is_in_flight():
    log = Log().run().add(by_person(de.PauseRequested))
    assert (log.state.wish, log.state.status) == ("pause", "running")
    log.add(ev.Paused(reason="Paused by a person.", by_person=True))
    assert (log.state.status, log.state.message) == ("paused", "Paused by a person.")
    log.add(by_person(de.ResumeRequested))
    assert (log.state.wish, log.state.status) == ("run", "paused")
    log.add(ev.Resumed())
    assert (log.state.status, log.state.message) == ("running", None)


def test_a_pause_by_the_worker_waits_for_somebody_too():
    log = Log().run().add(ev.Paused(reason="The language model does not answer.", by_person=False))
    assert (log.state.wish, log.state.paused_by_person) == ("pause", False)


def test_only_a_paused_run_is_handed_over_and_not_once_another_way_on_is_found():
    hand_over = by_person(de.ResumeRequested, hand_over=True)
    log = Log().run().add(hand_over)
    assert not log.state.hands_over
    log.add(ev.Paused(reason="x", by_person=False))
    for otherwise in (by_person(de.ResumeRequested), ev.Resumed()):
        assert log.add(hand_over).state.hands_over
        assert not log.add(otherwise).state.hands_over
        log.add(ev.Paused(reason="x", by_person=False))
    assert not log.add(hand_over).run().state.hands_over


def test_a_stop_cannot_be_taken_back_by_a_pause_or_a_resume():
    log = Log().run().add(by_person(de.StopRequested), by_person(de.PauseRequested))
    assert log.add(by_person(de.ResumeRequested)).state.wish == "stop"


def test_resuming_can_raise_the_cap_and_keeps_it_when_it_does_not():
    log = Log().run().add(by_person(de.ResumeRequested, max_calls=500))
    assert log.add(by_person(de.ResumeRequested)).state.steering.max_calls == 500


def test_a_worker_that_takes_a_paused_run_up_goes_on_with_it():
    log = Log().run().add(by_person(de.PauseRequested), ev.Paused(reason="x", by_person=True))
    log.run()
    assert (log.state.status, log.state.wish, log.state.message) == ("running", "run", None)


def test_a_worker_that_takes_up_a_run_to_be_stopped_stops_it():
    assert Log().run().add(by_person(de.StopRequested)).run().state.wish == "stop"


def test_pauses_do_not_count_as_elapsed():
    log = Log().run().wait(10).add(ev.Paused(reason="x", by_person=True))
    assert log.state.elapsed(log.now + 99) == 10
    log.wait(100).add(ev.Resumed()).wait(5)
    assert log.state.elapsed(log.now) == 15
    assert log.add(ev.RunFinished(best="c")).state.elapsed(log.now + 99) == 15


def test_the_time_between_a_killed_worker_and_the_next_does_not_count():
    log = Log().run().wait(10).add(proposed(1, "Last words.")).wait(1000)
    assert log.run().wait(5).state.elapsed(log.now) == 15
    assert log.state.started == 100.0


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (ev.RunFinished(best="c"), "finished"),
        (ev.RunStopped(best=None), "stopped"),
        (ev.RunFailed(message="Every call was refused."), "failed"),
    ],
)
def test_an_end_is_an_end(event, status):
    state = Log().run().wait(3).add(event).state
    assert (state.status, state.is_ended, state.ended) == (status, True, 103.0)


def test_a_failed_run_says_why():
    assert Log().run().add(ev.RunFailed(message="No key.")).state.message == "No key."


def test_a_reached_cap_says_how_much_is_used():
    log = Log().run().add(ev.BudgetReached(calls=99, cap=100))
    assert log.state.message == "99 of at most 100 LM calls are used."
    assert log.state.at_cap
    assert not log.add(ev.Resumed()).state.at_cap


def test_a_candidate_that_fails_most_examples_cannot_lead_by_the_few_it_gets_right():
    assert leader({"solid": (0.8, 100), "lucky": (1.0, 5)}) == "solid"
    assert leader({"solid": (0.8, 100), "better": (0.9, 95)}) == "better"
    assert leader({"first": (0.8, 100), "second": (0.8, 100)}) == "first"
    assert leader({}) is None


def test_minibatches_that_add_up_to_the_whole_valset_are_a_full_evaluation():
    log = Log().run()
    val = [str(number) for number in range(log.state.sizes[1])]
    half = len(val) // 2
    for number, part in enumerate((val[:half], val[half:])):
        log.trial(number, "minibatch", ONE, *part)
        for example in part:
            log.score(number, example, 1.0)
        log.add(ev.TrialFinished(number=number, mean=1.0, n=len(part), failed=0))
    assert log.state.fully_evaluated == [ONE.id]


def test_an_outage_uses_the_attempts_of_a_prompt_call_up_more_slowly():
    away = ev.Failure(kind="LMServerError", message="503")
    log = Log().run()
    for _ in range(4):
        log.add(ev.PromptCallFailed(task="t", failure=away, seconds=0.0, usage=Usage()))
    assert log.state.prompt_failures == {"t": 1.0}


def test_a_pause_asked_for_while_the_run_is_queued_holds():
    log = Log().add(by_person(de.PauseRequested))
    log.run()
    assert log.state.wish == "pause"


def test_the_time_of_an_interruption_is_no_work():
    def started(at):
        return ev.RunStarted(worker="w", predictors=(), train=1, val=1, test=1, at=at)

    log = [started(100.0), ev.PhaseChanged(phase="bootstrap", at=110.0)]
    log += [de.ResumeRequested(by="test", at=9_000.0), started(9_001.0)]
    state = RunState().fold(Record(seq, event) for seq, event in enumerate(log, start=1))
    assert state.elapsed(9_003.0) == 12.0


def test_a_trial_said_to_be_finished_twice_is_finished_once():
    log = Log().run().trial(0, "baseline", ONE, "1").score(0, "1", 1.0)
    log.add(ev.TrialFinished(number=0, mean=1.0, n=1, failed=0))
    log.add(ev.TrialFinished(number=0, mean=0.5, n=1, failed=0))
    assert log.state.trials[0].mean == 1.0


def test_a_worker_that_takes_a_run_up_during_its_review_is_not_at_work():
    log = [ev.RunStarted(worker="w", predictors=(), train=1, val=1, test=1, at=100.0)]
    log += [ev.PhaseChanged(phase="bootstrap", at=101.0), ev.PhaseChanged(phase="review", at=110.0)]
    log += [ev.RunStarted(worker="v", predictors=(), train=1, val=1, test=1, at=500.0)]
    log += [ev.Paused(reason="x", by_person=True, at=600.0), ev.Resumed(at=700.0)]
    state = RunState().fold(Record(seq, event) for seq, event in enumerate(log, start=1))
    assert state.elapsed(900.0) == 10.0
    search = Record(len(log) + 1, ev.PhaseChanged(phase="search", at=1_000.0))
    assert state.fold([search]).elapsed(1_005.0) == 15.0


def test_a_trial_that_was_cancelled_is_no_full_evaluation_and_keeps_its_results():
    log = Log().run().trial(0, "baseline", ONE, "1", "2", "3", "4").score(0, "1", 1.0)
    log.add(ev.TrialFinished(number=0, mean=1.0, n=1, failed=0, cancelled=True))
    assert log.state.trials[0].cancelled
    assert log.state.open_trials == {}
    assert log.state.fully_evaluated == []
    assert val_mean(log.state, ONE.id) == 1.0
