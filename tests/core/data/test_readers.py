import contextlib
import datetime
import json
import random

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.data.dataset import Dataset, FieldMapping, examples
from core.data.readers import read, read_file
from core.errors import DatasetError


def columns(name, content, **limits):
    content = content.encode() if isinstance(content, str) else content
    return read(name, content, **limits).frame.to_dict("list")


def refusal(name, content, **limits):
    with pytest.raises(DatasetError) as raised:
        columns(name, content, **limits)
    return str(raised.value)


def parquet(table):
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return sink.getvalue().to_pybytes()


class TestFiles:
    ROWS = ({"text": "It broke", "stars": 1}, {"text": "Thanks, all fine", "stars": 5})

    @pytest.mark.parametrize("suffix", ["csv", "json", "jsonl", "ndjson", "parquet", "CSV"])
    def test_every_format_gives_the_same_dataset_but_csv_has_no_types(self, tmp_path, suffix):
        frame = pd.DataFrame(list(self.ROWS))
        path = tmp_path / f"tickets.{suffix}"
        if suffix.lower() == "csv":
            frame.to_csv(path, index=False)
        elif suffix == "parquet":
            frame.to_parquet(path)
        else:
            frame.to_json(path, orient="records", lines=suffix != "json")
        made = read_file(path)
        stars = ["1", "5"] if suffix.lower() == "csv" else [1, 5]
        assert made.frame["stars"].tolist() == stars
        assert made.frame["text"].tolist() == [row["text"] for row in self.ROWS]
        assert (made.name, made.origin) == (f"tickets.{suffix}", f"Uploaded as tickets.{suffix}")

    def test_a_file_that_is_not_there_is_refused_by_name(self, tmp_path):
        path = tmp_path / "absent.csv"
        with pytest.raises(DatasetError) as raised:
            read_file(path)
        assert str(raised.value) == (
            f"{path}: the file cannot be opened (No such file or directory)."
        )

    def test_a_folder_is_refused(self, tmp_path):
        folder = tmp_path / "folder.csv"
        folder.mkdir()
        with pytest.raises(DatasetError, match="cannot be opened"):
            read_file(folder)

    def test_a_file_over_the_limit_is_refused_without_reading_it(self, tmp_path):
        path = tmp_path / "big.csv"
        with path.open("wb") as file:
            file.truncate(50_000_001)
        with pytest.raises(DatasetError, match=r"big.csv: the file has 50.0 MB; the limit is 50"):
            read_file(path)

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("a.docx", "a.docx: files of type .docx are not read. "),
            ("a.txt.gz", "a.txt.gz: files of type .txt are not read. "),
            ("a", "a: files without a suffix are not read. "),
            ("tickets.csv/../x.txt", "x.txt: files of type .txt are not read. "),
        ],
    )
    def test_other_types_are_refused_with_those_that_are_read(self, name, message):
        listed = (
            "Use one of .csv, .tsv, .tab, .json, .jsonl, .ndjson, .parquet, .xlsx, .xlsm, .gz, "
            ".zip."
        )
        assert refusal(name, "a\n1\n") == message + listed

    @pytest.mark.parametrize("name", ["a.csv", "a.json", "a.jsonl", "a.parquet"])
    def test_an_empty_file_is_refused(self, name):
        assert refusal(name, b"") == f"{name}: the file is empty."

    @pytest.mark.parametrize("name", ["a.csv", "a.json", "a.jsonl"])
    @pytest.mark.parametrize("content", [b" \n\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n"])
    def test_a_file_of_nothing_but_space_is_refused_as_empty(self, name, content):
        assert refusal(name, content) == f"{name}: the file is empty."

    def test_the_limit_on_bytes_is_named(self):
        assert refusal("a.csv", "a\n" + "1\n" * 1_000_000, max_bytes=1_500_000) == (
            "a.csv: the file has 2.0 MB; the limit is 1.5 MB. Take a sample of its rows."
        )

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("a.csv", "a\n1\n2\n3\n"),
            ("a.json", '[{"a": 1}, {"a": 2}, {"a": 3}]'),
            ("a.jsonl", '{"a": 1}\n{"a": 2}\n{"a": 3}\n'),
            ("a.parquet", parquet(pa.table({"a": [1, 2, 3]}))),
        ],
        ids=["csv", "json", "jsonl", "parquet"],
    )
    def test_the_limit_on_rows_is_named(self, name, content):
        assert len(columns(name, content, max_rows=3)["a"]) == 3
        assert refusal(name, content, max_rows=2) == (
            f"{name}: the file has more than 2 rows, which is the limit. Take a sample of its rows."
        )

    def test_too_many_columns_are_refused(self):
        rows = "\n".join(json.dumps({f"c{number}": 1}) for number in range(1_001))
        assert (
            refusal("a.jsonl", rows) == "a.jsonl: the file has 1,001 columns; the limit is 1,000."
        )


