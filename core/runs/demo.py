"""The demo run: bundled tickets, the offline model, and a delay so that it can be watched."""

from core.data.bundled import bundled, bundled_dataset
from core.data.dataset import FieldMapping
from core.lm.connection import LMConfig
from core.runs.config import RunConfig
from core.runs.store import Store
from core.search.budget import preset

PROGRAM = "classification"
DATASET = "support_tickets"
DELAY = 0.25
"""Seconds the offline model waits per call."""


def demo_config(store: Store, *, delay: float = DELAY) -> RunConfig:
    """The settings of the demo run; stores its dataset."""
    entry = bundled()[DATASET]
    dataset = bundled_dataset(DATASET)
    return RunConfig(
        name="Demo: support tickets",
        program=PROGRAM,
        dataset=store.put_dataset(dataset),
        dataset_name=dataset.name,
        mapping=FieldMapping(
            inputs={name: name for name in entry.inputs},
            outputs={name: name for name in entry.outputs},
        ),
        metric="exact_match",
        budget=preset("light", predictors=1),
        task_model=LMConfig(delay=delay),
        prompt_model=LMConfig(delay=delay),
        concurrency=8,
    )


def create_demo_run(store: Store) -> str:
    """The id of a new demo run, not yet started."""
    return store.create(demo_config(store))
