from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from core.comparison.slices import (
    confusion_of,
    confusions,
    expected_labels,
    label_reader,
    sliced,
    slices_of,
)
from core.data.dataset import Example
from core.storage.memory import MemoryStore
from tests.core.comparison.test_entrants import lined_up
from tests.scored_run import scored_run, scores

IRIS = {
    str(row): Example(id=str(row), inputs={}, outputs={"answer": label})
    for first, label in ((0, "setosa"), (50, "versicolor"), (100, "virginica"))
    for row in range(first, first + 50)
}


def test_a_confusion_matrix_counts_answers_by_expected_label():
    store = MemoryStore()
    rows = ["0", "1", "2", "50", "51", "52"]
    one = dict.fromkeys(rows, 1.0)
    other = {"0": 1.0, "1": 0.0, "2": None, "50": 1.0, "51": 0.0, "52": 0.0}
    given = {(0, row): IRIS[row].outputs["answer"] for row in rows[:4]} | {
        (1, "0"): "Setosa.",
        (1, "1"): "versicolor",
        (1, "50"): "versicolor",
        (1, "51"): "a rose",
    }
    run, own = scored_run(store, [one, other], answers=given)
    line_up = lined_up(store, [(run, each) for each in own])

    base, found = confusions(store, line_up, IRIS)

    assert (base.n, base.without_trace) == (4, 2)
    assert base.note == (
        "2 scored examples left no trace, so their answers are not known and not counted; 4 are."
    )
    assert found.label == "C1"
    assert found.counts.to_dict("index") == {
        "setosa": {"setosa": 1, "versicolor": 1, "(another answer)": 0, "(failed)": 1},
        "versicolor": {"setosa": 0, "versicolor": 1, "(another answer)": 1, "(failed)": 0},
    }
    assert (found.n, found.without_trace) == (5, 1)


def test_outputs_that_are_no_labels_have_no_confusion_matrix():
    store = MemoryStore()
    run, own = scored_run(store, [scores([1, 0, 1]), scores([1, 1, 0])])
    texts = {str(row): Example(id=str(row), inputs={}, outputs={"answer": f"text {row}"})
             for row in range(3)}  # fmt: skip
    two = {"0": Example(id="0", inputs={}, outputs={"a": "x", "b": "y"})}

    assert confusions(store, lined_up(store, [(run, each) for each in own]), texts) == ()
    assert expected_labels(two, ["0"]) == ()
    assert expected_labels({}, ["0"]) == ()


def test_scores_are_told_by_slice_of_a_column_with_n_and_interval():
    store = MemoryStore()
    rows = [str(row) for row in (*range(5), *range(50, 55))]
    one = {row: float(int(row) < 50) for row in rows}
    run, own = scored_run(store, [one, dict.fromkeys(rows, 1.0)])
    dataset = store.dataset(store.run(run).config.dataset)

    found = sliced(lined_up(store, [(run, each) for each in own]), dataset, "answer")

    assert found[["slice", "entrant", "mean", "n"]].values.tolist() == [
        ["setosa", "C0", 1.0, 5],
        ["setosa", "C1", 1.0, 5],
        ["versicolor", "C0", 0.0, 5],
        ["versicolor", "C1", 1.0, 5],
    ]
    assert (found["low"] < found["mean"]).tolist() == [True, True, False, True]


def test_numbers_are_sliced_by_quartile():
    store, rng = MemoryStore(), np.random.default_rng(0)
    run, own = scored_run(store, [scores(rng.random(150).round(2).tolist())] * 2)
    dataset = store.dataset(store.run(run).config.dataset)

    found = sliced(lined_up(store, [(run, each) for each in own]), dataset, "sepal_length")

    lengths = pd.to_numeric(dataset.frame["sepal_length"])
    known = pd.qcut(lengths, 4).value_counts().sort_index()
    assert found.loc[found["entrant"] == "C0", "n"].tolist() == known.tolist()
    assert found["slice"].unique()[:2].tolist() == ["4.3 to 5.1", "over 5.1 to 5.8"]


def test_an_unknown_column_is_an_error():
    store = MemoryStore()
    run, own = scored_run(store, [scores([1]), scores([0])])
    dataset = store.dataset(store.run(run).config.dataset)

    with pytest.raises(KeyError):
        sliced(lined_up(store, [(run, each) for each in own]), dataset, "no such column")


def test_rare_values_are_taken_together_and_missing_ones_apart():
    values = [*[f"v{number % 13}" for number in range(26)], "v0", None, True]
    found = slices_of(values)

    assert list(found)[0] == "v0"
    assert len(found) == 14
    assert found["(other values)"].tolist() == [12, 25, 28]
    assert found["(missing)"].tolist() == [27]


def test_few_numbers_are_slices_of_their_own_in_order():
    assert list(slices_of(["10", "2", "10", "3"])) == ["2", "3", "10"]


def test_numbers_that_are_mostly_equal_make_fewer_slices():
    found = slices_of([0.0] * 90 + [float(each) for each in range(1, 11)])

    assert [len(each) for each in found.values()] == [90, 10] or sum(
        len(each) for each in found.values()
    ) == 100


def test_macro_f1_of_a_confusion_leaves_failures_out_and_counts_other_answers_as_wrong():
    labels = ("ham", "spam")
    read = label_reader(SimpleNamespace(metric="exact_match"), labels)
    pairs = [("ham", "Ham."), ("ham", "eggs"), ("spam", "spam"), ("spam", "ham")]
    found = confusion_of("C1", pairs, ["spam"], labels, read)
    assert (found.n, found.scores.macro_f1.n) == (5, 4)
    assert [each.right.value for each in found.scores.labels] == [0.5, 0.5]


def test_under_the_label_metric_other_spellings_are_the_label():
    set_ = {"labels": ["spam", "ham"], "aliases": {"junk": "spam"}}
    config = SimpleNamespace(metric="label", metric_parameters=set_)
    read = label_reader(config, ("spam", "ham"))
    assert [read(each) for each in ("junk", "It is surely spam", "ham or spam", None)] == [
        "spam",
        "spam",
        "(another answer)",
        "(another answer)",
    ]
