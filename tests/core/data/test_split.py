import random
from collections import Counter

import pandas as pd
import pytest
from pydantic import ValidationError

from core.data.dataset import Dataset, FieldMapping
from core.data.split import Split, SplitConfig, split
from core.errors import DatasetError

MAPPING = FieldMapping(inputs={"x": "x"}, outputs={"y": "y"})


def dataset(x, y):
    columns = {"x": pd.Series(list(x), dtype=object), "y": pd.Series(list(y), dtype=object)}
    return Dataset(name="tickets", origin="Made in a test", frame=pd.DataFrame(columns))


def labelled(counts):
    y = [label for label, count in counts.items() for _ in range(count)]
    return dataset(range(len(y)), y)


def split_of(made, **config):
    return split(made, MAPPING, SplitConfig(**config))


def parts(made):
    return made.train, made.val, made.test


def sizes(made):
    return tuple(map(len, parts(made)))


def label_counts(data, made):
    y = data.frame["y"]
    return [dict(Counter(y[row] for row in part)) for part in parts(made)]


class TestConfig:
    def test_the_defaults_are_forty_forty_twenty_with_seed_zero(self):
        config = SplitConfig()
        assert (config.train, config.val, config.test, config.seed, config.stratify) == (
            *(0.4, 0.4, 0.2, 0, True),
        )

    def test_shares_that_do_not_add_up_to_one_are_refused(self):
        with pytest.raises(ValidationError, match="train 0.5, val 0.4 and test 0.2 add up to 1.1"):
            SplitConfig(train=0.5)

    @pytest.mark.parametrize("test", [0, -0.2, float("nan"), float("inf")])
    def test_a_share_that_is_not_a_positive_fraction_is_refused(self, test):
        with pytest.raises(ValidationError, match="test"):
            SplitConfig(train=0.6, val=0.4, test=test)

    def test_a_rounding_error_in_the_sum_is_accepted(self):
        assert SplitConfig(train=1 / 3, val=1 / 3, test=0.3333333).train == 1 / 3

    def test_a_negative_seed_is_refused(self):
        with pytest.raises(ValidationError, match="seed"):
            SplitConfig(seed=-1)


class TestParts:
    @pytest.mark.parametrize(
        ("rows", "shares", "expected"),
        [
            (3, (0.4, 0.4, 0.2), (1, 1, 1)),
            (4, (0.4, 0.4, 0.2), (2, 1, 1)),
            (10, (0.4, 0.4, 0.2), (4, 4, 2)),
            (100, (0.29, 0.29, 0.42), (29, 29, 42)),
            (101, (1 / 3, 1 / 3, 1 / 3), (34, 34, 33)),
            (1000, (0.001, 0.5, 0.499), (1, 500, 499)),
        ],
    )
    def test_sizes_are_exact_by_largest_remainder(self, rows, shares, expected):
        train, val, test = shares
        made = split_of(dataset(range(rows), range(rows)), train=train, val=val, test=test)
        assert sizes(made) == expected

    @pytest.mark.parametrize("seed", range(20))
    def test_every_row_is_in_exactly_one_part(self, seed):
        rng = random.Random(seed)
        rows = rng.randint(30, 200)
        x = [rng.randrange(rows) for _ in range(rows)]
        y = [rng.choice("aab") for _ in range(rows)]
        made = split_of(dataset(x, y), seed=seed)
        assert sorted(made.train + made.val + made.test) == list(range(rows))
        inputs = [{x[row] for row in part} for part in parts(made)]
        assert not inputs[0] & inputs[1]
        assert not inputs[0] & inputs[2]
        assert not inputs[1] & inputs[2]

    def test_the_same_seed_gives_the_same_parts_and_another_seed_others(self):
        made = labelled({"a": 30, "b": 30})
        assert split_of(made, seed=0) == split_of(made, seed=0)
        assert len({split_of(made, seed=seed).train for seed in range(5)}) == 5

    def test_the_parts_of_a_seed_never_change_between_versions(self):
        made = split_of(labelled({"a": 6, "b": 4}), seed=0)
        assert parts(made) == ((3, 7, 0, 8), (9, 4, 2, 1), (6, 5))

    def test_the_parts_are_shuffled_so_that_the_first_rows_of_a_part_are_no_class_apart(self):
        made = labelled({"a": 100, "b": 100})
        firsts = [made.frame["y"][row] for row in split_of(made).train[:20]]
        assert set(firsts) == {"a", "b"}

    def test_row_numbers_are_plain_integers(self):
        assert {type(row) for row in split_of(labelled({"a": 9})).val} == {int}

    @pytest.mark.parametrize("seed", range(5))
    def test_each_row_is_equally_likely_in_the_testset(self, seed):
        made = dataset(range(10), range(10))
        seen = Counter(
            row for s in range(seed * 200, seed * 200 + 200) for row in split_of(made, seed=s).test
        )
        assert min(seen.values()) > 15
        assert max(seen.values()) < 70


