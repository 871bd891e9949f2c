import numpy as np
import pytest

from core.search.linear import (
    HELD,
    columns_with_columns,
    lower_factor,
    picked,
    place_of_highest,
    product,
    rows_with_rows,
    scaled,
    solve_lower,
    squares,
    strips,
)

RNG = np.random.default_rng(0)
LEFT, RIGHT = RNG.normal(size=(7, 300)), RNG.normal(size=(5, 300))
SQUARE = np.asfortranarray(RNG.normal(size=(6, 6)) + 6 * np.eye(6))
COVARIANCE = SQUARE @ SQUARE.T


def test_products_are_those_of_numpy():
    np.testing.assert_allclose(rows_with_rows(LEFT, RIGHT, 2.0), 2 * LEFT @ RIGHT.T)
    np.testing.assert_allclose(columns_with_columns(LEFT, LEFT), LEFT.T @ LEFT)
    np.testing.assert_allclose(product(LEFT, RIGHT[0]), LEFT @ RIGHT[0])
    np.testing.assert_allclose(
        product(LEFT.T, RIGHT[:, 0][:1].repeat(7)), RIGHT[0, 0] * LEFT.sum(0)
    )


def test_a_product_is_added_to_what_there_is_and_leaves_that_alone():
    start = np.asfortranarray(RNG.normal(size=(7, 5)))
    before = start.copy()
    np.testing.assert_allclose(rows_with_rows(LEFT, RIGHT, -1.0, start), before - LEFT @ RIGHT.T)
    np.testing.assert_array_equal(start, before)


def test_products_of_nothing_are_nothing():
    nothing = np.zeros((0, 4))
    assert rows_with_rows(nothing, nothing).shape == (0, 0)
    assert columns_with_columns(nothing, nothing).tolist() == np.zeros((4, 4)).tolist()
    assert product(nothing, np.zeros(4)).shape == (0,)
    assert product(nothing.T, np.zeros(0)).tolist() == [0.0] * 4


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("order", ["C", "F"])
def test_triangular_systems_are_solved_whatever_the_layout(transposed, order):
    lower = lower_factor(COVARIANCE)
    triangle = lower.T if transposed else lower
    right = np.array(RNG.normal(size=(6, 9)), order=order)

    np.testing.assert_allclose(lower @ lower.T, COVARIANCE)
    found = solve_lower(lower, right, transposed=transposed)
    np.testing.assert_allclose(triangle @ found, right)
    np.testing.assert_allclose(solve_lower(lower, right[:, 0], transposed=transposed), found[:, 0])


def test_what_is_no_covariance_has_no_factor():
    with pytest.raises(np.linalg.LinAlgError, match="positive definite"):
        lower_factor(np.array([[1.0, 2.0], [2.0, 1.0]]))


def test_work_in_strips_is_that_on_the_whole():
    np.testing.assert_allclose(scaled(LEFT, RIGHT[0]), LEFT * RIGHT[0])
    np.testing.assert_allclose(squares(LEFT), (LEFT**2).sum(axis=0))
    np.testing.assert_array_equal(picked(LEFT, np.array([3, 3, 1])), LEFT[:, [3, 3, 1]])
    for matrix in (LEFT, LEFT.T, RNG.normal(size=(3, 900)), np.zeros((0, 3))):
        parts = [matrix[strip] for strip in strips(matrix)]
        assert all(part.size <= HELD or len(part) == 1 for part in parts)
        assert sum(map(len, parts)) == len(matrix)


def test_of_equal_numbers_the_first_is_the_highest():
    assert place_of_highest(np.array([0.1, 0.7, 0.7])) == 1
