import csv
import io
import json
import zipfile

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.data.dataset import Dataset
from core.evaluation.evaluator import Trace, trace_to_json
from core.export.formats import FORMATS
from core.export.source import source_of
from core.export.table_files import neutralised, to_csv, to_parquet
from core.export.tables import (
    candidates_table,
    decisions_table,
    examples_table,
    proposals_table,
    ratings_table,
    results_table,
    trials_table,
)
from core.lm.usage import Usage
from core.programs.candidate import ChoiceRef
from core.runs import decisions as de
from core.runs import events as ev
from core.storage.memory import MemoryStore
from tests.exported_runs import config_of, logged, made_up


@pytest.fixture(scope="module")
def iris():
    return made_up("classification")


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def back(frame: pd.DataFrame) -> pa.Table:
    return pq.read_table(io.BytesIO(to_parquet(frame)))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_cells_that_a_spreadsheet_would_run_are_neutralised(start):
    assert neutralised(f"{start}HYPERLINK()") == f"'{start}HYPERLINK()"


def test_numbers_and_plain_text_stay_as_they_are():
    cells = [-1.5, None, "a=b", "", "-5", "+3.25e-4", "-.5", True]
    assert [neutralised(cell) for cell in cells] == cells
    assert [neutralised(cell) for cell in ("-", "-1+1", "+1 2", "-٣", "-5\n")] == [
        "'-", "'-1+1", "'+1 2", "'-٣", "'-5\n",
    ]  # fmt: skip


def test_csv_neutralises_texts_and_parquet_keeps_every_value():
    columns = {
        "=text": ["=cmd()", "@x", None, "plain"],
        "whole": [-2, 3, None, 4],
        "broken": [-1.5, 2, None, 0.0],
        "flag": [True, False, None, True],
        "list": [["=a", 1], [], None, ["b"]],
        "mixed": ["-x", 1, None, 2.5],
        "large": [2**70, 1, None, 2],
        "none": [None] * 4,
    }
    frame = pd.DataFrame({name: pd.Series(own, dtype=object) for name, own in columns.items()})
    first, second, third, _ = rows(to_csv(frame))
    assert first == {
        "'=text": "'=cmd()",
        "whole": "-2",
        "broken": "-1.5",
        "flag": "True",
        "list": '["=a", 1]',
        "mixed": "'-x",
        "large": str(2**70),
        "none": "",
    }
    assert second["'=text"] == "'@x"
    assert set(third.values()) == {""}
    table = back(frame)
    assert table.schema.types == [
        pa.string(), pa.int64(), pa.float64(), pa.bool_(),
        pa.string(), pa.string(), pa.string(), pa.string(),
    ]  # fmt: skip
    for name in ("=text", "whole", "broken", "flag"):
        assert table[name].to_pylist() == columns[name]
    assert [json.loads(each) for each in table["mixed"].to_pylist() if each] == ["-x", 1, 2.5]


def test_trials_are_exported_one_per_line_with_their_candidate(iris):
    frame = trials_table(iris)
    lines = rows(to_csv(frame))
    assert len(lines) == iris.results.trial_count
    assert (lines[0]["label"], lines[0]["purpose"]) == ("C0 (baseline)", "baseline")
    assert float(lines[0]["mean"]) == pytest.approx(iris.results.baseline.val.value)
    assert lines[0]["started"].startswith("2023-11-14")
    table = back(frame)
    assert table.schema.field("mean").type == pa.float64()
    assert pa.types.is_timestamp(table.schema.field("started").type)
    assert set(table["purpose"].to_pylist()) == {"baseline", "minibatch", "full", "test"}


def test_candidates_are_exported_with_their_choices_and_scores(iris):
    table = back(candidates_table(iris))
    assert table.num_rows == iris.results.candidate_count
    assert table["best"].to_pylist().count(True) == 1
    assert table.schema.field("classify.predict.instruction").type == pa.int64()


