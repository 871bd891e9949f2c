import datetime
import decimal
import random

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from core.data.dataset import Dataset, Example, FieldMapping, check_mapping, examples, row_groups
from core.errors import DatasetError


def dataset(columns, name="tickets"):
    frame = pd.DataFrame({key: pd.Series(vals, dtype=object) for key, vals in columns.items()})
    return Dataset(name=name, origin="Made in a test", frame=frame)


TICKETS = {
    "text": ["It broke", "Where is my parcel?", "It broke"],
    "stars": [1, 4, 1],
    "label": ["repair", "delivery", "repair"],
}
TEXT_TO_LABEL = FieldMapping(inputs={"message": "text"}, outputs={"team": "label"})


class TestValues:
    def test_numpy_and_pandas_values_become_plain_python_values(self):
        frame = pd.DataFrame(
            {
                "int": np.array([1, 2], dtype=np.int32),
                "float": np.array([0.5, np.nan]),
                "bool": np.array([True, False]),
                "text": pd.array(["a", None], dtype="str"),
                "nullable": pd.array([3, None], dtype="Int64"),
                "category": pd.Categorical(["x", "y"]),
                "time": pd.to_datetime(["2024-05-01 10:00", None]),
            },
            index=[7, 9],
        )
        made = Dataset(name="n", origin="o", frame=frame).frame
        assert made.to_dict("list") == {
            "int": [1, 2],
            "float": [0.5, None],
            "bool": [True, False],
            "text": ["a", None],
            "nullable": [3, None],
            "category": ["x", "y"],
            "time": ["2024-05-01T10:00:00", None],
        }
        kinds = {type(value) for column in made for value in made[column].tolist()}
        assert kinds == {int, float, bool, str, type(None)}
        assert made.index.equals(pd.RangeIndex(2))

    def test_nested_values_and_scalars_in_object_columns_become_plain(self):
        made = dataset(
            {
                "a": [
                    {"passages": np.array(["p", "q"]), "score": np.float64(0.5), "gap": np.nan},
                    (1, np.datetime64("2024-05-01")),
                    decimal.Decimal("2.50"),
                    decimal.Decimal("7"),
                    datetime.date(2024, 5, 1),
                ]
            }
        )
        assert made.frame["a"].tolist() == [
            {"passages": ["p", "q"], "score": 0.5, "gap": None},
            [1, "2024-05-01T00:00:00"],
            2.5,
            7,
            "2024-05-01",
        ]

    def test_changing_the_frame_it_was_made_from_does_not_change_the_dataset(self):
        frame = pd.DataFrame({"a": ["x", "y"]})
        made = Dataset(name="n", origin="o", frame=frame)
        frame.loc[0, "a"] = "changed"
        assert made.frame["a"].tolist() == ["x", "y"]

    @pytest.mark.parametrize(
        ("value", "reason"),
        [
            (float("inf"), "the number is infinite; leave the cell empty or give a finite one"),
            (b"x", "values of type bytes cannot be shown in a prompt"),
            ("\ud800", "the text contains half a character (a lone surrogate)"),
            ([["\udfff"]], "the text contains half a character (a lone surrogate)"),
        ],
        ids=["infinite", "bytes", "surrogate", "nested surrogate"],
    )
    def test_a_value_without_a_plain_form_is_refused_with_its_row_and_column(self, value, reason):
        with pytest.raises(DatasetError) as raised:
            dataset({"a": ["fine", "fine"], "b": ["fine", value]})
        assert str(raised.value) == f"tickets, row 2, column 'b': {reason}."

    def test_values_nested_without_end_are_refused(self):
        nested = []
        for _ in range(60):
            nested = [nested]
        with pytest.raises(DatasetError, match="row 1, column 'a': lists and objects are nested"):
            dataset({"a": [nested]})

    @pytest.mark.parametrize(
        ("columns", "message"),
        [
            ({}, "tickets: there are no rows of data; add at least one."),
            ({"a": []}, "tickets: there are no rows of data; add at least one."),
            ({" ": [1]}, "tickets: column 1 has no usable name (' ')."),
            ({"a": [1], 5: [1]}, "tickets: column 2 has no usable name (5)."),
        ],
        ids=["no columns", "no rows", "blank name", "number as name"],
    )
    def test_a_table_without_rows_or_column_names_is_refused(self, columns, message):
        with pytest.raises(DatasetError) as raised:
            dataset(columns)
        assert str(raised.value) == message

    def test_two_columns_with_one_name_are_refused(self):
        with pytest.raises(DatasetError, match="columns 1 and 3 are both named 'a'; rename one"):
            Dataset(name="n", origin="o", frame=pd.DataFrame([[1, 2, 3]], columns=["a", "b", "a"]))


