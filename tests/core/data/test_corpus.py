import gzip
import json
from pathlib import Path

import pytest

from core.data.corpus import PASSAGE_WORDS, corpus_columns, cut, read_corpus, read_corpus_folder
from core.data.readers import read, source_of_bytes
from core.errors import DatasetError
from core.programs.retrieval import PassageIndex
from core.runs.preparation import passages
from core.storage.memory import MemoryStore
from tests.core.data.odd_files import archive

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "wiki_passages"
ROWS = [("Tarn", "A tarn is a mountain lake."), ("Dune", "A dune is a hill of sand.")]


def corpus(name, content):
    content = content.encode() if isinstance(content, str) else content
    return read_corpus(source_of_bytes(name, content))


def pairs(made):
    return list(made.frame.itertuples(index=False, name=None))


TARN, DUNE = (text for _, text in ROWS)
LINES = "\n".join(json.dumps({"title": title, "text": text}) for title, text in ROWS)
DOCUMENTS = {"notes/Tarn.txt": TARN.encode(), "../Dune.md": DUNE.encode(), "x.png": b"\x89PNG"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("c.jsonl", LINES),
        ("c.csv", f"id,name,passage\n1,Tarn,{TARN}\n2,Dune,{DUNE}\n"),
        ("c.csv", f"Name,what it is\nTarn,{TARN}\nDune,{DUNE}\n"),
        ("c.zip", archive(DOCUMENTS)),
        ("c.zip", archive({"c.jsonl": LINES.encode()})),
    ],
    ids=["json lines", "csv", "csv of other names", "documents in a zip", "a table in a zip"],
)
def test_tables_and_documents_become_titles_and_texts(name, content):
    assert pairs(corpus(name, content)) == ROWS


def test_without_a_title_the_first_words_stand_for_it():
    made = corpus("c.jsonl", '{"text": "one two three four five six seven eight nine"}')
    assert pairs(made)[0][0] == "one two three four five six seven eight …"


def test_rows_without_text_are_left_out():
    assert len(corpus("c.jsonl", '{"text": "a"}\n{"text": null}\n{"text": " "}\n').frame) == 1


def test_headings_of_markdown_divide_and_title_the_passages():
    text = "Intro.\n\n# Lakes\nA tarn.\n\nA loch.\n\n## Sand #\n\nA dune.\n"
    assert list(cut("Guide", text, is_markdown=True)) == [
        ("Guide", "Intro."),
        ("Guide: Lakes", "A tarn.\n\nA loch."),
        ("Guide: Sand", "A dune."),
    ]
    assert list(cut("Guide", "# no heading in plain text")) == [
        ("Guide", "# no heading in plain text")
    ]


def test_no_word_of_a_long_document_is_lost_and_no_passage_is_endless():
    words = [f"word{n}{'.' * (n % 12 == 0)}" for n in range(5_000)]
    for text in (
        " ".join(words),
        "\n\n".join(" ".join(words[n : n + 40]) for n in range(0, 5_000, 40)),
    ):
        made = [passage for _, passage in cut("t", text)]
        assert " ".join(made).split() == words
        assert max(len(passage.split()) for passage in made) <= 2 * PASSAGE_WORDS


def test_a_folder_of_documents_is_read_in_order_and_empty_ones_are_passed_over(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "Dune.md").write_bytes("# Düne\nSand.".encode("cp1252"))
    (tmp_path / "a_tarn.txt").write_text("Water.", encoding="utf-8")
    (tmp_path / "empty.txt").write_text(" \n", encoding="utf-8")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    assert pairs(read_corpus_folder(tmp_path)) == [("a tarn", "Water."), ("Dune: Düne", "Sand.")]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("c.txt", " ", "c.txt: there is no passage in it"),
        ("c.zip", archive({"a.txt": b""}), "c.zip: there is no passage in it"),
        ("c.zip", archive({"a.txt": b"a\0b"}), "a.txt, line 1, column 2: a zero byte"),
        ("c.zip", archive({"a.png": b"x"}), "c.zip: the archive holds no data files"),
        ("c.zip", archive({"a.txt": b" " * 60_000_000}), "unpacks to more than 50 MB"),
        ("c.csv", "a,b\n1,2\n", None),
        ("c.jsonl", '{"a": 1}', "c.jsonl: no column holds text to retrieve"),
    ],
    ids=["blank", "empty", "binary", "no texts", "bomb", "numbers as text", "numbers"],
)
def test_what_holds_no_passage_is_refused(name, content, message):
    if message is None:
        assert len(corpus(name, content).frame) == 1
        return
    with pytest.raises(DatasetError) as raised:
        corpus(name, content)
    assert message in str(raised.value)


def test_the_columns_are_suggested_by_their_names():
    columns = corpus_columns(read("c.csv", b"url,Body,note\nx,short,a much longer note\n"))
    assert (columns.text, columns.title) == ("Body", "url")


def test_a_corpus_is_stored_by_its_content_and_searched():
    store = MemoryStore()
    made = corpus("c.csv", "title,text\nTarn,A tarn is a mountain lake.\nDune,A hill of sand.\n")
    other = corpus("d.jsonl", '{"title": "Tarn", "text": "A tarn is a mountain lake."}\n'
                              '{"title": "Dune", "text": "A hill of sand."}')  # fmt: skip
    assert store.put_dataset(made) == store.put_dataset(other)
    index = PassageIndex(passages(store.dataset(made.id)))
    assert index.search("mountain lake", 1) == ["Tarn | A tarn is a mountain lake."]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not here")
def test_the_wikipedia_passages_become_an_index():
    content = (SHARED / "corpus_hotpot200.jsonl.gz").read_bytes()
    made = corpus("wiki.jsonl.gz", content)
    assert len(made.frame) == len(gzip.decompress(content).splitlines()) == 1_993
    index = PassageIndex(passages(made))
    title = made.frame["title"][0]
    assert index.search(title, 3)
