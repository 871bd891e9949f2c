import io
import json
import os
import signal
import subprocess
import sys
import time
import tomllib
import urllib.request
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from core.errors import ConfigError
from core.export.formats import DESTINATIONS
from core.export.mlflow_log import EXTRA, log_to_mlflow
from core.export.program import SCRIPT_FILE, program_json
from tests.exported_runs import made_up
from tests.providers.openai_server import free_port

SERVER = Path(sys.prefix) / "mlflow-server" / "bin" / "mlflow"
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def tracking(tmp_path_factory):
    """Address of an MLflow server that `mlflow server` started for these tests."""
    if not SERVER.exists():
        pytest.fail("There is no MLflow server: `make test` installs it, or `make -B` the file "
                    ".venv/mlflow-server/.installed")  # fmt: skip
    folder, address = tmp_path_factory.mktemp("mlflow"), f"127.0.0.1:{free_port()}"
    host, port = address.split(":")
    command = [SERVER, "server", "--host", host, "--port", port, "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}"]
    command += ["--artifacts-destination", folder / "artifacts"]
    with (folder / "log.txt").open("w", encoding="utf-8") as log:
        served = subprocess.Popen(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
            start_new_session=True,
        )
    try:
        wait_until_up(served, f"http://{address}/health", folder / "log.txt")
        yield f"http://{address}"
    finally:
        os.killpg(served.pid, signal.SIGKILL)
        served.wait()


def wait_until_up(served, url, log):
    deadline = time.monotonic() + 120
    while True:
        assert served.poll() is None, log.read_text(encoding="utf-8")
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            assert time.monotonic() < deadline, log.read_text(encoding="utf-8")
            time.sleep(0.3)
        else:
            return


def test_a_real_server_takes_runs_and_shows_them(tracking, monkeypatch):
    # in one test, as the server takes half a minute to start
    source = made_up("classification")
    a_run_is_found_with_all_that_belongs_to_it(source, tracking)
    a_second_run_joins_the_experiment(source, tracking)
    what_fails_on_the_way_is_marked_and_said(source, tracking, monkeypatch)


def a_run_is_found_with_all_that_belongs_to_it(source, tracking):
    logged = log_to_mlflow(source, tracking)
    client = MlflowClient(tracking_uri=tracking)
    found = client.get_run(logged.run_id)
    assert client.get_experiment(logged.experiment_id).name == "MIPRO Studio"
    assert (found.info.status, found.info.run_name) == ("FINISHED", source.config.name)
    assert found.data.tags["mipro_studio.run"] == source.run_id
    params, best = found.data.params, source.results.best
    expected = {"program": "classification", "metric": "exact_match", "examples.test": "30"}
    assert expected.items() <= params.items()
    assert (params["task_model"], params["budget.minibatch"]) == ("offline", "10")
    metrics = found.data.metrics
    assert metrics["best.val"] == pytest.approx(best.val.value)
    assert metrics["best.test_low95"] == pytest.approx(best.test.low)
    assert metrics["task.calls"] == source.results.task_usage.calls
    rows = [each for each in source.results.tables.rows if each.purpose == "minibatch"]
    history = client.get_metric_history(logged.run_id, "minibatch_mean")
    assert [(each.step, each.value) for each in history] == [(r.number, r.mean) for r in rows]
    best_so_far = client.get_metric_history(logged.run_id, "best_so_far")
    values = [each.value for each in best_so_far]
    assert values == sorted(values)
    assert values[-1] == pytest.approx(best.val.value)
    artefacts_are_there(source, logged.run_id, tracking)


def artefacts_are_there(source, run_id, tracking):
    def content(path):
        url = f"{tracking}/get-artifact?run_uuid={run_id}&path={path}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.read()

    name = "classify.predict"
    instruction = content(f"prompts/candidate/{name}.instruction.txt").decode()
    assert instruction == source.texts.instructions[name]
    demos = json.loads(content(f"prompts/candidate/{name}.demos.json"))["demos"]
    assert demos == [dict(each) for each in source.texts.demos[name]]
    given = content(f"prompts/baseline/{name}.instruction.txt").decode()
    assert given == source.baseline_texts.instructions[name]
    program = json.loads(content("program/optimized_program.json"))
    assert program == json.loads(program_json(source.task, source.texts))
    compile(content(f"program/{SCRIPT_FILE}"), SCRIPT_FILE, "exec")
    examples = json.loads(content("examples.json"))
    assert len(examples["data"]) == len(source.task.val) + len(source.task.test)
    assert {"input.petal_length", "output.answer", "score"} <= set(examples["columns"])
    trials = pq.read_table(io.BytesIO(content("tables/trials.parquet")))
    assert trials.num_rows == source.results.trial_count


def a_second_run_joins_the_experiment(source, tracking):
    said = DESTINATIONS["mlflow"].send(source, tracking)
    client = MlflowClient(tracking_uri=tracking)
    experiment = client.get_experiment_by_name("MIPRO Studio")
    runs = [each.info.run_id for each in client.search_runs([experiment.experiment_id])]
    assert len(runs) == 2
    assert any(each in said for each in runs)


def what_fails_on_the_way_is_marked_and_said(source, tracking, monkeypatch):
    def broken(self, *arguments, **named):
        raise MlflowException("disk full")

    monkeypatch.setattr(MlflowClient, "log_table", broken)
    with pytest.raises(ConfigError, match="MLflow refused: disk full"):
        log_to_mlflow(source, tracking, experiment="broken")
    client = MlflowClient(tracking_uri=tracking)
    (run,) = client.search_runs([client.get_experiment_by_name("broken").experiment_id])
    assert run.info.status == "FAILED"


def test_an_address_without_a_server_is_said_at_once():
    source = made_up("classification")
    with pytest.raises(ConfigError, match="no MLflow server answers there"):
        log_to_mlflow(source, f"http://127.0.0.1:{free_port()}")
    with pytest.raises(ConfigError, match="no address of an MLflow server"):
        log_to_mlflow(source, "file:///etc")


def test_without_mlflow_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(ConfigError, match="pip install 'mlflow-skinny"):
        log_to_mlflow(made_up("classification"), "http://127.0.0.1:1")


def test_the_extra_is_named_alike_in_the_project_file():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["optional-dependencies"]["mlflow"] == [EXTRA]
