from core.evaluation.statistics import PairedDifference
from core.results.differences import difference, difference_in_words


def shown(reference: list[float], other: list[float]) -> PairedDifference:
    found = difference(
        {str(row): score for row, score in enumerate(reference)},
        {str(row): score for row, score in enumerate(other)},
    )
    assert found is not None
    return found


def test_only_shared_examples_count_and_none_of_them_is_no_difference():
    found = difference({"1": 0.0, "2": 1.0}, {"1": 1.0, "3": 0.0})
    assert found is not None
    assert (found.n, found.value) == (1, 1.0)
    assert difference({"1": 1.0}, {"2": 1.0}) is None


def test_a_clear_difference_is_said_in_points_with_interval_and_n():
    worse = [float(row % 3 == 0) for row in range(60)]
    better = [1.0] * 60
    up = shown(worse, better)
    assert difference_in_words(up, "C5", "C0").startswith("C5 is better than C0 by 66.7 points (95")
    assert difference_in_words(up, "C5", "C0").endswith("n = 60).")
    said = difference_in_words(shown(better, worse), "C5", "C0")
    assert said.startswith("C5 is worse than C0 by 66.7 points (95 %: 5")


def test_an_unclear_difference_is_said_to_be_unclear():
    one = [float(row % 2) for row in range(10)]
    other = [float(row < 6) for row in range(10)]
    assert difference_in_words(shown(one, other), "C2", "C0").startswith(
        "These 10 examples cannot tell C2 and C0 apart: +10.0 points"
    )


def test_a_candidate_is_called_better_only_when_interval_and_test_agree():
    reference, other = [0.0] * 20, [float(row < 5) for row in range(20)]
    for pair, sign in (((reference, other), "+"), ((other, reference), "-")):
        found = shown(*pair)
        assert found.low * found.high > 0  # the interval alone would settle it
        assert found.p_value == 2 / 2**5
        said = difference_in_words(found, "C2", "C0")
        assert said.startswith(f"These 20 examples cannot tell C2 and C0 apart: {sign}25.0 points")
        assert said.endswith(", p = 0.062, n = 20).")
