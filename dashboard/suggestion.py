"""Which program and metric fit a dataset, so that a newcomer can go on without knowing them all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.data.profile import ColumnProfile, Profile
from core.programs.template import ProgramTemplate
from core.runs.preparation import MOST_LABELS
from dashboard import materials, session

SHORT_ANSWER = 25
"""Characters of the median answer up to which answers are compared as a whole."""


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A program, a metric, and why these."""

    program: str
    """Name of a template."""
    metric: str
    why: str
    """A sentence that quotes nothing of the data."""


def suggested_program(
    profile: Profile, inputs: Sequence[str], outputs: Sequence[str]
) -> Suggestion | None:
    """What fits these columns of the data; None while a side has none, or one does not exist."""
    columns = {column.name: column for column in profile.columns}
    if not inputs or not outputs or not {*inputs, *outputs} <= columns.keys():
        return None
    answer = columns[outputs[0]]
    if _is_label(answer, profile.rows) and len(outputs) == 1:
        why = f"The output has {answer.distinct} different values that recur: labels."
        return Suggestion(program="classification", metric="exact_match", why=why)
    asked = {name.strip().lower() for name in inputs}
    reads = asked == {"context", "question"}
    metric, why = _metric(answer)
    return Suggestion(
        program="question_answering" if reads else "free_answer", metric=metric, why=why
    )


def _is_label(column: ColumnProfile, rows: int) -> bool:
    """Few enough values for the program to be told them all, even in a part of the rows."""
    return bool(column.balance) and column.distinct <= min(MOST_LABELS, rows // 5)


def _metric(answer: ColumnProfile) -> tuple[str, str]:
    if answer.kind == "nested":
        return "json_fields", "The output is an object with values of its own."
    if answer.kind == "number":
        return "number", "The output is a number, different from row to row."
    if (answer.median_length or 0) <= SHORT_ANSWER:
        return "exact_match", "The output is a short text, different from row to row."
    return "f1", "The output is free text, so answers can be partly right."


def take_suggestion(templates: Mapping[str, ProgramTemplate]) -> Suggestion | None:
    """Give the draft what is suggested for its data, unless a person has chosen a program.

    Back comes the suggestion that is in force.
    """
    draft = session.draft()
    if draft.dataset not in {each.id for each in materials.datasets()}:
        return None
    found = suggested_program(materials.dataset_profile(draft.dataset), draft.inputs, draft.outputs)
    if found is None or found.program not in templates:
        return None
    draft = session.keep_draft(draft.with_suggestion(templates[found.program], found.metric))
    return found if draft.suggestion is not None else None
