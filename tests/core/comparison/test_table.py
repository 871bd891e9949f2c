import time

import numpy as np
import pytest

from core.comparison.entrants import Entrant, extract, line_up
from core.comparison.table import View, answers, rating_in_words, table_of
from core.data.dataset import Example
from core.runs.decisions import AnswerRated
from core.storage.location import open_store
from core.storage.memory import MemoryStore
from tests.core.comparison.test_entrants import lined_up
from tests.scored_run import scored_run, scores, state_of

BASE = {"0": 1.0, "1": 0.0, "2": 0.5, "3": 0.0, "4": None, "5": 0.2}
OTHER = {"0": 0.0, "1": 1.0, "2": 0.5, "3": 0.0, "4": 1.0, "6": 0.0}
THIRD = {"0": 1.0, "1": 0.4, "2": 0.5, "3": None, "4": 0.5, "5": 0.1}
EXAMPLES = {
    str(row): Example(id=str(row), inputs={"text": f"Row {row} " + "ab"[row % 2]},
                      outputs={"answer": "even" if row % 2 == 0 else "odd"})
    for row in range(6)
}  # fmt: skip


@pytest.fixture
def table():
    store = MemoryStore()
    run, own = scored_run(store, [BASE, OTHER, THIRD])
    said = {"candidate": own[1], "example": "1", "part": "validation"}
    store.append(run, [AnswerRated(by="ada", thumbs="up", comment="Good.", **said)])
    return table_of(lined_up(store, [(run, each) for each in own]), EXAMPLES)


SHOWN = {
    "all": ["0", "1", "2", "3", "4", "5", "6"],
    "shared": ["0", "1", "2"],
    "different": ["0", "1", "3", "4", "5"],
    "improved": ["1"],
    "regressed": ["0", "5"],
    "all failed": ["3", "6"],
    "errors": ["3", "4"],
    "rated": ["1"],
}


def shown(table, **view):
    return [table.line_up.examples[row] for row in table.selected(View(**view))]


@pytest.mark.parametrize(("show", "examples"), SHOWN.items(), ids=SHOWN)
def test_a_filter_shows_what_it_says(table, show, examples):
    assert shown(table, show=show) == examples
    assert table.counts()[show] == len(examples)


def test_a_filter_can_mean_one_entrant(table):
    assert shown(table, show="regressed", entrant=1) == ["0"]
    assert shown(table, show="regressed", entrant=2) == ["5"]
    assert shown(table, show="rated", entrant=2) == []
    assert table.counts(2)["improved"] == 1


def test_rows_are_found_by_expected_output_and_by_text_whatever_the_case(table):
    assert table.expected_values == ("even", "odd")
    assert shown(table, expected="odd") == ["1", "3", "5"]
    assert shown(table, text=" ROW 2") == ["2"]
    assert shown(table, text="a", expected="odd", show="different") == []
    assert shown(table, text="even") == ["0", "2", "4"]


def test_rows_are_sorted_by_change_spread_and_score_with_unknown_ones_last(table):
    assert shown(table, sort="change", entrant=1) == ["1", "2", "3", "0", "4", "5", "6"]
    assert shown(table, sort="change", entrant=1, descending=False)[:2] == ["0", "2"]
    assert shown(table, sort="spread")[:3] == ["0", "1", "4"]
    assert shown(table, sort="score", entrant=0)[:3] == ["0", "2", "5"]
    # of both others together: +0.7 on 1, -0.5 on 0
    assert shown(table, sort="change")[0] == "1"
    assert shown(table, sort="change", descending=False)[0] == "0"


def test_another_reference_turns_the_changes_around(table):
    turned = table_of(table.line_up, EXAMPLES, reference=1)

    assert shown(turned, show="improved") == ["0"]
    np.testing.assert_array_equal(turned.changes[0], [1.0, 0.0, 1.0])


