"""Splits by counts, groups, time and columns. Splits by shares are in `test_split`."""

from collections import Counter

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.data.dataset import Dataset, FieldMapping
from core.data.part_names import combined, part_of
from core.data.split import SplitConfig, split
from core.errors import DatasetError
from tests.drawn_examples import drawing

MAPPING = FieldMapping(inputs={"x": "x"}, outputs={"y": "y"})


def dataset(name="tickets", **columns):
    frame = pd.DataFrame({n: pd.Series(list(vals), dtype=object) for n, vals in columns.items()})
    return Dataset(name=name, origin="Made in a test", frame=frame)


def rows(count, **columns):
    return dataset(x=range(count), y=["ab"[n % 2] for n in range(count)], **columns)


def parts_of(made, **config):
    found = split(made, MAPPING, SplitConfig(**config))
    return found.train, found.val, found.test


def refusal(made, **config):
    with pytest.raises(DatasetError) as raised:
        parts_of(made, **config)
    return str(raised.value)


class TestCounts:
    def test_parts_have_exactly_the_rows_asked_for_and_the_rest_is_left_out(self):
        found = split(rows(100), MAPPING, SplitConfig(counts=(50, 20, 10)))
        assert tuple(map(len, (found.train, found.val, found.test))) == (50, 20, 10)
        assert found.left_out == 20
        labels = Counter("ab"[row % 2] for row in found.train)
        assert labels == {"a": 25, "b": 25}

    def test_all_rows_can_be_asked_for(self):
        found = split(rows(30), MAPPING, SplitConfig(counts=(10, 10, 10)))
        assert sorted(found.train + found.val + found.test) == list(range(30))
        assert found.left_out == 0

    def test_more_rows_than_there_are_is_refused(self):
        assert refusal(rows(30), counts=(10, 20, 1)) == (
            "tickets: 10 + 20 + 1 rows are asked for, and there are 30. Ask for fewer."
        )

    def test_an_empty_part_cannot_be_asked_for(self):
        with pytest.raises(ValidationError):
            SplitConfig(counts=(10, 0, 5))


class TestGroups:
    PATIENTS = tuple(f"p{n // 5}" for n in range(60))

    def test_no_group_is_in_two_parts(self):
        made = rows(60, patient=self.PATIENTS)
        found = parts_of(made, group_by="patient")
        seen = [{self.PATIENTS[row] for row in part} for part in found]
        assert not (seen[0] & seen[1])
        assert not (seen[0] & seen[2])
        assert not (seen[1] & seen[2])
        assert sum(map(len, found)) == 60
        assert all(found)

    def test_rows_without_a_group_stand_alone(self):
        made = rows(30, patient=["p"] * 5 + [None] * 25)
        assert tuple(map(len, parts_of(made, group_by="patient"))) == (12, 12, 6)

    def test_identical_inputs_tie_groups_together(self):
        made = dataset(
            x=[0, 1, 1, 2, *range(10, 20)],
            y=["a"] * 14,
            patient=["p", "p", "q", "q", *range(10)],
        )
        found = parts_of(made, group_by="patient")
        assert any({0, 1, 2, 3} <= set(part) for part in found)

    def test_too_few_groups_are_refused(self):
        made = rows(20, patient=["p"] * 10 + ["q"] * 10)
        assert refusal(made, group_by="patient") == (
            "tickets: 20 rows have only 2 groups that differ in 'patient' and inputs, and rows "
            "with one group or identical inputs stay in one part. At least 3 rows with groups that "
            "differ in 'patient' and inputs are needed."
        )


class TestTime:
    def test_the_earliest_rows_train_and_the_latest_test(self):
        days = [f"2026-01-{day:02}" for day in (5, 1, 4, 2, 3)] * 2
        found = parts_of(rows(10, day=days), order_by="day", train=0.4, val=0.2, test=0.4)
        seen = [sorted({days[row] for row in part}) for part in found]
        assert seen == [
            ["2026-01-01", "2026-01-02"],
            ["2026-01-03"],
            ["2026-01-04", "2026-01-05"],
        ]

    def test_rows_of_one_time_stay_together(self):
        found = parts_of(rows(12, day=[1] * 5 + [2] * 4 + [3] * 3), order_by="day")
        assert [sorted(part) for part in found] == [
            list(range(5)),
            list(range(5, 9)),
            list(range(9, 12)),
        ]

    def test_counts_leave_the_oldest_rows_out(self):
        found = split(
            rows(10, day=range(10)), MAPPING, SplitConfig(order_by="day", counts=(3, 2, 1))
        )
        assert [sorted(part) for part in (found.train, found.val, found.test)] == [
            [4, 5, 6],
            [7, 8],
            [9],
        ]
        assert found.left_out == 4

    def test_numbers_written_as_text_and_zones_are_understood(self):
        assert set(parts_of(rows(10, n=[str(n) for n in range(10)]), order_by="n")[2]) == {8, 9}
        zoned = [f"2026-01-01T0{n}:00+00:00" for n in range(9)] + ["2026-01-01T00:30-09:00"]
        assert 9 in parts_of(rows(10, at=zoned), order_by="at")[2]

    def test_repeats_of_inputs_in_a_later_part_are_counted(self):
        made = dataset(x=[1, 2, 3, 4, 5, 6, 7, 8, 1, 2], y="aaaaaaaaaa", day=range(10))
        assert split(made, MAPPING, SplitConfig(order_by="day")).repeated_across == 2

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            ([1, 2, None], "tickets, row 3, column 'day': no time to put the row in order by. "),
            (["2026-01-01", "3/4/26", "x"], "row 2, column 'day': '3/4/26' is neither a number"),
            ([1, 1, 1], "split by 'day' into 1 different times, the "),
        ],
        ids=["missing", "ambiguous", "all equal"],
    )
    def test_a_column_that_gives_no_order_is_refused(self, values, message):
        assert message in refusal(rows(3, day=values), order_by="day")


