from core.programs.candidate import NO_DEMOS, Candidate, Choice
from core.programs.predictors import PredictorInfo
from core.results.frames import best_candidate, observed
from core.results.full_evaluations import FULL_COLUMNS, FullMemo, full_frame
from core.runs import events as ev
from core.runs.state import RunState
from core.runs.store import Record
from tests import run_log
from tests.scored_example import scored_example

ROWS = tuple(str(number) for number in range(10))


class Search:
    """The log of a search over ten validation examples."""

    def __init__(self):
        predictor = PredictorInfo(name="p", instruction="I", inputs=(), outputs=())
        self.events = [ev.RunStarted(worker="w", predictors=(predictor,), train=0, val=10, test=0)]
        self.trials = 0

    def trial(self, purpose, name, scores):
        """A finished trial of the candidate called `name`; a score of None is a failure."""
        candidate = Candidate(choices={"p": Choice(instruction=name, demo_set=NO_DEMOS)})
        number, self.trials = self.trials, self.trials + 1
        self.events.append(
            ev.TrialStarted(
                number=number, purpose=purpose, candidate=candidate, examples=tuple(scores)
            )
        )
        for example, score in scores.items():
            self.events.append(scored_example(number, candidate.id, example, score))
        known = [score for score in scores.values() if score is not None]
        mean = sum(known) / len(known) if known else None
        failed = len(scores) - len(known)
        self.events.append(ev.TrialFinished(number=number, mean=mean, n=len(known), failed=failed))
        return candidate.id

    @property
    def state(self) -> RunState:
        return RunState().fold(Record(seq, each) for seq, each in enumerate(self.events, 1))


def right(count, rows=ROWS):
    """Scores of which the first `count` are right."""
    return {row: float(place < count) for place, row in enumerate(rows)}


def table(state, memo=None):
    means = observed(state)
    return full_frame(state, means, best_candidate(state, means), memo)


def test_a_run_without_full_evaluations_has_an_empty_table():
    assert list(table(RunState()).columns) == FULL_COLUMNS
    assert table(RunState()).empty


def test_minibatches_that_add_up_to_the_valset_are_a_full_evaluation_from_the_last_one_on():
    search = Search()
    baseline = search.trial("baseline", "i0", right(5))
    better = search.trial("minibatch", "i1", right(5, ROWS[:5]))
    search.trial("minibatch", "i2", right(1, ROWS[:5]))
    search.trial("minibatch", "i1", right(3, ROWS[5:]))
    frame = table(search.state)
    assert frame["number"].tolist() == [0, 3]
    assert frame["candidate"].tolist() == [baseline, better]
    assert frame["mean"].tolist() == [0.5, 0.8]
    assert frame["n"].tolist() == [10, 10]
    assert frame["leader"].tolist() == [baseline, better]
    assert frame["best"].tolist() == [False, True]
    assert (frame["low"] < frame["mean"]).all()
    assert (frame["mean"] < frame["high"]).all()


def test_a_candidate_that_mostly_fails_does_not_lead():
    search = Search()
    baseline = search.trial("baseline", "i0", right(5))
    search.trial("full", "i1", {**dict.fromkeys(ROWS, None), "0": 1.0})
    better = search.trial("full", "i2", right(7))
    frame = table(search.state)
    assert frame["mean"].tolist() == [0.5, 1.0, 0.7]
    assert frame["leader"].tolist() == [baseline, baseline, better]
    assert frame["best"].tolist() == [False, False, True]


def test_a_leader_is_overtaken_when_it_turns_out_to_fail_more_than_others():
    search = Search()
    failing = search.trial(
        "baseline", "i0", {**dict.fromkeys(ROWS[8:], None), **right(8, ROWS[:8])}
    )
    whole = search.trial("full", "i1", right(6))
    assert table(search.state)["leader"].tolist() == [failing, whole]


def test_a_table_built_step_by_step_equals_the_one_built_at_once():
    log = run_log.events(run_log.Plan(trials=9, minibatch=20, full_every=3, failing=0.2))
    state, memo = RunState(), FullMemo()
    for seq, event in enumerate(log, start=1):
        state.fold([Record(seq, event)])
        if seq % 40 == 0 or seq == len(log):
            assert table(state, memo).equals(table(state))
    assert table(state)["leader"].iloc[-1] == best_candidate(state, observed(state))
