import itertools
from collections import Counter, defaultdict

import numpy as np
import pytest
from scipy.special import expit

from core.search.allocation import Allocation
from core.search.pool import Choices
from core.search.surrogate import INTERVAL
from core.search.terms import Rules, Terms

SIZES = (4, 5)
SPACE = list(itertools.product(*map(range, SIZES)))
BEST = (2, 3)
EXAMPLES = [str(number) for number in range(60)]
DIFFICULTY = np.random.default_rng(1).normal(0, 1.5, len(EXAMPLES))


def chance(candidate, example):
    """Of being right; BEST is ahead of all others by about ten points."""
    merit = 0.5 * (candidate[0] == BEST[0]) + 0.8 * (candidate[1] == BEST[1])
    return float(expit(merit - 0.6 + DIFFICULTY[int(example)]))


def right_or_wrong(seed):
    answers = {}

    def score(candidate, example):
        rng = np.random.default_rng([seed, *candidate, int(example)])
        return answers.setdefault(
            (candidate, example), float(rng.random() < chance(candidate, example))
        )

    return score


def graded(seed):
    def score(candidate, example):
        rng = np.random.default_rng([seed, *candidate, int(example)])
        return float(np.clip(chance(candidate, example) + rng.normal(0, 0.15), 0, 1))

    return score


def allocation(*, sizes=SIZES, choices=None, examples=EXAMPLES, **terms):
    return Allocation(choices or Choices(sizes=sizes), Terms(examples=examples, **terms))


def run(search, score, *, seed=0, blocks=10_000, fails=lambda candidate, example: False):
    """Block after block until the search is over; (blocks, evaluations per candidate)."""
    given, evaluated = [], Counter()
    while len(given) < blocks and (block := search.next_block(seed=seed)):
        given.append(block)
        for example in block.examples:
            evaluated[block.candidate] += 1
            if fails(block.candidate, example):
                search.exclude(block.candidate, example)
            else:
                search.observe(block.candidate, example, score(block.candidate, example))
    return given, evaluated


def share_found(world, *, best=BEST, runs=12, **terms):
    """How often the search ends with the known optimum."""
    found = 0
    for seed in range(runs):
        search = allocation(**terms)
        run(search, world(seed), seed=seed)
        found += search.recommended(measured=True).candidate == best
    return found / runs


# Known optima.


def test_right_or_wrong_answers_lead_to_the_optimum():
    assert share_found(right_or_wrong, budget=600) >= 0.8


def test_graded_scores_lead_to_the_optimum_with_fewer_calls():
    assert share_found(graded, budget=300) >= 0.9


def test_noisy_scores_lead_to_the_optimum_when_examples_may_be_repeated():
    def noisy(seed):
        rng = np.random.default_rng(seed)
        return lambda candidate, example: float(
            np.clip(chance(candidate, example) + rng.normal(0, 0.4), 0, 1)
        )

    few = EXAMPLES[:15]
    once = allocation(examples=few, budget=2000)
    _, evaluated = run(once, noisy(0))
    assert max(evaluated.values()) == 15

    again = allocation(examples=few, budget=2000, rules=Rules(repeats=20))
    _, evaluated = run(again, noisy(0))
    assert 15 < max(evaluated.values()) <= 20 * 15
    repeated = share_found(noisy, examples=few, budget=700, rules=Rules(repeats=20), runs=8)
    assert repeated >= 0.8


def test_a_repeated_example_comes_only_after_all_have_been_had():
    search = allocation(sizes=(1,), examples=EXAMPLES[:12], rules=Rules(repeats=2, block=5))
    given, _ = run(search, lambda *_: 0.5, blocks=4)
    first_round = [example for block in given for example in block.examples][:12]
    assert sorted(first_round) == sorted(EXAMPLES[:12])