def test_every_result_of_every_candidate_is_exported():
    source, run_id, best = with_more_said()
    table = back(results_table(source)).to_pandas()
    state_rows = sum(
        len(own) for part in ("val", "test") for own in getattr(source.facts, part).values()
    )
    assert len(table) == state_rows + 2
    repeats = table[table["repeat"] > 0]
    assert repeats[["candidate", "part", "repeat"]].values.tolist() == [
        [best, "test", 1],
        [best, "test", 2],
    ]
    failed = repeats[repeats["failure"].notna()].iloc[0]
    assert failed["failure"] == "Timeout: slow"
    assert failed["failed_stage"] == "classify.predict"
    assert pd.isna(failed["score"])
    whole = table[(table["candidate"] == best) & (table["part"] == "validation")]
    assert whole["score"].mean() == pytest.approx(source.results.best.val.value)


def test_examples_are_exported_with_outputs_scores_and_no_formulas():
    data = [
        {"=x": f"=cmd({row})" if row % 2 else f"plain {row}", "label": f"-{row % 2}!"}
        for row in range(60)
    ]
    store = MemoryStore()
    dataset = Dataset(name="risky", origin="", frame=pd.DataFrame(data))
    mapping = {"inputs": {"x": "=x"}, "outputs": {"label": "label"}}
    config = config_of(store, "classification", data=dataset, mapping=mapping)
    source = source_of(logged(config, store), store)
    frame = examples_table(source)
    lines = rows(to_csv(frame))
    assert set(lines[0]) == {
        "example", "part", "input.x", "expected.label", "output.label", "score", "failure",
        "seconds",
    }  # fmt: skip
    assert {each["input.x"].split("(")[0].split()[0] for each in lines} == {"'=cmd", "plain"}
    assert {each["expected.label"] for each in lines} == {"'-0!", "'-1!"}
    table = back(frame)
    assert {each[:5] for each in table["input.x"].to_pylist()} == {"=cmd(", "plain"}
    assert table.schema.field("score").type == pa.float64()
    best = source.results.best
    parts = frame.groupby("part")["score"].agg(["size", "mean"])
    assert parts.loc["validation", "mean"] == pytest.approx(best.val.value)
    assert parts.loc["test", "size"] == best.test.n
    right = frame["output.label"] == frame["expected.label"]
    assert (right == (frame["score"] == 1.0)).all()


def with_more_said():
    """A run with decisions, ratings, repetitions, and a refused proposal."""
    store = MemoryStore()
    config = config_of(store, "classification")
    run_id = logged(config, store)
    before = source_of(run_id, store)
    best, predictor = before.candidate, "classify.predict"
    example = before.task.test[0].id
    instruction = before.results.instructions[predictor][1]
    ref = ChoiceRef(predictor=predictor, part="instruction", id=instruction.id)
    same = {"by": "Ada", "candidate": best, "part": "test"}
    request = de.EvaluationRequested(
        by="Ada", candidates=(before.results.choices[best],), part="test", repeats=3
    )
    repeated = {
        "request": 0, "candidate": best, "part": "test", "example": example, "attempt": 0,
        "seconds": 0.1, "usage": Usage(),
    }  # fmt: skip
    failure = ev.Failure(kind="Timeout", message="slow", stage=predictor)
    events = [
        de.ChoiceRejected(by="Ada", choice=ref, reason="=too long"),
        de.InstructionAdded(
            by="Bo", predictor=predictor, id="iown", text="@Mine", parent=instruction.id
        ),
        de.AnswerRated(**same, example=example, thumbs="up", score=0.5, comment="=good"),
        de.AnswerRated(**same, example=before.task.test[1].id, thumbs="down"),
        de.AnswerRated(**same, example=before.task.test[1].id),  # taken back
        ev.ProposalRefused(
            task="t", predictor=predictor, text="bad", reason="lost it", seconds=1.0, usage=Usage()
        ),
        request,
        ev.ExampleRepeated(**repeated, repeat=1, score=1.0),
        ev.ExampleRepeated(**repeated, repeat=2, failure=failure),
    ]
    trace = Trace(outputs={"answer": "=setosa"}, stages=[], prompts=[])
    store.append(run_id, events, {f"eval/{best}/{example}": trace_to_json(trace)})
    return source_of(run_id, store, best), run_id, best


