"""Linear algebra of a decision that does not let other threads in.

A run's examples keep the interpreter busy from many threads. Whenever a library gives the
interpreter's lock away, a decision waits for several of them to have had their turn, which takes
longer than all its arithmetic. numpy gives it away in products and on arrays of more than 500
elements, scipy's BLAS and LAPACK functions do not; so matrices are worked on in strips.

Deliberately not here: what the matrices mean.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import blas, lapack

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

HELD = 500
"""numpy keeps the lock on arrays of up to this many elements."""


def strips(matrix: npt.NDArray[Any]) -> Iterator[slice]:
    """Slices of the rows with at most 500 elements each, or of single rows."""
    step = max(1, HELD // max(matrix.shape[1], 1))
    for start in range(0, len(matrix), step):
        yield slice(start, start + step)


def place_of_highest(vector: FloatArray) -> int:
    """Where the first of the highest numbers stands; `argmax` lets others in.

    Those that differ by rounding errors only are equal, so that a resumed run decides and says the
    same.
    """
    values: list[float] = np.round(vector, 9).tolist()
    return values.index(max(values))


def scaled(matrix: FloatArray, columns: FloatArray) -> FloatArray:
    """The matrix with each of its columns multiplied by a number."""
    product = np.empty(matrix.shape)
    for strip in strips(matrix):
        np.multiply(matrix[strip], columns, out=product[strip])
    return product


def picked(matrix: FloatArray, columns: IntArray) -> FloatArray:
    """Some columns of the matrix."""
    found = np.empty((len(matrix), len(columns)))
    for row, place in zip(matrix, found, strict=True):
        place[:] = row[columns]
    return found


def squares(matrix: FloatArray) -> FloatArray:
    """Sum of squares of each column."""
    total = np.zeros(matrix.shape[1])
    for row in matrix:
        total += row * row
    return total


def product(left: FloatArray, right: FloatArray) -> FloatArray:
    """`left` times a vector; `left` in rows that stand in one piece, or in such columns."""
    if not left.size:
        return np.zeros(len(left))
    transposed = not left.flags.f_contiguous
    found: FloatArray = blas.dgemv(1.0, left.T if transposed else left, right, trans=transposed)
    return found


def rows_with_rows(
    left: FloatArray, right: FloatArray, factor: float = 1.0, plus: FloatArray | None = None
) -> FloatArray:
    """`plus` + factor times left right'; all rows in one piece, columns of what comes back."""
    return _product(left, right, factor, plus, (len(left), len(right)), trans_a=1)


def columns_with_columns(
    left: FloatArray, right: FloatArray, factor: float = 1.0, plus: FloatArray | None = None
) -> FloatArray:
    """`plus` + factor times left' right; all rows in one piece, columns of what comes back."""
    return _product(left, right, factor, plus, (left.shape[1], right.shape[1]), trans_b=1)


def _product(
    left: FloatArray,
    right: FloatArray,
    factor: float,
    plus: FloatArray | None,
    shape: tuple[int, int],
    **transposed: int,
) -> FloatArray:
    start = np.zeros(shape, order="F") if plus is None else plus
    if not left.size or not right.size:
        return start
    found: FloatArray = blas.dgemm(factor, left.T, right.T, beta=1.0, c=start, **transposed)
    return found


def lower_factor(matrix: FloatArray) -> FloatArray:
    """Lower Cholesky factor.

    Raises:
        LinAlgError: the matrix is not positive definite.
    """
    factor, failed = lapack.dpotrf(matrix, lower=1, clean=1)
    if failed:
        raise np.linalg.LinAlgError(f"the matrix is not positive definite (row {failed})")
    lower: FloatArray = factor
    return lower


def solve_lower(lower: FloatArray, right: FloatArray, *, transposed: bool = False) -> FloatArray:
    """What the lower triangular matrix, or its transpose, maps to `right`."""
    if not right.size:
        return right
    if right.ndim == 1:
        solution: FloatArray = blas.dtrsv(lower, right, lower=1, trans=int(transposed))
    elif right.flags.f_contiguous:
        solution = blas.dtrsm(1.0, lower, right, lower=1, trans_a=int(transposed))
    else:
        other = int(not transposed)
        solution = blas.dtrsm(1.0, lower, right.T, side=1, lower=1, trans_a=other).T
    return solution
