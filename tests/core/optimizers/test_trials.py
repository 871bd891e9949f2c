from core.lm.outage import ATTEMPTS
from core.optimizers.trials import (
    claimed_examples,
    finished_trials,
    pending_examples,
    results_for,
    scoring_actions,
    trial_started,
)
from core.programs.candidate import Candidate, Choice
from core.runs import events as ev
from core.runs.state import RunState
from core.runs.store import Record
from tests.scored_example import scored_example

ONE = Candidate(choices={"a": Choice(instruction="i1", demo_set="d1")})
TWO = Candidate(choices={"a": Choice(instruction="i2", demo_set="d1")})


class Log:
    """A state that grows by trials and results."""

    def __init__(self):
        self.state = RunState()

    def add(self, event):
        self.state.fold([Record(self.state.seq + 1, event)])
        return self

    def start(self, purpose, candidate, *examples):
        return self.add(trial_started(self.state, purpose, candidate, examples))

    def score(self, trial, example, score, attempt=0):
        candidate = self.state.trials[trial].candidate
        return self.add(scored_example(trial, candidate, example, score, attempt=attempt))

    def pending(self, trial):
        return list(pending_examples(self.state, self.state.trials[trial]))


def test_trials_are_numbered_from_0():
    log = Log().start("baseline", ONE, "1").start("minibatch", TWO, "1", "2")
    assert list(log.state.trials) == [0, 1]


def test_an_example_is_pending_until_it_has_a_score():
    log = Log().start("baseline", ONE, "1", "2", "3").score(0, "2", 0.0)
    assert log.pending(0) == [("1", 0), ("3", 0)]


def test_a_failed_example_is_pending_with_its_next_attempt_until_it_failed_for_good():
    log = Log().start("baseline", ONE, "1").score(0, "1", None)
    assert log.pending(0) == [("1", 1)]
    log.score(0, "1", None, attempt=1)
    assert log.pending(0) == [("1", 2)]
    log.score(0, "1", None, attempt=ATTEMPTS - 1)
    assert log.pending(0) == []


def test_a_result_of_one_trial_is_a_result_of_every_trial_of_the_candidate():
    log = Log().start("minibatch", ONE, "1", "2").start("full", ONE, "1", "2", "3")
    log.score(0, "1", 1.0)
    assert log.pending(1) == [("2", 0), ("3", 0)]
    log.start("full", TWO, "1")
    assert log.pending(2) == [("1", 0)]


def test_test_results_and_validation_results_are_kept_apart():
    log = Log().start("full", ONE, "1").start("test", ONE, "1").score(1, "1", 1.0)
    assert log.pending(0) == [("1", 0)]
    assert log.pending(1) == []
    assert set(results_for(log.state, log.state.trials[1])) == {"1"}


def test_older_trials_come_first_and_within_a_trial_failed_examples_last():
    log = Log().start("minibatch", ONE, "1", "2", "3").start("minibatch", TWO, "4")
    log.score(0, "1", None)
    actions = scoring_actions(log.state, log.state.open_trials.values())
    assert [(a.trial, a.example, a.attempt) for a in actions] == [
        (0, "2", 0),
        (0, "3", 0),
        (0, "1", 1),
        (1, "4", 0),
    ]


def test_a_finished_trial_has_the_mean_over_all_it_knows_and_counts_the_failed_ones():
    log = Log().start("minibatch", ONE, "1", "2", "3")
    log.score(0, "1", 1.0).score(0, "2", 0.5)
    assert finished_trials(log.state) == []
    for attempt in range(ATTEMPTS):
        log.score(0, "3", None, attempt=attempt)
    (done,) = finished_trials(log.state)
    assert (done.number, done.mean, done.n, done.failed) == (0, 0.75, 2, 1)


def test_a_trial_of_which_everything_failed_has_no_mean():
    log = Log().start("minibatch", ONE, "1")
    for attempt in range(ATTEMPTS):
        log.score(0, "1", None, attempt=attempt)
    (done,) = finished_trials(log.state)
    assert (done.mean, done.n, done.failed) == (None, 0, 1)


def test_a_trial_whose_examples_are_all_known_is_finished_at_once():
    log = Log().start("minibatch", ONE, "1").score(0, "1", 1.0)
    log.start("full", ONE, "1")
    assert [done.number for done in finished_trials(log.state)] == [0, 1]


def test_claimed_are_examples_with_a_result_and_those_due_in_an_open_trial():
    log = Log().start("minibatch", ONE, "1", "2").score(0, "1", None)
    log.start("test", ONE, "8").start("minibatch", TWO, "9")
    assert claimed_examples(log.state, ONE.id) == {"1", "2"}
    assert claimed_examples(log.state, "unknown") == set()


def test_an_outage_does_not_use_an_example_up():
    away = ev.Failure(kind="LMServerError", message="503")
    log = Log().start("minibatch", ONE, "1")
    for attempt in range(ATTEMPTS):
        log.add(scored_example(0, ONE.id, "1", None, attempt=attempt, failure=away))
    assert log.pending(0) == [("1", ATTEMPTS)]