def test_previous_and_next_follow_the_order_shown(table):
    rows = table.selected(View(show="regressed"))

    assert table.neighbours(rows, "0") == (None, "5")
    assert table.neighbours(rows, "5") == ("0", None)
    assert table.neighbours(rows, "3") == (None, "0")
    assert table.neighbours(rows[:0], "3") == (None, None)


def test_a_frame_has_scores_changes_answers_failures_and_ratings_of_the_rows_asked_for(tmp_path):
    store = open_store(f"sqlite:///{tmp_path / 'studio.db'}")
    given = {(0, "0"): "setosa", (1, "0"): "versicolor", (1, "1"): "virginica"}
    run, own = scored_run(store, [{"0": 1.0, "1": None}, {"0": 0.0, "1": 1.0}], answers=given)
    said = {"candidate": own[1], "example": "1", "part": "validation"}
    store.append(run, [AnswerRated(by="ada", score=0.5, **said)])
    found = lined_up(store, [(run, each) for each in own])
    table = table_of(found, EXAMPLES)
    rows = table.selected(View())

    frame = table.frame(rows, answers(store, found, ["0", "1"]))

    assert frame.columns.tolist() == [
        "example", "input", "expected",
        "C0 score", "C0 output", "C0 failure", "C0 rating",
        "C1 score", "C1 change", "C1 output", "C1 failure", "C1 rating",
    ]  # fmt: skip
    first, second = frame.to_dict("records")
    assert (first["input"], first["expected"]) == ("Row 0 a", "even")
    assert (first["C0 output"], first["C1 output"], first["C1 change"]) == (
        "setosa",
        "versicolor",
        -1.0,
    )
    assert second["C0 failure"] == "AdapterParseError: no field `answer`"
    assert second["C1 rating"] == "0.50"
    assert np.isnan(second["C0 score"])
    assert second["C0 output"] is None
    assert table.frame(rows[1:])["C1 output"].tolist() == [None]


def test_answers_of_several_runs_come_from_their_own_traces():
    store = MemoryStore()
    first, one = scored_run(store, [scores([1])], answers={(0, "0"): "setosa"}, name="A")
    second, two = scored_run(store, [scores([0])], answers={(0, "0"): "virginica"}, name="B")
    found = lined_up(store, [(first, one[0]), (second, two[0])])

    given = answers(store, found, ["0", "unknown"])

    assert {key: trace.outputs["answer"] for key, trace in given.items()} == {
        (0, "0"): "setosa",
        (1, "0"): "virginica",
    }


def test_ratings_of_several_people_stand_on_one_line():
    same = {"candidate": "c", "example": "1", "part": "validation"}
    ratings = [
        AnswerRated(by="ada", thumbs="up", comment="Good.", **same),
        AnswerRated(by="bob", thumbs="down", score=0.25, **same),
    ]
    assert rating_in_words(ratings) == 'up, down · 0.25 · "Good."'
    assert rating_in_words([]) == ""


def test_thousands_of_rows_are_filtered_and_sorted_at_once():
    store, rng = MemoryStore(), np.random.default_rng(0)
    run, own = scored_run(store, [scores(rng.random(5000).tolist()) for _ in range(4)])
    state, stored = state_of(store, run), store.run(run)
    known = {
        str(row): Example(id=str(row), inputs={"text": f"{row} " + "word " * 60},
                          outputs={"answer": str(row % 3)})
        for row in range(5000)
    }  # fmt: skip

    started = time.perf_counter()
    found = line_up(
        [Entrant(run_id=run, candidate=each) for each in own],
        {run: extract(stored, state, own)},
        "validation",
    )
    table = table_of(found, known)
    opened = time.perf_counter()
    rows = table.selected(View(show="regressed", text="word", sort="change", expected="1"))
    table.frame(rows[:50])
    filtered = time.perf_counter()

    assert len(rows) > 500
    assert opened - started < 1.0
    assert filtered - opened < 0.3
