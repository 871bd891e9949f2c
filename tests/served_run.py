"""Small runs whose models are a test server, which `tests.providers.openai_server` has.

They ask yes-or-no questions, `Is item 7 fine?`. `respond_by_hash` of the server answers a program
of one stage, `respond_with_types` the one of two.
"""

from typing import Any

from core.data.dataset import FieldMapping
from core.data.readers import read
from core.lm.connection import LMConfig
from core.runs.config import RunConfig
from core.runs.store import DatasetStore
from core.search.budget import Budget
from tests.providers.openai_server import Messages, digest, formatted, requested_fields

TWO_STAGES = "tests.providers.two_stages:TEMPLATE"
"""The program that writes a note and a number, then decides."""


def questions(count: int) -> str:
    """A CSV of so many questions and their answers, two thirds of which are yes."""
    rows = [f"Is item {i} fine?,{'yes' if i % 3 else 'no'}" for i in range(count)]
    return "\n".join(["question,answer", *rows])


def served_config(
    store: DatasetStore, model: LMConfig | str, *, items: int = 14, **changes: Any
) -> RunConfig:
    """Settings of a run on so many questions, which are put into the store.

    `model`, or any model at this address, is the task and the prompt model; the program is
    `classification` and the budget a tiny one, unless `changes` say otherwise.
    """
    model = LMConfig(model="m", api_base=model) if isinstance(model, str) else model
    dataset = read("items.csv", questions(items).encode())
    settings: dict[str, Any] = {
        "name": "Served",
        "program": "classification",
        "dataset": store.put_dataset(dataset),
        "dataset_name": dataset.name,
        "mapping": FieldMapping(inputs={"question": "question"}, outputs={"answer": "answer"}),
        "metric": "exact_match",
        "budget": Budget(name="exact", instructions=2, demo_sets=2, trials=2, minibatch=3),
        "task_model": model,
        "prompt_model": model,
    }
    return RunConfig(**{**settings, **changes})


def respond_with_types(messages: Messages) -> str:
    """A repeatable answer of the right types to all that a run of the two stages asks."""
    mark = int(digest(messages), 16)
    answers = {"answer": ("no", "yes", "yes")[mark % 3], "doubts": str(mark % 5)}
    return formatted({name: answers.get(name, f"{mark}") for name in requested_fields(messages)})