class TestEncoding:
    @pytest.mark.parametrize("name", ["a.csv", "a.json", "a.jsonl"])
    def test_a_byte_order_mark_is_not_part_of_the_data(self, name):
        content = "text\nnaïve 🙂\n" if name == "a.csv" else '{"text": "naïve 🙂"}'
        content = f"[{content}]" if name == "a.json" else content
        assert columns(name, content.encode("utf-8-sig")) == {"text": ["naïve 🙂"]}

    @pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
    def test_a_file_that_mixes_encodings_is_refused_with_line_and_column(self, newline):
        content = newline.join([b"text,label", b"ok,x", "déjà ".encode() + b"caf\xe9,y"])
        message = refusal("a.csv", content)
        assert message == (
            "a.csv, line 3, column 9: byte 0xE9 is not UTF-8, though other characters are: the "
            "file mixes encodings or is damaged there. Save the file as UTF-8 (in Excel: "
            "'CSV UTF-8'), or choose its encoding."
        )

    def test_the_place_of_a_bad_byte_is_the_same_with_a_byte_order_mark(self):
        assert "line 1, column 2: byte 0xFF" in refusal("a.csv", b"\xef\xbb\xbfa\xff\n1\n")

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
    def test_wide_encodings_are_recognised_mostly_by_their_mark(self, encoding):
        content = "text,label\nnaïve 🙂,x\nplain,y\n".encode(encoding)
        assert columns("a.csv", content) == {"text": ["naïve 🙂", "plain"], "label": ["x", "y"]}

    def test_a_zero_byte_is_refused_with_its_place(self):
        assert refusal("a.csv", b"a,b\n1,2\nx\0,y\n") == (
            "a.csv, line 3, column 2: a zero byte, as in UTF-16 or binary files. "
            "Save the file as UTF-8 text."
        )


