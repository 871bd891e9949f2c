"""New instructions for all predictors in one answer: a proposal for each, written as a list.

Each predictor's share of the prompt is read out and answered as if it had been asked about alone.
"""

import json
import re
from dataclasses import replace

from core.lm.matcher.prompt import Field, Prompt
from core.lm.matcher.proposer import propose

_SECTION = re.compile(r"^Predictor (\S+)\s*$", flags=re.MULTILINE)
_SCORED_LIST = re.compile(r"^(\[.*\])\s*\|\s*Score:\s*(-?[\d.]+)\s*$", flags=re.MULTILINE)


def write_proposal_set(prompt: Prompt, wanted: Field) -> str | None:
    """A JSON list of instructions; None when the prompt does not ask for a set of them."""
    basics = _texts(prompt.value("basic_instructions"))
    if wanted.name != "proposed_instructions" or not basics:
        return None
    lines = prompt.value("predictors").splitlines()
    demos = _by_predictor(prompt.value("task_demos"))
    locked = _by_predictor(prompt.value("locked_text"))
    tried = [
        (_texts(listed), score)
        for listed, score in _SCORED_LIST.findall(prompt.value("previous_instructions"))
    ]
    written = []
    for place, basic in enumerate(basics):
        line = lines[place] if place < len(lines) else ""
        own = {
            "predictor": line,
            "basic_instruction": basic,
            "task_demos": demos.get(line.partition(":")[0], ""),
            "locked_text": locked.get(line.partition(":")[0], ""),
            "previous_instructions": "\n\n".join(
                f"{texts[place]} | Score: {score}" for texts, score in tried if place < len(texts)
            ),
        }
        values = {**prompt.values, **own}
        written.append(propose(replace(prompt, values=values, key=f"{prompt.key}\x1e{place}")))
    return json.dumps(written, ensure_ascii=False)


def _by_predictor(text: str) -> dict[str, str]:
    parts = _SECTION.split(text)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _texts(listed: str) -> list[str]:
    try:
        loaded = json.loads(listed)
    except json.JSONDecodeError:
        return []
    return [str(each) for each in loaded] if isinstance(loaded, list) else []
