import json

import pytest
from pydantic import ValidationError

from core.data.readers import ReadAs, read_pasted, reading, sampled, source_of_bytes
from core.errors import DatasetError
from tests.core.data.odd_files import workbook

TWO_SHEETS = workbook({"One": [["a"], ["x"]], "Two": [["note"], ["b", "c"], [1, 2]]})


def got(name, content, **settings):
    content = content.encode() if isinstance(content, str) else content
    return reading(source_of_bytes(name, content), ReadAs(**settings))


def columns(found):
    return found.dataset.frame.to_dict("list")


class TestDelimitedText:
    def test_what_was_detected_is_told(self):
        found = got("f.csv", "a;b\n1;'x'\n".encode("cp1252"))
        assert found.read_as == ReadAs(delimiter=";", quote="'", encoding="utf-8", header=1)
        assert found.guesses == ()

    def test_a_guessed_encoding_is_called_a_guess_and_can_be_changed(self):
        content = "name,ville\nJosé,Málaga\n".encode("cp1252")
        found = got("f.csv", content)
        assert found.read_as.encoding == "cp1252"
        assert found.guesses == (
            "The file is not UTF-8; it is read as Western European (Windows-1252), "
            "which is a guess.",
        )
        assert found.dataset.origin == "Uploaded as f.csv (Western European (Windows-1252))"
        changed = got("f.csv", content, encoding="cp1251")
        assert (changed.dataset.frame["name"][0], changed.guesses) == ("Josй", ())

    def test_an_encoding_that_does_not_fit_is_refused_with_its_place(self):
        with pytest.raises(DatasetError, match="line 2, column 4: byte 0xE9 is not UTF-8. Choose"):
            got("f.csv", b"a\ncaf\xe9\n", encoding="utf-8")

    def test_a_given_delimiter_decides(self):
        assert columns(got("f.csv", "a;b\tc\n1;2\t3\n", delimiter="\t")) == {
            "a;b": ["1;2"],
            "c": ["3"],
        }
        assert columns(got("f.csv", "a:b\n1:2\n", delimiter=":")) == {"a": ["1"], "b": ["2"]}

    def test_without_quotes_a_quote_is_a_character(self):
        assert columns(got("f.csv", 'a,b\n6" tall,x\n"5,y\n', quote="")) == {
            "a": ['6" tall', '"5'],
            "b": ["x", "y"],
        }

    def test_the_header_can_stand_further_down_or_be_missing(self):
        assert columns(got("f.csv", "Report of May,\na,b\n1,2\n", header=2)) == {
            "a": ["1"],
            "b": ["2"],
        }
        assert columns(got("f.csv", "x,y\nz,w\n", header=0)) == {
            "column 1": ["x", "z"],
            "column 2": ["y", "w"],
        }
        with pytest.raises(DatasetError, match="there is no row 9 to take column names from"):
            got("f.csv", "a,b\n1,2\n", header=9)

    def test_a_first_row_of_data_is_told(self):
        found = got("f.csv", "1,x\n2,x\n")
        assert found.read_as.header == 0
        assert found.guesses == (
            "The first row looks like data, so columns are numbered instead of named.",
        )

    @pytest.mark.parametrize(
        "settings",
        [
            {"delimiter": "\n"},
            {"delimiter": '"'},
            {"delimiter": ",,"},
            {"encoding": "rot13"},
            {"header": -1},
            {"quote": "x"},
        ],
        ids=str,
    )
    def test_settings_that_cannot_be_are_refused(self, settings):
        with pytest.raises(ValidationError):
            ReadAs(**settings)


class TestOtherFormats:
    def test_a_sheet_and_its_header_are_chosen(self):
        assert columns(got("f.xlsx", TWO_SHEETS)) == {"a": ["x"]}
        assert got("f.xlsx", TWO_SHEETS).guesses == (
            "Only the sheet 'One' is read; there is also 'Two'.",
        )
        found = got("f.xlsx", TWO_SHEETS, sheet="Two", header=2)
        assert columns(found) == {"b": [1], "c": [2]}
        assert found.read_as == ReadAs(sheet="Two", header=2)

    def test_an_unknown_sheet_is_refused_with_those_there_are(self):
        with pytest.raises(
            DatasetError, match="there is no sheet 'Three'; the sheets are 'One', 'Two'"
        ):
            got("f.xlsx", TWO_SHEETS, sheet="Three")

    def test_objects_are_flattened_into_columns_and_lists_are_kept(self):
        content = '{"a": {"b": {"c": 1}, "d": [{"e": 2}]}, "f": {}}\n{"a": {"b": null}}\n'
        assert columns(got("f.jsonl", content, flatten=True)) == {
            "a.b.c": [1, None],
            "a.d": [[{"e": 2}], None],
            "f": [None, None],
            "a.b": [None, None],
        }

    def test_two_columns_that_flatten_to_one_name_are_refused(self):
        with pytest.raises(DatasetError, match="two columns named 'a.b'"):
            got("f.json", '[{"a": {"b": 1}, "a.b": 2}]', flatten=True)


