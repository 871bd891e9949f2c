"""The next step of an agent with tools, as `dspy.ReAct` asks for it, and its last answer.

Looks up the names of the question one by one, calculates with what was found when the question asks
for a sum, and stops. What the tools are is read from the instruction; none is known beforehand.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.lm.matcher.prompt import Field, Prompt
from core.lm.matcher.reader import material, read_span
from core.lm.matcher.style import follows
from core.lm.matcher.text import coin, names, number

_TOOL = re.compile(
    r"\(\d+\) (\w+), whose description is <desc>(.*?)</desc>\. It takes arguments (\{.*?\})\.\s*$",
    flags=re.MULTILINE | re.DOTALL,
)
_ARGUMENT = re.compile(r"^\{'(\w+)'")
_SECTION = re.compile(r"^\[\[ ## (\w+?)_(\d+) ## \]\]\s*$", flags=re.MULTILINE)
_SUM_TOOL = re.compile(r"\bsums?\b|\bcalculat|\barithmetic|\bwork(?:s|ed)? out\b", re.IGNORECASE)
_TOGETHER = re.compile(r"\b(?:together|total|sum|altogether|combined|in all)\b", re.IGNORECASE)
_BETWEEN = re.compile(r"\b(?:between|difference|more than|fewer than|apart)\b", re.IGNORECASE)
_TIMES = re.compile(r"\b(\d+) times\b", re.IGNORECASE)
_ONE_BY_ONE = re.compile(
    r"\b(?:one (?:name|thing|step) at a time|one by one|each name|every name|separately|"
    r"search for that name|step by step|key terms)\b",
    re.IGNORECASE,
)
_YEARS = re.compile(r"\byears\b.*\bbetween\b", re.IGNORECASE)
_COUNTED = re.compile(r"\bnumber of (\w+)", re.IGNORECASE)
_CUE_EVIDENCE = 1.0
_DEMO_EVIDENCE = 0.8
_FINISH = "finish"


@dataclass(frozen=True, kw_only=True)
class _Tool:
    name: str
    argument: str
    """Name of its first argument; empty for a tool without any."""
    calculates: bool


@dataclass(frozen=True, kw_only=True)
class _Call:
    tool: str
    argument: str
    observation: str


def write_step(prompt: Prompt, field: Field) -> str | None:
    """A text for an agent's output field; None when this is no agent's prompt."""
    if {"next_tool_name", "next_tool_args"} <= {each.name for each in prompt.outputs}:
        tool, arguments, thought = _next_step(prompt)
        written = {
            "next_tool_name": tool,
            "next_tool_args": json.dumps(arguments, ensure_ascii=False),
            "next_thought": thought,
        }
        return written.get(field.name)
    if "trajectory" in prompt.values:
        return _last_answer(prompt)
    return None


def _next_step(prompt: Prompt) -> tuple[str, dict[str, str], str]:
    """Tool, arguments, and the thought that goes with them."""
    tools = _tools(prompt.instruction)
    question, calls = _question(prompt), _calls(prompt.values.get("trajectory", ""))
    search = next((each for each in tools if each.argument and not each.calculates), None)
    sums = next((each for each in tools if each.calculates), None)
    asked = [call.argument for call in calls if search and call.tool == search.name]
    open_names = [name for name in _subjects(question) if not any(name in each for each in asked)]
    if search and (open_names or not asked):
        query = open_names[0] if open_names and _focused(prompt, question) else question
        if query not in asked:
            return search.name, {search.argument: query}, f"I look up {query}."
    if sums and not any(call.tool == sums.name for call in calls):
        expression = _expression(prompt, question, calls)
        if expression:
            return sums.name, {sums.argument: expression}, f"I work out {expression}."
    return _FINISH, {}, "I know enough to answer."


def _last_answer(prompt: Prompt) -> str | None:
    """What the calculation gave; else what was looked up, read for the question."""
    calls = [call for call in _calls(prompt.values["trajectory"]) if call.tool != _FINISH]
    if not calls:
        return None
    if number(calls[-1].observation) is not None:
        return calls[-1].observation
    found = "\n\n".join(call.observation for call in calls)
    return read_span(_question(prompt), found, prompt.instruction)


@lru_cache(maxsize=256)
def _tools(instruction: str) -> tuple[_Tool, ...]:
    found = []
    for name, description, arguments in _TOOL.findall(instruction):
        first = _ARGUMENT.match(arguments)
        argument = first.group(1) if first else ""
        calculates = argument == "expression" or bool(_SUM_TOOL.search(description))
        found.append(_Tool(name=name, argument=argument, calculates=calculates))
    return tuple(found)


def _calls(trajectory: str) -> list[_Call]:
    parts = _SECTION.split(trajectory)
    steps: dict[str, dict[str, str]] = {}
    for kind, place, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        steps.setdefault(place, {})[kind] = text.strip()
    return [
        _Call(
            tool=step.get("tool_name", ""),
            argument=" ".join(_arguments(step.get("tool_args", ""))),
            observation=step.get("observation", ""),
        )
        for step in steps.values()
    ]


def _arguments(text: str) -> list[str]:
    try:
        loaded = json.loads(text)
    except ValueError:
        return [text]
    return [str(value) for value in loaded.values()] if isinstance(loaded, dict) else [text]


def _question(prompt: Prompt) -> str:
    return material({n: v for n, v in prompt.values.items() if n != "trajectory"}).question


def _subjects(question: str) -> Sequence[str]:
    """The names that the question is about; two that "and" connects are two."""
    return [part for name in names(question) for part in re.split(r"\s+and\s+", name)]


def _focused(prompt: Prompt, question: str) -> bool:
    """Whether names are looked up one by one, instead of the whole question at once."""
    told = len(_ONE_BY_ONE.findall(prompt.instruction))
    shown = sum(_looks_up_a_name(demo.outputs) for demo in prompt.demos)
    evidence = _CUE_EVIDENCE * told + _DEMO_EVIDENCE * shown
    return follows(evidence, coin("look up", question, prompt.instruction, len(prompt.demos)))


def _looks_up_a_name(outputs: Mapping[str, str]) -> bool:
    said = " ".join(_arguments(outputs.get("next_tool_args", "")))
    return bool(said) and said in names(said)


def _asked_of(question: str, subject: str, subjects: Sequence[str]) -> str:
    """What the question asks of one of its subjects."""
    if _YEARS.search(question):
        return f"In what year was {subject} founded, built or opened?"
    counted = _COUNTED.search(question)
    if counted:
        return f"How many {counted.group(1)} live in {subject}?"
    for other in subjects:
        question = question if other == subject else question.replace(other, "")
    return question


def _expression(prompt: Prompt, question: str, calls: Sequence[_Call]) -> str:
    """The sum that the question asks for; empty when it asks for none or a number is missing."""
    subjects = _subjects(question)
    values = []
    for subject in subjects:
        passages = "\n\n".join(call.observation for call in calls if subject in call.observation)
        asked = _asked_of(question, subject, subjects)
        read = read_span(asked, passages, prompt.instruction) if passages else None
        value = number(re.sub(r"[^\d.,-]", "", read or "").strip(".,")) if read else None
        if value is not None:
            values.append(value)
    times = _TIMES.search(question)
    if times and values:
        return f"{times.group(1)} * {values[0]:.10g}"
    if len(values) < len(subjects) or len(values) != 2:
        return ""
    low, high = sorted(values)
    if _BETWEEN.search(question):
        return f"{high:.10g} - {low:.10g}"
    return f"{values[0]:.10g} + {values[1]:.10g}" if _TOGETHER.search(question) else ""
