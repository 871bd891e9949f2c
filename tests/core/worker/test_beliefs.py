from dataclasses import dataclass

import numpy as np
import pytest

from core.programs.candidate import Candidate
from core.runs.snapshot import Predicted, RunSummary, Snapshot
from core.search.pool import Choices
from core.search.space import SearchSpace
from core.worker import beliefs
from core.worker.beliefs import LEAST_RESULTS, MOST_PREDICTED, SHARE, Beliefs

SPACE = SearchSpace(
    predictors=("answer",),
    instructions={"answer": ("i0", "i1")},
    demo_sets={"answer": ("d0", "d1", "d2")},
)
OPEN = Choices(sizes=SPACE.sizes)
CANDIDATES = {f"c{i}{d}": (i, d) for i in range(2) for d in range(3)}
BUT_ONE = {name: levels for name, levels in CANDIDATES.items() if name != "c12"}


def score(levels, example):
    """Demo set 2 is right on four of five examples, the others on two."""
    return float(int(example) % 5 < (4 if levels[1] == 2 else 2))


def results_of(candidates, examples=40):
    return [
        (levels, str(example), score(levels, example))
        for levels in candidates.values()
        for example in range(examples)
    ]


def outlook(candidates=CANDIDATES, choices=OPEN, space=SPACE, examples=40):
    return Beliefs().outlook(space, choices, candidates, results_of(candidates, examples))


def belief(*args, **named):
    return outlook(*args, **named).belief


def test_every_candidate_tried_has_a_prediction_near_its_score():
    predicted = outlook().predictions
    assert set(predicted) == set(CANDIDATES)
    assert predicted["c02"].mean > predicted["c00"].mean + 0.2


def test_the_recommended_candidate_is_one_of_the_good_ones_and_surely_so():
    found = belief()
    assert found.recommended in {"c02", "c12"}
    assert sum(found.probability_best[each] for each in ("c02", "c12")) > 0.95
    assert 0.5 < found.near_best <= 1.0


def test_a_candidate_that_people_ruled_out_is_not_recommended_and_no_rival():
    without_good_demos = Choices(sizes=SPACE.sizes, bans=frozenset({((1, 2),)}))
    found = belief(choices=without_good_demos)
    assert found.recommended in {"c00", "c01", "c10", "c11"}
    only_one = Choices(sizes=SPACE.sizes, pins={0: 0, 1: 0})
    pinned = belief(choices=only_one)
    assert (pinned.recommended, pinned.near_best) == ("c00", 1.0)


def test_nothing_is_recommended_when_all_that_was_tried_is_ruled_out():
    tried = {"c00": (0, 0)}
    without = Choices(sizes=SPACE.sizes, bans=frozenset({((0, 0), (1, 0))}))
    found = belief(tried, choices=without)
    assert (found.recommended, found.near_best, found.grids) == (None, 0.0, ())


def test_what_was_not_tried_lowers_the_certainty_of_being_near_the_best():
    bad = {name: levels for name, levels in CANDIDATES.items() if levels[1] != 2}
    tried_only = Choices(sizes=SPACE.sizes, bans=frozenset({((1, 2),)}))
    assert belief(bad).near_best < belief(bad, choices=tried_only).near_best - 0.1


def test_effects_name_the_choice_that_matters():
    effects = {(each.part, each.id): each for each in belief().effects}
    assert set(effects) == {("instruction", "i0"), ("instruction", "i1")} | {
        ("demo_set", each) for each in ("d0", "d1", "d2")
    }
    best = effects["demo_set", "d2"]
    assert best.mean - 1.64 * best.sd > 0
    assert abs(effects["instruction", "i1"].mean) < 0.05


def test_shares_add_up_to_one_and_the_part_that_matters_has_the_largest():
    found = belief()
    shares = {each.part: each.share for each in found.shares}
    assert sum(shares.values()) + found.interactions + found.remainder == pytest.approx(1, abs=1e-3)
    assert shares["demo_set"] > shares["instruction"]


