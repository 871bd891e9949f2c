"""New instructions for a predictor, from what the proposer's prompt shows.

An instruction is a task statement and a choice of optional pieces: labels and what speaks for each,
the form of the answers, where to look, other wordings. Tip and temperature decide which pieces go
in and how; the coin is seeded with the prompt, so equal requests get equal proposals. Text between
`<keep>` and `</keep>` in the prompt's locked text goes in word for word. A person's hint and single
mistakes are beyond a text matcher; they only change the coin.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from core.lm.matcher.chains import learnt_wordings, lesson
from core.lm.matcher.examples import Row, output_of, rows_of
from core.lm.matcher.findings import Findings, findings_in, merged_findings, telling
from core.lm.matcher.observer import (
    describe_predictor,
    describe_program,
    observe,
    signatures,
    summarise,
)
from core.lm.matcher.prompt import Field, Prompt
from core.lm.matcher.reader import material
from core.lm.matcher.text import content_stems, names, words

_WRITERS: dict[str, tuple[tuple[str, ...], Callable[[Prompt], str]]] = {
    "observations": (("examples",), observe),
    "summary": (("observations",), summarise),
    "program_description": (("program_structure", "program_code"), describe_program),
    "predictor_description": (("predictor",), describe_predictor),
    "module_description": (("module",), describe_predictor),
}
_PROPOSAL_INPUTS = frozenset(["basic_instruction", "task_demos", "tip", "dataset_summary"])
_DROP = 0.35
"""Chance at temperature 1 that an optional piece is left out; proportional to temperature."""
_FEWEST_WORDS_KEPT = 0.6
_KEPT = re.compile(r"<keep>(.*?)</keep>", flags=re.DOTALL)
_SCORED = re.compile(r"^(.*?)\s*\|\s*Score:\s*(-?[\d.]+)\s*$", flags=re.DOTALL)
_QUERY_OUTPUT = re.compile(r"(?:^|_)(?:search|quer(?:y|ies))(?:_|$)")
_PERSONA = re.compile(r"\bpersona\b|\brole\b")
_STAKES = re.compile(r"\bstakes?\b|\bconsequences?\b")
_FULL = re.compile(r"\bdescriptive\b|\binformative\b|\bdetail")
_PLAIN = re.compile(r"\bclear\b|\bsimple\b|\bplain\b|\bconcise\b|\bshort\b")

_ADVICE = {
    "label": (
        "Weigh every input before you decide.",
        "When two labels seem possible, take the one with more signs.",
        "Say which sign decided.",
    ),
    "query": (
        "Use key terms rather than a whole question.",
        "Think about what has to be known first.",
        "Name what is still missing.",
    ),
    "answer": (
        "Keep the answer short.",
        "Use the words of the text.",
        "Explain your answer in detail.",
        "Read everything before you answer.",
    ),
}


@dataclass(frozen=True, kw_only=True)
class _Task:
    """What the prompt tells about the predictor that needs an instruction."""

    basic: str
    inputs: Sequence[str]
    output: str
    demos: Sequence[Row]
    summary: Findings | None
    kind: str
    """`label`, `query` or `answer`."""


@dataclass(kw_only=True)
class _Draft:
    """Pieces of an instruction; lines are a block of cues at its end."""

    pieces: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


def write_proposal(prompt: Prompt, wanted: Field) -> str | None:
    """The text for a proposer's output field; None when this is no proposer's prompt."""
    given = {each.name for each in prompt.inputs}
    if wanted.name == "proposed_instruction" and given & _PROPOSAL_INPUTS:
        return propose(prompt)
    sources, write = _WRITERS.get(wanted.name, ((), describe_program))
    return write(prompt) if given.intersection(sources) else None


def propose(prompt: Prompt) -> str:
    """A new instruction that carries what the prompt shows, varied by tip and temperature."""
    rng = Random(prompt.key)
    task = _task(prompt)
    draft = _draft(task, rng, prompt.temperature)
    _add_history(draft, prompt, task, rng)
    tip = prompt.value("tip").lower()
    kept = _chosen(draft.pieces, rng, _drop_chance(tip, prompt.temperature))
    if "creativ" in tip or prompt.temperature >= 1.0:
        rng.shuffle(kept)
    if prompt.temperature > 0.0 and rng.random() < min(0.5 * prompt.temperature, 0.9):
        kept.append(rng.choice(_ADVICE[task.kind]))
    opening = _opening(task, tip, rng, prompt.temperature)
    return _assembled(opening, kept, draft.lines, _KEPT.findall(prompt.value("locked_text")))


def _assembled(
    opening: Sequence[str], pieces: Sequence[str], lines: Sequence[str], locked: Sequence[str]
) -> str:
    """The instruction, with every locked text that is not in it anyway behind its opening."""
    text = " ".join([*opening, *dict.fromkeys(pieces)])
    missing = [each for each in locked if each not in "\n".join([text, *lines])]
    if missing:
        others = [piece for piece in pieces if not any(piece in each for each in missing)]
        text = " ".join([*opening, *missing, *dict.fromkeys(others)])
    return "\n".join([text, *lines])


def _task(prompt: Prompt) -> _Task:
    demos = rows_of(prompt.value("task_demos"))
    known = signatures(prompt.value("predictor", "module"))
    basic = prompt.value("basic_instruction")
    inputs, outputs = (known[0][1], known[0][2]) if known else ([], [])
    output = output_of(demos) or (outputs[-1] if outputs else _field_after(basic, "produce"))
    summary = merged_findings(prompt.value("dataset_summary", "dataset_description"))
    if summary is not None and output not in ("", summary.output):
        summary = None
    kind = "query" if _QUERY_OUTPUT.search(output.lower()) else "answer"
    seen = findings_in(demos)
    told = summary or seen
    if kind == "answer" and told is not None and told.labels:
        kind = "label"
    return _Task(
        basic=basic,
        inputs=inputs or list(demos[0].inputs if demos else []),
        output=output,
        demos=demos,
        summary=summary,
        kind=kind,
    )


def _field_after(instruction: str, verb: str) -> str:
    """The last field in backticks after a verb ("produce the fields `a`, `b`" → b), or blank."""
    fields: list[str] = re.findall(r"`(\w+)`", instruction.partition(verb)[2])
    return fields[-1] if fields else ""


def _opening(task: _Task, tip: str, rng: Random, temperature: float) -> list[str]:
    """The first sentences: the task in the tip's manner."""
    fields = " and ".join(f"`{name}`" for name in task.inputs)
    plain = f"From {fields} work out `{task.output}`." if fields and task.output else task.basic
    statement = task.basic if temperature == 0.0 or rng.random() < 0.5 else plain
    lead = []
    if _PERSONA.search(tip):
        role = {"label": "a careful clerk", "query": "a librarian", "answer": "an attentive reader"}
        lead.append(f"You are {role[task.kind]}.")
    if _STAKES.search(tip):
        lead.append("Somebody relies on this result today, and a mistake would be costly.")
    return [each for each in (*lead, statement) if each]


