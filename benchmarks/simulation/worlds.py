"""Worlds to search in: what any candidate answers on any example, and how good it truly is.

Drawn worlds. An answer of candidate c on example e is right with probability

    expit(middle + score(c) + difficulty[e]),           difficulty ~ N(0, 2^2)

    middle   = the logit at which the mean accuracy is 0.42
    score(c) = 7.5 * (sum_v main_v[c_v] + sum_{u<v} pair_uv[c_u, c_v] + own[c])

with main, pair and own effects normal around 0. A difference of x in `score / 7.5` is about x in
accuracy around a half (the mean slope of expit under such difficulties is 1 / 7.5), so spreads
are given in accuracy. The difficulties make the standard deviation of an example's mean score
about 0.33. An answer, once drawn, stays (a model at temperature 0). The true score is the mean
over the population of difficulties, by quadrature; the valset is a sample of it.

Real worlds. Rows of the answer matrices in ../shared/data/matrices: Llama-3.3-70B, prompt by
example, from finitearth/capo (arXiv 2504.16005, Apache-2.0). Levels are drawn prompts; validation
answers are the matrix's, the true score is the authors' test score, or for two stages the share
of right runs among the examples that were kept aside. A two-stage run is right when both are.
"""

import itertools
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
from scipy.special import expit

Levels = tuple[int, ...]
MATRICES = Path(__file__).resolve().parents[3] / "shared" / "data" / "matrices"
SLOPE = 7.5
DIFFICULTY = 2.0
MIDDLE = -0.49
"""The logit that gives a mean accuracy of 0.42 under these difficulties."""


class World(Protocol):
    """A program with fixed choices, and its validation set."""

    sizes: tuple[int, ...]
    examples: int
    demos: bool
    """Whether variables are pairs of an instruction and a demo set, or instructions only."""

    def answers(self, levels: Levels) -> np.ndarray:
        """[examples]: 1 where the candidate is right, else 0."""
        ...

    def truth(self, levels: Levels) -> float:
        """Accuracy on unseen examples, a fraction."""
        ...


@dataclass(frozen=True, kw_only=True)
class Spreads:
    """Standard deviations of effects, in accuracy."""

    instruction: float = 0.05
    demo_set: float = 0.06
    pair: float = 0.02
    own: float = 0.02


class DrawnWorld:
    """A world drawn from the formula above; candidates are drawn when they are first met."""

    def __init__(
        self,
        sizes: Sequence[int],
        examples: int,
        mains: Sequence[float],
        spreads: Spreads,
        seed: int,
    ) -> None:
        self.sizes, self.examples, self.demos = tuple(sizes), examples, len(sizes) > 1
        self._spreads, self._seed = spreads, seed
        rng = np.random.default_rng([seed, 11])
        self._main = [rng.normal(0, sd, size) for size, sd in zip(sizes, mains, strict=True)]
        self._pair = {
            (u, v): rng.normal(0, spreads.pair, (sizes[u], sizes[v]))
            for u, v in itertools.combinations(range(len(sizes)), 2)
        }
        self._difficulty = rng.normal(0, DIFFICULTY, examples)
        self._known: dict[Levels, tuple[float, np.ndarray]] = {}

    def answers(self, levels: Levels) -> np.ndarray:
        return self._drawn(levels)[1]

    def truth(self, levels: Levels) -> float:
        return self._drawn(levels)[0]

    def _drawn(self, levels: Levels) -> tuple[float, np.ndarray]:
        if levels not in self._known:
            rng = np.random.default_rng([self._seed, 12, zlib.crc32(repr(levels).encode())])
            score = sum(table[level] for table, level in zip(self._main, levels, strict=True))
            score += sum(table[levels[u], levels[v]] for (u, v), table in self._pair.items())
            score += rng.normal(0, self._spreads.own)
            logits = MIDDLE + SLOPE * score
            right = rng.random(self.examples) < expit(logits + self._difficulty)
            self._known[levels] = _population_mean(logits), right.astype(float)
        return self._known[levels]


_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(41)


def _population_mean(logits: float) -> float:
    return float(_WEIGHTS @ expit(logits + DIFFICULTY * _NODES) / _WEIGHTS.sum())


class MatrixWorld:
    """A world of given answers: every candidate is a tuple of rows, one per stage."""

    def __init__(
        self,
        stages: Sequence[np.ndarray],
        truth: Callable[[Levels], float],
        examples: Sequence[int],
    ) -> None:
        self.sizes = tuple(len(stage) for stage in stages)
        self.examples, self.demos = len(examples), False
        self._stages = [stage[:, examples] for stage in stages]
        self.truth = truth

    def answers(self, levels: Levels) -> np.ndarray:
        rows = [stage[level] for stage, level in zip(self._stages, levels, strict=True)]
        return np.prod(rows, axis=0)


@cache
def _matrix(name: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Per seed of the authors' runs: answers [prompts, 300] and test scores [prompts]."""
    frame = pd.read_parquet(MATRICES / f"capo_{name}_llama.parquet")
    frame = frame[(frame["n_eval"] == 300) & frame["test_score"].notna()]
    return [
        (np.stack(part["scores"].to_list()).astype(float), part["test_score"].to_numpy(float))
        for _, part in sorted(frame.groupby("seed"))
    ]


def matrices_present() -> bool:
    """Whether the real answers are beside the project."""
    return (MATRICES / "capo_gsm8k_llama.parquet").exists()


def gsm8k_world(prompts: int, seed: int) -> MatrixWorld:
    """One variable: so many prompts for GSM8K, unrelated to each other."""
    return _prompts_world([("gsm8k", prompts)], seed)


def mixed_world(prompts: int, seed: int) -> MatrixWorld:
    """One variable: half the prompts answer GSM8K, half AG News."""
    return _prompts_world([("gsm8k", prompts - prompts // 2), ("agnews", prompts // 2)], seed)


def _prompts_world(parts: Sequence[tuple[str, int]], seed: int) -> MatrixWorld:
    rng = np.random.default_rng([seed, 21])
    answers, truths = [], []
    for name, prompts in parts:
        matrix, test = _matrix(name)[int(rng.integers(len(_matrix(name))))]
        rows = rng.choice(len(matrix), prompts, replace=False)
        answers.append(matrix[rows])
        truths.append(test[rows])
    order = rng.permutation(sum(count for _, count in parts))
    stage, truth = np.concatenate(answers)[order], np.concatenate(truths)[order]
    return MatrixWorld([stage], lambda levels: float(truth[levels[0]]), rng.permutation(300))


def two_stage_world(prompts: int, seed: int) -> MatrixWorld:
    """Two variables: a run is right when its GSM8K and its AG News stage are. 200 examples."""
    rng = np.random.default_rng([seed, 22])
    stages = []
    for name in ("gsm8k", "agnews"):
        matrix, _ = _matrix(name)[int(rng.integers(len(_matrix(name))))]
        rows = rng.choice(len(matrix), prompts, replace=False)
        stages.append(matrix[rows][:, rng.permutation(300)])

    def truth(levels: Levels) -> float:
        rows = [stage[level, 200:] for stage, level in zip(stages, levels, strict=True)]
        return float(np.prod(rows, axis=0).mean())

    return MatrixWorld(stages, truth, np.arange(200))
