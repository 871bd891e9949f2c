"""What has been tried, how it scored and what still goes wrong, for proposers that learn from that.

As in OPRO (paper sections 4.2 and 4.5): every instruction of a candidate gets the candidate's
score.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable
from typing import NamedTuple, TypeVar

import numpy as np

from core.proposal.grounding import ScoredText
from core.runs.scores import best_candidate, val_scores
from core.runs.state import RunState

MOST_SHOWN = 5
"""Earlier instructions that a proposer sees, as in the paper's release code."""

FEWEST_SCORES = 5
"""Examples behind a mean that is worth showing, where the valset has as many."""

WORST_SHOWN = 3
"""Of the worst, how many are shown besides to a proposer that is asked to learn from them."""

MOST_MISTAKES = 4
"""Examples that a proposer sees of what still goes wrong."""

_DRAWN_FROM = 12
"""The sample of mistakes is drawn from so many of the worst, so that not all see the same."""

_Key = TypeVar("_Key", bound=Hashable)


class WrongExample(NamedTuple):
    """A validation example that the candidate does not get fully right."""

    candidate: str
    example: str
    score: float


def scored_instructions(state: RunState, predictor: str, *, worst: int = 0) -> list[ScoredText]:
    """The best instructions of one predictor and the `worst` others, by score, the best last.

    A score is the mean over all examples that ran under any candidate with the instruction.
    """
    texts = state.instructions[predictor]
    means = _means(state, lambda each: state.candidates[each].choices[predictor].instruction)
    best, others = means[-MOST_SHOWN:], means[:-MOST_SHOWN]
    return [
        ScoredText(texts=(texts[key].text,), mean=mean, n=n)
        for key, mean, n in [*others[:worst], *best]
    ]


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
        for keys, mean, n in _means(state, chosen)[-MOST_SHOWN:]
    ]


def wrong_examples(state: RunState, rng: np.random.Generator) -> list[WrongExample]:
    """A few of the examples that the best candidate so far gets wrong, the worst of them first.

    Before any candidate leads, the baseline stands for it. Failed examples are left out: they say
    nothing about the instruction.
    """
    candidate = best_candidate(state) or state.baseline
    if candidate is None:
        return []
    wrong = [(score, each) for each, score in val_scores(state, candidate).items() if score < 1.0]
    shuffled = [wrong[place] for place in rng.permutation(len(wrong))]
    worst = sorted(shuffled, key=lambda each: each[0])[:_DRAWN_FROM]
    drawn = sorted(rng.permutation(len(worst))[:MOST_MISTAKES])
    return [WrongExample(candidate, worst[each][1], worst[each][0]) for each in drawn]


def _means(state: RunState, key_of: Callable[[str], _Key]) -> list[tuple[_Key, float, int]]:
    """(key, mean, n) of every key with enough scores, by mean, ascending."""
    scores: dict[_Key, list[float]] = defaultdict(list)
    for candidate in state.results:
        scores[key_of(candidate)].extend(val_scores(state, candidate).values())
    fewest = max(1, min(FEWEST_SCORES, state.sizes[1]))
    means = [
        (key, sum(own) / len(own), len(own)) for key, own in scores.items() if len(own) >= fewest
    ]
    return sorted(means, key=lambda each: each[1])