def _drop_chance(tip: str, temperature: float) -> float:
    chance = _DROP * min(temperature, 1.5)
    if _FULL.search(tip):
        return chance / 3
    return min(chance * 1.5, 0.8) if _PLAIN.search(tip) else chance


def _chosen(pieces: Sequence[str], rng: Random, drop: float) -> list[str]:
    return [piece for piece in pieces if rng.random() >= drop]


def _draft(task: _Task, rng: Random, temperature: float) -> _Draft:
    if task.kind == "label":
        return _label_draft(task, rng, temperature)
    draft = _query_draft(task) if task.kind == "query" else _answer_draft(task)
    pairs = _wordings(task)
    if pairs and rng.random() >= _DROP * temperature:
        shown = _some(pairs, rng, temperature)
        draft.lines = ["Texts may say it in other words:", *shown]
    return draft


def _label_draft(task: _Task, rng: Random, temperature: float) -> _Draft:
    seen = findings_in(task.demos)
    found = task.summary or (telling(seen) if seen else None)
    if found is None:
        return _Draft()
    shown = [row.outputs[task.output] for row in task.demos if task.output in row.outputs]
    labels = dict.fromkeys([*found.labels, *shown])
    draft = _Draft(pieces=[f"Answer with exactly one of: {', '.join(labels)}."])
    lines = []
    for label, finding in found.labels.items():
        ranges = [f"{name} {spread[0]}" for name, spread in finding.ranges.items()]
        cues = _some([*ranges, *finding.words], rng, temperature)
        if cues:
            lines.append(f"- {label}: {', '.join(cues)}")
    if lines and rng.random() >= _DROP * temperature / 3:
        draft.lines = [f"Typical signs of each `{found.output}`:", *lines]
    return draft