class TestStratification:
    def test_labels_are_spread_in_proportion(self):
        made = labelled({"setosa": 50, "versicolor": 50, "virginica": 50})
        result = split_of(made)
        assert result.stratified_by == "y"
        assert label_counts(made, result) == [
            {"setosa": n, "versicolor": n, "virginica": n} for n in (20, 20, 10)
        ]

    @pytest.mark.parametrize("seed", range(10))
    def test_no_label_is_more_than_one_row_off_its_share_when_labels_are_alike(self, seed):
        made = labelled({str(label): 41 for label in range(8)})
        result = split_of(made, seed=seed)
        assert sizes(result) == (131, 131, 66)
        for counts, share in zip(label_counts(made, result), (0.4, 0.4, 0.2), strict=True):
            assert all(abs(count - 41 * share) <= 1 for count in counts.values())

    def test_rare_labels_reach_every_part_and_the_common_one_makes_up_for_it(self):
        made = labelled({"common": 943} | {f"rare {label}": 3 for label in range(19)})
        result = split_of(made)
        assert sizes(result) == (400, 400, 200)
        for counts, common in zip(label_counts(made, result), (377.2, 377.2, 188.6), strict=True):
            assert len(counts) == 20
            assert abs(counts["common"] - common) < 8

    @pytest.mark.parametrize(
        ("labels", "stratified"),
        [
            ({"a": 3, "b": 3}, True),
            ({"a": 20, "b": 2}, False),
            ({"a": 20}, False),
            ({str(label): 3 for label in range(20)}, True),
            ({str(label): 3 for label in range(21)}, False),
            ({0: 10, 1: 10}, True),
            ({True: 10, False: 10}, True),
        ],
        ids=["three each", "two of one", "one label", "twenty", "twenty-one", "numbers", "flags"],
    )
    def test_only_an_output_with_few_and_frequent_values_is_stratified(self, labels, stratified):
        made = split_of(labelled(labels))
        assert made.stratified_by == ("y" if stratified else None)

    def test_stratification_can_be_turned_off(self):
        assert split_of(labelled({"a": 50, "b": 50}), stratify=False).stratified_by is None

    def test_the_first_output_that_can_be_stratified_is_taken(self):
        frame = pd.DataFrame({"x": range(9), "free": range(9), "label": list("abcabcabc")})
        made = Dataset(name="n", origin="o", frame=frame)
        mapping = FieldMapping(inputs={"x": "x"}, outputs={"text": "free", "class": "label"})
        assert split(made, mapping, SplitConfig()).stratified_by == "label"


class TestDuplicates:
    def test_rows_with_identical_inputs_are_counted(self):
        x = ["p", "p", "p", "q", "q", "r", "s", "t", "u", "v"]
        y = ["1", "1", "2", "1", "1", "1", "2", "2", "2", "2"]
        made = split_of(dataset(x, y))
        assert (made.duplicate_groups, made.duplicate_rows, made.conflicting_rows) == (2, 3, 3)

    def test_without_duplicates_nothing_is_reported(self):
        made = split_of(labelled({"a": 10}))
        assert (made.duplicate_groups, made.duplicate_rows, made.conflicting_rows) == (0, 0, 0)

    def test_rows_count_as_identical_only_when_all_inputs_are(self):
        frame = pd.DataFrame({"x": list("aabb") * 3, "z": range(12), "y": list("uv") * 6})
        made = Dataset(name="n", origin="o", frame=frame)
        mapping = FieldMapping(inputs={"x": "x", "z": "z"}, outputs={"y": "y"})
        assert split(made, mapping, SplitConfig()).duplicate_rows == 0

    @pytest.mark.parametrize("seed", range(10))
    def test_sizes_and_labels_stay_exact_beside_a_few_duplicates(self, seed):
        x = [*range(90), *[0] * 4, *[1] * 3, *[50] * 3]
        y = ["a"] * 45 + ["b"] * 45 + ["a"] * 7 + ["b"] * 3
        made = dataset(x, y)
        result = split_of(made, seed=seed)
        assert sizes(result) == (40, 40, 20)
        for counts, share in zip(label_counts(made, result), (0.4, 0.4, 0.2), strict=True):
            assert abs(counts["a"] - 52 * share) <= 1

    def test_a_group_larger_than_any_part_leaves_no_part_empty(self):
        made = split_of(dataset([0] * 8 + [1, 2], "abcdefghij"))
        assert sorted(sizes(made)) == [1, 1, 8]
        assert isinstance(made, Split)

    @pytest.mark.parametrize("seed", range(30))
    def test_any_mix_of_duplicates_and_labels_fills_all_parts(self, seed):
        rng = random.Random(seed)
        rows = rng.randint(5, 60)
        x = [*range(3), *(rng.randrange(rng.randint(1, rows)) for _ in range(rows - 3))]
        y = [rng.choice("abc"[: rng.randint(1, 3)]) for _ in range(rows)]
        made = split_of(dataset(x, y), seed=seed)
        assert min(sizes(made)) >= 1
        assert sorted(made.train + made.val + made.test) == list(range(rows))
        largest = max(Counter(x).values())
        for size, share in zip(sizes(made), (0.4, 0.4, 0.2), strict=True):
            assert abs(size - rows * share) < max(1, largest + 1)

    def test_nested_inputs_are_compared_by_content(self):
        x = [["p", {"q": 1}], ["p", {"q": 1}], ["p", {"q": 2}], ["r"], []]
        assert split_of(dataset(x, "aabbb")).duplicate_groups == 1


