import numpy as np
import pytest

from core.comparison.verdicts import difference_sentence, p_in_words, verdicts
from core.evaluation.statistics import paired_difference
from core.storage.memory import MemoryStore
from tests.core.comparison.test_entrants import lined_up
from tests.scored_run import scored_run, scores


def compared(*val, reference=0):
    store = MemoryStore()
    run, own = scored_run(store, [scores(each) for each in val])
    return verdicts(lined_up(store, [(run, each) for each in own]), reference)


def test_a_clear_difference_is_said_in_points_with_interval_and_n():
    (up,) = compared([row % 3 == 0 for row in range(60)], [1] * 60)

    assert up.sentence == "C1 is better than C0 by 66.7 points (95 %: 51.8 to 77.2, n = 60)."
    assert (up.improved, up.regressed, up.needed, up.correction) == (40, 0, None, None)


def test_the_other_way_around_it_is_worse_by_as_much():
    (down,) = compared([row % 3 == 0 for row in range(60)], [1] * 60, reference=1)

    assert (down.label, down.reference_label) == ("C0", "C1")
    assert down.sentence == "C0 is worse than C1 by 66.7 points (95 %: 51.8 to 77.2, n = 60)."


def test_what_cannot_be_told_says_how_many_examples_could():
    one = [1.0] * 30 + [0.0] * 30
    (found,) = compared(one, [1.0] * 25 + [0.0] * 5 + [1.0] * 10 + [0.0] * 20)

    # 10 won, 5 lost: spread 0.497, difference 1/12; ((1.960 + 0.842) * 0.497 / (1/12))^2 = 279.5
    assert found.needed == 280
    assert found.sentence == (
        "These 60 validation examples cannot tell C1 and C0 apart (+8.3 points, 95 %: -4.8 to "
        "20.9); about 280 would."
    )


def test_the_needed_number_is_enough_four_times_in_five():
    rng = np.random.default_rng(0)
    one = rng.random(60)
    other = np.minimum(1, one + rng.normal(0.02, 0.2, 60).clip(-one, None))
    needed = paired_difference(one, other).needed
    drawn = [rng.integers(0, 60, needed) for _ in range(300)]
    shown = [paired_difference(one[rows], other[rows]).shown is not None for rows in drawn]

    assert 0.7 < np.mean(shown) < 0.9


def test_the_columns_looked_at_make_the_interval_wider():
    base, other = [row % 2 for row in range(80)], [row % 4 > 0 for row in range(80)]
    (alone,) = compared(base, other)
    among = compared(base, other, base, base)[0]

    assert alone.difference.value == among.difference.value == 0.25
    assert among.difference.low < alone.difference.low
    assert among.difference.p_value > alone.difference.p_value
    assert alone.correction is None
    assert among.correction.startswith(
        "Corrected for the 4 candidates looked at: interval and p-value are those of the largest "
        "of 3 comparisons with the reference"
    )


def test_candidates_that_the_search_looked_at_count_though_they_are_not_shown():
    store = MemoryStore()
    rows = [scores([row % 2 for row in range(80)]), scores([row % 4 > 0 for row in range(80)])]
    run, own = scored_run(store, [*rows, *[scores([1, 0, 1])] * 30])

    (found,) = verdicts(lined_up(store, [(run, each) for each in own[:2]]))

    assert found.difference.looked_at == 31
    assert found.difference.n == 80
    assert found.caution.startswith("The search chose among 32 candidates")


def test_candidates_without_a_common_example_are_said_to_have_none():
    store = MemoryStore()
    run, own = scored_run(store, [scores([1]), scores([1], 5), scores([0, 0])])

    first, second = verdicts(lined_up(store, [(run, each) for each in own]))

    assert first.difference is None
    assert first.sentence == "C1 and C0 share no validation example with a score."
    assert second.difference.n == 1
    assert second.sentence == (
        "This one validation example cannot tell C2 and C0 apart (-100.0 points, 95 %: -100.0 to "
        "100.0)."
    )


def test_a_hopeless_difference_gets_no_number():
    tiny = paired_difference([0.0, 1.0] * 50 + [0.500], [1.0, 0.0] * 50 + [0.501])

    assert difference_sentence(tiny, "B", "A").endswith(
        "; more than 100 times as many would be needed."
    )


@pytest.mark.parametrize(
    ("p_value", "said"), [(0.0001, "p < 0.001"), (0.0123, "p = 0.012"), (1.0, "p = 1")]
)
def test_p_values_have_two_digits(p_value, said):
    assert p_in_words(p_value) == said
