from core.lm.usage import Usage
from core.programs.candidate import NO_DEMOS, Candidate, Choice
from core.results.frames import (
    MOST_FAILURES,
    best_candidate,
    candidate_frame,
    candidate_labels,
    observed,
    shown_rows,
    tables_of,
    trial_frame,
)
from core.results.memo import Memo
from core.results.progress import Counts
from core.runs import decisions as de
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
    assert tables_of(RunState()).instructions.empty
    assert tables_of(RunState()).failures.empty
    assert tables_of(RunState()).full.empty
    assert tables_of(RunState()).trial(0) is None


def test_tables_built_step_by_step_with_a_memo_equal_those_built_at_once():
    log = run_log.events(run_log.Plan(trials=6, minibatch=8, full_every=3, failing=0.2))
    state, memo = RunState(), Memo()
    for seq, event in enumerate(log, start=1):
        state.fold([Record(seq, event)])
        if seq % 7 == 0 or seq == len(log):
            memo.update(state)
            grown, afresh = tables_of(state, None, memo), tables_of(state)
            for name in ("trials", "candidates", "instructions", "failures", "full"):
                assert getattr(grown, name).equals(getattr(afresh, name)), (seq, name)
            assert memo.counts == Counts.of(state)


def test_a_baseline_that_comes_late_is_still_numbered_first():
    other = Candidate(choices={"p": Choice(instruction="i1", demo_set=NO_DEMOS)})
    own = Candidate(choices={"p": Choice(instruction="i0", demo_set=NO_DEMOS)})
    state, memo = RunState(), Memo()
    for number, (purpose, candidate) in enumerate([("minibatch", other), ("baseline", own)]):
        started = ev.TrialStarted(
            number=number, purpose=purpose, candidate=candidate, examples=("1",)
        )
        state.fold([Record(number + 1, started)])
        memo.update(state)
    assert memo.labels == {own.id: "C0 (baseline)", other.id: "C1"}
    assert list(memo.candidates) == [own.id, other.id]


def test_what_people_rule_out_later_is_the_best_no_more():
    state, memo = run_log.state_of(run_log.events(PLAN, "search")), Memo()
    memo.update(state)
    best = memo.best(state)
    assert best is not None
    ref = state.candidates[best].refs[0]
    state.fold([Record(state.seq + 1, de.ChoiceRejected(by="Ada", choice=ref))])
    memo.update(state)
    assert memo.best(state) != best
    assert memo.best(state) == best_candidate(state, observed(state))


def test_tables_that_were_handed_out_stay_as_they_were():
    log = run_log.events(PLAN)
    state, memo = RunState(), Memo()
    state.fold(Record(seq, event) for seq, event in enumerate(log[:200], start=1))
    memo.update(state)
    before, at_once = tables_of(state, None, memo), tables_of(state)
    state.fold(Record(seq, event) for seq, event in enumerate(log[200:], start=201))
    memo.update(state)
    assert before.trials.equals(at_once.trials)
    assert before.candidates.equals(at_once.candidates)


def test_the_short_list_of_candidates_has_baseline_best_and_the_most_promising():
    state = run_log.state_of(run_log.events(PLAN, "search"))
    tables = tables_of(state, run_log.snapshot(state))
    short, everything = tables.best_candidates(4), tables.candidates
    assert short["candidate"].tolist()[:2] == [tables.baseline, tables.best]
    assert len(short) == 4
    expected = everything.set_index("candidate")["predicted"]
    rest = [each for each in expected.index if each not in short["candidate"].tolist()]
    assert expected[short["candidate"].iloc[2]] >= expected[rest].max()
    assert short.columns.tolist() == everything.columns.tolist()


def test_a_trial_is_found_by_its_number_and_the_newest_come_first():
    tables = tables_of(run_log.state_of(run_log.events(PLAN)))
    assert tables.trial(3).number == 3
    assert tables.trial(999) is None
    numbers = tables.trials["number"].tolist()
    assert tables.newest_trials(2)["number"].tolist() == numbers[::-1][:2]


def test_a_chart_of_many_trials_keeps_all_but_finished_minibatches():
    rows = tables_of(run_log.state_of(run_log.events(run_log.Plan(trials=120)))).rows
    shown = shown_rows(rows, 60)
    assert len(shown) <= 60
    scarce = [row for row in rows if row.purpose != "minibatch"]
    assert [row for row in shown if row.purpose != "minibatch"] == scarce
    assert shown_rows(rows, 500) == rows


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
    memo = Memo()
    state.fold([Record(1, started)])
    state.fold([Record(2, ev.ExampleScored(example="1", attempt=0, score=1.0, **same))])
    state.fold([Record(3, ev.ExampleScored(example="2", attempt=0, failure=failure, **same))])
    memo.update(state)
    assert memo.val[candidate.id].n == 1
    state.fold([Record(4, ev.ExampleScored(example="2", attempt=1, score=0.0, **same))])
    memo.update(state)
    again = memo.val[candidate.id]
    assert (again.value, again.n) == (0.5, 2)


def test_instructions_say_where_they_came_from_and_how_many_candidates_use_them():
    state = run_log.state_of(run_log.events(PLAN))
    frame = tables_of(state).instructions
    own = frame[frame["number"] == 0]
    assert own["text"].tolist() == [run_log.ASK.instruction, run_log.ANSWER.instruction]
    assert frame[frame["number"] == 1]["tip"].tolist() == ["creative", "creative"]
    for _, group in frame.groupby("predictor"):
        assert group["candidates"].sum() == len(state.candidates)


def test_failures_are_listed_newest_first_and_bounded():
    state = run_log.state_of(run_log.events(run_log.Plan(trials=100, failing=0.6)))
    frame = tables_of(state).failures
    assert len(state.failures) > len(frame) == MOST_FAILURES
    assert frame["at"].is_monotonic_decreasing
    assert frame.iloc[0]["message"] == "<b>no</b> field `answer`"


def test_a_score_chart_is_made_anew_only_when_a_trial_or_a_full_evaluation_ended():
    log = run_log.events(PLAN)
    versions = []
    state, memo = RunState(), Memo()
    for seq, event in enumerate(log, start=1):
        state.fold([Record(seq, event)])
        memo.update(state)
        versions.append((event.kind, tables_of(state, None, memo).chart_version))
    changed = {
        kind
        for (_, before), (kind, after) in zip(versions, versions[1:], strict=False)
        if before != after
    }
    assert {"trial_started", "trial_finished"} <= changed
    scored = sum(kind == "example_scored" for kind, _ in versions)
    moved = sum(
        before != after
        for (_, before), (kind, after) in zip(versions, versions[1:], strict=False)
        if kind == "example_scored"
    )
    assert moved <= len(PLAN.val) < scored


def test_the_version_of_shown_scores_changes_with_what_is_observed_or_expected_of_them():
    state = run_log.state_of(run_log.events(PLAN, "search"))
    plain, predicted = tables_of(state), tables_of(state, run_log.snapshot(state))
    shown = plain.leading(3)
    assert plain.scores_version(shown) == tables_of(state).scores_version(shown)
    assert plain.scores_version(shown) != predicted.scores_version(shown)
