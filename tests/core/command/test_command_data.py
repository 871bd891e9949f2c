"""Data options of the command line: what `data` prints and what `optimize` makes of them."""

import argparse
import json
import zipfile

import pytest

from core.cli import _parser, main
from core.command.data import corpus_at, loaded, split_config
from core.command.inputs import run_config
from core.data import readers
from core.data.bundled import FOLDER, bundled_dataset
from core.data.cleaning import steps_from_json, steps_to_json
from core.data.cleaning.steps import DropMissing, Rename, Trim
from core.data.readers import read
from core.data.split import SplitConfig
from core.errors import DatasetError
from core.storage.memory import MemoryStore
from tests.core.data.odd_files import archive

ROWS = "who;when;part;frage;antwort\n" + "".join(
    f"p{n // 3};2026-01-{1 + n % 28:02};{('train', 'dev', 'test')[n % 3]};"
    f"Was ist {n} plus {n}? ;{'gerade' if n % 2 else 'ungerade'}\n"
    for n in range(60)
)


@pytest.fixture
def file(home):
    path = home / "fragen.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


def optimize(file, *options, program="classification", store=None):
    """The settings of the run that these options describe."""
    words = ["optimize", "--program", program, "--data", str(file), *options]
    given = {"--inputs": "frage", "--output": "antwort"}
    words += [word for pair in given.items() if pair[0] not in options for word in pair]
    return run_config(_parser().parse_args(words), store or MemoryStore())


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], SplitConfig()),
        (["--split", "60,20,20"], SplitConfig(train=0.6, val=0.2, test=0.2)),
        (["--split", "0.5,0.25,0.25", "--no-stratify"],
         SplitConfig(train=0.5, val=0.25, test=0.25, stratify=False)),
        (["--split-counts", "20,10,5"], SplitConfig(counts=(20, 10, 5))),
        (["--split-by-group", "who", "--seed", "3"], SplitConfig(group_by="who", seed=3)),
        (["--split-by-time", "when", "--split-seed", "4"], SplitConfig(order_by="when", seed=4)),
        (["--split-by-column", "part"], SplitConfig(part_column="part")),
    ],
)  # fmt: skip
def test_every_way_to_split_is_an_option(file, options, expected):
    assert optimize(file, *options).split == expected


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--split", "60,40"], "write three numbers"),
        (["--split", "a,b,c"], "write three numbers"),
        (["--split", "60,20,30"], "must add up to 1"),
        (["--split-counts", "20,10,0"], "greater than 0"),
        (["--split-by-group", "who", "--split-by-time", "when"], "not by both"),
        (["--split-by-column", "nowhere"], "no column 'nowhere'"),
        (["--clean", "none.json"], "cannot be opened"),
        (["--clean", '[{"kind": "trim"}, {"kind": "rename", "column": "who"}]'], "step 2, to"),
        (["--clean", "[nonsense"], "not JSON"),
        (["--read-as", '{"delimiter": "ab"}'], "at most 1 character"),
        (["--data", "hub:../etc"], "no name of a dataset on the hub"),
        (["--data", "hub:"], "write a table in a file"),
        (["--data", "stored:0000"], "no dataset '0000'"),
        (["--corpus", "x.zip"], "retrieves nothing"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_spent(file, options, words, capsys):
    words_given = ["optimize", "--program", "classification", "--data", str(file)]
    words_given += ["--inputs", "frage", "--output", "antwort", "--quiet", *options]
    assert main(words_given) != 0
    assert words in capsys.readouterr().err


def test_steps_are_done_as_the_page_does_them_and_files_for_parts_are_put_together(file, tmp_path):
    steps = [Trim(columns=("frage",)), Rename(column="antwort", to="answer")]
    (tmp_path / "steps.json").write_text(steps_to_json(steps), encoding="utf-8")
    held_out = tmp_path / "held_out.csv"
    held_out.write_text(ROWS.splitlines()[0] + "\n" + "x;2026-02-01;z;Neu ?;gerade\n" * 2)
    store = MemoryStore()
    options = ["--clean", str(tmp_path / "steps.json"), "--test", str(held_out)]
    config = optimize(file, *options, "--inputs", "frage", "--output", "answer", store=store)
    dataset = store.dataset(config.dataset)
    assert len(dataset.frame) == 62
    assert dataset.frame["frage"][0] == "Was ist 0 plus 0?"
    assert config.split == SplitConfig(part_column="split")
    assert dataset.frame["split"].tolist()[-2:] == ["test", "test"]
    again = store.dataset(
        optimize(f"stored:{dataset.id}", "--output", "answer", store=store).dataset
    )
    assert again.id == dataset.id


def test_steps_survive_the_way_through_a_file_alone_or_in_a_recipe():
    steps = (Trim(), DropMissing(columns=("a",)))
    text = steps_to_json(steps)
    assert steps_from_json(text, where="x") == steps
    assert steps_from_json(f'{{"source": "1", "steps": {text}}}', where="x") == steps
    with pytest.raises(DatasetError, match="x: step 1: .*object"):
        steps_from_json("[1]", where="x")


def test_a_sample_is_drawn_when_asked_for_and_of_a_big_file(file, monkeypatch):
    options = argparse.Namespace(
        read_as=None, sample=25, clean=None, validation=None, test=None, seed=0
    )
    drawn = loaded(str(file), options, None)
    assert (len(drawn.dataset.frame), drawn.whole.rows) == (25, 60)
    monkeypatch.setattr("core.command.data.MAX_BYTES", 100)
    options.sample = None
    assert len(loaded(str(file), options, None).dataset.frame) == min(60, readers.SAMPLE_ROWS)


def test_a_corpus_is_a_table_a_folder_an_archive_or_stored(tmp_path):
    store = MemoryStore()
    bundled = bundled_dataset("multi_hop_passages")
    assert corpus_at(str(FOLDER / "multi_hop_passages.jsonl"), store).id == bundled.id
    documents = {"Lakes.md": "# Tarn\nA tarn is a lake.\n\n# Dune\nSand.\n"}
    for name, text in documents.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    in_folder = corpus_at(str(tmp_path), store)
    zipped = tmp_path / "notes.zip"
    zipped.write_bytes(archive({name: text.encode() for name, text in documents.items()}))
    assert zipfile.is_zipfile(zipped)
    assert corpus_at(str(zipped), store).id == in_folder.id
    assert corpus_at(f"stored:{store.put_dataset(in_folder)}", store).id == in_folder.id


def test_data_prints_columns_split_leaks_and_what_the_size_can_show(file, capsys):
    assert main(["data", str(file)]) == 0
    told = capsys.readouterr().out
    for words in (
        "60 rows, 0 repeated", "antwort  label    2 different", "'gerade' 30", "output: antwort",
        "odd: 'frage', 60 rows from row 1 on: blanks around the text",
        "split: training 24, validation 24, test 12; spread evenly: antwort", "leaks:",
        "one score is known to ±",
    ):  # fmt: skip
        assert words in told, told
    assert main(["data", str(file), "--json", "--split-counts", "20,10,5"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["split"]["sizes"] == {"training": 20, "validation": 10, "test": 5}
    assert (found["split"]["left_out"], found["outputs"]) == (25, ["antwort"])
    assert found["split"]["reach"]["test"]["examples"] == 5


def test_data_keeps_rows_as_a_file_that_gives_the_same_dataset(file, tmp_path, capsys):
    out = tmp_path / "kept.parquet"
    assert main(["data", str(file), "--clean", '[{"kind": "trim"}]', "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    assert f"id {read('kept.parquet', out.read_bytes()).id}" in shown
    assert main(["data", str(file), "--out", str(tmp_path / "kept.csv")]) == 2


def test_data_says_why_the_rows_cannot_be_split(tmp_path, capsys):
    small = tmp_path / "small.csv"
    small.write_text("question,answer\na,b\n", encoding="utf-8")
    assert main(["data", str(small)]) == 0
    assert "cannot be split like this" in capsys.readouterr().out


def test_a_description_stands_for_the_programs_own(file):
    config = optimize(file, "--description", "Tells even from odd.")
    assert config.program_description == "Tells even from odd."


def test_a_split_of_the_options_is_seeded_like_the_run(file):
    options = _parser().parse_args(
        ["optimize", "--program", "x", "--data", "y", "--inputs", "a", "--output", "b",
         "--seed", "8"]
    )  # fmt: skip
    assert split_config(options).seed == 8
