import numpy as np
import pytest
from sklearn.metrics import f1_score

from core.evaluation.label_scores import about_macro_f1, label_scores

# expected by answered: two labels, then other answers
COUNTS = [[40, 5, 5], [4, 6, 0]]


def as_pairs(counts):
    cells = [(e, a) for e, row in enumerate(counts) for a, n in enumerate(row) for _ in range(n)]
    return zip(*cells, strict=True)


def test_macro_f1_is_scikit_learns_and_every_label_has_its_share_right():
    found = label_scores(["ham", "spam"], COUNTS)
    expected, answered = as_pairs(COUNTS)
    assert found.macro_f1.value == f1_score(expected, answered, labels=[0, 1], average="macro")
    assert found.macro_f1.n == 60
    assert [(each.label, each.right.value, each.right.n) for each in found.labels] == [
        ("ham", 0.8, 50),
        ("spam", 0.6, 10),
    ]
    assert found.labels[1].precision == 6 / 11


def test_the_interval_is_what_a_bootstrap_over_examples_gives():
    found = label_scores(["ham", "spam"], COUNTS).macro_f1
    expected, answered = map(np.array, as_pairs(COUNTS))
    rng = np.random.default_rng(1)
    draws = []
    for _ in range(120):
        rows = rng.integers(0, 60, 60)
        draws.append(f1_score(expected[rows], answered[rows], labels=[0, 1], average="macro"))
    low, high = np.percentile(draws, [2.5, 97.5])
    assert (found.low, found.high) == (pytest.approx(low, abs=0.06), pytest.approx(high, abs=0.06))
    assert label_scores(["ham", "spam"], COUNTS).macro_f1 == found


def test_ten_right_answers_are_no_proof_of_perfection():
    found = label_scores(["ham", "spam"], [[5, 0], [0, 5]]).macro_f1
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(0.72, abs=0.01)


def test_a_label_that_nobody_expects_counts_for_nothing():
    found = label_scores(["ham", "spam", "eggs"], [[3, 0, 1], [0, 3, 1], [0, 0, 0]])
    assert [each.label for each in found.labels] == ["ham", "spam"]
    assert label_scores(["ham"], [[0]]) is None


def test_it_says_what_was_optimized_instead():
    assert "what was optimized is the mean over examples of the metric “Exact match”" in (
        about_macro_f1("Exact match")
    )
