"""What one result of a candidate costs beside those of others: the tokens of its prompts.

An estimate for the search, which weighs what it may gain against it. Deliberately not here: money,
since prices change nothing in the comparison.
"""

from collections.abc import Callable, Sequence

from core.programs.candidate import Demo
from core.runs.state import RunState
from core.search.space import Levels, SearchSpace

CHARACTERS = 4.0
"""Per token of English text."""
PER_FIELD = 6
"""Tokens around each field of a demo."""
REST = 300
"""Tokens per predictor beside instruction and demos, where no model has told how many it used."""
ENOUGH = 5
"""Results of the baseline from which their tokens are a measure."""
ALIKE = 1.1
"""Costs that differ by no more than this factor count as equal."""

Cost = Callable[[Levels], float]
Texts = Sequence[Sequence[float]]
"""Tokens of each level of each variable."""


def run_cost(state: RunState, texts: Texts) -> Cost:
    """Candidate → cost of one run, the baseline's being 1; 1 for all where they hardly differ.

    The baseline's results tell what a run takes beside instructions and demos. `texts` are the
    `text_tokens` of the state.
    """
    rest = _rest(state, texts)
    least, most = (rest + sum(map(pick, texts)) for pick in (min, max))
    if most <= ALIKE * least:
        return lambda levels: 1.0
    own = rest + _sum(texts, (0,) * len(texts))
    return lambda levels: (rest + _sum(texts, levels)) / own


def text_tokens(state: RunState, space: SearchSpace) -> Texts:
    """Tokens of each level of each variable of the space, by length of its text."""
    found: list[list[float]] = []
    for name in space.predictors:
        instructions, sets = state.instructions[name], state.demo_sets[name]
        found.append([len(instructions[id_].text) / CHARACTERS for id_ in space.instructions[name]])
        found.append([demo_tokens(sets[id_].demos) for id_ in space.demo_sets[name]])
    return found


def _rest(state: RunState, texts: Texts) -> float:
    used = state.spent.get(state.baseline or "")
    tokens = used.usage.input_tokens + used.usage.output_tokens if used else 0
    if used is None or used.runs < ENOUGH or not tokens:
        return float(REST * len(state.predictors))
    return max(1.0, tokens / used.runs - _sum(texts, (0,) * len(texts)))


def _sum(texts: Texts, levels: Levels) -> float:
    return sum(own[level] for own, level in zip(texts, levels, strict=True))


def demo_tokens(demos: Sequence[Demo]) -> float:
    """About how many tokens the demos take in a prompt."""
    values = [value for demo in demos for value in demo.values()]
    return sum(len(str(value)) / CHARACTERS + PER_FIELD for value in values)
