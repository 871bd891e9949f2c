import pandas as pd
import pytest

from core.data.dataset import Dataset
from core.data.profile import ColumnProfile, Profile, SuggestedMapping, profile, suggested_mapping


def profiled(columns):
    frame = pd.DataFrame({key: pd.Series(vals, dtype=object) for key, vals in columns.items()})
    return profile(Dataset(name="n", origin="o", frame=frame))


def suggestion(columns):
    return suggested_mapping(profiled(columns))


def test_a_profile_counts_rows_gaps_lengths_and_labels():
    assert profiled(
        {
            "text": ["It broke", "Why?", "It broke", None, "A longer message"],
            "stars": [1, 4, 1, 2.5, None],
            "label": ["b", "a", "b", "b", "a"],
        }
    ) == Profile(
        rows=5,
        columns=(
            ColumnProfile(
                name="text",
                kind="text",
                missing=1,
                distinct=3,
                shortest=4,
                median_length=8.0,
                longest=16,
            ),
            ColumnProfile(
                name="stars",
                kind="number",
                missing=1,
                distinct=3,
                minimum=1,
                maximum=4,
                median=1.75,
            ),
            ColumnProfile(
                name="label",
                kind="label",
                missing=0,
                distinct=2,
                shortest=1,
                median_length=1,
                longest=1,
                balance=(("b", 3), ("a", 2)),
            ),
        ),
        duplicate_rows=1,
    )


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2, 1.5, None], "number"),
        ([0, 1, 0, 1], "number"),
        (["0", "1", "0", "1"], "number"),
        (["3.10", " 3.9", None, "1e2"], "number"),
        (["007", "008", "007", "008"], "label"),
        (["3.10", "3.9", "3.10", "3.9-rc"], "text"),
        ([True, False, None, True], "boolean"),
        ([True, 1, 2, 3], "text"),
        (["yes", "no", "yes", "no"], "label"),
        (["yes", "no", "maybe", "no"], "text"),
        (["x" * 200] * 4, "text"),
        ([1, "1", "b", 2.0], "text"),
        ([["a"], ["a"], None, None], "nested"),
        ([{"a": 1}, "text", None, None], "nested"),
        ([None, None, None, None], "text"),
    ],
    ids=str,
)
def test_the_kind_of_a_column(values, kind):
    assert profiled({"a": values, "b": [1, 2, 3, 4]}).columns[0].kind == kind


def test_numbers_written_as_text_have_their_extremes_and_keep_their_text_as_labels():
    found = profiled({"a": ["3.10", "3.9", "3.10", None]}).columns[0]
    assert (found.minimum, found.maximum, found.median) == (3.1, 3.9, 3.1)
    assert (found.distinct, found.balance) == (2, ())
    found = profiled({"a": ["3.10", "3.10", "3.9", "3.9"]}).columns[0]
    assert found.balance == (("3.10", 2), ("3.9", 2))


def test_an_empty_column_has_no_statistics():
    assert profiled({"a": [None, None], "b": [1, 2]}).columns[0] == ColumnProfile(
        name="a", kind="text", missing=2, distinct=0
    )


def test_numbers_and_booleans_with_few_values_have_a_balance():
    found = profiled({"a": [0, 1, 1, 1], "b": [True, False, True, True]})
    assert [column.balance for column in found.columns] == [
        (("1", 3), ("0", 1)),
        (("true", 3), ("false", 1)),
    ]


def test_a_column_with_more_than_fifty_values_has_no_balance():
    for values, shown in [(50, 50), (51, 0)]:
        made = profiled({"a": [f"label {number % values}" for number in range(200)]})
        assert len(made.columns[0].balance) == shown


def test_nested_values_have_the_length_of_their_json():
    column = profiled({"a": [["ab"], ["é", "c"]]}).columns[0]
    assert (column.shortest, column.longest) == (len('["ab"]'), len('["é","c"]'))


def test_rows_are_duplicates_only_when_every_column_repeats():
    same = ["x", "x", "x", "x"]
    assert profiled({"a": same, "b": [1, 1, 1, 2]}).duplicate_rows == 2
    assert profiled({"a": same, "b": [[1], [1], [2], "1"]}).duplicate_rows == 1


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"text": "xyz", "Answer": "abc"}, (["text"], ["Answer"])),
        ({"answer": "abc", "question": "xyz", "context": "xyz"}, (["question", "context"], None)),
        ({"text": "xyz", "label": [0, 1, 2], "label_name": "abc"}, (["text"], ["label_name"])),
        ({"id": "pqr", "user_id": "pqr", "text": "xyz", "y": "abc"}, (["text"], ["y"])),
        ({"text": "xyz", "notes": ["x", None, None], "target": "abc"}, (["text"], ["target"])),
        ({"team": "aab" * 2, "ticket": "uvwxyz"}, (["ticket"], ["team"])),
        ({"text": "xyz", "reply": "abc"}, (["text"], ["reply"])),
        ({"id": [1, 2, 3], "label": "abc"}, (["id"], ["label"])),
        ({"text": "xyz"}, (["text"], [])),
    ],
    ids=[
        *("named", "several inputs", "name over number", "identifiers", "gaps", "few values"),
        *("last", "nothing but an identifier", "one column"),
    ],
)
def test_the_suggested_mapping(columns, expected):
    inputs, outputs = expected
    made = suggestion({name: list(values) for name, values in columns.items()})
    assert made == SuggestedMapping(inputs, ["answer"] if outputs is None else outputs)


def test_a_column_that_says_the_part_is_suggested_as_neither_input_nor_output():
    frame = pd.DataFrame({"q": list("abcd"), "a": list("xyxy"), "part": ["train", "dev"] * 2})
    made = Dataset(name="made", origin="made", frame=frame)
    assert suggested_mapping(profile(made)) == SuggestedMapping(["q"], ["a"])
