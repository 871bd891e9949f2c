"""How a run's settings carry a metric with parameters, and what preparing makes of it."""

import json

import pytest

from core.errors import ConfigError
from core.lm.connection import LMConfig
from core.runs.config import RunConfig
from core.runs.preparation import check_models, prepare
from core.storage.memory import MemoryStore
from core.worker.session import work
from tests.run_log import iris_config


def test_settings_from_before_metrics_had_parameters_are_read():
    stored = json.loads(iris_config(MemoryStore()).model_dump_json())
    del stored["metric_parameters"]
    assert RunConfig.model_validate(stored).metric_parameters == {}


def test_parameters_come_back_from_the_store_as_they_were():
    parameters = {"parts": [{"metric": "judge", "parameters": {"model": {}}, "weight": 2.5}]}
    store = MemoryStore()
    config = iris_config(store, metric="weighted", metric_parameters=parameters)
    again = RunConfig.model_validate_json(config.model_dump_json())
    assert again == config
    assert prepare(again, store).metric.calls == 1


def test_a_judges_calls_are_in_every_bound_on_calls():
    store = MemoryStore()
    plain = iris_config(store)
    judged = iris_config(store, metric="judge", metric_parameters={"model": {}})
    before, after = (prepare(each, store) for each in (plain, judged))
    assert (before.sizes.calls_per_run, after.sizes.calls_per_run) == (1, 2)
    assert after.estimate(judged).task == 2 * before.estimate(plain).task
    assert after.estimate(judged).prompt == before.estimate(plain).prompt


def test_a_judge_without_its_key_is_told_before_the_run_but_old_runs_can_be_looked_at(monkeypatch):
    monkeypatch.delenv("JUDGE_KEY", raising=False)
    store = MemoryStore()
    model = {"model": "m", "api_key_env": "JUDGE_KEY"}
    config = iris_config(store, metric="judge", metric_parameters={"model": model})
    assert prepare(config, store).metric.name == "judge"
    with pytest.raises(ConfigError, match="JUDGE_KEY"):
        check_models(config)


def test_a_metric_that_reads_a_field_nothing_feeds_is_refused():
    store = MemoryStore()
    with pytest.raises(ConfigError, match="'category', which no column feeds"):
        prepare(iris_config(store, metric="conditional"), store)


def test_an_offline_judge_is_an_offline_model_of_the_run():
    store, real = MemoryStore(), LMConfig(model="m")
    models = {"task_model": real, "prompt_model": real}
    plain = iris_config(store, **models)
    judged = iris_config(store, metric="judge", metric_parameters={"model": {}}, **models)
    assert (plain.uses_offline_model, judged.uses_offline_model) == (False, True)
    assert judged.judge_models == (LMConfig(),)


def test_the_calls_of_judges_are_known_apart_before_the_run():
    store = MemoryStore()
    judged = iris_config(store, metric="judge", metric_parameters={"model": {}})
    found = prepare(judged, store).estimate(judged)
    assert (found.calls_per_run, found.judged) == (2, 1)
    assert found.judge == found.task // 2


def test_a_worker_asks_no_model_before_it_knows_that_the_judge_has_its_key(monkeypatch):
    monkeypatch.delenv("JUDGE_KEY", raising=False)
    store, model = MemoryStore(), {"model": "m", "api_key_env": "JUDGE_KEY"}
    run = store.create(iris_config(store, metric="judge", metric_parameters={"model": model}))
    with pytest.raises(ConfigError, match="judge 'm'.*'JUDGE_KEY'"):
        work(run, store, cache=None)
    assert not [each for each in store.since(run, 0) if hasattr(each.event, "usage")]
