import pandas as pd
import pytest

from core.data.dataset import Dataset
from core.data.quality import estimated_tokens, findings, longest_rows


def dataset(**columns):
    frame = pd.DataFrame({name: pd.Series(vals, dtype=object) for name, vals in columns.items()})
    return Dataset(name="made", origin="made", frame=frame)


def found(values):
    return {each.what: (each.rows, each.example) for each in findings(dataset(a=values))}


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("N/A", "a word for a missing value"),
        ("?", "a word for a missing value"),
        ("#DIV/0!", "an error of a spreadsheet"),
        ("=HYPERLINK(1)", "may run as a formula in a spreadsheet"),
        ("@SUM(A1)", "may run as a formula in a spreadsheet"),
        ("caf\ufffd", "characters lost in another encoding"),
        ("cafÃ©", "characters lost in another encoding"),
        ("a\x07b", "invisible control characters"),
        ("zero\u200bwidth", "invisible control characters"),
        ("<b>bold</b>", "markup of web pages"),
        ("fish &amp; chips", "markup of web pages"),
        (" padded", "blanks around the text"),
    ],
)
def test_an_odd_value_is_found_with_its_row_and_reason(value, what):
    assert found(["fine", value, "well"]) == {what: ((1,), value)}


@pytest.mark.parametrize(
    "value",
    ["-5", "+49 30 1234", "- a list", "a < b > c", "Q&A", "naïve 🙂", "x=1", "-- dash", "é"],
)
def test_an_ordinary_value_is_left_alone(value):
    assert found(["fine", value, "well"]) == {}


def test_a_value_of_another_type_than_most_is_found():
    assert found([1] * 10 + ["ten"]) == {"another type than most of the column": ((10,), "ten")}
    assert found(["1"] * 10 + ["ten"]) == {"another type than most of the column": ((10,), "ten")}
    assert found([1, "a", 2, "b"]) == {}


def test_a_number_far_from_all_others_is_found():
    assert found([*range(30), 9_999]) == {"far from all other numbers": ((30,), "9999")}
    assert found([str(n) for n in [*range(30), 9_999]]).keys() == {"far from all other numbers"}
    assert found([0] * 30 + [1]) == {}


def test_the_longest_rows_come_first_over_all_columns():
    made = dataset(a=["x" * 40, "y" * 8, "z"], b=["", "y" * 400, None], c=["w" * 4_000, "", ""])
    assert longest_rows(made, ["a", "b"], most=2) == ((1, 102), (0, 10))


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        ("The quick brown fox jumps over the lazy dog.", 9, 14),
        ("東京は日本の首都です。", 7, 12),
        (None, 0, 0),
        ({"a": [1, 2]}, 1, 6),
    ],
)
def test_tokens_are_estimated(value, low, high):
    assert low <= estimated_tokens(value) <= high