class TestColumnOfParts:
    NAMES = ("train", "Training", "dev", "validation", "TEST", " test ")

    def test_each_row_goes_where_it_says(self):
        found = parts_of(rows(6, part=self.NAMES), part_column="part")
        assert [sorted(part) for part in found] == [[0, 1], [2, 3], [4, 5]]

    def test_a_part_that_is_not_named_is_taken_out_of_train(self):
        made = rows(30, part=["train"] * 20 + ["test"] * 10)
        train, val, test = parts_of(made, part_column="part", train=0.6, val=0.2, test=0.2)
        assert (len(train), len(val), sorted(test)) == (15, 5, list(range(20, 30)))
        assert sorted(train + val) == list(range(20))

    @pytest.mark.parametrize(
        ("made", "message"),
        [
            (rows(3, part=["train", "maybe", "test"]), "row 2, column 'part': 'maybe' is no part."),
            (rows(3, part=["train", None, "test"]), "row 2, column 'part': None is no part."),
            (rows(2, part=["val", "test"]), "no row's 'part' says that it is of the trainset"),
            (rows(2, part=["train", "test"]), "names 1 rows for training, too few to take the"),
            (rows(2), "there is no column 'part' to split by; the columns are 'x', 'y'."),
        ],
        ids=["unknown", "missing", "no train", "too few", "no column"],
    )
    def test_a_column_that_is_no_split_is_refused(self, made, message):
        assert message in refusal(made, part_column="part")

    def test_it_can_be_neither_input_nor_output(self):
        mapping = FieldMapping(inputs={"x": "part"}, outputs={"y": "y"})
        with pytest.raises(DatasetError, match="neither input nor output"):
            split(rows(6, part=self.NAMES), mapping, SplitConfig(part_column="part"))


class TestGivenFiles:
    def test_files_for_the_parts_become_one_dataset_that_says_which_row_is_whose(self):
        made = combined(rows(8), val=rows(4), test=rows(2))
        found = parts_of(made, part_column="split")
        assert [sorted(part) for part in found] == [
            list(range(8)),
            list(range(8, 12)),
            [12, 13],
        ]
        assert made.origin == (
            "Put together of 3 files (train: tickets, validation: tickets, test: tickets)"
        )

    def test_a_test_file_alone_leaves_validation_to_the_shares(self):
        train, val, test = parts_of(combined(rows(20), test=rows(5)), part_column="split")
        assert (len(train), len(val), len(test)) == (10, 10, 5)

    def test_a_column_called_split_is_kept(self):
        made = combined(rows(3, split=list("abc")), test=rows(3, split=list("def")))
        assert list(made.frame.columns) == ["x", "y", "split", "split 2"]
        assert part_of(made.frame["split 2"][5]) == 2

    @pytest.mark.parametrize(
        ("test", "message"),
        [
            (rows(3, z="abc"), "tickets: it has 'z', and 'tickets' does not. Files for the"),
            (dataset(x="abc"), "tickets: it lacks 'y', and 'tickets' has it. Files for the"),
        ],
        ids=["more", "less"],
    )
    def test_files_with_other_columns_are_refused(self, test, message):
        with pytest.raises(DatasetError, match=message):
            combined(rows(3), test=test)


def test_two_ways_at_once_are_refused():
    with pytest.raises(ValidationError, match="by a column of groups or by an order, not by both"):
        SplitConfig(group_by="a", order_by="b")
    with pytest.raises(ValidationError, match="has no counts of its own"):
        SplitConfig(part_column="a", counts=(1, 1, 1))


def test_settings_stored_before_there_were_these_ways_still_load():
    stored = '{"train": 0.5, "val": 0.25, "test": 0.25, "seed": 3, "stratify": false}'
    config = SplitConfig.model_validate_json(stored)
    assert (config.counts, config.group_by, config.order_by, config.part_column) == (None,) * 4


@drawing(150)
@given(
    cells=st.lists(
        st.tuples(st.integers(0, 12), st.sampled_from("abc"), st.integers(0, 6)),
        min_size=1,
        max_size=60,
    ),
    way=st.sampled_from(["chance", "group", "time", "counts"]),
    shares=st.sampled_from([(0.4, 0.4, 0.2), (0.8, 0.1, 0.1), (0.2, 0.3, 0.5)]),
    seed=st.integers(0, 3),
)
def test_no_row_is_lost_invented_or_in_two_parts(cells, way, shares, seed):
    made = dataset(
        x=[x for x, _, _ in cells], y=[y for _, y, _ in cells], g=[g for _, _, g in cells]
    )
    config = {
        "chance": {},
        "group": {"group_by": "g"},
        "time": {"order_by": "g"},
        "counts": {"counts": (max(1, len(cells) // 2), max(1, len(cells) // 4), 1)},
    }[way]
    train, val, test = shares
    try:
        found = split(
            made, MAPPING, SplitConfig(train=train, val=val, test=test, seed=seed, **config)
        )
    except DatasetError:
        return
    together = [*found.train, *found.val, *found.test]
    assert len(set(together)) == len(together)
    assert set(together) <= set(range(len(cells)))
    assert len(together) + found.left_out == len(cells)
    assert min(len(found.train), len(found.val), len(found.test)) > 0
    assert found.left_out == 0 or way == "counts"
    tied = {"chance": [0], "group": [0, 2], "time": [2], "counts": [0]}[way]
    for place in tied:
        owners = {}
        for name in ("train", "val", "test"):
            for row in getattr(found, name):
                owners.setdefault(cells[row][place], set()).add(name)
        assert all(len(parts) == 1 for parts in owners.values())
