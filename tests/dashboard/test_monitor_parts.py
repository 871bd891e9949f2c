"""Pieces of the Monitor page that decide something: order of rows, clicks, words."""

import pytest

from core.runs.snapshot import Grid
from dashboard.candidate_rows import MOST_KEPT, steady
from dashboard.components.budget_controls import BoundsWish
from dashboard.components.live_chart import Click, _click
from dashboard.components.money_panel import dollars
from dashboard.components.search_surrogate import CellAsked, cell_of
from dashboard.components.timeline_panel import Mark, mark_of

GRID = Grid(
    predictor="ask",
    instructions=("a", "b"),
    demo_sets=("x", "y", "z"),
    mean=((0.1, 0.2, 0.3), (0.4, 0.5, 0.6)),
    sd=((0.1, 0.1, 0.1), (0.1, 0.1, 0.1)),
    complete=True,
)


def test_rows_follow_their_order_until_one_is_selected_and_then_stay():
    assert steady(["c", "a", "b"], ["a", "b"], selected=False) == ("c", "a", "b")
    assert steady(["c", "a", "b"], ["a", "b"], selected=True) == ("a", "b", "c")
    assert steady(["b"], ["a", "b"], selected=True) == ("a", "b")


def test_a_table_with_a_selection_does_not_grow_for_ever():
    shown = [str(each) for each in range(MOST_KEPT)]
    assert steady(["new", *shown], shown, selected=True) == tuple(shown)


@pytest.mark.parametrize(
    ("custom", "cell"),
    [
        ([1, 2], CellAsked(row=1, column=2)),
        ([1.0, 0.0], CellAsked(row=1, column=0)),
        ([2, 0], None),
        ([-1, 0], None),
        (["a", "b"], None),
        ("1,2", None),
        (None, None),
    ],
)
def test_a_click_names_a_cell_of_the_grid_or_nothing(custom, cell):
    assert cell_of(custom, GRID) == cell


@pytest.mark.parametrize(
    ("trace", "custom", "mark"),
    [
        ("Minibatch", [7.0, 3, 0.5, 10], Mark(kind="trial", number=7)),
        ("Decision", [120], Mark(kind="decision", number=120)),
        ("Failure", [0], Mark(kind="failure", number=0)),
        ("Minibatch", ["7"], None),
        ("Decision", [], None),
        ("", None, None),
    ],
)
def test_a_click_names_a_mark_of_the_timeline_or_nothing(trace, custom, mark):
    assert mark_of(Click(trace=trace, x=None, custom=custom)) == mark


def test_what_a_browser_tells_of_a_click_is_taken_apart_and_nothing_else_is():
    click = _click({"trace": "Minibatch", "x": 3, "custom": [1]})
    assert (click.trace, click.x, click.custom) == ("Minibatch", 3.0, [1])
    assert _click({"x": "3"}).x is None
    assert _click(None) is None
    assert _click("x") is None


def test_bounds_that_nobody_filled_in_say_nothing():
    assert not BoundsWish().says_anything
    assert BoundsWish(uncapped=True).says_anything
    assert BoundsWish(trials=3).says_anything


def test_an_unknown_price_is_never_zero():
    assert dollars(None) == "price unknown"
    assert dollars(0.0) == "$0.00"
    assert dollars(1234.5) == "$1,234.50"
