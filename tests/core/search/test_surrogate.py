from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import multivariate_normal

from core.search.surrogate import INTERVAL, Effect, Surrogate, VarianceShares

SIZES = (5, 6)
SPACE = [(a, b) for a in range(SIZES[0]) for b in range(SIZES[1])]
SHARED_DATA = Path(__file__).parents[4] / "shared" / "data"


# Exactness: against the same model written out over every single result.


class Dense:
    """The model as one big Gaussian over all results and whatever is asked."""

    def __init__(self, results, hyperparameters):
        self.spreads = hyperparameters.candidates
        self.candidates = [candidate for candidate, _, _ in results]
        examples = [example for _, example, _ in results]
        self.centred = np.array([score for _, _, score in results]) - 0.45
        same_example = np.array([[a == b for b in examples] for a in examples])
        levels = np.array(self.candidates)
        on_example = np.full(same_example.shape, hyperparameters.example**2)
        for local, level in zip(hyperparameters.local, levels.T, strict=False):
            on_example += local**2 * (level[:, None] == level)
        self.covariance = (
            self.prior(self.candidates, self.candidates)
            + on_example * same_example
            + hyperparameters.noise**2 * np.eye(len(results))
        )

    def prior(self, left, right):
        return np.array([[self._kernel(a, b) for b in right] for a in left])

    def _kernel(self, a, b):
        agree = [x == y for x, y in zip(a, b, strict=True)]
        t = sum(agree)
        main = sum(sv**2 for sv, same in zip(self.spreads.main, agree, strict=True) if same)
        rest = self.spreads.rest**2 if t == len(a) else 0
        return 0.05 + main + self.spreads.pair**2 * t * (t - 1) / 2 + rest

    def given(self, cross, prior):
        gain = np.linalg.solve(self.covariance, cross.T).T
        return gain @ self.centred, prior - gain @ cross.T

    def predict(self, candidates):
        cross = self.prior(candidates, self.candidates)
        mean, covariance = self.given(cross, self.prior(candidates, candidates))
        return 0.45 + mean, covariance

    def effects(self, variable, size):
        variance = self.spreads.main[variable] ** 2
        centring = np.eye(size) - 1 / size
        cross = np.array(
            [[variance * (c[variable] == level) for c in self.candidates] for level in range(size)]
        )
        return self.given(centring @ cross, variance * centring)


def random_results(seed, *, count=120, variables=3, levels=3, examples=25):
    """Results with some candidates on the same example more than once."""
    rng = np.random.default_rng(seed)
    return [
        (
            tuple(int(level) for level in rng.integers(0, levels, variables)),
            f"example {rng.integers(examples)}",
            float(rng.integers(0, 5) / 4),
        )
        for _ in range(count)
    ]


def surrogate_of(results, *, sweeps=1):
    surrogate = Surrogate(len(results[0][0]))
    for candidate, example, score in results:
        surrogate.observe(candidate, example, score)
    if sweeps:
        surrogate.fit(sweeps=sweeps)
    return surrogate


def alike_results(seed):
    """Results that are right where the first level of the candidate is, and sometimes besides."""
    rng = np.random.default_rng(seed)
    right = rng.random((3, 25)) < 0.5
    return [
        (candidate, example, float(right[candidate[0], int(example.split()[1])] or score == 1.0))
        for candidate, example, score in random_results(seed, variables=2)
    ]


@pytest.fixture(params=[1, 2, 3, "alike"], ids="{} variables".format)
def results(request):
    if request.param == "alike":
        drawn = alike_results(7)
        assert surrogate_of(drawn).hyperparameters.local
    else:
        drawn = random_results(7, variables=request.param)
        assert not surrogate_of(drawn).hyperparameters.local
    assert len({(c, e) for c, e, _ in drawn}) < len(drawn)  # repeated pairs are among them
    return drawn


@pytest.mark.parametrize("sweeps", [0, 3], ids=["prior spreads", "fitted spreads"])
def test_predictions_equal_the_model_written_out_over_all_results(results, sweeps):
    surrogate = surrogate_of(results, sweeps=sweeps)
    dense = Dense(results, surrogate.hyperparameters)
    variables = len(results[0][0])
    candidates = [results[0][0], results[5][0], (2,) * variables, (9,) * variables]

    mean, covariance = dense.predict(candidates)

    np.testing.assert_allclose(surrogate.predict(candidates).mean, mean, atol=1e-8)
    np.testing.assert_allclose(surrogate.covariance(candidates), covariance, atol=1e-8)
    np.testing.assert_allclose(
        surrogate.predict(candidates).sd, np.sqrt(np.diag(covariance)), atol=1e-8
    )