class TestCsv:
    @pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
    def test_quoted_fields_keep_separators_quotes_and_line_breaks(self, newline):
        content = newline.join(["text,label", '"a, ""b""', 'and c",x', "d,y", ""])
        text = f'a, "b"{newline}and c'
        assert columns("a.csv", content) == {"text": [text, "d"], "label": ["x", "y"]}

    @pytest.mark.parametrize(
        "content",
        [
            "a;b;c\n1,5;x;2\n2,5;y;3\n",
            "a\tb\tc\n1,5\tx\t2\n2,5\ty\t3\n",
            'a;"b";c\n1,5;x;2\n2,5;y;3\n',
        ],
        ids=["semicolon", "tab", "quoted header"],
    )
    def test_semicolons_and_tabs_are_recognised(self, content):
        assert columns("a.csv", content) == {"a": ["1,5", "2,5"], "b": ["x", "y"], "c": ["2", "3"]}

    def test_a_header_that_two_separators_divide_is_decided_by_the_rows(self):
        assert columns("a.csv", "text;note,label\nx,1\ny,2\n") == {
            "text;note": ["x", "y"],
            "label": ["1", "2"],
        }
        assert columns("a.csv", "size (a,b);label\nx;1\ny;2\n") == {
            "size (a,b)": ["x", "y"],
            "label": ["1", "2"],
        }

    def test_a_separator_that_cannot_be_told_is_refused(self):
        assert refusal("a.csv", "a;b\tc\n1;2\t3\n") == (
            "a.csv: the fields may be separated by ';' or by tabs; use commas to be clear, "
            "or choose the delimiter."
        )

    def test_one_column_is_enough(self):
        assert columns("a.csv", "text\nfirst\nsecond; third\n") == {
            "text": ["first", "second; third"]
        }

    @pytest.mark.parametrize(
        ("row", "message"),
        [
            ("x", "1 field found, 3 expected (separated by ','); nothing is given for 'b', 'c'."),
            (
                "x,y,z,w",
                "4 fields found, 3 expected (separated by ','); "
                "put a field that contains ',' in double quotes.",
            ),
        ],
        ids=["too few", "too many"],
    )
    def test_a_row_with_the_wrong_number_of_fields_is_refused_with_its_line(self, row, message):
        content = f'a,b,c\n"two\nlines",2,3\n\n{row}\n1,2,3\n'
        assert refusal("tickets.csv", content) == f"tickets.csv, line 5: {message}"

    def test_a_bad_row_in_a_semicolon_file_is_not_taken_for_a_single_column(self):
        message = refusal("a.csv", "a;b\n1;2\n3\n")
        assert message.startswith("a.csv, line 3: 1 field found, 2 expected (separated by ';')")

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("a,,c\n1,2,3\n", "a.csv, line 1: column 2 has no name."),
            ("a,b,\n1,2,3\n", "a.csv, line 1: column 3 has no name."),
            (
                "a,b, a \n1,2,3\n",
                "a.csv, line 1: columns 1 and 3 are both named 'a'; rename one.",
            ),
            ("a,b\n", "a.csv: there is a header but no row below it."),
            ("a,b\n\n,\n", "a.csv: there is a header but no row below it."),
            (",,\n,,\n", "a.csv, line 1: column 1 has no name."),
        ],
        ids=["nameless", "trailing comma", "twice", "only header", "only blanks", "only commas"],
    )
    def test_a_header_that_names_no_columns_is_refused(self, content, message):
        assert refusal("a.csv", content) == message

    def test_an_unclosed_quote_is_refused_with_the_line_it_begins_on(self):
        content = 'a,b\n1,2\n3,"never closed\n5,6\n7,8\n'
        assert refusal("a.csv", content) == (
            "a.csv, line 3: a quoted field begins in this row and is never closed. "
            'Write a " inside a quoted field as "".'
        )

    def test_text_after_a_closing_quote_is_refused(self):
        message = refusal("a.csv", 'a,b\n1,2\n3,"x" y\n')
        assert message.startswith("a.csv, line 3: the quotes do not match")

    def test_lines_without_any_value_are_skipped(self):
        assert columns("a.csv", "\na,b\n1,2\n\n,\n3,4\n ,\n") == {"a": ["1", "3"], "b": ["2", "4"]}

    def test_a_passage_longer_than_the_csv_modules_own_limit_is_read(self):
        assert columns("a.csv", f"text\n{'x' * 200_000}\n") == {"text": ["x" * 200_000]}

    @pytest.mark.parametrize(
        ("cells", "values"),
        [
            (["3.10", "1.50", "2.00"], ["3.10", "1.50", "2.00"]),
            (["1e3", "-2.5E-2", "7."], ["1e3", "-2.5E-2", "7."]),
            (["1", "", "3"], ["1", None, "3"]),
            (["1", " 2.5", ".5 "], ["1", "2.5", ".5"]),
            (["007", "+49", "1_000"], ["007", "+49", "1_000"]),
            (["1", " ?", "3"], ["1", " ?", "3"]),
            (["1.50", "NA", "nan"], ["1.50", "NA", "nan"]),
            (["9" * 19, "1", "2"], ["9" * 19, "1", "2"]),
            ([" yes", "no ", "  "], [" yes", "no ", None]),
            (["true", "false", "true"], ["true", "false", "true"]),
            (["", "", ""], [None, None, None]),
        ],
        ids=lambda cells: "|".join(map(str, cells)),
    )
    def test_a_cell_stays_as_it_is_written_without_the_blanks_around_numbers(self, cells, values):
        content = "key,value\n" + "".join(f"k,{cell}\n" for cell in cells)
        assert columns("a.csv", content)["value"] == values

    def test_a_program_is_shown_the_decimals_that_the_file_has(self):
        data = read("a.csv", b"version,label\n3.10,new\n3.9,old\n")
        mapping = FieldMapping(inputs={"version": "version"}, outputs={"label": "label"})
        shown = [example.inputs["version"] for example in examples(data, mapping)]
        assert shown == ["3.10", "3.9"]


