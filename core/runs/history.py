"""Which instructions have been tried and how they scored, for proposers that learn from that.

As in OPRO (paper sections 4.2 and 4.5): every instruction of a candidate gets the candidate's
score.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable
from typing import TypeVar

from core.proposal.grounding import ScoredText
from core.runs.scores import val_scores
from core.runs.state import RunState

MOST_SHOWN = 5
"""Earlier instructions that a proposer sees, as in the paper's release code."""

FEWEST_SCORES = 5
"""Examples behind a mean that is worth showing, where the valset has as many."""

_Key = TypeVar("_Key", bound=Hashable)


def scored_instructions(state: RunState, predictor: str) -> list[ScoredText]:
    """The best instructions of one predictor, worst of them first.

    A score is the mean over all examples that ran under any candidate with the instruction.
    """
    texts = state.instructions[predictor]
    best = _best(state, lambda each: state.candidates[each].choices[predictor].instruction)
    return [ScoredText(texts=(texts[key].text,), mean=mean, n=n) for key, mean, n in best]


def scored_sets(state: RunState) -> list[ScoredText]:
    """The best sets of instructions, one for each predictor, worst of them first."""
    names = [info.name for info in state.predictors]

    def chosen(candidate: str) -> tuple[str, ...]:
        choices = state.candidates[candidate].choices
        return tuple(choices[name].instruction for name in names)

    return [
        ScoredText(
            texts=tuple(
                state.instructions[name][key].text for name, key in zip(names, keys, strict=True)
            ),
            mean=mean,
            n=n,
        )
        for keys, mean, n in _best(state, chosen)
    ]


def _best(state: RunState, key_of: Callable[[str], _Key]) -> list[tuple[_Key, float, int]]:
    """(key, mean, n) of the best keys, ascending."""
    scores: dict[_Key, list[float]] = defaultdict(list)
    for candidate in state.results:
        scores[key_of(candidate)].extend(val_scores(state, candidate).values())
    fewest = max(1, min(FEWEST_SCORES, state.sizes[1]))
    means = [
        (key, sum(own) / len(own), len(own)) for key, own in scores.items() if len(own) >= fewest
    ]
    return sorted(means, key=lambda each: each[1])[-MOST_SHOWN:]
