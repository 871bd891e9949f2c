"""Macro-F1 and the share right of each label, before and after, where the answers are labels."""

import json
from collections.abc import Mapping, Sequence

from core.comparison.slices import Confusion, confusion_of, expected_labels, label_reader
from core.data.dataset import Example
from core.evaluation.label_scores import about_macro_f1
from core.evaluation.statistics import Mean
from core.report.cases import Scores
from core.report.data import LabelLine, LabelTable, PartName
from core.results.answers import trace_texts
from core.results.run_results import RunResults
from core.runs.preparation import Task
from core.runs.store import RunStore, StoredRun


def label_table(
    run: StoredRun,
    results: RunResults,
    scored: Mapping[PartName, tuple[Scores, Scores]],
    store: RunStore,
    task: Task | None,
) -> LabelTable | None:
    """The table of the held-out examples, else of the validation examples."""
    part = next((name for name, (before, _) in scored.items() if before), None)
    if task is None or part is None or results.baseline is None:
        return None
    known = {each.id: each for each in (task.test if part == "held-out" else task.val)}
    labels = expected_labels(known, list(known))
    if not labels:
        return None
    best = results.best.candidate if results.best else results.baseline.candidate
    before, after = (
        _confusion(run, candidate, own, known, labels, store)
        for candidate, own in zip((results.baseline.candidate, best), scored[part], strict=True)
    )
    if before.scores is None and after.scores is None:
        return None
    return LabelTable(
        part=part,
        before=before.scores.macro_f1 if before.scores else None,
        after=after.scores.macro_f1 if after.scores else None,
        lines=_lines(before, after),
        words=about_macro_f1(task.metric.title),
    )


def _confusion(
    run: StoredRun,
    candidate: str,
    scores: Scores,
    known: Mapping[str, Example],
    labels: Sequence[str],
    store: RunStore,
) -> Confusion:
    keys = {f"eval/{candidate}/{example}": known[example] for example in scores if example in known}
    field = next(iter(next(iter(known.values())).outputs))
    pairs = [
        (str(keys[key].outputs[field]), json.loads(text)["outputs"].get(field))
        for key, text in trace_texts(store, run.id, list(keys)).items()
    ]
    return confusion_of("", pairs, (), labels, label_reader(run.config, labels))


def _lines(before: Confusion, after: Confusion) -> tuple[LabelLine, ...]:
    def shares(of: Confusion) -> dict[str, Mean]:
        return {each.label: each.right for each in of.scores.labels} if of.scores else {}

    old, new = shares(before), shares(after)
    return tuple(
        LabelLine(label=str(label), before=old.get(str(label)), after=new.get(str(label)))
        for label in before.counts.index
        if str(label) in old or str(label) in new
    )
