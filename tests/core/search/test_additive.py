import itertools

import numpy as np
import pytest

from core.search.additive import Layout, ascend, values
from core.search.surrogate import Surrogate

SIZES = (3, 4, 2)
SPACE = list(itertools.product(*map(range, SIZES)))


@pytest.fixture
def surrogate():
    rng, surrogate = np.random.default_rng(2), Surrogate(len(SIZES))
    for number in range(150):
        candidate = SPACE[int(rng.integers(12))]
        score = float(rng.random() < 0.3 + 0.2 * candidate[1])
        surrogate.observe(candidate, f"example {number % 30}", score)
    surrogate.fit(sweeps=3)
    return surrogate


def test_candidates_never_tried_differ_by_their_entries_alone(surrogate):
    layout = Layout(SIZES)
    untried = [candidate for candidate in SPACE if candidate not in surrogate.visited]
    tables = surrogate.tables(layout)

    summed = values(layout, np.repeat(tables, len(untried), axis=0), np.array(untried))
    predicted = surrogate.predict(untried).mean

    np.testing.assert_allclose(summed - summed[0], predicted - predicted[0], atol=1e-10)


def test_draws_spread_as_the_posterior_does(surrogate):
    layout = Layout(SIZES)
    untried = np.array([candidate for candidate in SPACE if candidate not in surrogate.visited])
    tables = surrogate.tables(layout, draws=4000, rng=np.random.default_rng(0))[1:]
    drawn = tables[:, layout.entries(untried)].sum(axis=2)
    joint = surrogate.joint(untried)
    own = surrogate.hyperparameters.candidates.rest**2

    apart = drawn - drawn[:, :1]
    expected = joint.covariance - own * np.eye(len(untried))  # what is particular is not drawn
    spread = np.diag(expected) + expected[0, 0] - 2 * expected[0]

    np.testing.assert_allclose(apart.mean(axis=0), joint.mean - joint.mean[0], atol=0.01)
    np.testing.assert_allclose(apart.std(axis=0)[1:], np.sqrt(spread[1:]), rtol=0.06)


@pytest.mark.parametrize("sizes", [(5,), (3, 4), (4, 3, 5, 2)])
def test_an_ascent_ends_where_no_single_change_helps(sizes):
    layout, rng = Layout(sizes), np.random.default_rng(3)
    functions = rng.normal(0, 1, (6, layout.width))
    found = ascend(layout, functions, np.zeros((6, len(sizes)), dtype=np.int64))
    reached = values(layout, functions, found)

    for variable, size in enumerate(sizes):
        for level in range(size):
            changed = found.copy()
            changed[:, variable] = level
            assert (values(layout, functions, changed) <= reached + 1e-12).all()


def test_an_ascent_does_not_move_to_closed_levels():
    layout = Layout((3, 3))
    functions = np.zeros((1, layout.width))
    functions[0, [2, 5]] = -np.inf
    functions[0, [1, 4]] = 1.0
    assert ascend(layout, functions, np.zeros((1, 2), dtype=np.int64)).tolist() == [[1, 1]]
