"""No reader loses, invents or changes a row, whatever the rows are."""

import contextlib
import csv
import io
import json

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from core.data.readers import ReadAs, read, reading, sampled, source_of_bytes
from core.errors import DatasetError
from tests.core.data.odd_files import parquet, workbook
from tests.drawn_examples import drawing

FEW = drawing(60)
# No half characters, which no file can hold, and no zero, which no text file may.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
SCALARS = st.one_of(
    st.none(), st.booleans(), TEXT, st.integers(), st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)


def tables(values):
    """Names and rows of 1 to 4 columns and 1 to 8 rows."""
    return st.integers(1, 4).flatmap(
        lambda width: st.lists(
            st.lists(values, min_size=width, max_size=width), min_size=1, max_size=8
        )
    )


def rows_of(dataset):
    return dataset.frame.to_numpy(dtype=object).tolist()


def names(rows):
    return [f"col {n}" for n in range(len(rows[0]))]


def written_csv(rows, delimiter, quote, line_end):
    sink = io.StringIO()
    writer = csv.writer(
        sink,
        delimiter=delimiter,
        quotechar=quote,
        quoting=csv.QUOTE_ALL,
        lineterminator=line_end,
    )
    writer.writerows([names(rows), *rows])
    return sink.getvalue()


@FEW
@given(
    rows=tables(TEXT),
    delimiter=st.sampled_from(",;\t|^~: "),
    quote=st.sampled_from("\"'"),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32", "gb18030"]),
)
def test_delimited_text_gives_back_what_was_written(rows, delimiter, quote, line_end, encoding):
    content = written_csv(rows, delimiter, quote, line_end).encode(encoding)
    given_encoding = encoding.removesuffix("-sig")
    read_as = ReadAs(delimiter=delimiter, quote=quote, encoding=given_encoding, header=1)
    kept = [row for row in rows if any(cell.strip() for cell in row)]
    if not kept:
        return
    made = rows_of(reading(source_of_bytes("f.csv", content), read_as).dataset)
    assert len(made) == len(kept)
    for row, expected in zip(made, kept, strict=True):
        for cell, written in zip(row, expected, strict=True):
            # Blanks around go only in a column that is all numbers.
            assert cell == (written if written.strip() else None) or cell == written.strip()


@FEW
@given(rows=tables(st.text("abcxyz éß🙂'", min_size=1, max_size=8)))
def test_an_ordinary_csv_is_detected_right(rows):
    content = written_csv(rows, ",", '"', "\n").encode()
    expected = [[cell if cell.strip() else None for cell in row] for row in rows]
    kept = [row for row in expected if any(row)]
    if kept:
        assert rows_of(read("f.csv", content)) == kept


@FEW
@given(rows=tables(VALUES), suffix=st.sampled_from(["json", "jsonl"]))
def test_json_gives_back_what_was_written(rows, suffix):
    objects = [dict(zip(names(rows), row, strict=True)) for row in rows]
    whole = json.dumps(objects, ensure_ascii=False)
    lines = "\n".join(json.dumps(each, ensure_ascii=False) for each in objects)
    content = whole if suffix == "json" else lines
    assert rows_of(read(f"f.{suffix}", content.encode())) == rows


@FEW
@given(
    rows=st.lists(
        st.tuples(
            TEXT | st.none(),
            st.integers(-(2**63), 2**63 - 1) | st.none(),
            st.floats(allow_nan=False, allow_infinity=False) | st.none(),
            st.lists(TEXT, max_size=3),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_parquet_gives_back_what_was_written(rows):
    types = [pa.string(), pa.int64(), pa.float64(), pa.list_(pa.string())]
    arrays = [
        pa.array(values, type=t) for values, t in zip(zip(*rows, strict=True), types, strict=True)
    ]
    content = parquet(pa.table(arrays, names=list("abcd")))
    assert rows_of(read("f.parquet", content)) == [list(row) for row in rows]


@drawing(25)
@given(
    rows=tables(
        st.integers(-(10**9), 10**9)
        | st.booleans()
        | TEXT.filter(
            lambda text: (
                not ILLEGAL_CHARACTERS_RE.search(text)
                and "\r" not in text
                and not text.startswith("=")
                and "_x" not in text
                and text == text.strip()
                and not any(ord(char) in (0xFFFE, 0xFFFF) for char in text)
            )
        )
    )
)
def test_a_workbook_gives_back_what_was_written(rows):
    content = workbook({"S": [names(rows), *rows]})
    expected = [[None if cell == "" else cell for cell in row] for row in rows]
    kept = [row for row in expected if any(cell is not None for cell in row)]
    if kept:
        assert rows_of(read("f.xlsx", content)) == kept


@FEW
@given(rows=tables(VALUES), size=st.integers(1, 10), seed=st.integers(0, 5))
def test_a_sample_is_rows_of_the_file_in_its_order(rows, size, seed):
    objects = [{"row": number, "cells": row} for number, row in enumerate(rows)]
    content = "\n".join(map(json.dumps, objects)).encode()
    found = sampled(source_of_bytes("f.jsonl", content), rows=size, seed=seed)
    drawn = found.reading.dataset.frame
    assert len(drawn) == min(size, len(rows))
    assert drawn["row"].is_monotonic_increasing
    assert all(rows[row] == cells for row, cells in drawn.itertuples(index=False))
    assert found.profile.rows == len(rows)


@FEW
@given(content=st.binary(max_size=300), suffix=st.sampled_from([".csv", ".jsonl", ".xlsx", ".zip"]))
def test_random_bytes_are_read_or_refused(content, suffix):
    with contextlib.suppress(DatasetError):
        assert not read(f"f{suffix}", content).frame.empty
