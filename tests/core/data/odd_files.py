"""Files as people really bring them, made here: each with what reading it must give.

`ODD` are files that load, with all of their values; `BAD` are files that are refused, with pieces
of the sentence that says why, where and what to do.
"""

import datetime
import gzip
import io
import json
import zipfile
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

Columns = dict[str, list[Any]]


def parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return sink.getvalue().to_pybytes()


def workbook(sheets: dict[str, list[list[Any]]], hidden: str | None = None) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        sheet.sheet_state = "hidden" if name == hidden else "visible"
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def archive(files: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return sink.getvalue()


def with_part(book: bytes, part: str, old: bytes, new: bytes) -> bytes:
    """A workbook with some XML of one of its parts replaced."""
    with zipfile.ZipFile(io.BytesIO(book)) as archive_:
        parts = {name: archive_.read(name) for name in archive_.namelist()}
    assert old in parts[part]
    parts[part] = parts[part].replace(old, new)
    return archive(parts)


def lying_archive() -> bytes:
    """A zip whose directory declares 10 bytes for a member that unpacks to 100,000."""
    honest = archive({"a.csv": b"a\n" + b"1\n" * 50_000})
    size = (100_002).to_bytes(4, "little")
    assert honest.count(size) == 2
    return honest.replace(size, (10).to_bytes(4, "little"))


SHEET = workbook({"Data": [["question", "answer"], ["a", 1], ["b", 2]]})
PLAIN: Columns = {"a": ["1", "3"], "b": ["2", "4"]}
LONG = "x" * 10_000_000

ODD: dict[str, tuple[str, bytes, Columns]] = {
    "plain": ("f.csv", b"a,b\n1,2\n3,4\n", PLAIN),
    "no line end at the end": ("f.csv", b"a,b\n1,2\n3,4", PLAIN),
    "windows line ends": ("f.csv", b"a,b\r\n1,2\r\n3,4\r\n", PLAIN),
    "old macintosh line ends": ("f.csv", b"a,b\r1,2\r3,4\r", PLAIN),
    "mixed line ends": ("f.csv", b"a,b\r\n1,2\n3,4\r\n", PLAIN),
    "byte order mark": ("f.csv", b"\xef\xbb\xbfa,b\n1,2\n3,4\n", PLAIN),
    "utf-16 with a mark": ("f.csv", "a,b\n1,2\n3,4\n".encode("utf-16"), PLAIN),
    "utf-16 without a mark": ("f.csv", "a,b\n1,2\n3,4\n".encode("utf-16-le"), PLAIN),
    "utf-32": ("f.csv", "a,b\n1,2\n3,4\n".encode("utf-32"), PLAIN),
    "semicolons": ("f.csv", b"a;b\n1;2\n3;4\n", PLAIN),
    "tabs in a csv": ("f.csv", b"a\tb\n1\t2\n3\t4\n", PLAIN),
    "tsv": ("f.tsv", b"a\tb\n1\t2\n3\t4\n", PLAIN),
    "tsv with commas in it": (
        "f.tsv",
        b"a, b\tc\n1, 2\tx\n3, 4\ty\n",
        {"a, b": ["1, 2", "3, 4"], "c": ["x", "y"]},
    ),
    "commas in a tsv": ("f.tsv", b"a,b\n1,2\n3,4\n", PLAIN),
    "bars": ("f.csv", b"a|b\n1|2\n3|4\n", PLAIN),
    "carets": ("f.csv", b"a^b\n1^2\n3^4\n", PLAIN),
    "capital suffix": ("F.CSV", b"a,b\n1,2\n3,4\n", PLAIN),
    "decimal commas": ("f.csv", b"a;b\n1,5;x\n2,5;y\n", {"a": ["1,5", "2,5"], "b": ["x", "y"]}),
    "single quotes": (
        "f.csv",
        b"'a','b'\n'one, two','x'\n'it''s','y'\n",
        {"a": ["one, two", "it's"], "b": ["x", "y"]},
    ),
    "apostrophes are no quotes": (
        "f.csv",
        b"a,b\n'tis,x\nrock 'n' roll,y\n",
        {"a": ["'tis", "rock 'n' roll"], "b": ["x", "y"]},
    ),
    "line breaks in a field": (
        "f.csv",
        b'a,b\n"one\n\ntwo",x\n"3",y\n',
        {"a": ["one\n\ntwo", "3"], "b": ["x", "y"]},
    ),
    "doubled quotes": ("f.csv", b'a\n"say ""no"""\n', {"a": ['say "no"']}),
    "windows-1252": (
        "f.csv",
        "frage,antwort\nWo gibt es schöne Grüße?,Café\nÜber die Brücke,„größer“\n".encode("cp1252"),
        {
            "frage": ["Wo gibt es schöne Grüße?", "Über die Brücke"],
            "antwort": ["Café", "„größer“"],
        },
    ),
    "cyrillic": (
        "f.csv",
        "вопрос,ответ\nКак дела у тебя сегодня?,хорошо спасибо\n".encode("cp1251"),
        {"вопрос": ["Как дела у тебя сегодня?"], "ответ": ["хорошо спасибо"]},
    ),
    "shift jis": (
        "f.csv",
        "質問,答え\n日本の首都はどこですか,東京です\n".encode("cp932"),
        {"質問": ["日本の首都はどこですか"], "答え": ["東京です"]},
    ),
    "right to left": (
        "f.csv",
        "سؤال,جواب\nما هي عاصمة مصر؟,القاهرة\nמה \u202bבירת\u202c ישראל,ירושלים\n".encode(),
        {
            "سؤال": ["ما هي عاصمة مصر؟", "מה \u202bבירת\u202c ישראל"],
            "جواب": ["القاهرة", "ירושלים"],
        },
    ),
    "emoji": (
        "f.csv",
        "text,mood\n👩‍👩‍👧 🇩🇪,🙂\n👍🏽,🙁\n".encode(),
        {"text": ["👩‍👩‍👧 🇩🇪", "👍🏽"], "mood": ["🙂", "🙁"]},
    ),
    "composed and decomposed letters": (
        "f.csv",
        "a\né\ne\u0301\n".encode(),
        {"a": ["é", "e\u0301"]},
    ),
    "formulas stay text": (
        "f.csv",
        b'a,b\n"=1+1",@cmd\n"=HYPERLINK(""http://x"")",-2\n',
        {"a": ["=1+1", '=HYPERLINK("http://x")'], "b": ["@cmd", "-2"]},
    ),
    "markup stays text": (
        "f.csv",
        b"a\n<script>alert(1)</script>\n![x](http://a/b.png)\n",
        {"a": ["<script>alert(1)</script>", "![x](http://a/b.png)"]},
    ),
    "numbers as text": (
        "f.csv",
        b"a,b,c\n007,3.10,1e3\n042,3.9,+49\n",
        {"a": ["007", "042"], "b": ["3.10", "3.9"], "c": ["1e3", "+49"]},
    ),
    "words for missing are text": (
        "f.csv",
        b"a,b\nNA,null\nNaN,\n,?\n",
        {"a": ["NA", "NaN", None], "b": ["null", None, "?"]},
    ),
    "a cell of 10 MB": (
        "f.csv",
        f"a,b\n{LONG},x\n1,y\n".encode(),
        {"a": [LONG, "1"], "b": ["x", "y"]},
    ),
    "no header, iris": (
        "f.csv",
        b"5.1,3.5,setosa\n4.9,3.0,setosa\n7.0,3.2,versicolor\n",
        {
            "column 1": ["5.1", "4.9", "7.0"],
            "column 2": ["3.5", "3.0", "3.2"],
            "column 3": ["setosa", "setosa", "versicolor"],
        },
    ),
    "years as column names": (
        "f.csv",
        b"country,2019,2020\nPeru,1,2\nChile,3,4\n",
        {"country": ["Peru", "Chile"], "2019": ["1", "3"], "2020": ["2", "4"]},
    ),
    "blank lines": ("f.csv", b"\n\na,b\n\n1,2\n,\n3,4\n\n", PLAIN),
    "one column": ("f.csv", b"text\nfirst\nsecond; third\n", {"text": ["first", "second; third"]}),
    "names with blanks around": ("f.csv", b" a , b \n1,2\n3,4\n", PLAIN),
    "a column without any value": ("f.csv", b"a,b\n1,\n2,\n", {"a": ["1", "2"], "b": [None, None]}),
    "gzip": ("f.csv.gz", gzip.compress(b"a,b\n1,2\n3,4\n"), PLAIN),
    "zip": ("f.zip", archive({"data/f.csv": b"a,b\n1,2\n3,4\n"}), PLAIN),
    "zip with paths that climb": (
        "f.zip",
        archive({"../../../etc/f.csv": b"a,b\n1,2\n3,4\n"}),
        PLAIN,
    ),
    "zip with an absolute windows path": (
        "f.zip",
        archive({"C:\\Windows\\f.csv": b"a,b\n1,2\n3,4\n"}),
        PLAIN,
    ),
    "zip with what macOS adds": (
        "f.zip",
        archive(
            {
                "__MACOSX/._f.csv": b"\0\0",
                ".DS_Store": b"\0",
                "f.csv": b"a,b\n1,2\n3,4\n",
                "d/": b"",
            }
        ),
        PLAIN,
    ),
    "zip with a note beside the data": (
        "f.zip",
        archive({"README.md": b"hello", "f.csv": b"a,b\n1,2\n3,4\n"}),
        PLAIN,
    ),
    "json": ("f.json", b'[{"a": "1", "b": 2}]', {"a": ["1"], "b": [2]}),
    "json in an object": ("f.json", b'{"version": 1, "rows": [{"a": 1}]}', {"a": [1]}),
    "json with numbers as text": (
        "f.json",
        b'[{"a": "007", "b": 7, "c": 7.0}]',
        {"a": ["007"], "b": [7], "c": [7.0]},
    ),
    "nested json": (
        "f.json",
        b'[{"a": {"b": [1, {"c": null}]}, "d": []}]',
        {"a": [{"b": [1, {"c": None}]}], "d": [[]]},
    ),
    "json in utf-16": ("f.json", '[{"a": "é🙂"}]'.encode("utf-16"), {"a": ["é🙂"]}),
    "json with escapes": ("f.json", rb'[{"a": "\u00e9\ud83d\ude42\n"}]', {"a": ["é🙂\n"]}),
    "json lines": ("f.jsonl", b'{"a": 1}\n\n{"b": 2}\n', {"a": [1, None], "b": [None, 2]}),
    "json lines, old macintosh": ("f.jsonl", b'{"a": 1}\r{"a": 2}\r', {"a": [1, 2]}),
    "json lines with a line separator": (
        "f.jsonl",
        '{"a": "x\u2028y\u0085z"}\n'.encode(),
        {"a": ["x\u2028y\u0085z"]},
    ),
    "json lines, gzip": ("f.jsonl.gz", gzip.compress(b'{"a": 1}\n'), {"a": [1]}),
    "a huge whole number": (
        "f.jsonl",
        b'{"a": 123456789012345678901234567890}',
        {"a": [int("1234567890" * 3)]},
    ),
    "parquet": (
        "f.parquet",
        parquet(pa.table({"a": ["x", None], "b": [1, 2]})),
        {"a": ["x", None], "b": [1, 2]},
    ),
    "parquet with lists": (
        "f.parquet",
        parquet(pa.table({"a": [[{"t": "x"}], None]})),
        {"a": [[{"t": "x"}], None]},
    ),
    "excel": ("f.xlsx", SHEET, {"question": ["a", "b"], "answer": [1, 2]}),
    "excel types": (
        "f.xlsx",
        workbook(
            {
                "S": [
                    ["text", "number", "flag", "day", "code"],
                    ["x", 1.5, True, datetime.date(2024, 5, 1), "007"],
                    ["=not a formula"[1:], 2, False, None, "008"],
                ]
            }
        ),
        {
            "text": ["x", "not a formula"],
            "number": [1.5, 2],
            "flag": [True, False],
            "day": ["2024-05-01T00:00:00", None],
            "code": ["007", "008"],
        },
    ),
    "excel with an empty first sheet": (
        "f.xlsx",
        workbook({"Empty": [], "Data": [["a"], ["x"]]}),
        {"a": ["x"]},
    ),
    "excel with a hidden sheet": (
        "f.xlsx",
        workbook({"Secret": [["s"], ["1"]], "Data": [["a"], ["x"]]}, hidden="Secret"),
        {"a": ["x"]},
    ),
    "excel with blank rows and cells": (
        "f.xlsx",
        workbook({"S": [[], ["a", "b"], [], ["x", None], [" ", "y"]]}),
        {"a": ["x", None], "b": [None, "y"]},
    ),
    "excel with an error": (
        "f.xlsx",
        workbook({"S": [["a"], ["#DIV/0!"]]}),
        {"a": ["#DIV/0!"]},
    ),
    "excel, emoji and right to left": (
        "f.xlsx",
        workbook({"S": [["a"], ["👍🏽"], ["القاهرة"]]}),
        {"a": ["👍🏽", "القاهرة"]},
    ),
}

BAD: dict[str, tuple[str, bytes, list[str]]] = {
    "empty": ("f.csv", b"", ["f.csv: the file is empty."]),
    "only space": ("f.csv", b"\n \n", ["f.csv: the file is empty."]),
    "only header": ("f.csv", b"a,b\n", ["there is a header but no row below it"]),
    "ragged, too short": (
        "f.csv",
        b"a,b\n1,2\n3\n",
        ["line 3", "1 field found, 2 expected", "'b'"],
    ),
    "ragged, too long": ("f.csv", b"a,b\n1,2,3\n", ["line 2", "3 fields", "in double quotes"]),
    "duplicate header": ("f.csv", b"a,b,a\n1,2,3\n", ["columns 1 and 3", "'a'", "rename one"]),
    "nameless column": ("f.csv", b"a,\n1,2\n", ["line 1", "column 2 has no name"]),
    "unclosed quote": ("f.csv", b'a,b\n1,2\n3,"x\n4,5\n', ["line 3", "never closed"]),
    "text after a quote": ("f.csv", b'a,b\n"x" y,2\n', ["line 2", "the quotes do not match"]),
    "zero byte": ("f.csv", b"a,b\n1,\x002\n", ["line 2, column 3", "a zero byte"]),
    "mixed encodings": (
        "f.csv",
        "a\ndéjà\n".encode() + b"caf\xe9\n",
        ["line 3, column 4", "byte 0xE9", "mixes encodings", "choose its encoding"],
    ),
    "cut in a character": ("f.csv", "a\nschön 🙂".encode()[:-1], ["line 2, column 7", "0xF0"]),
    "two delimiters": ("f.csv", b"a;b\tc\n1;2\t3\n", ["separated by ';' or by tabs"]),
    "a picture": ("f.csv", b"\x89PNG\r\n\x1a\n\0\0\0", ["f.csv: this is a picture"]),
    "a workbook as csv": ("f.csv", SHEET, ["an Excel workbook", ".xlsx"]),
    "a parquet file as csv": ("f.csv", parquet(pa.table({"a": [1]})), ["a Parquet file"]),
    "a web page": ("f.csv", b"<!DOCTYPE html><html>Sign in</html>", ["this is a web page"]),
    "a pdf as json": ("f.json", b"%PDF-1.7", ["a PDF"]),
    "random bytes": ("f.csv", bytes(range(256)) * 20, ["zero byte"]),
    "unknown type": ("f.docx", b"PK", ["files of type .docx are not read", ".xlsx"]),
    "no suffix": ("data", b"a\n1\n", ["files without a suffix"]),
    "old excel by name": ("f.xls", b"\xd0\xcf\x11\xe0", ["Save it as .xlsx"]),
    "old excel by content": ("f.xlsx", b"\xd0\xcf\x11\xe0" * 100, ["old", "password"]),
    "truncated excel": ("f.xlsx", SHEET[: len(SHEET) // 2], ["f.xlsx", "damaged"]),
    "text as excel": ("f.xlsx", b"a,b\n1,2\n", ["f.xlsx", "damaged"]),
    "a zip that is no workbook": ("f.xlsx", archive({"a.txt": b"x"}), ["not a readable Excel"]),
    "excel, only header": ("f.xlsx", workbook({"S": [["a"]]}), ["sheet 'S'", "no row below"]),
    "excel, empty": ("f.xlsx", workbook({"S": []}), ["the sheet 'S' is empty"]),
    "excel, formula without result": (
        "f.xlsx",
        workbook({"S": [["a", "b"], [1, "=A2*2"]]}),
        ["sheet 'S', cell B2", "a formula without a stored result", "save it"],
    ),
    "excel, nameless column": (
        "f.xlsx",
        workbook({"S": [["a"], [1, 2]]}),
        ["cell B1", "no name"],
    ),
    "excel, duplicate header": (
        "f.xlsx",
        workbook({"S": [["a", "a"], [1, 2]]}),
        ["cells A1 and B1", "'a'"],
    ),
    "excel with entities": (
        "f.xlsx",
        with_part(
            SHEET, "xl/workbook.xml", b"<workbook", b'<!DOCTYPE x [<!ENTITY a "b">]><workbook'
        ),
        ["XML entities"],
    ),
    "excel bomb": (
        "f.xlsx",
        with_part(
            SHEET, "xl/worksheets/sheet1.xml", b"</worksheet>", b" " * 600_000_000 + b"</worksheet>"
        ),
        ["unpacks to more than 500 MB"],
    ),
    "json, truncated": ("f.json", b'[{"a": 1}, {"a": ', ["line 1, column 18", "Expecting value"]),
    "json, trailing comma": ("f.json", b'[{"a": 1,}]', ["line 1"]),
    "json, name twice": ("f.json", b'[{"a": 1, "a": 2}]', ["two values named 'a'"]),
    "json, one object": ("f.json", b'{"a": 1}', ["expected a list of objects"]),
    "json, list of texts": ("f.json", b'["a"]', ["row 1", "text where an object is expected"]),
    "json, two lists": ("f.json", b'{"a": [{"x": 1}], "b": [{"x": 1}]}', ["2 such lists"]),
    "json, too deep": ("f.json", b"[" * 100_000, ["nested too deeply"]),
    "json, infinite": ("f.json", b'[{"a": 1e999}]', ["row 1, column 'a'", "infinite"]),
    "json, half a character": ("f.json", rb'[{"a": "\ud83d"}]', ["row 1", "half a character"]),
    "json, empty list": ("f.json", b"[]", ["the list is empty"]),
    "json lines in a json": ("f.json", b'{"a": 1}\n{"a": 2}', ["line 2", ".jsonl"]),
    "json lines, a list": ("f.jsonl", b'[{"a": 1}]', ["line 1", ".json"]),
    "json lines, truncated": ("f.jsonl", b'{"a": 1}\n{"a": "x', ["line 2", "Unterminated"]),
    "json lines, blank name": ("f.jsonl", b'{"": 1}', ["column 1 has no usable name"]),
    "parquet, truncated": (
        "f.parquet",
        parquet(pa.table({"a": [1, 2]}))[:-9],
        ["not a readable Parquet file"],
    ),
    "parquet, no rows": (
        "f.parquet",
        parquet(pa.table({"a": pa.array([], pa.int64())})),
        ["no row"],
    ),
    "parquet, pictures": (
        "f.parquet",
        parquet(pa.table({"a": [b"\x89PNG"]})),
        ["row 1, column 'a'", "bytes"],
    ),
    "zip without data": ("f.zip", archive({"a.txt": b"x"}), ["holds no data files", ".csv"]),
    "zip with two files": (
        "f.zip",
        archive({"a.csv": b"a\n1\n", "b.csv": b"a\n1\n"}),
        ["holds 2 data files", "'a.csv', 'b.csv'"],
    ),
    "zip of zips": ("f.zip", archive({"a.zip": archive({"a.csv": b"a\n1\n"})}), ["no data files"]),
    "zip bomb as declared": (
        "f.zip",
        archive({"a.csv": b"a\n" + b"1\n" * 30_000_000}),
        ["unpacks to more than 50 MB"],
    ),
    "zip that lies": ("f.zip", lying_archive(), ["f.zip", "the archive is damaged"]),
    "zip, damaged": ("f.zip", b"PK\x03\x04" + bytes(100), ["the archive is damaged"]),
    "gzip bomb": ("f.csv.gz", gzip.compress(b"a\n" + b"1\n" * 30_000_000), ["more than 50 MB"]),
    "gzip, damaged": ("f.csv.gz", b"\x1f\x8b" + bytes(50), ["the archive is damaged"]),
    "gzip, truncated": (
        "f.csv.gz",
        gzip.compress(json.dumps(list(range(9_999))).encode())[:-40],
        ["the archive is damaged"],
    ),
    "gzip of an unknown type": ("f.txt.gz", gzip.compress(b"x"), ["type .txt are not read"]),
    "gzip of nothing": ("f.csv.gz", gzip.compress(b""), ["f.csv: the file is empty."]),
}