class TestIdentity:
    def test_the_id_is_sixteen_hex_digits_of_the_content_alone(self):
        first = dataset(TICKETS)
        renamed = Dataset(name="other", origin="elsewhere", frame=first.frame)
        assert first.id == renamed.id
        assert len(first.id) == 16
        assert int(first.id, 16) >= 0

    @pytest.mark.parametrize(
        "changed",
        [
            {"a": ["1", "2"]},
            {"a": [1.0, 2.0]},
            {"a": [True, 2]},
            {"a": [2, 1]},
            {"a": [1, None]},
            {"b": [1, 2]},
            {"a": [1, 2], "b": [1, 2]},
        ],
        ids=["text", "float", "bool", "order", "missing", "name", "more columns"],
    )
    def test_any_change_of_content_changes_the_id(self, changed):
        assert dataset({"a": [1, 2]}).id != dataset(changed).id

    def test_the_id_never_changes_between_versions(self):
        assert dataset({"a": ["é", None], "b": [1, 2.5]}).id == "d95673d43b0a858b"


class TestParquet:
    @pytest.mark.parametrize(
        "columns",
        [
            TICKETS,
            {"a": [1, None, -(2**63)], "b": [0.1, None, -0.0], "c": [True, None, False]},
            {"a": [2**63, 5, None], "b": [None, None, None], "c": ["", "007", "naïve\n\t🙂"]},
            {"a": [1, "1", 1.0], "b": [[{"t": "x", "s": [1, 2.5]}], {}, None], "c": [[], "", 0]},
        ],
        ids=["plain", "missing", "edges", "mixed and nested"],
    )
    def test_a_dataset_survives_parquet_without_loss(self, columns):
        before = dataset(columns)
        after = Dataset.from_parquet(before.to_parquet(), name="tickets", origin="Stored")
        assert after.id == before.id
        assert after.frame.to_dict("list") == columns
        for name, values in columns.items():
            assert [type(v) for v in after.frame[name].tolist()] == [type(v) for v in values]

    @pytest.mark.parametrize("seed", range(5))
    def test_random_tables_survive_parquet_without_loss(self, seed):
        rng = random.Random(seed)
        makers = [
            lambda: rng.choice(["x", "ü", "", "\u2028"]),
            lambda: rng.randrange(-(10**20), 10**20),
            lambda: rng.uniform(-1e300, 1e300),
            lambda: rng.random() < 0.5,
            lambda: None,
            lambda: [rng.random(), {"k": None}],
        ]
        table = {
            f"column {i}": [rng.choice(chosen)() for _ in range(30)]
            for i in range(8)
            for chosen in [rng.sample(makers, rng.randint(1, 3))]
        }
        before = dataset(table)
        after = Dataset.from_parquet(before.to_parquet(), name="n", origin="o")
        assert (after.id, after.frame.to_dict("list")) == (before.id, table)

    def test_bytes_that_are_not_parquet_are_refused(self):
        with pytest.raises(DatasetError, match="stored table: not a readable Parquet file"):
            Dataset.from_parquet(b"nonsense", name="stored table", origin="o")


class TestMapping:
    @pytest.mark.parametrize(
        ("inputs", "outputs", "message"),
        [
            ({}, {"y": "b"}, "Map at least one column to an input"),
            ({"x": "a"}, {}, "Map at least one column to an output"),
            ({"x": "a"}, {"y": "a"}, "Column 'a' is mapped to an input and to an output"),
            ({"x": "a"}, {"x": "b"}, "Field 'x' is mapped as an input and as an output"),
            ({"x": ""}, {"y": "b"}, "Field 'x' and column '': neither may be empty"),
        ],
        ids=["no input", "no output", "column twice", "field twice", "empty column"],
    )
    def test_a_mapping_that_cannot_make_examples_is_refused(self, inputs, outputs, message):
        with pytest.raises(ValidationError, match=message):
            FieldMapping(inputs=inputs, outputs=outputs)

    def test_a_mapping_survives_json(self):
        assert FieldMapping.model_validate_json(TEXT_TO_LABEL.model_dump_json()) == TEXT_TO_LABEL


