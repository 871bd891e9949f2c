import pandas as pd

from core.data.dataset import Dataset, FieldMapping
from core.data.profile import profile
from core.data.split import SplitConfig, split
from dashboard.charts.columns import (
    MOST_BARS,
    balance_figure,
    distribution_figure,
    label,
    part_balance_figure,
)
from dashboard.frames import (
    balance_frame,
    part_balance_frame,
    preview_frame,
    profile_frame,
    size_series,
)

ROWS = Dataset(
    name="rows",
    origin="test",
    frame=pd.DataFrame(
        {
            "text": [f"ticket {'x' * n}" for n in range(20)],
            "size": list(range(20)),
            "team": ["a", "b"] * 10,
            "tags": [["x"], None] * 10,
        }
    ),
)
MAPPING = FieldMapping(inputs={"text": "text"}, outputs={"team": "team"})
COLUMNS = {column.name: column for column in profile(ROWS).columns}


def test_the_profile_has_a_row_per_column():
    frame = profile_frame(profile(ROWS))
    assert frame.to_dict("records")[:3] == [
        {
            "column": "text",
            "kind": "text",
            "missing": 0,
            "distinct": 20,
            "range": "7 to 26 characters",
            "median": "16.5 characters",
        },
        {
            "column": "size",
            "kind": "number",
            "missing": 0,
            "distinct": 20,
            "range": "0 to 19",
            "median": "9.5",
        },
        {
            "column": "team",
            "kind": "label",
            "missing": 0,
            "distinct": 2,
            "range": "1 to 1 characters",
            "median": "1 characters",
        },
    ]


def test_the_preview_shows_nested_values_as_json():
    tags = preview_frame(ROWS, 2)["tags"]
    assert tags[0] == '["x"]'
    assert tags.isna().tolist() == [False, True]


def test_sizes_of_numbers_written_as_text_are_their_values():
    rows = Dataset(name="r", origin="t", frame=pd.DataFrame({"a": ["3.10", None, "12"]}))
    sizes = size_series(rows, profile(rows).columns[0])
    assert sizes.tolist() == [3.1, 12.0]


def test_sizes_are_numbers_or_lengths():
    assert size_series(ROWS, COLUMNS["size"]).tolist() == list(range(20))
    assert size_series(ROWS, COLUMNS["text"]).max() == 26
    assert size_series(ROWS, COLUMNS["tags"]).tolist() == [5] * 10


def test_the_balance_is_drawn_most_common_first():
    figure = balance_figure(balance_frame(COLUMNS["team"]))
    assert (list(figure.data[0].y), list(figure.data[0].x)) == (["a", "b"], [10, 10])


def test_long_lists_of_values_are_cut():
    frame = pd.DataFrame({"value": [str(n) for n in range(40)], "rows": [1] * 40})
    assert len(balance_figure(frame).data[0].x) == MOST_BARS


def test_every_part_has_a_bar_for_every_value():
    parts = split(ROWS, MAPPING, SplitConfig())
    frame = part_balance_frame(ROWS, "team", parts)
    assert frame.groupby("part")["rows"].sum().to_dict() == {
        "trainset": 8,
        "valset": 8,
        "testset": 4,
    }
    figure = part_balance_figure(frame)
    assert [trace.name for trace in figure.data] == ["trainset", "valset", "testset"]
    assert [list(trace.y) for trace in figure.data] == [[0.5, 0.5]] * 3


def test_a_distribution_names_its_unit():
    assert distribution_figure(pd.Series([1, 2]), unit="characters").layout.xaxis.title.text == (
        "characters"
    )


def test_values_become_short_labels_without_markup():
    assert label("<b>bold</b>\n text") == "&lt;b&gt;bold&lt;/b&gt; text"
    assert label("x" * 50) == "x" * 27 + "…"
    assert label("  ") == "(empty)"
