"""DSPy 3.4.1's MIPROv2 search loop on a simulated world: written out, and the package's own.

`search_loop` follows `MIPROv2._optimize_prompt_parameters` and what it calls, line by line: TPE
with its seed and `multivariate=True`, minibatches of 35 drawn anew for every trial, a full
evaluation of the best by mean every five trials and at the end, scores as percentages rounded to
two decimals. `package_loop` runs that method itself, from the installed dspy, on a program whose
answers come from the same world. Both find the same candidate for the same seed.

Calls are counted as DSPy counts them: every evaluation in full, also of what was seen before.
"""

import logging
import math
import random
from collections import defaultdict
from typing import Any, NamedTuple

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.trial import create_trial

from benchmarks.simulation.worlds import Levels, World

MINIBATCH = 35
FULL_EVERY = 5

optuna.logging.set_verbosity(optuna.logging.ERROR)


class Settings(NamedTuple):
    """What `auto` comes to."""

    trials: int
    examples: int

    @property
    def calls(self) -> int:
        """Program runs: the baseline, the minibatches, the full evaluations."""
        fulls = 1 + math.ceil(self.trials / FULL_EVERY)
        return MINIBATCH * self.trials + fulls * self.examples


def auto_trials(variables: int, n: int) -> int:
    """DSPy's rule; `n` is 6, 12 or 18 for light, medium, heavy."""
    return int(max(2 * variables * math.log2(n), 1.5 * n))


class Found(NamedTuple):
    """What a loop ends with, and on the way (calls, candidate so far)."""

    best: Levels
    calls: int
    path: list[tuple[int, Levels]]


def search_loop(world: World, trials: int, seed: int) -> Found:
    """The loop of DSPy 3.4.1, written out."""
    return _Loop(world, trials, seed).run()


class _Loop:
    def __init__(self, world: World, trials: int, seed: int) -> None:
        self._world, self._trials = world, trials
        self._rng = random.Random(seed)
        kinds = ("instruction", "demos") if world.demos else ("instruction",)
        self._names = [  # names matter: TPE draws its parameters in alphabetical order
            f"{v // len(kinds)}_predictor_{kinds[v % len(kinds)]}" for v in range(len(world.sizes))
        ]
        self._study = optuna.create_study(
            direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed, multivariate=True)
        )
        self._total = trials + trials // FULL_EVERY + 1 + (trials % FULL_EVERY != 0)
        self._minibatches: dict[Levels, list[float]] = defaultdict(list)
        self._full: set[Levels] = set()
        self._best: tuple[float, Levels] = (-1.0, ())
        self._calls = 0
        self._path: list[tuple[int, Levels]] = []

    def run(self) -> Found:
        baseline = (0,) * len(self._names)
        self._evaluate_fully(baseline)
        self._study.optimize(self._objective, n_trials=self._trials)
        return Found(self._best[1], self._calls, self._path)

    def _objective(self, trial: optuna.Trial) -> float:
        number = trial.number + 1
        levels = tuple(
            trial.suggest_categorical(name, range(size))
            for name, size in zip(self._names, self._world.sizes, strict=True)
        )
        score = self._score(levels, self._rng.sample(range(self._world.examples), MINIBATCH))
        self._minibatches[levels].append(score)
        if number % (FULL_EVERY + 1) == 0 or number == self._total - 1:
            means = {key: sum(s) / len(s) for key, s in self._minibatches.items()}
            ranked = sorted(means, key=means.__getitem__, reverse=True)
            best = next(key for key in ranked if key not in self._full)
            self._evaluate_fully(best)
            self._full.add(best)
        return score

    def _evaluate_fully(self, levels: Levels) -> None:
        # eval_candidate_program passes the whole valset without drawing from the generator
        score = self._score(levels, range(self._world.examples))
        params = dict(zip(self._names, levels, strict=True))
        self._study.add_trial(
            create_trial(params=params, distributions=self._distributions(), value=score)
        )
        if score > self._best[0]:
            self._best = score, levels
        self._path.append((self._calls, self._best[1]))

    def _score(self, levels: Levels, examples: Any) -> float:
        answers = self._world.answers(levels)[list(examples)]
        self._calls += len(answers)
        return round(100 * float(answers.sum()) / len(answers), 2)

    def _distributions(self) -> dict[str, BaseDistribution]:
        sizes = zip(self._names, self._world.sizes, strict=True)
        return {name: CategoricalDistribution(range(size)) for name, size in sizes}


def package_loop(world: World, trials: int, seed: int) -> Levels:
    """The installed package's own loop; the world has an instruction and a demo set each."""
    import dspy
    from dspy.evaluate import Evaluate
    from dspy.utils import DummyLM

    class Simulated(dspy.Module):  # type: ignore[misc]
        """Reads its own choices and answers as the world does; calls no model."""

        def __init__(self) -> None:
            super().__init__()
            for number in range(len(world.sizes) // 2):
                signature = dspy.Signature("question -> answer", "instruction 0")
                setattr(self, f"stage{number}", dspy.Predict(signature))

        def forward(self, number: int) -> Any:
            return dspy.Prediction(right=world.answers(levels_of(self))[number])

    def levels_of(program: Any) -> Levels:
        chosen: list[int] = []
        for predictor in program.predictors():
            chosen.append(int(predictor.signature.instructions.split()[1]))
            chosen.append(int(predictor.demos[0]["number"]) if predictor.demos else 0)
        return tuple(chosen)

    logging.getLogger("dspy").setLevel(logging.ERROR)
    valset = [dspy.Example(number=i).with_inputs("number") for i in range(world.examples)]
    evaluate = Evaluate(
        devset=valset, metric=lambda _, p: p.right, num_threads=1, display_progress=False
    )
    pairs = range(len(world.sizes) // 2)
    instructions = {p: [f"instruction {i}" for i in range(world.sizes[2 * p])] for p in pairs}
    demos = {p: [[{"number": i}] for i in range(world.sizes[2 * p + 1])] for p in pairs}
    lm = DummyLM([{"answer": ""}])
    mipro = dspy.MIPROv2(metric=lambda _, p: p.right, prompt_model=lm, task_model=lm, auto="light")
    mipro._set_random_seeds(seed)
    best = mipro._optimize_prompt_parameters(
        Simulated(),
        instructions,
        demos,
        evaluate,
        valset,
        trials,
        True,
        MINIBATCH,
        FULL_EVERY,
        seed,
    )
    return levels_of(best)
