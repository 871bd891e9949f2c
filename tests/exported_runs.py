"""Made-up runs of any sample program, for tests of what a run is taken home as."""

from typing import Any

from core.data.bundled import bundled, bundled_dataset
from core.data.dataset import Dataset, FieldMapping
from core.evaluation.evaluator import evaluate_example
from core.export.source import Source, source_of
from core.lm.connection import LMConfig, connect
from core.programs.candidate import program_with
from core.programs.registry import template
from core.results.run_results import CandidateTexts
from core.runs.config import RunConfig
from core.runs.preparation import prepare
from core.runs.store import Store
from core.storage.memory import MemoryStore
from tests import run_log

BUDGET = run_log.Plan(instructions=4, demo_sets=4, trials=6, minibatch=10).budget


def config_of(
    store: Store, program: str, *, data: Dataset | None = None, **changes: Any
) -> RunConfig:
    """Settings of a run of the program on the dataset that shows it at work, or on `data`."""
    chosen = template(program)
    entry = bundled()[chosen.dataset]
    dataset = bundled_dataset(chosen.dataset) if data is None else data
    inputs = [each.name for each in chosen.inputs] or list(entry.inputs)
    outputs = [each.name for each in chosen.outputs] or list(entry.outputs)
    settings: dict[str, Any] = {
        "name": f"Made-up {program}",
        "program": program,
        "dataset": store.put_dataset(dataset),
        "dataset_name": dataset.name,
        "mapping": FieldMapping(
            inputs={each: each for each in inputs}, outputs={each: each for each in outputs}
        ),
        "passages": (
            store.put_dataset(bundled_dataset(chosen.passages)) if chosen.passages else None
        ),
        "metric": chosen.metric,
        "budget": BUDGET,
    }
    return RunConfig(**{**settings, **changes})


def logged(config: RunConfig, store: Store, **changes: Any) -> str:
    """Id of a finished run with these settings, in the store."""
    plan = run_log.plan_of(prepare(config, store), config, **changes)
    run_id = store.create(config)
    run_log.append(store, run_id, run_log.log(plan))
    store.put_snapshot(run_id, run_log.snapshot(run_log.replay(store, run_id)))
    return run_id


def made_up(program: str, **changes: Any) -> Source:
    """A finished run of the program with its best candidate chosen."""
    store = MemoryStore()
    return source_of(logged(config_of(store, program, **changes), store), store)


def endpoint(base: str, **changes: Any) -> LMConfig:
    """A connection to a test server."""
    return LMConfig(**{"model": "m", "api_base": base, "retries": 0, **changes})


def really_sent(source: Source, texts: CandidateTexts, number: int, model: LMConfig) -> None:
    """Run the candidate on held-out example `number`, as a run does; the server sees it."""
    task = source.task
    program = program_with(task.program, texts.instructions, texts.demos)
    found = evaluate_example(
        program,
        task.test[number],
        metric=task.metric,
        lm=connect(model, role="task model").copy(cache=False),
    )
    assert found.failure is None
