"""A program without source, and what a person writes of it: from the settings to the report."""

import sys
from types import ModuleType

import pytest

from core.data.dataset import FieldMapping
from core.data.readers import read
from core.report.gathering import report_of
from core.results.run_results import run_results
from core.runs.config import RunConfig
from core.runs.events import PredictorDescribed
from core.search.budget import Budget
from core.storage.memory import MemoryStore
from core.worker.session import work

HIDDEN = """
import dspy

class Hidden(dspy.Module):
    def __init__(self):
        super().__init__()
        self.step = dspy.Predict("frage -> antwort")

    def forward(self, frage):
        return self.step(frage=frage)
"""
WORDS = "Sorts what tenants of a Viennese house report by who has to come."
TINY = Budget(
    name="exact", instructions=2, demo_sets=2, trials=1, minibatch=4, full_every=2, val_cap=4
)


@pytest.fixture
def hidden(monkeypatch):
    """Import path of a program that was made by `exec`, as in a notebook."""
    module = ModuleType("made_in_a_notebook")
    exec(HIDDEN, module.__dict__)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return f"{module.__name__}:Hidden"


@pytest.mark.parametrize("written", [None, WORDS])
def test_what_a_person_writes_of_a_program_without_source_reaches_prompts_and_report(
    hidden, written
):
    store = MemoryStore()
    rows = b"frage,antwort\n" + b"".join(
        f"no {n} drips,{'plumber' if n % 2 else 'roofer'}\n".encode() for n in range(20)
    )
    dataset = read("reports.csv", rows)
    config = RunConfig(
        name="Hidden",
        program=hidden,
        program_description=written,
        dataset=store.put_dataset(dataset),
        dataset_name=dataset.name,
        mapping=FieldMapping(inputs={"frage": "frage"}, outputs={"antwort": "antwort"}),
        metric="exact_match",
        budget=TINY,
        concurrency=1,
    )
    run_id = store.create(config)
    state = work(run_id, store, cache=None)
    assert state.status == "finished", state.message
    told = written or "Works in 1 step: step reads frage and writes antwort."
    proposals = [key for key in store.traces(run_id, ["program", "proposal/step/1"])]
    assert proposals == ["program", "proposal/step/1"]
    assert all(told in text for text in store.traces(run_id, proposals).values())
    assert "Source:" not in store.traces(run_id, ["program"])["program"]
    events = [record.event for record in store.since(run_id, 0)]
    assert any(isinstance(event, PredictorDescribed) for event in events)
    assert run_results(state, config).grounding.purpose == written
    report = report_of(run_id, store)
    assert report.setting.program_text == told
    assert ("--description" in report.reproduction.command) == (written is not None)
