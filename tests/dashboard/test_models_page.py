"""The Models page as a visitor uses it, and what becomes of a key that is typed there."""

import pickle

import pytest
import streamlit as st

from core.lm import keys
from core.lm.connection import LMConfig
from core.lm.failures import reason
from core.lm.providers import OWN_ADDRESS
from core.lm.usage import Usage
from core.runs.events import Failure, Paused, PromptCallFailed, RunStarted
from core.worker import launcher
from dashboard import connections
from dashboard.connection import Connection
from tests.dashboard.conftest import button, iris_config, texts
from tests.providers.openai_server import respond_by_hash, serving

KEY = "sk-typed-0123456789"
NAME = "OPENAI_COMPATIBLE_KEY"
REACHED = LMConfig(model="m", api_base="http://127.0.0.1:9/v1", api_key_env=NAME)


@pytest.fixture(scope="module")
def provider():
    with serving(respond_by_hash) as (base, server):
        yield base, server


@pytest.fixture(autouse=True)
def _no_key(monkeypatch):
    monkeypatch.delenv(NAME, raising=False)
    yield
    keys.find_with()


def field(page, kind, label):
    return next(each for each in getattr(page, kind) if each.label == label)


def fill(page, base, *, wants_key=True):
    """The form for an address, filled but for the key."""
    field(page, "selectbox", "Provider").set_value(OWN_ADDRESS).run()
    field(page, "text_input", "Address").set_value(base).run()
    field(page, "text_input", "Model").set_value("test-model").run()
    if wants_key:
        field(page, "toggle", "The server wants a key").set_value(True).run()
    return page


def key_field(page):
    return field(page, "text_input", "Key, for this browser session")


def everything(page):
    """All that the page sends to the browser, but for what it never sends back."""
    return str([*page.main.children.values(), *page.sidebar.children.values()])


def test_a_typed_key_is_used_and_neither_shown_nor_kept_in_a_widget(open_page, provider):
    base, server = provider
    page = fill(open_page("models"), base)
    assert any(f"The key `{NAME}` is not there" in each.value for each in page.caption)
    key_field(page).set_value(KEY).run()
    assert not page.exception
    assert key_field(page).value == ""
    assert any("typed, for this browser session only" in each.value for each in page.caption)
    button(page, "Test connection").click().run()
    assert server.seen.keys[-1] == f"Bearer {KEY}"
    assert any("It answers" in each.value for each in page.caption)
    assert [each.label for each in page.metric] == ["Latency", "Tokens", "Price"]
    button(page, "Save").click().run()
    assert "test-model · " in " ".join(texts(page))
    assert KEY not in everything(page)
    assert KEY not in str(page.session_state)
    assert KEY not in str(dict(page.query_params))
    ring = page.session_state["keys"]
    assert KEY not in repr(ring)
    with pytest.raises(TypeError, match="memory only"):
        pickle.dumps(ring)
    field(page, "button", "Forget it").click().run()
    assert not ring.known()


def test_a_saved_connection_is_used_for_every_job_with_settings_of_its_own(open_page):
    page = open_page("models")
    page.session_state["connections"] = (Connection(name="Mine", config=REACHED),)
    page.run()
    for role in ("task", "prompt", "teacher"):
        page.selectbox(key=f"models.{role}.model").set_value("Mine").run()
    page.number_input(key="models.task.temperature").set_value(0.5).run()
    page.number_input(key="models.teacher.tokens").set_value(800).run()
    page.number_input(key="models.prompt.concurrency").set_value(3).run()
    page.toggle(key="models.cache").set_value(False).run()
    draft = page.session_state["draft"]
    assert draft.task_model == REACHED.model_copy(update={"temperature": 0.5})
    assert draft.teacher_model == REACHED.model_copy(update={"max_tokens": 800})
    assert draft.prompt_model == REACHED.model_copy(update={"concurrency": 3})
    assert not draft.response_cache
    page.switch_page("views/home.py").run()
    page.switch_page("views/models.py").run()
    assert page.number_input(key="models.task.temperature").value == 0.5
    button(page, "Remove").click().run()
    draft = page.session_state["draft"]
    assert draft.task_model.is_offline
    assert "Mine" not in texts(page)


