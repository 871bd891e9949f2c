import json

import pandas as pd
import pytest

from core.data.bundled import FOLDER, bundled, bundled_dataset
from core.data.dataset import FieldMapping, check_mapping
from core.errors import DatasetError


def test_every_bundled_set_loads_under_its_title_and_says_where_it_is_from():
    assert {"iris", "support_tickets", "multi_hop_questions"} <= set(bundled())
    for name, entry in bundled().items():
        dataset = bundled_dataset(name)
        assert (dataset.name, dataset.origin) == (entry.title, entry.origin)
        assert len(dataset.frame) >= 100
        assert len(entry.origin) > 20


def test_every_bundled_set_is_complete_in_the_columns_it_is_meant_for():
    for name, entry in bundled().items():
        dataset = bundled_dataset(name)
        assert set(entry.inputs) | set(entry.outputs) <= set(dataset.frame.columns)
        if entry.inputs:
            fields = {column: column for column in (*entry.inputs, *entry.outputs)}
            check_mapping(
                dataset,
                FieldMapping(
                    inputs={column: fields[column] for column in entry.inputs},
                    outputs={column: fields[column] for column in entry.outputs},
                ),
            )


def test_iris_is_fishers():
    iris = bundled_dataset("iris").frame
    assert len(iris) == 150
    assert iris["answer"].value_counts().to_dict() == {
        "setosa": 50,
        "versicolor": 50,
        "virginica": 50,
    }
    assert pd.to_numeric(iris["petal_length"]).between(1.0, 6.9).all()


def test_the_tickets_are_varied_and_have_eight_labels():
    tickets = bundled_dataset("support_tickets").frame
    assert len(tickets) >= 300
    assert tickets["ticket"].nunique() == len(tickets)
    counts = tickets["team"].value_counts()
    assert len(counts) == 8
    assert counts.min() >= 20


def test_the_multi_hop_set_has_its_corpus():
    questions = bundled_dataset("multi_hop_questions").frame
    passages = bundled_dataset("multi_hop_passages").frame
    assert len(questions) >= 300
    assert len(passages) >= 200
    assert {"title", "text"} <= set(passages.columns)
    text = " ".join(passages["title"].astype(str) + " " + passages["text"].astype(str))
    answered = questions["answer"].astype(str).map(lambda answer: answer.lower() in text.lower())
    assert answered.mean() > 0.95


def test_a_dataset_that_is_not_bundled_is_answered_with_those_that_are():
    with pytest.raises(DatasetError, match="no bundled dataset is called 'mnist'; there are"):
        bundled_dataset("mnist")


def test_the_catalogue_lists_files_that_are_there_and_no_file_is_left_out():
    listed = {entry.file for entry in bundled().values()}
    there = {path.name for path in FOLDER.iterdir() if path.suffix in (".csv", ".jsonl", ".json")}
    assert listed == there - {"catalogue.json"}
    assert len(json.loads((FOLDER / "catalogue.json").read_text(encoding="utf-8"))) == len(
        bundled()
    )
