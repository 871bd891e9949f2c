"""A ReAct agent with two local tools: a look-up in a corpus and a calculator."""

import ast
import operator
from collections.abc import Callable

import dspy

from core.programs.retrieval import PassageIndex
from core.programs.template import ProgramSetup, ProgramTemplate, Stage, TemplateField

STEPS = 4
"""Most tool calls; each is one LM call, and one more writes the answer."""
PASSAGES_PER_LOOKUP = 1
LONGEST_EXPRESSION = 200
LARGEST_POWER = 64

_OPERATIONS: dict[type[ast.AST], Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}


def calculator(expression: str) -> str:
    """Works out a sum of numbers with + - * / // % ** and brackets, such as (12 + 30) * 2."""
    text = str(expression).replace(",", "").strip()
    if len(text) > LONGEST_EXPRESSION:
        return f"The expression is too long: at most {LONGEST_EXPRESSION} characters."
    try:
        value = _value(ast.parse(text, mode="eval").body)
    except ZeroDivisionError:
        return "This divides by zero."
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
        return f"This cannot be worked out: {text}. Use numbers, + - * / // % ** and brackets only."
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _value(node: ast.AST) -> float:
    """The value of a parsed sum. Nothing is executed: every other kind of node is refused."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return node.value
    if isinstance(node, ast.UnaryOp) and type(node.op) in _OPERATIONS:
        return _OPERATIONS[type(node.op)](_value(node.operand))
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        left, right = _value(node.left), _value(node.right)
        if isinstance(node.op, ast.Pow) and (abs(right) > LARGEST_POWER or abs(left) > 1e6):
            raise ValueError("a power this large is no everyday sum")
        found = _OPERATIONS[type(node.op)](left, right)
        if isinstance(found, complex):
            raise ValueError("a root of a negative number")
        return found
    raise ValueError("no sum")


class Agent(dspy.Module):
    """Looks facts up and calculates, step by step, then answers."""

    def __init__(self, index: PassageIndex, steps: int = STEPS) -> None:
        """Look up in `index`; at most `steps` tool calls."""
        super().__init__()

        def lookup(query: str) -> list[str]:
            """Finds passages about a name, such as a town, a bridge or a company."""
            return index.search(query, PASSAGES_PER_LOOKUP)

        self.agent = dspy.ReAct("question -> answer", tools=[lookup, calculator], max_iters=steps)
        acting = self.agent.react
        told = acting.signature.instructions
        start = told.index("You are an Agent.")
        # what the tools are and how they are called must stand in every instruction
        acting.signature = acting.signature.with_instructions(
            f"{told[:start]}<keep>{told[start:]}</keep>"
        )

    def forward(self, question: str) -> dspy.Prediction:
        """The prediction with `trajectory`, `reasoning` and `answer`."""
        return self.agent(question=question)


def _build(setup: ProgramSetup) -> dspy.Module:
    return Agent(PassageIndex(setup.passages))


TEMPLATE = ProgramTemplate(
    name="react_agent",
    title="Agent with tools",
    description=(
        "A ReAct agent that looks facts up in a corpus and calculates with them. For questions "
        "that no passage answers by itself."
    ),
    inputs=(TemplateField(name="question", description="What is asked"),),
    outputs=(TemplateField(name="answer", description="The answer, a number"),),
    metric="number",
    dataset="sums",
    passages="multi_hop_passages",
    stages=(
        Stage(name="Next step", kind="predictor", predictor="agent.react", calls=STEPS),
        Stage(name="Tools", kind="tool", after=("Next step",)),
        Stage(
            name="Answer",
            kind="predictor",
            predictor="agent.extract.predict",
            after=("Next step", "Tools"),
        ),
    ),
    build=_build,
)