def test_the_log_marginal_likelihood_is_the_density_of_all_results(results):
    surrogate = surrogate_of(results)
    dense = Dense(results, surrogate.hyperparameters)

    expected = multivariate_normal.logpdf(dense.centred, cov=dense.covariance)

    assert surrogate.log_marginal_likelihood() == pytest.approx(expected, abs=1e-8)


def test_effects_equal_the_model_written_out_over_all_results(results):
    surrogate = surrogate_of(results)
    dense = Dense(results, surrogate.hyperparameters)
    variables = len(results[0][0])

    effects = surrogate.effects([4] * variables)

    for variable in range(variables):
        mean, covariance = dense.effects(variable, 4)
        found = [effect for effect in effects if effect.variable == variable]
        assert [effect.level for effect in found] == [0, 1, 2, 3]
        np.testing.assert_allclose([effect.mean for effect in found], mean, atol=1e-8)
        np.testing.assert_allclose(
            [effect.sd for effect in found], np.sqrt(np.diag(covariance)), atol=1e-8
        )
        assert sum(effect.mean for effect in found) == pytest.approx(0, abs=1e-12)


def test_the_order_of_results_does_not_matter(results):
    forwards, backwards = surrogate_of(results), surrogate_of(results[::-1])
    candidate = [results[0][0]]

    assert forwards.hyperparameters == backwards.hyperparameters
    np.testing.assert_allclose(
        forwards.predict(candidate).mean, backwards.predict(candidate).mean, atol=1e-10
    )


# What the model is for: simulated searches.


class Search(NamedTuple):
    surrogate: Surrogate
    candidates: list
    observed_means: np.ndarray
    truth: np.ndarray  # [5, 6]: the true mean score of every candidate

    def true_scores(self, candidates):
        return np.array([self.truth[candidate] for candidate in candidates])


def drawn_from_the_model(rng):
    instructions, demo_sets = rng.normal(0, 0.02, SIZES[0]), rng.normal(0, 0.05, SIZES[1])
    own = rng.normal(0, 0.015, SIZES) + rng.normal(0, 0.015, SIZES)
    truth = 0.55 + rng.normal(0, 0.03) + instructions[:, None] + demo_sets + own
    difficulty = rng.normal(0, 0.1, 100)
    return truth, lambda c, e: np.clip(truth[c] + difficulty[e] + rng.normal(0, 0.1), 0, 1)


def right_or_wrong(rng):
    instructions, demo_sets = rng.normal(0, 0.15, SIZES[0]), rng.normal(0, 0.3, SIZES[1])
    logits = 0.5 + rng.normal(0, 0.5) + instructions[:, None] + demo_sets
    logits = logits + rng.normal(0, 0.1, SIZES)
    difficulty, population = rng.normal(0, 1.5, 100), rng.normal(0, 1.5, 2000)
    truth = expit(logits[..., None] + population).mean(axis=-1)
    return truth, lambda c, e: float(rng.random() < expit(logits[c] + difficulty[e]))


def two_stages(rng):
    """Right where both stages are: candidates with a choice in common fail on the same examples."""
    passed = []
    for size in SIZES:
        margin = rng.normal(0.8, 0.2, (size, 1)) + rng.normal(0, 0.7, 2100)
        passed.append(margin + rng.normal(0, 1, (size, 2100)) > 0)
    right = passed[0][:, None] & passed[1][None]
    return right[..., 100:].mean(axis=-1), lambda c, e: float(right[c][e])


def simulated_search(world, seed):
    """Eighteen of thirty candidates, each with one to five blocks of ten examples."""
    rng = np.random.default_rng(seed)
    truth, score = world(rng)
    candidates = [SPACE[i] for i in rng.permutation(len(SPACE))[:18]]
    order, surrogate = rng.permutation(100), Surrogate(2)
    scores = {candidate: [] for candidate in candidates}
    more = [(c, block) for c in candidates for block in range(1, int(rng.integers(1, 6)))]
    for candidate, block in [(c, 0) for c in candidates] + more:
        for example in order[10 * block : 10 * block + 10]:
            scores[candidate].append(score(candidate, example))
            surrogate.observe(candidate, str(example), scores[candidate][-1])
        if surrogate.refit_due:
            surrogate.fit()
    return Search(surrogate, candidates, np.array([np.mean(s) for s in scores.values()]), truth)


