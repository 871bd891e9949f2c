"""What optimization gains with the offline model: iris (half held out) and the two-hop questions.

Prints held-out test scores of baseline and best per seed, and one JSON object as its last line.
The offline model is a text matcher; these numbers show that the search works, not what an LLM does.
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from core.data.bundled import bundled, bundled_dataset
from core.data.dataset import FieldMapping
from core.data.split import SplitConfig
from core.programs.registry import template
from core.runs.config import RunConfig
from core.runs.preparation import prepare
from core.runs.scores import test_scores
from core.search.budget import preset
from core.storage.memory import MemoryStore
from core.worker.session import work

IRIS_SPLIT = SplitConfig(train=0.25, val=0.25, test=0.5)
"""75 rows to optimize on and 75 held out, as in the paper."""


def scores(program: str, seed: int, split: SplitConfig) -> dict[str, float]:
    """Held-out test scores of one light run on the program's bundled dataset."""
    store = MemoryStore()
    chosen = template(program)
    name = "iris" if program == "classification" else chosen.dataset
    entry, dataset = bundled()[name], bundled_dataset(name)
    corpus = store.put_dataset(bundled_dataset(chosen.passages)) if chosen.passages else None
    config = RunConfig(
        name=name,
        program=program,
        dataset=store.put_dataset(dataset),
        dataset_name=dataset.name,
        mapping=FieldMapping(
            inputs={each: each for each in entry.inputs},
            outputs={each: each for each in entry.outputs},
        ),
        split=split.model_copy(update={"seed": seed}),
        passages=corpus,
        metric=chosen.metric,
        budget=preset("light", predictors=1),
        seed=seed,
    )
    budget = preset("light", predictors=len(prepare(config, store).predictors))
    run_id = store.create(config.model_copy(update={"budget": budget}))
    started = time.perf_counter()
    state = work(run_id, store, cache=None)
    assert state.baseline is not None
    assert state.best is not None
    baseline = statistics.mean(test_scores(state, state.baseline).values())
    best = statistics.mean(test_scores(state, state.best).values())
    return {
        "baseline": round(baseline, 4),
        "best": round(best, 4),
        "n": len(test_scores(state, state.best)),
        "calls": state.usage.calls,
        "seconds": round(time.perf_counter() - started, 1),
    }


def main() -> None:
    """Print a line per run and the JSON object."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="one seed instead of five")
    options = parser.parse_args()
    found: dict[str, Any] = {}
    for program, split in (("classification", IRIS_SPLIT), ("multi_hop_qa", SplitConfig())):
        runs = []
        for seed in range(1 if options.quick else 5):
            runs.append(scores(program, seed, split))
            print(program, seed, runs[-1], flush=True)
        found[program] = {
            "baseline": round(statistics.mean(run["baseline"] for run in runs), 4),
            "best": round(statistics.mean(run["best"] for run in runs), 4),
            "seeds": len(runs),
            "n": runs[0]["n"],
        }
    print(json.dumps({"benchmark": "offline_gains", "quick": options.quick, **found}))


if __name__ == "__main__":
    main()