def _some(items: Sequence[str], rng: Random, temperature: float) -> list[str]:
    """The items in their order, at higher temperature without some of them."""
    share = max(1.0 - (1.0 - _FEWEST_WORDS_KEPT) * temperature * rng.random(), _FEWEST_WORDS_KEPT)
    count = max(1, round(share * len(items)))
    kept = set(rng.sample(range(len(items)), min(count, len(items)))) if items else set()
    return [item for place, item in enumerate(items) if place in kept]


def _query_draft(task: _Task) -> _Draft:
    leads = [row for row in task.demos if _follows_lead(row, task.output)]
    if not leads:
        return _Draft()
    return _Draft(
        pieces=[
            "When the context brings up a new name, search for that name.",
            "Add only what is still missing.",
            "Do not copy the question.",
        ]
    )


def _answer_draft(task: _Task) -> _Draft:
    seen = findings_in(task.demos)
    forms = [found.form for found in (seen, task.summary) if found and found.form]
    draft = _Draft()
    if forms and forms[0].startswith("short"):
        kind = next((form.split("mostly ")[1] for form in forms if "mostly " in form), "")
        only = {"names": "only the name", "numbers or years": "only the number"}
        draft.pieces.append(f"Answer with {only.get(kind, 'only the answer')}, nothing else.")
        draft.pieces.append(f"Use {_size(forms[0])}.")
        draft.pieces.append("Write no full sentence.")
    elif forms:
        draft.pieces.append("Answer in a full sentence.")
    if any(_is_linked(row, task.output) for row in task.demos):
        draft.pieces.append(
            "The answer may stand in another passage than the one that the question names."
        )
    return draft


def _size(form: str) -> str:
    return form.partition(": ")[2].partition(",")[0]


def _follows_lead(row: Row, output: str) -> bool:
    given = material(row.inputs)
    return any(
        name in given.context and not content_stems(name) <= content_stems(given.question)
        for name in names(row.outputs.get(output, ""))
    )


def _is_linked(row: Row, output: str) -> bool:
    given = material(row.inputs)
    target = row.outputs.get(output, "")
    learnt = lesson(given.question, given.context, target) if target and given.context else None
    return learnt is not None and learnt.linked


def _wordings(task: _Task) -> list[str]:
    """Lines `question word: passage words` learnt from the demonstrations."""
    lessons = []
    spelled: dict[str, str] = {}
    for row in task.demos:
        given = material(row.inputs)
        shown = row.outputs.get(task.output, "")
        for target in [shown] if shown in given.context else names(shown):
            learnt = lesson(given.question, given.context, target, leads=task.kind == "query")
            if learnt is not None:
                lessons.append(learnt)
        for word in words(f"{given.question} {given.context}"):
            for each in content_stems(word):
                spelled.setdefault(each, word.lower())
    lines = []
    for asked, said in learnt_wordings(lessons).items():
        meant = sorted(spelled.get(each, each) for each in said)
        lines.append(f"- {spelled.get(asked, asked)}: {', '.join(meant)}")
    return lines


def _add_history(draft: _Draft, prompt: Prompt, task: _Task, rng: Random) -> None:
    """Take over most of what the best earlier instruction says beyond the basic one."""
    tried = [
        (float(match.group(2)), match.group(1).strip())
        for part in re.split(r"\n\s*\n", prompt.value("previous_instructions"))
        if (match := _SCORED.match(part.strip()))
    ]
    if not tried:
        return
    lines = max(tried)[1].splitlines()
    text = lines[0].replace(task.basic, " ") if task.basic else lines[0]
    for sentence in re.split(r"(?<=[.!?])\s+", text):
        new = sentence.strip() and sentence.strip() not in draft.pieces
        if new and rng.random() >= _DROP * prompt.temperature / 2:
            draft.pieces.append(sentence.strip())
    known = {line.partition(":")[0] for line in draft.lines}
    draft.lines += [line for line in lines[1:] if line.partition(":")[0] not in known]