@pytest.fixture(
    scope="module",
    params=[(drawn_from_the_model, 120), (right_or_wrong, 120), (two_stages, 50)],
    ids=["drawn from the model", "right or wrong answers", "two stages"],
)
def searches(request):
    world, searches = request.param
    return [simulated_search(world, seed) for seed in range(searches)]


def test_intervals_hold_the_true_score_nine_times_in_ten(searches):
    held = []
    for search in searches:
        prediction = search.surrogate.predict(search.candidates)
        distance = np.abs(search.true_scores(search.candidates) - prediction.mean)
        held.append(np.mean(distance <= INTERVAL * prediction.sd))

    assert 0.85 <= np.mean(held) <= 0.95


def test_a_candidate_never_tried_is_predicted_from_its_levels(searches):
    predicted, true = [], []
    for search in searches:
        untried = [candidate for candidate in SPACE if candidate not in search.candidates]
        mean = search.surrogate.predict(untried).mean
        predicted.extend(mean - mean.mean())
        true.extend(search.true_scores(untried) - search.true_scores(untried).mean())

    # The prior gives every candidate the same mean, a correlation of 0.
    assert np.corrcoef(predicted, true)[0, 1] > 0.4


def test_predictions_are_closer_to_the_truth_than_observed_means(searches):
    predicted, observed = [], []
    for search in searches:
        true = search.true_scores(search.candidates)
        predicted.extend(search.surrogate.predict(search.candidates).mean - true)
        observed.extend(search.observed_means - true)

    assert np.mean(np.square(predicted)) < 0.7 * np.mean(np.square(observed))


def test_the_probability_of_being_best_is_as_often_right_as_it_says(searches):
    claimed, right = 0.0, 0
    for search in searches:
        probabilities = search.surrogate.probability_best(search.candidates, seed=0, draws=500)
        favourite = int(np.argmax(probabilities))
        claimed += probabilities[favourite]
        right += favourite == int(np.argmax(search.true_scores(search.candidates)))

    assert right == pytest.approx(claimed, abs=0.12 * len(searches))


@pytest.mark.parametrize("name", ["capo_agnews_llama", "capo_gsm8k_llama"])
def test_real_answers_are_predicted_better_than_by_the_minibatch_mean(name):
    path = SHARED_DATA / "matrices" / f"{name}.parquet"
    if not path.exists():
        pytest.skip(f"the real answer matrix {name} is not at ../shared/data beside the project")
    table = pd.read_parquet(path).query("seed == 'seed42' and n_eval == 300")
    instructions = pd.factorize(table["instruction"])[0].tolist()
    demo_sets = pd.factorize(table["demos"].map(lambda demos: repr(list(demos))))[0].tolist()
    candidates = list(zip(instructions, demo_sets, strict=True))
    scores = np.stack(table["scores"].to_list()).astype(float)

    errors = [held_out_errors(candidates, scores, seed) for seed in range(10)]
    of_surrogate, of_minibatch = np.mean(errors, axis=0)

    assert of_surrogate < 0.8 * of_minibatch


def held_out_errors(candidates, scores, seed):
    """Root mean square errors, on 100 unseen examples, of the surrogate and of minibatches."""
    rng, surrogate = np.random.default_rng(seed), Surrogate(2)
    examples, chosen = rng.permutation(300), rng.choice(len(candidates), 60, replace=False)
    minibatch_means = []
    for row in chosen:
        minibatch = rng.choice(examples[:200], int(rng.choice([10, 20, 40])), replace=False)
        minibatch_means.append(scores[row, minibatch].mean())
        for example in minibatch:
            surrogate.observe(candidates[row], str(example), scores[row, example])
        if surrogate.refit_due:
            surrogate.fit()
    true = scores[np.ix_(chosen, examples[200:])].mean(axis=1)
    predicted = surrogate.predict([candidates[row] for row in chosen]).mean
    return [np.sqrt(np.mean((guess - true) ** 2)) for guess in (predicted, minibatch_means)]


# Pending results, new levels, edges.


def test_pending_results_narrow_the_intervals_and_move_no_mean():
    surrogate = surrogate_of(random_results(3))
    asked = [(0, 0, 0), (1, 2, 1), (8, 8, 8)]
    before = surrogate.predict(asked)

    surrogate.pending([((0, 0, 0), f"example {i}") for i in range(10)] + [((8, 8, 8), "new")])
    during = surrogate.predict(asked)
    surrogate.pending(())
    after = surrogate.predict(asked)

    np.testing.assert_allclose(during.mean, before.mean, atol=1e-12)
    assert (during.sd < before.sd).all()
    np.testing.assert_allclose(after.sd, before.sd, atol=1e-12)


