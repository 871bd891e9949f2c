import pytest

from core.data.numbers import as_numbers


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        ([1, 2.5], [1, 2.5]),
        (["1", "-20", "0"], [1, -20, 0]),
        (["1", " 2.5", ".5"], [1.0, 2.5, 0.5]),
        (["3.10", "3.1"], [3.1, 3.1]),
        (["1e3", "-2.5E-2", "7."], [1000.0, -0.025, 7.0]),
        (["9" * 18, "1"], [10**18 - 1, 1]),
    ],
    ids=str,
)
def test_values_that_are_or_are_written_as_numbers_are_read_as_such(values, numbers):
    made = as_numbers(values)
    assert made == numbers
    assert [type(value) for value in made] == [type(value) for value in numbers]


@pytest.mark.parametrize(
    "values",
    [
        [],
        ["007", "008"],
        ["1", "?"],
        ["1", ""],
        ["1.50", "NA", "nan"],
        ["+49"],
        ["1_000"],
        ["٣"],
        ["1e999"],
        ["inf"],
        ["9" * 19],
        ["9" * 17, "1.5"],
        [1, "1"],
        [True, False],
        [1, True],
        [[1]],
    ],
    ids=str,
)
def test_one_value_that_is_no_plain_number_makes_none_of_them_numbers(values):
    assert as_numbers(values) is None