class TestJson:
    @pytest.mark.parametrize(
        "document",
        [
            '[{"a": 1, "b": "x"}, {"b": "y", "c": [1, {"d": null}]}]',
            '{"data": [{"a": 1, "b": "x"}, {"b": "y", "c": [1, {"d": null}]}], "version": 2}',
        ],
        ids=["list", "object with one list"],
    )
    def test_names_that_an_object_lacks_are_missing_there(self, document):
        assert columns("a.json", document) == {
            "a": [1, None],
            "b": ["x", "y"],
            "c": [None, [1, {"d": None}]],
        }

    def test_values_keep_their_types(self):
        document = '[{"a": "1", "b": 1, "c": 1.0, "d": true, "e": "", "f": NaN, "g": "007"}]'
        made = read("a.json", document.encode()).frame.iloc[0].tolist()
        assert made == ["1", 1, 1.0, True, "", None, "007"]
        assert [type(value) for value in made[:4]] == [str, int, float, bool]

    @pytest.mark.parametrize(
        ("document", "message"),
        [
            ('[{"a": 1},\n {"a": }]', "a.json, line 2, column 8: Expecting value."),
            (
                '{"a": 1}\n{"a": 2}',
                "a.json, line 2, column 1: Extra data. "
                "A file with one object per line is named .jsonl.",
            ),
            ('[{"a": 1}, 5]', "a.json, row 2: a number where an object is expected."),
            ('[{"a": 1}, null]', "a.json, row 2: null where an object is expected."),
            ("[]", "a.json: the list is empty; add at least one object."),
            ("[{}, {}]", "a.json: there are no rows of data; add at least one."),
            (
                '"text"',
                "a.json: expected a list of objects, or an object with exactly one such list; "
                "found text.",
            ),
            (
                '{"a": {"0": 1}}',
                "a.json: expected a list of objects, or an object with exactly one such list; "
                "found an object with no such lists.",
            ),
            (
                '{"train": [{"a": 1}], "test": [{"a": 2}]}',
                "a.json: expected a list of objects, or an object with exactly one such list; "
                "found an object with 2 such lists.",
            ),
            (
                '[{"id": 4, "a": 1, "a": 2}]',
                "a.json: an object has two values named 'a'; it begins {\"id\": 4.",
            ),
            (
                '[{"a": 1}, {"a": Infinity}]',
                "a.json, row 2, column 'a': the number is infinite; "
                "leave the cell empty or give a finite one.",
            ),
            ("[" * 100_000, "a.json: lists and objects are nested too deeply."),
        ],
        ids=[
            *("syntax", "json lines", "number", "null", "no rows", "empty objects", "text"),
            *("no list", "two lists", "name twice", "infinity", "deep"),
        ],
    )
    def test_a_faulty_document_is_refused_with_its_place(self, document, message):
        assert refusal("a.json", document) == message

    def test_a_number_of_thousands_of_digits_is_refused(self):
        assert refusal("a.json", f'[{{"a": {"9" * 5_000}}}]').startswith("a.json: Exceeds")


class TestJsonLines:
    def test_blank_lines_are_skipped_and_line_separators_in_text_are_kept(self):
        content = '{"a": "x\u2028y"}\r\n\r\n  \n{"a": "z", "b": false}\n'
        assert columns("a.jsonl", content) == {"a": ["x\u2028y", "z"], "b": [None, False]}

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            (
                '{"a": 1,}',
                "line 3, column 9: Expecting property name enclosed in double quotes. "
                "Each line holds one whole JSON object.",
            ),
            (
                '{"a": 1} {"a": 2}',
                "line 3, column 10: Extra data. Each line holds one whole JSON object.",
            ),
            ("5", "line 3: a number where an object is expected."),
            ("true", "line 3: true or false where an object is expected."),
            (
                '[{"a": 1}]',
                "line 3: a list where an object is expected. "
                "A file that is one list of objects is named .json.",
            ),
            (
                '{"a": 1, "a": 2}',
                "line 3: an object has two values named 'a'; it begins {\"a\": 1.",
            ),
        ],
        ids=["syntax", "two objects", "number", "boolean", "list", "name twice"],
    )
    def test_a_faulty_line_is_refused_with_its_number(self, line, message):
        content = f'{{"a": 1}}\n\n{line}\n{{"a": 2}}\n'
        assert refusal("a.jsonl", content) == f"a.jsonl, {message}"


