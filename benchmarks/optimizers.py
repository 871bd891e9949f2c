"""Every optimizer of the family on four datasets at equal cost, beside two of dspy's own.

The offline model answers, so a table of 14 optimizers takes minutes and no key; the numbers show
how the optimizers work, not what an LLM does. All get as many trials as make the program run about
equally often before the held-out test: ten times the validation examples in use. Where a pool or a
set of programs is smaller than that, the search ends with it. Prints a table of held-out scores
with standard errors over the seeds, and one JSON object as its last line.
"""

import argparse
import contextlib
import io
import json
import logging
import math
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import dspy  # noqa: E402

from core.data.bundled import bundled, bundled_dataset  # noqa: E402
from core.data.dataset import Dataset, Example, FieldMapping  # noqa: E402
from core.data.readers import read_file  # noqa: E402
from core.data.split import SplitConfig  # noqa: E402
from core.evaluation.evaluator import evaluate_example  # noqa: E402
from core.lm.connection import LMConfig, connect  # noqa: E402
from core.programs.registry import template  # noqa: E402
from core.runs.config import RunConfig  # noqa: E402
from core.runs.preparation import Task, prepare  # noqa: E402
from core.runs.scores import test_scores, val_scores  # noqa: E402
from core.search.budget import Budget, preset, search_plan, shaped, wanted_traces  # noqa: E402
from core.search.family import FAMILY  # noqa: E402
from core.search.shape import JOINT, Shape  # noqa: E402
from core.storage.memory import MemoryStore  # noqa: E402
from core.worker.session import prepare_libraries, work  # noqa: E402

EVALUATIONS = 10
"""Program runs before the held-out test, in validation sets."""

TEACHING = 1.5
"""Teacher runs per accepted trace, about."""

THREADS = 2
"""The offline model computes; more threads would only wait for one another."""

QUICK_ROWS = 40

HEART = ROOT.parent / "shared" / "data" / "heart_disease" / "cleveland303.jsonl"

Row = dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A program and its rows."""

    name: str
    program: str
    dataset: Dataset
    mapping: FieldMapping
    split: SplitConfig


def cases(most_rows: int | None) -> list[Case]:
    """The four cases, without heart disease where its file is not there."""
    half = SplitConfig(train=0.25, val=0.25, test=0.5)  # 75 of 150 rows held out, as in the paper
    found = [
        _bundled("iris", "classification", "iris", half),
        _bundled("support_tickets", "classification", "support_tickets", SplitConfig()),
        _bundled("multi_hop", "multi_hop_qa", "multi_hop_questions", SplitConfig()),
    ]
    if HEART.exists():
        rows = read_file(HEART)
        inputs = {name: name for name in rows.frame.columns if name not in ("answer", "cp_raw")}
        mapping = FieldMapping(inputs=inputs, outputs={"answer": "answer"})
        split = SplitConfig(train=0.2, val=0.2, test=0.6)
        found.append(
            Case(
                name="heart_disease",
                program="classification",
                dataset=rows,
                mapping=mapping,
                split=split,
            )
        )
    else:
        print("heart_disease: skipped, its file is not part of the project and not there")
    return [_fewer(case, most_rows) for case in found]


def _bundled(name: str, program: str, dataset: str, split: SplitConfig) -> Case:
    entry = bundled()[dataset]
    mapping = FieldMapping(
        inputs={each: each for each in entry.inputs}, outputs={each: each for each in entry.outputs}
    )
    return Case(
        name=name,
        program=program,
        dataset=bundled_dataset(dataset),
        mapping=mapping,
        split=split,
    )


def _fewer(case: Case, most: int | None) -> Case:
    if most is None or len(case.dataset.frame) <= most:
        return case
    frame = case.dataset.frame.sample(most, random_state=0).reset_index(drop=True)
    fewer = Dataset(name=case.dataset.name, origin=case.dataset.origin, frame=frame)
    return Case(**{**vars(case), "dataset": fewer})


def settings(case: Case, optimizer: str, seed: int, store: MemoryStore) -> RunConfig:
    """The light budget's pool, with as many trials as fit."""
    chosen = template(case.program)
    corpus = store.put_dataset(bundled_dataset(chosen.passages)) if chosen.passages else None
    config = RunConfig(
        name=case.name,
        program=case.program,
        dataset=store.put_dataset(case.dataset),
        dataset_name=case.name,
        mapping=case.mapping,
        split=case.split.model_copy(update={"seed": seed}),
        passages=corpus,
        metric=chosen.metric,
        optimizer=optimizer,
        budget=preset("light", predictors=1),
        seed=seed,
        concurrency=THREADS,
    )
    task = prepare(config, store)
    return config.model_copy(update={"budget": _budget(task, optimizer)})


