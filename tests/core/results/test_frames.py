from core.lm.usage import Usage
from core.programs.candidate import NO_DEMOS, Candidate, Choice
from core.results.frames import (
    FrameMemo,
    best_candidate,
    candidate_frame,
    candidate_labels,
    failure_frame,
    instruction_frame,
    observed,
    trial_frame,
)
from core.runs import events as ev
from core.runs.snapshot import Predicted, RunSummary, Snapshot
from core.runs.state import RunState
from core.runs.store import Record
from tests import run_log

PLAN = run_log.Plan(trials=6, minibatch=8, full_every=3)


def test_a_finished_trial_has_its_mean_its_interval_and_its_n():
    frame = trial_frame(run_log.state_of(run_log.events(PLAN)))
    first = frame.iloc[0]
    assert (first["number"], first["purpose"], first["n"], first["failed"]) == (
        0,
        "baseline",
        40,
        0,
    )
    assert 0 <= first["low"] < first["mean"] < first["high"] <= 1
    assert list(frame["number"]) == sorted(frame["number"])
    assert set(frame["purpose"]) == {"baseline", "minibatch", "full", "test"}


def test_a_trial_under_way_shows_what_is_scored_so_far_and_no_end():
    log = run_log.events(PLAN)
    place = next(i for i, event in enumerate(log) if event.kind == "trial_finished")
    frame = trial_frame(run_log.state_of(log[:place]))
    assert frame["finished"].isna().all()
    assert frame.iloc[0]["n"] == 40
    place = next(i for i, event in enumerate(log) if event.kind == "trial_started")
    waiting = trial_frame(run_log.state_of(log[: place + 1])).iloc[0]
    assert waiting["n"] == 0
    assert waiting[["mean", "low", "high"]].isna().all()


def test_frames_of_a_run_without_events_are_empty_and_have_their_columns():
    assert list(trial_frame(RunState()).columns)[:3] == ["number", "purpose", "candidate"]
    assert candidate_frame(RunState()).empty
    assert instruction_frame(RunState()).empty
    assert failure_frame(RunState()).empty


def test_tables_built_step_by_step_with_a_memo_equal_those_built_at_once():
    log = run_log.events(run_log.Plan(trials=6, minibatch=8, full_every=3, failing=0.2))
    state, memo = RunState(), FrameMemo()
    for seq, event in enumerate(log, start=1):
        state.fold([Record(seq, event)])
        if seq % 7 == 0 or seq == len(log):
            grown = trial_frame(state, memo), candidate_frame(state, None, memo)
            afresh = trial_frame(state), candidate_frame(state)
            assert all(one.equals(other) for one, other in zip(grown, afresh, strict=True))


def test_candidates_are_numbered_by_their_first_trial_with_the_baseline_first():
    state = run_log.state_of(run_log.events(PLAN))
    labels = list(candidate_labels(state).values())
    assert labels[:3] == ["C0 (baseline)", "C1", "C2"]
    frame = candidate_frame(state)
    assert frame["baseline"].tolist() == [True] + [False] * (len(frame) - 1)
    assert frame.iloc[0][["ask.predict.instruction", "answer.predict.demo_set"]].tolist() == [0, 0]


def test_the_best_is_the_fully_evaluated_candidate_with_the_highest_mean():
    state = run_log.state_of(run_log.events(PLAN, "search"))
    frame = candidate_frame(state).set_index("candidate")
    full = frame[frame["full"]]
    assert len(full) == 3
    (best,) = frame.index[frame["best"]]
    assert frame.loc[best, "mean"] == full["mean"].max()
    assert (full["n"] == len(PLAN.val)).all()


def test_the_first_of_equally_good_candidates_is_the_best():
    state = run_log.state_of(run_log.events(PLAN, "search"))
    means = observed(state)
    same = means[state.fully_evaluated[0]]
    assert best_candidate(state, dict.fromkeys(means, same)) == state.fully_evaluated[0]


def test_an_ended_run_keeps_the_best_it_named():
    state = run_log.state_of(run_log.events(PLAN))
    state.best = state.baseline
    frame = candidate_frame(state)
    assert frame.loc[frame["best"], "candidate"].tolist() == [state.baseline]


def test_test_scores_stand_beside_the_candidates_that_were_tested():
    frame = candidate_frame(run_log.state_of(run_log.events(PLAN)))
    tested = frame[frame["test_n"] > 0]
    assert len(tested) == 2
    assert (tested["test_n"] == len(PLAN.test)).all()
    assert frame.loc[frame["test_n"] == 0, "test"].isna().all()


def test_predictions_come_with_a_90_percent_interval_within_0_and_1():
    state = run_log.state_of(run_log.events(PLAN))
    first, second, *_ = candidate_labels(state)
    snapshot = Snapshot(
        seq=1,
        summary=RunSummary(status="running"),
        predictions={first: Predicted(mean=0.5, sd=0.1), second: Predicted(mean=0.99, sd=0.1)},
    )
    frame = candidate_frame(state, snapshot)[["predicted", "predicted_low", "predicted_high"]]
    assert frame.iloc[0].round(3).tolist() == [0.5, 0.336, 0.664]
    assert frame.iloc[1].round(3).tolist() == [0.99, 0.826, 1.0]
    assert frame.iloc[2:].isna().all(axis=None)


def test_a_failed_example_is_left_out_of_the_mean_until_it_is_scored():
    state = RunState()
    candidate = Candidate(choices={"p": Choice(instruction="i0", demo_set=NO_DEMOS)})
    started = ev.TrialStarted(
        number=0, purpose="baseline", candidate=candidate, examples=("1", "2")
    )
    same = {"trial": 0, "candidate": candidate.id, "seconds": 0.1, "usage": Usage()}
    failure = ev.Failure(kind="Timeout", message="slow")
    memo = FrameMemo()
    state.fold([Record(1, started)])
    state.fold([Record(2, ev.ExampleScored(example="1", attempt=0, score=1.0, **same))])
    state.fold([Record(3, ev.ExampleScored(example="2", attempt=0, failure=failure, **same))])
    assert observed(state, memo)[candidate.id].n == 1
    state.fold([Record(4, ev.ExampleScored(example="2", attempt=1, score=0.0, **same))])
    again = observed(state, memo)[candidate.id]
    assert (again.value, again.n) == (0.5, 2)


def test_instructions_say_where_they_came_from_and_how_many_candidates_use_them():
    state = run_log.state_of(run_log.events(PLAN))
    frame = instruction_frame(state)
    own = frame[frame["index"] == 0]
    assert own["text"].tolist() == [run_log.ASK.instruction, run_log.ANSWER.instruction]
    assert frame[frame["index"] == 1]["tip"].tolist() == ["creative", "creative"]
    for _, group in frame.groupby("predictor"):
        assert group["candidates"].sum() == len(state.candidates)


def test_failures_are_listed_newest_first_and_bounded():
    state = run_log.state_of(run_log.events(run_log.Plan(failing=0.5)))
    frame = failure_frame(state, most=5)
    assert len(frame) == 5
    assert frame["at"].is_monotonic_decreasing
    assert frame.iloc[0]["message"] == "<b>no</b> field `answer`"