def test_failures_are_missing_and_not_zero():
    """Every second example of the optimum fails; as zeros they would make it the worst."""

    def fails(candidate, example):
        return candidate == BEST and int(example) % 2 == 0

    found = 0
    for seed in range(12):
        search = allocation(budget=700)
        _, evaluated = run(search, right_or_wrong(seed), seed=seed, fails=fails)
        found += search.recommended(measured=True).candidate == BEST
        assert sum(evaluated.values()) <= 700
        assert max(evaluated.values()) <= len(EXAMPLES)
    assert found / 12 >= 0.7


def test_failed_examples_are_not_given_again():
    search = allocation(sizes=(2,))
    given, _ = run(search, lambda *_: 1.0, fails=lambda _, example: int(example) < 30)
    pairs = [(block.candidate, example) for block in given for example in block.examples]
    assert len(pairs) == len(set(pairs))


def test_weights_decide_what_is_best():
    """(1,) is right where the weight is, (0,) nearly everywhere else."""
    heavy = set(EXAMPLES[:20])
    weights = {example: 9.0 if example in heavy else 1.0 for example in EXAMPLES}

    def score(candidate, example):
        return float((example in heavy) == (candidate == (1,)))

    plain, weighted = allocation(sizes=(2,)), allocation(sizes=(2,), weights=weights)
    run(plain, score)
    run(weighted, score)

    assert plain.recommended().candidate == (0,)
    assert weighted.recommended().candidate == (1,)
    assert weighted.recommended().mean == pytest.approx(180 / 220, abs=0.12)


def test_examples_without_weight_are_never_evaluated():
    weights = dict.fromkeys(EXAMPLES[:50], 0.0)
    given, _ = run(allocation(weights=weights), right_or_wrong(0))
    assert {example for block in given for example in block.examples} == set(EXAMPLES[50:])


def test_equal_weights_on_any_scale_change_nothing():
    plain, scaled = (
        allocation(budget=300),
        allocation(budget=300, weights=dict.fromkeys(EXAMPLES, 7.0)),
    )
    assert run(plain, right_or_wrong(0))[0] == run(scaled, right_or_wrong(0))[0]


def test_of_equally_good_candidates_the_cheap_ones_are_evaluated_more():
    def cost(candidate):
        return 5.0 if candidate[0] >= 2 else 1.0

    cheap, dear = 0, 0
    for seed in range(8):
        flat = np.random.default_rng(seed)
        search = allocation(cost=cost, budget=400, rules=Rules(confidence=1.1))
        _, evaluated = run(search, lambda *_, rng=flat: float(rng.random() < 0.5), seed=seed)
        cheap += sum(n for candidate, n in evaluated.items() if candidate[0] < 2)
        dear += sum(n for candidate, n in evaluated.items() if candidate[0] >= 2)
    assert cheap > 1.5 * dear


def test_equal_costs_on_any_scale_change_nothing():
    plain, scaled = allocation(budget=300), allocation(budget=300, cost=lambda _: 0.004)
    assert run(plain, right_or_wrong(0))[0] == run(scaled, right_or_wrong(0))[0]


def test_the_optimum_is_found_though_it_costs_more():
    def cost(candidate):
        return 3.0 if candidate == BEST else 1.0

    assert share_found(right_or_wrong, budget=600, cost=cost, runs=12) >= 0.7


# What is handed out.


def test_the_start_covers_every_level_with_the_program_as_given_among_it():
    search = allocation()
    start = [block for block in run(search, right_or_wrong(0), blocks=5)[0] if block.why == "start"]

    assert start[0].candidate == (0, 0)
    assert len({block.candidate for block in start}) == 5
    assert {block.candidate[1] for block in start[1:]} >= set(range(1, 5))
    assert all(len(block.examples) == 10 for block in start)
    assert "spread evenly" in start[0].reason


def test_results_already_paid_for_are_not_bought_again():
    search, score = allocation(budget=300), right_or_wrong(0)
    for example in EXAMPLES:
        search.observe((0, 0), example, score((0, 0), example))
    given, _ = run(search, score)

    assert (0, 0) not in {block.candidate for block in given}
    assert sum(len(block.examples) for block in given) <= 240


