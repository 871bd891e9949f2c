import pytest

from core.search.space import SearchSpace
from core.worker.beliefs import LEAST_RESULTS, Beliefs

SPACE = SearchSpace(
    predictors=("answer",),
    instructions={"answer": ("i0", "i1")},
    demo_sets={"answer": ("d0", "d1", "d2")},
)
CANDIDATES = {f"c{i}{d}": (i, d) for i in range(2) for d in range(3)}


def score(levels, example):
    """Demo set 2 is right on four of five examples, the others on two."""
    return float(int(example) % 5 < (4 if levels[1] == 2 else 2))


@pytest.fixture
def beliefs():
    made = Beliefs()
    results = [
        (levels, str(example), score(levels, example))
        for levels in CANDIDATES.values()
        for example in range(40)
    ]
    made.learn(CANDIDATES, results)
    return made


def test_every_candidate_tried_has_a_prediction_near_its_score(beliefs):
    predicted = beliefs.predictions()
    assert set(predicted) == set(CANDIDATES)
    assert predicted["c02"].mean > predicted["c00"].mean + 0.2


def test_the_recommended_candidate_is_one_of_the_good_ones_and_surely_so(beliefs):
    belief = beliefs.belief(SPACE, "Because.")
    assert belief.recommended in {"c02", "c12"}
    assert sum(belief.probability_best[each] for each in ("c02", "c12")) > 0.95
    assert 0.5 < belief.near_best <= 1.0
    assert belief.reason == "Because."


def test_effects_name_the_choice_that_matters(beliefs):
    effects = {(each.part, each.id): each for each in beliefs.belief(SPACE, None).effects}
    assert set(effects) == {("instruction", "i0"), ("instruction", "i1")} | {
        ("demo_set", each) for each in ("d0", "d1", "d2")
    }
    best = effects["demo_set", "d2"]
    assert best.mean - 1.64 * best.sd > 0
    assert abs(effects["instruction", "i1"].mean) < 0.05


def test_nothing_is_said_before_there_are_results():
    assert Beliefs().belief(None, None) is None
    assert Beliefs().predictions() == {}
    few = Beliefs()
    few.learn(CANDIDATES, [((0, 0), str(n), 1.0) for n in range(LEAST_RESULTS - 1)])
    assert few.belief(SPACE, None) is None
    assert set(few.predictions()) == set(CANDIDATES)