def test_editing_a_connection_changes_it_for_the_jobs_that_use_it(open_page):
    page = open_page("models")
    page.session_state["connections"] = (Connection(name="Mine", config=REACHED),)
    page.run()
    page.selectbox(key="models.task.model").set_value("Mine").run()
    page.number_input(key="models.task.temperature").set_value(0.5).run()
    button(page, "Edit").click().run()
    field(page, "number_input", "\\$ per million input tokens").set_value(1.0).run()
    field(page, "text_input", "Model").set_value("another").run()
    button(page, "Save").click().run()
    assert not page.exception
    task = page.session_state["draft"].task_model
    assert (task.model, task.temperature, task.input_price) == ("another", 0.5, 1.0)
    assert [each.name for each in page.session_state["connections"]] == ["Mine"]


def test_a_failing_test_says_what_to_do_and_shows_the_providers_words_as_text(open_page):
    page = fill(open_page("models"), REACHED.api_base, wants_key=False)
    button(page, "Test connection").click().run()
    assert any("Nothing answers there" in each.value for each in page.markdown)
    assert any("Connection refused" in each for each in texts(page))


def test_a_key_in_the_field_for_its_name_is_refused_and_not_repeated(open_page):
    page = fill(open_page("models"), REACHED.api_base)
    field(page, "text_input", "Name of the key").set_value("sk-abcdef0123456789").run()
    assert any("Give the name of the key here" in each.value for each in page.caption)
    assert button(page, "Save").disabled
    assert "sk-abcdef" not in " ".join([*texts(page), *[each.value for each in page.caption]])


@pytest.fixture
def started(monkeypatch):
    found = []
    monkeypatch.setattr(launcher, "start", lambda run, *_, keys: found.append((run, keys)))
    return found


def test_a_run_whose_key_is_gone_asks_for_it_and_hands_it_to_the_worker(open_page, store, started):
    run_id = store.create(iris_config(store, task_model=REACHED))
    page = open_page("monitor", run=run_id)
    assert any("This run needs the key" in each.value for each in page.markdown)
    before = list(started)
    field(page, "text_input", "Key").set_value(KEY)
    button(page, "Use this key").click().run()
    assert not page.exception
    assert (before, started) == ([], [(run_id, {NAME: KEY})])
    assert not any("This run needs the key" in each.value for each in page.markdown)
    assert KEY not in everything(page)


def paused_by_its_key(store):
    """A run whose worker waits because the provider took its key no more."""
    run_id = store.create(iris_config(store, task_model=REACHED))
    refused = Failure(kind="LMAuthError", message="Incorrect API key provided")
    store.claim(run_id, "w", stale_after=60)
    store.append(
        run_id,
        [
            RunStarted(worker="w", predictors=(), train=1, val=1, test=1),
            PromptCallFailed(task="describe", failure=refused, seconds=0.1, usage=Usage()),
            Paused(reason=reason(refused.kind, refused.message), by_person=False),
        ],
    )
    return run_id


def test_a_run_whose_key_is_refused_goes_on_with_another_in_a_new_worker(open_page, store, started):
    run_id = paused_by_its_key(store)
    page = open_page("monitor", run=run_id)
    assert any("Go on with another key" in each.value for each in page.markdown)
    field(page, "text_input", "Key").set_value(KEY)
    button(page, "Use this key and resume").click().run()
    assert not page.exception
    assert started == [(run_id, {NAME: KEY})]
    assert store.since(run_id, 0)[-1].event.hand_over
    assert KEY not in everything(page)


def test_whoever_lacks_the_key_leaves_the_run_to_the_worker_that_has_one(open_page, store, started):
    run_id = paused_by_its_key(store)
    page = open_page("monitor", run=run_id)
    button(page, "Resume").click().run()
    assert started == []
    assert not store.since(run_id, 0)[-1].event.hand_over


def test_keys_of_the_secrets_file_reach_the_worker(store, started, monkeypatch):
    monkeypatch.setattr(st, "secrets", {"keys": {NAME: KEY}, "OTHER": "not wanted"})
    connections.find_keys()
    run_id = store.create(iris_config(store, task_model=REACHED))
    assert connections.missing_keys(store.run(run_id).config) == []
    connections.start_worker(run_id)
    assert started == [(run_id, {NAME: KEY})]


def test_judge_task_prompt_and_teacher_keys_are_all_asked_for(store, started):
    connections.find_keys()
    own = {role: REACHED.model_copy(update={"api_key_env": f"KEY_OF_{role}"}) for role in "TPJ"}
    config = iris_config(
        store,
        task_model=own["T"],
        teacher_model=own["P"],
        metric="judge",
        metric_parameters={"model": own["J"].model_dump()},
    )
    assert connections.missing_keys(config) == ["KEY_OF_T", "KEY_OF_P", "KEY_OF_J"]
    connections.start_worker(store.create(config))
    assert started == []