def test_proposals_say_where_they_came_from_and_what_people_said():
    source, _, _ = with_more_said()
    frame = proposals_table(source)
    instructions = frame[frame["kind"] == "instruction"].set_index("number")
    assert list(instructions["origin"]) == ["program", *["prompt model"] * 3, "person"]
    first = instructions.loc[1]
    assert (first["verdict"], first["verdict_by"]) == ("rejected", "Ada")
    assert first["tip"] in ("creative", "simple", "description")
    assert first["temperature"] == pytest.approx(0.7)
    assert first["grounding"]
    own = instructions.loc[4]
    assert (own["by"], own["parent"], own["text"]) == ("Bo", first["id"], "@Mine")
    refused = frame[frame["kind"] == "refused"].iloc[0]
    assert (refused["text"], refused["verdict_reason"]) == ("bad", "lost it")
    sets = frame[frame["kind"] == "demo_set"]
    assert [len(json.loads(text)) for text in sets["text"]][0] == 0
    assert set(sets["origin"]) <= {"none", "labelled", "bootstrapped"}
    lines = rows(to_csv(frame))
    assert {"'@Mine"} == {each["text"] for each in lines if each["by"] == "Bo"}
    assert {"'=too long"} == {each["verdict_reason"] for each in lines if each["verdict_by"]}
    table = back(frame)
    assert table.schema.field("number").type == pa.int64()
    assert "@Mine" in table["text"].to_pylist()


def test_decisions_are_exported_in_words_and_in_full():
    source, _, best = with_more_said()
    frame = decisions_table(source)
    assert list(frame["by"]) == [each.by for each in source.results.steering.decisions]
    rejected = frame.iloc[0]
    assert rejected["kind"] == "choice_rejected"
    assert "Ada rejected instruction 1" in rejected["words"]
    assert json.loads(rejected["details"])["reason"] == "=too long"
    assert frame["seq"].is_monotonic_increasing


def test_ratings_that_count_are_exported_with_the_answer():
    source, _, best = with_more_said()
    (line,) = rows(to_csv(ratings_table(source)))
    label = source.results.short_labels[best]
    expected = {
        "by": "Ada", "candidate": best, "label": label, "part": "test", "thumbs": "up",
        "score": "0.5", "comment": "'=good", "output": "'=setosa",
    }  # fmt: skip
    assert expected.items() <= line.items()
    table = back(ratings_table(source))
    assert table["comment"].to_pylist() == ["=good"]
    assert table["score"].to_pylist() == [0.5]


@pytest.mark.parametrize("name", [name for name, each in FORMATS.items() if each.group == "Data"])
def test_a_run_that_has_just_begun_gives_tables_without_rows(name):
    store = MemoryStore()
    run_id = store.create(config_of(store, "classification"))
    if FORMATS[name].of_candidate:
        return
    (file,) = FORMATS[name].make(source_of(run_id, store))
    if name.endswith("csv"):
        assert rows(file.content) == []
        assert file.content.decode().count(",") > 3
    else:
        assert pq.read_table(io.BytesIO(file.content)).num_rows == 0


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_all_tables_come_in_one_zip(iris, suffix):
    (file,) = FORMATS[f"tables-{suffix}"].make(iris)
    names = zipfile.ZipFile(io.BytesIO(file.content)).namelist()
    single = [each.file for each in FORMATS.values() if each.name.endswith(f"-{suffix}")]
    assert names == [each for each in single if each.endswith(f".{suffix}")]
    assert FORMATS[f"tables-{suffix}"].make(iris)[0] == file