def test_the_first_thirty_examples_of_a_candidate_are_shared_by_all():
    long = [str(number) for number in range(300)]
    given, _ = run(allocation(examples=long), graded_long(0), blocks=30)
    had = defaultdict(list)
    for block in given:
        had[block.candidate].extend(block.examples)

    assert sum(len(examples) >= 20 for examples in had.values()) >= 5
    assert all(set(examples[:30]) <= set(long[:38]) for examples in had.values())


def graded_long(seed):
    rng = np.random.default_rng(seed)
    return lambda candidate, _: float(np.clip(0.5 + 0.1 * candidate[0] + rng.normal(0, 0.1), 0, 1))


PASSES = ((0.8, 0.65), (0.98, 0.93))
"""On which share of the examples the best choice of each stage passes, and all others."""


def two_stages(seed):
    """Right where both choices pass, each by itself; most of what goes wrong is the first's."""

    def score(candidate, example):
        passed = []
        for stage, (choice, best, shares) in enumerate(zip(candidate, BEST, PASSES, strict=True)):
            draw = np.random.default_rng([seed, stage, choice, int(example)]).random()
            passed.append(draw < shares[choice != best])
        return float(all(passed))

    return score


@pytest.mark.parametrize("seed", range(6))
def test_where_candidates_answer_alike_the_best_choice_is_found_on_ever_other_examples(seed):
    search = allocation(sizes=(6, 9), examples=list(map(str, range(300))), budget=600)
    given, _ = run(search, two_stages(seed), seed=seed)
    had = {e for block in given if block.candidate[0] == BEST[0] for e in block.examples}

    assert search.alike > 0.6
    assert search.recommended().candidate[0] == BEST[0]
    assert len(had) == 300


@pytest.mark.parametrize("sizes", [SIZES, (6, 9, 6, 9)], ids=["small space", "large space"])
def test_nothing_is_given_twice_with_64_results_in_flight(sizes):
    search = allocation(sizes=sizes, budget=800)
    rng, in_flight, seen = np.random.default_rng(0), [], set()
    while True:
        while len(in_flight) < 64 and (block := search.next_block(in_flight, seed=3)):
            pairs = [(block.candidate, example) for example in block.examples]
            assert pairs
            assert not seen.intersection(pairs)
            seen.update(pairs)
            in_flight.extend(pairs)
        if not in_flight:
            break
        candidate, example = in_flight.pop(int(rng.integers(len(in_flight))))
        search.observe(candidate, example, float(rng.random() < 0.4 + 0.1 * (candidate[0] == 1)))
    assert len(seen) <= 800
    assert search.recommended().missing == ()


def crowded(sizes, in_flight, *, budget=3000):
    """A search in which the start is over, and so many results that are being waited for."""
    search = allocation(sizes=sizes, budget=budget)
    run(search, right_or_wrong(0) if sizes == SIZES else graded_long(0), blocks=25)
    waiting = []
    while len(waiting) < in_flight:
        block = search.next_block(waiting, seed=0)
        waiting.extend((block.candidate, example) for example in block.examples)
    return search, waiting


@pytest.mark.parametrize("sizes", [SIZES, (6, 9, 6, 9), (9, 18)], ids=["few", "large", "many"])
def test_with_much_in_flight_several_blocks_come_at_a_time_and_share_nothing(sizes):
    search, waiting = crowded(sizes, 60)
    blocks = search.next_blocks(waiting, seed=0)

    assert len(blocks) == 2
    pairs = [(block.candidate, example) for block in blocks for example in block.examples]
    assert len(pairs) == 20
    assert not set(pairs) & set(waiting)
    assert len(set(pairs)) == 20
    assert blocks[0] == search.next_block(waiting, seed=0)
    assert search.next_blocks(waiting, seed=0) == blocks
    assert len(search.next_blocks(waiting, seed=0, most=1)) == 1