def test_pending_results_narrow_as_much_as_the_results_that_come_of_them(results):
    surrogate, candidate = surrogate_of(results), results[0][0]
    unseen = (7,) * len(candidate)
    expected = [(candidate, f"example {i}") for i in range(10)] + [(unseen, "example 3")]
    expected += [(candidate, "new"), (unseen, "new")]
    surrogate.pending(expected)
    during = surrogate.predict([candidate, unseen]).sd

    surrogate.pending(())
    for pair in expected:
        surrogate.observe(*pair, 1.0)

    np.testing.assert_allclose(surrogate.predict([candidate, unseen]).sd, during, atol=1e-12)


def test_pending_results_alone_are_not_visits():
    surrogate = Surrogate(2)
    surrogate.pending([((0, 0), "a")])
    surrogate.observe((1, 0), "a", 1.0)

    assert surrogate.visited == ((1, 0),)
    assert surrogate.results == 1


def test_an_example_of_weight_two_counts_as_two_equal_results():
    weighted, twice = Surrogate(2, {"a": 2.0}), Surrogate(2)
    for candidate, example, score in [((0, 0), "a", 1.0), ((0, 1), "b", 0.0), ((1, 1), "a", 0.5)]:
        weighted.observe(candidate, example, score)
        for _ in range(2 if example == "a" else 1):
            twice.observe(candidate, example, score)
    weighted.pending([((1, 0), "a")])
    twice.pending([((1, 0), "a")] * 2)
    asked = [(0, 0), (1, 0), (1, 1)]

    np.testing.assert_allclose(weighted.predict(asked).mean, twice.predict(asked).mean, atol=1e-12)
    np.testing.assert_allclose(weighted.covariance(asked), twice.covariance(asked), atol=1e-12)


def test_asking_between_results_changes_no_belief(results):
    whole, step_by_step = surrogate_of(results), surrogate_of(results)
    for candidate, example, score in results:
        whole.observe(candidate, example, 1.0 - score)
        step_by_step.observe(candidate, example, 1.0 - score)
        step_by_step.predict([candidate])

    asked = [results[0][0], (9,) * len(results[0][0])]
    np.testing.assert_allclose(
        step_by_step.predict(asked).mean, whole.predict(asked).mean, atol=1e-10
    )
    np.testing.assert_allclose(step_by_step.covariance(asked), whole.covariance(asked), atol=1e-10)


def test_standings_and_the_joint_belief_agree_with_predictions():
    surrogate = surrogate_of(random_results(9))
    standings = surrogate.standings()
    visited = list(surrogate.visited)
    joint = surrogate.joint(standings.levels)

    assert [tuple(row) for row in standings.levels.tolist()] == visited
    np.testing.assert_allclose(standings.mean, surrogate.predict(visited).mean, atol=1e-10)
    np.testing.assert_allclose(joint.mean, standings.mean, atol=1e-10)
    np.testing.assert_allclose(joint.covariance, surrogate.covariance(visited), atol=1e-12)


def test_the_next_result_on_a_well_known_example_says_more():
    surrogate = Surrogate(1)
    for level in range(8):
        surrogate.observe((level,), "known", float(level % 2))
    known, new = surrogate.information(["known", "new"])
    spreads = surrogate.hyperparameters

    assert new == pytest.approx(1 / (spreads.noise**2 + spreads.example**2))
    assert new < known < 1 / spreads.noise**2


def test_a_new_level_enters_with_the_prior_of_its_variable():
    surrogate = surrogate_of(random_results(4, variables=2), sweeps=2)
    spread = surrogate.hyperparameters.candidates.main[0]

    effects = surrogate.effects([1000, 3])

    assert effects[999].mean == pytest.approx(effects[500].mean, abs=1e-12)
    assert effects[999].sd == pytest.approx(spread, rel=0.01)


def test_two_new_levels_are_as_uncertain_as_each_other_and_more_than_known_ones():
    surrogate = surrogate_of(random_results(4, variables=2))

    known, new, newer = surrogate.predict([(0, 0), (7, 0), (8, 0)]).sd

    assert known < new == pytest.approx(newer)


def test_before_any_result_the_prior_answers():
    surrogate = Surrogate(2)
    surrogate.fit()
    prediction = surrogate.predict([(0, 0), (1, 1)])

    assert prediction.mean.tolist() == [0.45, 0.45]
    assert prediction.sd == pytest.approx([(0.05 + 2 * 0.03**2 + 2 * 0.012**2) ** 0.5] * 2)
    assert surrogate.log_marginal_likelihood() == 0.0
    assert surrogate.visited == ()
    assert not surrogate.refit_due
    assert surrogate.effects([1, 2])[0] == Effect(variable=0, level=0, mean=0.0, sd=0.0)
    assert surrogate.probability_best([(0, 0), (1, 1)], seed=0) == pytest.approx(
        [0.5, 0.5], abs=0.05
    )


