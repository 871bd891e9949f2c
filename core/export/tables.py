"""A run as tables: trials, candidates, results, examples, proposals, decisions, ratings.

Columns of numbers are numbers, times are UTC, scores are fractions; what came from people's data
stays as it was, so that a file format can decide how to write it (`table_files`).
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pandas as pd

from core.data.dataset import Example
from core.evaluation.evaluator import Trace, trace_from_json
from core.export.source import Source
from core.programs.candidate import ChoiceRef
from core.results.answers import in_one_line
from core.results.run_results import RunResults
from core.runs.decisions import ExamplePart
from core.runs.parts import DemoSet, Instruction, Result
from core.runs.steering import Verdict

PARTS: tuple[ExamplePart, ...] = ("validation", "test")


class ResultRow(NamedTuple):
    """One result of one candidate on one example."""

    candidate: str
    label: str
    part: ExamplePart
    example: str
    repeat: int
    """0 for the result that counts; repetitions to see the model's noise from 1."""
    score: float | None
    failure: str | None
    failed_stage: str | None
    attempt: int
    seconds: float


class ProposalRow(NamedTuple):
    """One instruction or demo set, whoever made it, or a proposal that was refused."""

    predictor: str
    kind: str
    """`instruction`, `demo_set` or `refused`."""
    number: int | None
    id: str | None
    text: str
    """Of a demo set: its demos as JSON."""
    origin: str
    """`program`, `prompt model`, `person`, or how the demo set came about."""
    by: str | None
    at: float | None
    tip: str | None
    temperature: float | None
    grounding: str | None
    demo_set: str | None
    """Id of the demo set that the proposer was shown."""
    parent: str | None
    round: int | None
    request: int | None
    repaired: bool
    candidates: int
    """Candidates that use it."""
    verdict: str | None
    verdict_by: str | None
    verdict_reason: str | None
    pinned_by: str | None
    frozen: bool


class RatingRow(NamedTuple):
    """What somebody said about one output."""

    at: float
    by: str
    candidate: str
    label: str
    part: ExamplePart
    example: str
    thumbs: str | None
    score: float | None
    comment: str
    output: str | None


def trials_table(source: Source) -> pd.DataFrame:
    """One row per trial, test trials included; `low` and `high` are a 95 % interval."""
    tables, labels = source.results.tables, source.results.labels
    frame = tables.trials.copy()
    frame.insert(2, "label", [labels[each] for each in frame["candidate"]])
    frame["cancelled"] = pd.Series([each.cancelled for each in tables.rows], dtype=bool)
    frame["reason"] = pd.Series([each.reason for each in tables.rows], dtype=object)
    return _with_times(frame, "started", "finished")


def candidates_table(source: Source) -> pd.DataFrame:
    """One row per candidate: its choices by number, its scores, and what the search expects."""
    return source.results.tables.candidates.copy()


def results_table(source: Source) -> pd.DataFrame:
    """One row per result of any candidate, repetitions included, without the texts."""
    return _frame(ResultRow, list(_result_rows(source)), "score", "seconds")


def examples_table(source: Source) -> pd.DataFrame:
    """One row per example that the chosen candidate was run on: inputs, expected, output, score.

    Raises:
        InputError: data and program do not fit together any more.
        DatasetNotFound: the dataset has been removed.
    """
    task, candidate = source.task, source.candidate
    by_part = {"validation": task.val, "test": task.test}
    results = {part: source.facts.scored(part).get(candidate, {}) for part in PARTS}
    pairs = [(candidate, example) for own in results.values() for example in own]
    traces = traces_of(source, pairs)
    rows = [
        _example_row(example, results[part][example.id], traces.get((candidate, example.id)), part)
        for part in PARTS
        for example in by_part[part]
        if example.id in results[part]
    ]
    frame = pd.DataFrame(rows, dtype=object)
    return frame.astype({name: "float64" for name in ("score", "seconds") if name in frame})


def proposals_table(source: Source) -> pd.DataFrame:
    """One row per instruction and demo set with where it came from and what people said of it."""
    results = source.results
    rows = [
        *(_instruction_row(each, results) for own in results.instructions.values() for each in own),
        *(
            _demo_set_row(name, place, each, results)
            for name, own in results.demo_sets.items()
            for place, each in enumerate(own)
        ),
        *_refused_rows(source),
    ]
    frame = _frame(ProposalRow, rows, "temperature", "at")
    for name in ("number", "round", "request"):
        frame[name] = frame[name].astype("Int64")
    return _with_times(frame, "at")


def decisions_table(source: Source) -> pd.DataFrame:
    """One row per decision of a person, oldest first, in words and in full as JSON."""
    columns = ["seq", "at", "by", "kind", "words", "undo", "details"]
    rows = [
        (
            each.seq, each.at, each.by, each.kind, each.words, each.undo,
            each.event.model_dump_json(exclude={"at", "by", "kind"}),
        )
        for each in source.results.steering.decisions
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns).astype({"seq": "int64"})
    return _with_times(frame, "at")


def ratings_table(source: Source) -> pd.DataFrame:
    """One row per rating of an output that still counts, oldest first."""
    said, labels = source.facts.ratings, source.results.short_labels
    traces = traces_of(source, [(each.candidate, each.example) for each in said])
    rows = []
    for each in said:
        trace = traces.get((each.candidate, each.example))
        rows.append(
            RatingRow(
                at=each.at,
                by=each.by,
                candidate=each.candidate,
                label=labels.get(each.candidate, ""),
                part=each.part,
                example=each.example,
                thumbs=each.thumbs,
                score=each.score,
                comment=each.comment,
                output=in_one_line(trace.outputs) if trace and trace.outputs else None,
            )
        )
    return _with_times(_frame(RatingRow, rows, "score", "at"), "at")