def test_one_block_comes_at_a_time_where_little_is_in_flight_or_much_of_the_budget():
    search, waiting = crowded(SIZES, 30)
    assert len(search.next_blocks(waiting, seed=0)) == 1
    search, waiting = crowded(SIZES, 60, budget=450)
    assert len(search.next_blocks(waiting, seed=0)) == 1


@pytest.mark.parametrize(
    ("sizes", "answers", "alike"),
    [((6, 9, 6, 9), graded_long, False), ((6, 9), two_stages, True)],
    ids=["each by itself", "alike"],
)
def test_the_same_calls_give_the_same_blocks_also_when_replayed_without_asking(
    sizes, answers, alike
):
    search, score = allocation(sizes=sizes, budget=900), answers(0)
    told, given = [], []
    for _ in range(40):
        block = search.next_block(seed=5)
        given.append(block)
        for example in block.examples:
            told.append((block.candidate, example, score(block.candidate, example)))
            search.observe(*told[-1])
    replayed = allocation(sizes=sizes, budget=900)
    for result in told:
        replayed.observe(*result)

    assert (search.alike is not None) == alike
    assert search.next_block(seed=5) == replayed.next_block(seed=5)
    assert search.next_block(seed=5) == search.next_block(seed=5)
    again = allocation(sizes=sizes, budget=900)
    assert run(again, answers(0), seed=5, blocks=40)[0] == given


def test_reasons_say_what_is_predicted_and_how_probable_it_is():
    search = allocation(budget=600, name=lambda candidate: f"C{candidate[0]}{candidate[1]}")
    given, _ = run(search, right_or_wrong(0))
    weighed = [block for block in given if block.why == "gain"]

    assert weighed
    for block in weighed:
        name = f"C{block.candidate[0]}{block.candidate[1]}"
        assert f"{name} further: predicted" in block.reason or f"Tries {name}" in block.reason
        assert " % ± " in block.reason
        assert block.expected_gain >= 0
    assert any("probability" in block.reason for block in weighed)


# Budget and the end.


@pytest.mark.parametrize("budget", [7, 60, 100, 333])
def test_the_budget_is_kept_and_the_recommended_candidate_is_fully_evaluated(budget):
    search = allocation(budget=budget)
    _, evaluated = run(search, right_or_wrong(2))

    assert sum(evaluated.values()) <= budget
    assert search.stop_reason is not None
    if budget >= len(EXAMPLES):
        best = search.recommended(measured=True)
        assert evaluated[best.candidate] == len(EXAMPLES)
        assert best.missing == ()


def test_an_exhausted_space_ends_the_search():
    search = allocation(sizes=(2, 1), rules=Rules(confidence=1.1))
    _, evaluated = run(search, right_or_wrong(0))

    assert evaluated == {(0, 0): 60, (1, 0): 60}
    assert search.stop_reason == "Every candidate has been evaluated on every example."
    assert search.next_block(seed=0) is None


def test_one_candidate_is_evaluated_and_that_is_all():
    search = allocation(sizes=(1, 1))
    _, evaluated = run(search, right_or_wrong(0))
    assert evaluated[(0, 0)] <= 60
    assert search.recommended().missing == ()


def test_equal_candidates_end_the_search_early():
    examples = [str(number) for number in range(200)]
    difficulty = np.random.default_rng(0).random(200)
    search = allocation(sizes=(3,), examples=examples, rules=Rules(epsilon=0.05))
    _, evaluated = run(search, lambda _, example: float(difficulty[int(example)] < 0.6))

    assert sum(evaluated.values()) < 600
    assert "within 5 points of the best" in search.stop_reason
    assert search.probability_within_epsilon() >= 0.95
    assert search.recommended().missing == ()