def test_nothing_asked_is_nothing_answered():
    surrogate = surrogate_of(random_results(1))

    assert surrogate.predict([]).mean.shape == (0,)
    assert surrogate.covariance([]).shape == (0, 0)
    assert surrogate.probability_best([], seed=0).shape == (0,)


@pytest.mark.parametrize("score", [0.0, 0.5, 1.0])
def test_equal_scores_everywhere_give_that_score_and_no_certainty(score):
    surrogate = Surrogate(2)
    for a in range(4):
        for i in range(50):
            surrogate.observe((a, a % 2), str(i), score)
            if surrogate.refit_due:
                surrogate.fit()

    prediction = surrogate.predict([(0, 0), (3, 1)])

    assert prediction.mean == pytest.approx([score, score], abs=0.02)
    assert (prediction.sd > 0.002).all()
    assert (prediction.low >= 0).all()
    assert (prediction.high <= 1).all()


def test_one_example_tells_candidates_apart_only_by_what_they_score_on_it():
    surrogate = Surrogate(1)
    for candidate, score in [((0,), 1.0), ((1,), 0.0)]:
        for _ in range(20):
            surrogate.observe(candidate, "the only one", score)

    better, worse = surrogate.predict([(0,), (1,)]).mean

    assert better > worse + 0.02
    assert (better + worse) / 2 == pytest.approx(0.45, abs=0.05)


def test_a_refit_is_due_after_a_quarter_more_results():
    surrogate = Surrogate(1)
    due = []
    for i in range(100):
        surrogate.observe((i % 3,), str(i), 0.5)
        if surrogate.refit_due:
            due.append(surrogate.results)
            surrogate.fit()

    assert due == [10, 20, 30, 40, 50, 63, 79, 99]


def test_fitting_finds_the_variable_that_matters():
    rng = np.random.default_rng(0)
    surrogate = Surrogate(2)
    strong = [0.3, 0.4, 0.5, 0.6, 0.7]
    for i in range(600):
        a, b = int(rng.integers(5)), int(rng.integers(5))
        surrogate.observe((a, b), str(i % 100), float(rng.random() < strong[b]))
    surrogate.fit(sweeps=8)

    shares = surrogate.variance_shares()

    assert shares.variables[1] > 0.7
    assert shares.variables[0] < 0.2
    assert sum(shares.variables) + shares.pairs + shares.remainder == pytest.approx(1)
    assert surrogate.effects([5, 5])[9].mean > 0.1


def test_shares_before_any_result_are_those_of_the_prior():
    total = 2 * 0.03**2 + 2 * 0.012**2

    assert Surrogate(2).variance_shares() == VarianceShares(
        variables=(pytest.approx(0.03**2 / total), pytest.approx(0.03**2 / total)),
        pairs=pytest.approx(0.012**2 / total),
        remainder=pytest.approx(0.012**2 / total),
    )


def test_being_near_the_best_is_more_probable_than_being_best():
    surrogate = surrogate_of(random_results(5))
    candidates = list(surrogate.visited)

    best = surrogate.probability_best(candidates, seed=1)
    near = surrogate.probability_best(candidates, seed=1, within=0.01)

    assert best.sum() == pytest.approx(1)
    assert (near >= best).all()
    assert near.sum() > best.sum()
    assert surrogate.probability_best(candidates, seed=1).tolist() == best.tolist()


def test_a_candidate_that_does_not_fit_the_space_is_refused():
    surrogate = Surrogate(2)
    message = r"Candidate \(1,\) has 1 levels and the space 2 variables"

    with pytest.raises(ValueError, match=message):
        surrogate.observe((1,), "a", 1.0)
    with pytest.raises(ValueError, match=message):
        surrogate.predict([(1,)])
    with pytest.raises(ValueError, match="levels has 1 numbers and the space 2 variables"):
        surrogate.effects([3])
    with pytest.raises(ValueError, match="at least one variable"):
        Surrogate(0)


@pytest.mark.parametrize("score", [-0.1, 1.1, float("nan")])
def test_what_is_not_a_score_is_refused(score):
    with pytest.raises(ValueError, match="is not a score in"):
        Surrogate(1).observe((0,), "a", score)