class TestPastedRows:
    @pytest.mark.parametrize(
        "text",
        [
            "a\tb\n1, 2\tx\n",
            'a,b\n"1, 2",x',
            '[{"a": "1, 2", "b": "x"}]',
            '{"a": "1, 2", "b": "x"}',
            '{"rows": [\n{"a": "1, 2", "b": "x"}\n]}',
        ],
        ids=["spreadsheet", "csv", "json", "json lines", "json document"],
    )
    def test_their_format_is_recognised(self, text):
        found = read_pasted(text)
        assert columns(found) == {"a": ["1, 2"], "b": ["x"]}
        assert found.dataset.name == "Pasted rows"
        assert found.dataset.origin.startswith("Pasted")

    @pytest.mark.parametrize("text", ["", "  \n", "a,b", "a,b\n1", "{", "\ud83d"], ids=repr)
    def test_what_cannot_be_read_is_refused(self, text):
        with pytest.raises(DatasetError, match="^Pasted rows"):
            read_pasted(text)


class TestSamples:
    CONTENT = "n,label\n" + "".join(f"{n},{'ab'[n % 2]}\n" for n in range(50_000))

    def drawn(self, rows=200, seed=0):
        return sampled(source_of_bytes("f.csv", self.CONTENT.encode()), rows=rows, seed=seed)

    def test_a_sample_is_seeded_and_in_the_order_of_the_file(self):
        rows = self.drawn().reading.dataset.frame["n"].map(int).tolist()
        assert rows == sorted(set(rows))
        assert len(rows) == 200
        assert rows == self.drawn().reading.dataset.frame["n"].map(int).tolist()
        assert rows != self.drawn(seed=1).reading.dataset.frame["n"].map(int).tolist()

    def test_each_row_has_the_same_chance(self):
        drawn = [self.drawn(seed=seed) for seed in range(10)]
        rows = [int(n) for each in drawn for n in each.reading.dataset.frame["n"]]
        quarters = [sum(n // 12_500 == quarter for n in rows) for quarter in range(4)]
        assert all(400 < count < 600 for count in quarters)  # 500 expected, deviation 19

    def test_the_profile_is_of_the_whole_file(self):
        found = self.drawn()
        assert (found.profile.rows, found.profile.duplicate_rows) == (50_000, 0)
        number, label = found.profile.columns
        assert (number.kind, number.distinct, number.minimum, number.maximum) == (
            "number",
            50_000,
            0,
            49_999,
        )
        assert label.balance == (("a", 25_000), ("b", 25_000))
        assert found.reading.dataset.origin == "200 of 50,000 rows of f.csv, drawn with seed 0"

    def test_progress_is_told(self):
        seen = []
        sampled(source_of_bytes("f.csv", self.CONTENT.encode()), rows=5, progress=seen.append)
        assert seen == [20_000, 40_000, 50_000]

    def test_a_fault_far_down_is_found(self):
        content = self.CONTENT + "1\n"
        with pytest.raises(DatasetError, match="f.csv, line 50002: 1 field found"):
            sampled(source_of_bytes("f.csv", content.encode()), rows=5)

    def test_columns_that_come_late_are_missing_before(self):
        rows = [{"a": n} for n in range(25_000)] + [{"a": 1, "b": "x"}]
        content = "\n".join(map(json.dumps, rows)).encode()
        found = sampled(source_of_bytes("f.jsonl", content), rows=10)
        assert [each.missing for each in found.profile.columns] == [0, 25_000]
        assert list(found.reading.dataset.frame.columns) == ["a", "b"]

    def test_a_file_over_the_limit_is_refused_before_it_is_opened(self):
        def opened():
            raise AssertionError("the file was opened")

        source = source_of_bytes("f.csv", b"")
        huge = type(source)(name="f.csv", size=250_000_001, opened=opened)
        with pytest.raises(DatasetError, match="the file has 250.0 MB; the limit is 250 MB"):
            sampled(huge)