def test_a_part_without_a_choice_has_no_share_and_a_lone_choice_has_all_of_it():
    space = SearchSpace(
        predictors=("answer",),
        instructions={"answer": ("i0",)},
        demo_sets={"answer": ("d0", "d1", "d2")},
    )
    tried = {"a": (0, 0), "b": (0, 1), "c": (0, 2)}
    found = belief(tried, choices=Choices(sizes=space.sizes), space=space)
    assert [(each.part, each.share) for each in found.shares] == [("demo_set", 1.0)]
    assert (found.interactions, found.remainder) == (0.0, 0.0)


def test_a_grid_has_every_cell_tried_or_not():
    (grid,) = belief(BUT_ONE).grids
    assert (grid.instructions, grid.demo_sets) == (("i0", "i1"), ("d0", "d1", "d2"))
    assert grid.complete
    assert grid.mean[1][2] > grid.mean[1][0] + 0.1
    assert grid.sd[1][2] > grid.sd[0][2]


def test_a_candidate_that_was_not_tried_is_named_with_what_is_expected_of_it():
    (only,) = belief(BUT_ONE).considered
    assert only.candidate == SPACE.candidate((1, 2))
    assert isinstance(only.candidate, Candidate)
    assert only.predicted.mean > 0.55
    assert belief().considered == ()


def test_nothing_is_said_before_there_are_results():
    assert Beliefs().outlook(None, None, {}, []).belief is None
    few = outlook({"c00": (0, 0)}, examples=LEAST_RESULTS - 1)
    assert few.belief is None
    assert set(few.predictions) == {"c00"}


@dataclass
class Processor:
    """A clock and a meter of processor time, read before and after work that takes `cost`."""

    now: float = 0.0
    used: float = 0.0
    cost: float = 0.5
    working: bool = False

    def spent(self) -> float:
        self.used += self.cost if self.working else 0.0
        self.working = not self.working
        return self.used


def test_no_more_than_its_share_of_a_processor_is_taken():
    processor = Processor()
    worker = Beliefs(clock=lambda: processor.now, spent=processor.spent)
    for second in range(60):
        processor.now = float(second)
        worker.outlook(SPACE, OPEN, CANDIDATES, [((0, 0), str(second), 1.0)])
    assert processor.used <= SHARE * 60 + processor.cost


def test_a_run_that_rests_has_it_worked_out_at_once_but_not_again_and_again():
    processor = Processor(cost=30.0)
    worker = Beliefs(clock=lambda: processor.now, spent=processor.spent)
    worker.outlook(SPACE, OPEN, BUT_ONE, results_of(BUT_ONE))
    waiting = worker.outlook(SPACE, OPEN, CANDIDATES, [((1, 2), "0", 1.0)])
    assert "c12" not in waiting.predictions
    rested = worker.outlook(SPACE, OPEN, CANDIDATES, [], now=True)
    assert "c12" in rested.predictions
    assert worker.outlook(SPACE, OPEN, CANDIDATES, [], now=True) is rested


def test_a_snapshot_of_a_large_program_stays_below_100_kilobytes():
    names = tuple(f"stage_number_{number}.predict" for number in range(30))
    space = SearchSpace(
        predictors=names,
        instructions={name: tuple(f"i{name[-14:-10]}{n:05}" for n in range(18)) for name in names},
        demo_sets={name: tuple(f"d{name[-14:-10]}{n:05}" for n in range(18)) for name in names},
    )
    rng = np.random.default_rng(0)
    tried = {}
    for _ in range(40):
        levels = tuple(int(level) for level in rng.integers(18, size=60))
        tried[space.candidate(levels).id] = levels
    results = [(levels, str(n), float(n % 2)) for levels in tried.values() for n in range(3)]
    found = Beliefs().outlook(space, Choices(sizes=space.sizes), tried, results)
    predictions = {f"c{n:09}": Predicted(mean=0.1234, sd=0.1234) for n in range(MOST_PREDICTED)}
    snapshot = Snapshot(
        seq=1, summary=RunSummary(status="running"), predictions=predictions, belief=found.belief
    )
    assert len(snapshot.model_dump_json()) < 100_000
    assert Snapshot.model_validate_json(snapshot.model_dump_json()) == snapshot


def test_only_the_most_promising_of_very_many_candidates_have_a_prediction(monkeypatch):
    monkeypatch.setattr(beliefs, "MOST_PREDICTED", 3)
    kept = outlook().predictions
    assert len(kept) == 3
    assert {"c02", "c12"} <= set(kept)
