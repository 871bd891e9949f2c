"""The parts of the Data page that need no page."""

import pandas as pd

from core.data.cleaning import Edit, EditCells, RemoveRows
from core.runs.store import StoredDataset
from dashboard.components.dataset_cleaning import REMOVE, step_between
from dashboard.components.dataset_source import stored_names


def table(**columns):
    return pd.DataFrame({**columns, REMOVE: [False, False, False]})


def stored(id_, name, origin="Uploaded", rows=5):
    return StoredDataset(id=id_, name=name, origin=origin, rows=rows, columns=("a",), created=0.0)


class TestStepBetween:
    BEFORE = table(text=["a", None, "c"], n=pd.Series([1, None, 3], dtype="Int64"))

    def test_nothing_changed_is_no_step(self):
        assert step_between(self.BEFORE, self.BEFORE.copy()) is None

    def test_changed_cells_become_edits_of_plain_values(self):
        after = table(text=["a", "b", None], n=pd.Series([1, 2, 3], dtype="Int64"))
        step = step_between(self.BEFORE, after)
        assert step == EditCells(
            edits=(
                Edit(row=1, column="text", value="b"),
                Edit(row=2, column="text", value=None),
                Edit(row=1, column="n", value=2),
            )
        )
        assert EditCells.model_validate_json(step.model_dump_json()) == step

    def test_ticked_rows_are_removed_once_no_edit_waits(self):
        after = self.BEFORE.assign(**{REMOVE: [True, False, True]})
        assert step_between(self.BEFORE, after) == RemoveRows(rows=(0, 2))
        edited = after.assign(text=["x", None, "c"])
        assert isinstance(step_between(self.BEFORE, edited), EditCells)


class TestStoredNames:
    def test_each_dataset_has_words_of_its_own(self):
        names = stored_names(
            [
                stored("aaaaaaaa", "t.csv"),
                stored("bbbbbbbb", "t.csv", "Uploaded; cleaned in 1 step"),
                stored("cccccccc", "t.csv"),
                stored("dddddddd", "u.csv", rows=1_000),
            ]
        )
        assert names == {
            "aaaaaaaa": "t.csv · 5 rows · aaaaaa",
            "bbbbbbbb": "t.csv · 5 rows · cleaned in 1 step",
            "cccccccc": "t.csv · 5 rows · cccccc",
            "dddddddd": "u.csv · 1,000 rows",
        }
