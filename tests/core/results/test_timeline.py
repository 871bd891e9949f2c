import pytest

from core.programs.candidate import ChoiceRef
from core.results.run_results import run_results
from core.results.timeline import FAILURE_COLUMNS, failure_bins, timeline
from core.runs import decisions as de
from core.runs import events as ev
from core.runs.state import RunState
from core.storage.memory import MemoryStore
from tests import run_log

PLAN = run_log.Plan(trials=6, minibatch=8, full_every=3)


@pytest.fixture
def config():
    return run_log.iris_config(MemoryStore(), PLAN)


def made(config, events):
    return timeline(run_results(run_log.state_of(events), config))


def failure(at, kind="LMTimeoutError"):
    return at, "trial 1, row 2", ev.Failure(kind=kind, message="slow")


def test_every_trial_has_its_times_its_label_and_its_mean(config):
    found = made(config, run_log.events(PLAN))
    first = found.trials.iloc[0]
    assert (first["number"], first["purpose"], first["label"]) == (0, "baseline", "C0")
    assert found.start <= first["start"] < first["end"] <= found.end
    assert 0 <= first["mean"] <= 1
    assert found.hidden_minibatches == 0


def test_a_trial_in_flight_has_no_end(config):
    log = run_log.events(PLAN, "search")
    place = max(i for i, event in enumerate(log) if event.kind == "trial_finished")
    found = made(config, log[:place])
    assert found.trials["end"].isna().tolist() == [False] * (len(found.trials) - 1) + [True]


def test_a_phase_lasts_until_the_next_one_begins(config):
    phases = made(config, run_log.events(PLAN)).phases
    assert [each.phase for each in phases] == ["bootstrap", "propose", "search", "test"]
    assert all(one.end == other.start for one, other in zip(phases, phases[1:], strict=False))
    assert phases[-1].end == run_log.events(PLAN)[-1].at
    assert made(config, run_log.events(PLAN, "propose")).phases[-1].end is None


def test_decisions_stand_on_it_in_words(config):
    log = run_log.events(PLAN, "search")
    ref = ChoiceRef(
        predictor="answer.predict",
        part="instruction",
        id=next(
            event.id
            for event in log
            if event.kind == "instruction_proposed"
            and (event.predictor, event.index) == ("answer.predict", 2)
        ),
    )
    (mark,) = made(config, [*log, de.ChoiceRejected(by="Ada", choice=ref, reason="long")]).decisions
    assert mark.words == "Ada rejected instruction 2 of answer: long."
    assert (mark.seq, mark.by, mark.kind) == (len(log) + 1, "Ada", "choice_rejected")


def test_a_long_run_shows_at_most_2000_marks_and_says_how_many_are_hidden(config):
    plan = run_log.Plan(trials=5000, minibatch=2, full_every=100, failing=0.2, traces=False)
    results = run_results(run_log.state_of(run_log.events(plan)), config)
    found = timeline(results)
    assert len(found.trials) + len(found.failures) + len(found.decisions) <= 2_000
    assert len(found.trials) + found.hidden_minibatches == results.trial_count
    scarce = [row for row in results.tables.rows if row.purpose != "minibatch"]
    assert (found.trials["purpose"] != "minibatch").sum() == len(scarce)
    assert found.failures["count"].sum() == results.failure_count


def test_few_failures_are_marks_of_their_own():
    frame = failure_bins([failure(1.0), failure(2.0, "AdapterParseError")])
    assert frame.values.tolist() == [
        [1.0, 1.0, 1, "LMTimeoutError 1"],
        [2.0, 2.0, 1, "AdapterParseError 1"],
    ]
    assert list(failure_bins([]).columns) == FAILURE_COLUMNS


def test_many_failures_are_counted_together_by_kind():
    frame = failure_bins([failure(float(at), "AB"[at % 2]) for at in range(1000)], most=10)
    assert len(frame) == 10
    assert frame["count"].sum() == 1000
    assert frame["kinds"].iloc[0] == "A 50, B 50"
    assert (frame["at"] <= frame["until"]).all()


def test_failures_at_one_moment_are_one_mark():
    assert failure_bins([failure(5.0)] * 20, most=3)["count"].tolist() == [20]


def test_a_run_without_events_has_an_empty_timeline(config):
    found = timeline(run_results(RunState(), config))
    assert found.trials.empty
    assert (found.decisions, found.phases, found.start) == ((), (), None)
