"""Whole runs in which text is locked, on the offline model and on a provider that forgets it."""

import pytest

from core.lm.connection import LMConfig
from core.proposal.locks import missing_spans
from core.runs.decisions import SpansLocked
from core.runs.preparation import prepare
from core.search.budget import Budget
from core.storage.memory import MemoryStore
from core.worker.session import work
from tests.providers.openai_server import formatted, respond_by_hash, serving
from tests.run_log import iris_config

SPAN = "Given the fields `petal_length`"
BUDGET = Budget(name="exact", instructions=4, demo_sets=2, trials=2, minibatch=5, val_cap=10)


@pytest.fixture
def store():
    return MemoryStore()


def locked_run(store, **settings):
    """The id of a run whose predictor has a locked span, and the predictor's name."""
    config = iris_config(store, **{"budget": BUDGET, "concurrency": 4, **settings})
    (info,) = prepare(config, store).predictors
    span = info.instruction.partition(",")[0]
    assert span == SPAN
    run_id = store.create(config)
    store.append(run_id, [SpansLocked(by="anna", predictor=info.name, spans=(span,))])
    return run_id, info.name


class Forgetful:
    """A provider that proposes these texts one after the other, and the last one for ever."""

    def __init__(self, *texts):
        self.texts = list(texts)
        self.asked = []

    def __call__(self, messages):
        if "`proposed_instruction`" not in str(messages[0]["content"]):
            return respond_by_hash(messages)
        self.asked.append(str(messages[-1]["content"]))
        text = self.texts.pop(0) if len(self.texts) > 1 else self.texts[0]
        return formatted({"proposed_instruction": text})


@pytest.fixture
def run_on(store, monkeypatch):
    """Run to the end with this provider as prompt model; its state and the predictor's name."""
    monkeypatch.setenv("STUDIO_TEST_KEY", "secret")

    def run(provider, **budget):
        with serving(provider) as (base, _):
            model = LMConfig(
                model="openai/test", api_base=base, api_key_env="STUDIO_TEST_KEY", timeout=10
            )
            changed = BUDGET.model_copy(update=budget)
            run_id, name = locked_run(store, prompt_model=model, budget=changed, concurrency=1)
            return work(run_id, store, cache=None), name, run_id

    return run


def test_every_candidate_of_an_offline_run_has_the_locked_text(store):
    run_id, name = locked_run(store)
    state = work(run_id, store, cache=None)
    assert state.status == "finished"
    assert len(state.instructions[name]) > 1
    assert not state.refused
    for candidate in state.candidates.values():
        text = state.instructions[name][candidate.choices[name].instruction].text
        assert not missing_spans(text, (SPAN,))


def test_a_proposal_that_drops_the_locked_text_is_refused_asked_again_and_the_reason_kept(
    store, run_on
):
    provider = Forgetful("Think hard.", f"Think harder. {SPAN}, decide.")
    state, name, run_id = run_on(provider, instructions=2)
    (refused,) = state.refused
    assert (refused.text, refused.predictor) == ("Think hard.", name)
    assert refused.reason == f"Locked text is missing from the proposal: “{SPAN}”."
    assert "Your last answer could not be used." not in provider.asked[0]
    assert f"Your last answer could not be used. {refused.reason}" in provider.asked[1]
    own, proposed = state.instructions[name].values()
    assert proposed.text == f"Think harder. {SPAN}, decide."
    assert not proposed.repaired
    traces = store.traces(run_id, [refused.trace, proposed.trace])
    assert "Think hard." in traces[refused.trace]
    assert "Think harder." in traces[proposed.trace]
    assert state.status == "finished"


def test_locked_text_that_was_changed_slightly_is_repaired_and_marked_so(run_on):
    state, name, _ = run_on(Forgetful("Go. Given fields `petal_length`, decide."), instructions=2)
    own, proposed = state.instructions[name].values()
    assert proposed.text == f"Go. {SPAN}, decide."
    assert (proposed.repaired, own.repaired) == (True, False)
    assert not state.refused


def test_who_never_obeys_is_asked_three_times_for_each_and_the_run_goes_on_without(run_on):
    provider = Forgetful("Think hard.")
    state, name, _ = run_on(provider, instructions=3)
    assert len(provider.asked) == len(state.refused) == 6
    (only,) = state.instructions[name]
    assert only == state.candidates[state.baseline].choices[name].instruction
    assert state.status == "finished"
    assert state.prompt_usage.calls > 6