class TestRefusals:
    @pytest.mark.parametrize(
        ("rows", "shares", "message"),
        [
            (
                2,
                (0.4, 0.4, 0.2),
                "tickets: 2 rows leave the testset empty at a share of 0.2. "
                "At least 3 rows are needed, or a larger share.",
            ),
            (
                10,
                (0.01, 0.5, 0.49),
                "tickets: 10 rows leave the trainset empty at a share of 0.01. "
                "At least 50 rows are needed, or a larger share.",
            ),
            (
                100,
                (0.6, 1e-5, 0.39999),
                "tickets: 100 rows leave the valset empty at a share of 1e-05. "
                "At least 100000 rows are needed, or a larger share.",
            ),
        ],
        ids=["two rows", "one percent", "tiny share"],
    )
    def test_an_empty_part_is_refused_with_the_rows_needed(self, rows, shares, message):
        train, val, test = shares
        with pytest.raises(DatasetError) as raised:
            split_of(dataset(range(rows), range(rows)), train=train, val=val, test=test)
        assert str(raised.value) == message

    @pytest.mark.parametrize("rows", range(3, 60))
    def test_the_number_of_rows_needed_is_true(self, rows):
        shares = {"train": 0.47, "val": 0.5, "test": 0.03}
        needed = 17
        made = dataset(range(rows), range(rows))
        if rows >= needed:
            assert min(sizes(split_of(made, **shares))) >= 1
        else:
            with pytest.raises(DatasetError, match=f"At least {needed} rows are needed"):
                split_of(made, **shares)

    def test_the_number_of_rows_needed_suffices_for_any_number_above_it(self):
        # 25 rows fill every part and 26 do not: the remainders of the large shares come first.
        shares = {"train": 0.49, "val": 0.49, "test": 0.02}
        with pytest.raises(DatasetError, match="26 rows leave the testset .* At least 33 rows"):
            split_of(dataset(range(26), range(26)), **shares)

    def test_too_few_different_inputs_are_refused(self):
        with pytest.raises(DatasetError) as raised:
            split_of(dataset("aaaabbbb", "12345678"))
        assert str(raised.value) == (
            "tickets: 8 rows have only 2 different inputs, and rows with identical inputs stay in "
            "one part. At least 3 rows with different inputs are needed."
        )

    def test_a_missing_output_is_refused_with_its_row(self):
        with pytest.raises(DatasetError, match="tickets, row 3, column 'y'"):
            split_of(dataset(range(9), ["a", "b", None] * 3))

    def test_an_unknown_column_is_refused(self):
        mapping = FieldMapping(inputs={"x": "nowhere"}, outputs={"y": "y"})
        with pytest.raises(DatasetError, match="no column 'nowhere'"):
            split(labelled({"a": 9}), mapping, SplitConfig())


def test_a_hundred_thousand_rows_with_duplicates_are_split_exactly():
    rng = random.Random(0)
    x = [rng.randrange(80_000) for _ in range(100_000)]
    y = [f"label {rng.randrange(8)}" for _ in range(100_000)]
    made = dataset(x, y)
    result = split_of(made)
    assert sizes(result) == (40_000, 40_000, 20_000)
    assert len({x[row] for row in result.train} & {x[row] for row in result.test}) == 0
