"""Real sets that the project does not ship; they are looked for beside the repository."""

import gzip
from pathlib import Path

import pytest

from core.data.dataset import Dataset, FieldMapping, examples
from core.data.profile import profile, suggested_mapping
from core.data.readers import read, read_file
from core.data.split import SplitConfig, split

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
IRIS = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
HEART = [
    *("age", "sex", "cp", "trestbps", "chol", "fbs", "restecg", "thalach", "exang", "oldpeak"),
    *("slope", "ca", "thal"),
]
SETS = [
    ("iris/iris150.jsonl", IRIS, "answer", (60, 60, 30), "answer"),
    ("heart_disease/cleveland303.jsonl", HEART, "answer", (121, 121, 61), "answer"),
    ("scone/train_600.jsonl", ["context", "question"], "answer", (240, 240, 120), "answer"),
    ("cls_small/trec_500.jsonl", ["text"], "label_name", (200, 200, 100), "label_name"),
    ("cls_small/agnews_500.jsonl", ["text"], "label_name", (200, 200, 100), "label_name"),
    ("hotpotqa_conditional/train.jsonl", ["question"], "answer", (200, 200, 100), None),
    (
        "hotpotqa_distractor/train100.jsonl.gz",
        ["question", "context"],
        "answer",
        (40, 40, 20),
        None,
    ),
    ("hotpotqa_distractor/dev_hard100.jsonl.gz", ["question"], "answer", (40, 40, 20), None),
]


def loaded(name):
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"the shared set {name} is not at ../shared/data")
    if path.suffix == ".gz":
        return read(path.stem, gzip.decompress(path.read_bytes()))
    return read_file(path)


@pytest.mark.parametrize(
    ("name", "inputs", "output", "sizes", "stratified_by"), SETS, ids=[row[0] for row in SETS]
)
def test_a_real_set_loads_maps_splits_and_survives_storage(
    name, inputs, output, sizes, stratified_by
):
    data = loaded(name)
    mapping = FieldMapping(inputs={column: column for column in inputs}, outputs={"out": output})
    made = split(data, mapping, SplitConfig())
    assert (len(made.train), len(made.val), len(made.test)) == sizes
    assert made.stratified_by == stratified_by
    for example in examples(data, mapping, made.test):
        assert set(example.inputs) == set(inputs)
        assert isinstance(example.outputs["out"], str)
    again = Dataset.from_parquet(data.to_parquet(), name=data.name, origin=data.origin)
    assert again.id == data.id
    suggested = suggested_mapping(profile(data))
    assert suggested.outputs == [output]
    assert set(inputs) <= set(suggested.inputs)


def test_question_marks_in_heart_disease_stay_text():
    data = loaded("heart_disease/cleveland303.jsonl")
    marks = sum(value == "?" for column in data.frame for value in data.frame[column])
    assert marks == 6
    assert all(column.missing == 0 for column in profile(data).columns)


def test_duplicated_iris_rows_stay_together():
    data = loaded("iris/iris150.jsonl")
    mapping = FieldMapping(inputs={name: name for name in IRIS}, outputs={"answer": "answer"})
    made = split(data, mapping, SplitConfig())
    assert (made.duplicate_groups, made.duplicate_rows, made.conflicting_rows) == (1, 1, 0)
    assert made.stratified_by == "answer"


@pytest.mark.parametrize("name", ["capo_gsm8k_llama", "capo_agnews_llama"])
def test_a_parquet_file_with_nested_columns_loads(name):
    data = loaded(f"matrices/{name}.parquet")
    kinds = {column.name: column.kind for column in profile(data).columns}
    assert (kinds["demos"], kinds["scores"], kinds["n_eval"]) == ("nested", "nested", "number")
