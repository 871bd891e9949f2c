import pytest

from core.programs.candidate import Candidate, Choice
from core.results.credit import (
    INTERACTIONS,
    REMAINDER,
    ablated,
    ablations,
    credit_shares,
    predictor_shares,
)
from core.results.run_results import run_results
from core.runs import decisions as de
from core.runs.scores import val_scores
from core.runs.snapshot import Belief, VarianceShare
from core.storage.memory import MemoryStore
from tests import run_log

PLAN = run_log.Plan(trials=12, minibatch=20, full_every=3)
LOG = run_log.events(PLAN)


@pytest.fixture(scope="module")
def config():
    return run_log.iris_config(MemoryStore(), PLAN)


def looked_at(config, more=()):
    state = run_log.state_of([*LOG, *more])
    return state, run_results(state, config)


def table(state, results, candidate=None):
    scored = {each: val_scores(state, each) for each in ablated(results, candidate)}
    return ablations(scored, results, candidate)


def shares():
    known = [("ask.predict", "instruction", 0.1), ("answer.predict", "instruction", 0.2),
             ("answer.predict", "demo_set", 0.4)]  # fmt: skip
    return Belief(
        recommended=None,
        near_best=0.5,
        shares=tuple(VarianceShare(predictor=a, part=b, share=c) for a, b, c in known),
        interactions=0.25,
        remainder=0.05,
    )


def test_shares_come_largest_first_and_add_up_to_one(config):
    _, results = looked_at(config)
    found = credit_shares(shares(), results.names)
    assert [each.name for each in found] == [
        "answer: demo set", INTERACTIONS, "answer: instruction", "ask: instruction", REMAINDER,
    ]  # fmt: skip
    assert sum(each.share for each in found) == pytest.approx(1.0)
    together = predictor_shares(found)
    assert list(together) == ["answer.predict", "ask.predict"]
    assert together["answer.predict"] == pytest.approx(0.6)


def test_nothing_is_said_about_credit_before_anything_is_known(config):
    _, results = looked_at(config)
    assert credit_shares(None, results.names) == ()
    assert credit_shares(Belief(recommended=None, near_best=0.0), results.names) == ()


def test_each_row_puts_back_what_its_name_says_and_nothing_else(config):
    state, results = looked_at(config)
    found = table(state, results)
    best = results.choices[results.best.candidate]
    own = results.choices[results.baseline.candidate]
    assert found.candidate == results.best.candidate
    assert {row.predictor for row in found.rows} <= set(best.choices)
    for row in found.rows:
        changed = {
            (name, part)
            for name, choice in row.candidate.choices.items()
            for part in ("instruction", "demo_set")
            if getattr(choice, part) != getattr(best.choices[name], part)
        }
        parts = ("instruction", "demo_set") if row.part is None else (row.part,)
        assert changed == {(row.predictor, part) for part in parts}
        for part in parts:
            given = getattr(own.choices[row.predictor], part)
            assert getattr(row.candidate.choices[row.predictor], part) == given


def test_what_was_not_measured_can_be_queued_and_has_no_difference(config):
    state, results = looked_at(config)
    row = next(row for row in table(state, results).rows if row.candidate.id not in state.results)
    assert (row.difference, row.n, row.queued, row.whole) == (None, 0, False, False)
    assert row.words == "Not measured yet."
    again = table(*looked_at(config, [de.CandidateQueued(by="Ada", candidate=row.candidate)]))
    assert next(each for each in again.rows if each.name == row.name).queued


def test_a_measured_row_has_the_paired_difference_on_the_same_examples(config):
    state, results = looked_at(config)
    best = results.choices[results.best.candidate]
    other = {
        **best.choices,
        "ask.predict": Choice(
            instruction=results.instructions["ask.predict"][0].id,
            demo_set=results.demo_sets["ask.predict"][0].id,
        ),
    }
    ablation = Candidate(choices=other)
    own = val_scores(state, results.best.candidate)
    shared = dict.fromkeys(list(own)[:30], 0.0)
    found = ablations({results.best.candidate: own, ablation.id: shared}, results)
    row = next(each for each in found.rows if each.candidate == ablation)
    assert (row.n, row.difference.n) == (30, 30)
    assert row.difference.value == pytest.approx(sum(own[each] for each in shared) / 30)
    assert row.difference.value > 0
    assert f"{found.label} is better than {found.label} with the baseline's ask" in row.words


def test_a_candidate_like_the_baseline_but_for_one_part_has_one_row(config):
    state, results = looked_at(config)
    own = results.choices[results.baseline.candidate]
    ref = next(
        ref for ref in results.choices[results.best.candidate].refs
        if ref not in own.refs and ref.predictor == "answer.predict"
    )  # fmt: skip
    alike = own.changed(ref)
    changed = results.choices | {alike.id: alike}
    object.__setattr__(results, "choices", changed)
    found = ablations({}, results, alike.id)
    assert [(row.predictor, row.part) for row in found.rows] == [(ref.predictor, ref.part)]
    assert found.rows[0].candidate == own
    assert found.as_given == ("ask",)


def test_without_a_best_beside_the_baseline_there_is_nothing_to_take_apart(config):
    early = run_log.state_of(run_log.events(PLAN, "propose"))
    results = run_results(early, config)
    assert (ablated(results), ablations({}, results)) == ({}, None)
    assert ablations({}, results, results.baseline.candidate) is None