def _budget(task: Task, optimizer: str) -> Budget:
    shape = FAMILY[optimizer].shape
    light = preset("light", len(task.predictors), shape)
    trials = fitting_trials(light, len(task.val), TEACHING * wanted_traces(light, shape), shape)
    return shaped(light.model_copy(update={"trials": trials}), shape)


def fitting_trials(budget: Budget, rows: int, teaching: float, shape: Shape) -> int:
    """Trials for which the baseline, the teacher and the full evaluations leave room."""
    plan = search_plan(budget, rows, shape)
    per_trial = rows if plan.whole else plan.batch + rows / budget.full_every
    return max(1, int((EVALUATIONS * rows - rows - teaching) / per_trial))


def ours(case: Case, optimizer: str, seed: int) -> Row:
    """One run of an optimizer of ours."""
    store = MemoryStore()
    run_id = store.create(settings(case, optimizer, seed, store))
    started = time.perf_counter()
    state = work(run_id, store, cache=None, waits_when_paused=False)
    if state.best is None or state.baseline is None:
        raise RuntimeError(f"{case.name}, {optimizer}, seed {seed}: {state.message}")
    tested = sum(len(results) for results in state.test_results.values())
    return {
        "baseline": statistics.mean(test_scores(state, state.baseline).values()),
        "val": statistics.mean(val_scores(state, state.best).values()),
        "test": statistics.mean(test_scores(state, state.best).values()),
        "runs": state.examples_scored + len(state.traces) - tested,
        "prompts": state.prompt_usage.calls,
        "seconds": time.perf_counter() - started,
    }


class Peer:
    """The same rows and the same program for an optimizer of dspy's."""

    def __init__(self, case: Case, seed: int) -> None:
        store = MemoryStore()
        self.config = settings(case, "mipro_tpe", seed, store)
        self.task = prepare(self.config, store)
        self.seed = seed
        self.runs = 0
        self.lm = connect(LMConfig(), role="task model")
        self.train, self.val = self._rows(self.task.train), self._rows(self.task.val)

    def metric(self, example: Any, prediction: Any, trace: Any = None) -> float:
        """The task's metric; every call of it is one program run."""
        self.runs += 1
        expected = {name: example[name] for name in self.task_outputs}
        return self.task.metric.score(expected, prediction.toDict())

    @property
    def task_outputs(self) -> list[str]:
        """Names of the fields that are scored."""
        return list(self.task.train[0].outputs)

    @property
    def teaching(self) -> float:
        """Program runs that bootstrapping takes, about: dspy runs the teacher anew for each set."""
        budget = self.config.budget
        return TEACHING * budget.demo_sets * budget.bootstrapped_demos

    def mipro(self) -> dspy.Module:
        """dspy.MIPROv2 with the light setting's pool and as many trials as fit."""
        budget, rows = self.config.budget, len(self.val)
        plan = search_plan(budget, rows)
        optimizer = dspy.MIPROv2(
            metric=self.metric,
            auto=None,
            num_candidates=budget.demo_sets,
            max_bootstrapped_demos=budget.bootstrapped_demos,
            max_labeled_demos=budget.labelled_demos,
            num_threads=THREADS,
            seed=self.seed,
            verbose=False,
        )
        return optimizer.compile(
            self.task.program,
            trainset=self.train,
            valset=self.val,
            num_trials=fitting_trials(budget, rows, self.teaching, JOINT),
            minibatch=not plan.whole,
            minibatch_size=plan.batch,
            minibatch_full_eval_steps=budget.full_every,
        )

    def random_search(self) -> dspy.Module:
        """dspy.BootstrapFewShotWithRandomSearch with as many programs as fit."""
        optimizer = dspy.BootstrapFewShotWithRandomSearch(
            metric=self.metric,
            max_bootstrapped_demos=self.config.budget.bootstrapped_demos,
            max_labeled_demos=self.config.budget.labelled_demos,
            num_candidate_programs=EVALUATIONS - 4,  # it tries three more, and bootstraps each
            num_threads=THREADS,
        )
        return optimizer.compile(self.task.program, trainset=self.train, valset=self.val)

    def row(self, compiled: Callable[[], dspy.Module]) -> Row:
        """Compile in silence and score on the held-out examples."""
        started = time.perf_counter()
        with dspy.context(lm=self.lm), _silence():
            program = compiled()
        runs = self.runs
        return {
            "baseline": self._mean(self.task.program, self.task.test),
            "val": self._mean(program, self.task.val),
            "test": self._mean(program, self.task.test),
            "runs": runs,
            "prompts": 0,
            "seconds": time.perf_counter() - started,
        }

    def _mean(self, program: dspy.Module, examples: Sequence[Example]) -> float:
        scores = [
            evaluate_example(program, each, metric=self.task.metric, lm=self.lm).score
            for each in examples
        ]
        return statistics.mean(score for score in scores if score is not None)

    def _rows(self, examples: Sequence[Example]) -> list[dspy.Example]:
        return [
            dspy.Example(**each.inputs, **each.outputs).with_inputs(*each.inputs)
            for each in examples
        ]