def traces_of(source: Source, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Trace]:
    """(candidate, example) → what happened, for those pairs that left a trace."""
    keys = {f"eval/{candidate}/{example}": (candidate, example) for candidate, example in pairs}
    found = source.store.traces(source.run_id, list(keys))
    return {keys[key]: trace_from_json(text) for key, text in found.items()}


def _result_rows(source: Source) -> Iterator[ResultRow]:
    labels = source.results.short_labels
    for part in PARTS:
        for candidate, own in source.facts.scored(part).items():
            label = labels.get(candidate, "")
            for example, result in own.items():
                yield _result_row(candidate, label, part, example, 0, result)
    for (candidate, part), examples in source.facts.repeats.items():
        label = labels.get(candidate, "")
        for example, runs in examples.items():
            for repeat, result in runs.items():
                yield _result_row(candidate, label, part, example, repeat, result)


def _result_row(
    candidate: str, label: str, part: ExamplePart, example: str, repeat: int, result: Result
) -> ResultRow:  # six columns of the row, in its order
    failure = result.failure
    return ResultRow(
        candidate, label, part, example, repeat, result.score, _in_words(result),
        failure.stage if failure else None, result.attempt, result.seconds,
    )  # fmt: skip


def _in_words(result: Result) -> str | None:
    return f"{result.failure.kind}: {result.failure.message}" if result.failure else None


def _example_row(
    example: Example, result: Result, trace: Trace | None, part: ExamplePart
) -> dict[str, Any]:
    outputs = trace.outputs if trace else {}
    return {
        "example": example.id,
        "part": part,
        **{f"input.{name}": value for name, value in example.inputs.items()},
        **{f"expected.{name}": value for name, value in example.outputs.items()},
        **{f"output.{name}": outputs.get(name) for name in example.outputs},
        "score": result.score,
        "failure": _in_words(result),
        "seconds": round(result.seconds, 3),
    }


def _instruction_row(each: Instruction, results: RunResults) -> ProposalRow:
    written = "program" if each.number == 0 else "prompt model"
    return ProposalRow(
        predictor=each.predictor,
        kind="instruction",
        number=each.number,
        id=each.id,
        text=each.text,
        origin="person" if each.by else written,
        by=each.by,
        at=each.at,
        tip=each.tip,
        temperature=each.temperature,
        grounding=", ".join(each.grounding) or None,
        demo_set=each.demo_set,
        parent=each.parent,
        round=each.round,
        request=each.request,
        repaired=each.repaired,
        candidates=results.tables.uses.get((each.predictor, each.id), 0),
        **_said(ChoiceRef(predictor=each.predictor, part="instruction", id=each.id), results),
    )


def _demo_set_row(predictor: str, place: int, each: DemoSet, results: RunResults) -> ProposalRow:
    uses = sum(own.choices[predictor].demo_set == each.id for own in results.choices.values())
    return ProposalRow(
        predictor=predictor,
        kind="demo_set",
        number=place,
        id=each.id,
        text=json.dumps(each.demos, ensure_ascii=False, default=str),
        origin=each.source,
        by=each.by,
        at=None,
        tip=None,
        temperature=None,
        grounding=None,
        demo_set=None,
        parent=each.parent,
        round=None,
        request=None,
        repaired=False,
        candidates=uses,
        **_said(ChoiceRef(predictor=predictor, part="demo_set", id=each.id), results),
    )


def _refused_rows(source: Source) -> Iterator[ProposalRow]:
    for each in source.facts.refused:
        yield ProposalRow(
            predictor=each.predictor,
            kind="refused",
            number=None,
            id=None,
            text=each.text,
            origin="prompt model",
            by=None,
            at=each.at,
            tip=None,
            temperature=None,
            grounding=None,
            demo_set=None,
            parent=None,
            round=None,
            request=None,
            repaired=False,
            candidates=0,
            verdict="refused",
            verdict_by=None,
            verdict_reason=each.reason,
            pinned_by=None,
            frozen=False,
        )


def _said(ref: ChoiceRef, results: RunResults) -> dict[str, Any]:
    steering = results.steering
    verdict: Verdict | None = steering.verdicts.get(ref)
    words = None if verdict is None else "approved" if verdict.approved else "rejected"
    return {
        "verdict": words,
        "verdict_by": verdict.by if verdict else None,
        "verdict_reason": verdict.reason or None if verdict else None,
        "pinned_by": steering.pinned.get(ref),
        "frozen": steering.frozen.get((ref.predictor, ref.part)) == ref.id,
    }


def _frame(kind: type[Any], rows: Sequence[Any], *numbers: str) -> pd.DataFrame:
    """The rows as they are; the columns named in `numbers` as floats, None as missing."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(kind._fields)
    frame = pd.DataFrame(
        {
            name: pd.Series(values, dtype=object)
            for name, values in zip(kind._fields, columns, strict=True)
        }
    )
    return frame.astype({name: "float64" for name in numbers})


def _with_times(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Seconds since the epoch become times in UTC."""
    for column in columns:
        seconds = pd.to_numeric(frame[column]).astype("float64")
        frame[column] = pd.to_datetime(seconds, unit="s", utc=True)
    return frame