class TestParquet:
    def test_values_of_every_plain_type_are_read(self):
        table = pa.table(
            {
                "text": ["x", None],
                "whole": pa.array([1, None], pa.int8()),
                "number": pa.array([0.5, float("nan")]),
                "flag": [True, None],
                "day": pa.array([datetime.date(2024, 5, 1), None]),
                "time": pa.array([datetime.datetime(2024, 5, 1, 8), None], pa.timestamp("ns")),  # noqa: DTZ001
                "category": pa.array(["a", "b"]).dictionary_encode(),
                "passages": [[{"title": "t", "lines": ["l"]}], None],
            }
        )
        assert columns("a.parquet", parquet(table)) == {
            "text": ["x", None],
            "whole": [1, None],
            "number": [0.5, None],
            "flag": [True, None],
            "day": ["2024-05-01", None],
            "time": ["2024-05-01T08:00:00", None],
            "category": ["a", "b"],
            "passages": [[{"title": "t", "lines": ["l"]}], None],
        }

    def test_the_index_that_pandas_adds_is_left_out(self, tmp_path):
        frame = pd.DataFrame({"a": [1, 2, 3]})
        frame[frame["a"] > 1].to_parquet(tmp_path / "a.parquet", index=True)
        assert read_file(tmp_path / "a.parquet").frame.to_dict("list") == {"a": [2, 3]}

    def test_a_stored_dataset_uploaded_again_is_the_same_dataset(self):
        before = read("a.json", b'[{"a": [1, "x"], "b": 1}, {"a": "y", "b": "2"}]')
        after = read("again.parquet", before.to_parquet())
        assert after.id == before.id

    def test_a_damaged_file_is_refused(self):
        whole = parquet(pa.table({"a": list(range(1000))}))
        broken = whole[:100] + bytes(200) + whole[300:]
        for content in (b"PAR1 nonsense", whole[:-20], broken):
            assert refusal("a.parquet", content).startswith(
                "a.parquet: not a readable Parquet file ("
            )

    def test_a_table_without_rows_is_refused(self):
        content = parquet(pa.table({"a": pa.array([], pa.string())}))
        assert refusal("a.parquet", content) == "a.parquet: there are columns but no row."

    def test_bytes_in_a_column_are_refused_with_row_and_column(self):
        content = parquet(pa.table({"a": [1, 2], "image": [None, b"\x89PNG"]}))
        assert refusal("a.parquet", content) == (
            "a.parquet, row 2, column 'image': values of type bytes cannot be shown in a prompt."
        )

    def test_two_columns_with_one_name_are_refused(self):
        content = parquet(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]))
        assert refusal("a.parquet", content) == (
            "a.parquet: two columns are named 'a'; rename one."
        )

    def test_a_small_file_that_unpacks_to_a_huge_table_is_refused(self):
        content = parquet(pa.table({"a": ["x" * 10_000] * 5_000}))
        assert len(content) < 100_000
        assert refusal("a.parquet", content, max_bytes=100_000) == (
            "a.parquet: the file unpacks to more than 1 MB. Take a sample of its rows."
        )

    def test_a_date_beyond_the_calendar_is_refused_by_column(self):
        content = parquet(pa.table({"when": pa.array([2**62], pa.timestamp("ms"))}))
        assert refusal("a.parquet", content).startswith(
            "a.parquet, column 'when': its values cannot be read ("
        )


@pytest.mark.parametrize("suffix", ["csv", "json", "jsonl", "parquet"])
@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_file_is_read_or_refused_and_never_crashes(suffix, seed):
    rng = random.Random(seed)
    table = {"text": ['a, "b"\n', "c;d", "é"], "n": [1, 2, 3], "l": [["x"], [], ["y"]]}
    rows = pd.DataFrame(table)
    content = {
        "csv": lambda: rows.to_csv(index=False).encode(),
        "json": lambda: rows.to_json(orient="records").encode(),
        "jsonl": lambda: rows.to_json(orient="records", lines=True).encode(),
        "parquet": lambda: parquet(pa.table(table)),
    }[suffix]()
    damaged = bytearray(content)
    for _ in range(rng.randint(1, 3)):
        start = rng.randrange(len(damaged))
        damaged[start : start + rng.randint(0, 3)] = rng.choice(
            [b"", b'"', b",", b"{", b"]", b"\n", bytes([rng.randrange(256)])]
        )
    with contextlib.suppress(DatasetError):
        assert read(f"a.{suffix}", bytes(damaged)).frame.size > 0


def test_a_dataset_read_twice_has_one_id():
    assert isinstance(read("a.csv", b"a\n1\n"), Dataset)
    assert read("a.csv", b"a\n1\n").id == read("b.csv", b"a\r\n1\r\n").id