def test_a_clear_winner_ends_the_search_before_the_budget():
    search = allocation(sizes=(6,), budget=100_000)
    run(search, lambda candidate, example: float(int(example) % 10 < 2 + 6 * (candidate == (4,))))

    assert search.recommended().candidate == (4,)
    assert "within 1 point of the best" in search.stop_reason
    assert search.surrogate.results < 300


def test_the_search_is_not_sure_before_it_has_seen_anything():
    search = allocation()
    assert search.recommended() is None
    assert search.probability_within_epsilon() == 0.0


# Steering.


def test_new_levels_are_tried_and_win_when_they_are_better():
    def score(candidate, example):
        return float(int(example) % 10 < 3 + 3 * (candidate[1] == 5))

    search = allocation(budget=500)
    run(search, score, blocks=20)
    search.steer(Choices(sizes=(4, 6)))
    run(search, score)

    assert search.recommended().candidate[1] == 5


def test_banned_levels_and_combinations_are_not_given_and_not_recommended():
    search, score = allocation(budget=900), right_or_wrong(0)
    run(search, score, blocks=15)
    search.steer(Choices(sizes=SIZES, bans=frozenset({((1, 3),), ((0, 2), (1, 4))})))
    given, _ = run(search, score)

    assert given
    assert not any(block.candidate[1] == 3 or block.candidate == (2, 4) for block in given)
    assert search.recommended().candidate[1] != 3


@pytest.mark.parametrize("sizes", [SIZES, (6, 9, 6, 9)], ids=["small space", "large space"])
def test_pinned_variables_stay_where_they_are(sizes):
    choices = Choices(sizes=sizes, pins={0: 1}, bans=frozenset({((1, 0),)}))
    search = allocation(choices=choices, budget=400)
    given, _ = run(search, graded_long(0))

    assert {block.candidate[0] for block in given} == {1}
    assert 0 not in {block.candidate[1] for block in given}
    assert len({block.candidate for block in given}) > 3


def test_when_everything_is_banned_nothing_is_given():
    bans = frozenset({((0, level),) for level in range(4)})
    search = allocation(choices=Choices(sizes=SIZES, bans=bans))

    assert search.next_block(seed=0) is None
    assert search.stop_reason == "Every candidate is banned."
    assert search.recommended() is None


def test_queued_candidates_come_first_and_get_what_they_were_promised():
    search = allocation(budget=500)
    search.steer(Choices(sizes=SIZES), queued={(3, 4): 25, (1, 1): 5})
    given, _ = run(search, right_or_wrong(0), blocks=5)

    assert [(block.candidate, len(block.examples)) for block in given[:4]] == [
        ((3, 4), 10),
        ((3, 4), 10),
        ((3, 4), 5),
        ((1, 1), 5),
    ]
    assert {block.why for block in given[:4]} == {"queued"}
    assert given[4].why == "start"


# Honesty of the belief, over whole runs.


def test_intervals_of_visited_candidates_hold_the_truth_nine_times_in_ten():
    held = []
    for seed in range(32):
        rng = np.random.default_rng([seed, 5])
        main = [rng.normal(0, 0.3, size) for size in (6, 8)]
        own = rng.normal(0, 0.1, (6, 8))
        difficulty, population = rng.normal(0, 2, 100), rng.normal(0, 2, 2000)
        merit = -0.3 + main[0][:, None] + main[1] + own

        def score(candidate, example, merit=merit, difficulty=difficulty, seed=seed):
            uniform = np.random.default_rng([seed, *candidate, int(example)]).random()
            return float(uniform < expit(merit[candidate] + difficulty[int(example)]))

        order = [str(i) for i in range(100)]
        search = allocation(sizes=(6, 8), examples=order, budget=700)
        run(search, score, seed=seed)
        visited = search.surrogate.visited
        belief = search.surrogate.predict(visited)
        truth = [expit(merit[candidate] + population).mean() for candidate in visited]
        held.append(np.mean(np.abs(truth - belief.mean) <= INTERVAL * belief.sd))

    assert 0.85 <= np.mean(held) <= 0.95