class TestExamples:
    def test_examples_carry_program_fields_and_the_row_number(self):
        mapping = FieldMapping(
            inputs={"message": "text", "rating": "stars"}, outputs={"team": "label"}
        )
        assert examples(dataset(TICKETS), mapping, [2, 1]) == [
            Example(
                id="2", inputs={"message": "It broke", "rating": 1}, outputs={"team": "repair"}
            ),
            Example(
                id="1",
                inputs={"message": "Where is my parcel?", "rating": 4},
                outputs={"team": "delivery"},
            ),
        ]

    def test_without_rows_every_row_becomes_an_example(self):
        made = examples(dataset(TICKETS), TEXT_TO_LABEL)
        assert [example.id for example in made] == ["0", "1", "2"]

    def test_no_rows_give_no_examples(self):
        assert examples(dataset(TICKETS), TEXT_TO_LABEL, []) == []

    def test_zero_false_and_empty_text_are_values_and_not_missing(self):
        made = dataset({"a": [0, False, ""], "b": ["x", "y", "z"]})
        mapping = FieldMapping(inputs={"a": "a"}, outputs={"b": "b"})
        assert [example.inputs["a"] for example in examples(made, mapping)] == [0, False, ""]

    def test_a_nested_value_belongs_to_its_example_alone(self):
        made = dataset({"context": [["p"]], "answer": ["x"]})
        mapping = FieldMapping(inputs={"context": "context"}, outputs={"answer": "answer"})
        examples(made, mapping)[0].inputs["context"].append("changed")
        assert examples(made, mapping)[0].inputs["context"] == ["p"]

    def test_a_missing_value_is_refused_with_row_column_and_field(self):
        made = dataset({"text": ["a", "b", "c"], "label": ["x", None, "z"]})
        with pytest.raises(DatasetError) as raised:
            examples(made, TEXT_TO_LABEL)
        assert str(raised.value) == (
            "tickets, row 2, column 'label': the value for the program's field 'team' is "
            "missing. Fill it in or remove the row."
        )

    def test_the_number_of_rows_with_a_missing_value_is_told(self):
        made = dataset({"text": [None, "b", None], "label": ["x", "y", "z"]})
        with pytest.raises(DatasetError, match=r"row 1, column 'text'.*\(2 rows miss it\)"):
            check_mapping(made, TEXT_TO_LABEL)

    def test_only_the_chosen_rows_need_values(self):
        made = dataset({"text": ["a", "b"], "label": ["x", None]})
        assert len(examples(made, TEXT_TO_LABEL, [0])) == 1

    def test_an_unknown_column_is_refused_with_the_closest_and_the_existing_ones(self):
        mapping = FieldMapping(inputs={"message": "text"}, outputs={"team": "Lable"})
        with pytest.raises(DatasetError) as raised:
            examples(dataset(TICKETS), mapping)
        assert str(raised.value) == (
            "tickets: there is no column 'Lable' for the program's field 'team'. Did you mean "
            "'label'? The columns are 'text', 'stars', 'label'."
        )

    def test_a_long_list_of_columns_is_cut(self):
        made = dataset({f"c{number}": ["x"] for number in range(30)})
        mapping = FieldMapping(inputs={"message": "zzz"}, outputs={"team": "c1"})
        with pytest.raises(DatasetError, match="'c19' and 10 more"):
            examples(made, mapping)

    @pytest.mark.parametrize(("row", "shown"), [(3, 4), (-1, 0)])
    def test_a_row_that_does_not_exist_is_refused(self, row, shown):
        with pytest.raises(DatasetError, match=f"there is no row {shown}; it has 3 rows"):
            examples(dataset(TICKETS), TEXT_TO_LABEL, [row])


class TestRowGroups:
    def test_rows_equal_in_all_columns_share_a_group(self):
        assert row_groups(dataset(TICKETS), ["text", "stars"]).tolist() == [0, 1, 0]

    def test_values_of_different_types_are_different(self):
        made = dataset({"a": [1, "1", True, None, [1], "[1]", 1]})
        assert row_groups(made, ["a"]).tolist() == [0, 1, 2, 3, 4, 5, 0]

    def test_a_whole_number_equals_itself_written_with_a_point(self):
        assert row_groups(dataset({"a": [1, 1.0, 2.5]}), ["a"]).tolist() == [0, 0, 1]

    def test_without_columns_all_rows_are_one_group(self):
        assert row_groups(dataset(TICKETS), []).tolist() == [0, 0, 0]
