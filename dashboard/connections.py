"""Connections to models that this tab has saved, and where their keys come from.

A typed key lives in this tab's key ring. It reaches a worker through its environment, and nothing
else: no widget, URL, log, database or file ever holds it.
"""

from collections.abc import Mapping
from typing import Literal

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.evaluation.metric_parameters import with_judge
from core.lm import keys
from core.lm.connection import LMConfig
from core.runs.config import RunConfig
from core.storage.location import database_url
from core.worker import launcher
from dashboard import session
from dashboard.connection import Connection, following, short_name, unlike
from dashboard.draft import Draft
from dashboard.materials import store

KeySource = Literal["typed", "secrets", "environment"]

SECRETS_TABLE = "keys"
"""Of `.streamlit/secrets.toml`; keys at its top level are found, too."""


def find_keys() -> None:
    """Have keys looked for in the tab that asks and in the secrets file, from now on."""
    keys.find_with(typed_keys, secret_keys)


def typed_keys() -> Mapping[str, str]:
    """The keys typed in the tab that asks; none outside of a page."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return {}
    return session.key_ring().known()


def secret_keys() -> Mapping[str, str]:
    """The texts in `.streamlit/secrets.toml`, at its top level and under `[keys]`."""
    try:
        found = dict(st.secrets)
    except StreamlitSecretNotFoundError:
        return {}
    table = found.get(SECRETS_TABLE, {})
    inner = dict(table) if isinstance(table, Mapping) else {}
    return {
        name: value
        for name, value in {**found, **inner}.items()
        if isinstance(value, str) and value
    }


def source_of(name: str | None) -> KeySource | None:
    """Where the key with this name comes from; None where there is none."""
    if not name or not keys.key_of(name):
        return None
    if name in session.key_ring():
        return "typed"
    return "secrets" if name in secret_keys() else "environment"


def is_set(name: str) -> bool:
    """Whether the key with this name is there for this tab."""
    return source_of(name) is not None


def missing_keys(config: RunConfig) -> list[str]:
    """Names of the keys that a worker of this run would lack."""
    return [name for name in config.key_names if not is_set(name)]


def can_start(config: RunConfig) -> bool:
    """Whether a worker that is started here finds all keys, of a run that has any to find."""
    asked = (model for model in config.models.values() if not model.is_offline)
    return any(asked) and not missing_keys(config)


def start_worker(run_id: str) -> None:
    """Start a worker for the run, with the keys of this tab and of the secrets file that it wants.

    Without one of its keys a worker would end at once: none is started then, and the run's page
    asks for the key.

    Raises:
        RunNotFound: somebody else deleted the run.
    """
    config = store().run(run_id).config
    if missing_keys(config):
        return
    known = {**secret_keys(), **typed_keys()}
    own = {name: known[name] for name in config.key_names if name in known}
    launcher.start(run_id, database_url(), keys=own)


def saved() -> tuple[Connection, ...]:
    """What this tab has saved, and the models of its draft that are not among them."""
    kept = session.connections()
    draft = session.draft()
    for config in (draft.task_model, draft.prompt_model, draft.teacher_model):
        if config is None or config.is_offline:
            continue
        if not any(each.config.is_reached_like(config) for each in kept):
            kept = (*kept, Connection(name=unlike(short_name(config), kept), config=config))
    return kept


def save(config: LMConfig, name: str = "", *, before: str | None = None) -> None:
    """Keep a connection, in place of the one called `before`; the draft's roles follow it."""
    others = [each for each in saved() if each.name != before]
    old = next((each.config for each in saved() if each.name == before), None)
    new = Connection(name=unlike(name.strip() or short_name(config), others), config=config)
    session.keep_connections((*others, new))
    if old is not None:
        session.keep_draft(following(session.draft(), old, config))


def remove(name: str) -> None:
    """Forget a connection; roles that had it fall back on the offline model."""
    gone = next((each.config for each in saved() if each.name == name), None)
    if gone is None:
        return
    session.keep_draft(following(session.draft(), gone, LMConfig()))
    session.keep_connections(tuple(each for each in saved() if each.name != name))


def with_judge_model(draft: Draft, model: LMConfig) -> Draft:
    """The draft with this model as its metric's judge."""
    parameters = with_judge(str(draft.metric), draft.metric_parameters, model)
    return draft.changed(metric_parameters=parameters)
