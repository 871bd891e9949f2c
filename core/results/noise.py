"""How much a candidate's scores differ when the same examples run again: the model's own noise.

From runs that people asked for besides the ordinary ones. Deliberately not here: how much scores
differ between examples, which is what intervals of means are about (`core.evaluation.statistics`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.evaluation.statistics import Mean, mean
from core.runs.decisions import ExamplePart
from core.runs.evaluations import results_on
from core.runs.parts import Result
from core.runs.state import RunState


@dataclass(frozen=True, kw_only=True)
class Noise:
    """What repeated runs of the same examples show of one candidate."""

    candidate: str
    part: ExamplePart
    sd: float
    """Within-example standard deviation of one run's score, pooled over the examples: the root of
    the mean of their unbiased variances, each weighted by its runs less one. A fraction."""
    examples: int
    """Examples with two or more scores; all numbers here are over these."""
    runs: int
    """Scores on them, the ordinary ones included."""
    mean: Mean
    """Of each example's mean over its runs; n is the number of examples."""
    mean_sd: float
    """Standard deviation, from one run over all these examples to the next, of the mean score."""


def own_noise(state: RunState, candidate: str, part: ExamplePart) -> Noise | None:
    """The noise of a candidate on this part; None while no example has two scores."""
    repeated = state.repeats.get((candidate, part), {})
    ordinary = results_on(state, candidate, part)
    scores = [_scores(ordinary.get(example), own) for example, own in repeated.items()]
    scores = [each for each in scores if len(each) > 1]
    if not scores:
        return None
    means = [sum(each) / len(each) for each in scores]
    squares = sum(
        (score - centre) ** 2 for each, centre in zip(scores, means, strict=True) for score in each
    )
    runs = sum(map(len, scores))
    sd = math.sqrt(squares / (runs - len(scores)))
    return Noise(
        candidate=candidate,
        part=part,
        sd=sd,
        examples=len(scores),
        runs=runs,
        mean=mean([min(1.0, each) for each in means]),
        mean_sd=sd / math.sqrt(len(scores)),
    )


def noises(state: RunState, part: ExamplePart) -> dict[str, Noise]:
    """Candidate → its noise on this part, for those of which an example has two scores."""
    found = (own_noise(state, candidate, own) for candidate, own in state.repeats if own == part)
    return {each.candidate: each for each in found if each is not None}


def _scores(ordinary: Result | None, repeats: Mapping[int, Result]) -> Sequence[float]:
    """Of one example, failed runs left out."""
    results = [*repeats.values()] if ordinary is None else [ordinary, *repeats.values()]
    return [each.score for each in results if each.score is not None]
