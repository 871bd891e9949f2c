"""Descriptions of a dataset, a program and a predictor, from what the prompt shows of them."""

import re

from core.lm.matcher.examples import Row, rows_of
from core.lm.matcher.findings import Findings, findings_in, lines_of, merged_findings, telling
from core.lm.matcher.prompt import Prompt
from core.lm.matcher.spans import wanted
from core.lm.matcher.text import sentences

COMPLETE = "COMPLETE"
_NEW_SHARE = 0.2
_OFF_CENTRE = 0.5
_ENOUGH_ROWS = 40
_NAMES = r"\w+(?:\s*,\s*\w+)*"
_SIGNATURE = re.compile(rf"([\w.\[\]']+)?\s*[:(]?\s*\b({_NAMES})\)?\s*->\s*({_NAMES})")
_REASONING = frozenset(["reasoning", "rationale"])


def observe(prompt: Prompt) -> str:
    """What the examples show, line by line; `COMPLETE` when prior observations say it already."""
    rows = rows_of(prompt.value("examples"))
    found = findings_in(rows)
    if found is None:
        return "The examples cannot be told apart into fields."
    prior = prompt.value("prior_observations")
    if prior and not _is_new(found, merged_findings(prior), seen=_rows_seen(prior)):
        return COMPLETE
    return "\n".join([*_general(rows), *lines_of(found, rows)])


def summarise(prompt: Prompt) -> str:
    """The observations of all batches, merged and reduced to what tells labels apart."""
    text = prompt.value("observations")
    found = merged_findings(text)
    if found is None:
        return " ".join(sentences(text)[:3])
    general = [line for line in text.splitlines() if line.startswith("The question")][:1]
    return "\n".join([*general, *lines_of(telling(found))])


def describe_program(prompt: Prompt) -> str:
    """What goes into the program and what comes out, from its predictors' signatures."""
    structure = prompt.value("program_structure", "program_code")
    parts = signatures(structure)
    if not parts:
        first = next(iter(sentences(structure)), "The program has not been described.")
        return f"The program is given as: {first}"
    steps = [
        f"{name or 'a step'} reads {_listed(inputs)} and writes {_listed(outputs)}"
        for name, inputs, outputs in parts
    ]
    made = _listed(parts[-1][2])
    return f"The program works in {len(steps)} step(s) and ends with {made}: {'; '.join(steps)}."


def describe_predictor(prompt: Prompt) -> str:
    """What one predictor reads and writes."""
    own = signatures(prompt.value("predictor", "module"))
    if not own:
        return "This predictor does one step of the program."
    _, inputs, outputs = own[0]
    everything = signatures(prompt.value("program_structure", "program_code"))
    last = not everything or everything[-1][2] == outputs
    role = "gives the program's answer" if last else "prepares what later steps need"
    return f"This predictor reads {_listed(inputs)}, writes {_listed(outputs)} and {role}."


def signatures(text: str) -> list[tuple[str, list[str], list[str]]]:
    """(name, inputs, outputs without reasoning) of every `a, b -> c` in a text, in its order."""
    found = []
    told = [line for line in text.splitlines() if line.startswith("Predictor ")]
    # where the predictors are listed, arrows in the source below them are no signatures
    for name, inputs, outputs in _SIGNATURE.findall("\n".join(told) or text):
        made = [each.strip() for each in outputs.split(",")]
        kept = [each for each in made if each not in _REASONING] or made
        entry = (name, [each.strip() for each in inputs.split(",")], kept)
        if entry not in found:
            found.append(entry)
    return found


def _listed(fields: list[str]) -> str:
    return " and ".join(f"`{each}`" for each in fields)


def _general(rows: list[Row]) -> list[str]:
    questions = [row.values["question"] for row in rows if row.values.get("question")]
    if not questions:
        return []
    kinds = sorted({wanted(question) for question in questions})
    size = round(sum(len(question.split()) for question in questions) / len(questions))
    return [f"The questions have about {size} words and ask for a {' or a '.join(kinds)}."]


def _rows_seen(observations: str) -> int:
    """How many examples these observations rest on."""
    return sum(int(count) for count in re.findall(r"Seen: (\d+) examples", observations))


def _is_new(found: Findings, prior: Findings | None, *, seen: int) -> bool:
    """True when the batch shows labels, words, numbers or forms that the prior lines do not.

    Averages of numbers are worth another look until enough examples have gone into them.
    """
    if prior is None or bool(found.labels) != bool(prior.labels):
        return True
    if not found.labels:
        return found.form.partition(":")[0] != prior.form.partition(":")[0]
    if not found.labels.keys() <= prior.labels.keys():
        return True
    known = [
        word in prior.labels[label].words
        for label, finding in found.labels.items()
        for word in finding.words
    ]
    if any(finding.ranges for finding in found.labels.values()) and seen < _ENOUGH_ROWS:
        return True
    return known.count(False) > _NEW_SHARE * len(known) or _moved(found, prior)


def _moved(found: Findings, prior: Findings) -> bool:
    """True when a label's numbers lie outside the ranges that were seen before."""
    return any(
        not low - _OFF_CENTRE * (high - low) <= now.centre <= high + _OFF_CENTRE * (high - low)
        for label, finding in found.labels.items()
        for name, ranges in finding.ranges.items()
        for now in ranges
        for low, high in [_extent(prior, label, name)]
    )


def _extent(prior: Findings, label: str, name: str) -> tuple[float, float]:
    ranges = prior.labels[label].ranges.get(name, [])
    if not ranges:
        return float("-inf"), float("inf")
    return min(each.low for each in ranges), max(each.high for each in ranges)
