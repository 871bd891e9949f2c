import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import optuna
import pytest

from core.export.source import source_of
from core.export.study import study_files, study_trials
from core.runs.snapshot import Predicted, RunSummary, Snapshot
from tests.exported_runs import made_up
from tests.providers.openai_server import free_port


@pytest.fixture(scope="module")
def source():
    return made_up("classification")


@pytest.fixture(scope="module")
def path(source, tmp_path_factory):
    """The study in a file of its own."""
    (file,) = study_files(source)
    path = tmp_path_factory.mktemp("study") / file.name
    path.write_bytes(file.content)
    return path


def test_optunas_own_tools_open_the_study_and_agree_on_the_best(source, path):
    study = optuna.load_study(study_name=source.config.name, storage=f"sqlite:///{path}")
    assert len(study.trials) == source.results.candidate_count
    complete = study.get_trials(states=(optuna.trial.TrialState.COMPLETE,))
    assert len(complete) == len(source.results.tables.fully_evaluated)
    assert study.best_value == pytest.approx(source.results.best.val.value)
    assert study.user_attrs["run"] == source.run_id
    assert not study.trials_dataframe().empty


def test_a_candidate_carries_its_texts_and_intervals(source):
    best = source.results.best
    (trial,) = [each for each in study_trials(source) if each.user_attrs["best"]]
    known, texts = trial.user_attrs, source.texts
    assert known["evaluation"] == "full"
    assert known["label"] == best.label
    assert (known["n"], known["mean"]) == (best.val.n, best.val.value)
    assert (known["low95"], known["high95"]) == (best.val.low, best.val.high)
    assert (known["test_n"], known["test_low95"]) == (best.test.n, best.test.low)
    assert known["classify.predict instruction text"] == texts.instructions["classify.predict"]
    assert known["classify.predict demos"] == [dict(d) for d in texts.demos["classify.predict"]]
    assert {each["purpose"] for each in known["run_trials"]} >= {"full", "test"}


def test_minibatches_are_told_apart_from_full_evaluations(source):
    trials = study_trials(source)
    left = [each for each in trials if each.state == optuna.trial.TrialState.PRUNED]
    assert left
    for trial in left:
        last = max(trial.intermediate_values)
        assert trial.user_attrs["evaluation"] == "minibatch"
        assert trial.user_attrs["n"] == last < source.results.sizes[1]
        assert trial.intermediate_values[last] == pytest.approx(trial.user_attrs["mean"])
    whole = [each for each in trials if each.user_attrs["evaluation"] == "full"]
    assert {each.user_attrs["n"] for each in whole} == {source.results.sizes[1]}
    assert {each.state for each in whole} == {optuna.trial.TrialState.COMPLETE}


def test_the_surrogates_interval_is_kept_with_its_candidate(source):
    predictions = {source.candidate: Predicted(mean=0.7, sd=0.1)}
    summary = RunSummary(status="finished")
    snapshot = Snapshot(seq=10_000, summary=summary, predictions=predictions)
    source.store.put_snapshot(source.run_id, snapshot)
    trials = study_trials(source_of(source.run_id, source.store))
    (known,) = [each.user_attrs for each in trials if "surrogate_mean" in each.user_attrs]
    assert known["surrogate_low90"] == pytest.approx(0.7 - 0.164, abs=1e-3)
    assert known["surrogate_high90"] == pytest.approx(0.7 + 0.164, abs=1e-3)


def test_optuna_dashboard_shows_the_study_and_its_trials(source, path):
    port = free_port()
    program = Path(sys.executable).with_name("optuna-dashboard")
    command = [program, f"sqlite:///{path}", "--port", str(port), "--host", "127.0.0.1"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as served:
        try:
            (study,) = fetched(served, f"http://127.0.0.1:{port}/api/studies")["study_summaries"]
            shown = fetched(served, f"http://127.0.0.1:{port}/api/studies/{study['study_id']}")
        finally:
            served.kill()
    assert study["study_name"] == source.config.name
    states = [each["state"] for each in shown["trials"]]
    full = len(source.results.tables.fully_evaluated)
    assert states.count("Complete") == full
    assert states.count("Pruned") == len(states) - full > 0
    attributes = {each["key"]: each["value"] for each in shown["trials"][0]["user_attrs"]}
    assert attributes["label"] == "C0 (baseline)"
    assert attributes["classify.predict instruction text"].startswith("Given")


def fetched(served, url):
    """The JSON at the address, once the server is up."""
    deadline = time.monotonic() + 60
    while True:
        assert served.poll() is None, "optuna-dashboard ended by itself"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.2)
