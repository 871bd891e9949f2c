"""The paper's programs on the real data, where it lies beside the repository."""

import gzip
import json
from pathlib import Path

import pandas as pd
import pytest

from core.data.dataset import Dataset, FieldMapping
from core.programs.registry import template
from core.runs.config import RunConfig
from core.runs.preparation import prepare
from core.search.budget import Budget
from core.storage.memory import MemoryStore
from core.worker.session import work
from sample_programs.heart_disease import ATTRIBUTES

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data"
ROWS = 60
TINY = Budget(
    name="exact", instructions=2, demo_sets=2, trials=2, minibatch=6, full_every=2, val_cap=10
)
IRIS = ("petal_length", "petal_width", "sepal_length", "sepal_width")

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the real data is not here; bundled data covers the same behaviour"
)


def rows_of(name):
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{name} is not among the real data here")
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def dataset(name, rows):
    return Dataset(name=name, origin="Real data", frame=pd.DataFrame(rows))


def config_of(store, program, file, inputs, outputs, rows=None, corpus=None):
    chosen = template(program)
    found = dataset(file, (rows_of(file) if rows is None else rows)[:ROWS])
    passages = None
    if corpus is not None:
        parts = [{"title": row["title"], "text": row["text"]} for row in rows_of(corpus)]
        passages = store.put_dataset(dataset(corpus, parts))
    return RunConfig(
        name=f"{program} on {file}",
        program=program,
        dataset=store.put_dataset(found),
        dataset_name=found.name,
        mapping=FieldMapping(inputs=inputs, outputs=outputs),
        passages=passages,
        metric=chosen.metric,
        budget=TINY,
        concurrency=1,
    )


def same(*names):
    return {name: name for name in names}


def finished(config, store):
    task = prepare(config, store)
    state = work(store.create(config), store, cache=None)
    assert state.status == "finished", state.message
    results = [r for own in state.results.values() for r in own.values()]
    assert all(result.failure is None for result in results)
    assert state.usage.calls <= task.estimate(config).total
    return state, task


CORPUS = "wiki_passages/corpus_hotpot200.jsonl.gz"


@pytest.mark.parametrize(
    ("program", "file", "inputs", "outputs", "corpus"),
    [
        ("iris", "iris/iris150.jsonl", same(*IRIS), same("answer"), None),
        ("iris_typo", "iris/iris150.jsonl", same(*IRIS), same("answer"), None),
        (
            "heart_disease",
            "heart_disease/cleveland303.jsonl",
            same(*ATTRIBUTES),
            same("answer"),
            None,
        ),
        ("scone", "scone/train_600.jsonl", same("context", "question"), same("answer"), None),
        (
            "multi_hop_qa",
            "hotpotqa_distractor/dev_hard100.jsonl.gz",
            same("question"),
            same("answer"),
            CORPUS,
        ),
        (
            "retrieval_qa",
            "hotpotqa_distractor/train100.jsonl.gz",
            same("question"),
            same("answer"),
            CORPUS,
        ),
        (
            "hotpotqa_conditional",
            "hotpotqa_conditional/train.jsonl",
            same("question"),
            {"answer": "answer", "category": "answer category"},
            CORPUS,
        ),
        ("classification", "cls_small/trec_500.jsonl", same("text"), same("label_name"), None),
    ],
)
def test_a_program_of_the_paper_is_optimized_on_its_own_data(
    program, file, inputs, outputs, corpus
):
    store = MemoryStore()
    rows = rows_of(file)
    if program.startswith("iris"):
        rows = rows[::3] + rows[1::3]  # the file is in the order of the species
    finished(config_of(store, program, file, inputs, outputs, rows, corpus), store)


def test_claim_search_finds_supporting_passages_of_real_questions():
    """There is no HoVer here: HotPotQA's questions and supporting titles take its place."""
    rows = [
        {
            "claim": row["question"],
            "titles": list(dict.fromkeys(title for title, _ in row["supporting_facts"])),
        }
        for row in rows_of("hotpotqa_distractor/dev_hard100.jsonl.gz")
    ]
    store = MemoryStore()
    config = config_of(store, "hover", "hotpot claims", same("claim"), same("titles"), rows, CORPUS)
    state, _ = finished(config, store)
    scores = [result.score for result in state.results[state.baseline].values()]
    assert sum(scores) / len(scores) > 0.3


def test_categories_of_the_real_conditional_data_have_their_rules():
    kinds = {row["answer category"] for row in rows_of("hotpotqa_conditional/train.jsonl")}
    assert {"person", "place", "date"} <= kinds