@contextlib.contextmanager
def _silence() -> Any:
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield


PEERS: dict[str, Callable[[Peer], dspy.Module]] = {
    "dspy.MIPROv2": Peer.mipro,
    "dspy.BootstrapFewShotWithRandomSearch": Peer.random_search,
}


def peer(case: Case, name: str, seed: int) -> Row:
    """One run of an optimizer of dspy's."""
    side = Peer(case, seed)
    prepare_libraries(side.config, None)
    logging.getLogger("dspy").setLevel(logging.ERROR)
    return side.row(lambda: PEERS[name](side))


def summary(rows: Sequence[Row]) -> Row:
    """Means over the seeds, and the standard error of the held-out score."""
    means = {name: round(statistics.mean(row[name] for row in rows), 4) for name in rows[0]}
    tests = [row["test"] for row in rows]
    spread = statistics.stdev(tests) / math.sqrt(len(tests)) if len(tests) > 1 else 0.0
    return {**means, "test_se": round(spread, 4), "seeds": len(rows)}


def table(found: dict[str, dict[str, Row]]) -> str:
    """Held-out scores in percent, a line per optimizer and a column per dataset."""
    names = list(found)
    width = max(map(len, [*FAMILY, *PEERS]))
    lines = [" " * width + "".join(f"  {name:>20}" for name in names)]
    base = [f"  {100 * next(iter(found[name].values()))['baseline']:>20.1f}" for name in names]
    lines.append(f"{'baseline':<{width}}" + "".join(base))
    for optimizer in [*FAMILY, *PEERS]:
        cells = []
        for name in names:
            row = found[name].get(optimizer)
            text = (
                f"{100 * row['test']:.1f} ± {100 * row['test_se']:.1f} ({row['runs']:.0f})"
                if row
                else "-"
            )
            cells.append(f"  {text:>20}")
        lines.append(f"{optimizer:<{width}}" + "".join(cells))
    lines.append("held-out score in percent ± standard error (program runs before the test)")
    return "\n".join(lines)


def main() -> None:
    """Print a line per optimizer and dataset, the table and the JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one seed, few rows")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=160, help="at most so many of a dataset")
    parser.add_argument("--only", nargs="*", choices=[*FAMILY, *PEERS], default=None)
    parser.add_argument("--datasets", nargs="*", default=None)
    options = parser.parse_args()
    seeds = 1 if options.quick else options.seeds
    started = time.perf_counter()
    found: dict[str, dict[str, Row]] = {}
    for case in cases(QUICK_ROWS if options.quick else options.rows):
        if options.datasets and case.name not in options.datasets:
            continue
        found[case.name] = {}
        for name in options.only or [*FAMILY, *PEERS]:
            run = peer if name in PEERS else ours
            row = summary([run(case, name, seed) for seed in range(seeds)])
            found[case.name][name] = row
            print(f"{case.name:16} {name:40} {row}", flush=True)
    print(table(found))
    result = {
        "benchmark": "optimizers",
        "quick": options.quick,
        "seeds": seeds,
        "seconds": round(time.perf_counter() - started, 1),
        "datasets": found,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
