"""The command line as a person or a script uses it."""

import csv
import json
import os
import runpy
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from core.cli import main
from core.lm.usage import Usage
from core.runs.branching import branch
from core.runs.config import RunConfig
from core.runs.events import ProgramDescribed
from core.search.budget import preset
from core.search.family import FAMILY
from core.storage.location import open_store
from tests.providers.openai_server import respond_by_hash, serving
from tests.run_log import replay
from tests.served_run import questions
from tests.studio_home import database
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
IRIS = ROOT / "sample_programs" / "data" / "iris.csv"
FEATURES = "petal_length,petal_width,sepal_length,sepal_width"


pytestmark = pytest.mark.usefixtures("home")


def optimize(*options, data=IRIS, inputs=FEATURES, output="answer"):
    """Exit code of a run on iris, unless told otherwise."""
    arguments = ["optimize", "--program", "classification", "--data", str(data)]
    return main([*arguments, "--inputs", inputs, "--output", output, "--quiet", *options])


def exit_code(arguments):
    """Of the command line, whether or not its parser ends the process."""
    try:
        return main(arguments)
    except SystemExit as ended:
        return ended.code


def interrupted_run():
    """Id of a run that no worker has taken up."""
    config = RunConfig(
        name="Flowers",
        program="classification",
        dataset="gone",
        dataset_name="iris",
        mapping={"inputs": {"a": "a"}, "outputs": {"answer": "answer"}},
        metric="exact_match",
        budget=preset("light", 1),
    )
    return open_store().create(config)


@pytest.fixture
def served(tmp_path):
    """Makes a command of questions to the models at this address; gives its exit code."""
    path = tmp_path / "questions.csv"
    path.write_text(questions(60), encoding="utf-8")

    def optimized(base):
        models = ["--task-model", "m", "--prompt-model", "m", "--api-base", base]
        return optimize("--json", *models, data=path, inputs="question")

    return optimized


def test_a_finished_run_prints_one_json_object_with_its_scores(capsys):
    assert optimize("--json", "--seed", "0", "--name", "Flowers") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["status"] == "finished"
    assert (found["program"], found["optimizer"]) == ("classification", "mipro")
    assert found["baseline"]["val"]["n"] == found["best"]["val"]["n"] == 60
    assert found["baseline"]["test"]["n"] == found["best"]["test"]["n"] == 30
    assert found["best"]["test"]["score"] > found["baseline"]["test"]["score"] + 0.2
    assert set(found["best"]["instructions"]) == set(found["best"]["demos"])
    assert found["calls"]["task"] > 0
    assert found["calls"]["prompt"] > 0
    assert found["tokens"]["input"] > found["tokens"]["output"] > 0
    assert found["cost_usd"] == 0.0
    assert found["seconds"] > 0


def test_the_same_seed_gives_the_same_run_at_concurrency_one(capsys):
    runs = []
    for _ in range(2):
        small = ["--trials", "4", "--minibatch", "8", "--concurrency", "1"]
        assert optimize("--json", "--seed", "5", *small) == 0
        found = json.loads(capsys.readouterr().out)
        runs.append({key: found[key] for key in ("baseline", "best", "calls", "tokens")})
    assert runs[0] == runs[1]


@pytest.mark.parametrize("optimizer", FAMILY)
def test_every_optimizer_can_be_chosen_and_does_no_worse_than_the_baseline(optimizer, capsys):
    small = ["--trials", "6", "--minibatch", "12", "--optimizer", optimizer]
    assert optimize("--json", *small) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["status"], found["optimizer"]) == ("finished", optimizer)
    assert found["best"]["val"]["score"] >= found["baseline"]["val"]["score"]


def test_the_papers_budget_is_counted_in_full_evaluations(capsys):
    paper = ["--budget", "paper", "--full-evaluations", "3", "--optimizer", "bayesian_bootstrap"]
    assert optimize("--json", *paper) == 0
    run = open_store(None).runs()[0]
    budget = run.config.budget
    assert (budget.name, budget.trials) == ("paper", int(3 * 60 / (25 + 60 / 10)))
    assert (budget.minibatch, budget.full_every, budget.instructions) == (25, 10, 1)


def test_full_evaluations_without_the_papers_budget_are_refused(capsys):
    assert optimize("--full-evaluations", "30") == 2
    assert "--full-evaluations goes with --budget paper" in capsys.readouterr().err


def test_runs_are_listed(capsys):
    assert main(["runs"]) == 0
    assert capsys.readouterr().out == "No runs yet.\n"
    optimize("--name", "Flowers")
    capsys.readouterr()
    assert main(["runs", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert (listed["name"], listed["status"]) == ("Flowers", "finished")


def test_a_run_that_cannot_be_read_is_listed_as_such_beside_the_others(capsys):
    optimize("--name", "Flowers", "--trials", "1", "--minibatch", "2")
    store = open_store()
    broken = store.create(store.runs()[0].config)
    with database() as connection:
        connection.execute("UPDATE runs SET config = '{}' WHERE id = ?", (broken,))
    capsys.readouterr()
    assert main(["runs", "--json"]) == 0
    listed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["status"] for row in listed] == ["finished", "unreadable"]
    assert main(["runs"]) == 0
    assert f"{broken}  unreadable" in capsys.readouterr().out
    assert main(["resume", broken]) == 1
    assert "its settings cannot be read" in capsys.readouterr().err


def test_the_cap_on_calls_is_kept_and_the_run_still_finishes(capsys):
    assert optimize("--json", "--max-calls", "300") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["status"] == "finished"
    assert sum(found["calls"].values()) <= 300


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--max-calls", "40"], "cap of 40 LM calls is too low"),
        (["--max-calls", "0"], "--max-calls 0 leaves room for no call: give 1 or more"),
        (["--metric", "beauty"], "no metric is called 'beauty'"),
        (["--concurrency", "0"], "concurrency"),
        (["--passages", str(IRIS)], "retrieves nothing"),
        (["--task-model", "m", "--api-base", "http://x", "--api-key-env", "NO_KEY"], "NO_KEY"),
    ],
    ids=["cap", "no call", "metric", "concurrency", "passages", "key"],
)
def test_bad_input_is_one_line_and_exit_code_two(options, words, capsys):
    assert optimize(*options) == 2
    said = capsys.readouterr()
    assert words in said.err
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    assert said.out == ""


def test_a_missing_column_is_named_before_anything_runs(capsys):
    assert optimize(inputs="petal_length,petal_wdth") == 2
    assert "petal_wdth" in capsys.readouterr().err
    assert open_store().runs() == []


def test_a_missing_file_is_bad_input(tmp_path, capsys):
    assert optimize(data=tmp_path / "nothing.csv") == 2
    assert "nothing.csv" in capsys.readouterr().err


def test_an_unknown_run_is_bad_input(capsys):
    assert main(["resume", "nonesuch"]) == 2
    assert "nonesuch" in capsys.readouterr().err


@pytest.mark.parametrize("cap", [0, -5])
def test_a_run_is_not_resumed_with_a_cap_below_one_call(cap, capsys):
    run = interrupted_run()
    assert main(["resume", run, "--max-calls", str(cap)]) == 2
    said = capsys.readouterr().err
    assert said == (
        f"error: --max-calls {cap} leaves room for no call: give 1 or more, or leave it out.\n"
    )
    assert open_store().since(run, 0) == []


def test_a_run_is_not_resumed_with_a_cap_that_it_has_already_used_up(capsys):
    run = interrupted_run()
    described = ProgramDescribed(text="", seconds=1.0, usage=Usage(calls=12))
    open_store().append(run, [described])
    assert main(["resume", run, "--max-calls", "12"]) == 2
    assert "give above the 12 LM calls that the run has made" in capsys.readouterr().err
    assert len(open_store().since(run, 0)) == 1


def test_a_program_with_named_fields_takes_columns_of_other_names(tmp_path, capsys):
    path = tmp_path / "facts.jsonl"
    rows = [
        {
            "passage": f"The capital of land {i} is Town{i}.",
            "ask": f"What is the capital of land {i}?",
            "gold": f"Town{i}",
        }
        for i in range(30)
    ]
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    arguments = ["optimize", "--program", "question_answering", "--data", str(path)]
    arguments += ["--inputs", "context=passage,question=ask", "--output", "answer=gold"]
    assert main([*arguments, "--quiet", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "finished"


def test_an_exported_program_runs_alone_in_a_fresh_process(home, served, capsys):
    with serving(respond_by_hash) as (base, _):
        assert served(base) == 0
        run_id = json.loads(capsys.readouterr().out)["run_id"]
        snippet = home / "out" / "use_it.py"
        snippet.parent.mkdir()
        assert main(["export", run_id, "--format", "python", "--out", str(snippet)]) == 0
        done = subprocess.run(
            [sys.executable, snippet.name],
            cwd=snippet.parent,
            env={**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.startswith("answer: ")


def test_exported_json_and_csv_are_what_they_say(home, capsys):
    assert optimize("--json") == 0
    found = json.loads(capsys.readouterr().out)
    program, trials = home / "program.json", home / "trials.csv"
    assert main(["export", found["run_id"], "--format", "dspy", "--out", str(program)]) == 0
    assert main(["export", found["run_id"], "--format", "trials-csv", "--out", str(trials)]) == 0
    saved = json.loads(program.read_text(encoding="utf-8"))
    for name, text in found["best"]["instructions"].items():
        assert saved[name]["signature"]["instructions"] == text
        assert len(saved[name]["demos"]) == found["best"]["demos"][name]
    with trials.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    purposes = {row["purpose"] for row in rows}
    # what blocks have covered wholly needs no full evaluation
    assert (
        {"baseline", "minibatch", "test"} <= purposes <= {"baseline", "minibatch", "full", "test"}
    )


def test_a_run_on_an_openai_endpoint_counts_what_the_endpoint_saw(served, capsys):
    with serving(respond_by_hash) as (base, server):
        code = served(base)
        seen = len(server.seen.requests)
    assert code == 0
    found = json.loads(capsys.readouterr().out)
    assert sum(found["calls"].values()) == seen
    assert found["cost_usd"] is None


def test_a_refused_key_pauses_the_run_and_it_can_be_resumed(served, capsys):
    with serving(respond_by_hash, always="refuse") as (base, server):
        code = served(base)
        said = capsys.readouterr()
        assert code == 1
        assert "Incorrect API key provided" in said.err
        run_id = json.loads(said.out)["run_id"]
        assert json.loads(said.out)["best"] is None
        server.behaviour.always = None
        assert main(["resume", run_id, "--quiet", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "finished"


def test_rate_limits_errors_and_garbage_cost_retries_not_results(served, capsys):
    faults = ["429", "ok", "500", "ok", "garbage", "ok", "429", "500", "ok"] * 3
    with serving(respond_by_hash, faults=faults) as (base, server):
        code = served(base)
        assert not server.behaviour.faults
    assert code == 0
    run_id = json.loads(capsys.readouterr().out)["run_id"]
    state = replay(open_store(), run_id)
    scored = [r for results in state.results.values() for r in results.values()]
    assert all(result.score is not None for result in scored)


def in_the_background(*arguments):
    """A command at work in another thread, and the list that its exit code comes into."""
    codes = []
    thread = threading.Thread(target=lambda: codes.append(main(list(arguments))))
    thread.start()
    return thread, codes


def run_in(phase):
    """Id of a run that is in this phase, or None."""
    store = open_store()
    return next((run.id for run in store.runs() if replay(store, run.id).phase == phase), None)


def test_a_run_with_review_says_where_to_approve_it_and_waits_until_somebody_does(capsys):
    thread, codes = in_the_background(
        *("optimize", "--program", "classification", "--data", str(IRIS), "--quiet"),
        *("--inputs", FEATURES, "--output", "answer", "--review", "--json"),
    )
    run_id = wait_until(lambda: run_in("review"), pause=0.1)
    assert f"python -m core approve {run_id}" in capsys.readouterr().err
    time.sleep(0.6)
    assert thread.is_alive()
    assert main(["approve", run_id]) == 0
    thread.join(timeout=60)
    assert codes == [0]
    assert '"status": "finished"' in capsys.readouterr().out
    assert main(["approve", run_id]) == 2
    assert "waits for no review" in capsys.readouterr().err


def test_a_locked_text_stays_in_every_instruction_that_is_tried(capsys):
    assert optimize("--json", "--lock", "classify.predict=Given the fields") == 0
    run_id = json.loads(capsys.readouterr().out)["run_id"]
    state = replay(open_store(), run_id)
    assert state.steering.locks == {"classify.predict": ("Given the fields",)}
    tried = {each.choices["classify.predict"].instruction for each in state.candidates.values()}
    assert len(tried) > 1
    for instruction in tried:
        assert "Given the fields" in state.instructions["classify.predict"][instruction].text


@pytest.mark.parametrize(
    ("lock", "message"),
    [
        ("predict", "write PREDICTOR=TEXT"),
        ("=text", "write PREDICTOR=TEXT"),
        ("nobody=text", "no predictor 'nobody'; it has classify.predict"),
        (
            "classify.predict=Not in there.",
            "'Not in there.' is not in the own instruction of predictor",
        ),
    ],
)
def test_a_lock_that_fits_nothing_is_refused_before_anything_is_spent(lock, message, capsys):
    assert optimize("--lock", lock) == 2
    assert message in capsys.readouterr().err
    assert open_store().runs() == []


def test_a_finished_run_goes_on_with_more_trials(capsys):
    assert optimize("--json", "--optimizer", "mipro_tpe", "--trials", "4") == 0
    first = json.loads(capsys.readouterr().out)
    assert main(["resume", first["run_id"]]) == 2
    assert "Give it more --trials" in capsys.readouterr().err
    assert main(["resume", first["run_id"], "--trials", "9", "--quiet", "--json"]) == 0
    second = json.loads(capsys.readouterr().out)
    assert second["status"] == "finished"
    assert second["calls"]["task"] > first["calls"]["task"]
    state = replay(open_store(), first["run_id"])
    assert sum(trial.purpose == "minibatch" for trial in state.trials.values()) == 9


def test_a_finished_run_evaluates_more_and_ends_as_it_was(capsys):
    assert optimize("--json", "--optimizer", "mipro_tpe", "--trials", "4") == 0
    first = json.loads(capsys.readouterr().out)
    run_id = first["run_id"]
    command = ["evaluate", run_id, "C1", "baseline", "--examples", "9", "--repeats", "3"]
    assert main([*command, "--quiet", "--json"]) == 0
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert (found["status"], found["end"], found["part"]) == ("finished", "done", "test")
    assert [each["label"] for each in found["candidates"]] == ["C1", "C0 (baseline)"]
    assert [each["score"]["n"] for each in found["candidates"]] == [9, 9]
    assert [each["noise"]["runs"] for each in found["candidates"]] == [27, 27]
    assert "runs are missing: at most" in printed.err
    state = replay(open_store(), run_id)
    assert state.best == first["best"]["candidate"]
    assert main([*command, "--quiet"]) == 0
    printed = capsys.readouterr()
    assert "Nothing is missing" in printed.err
    assert "all that was asked for is there" in printed.out
    assert "0 LM calls" in printed.out


def test_an_evaluation_that_its_bound_ends_is_not_complete(capsys):
    assert optimize("--json", "--optimizer", "random_search", "--trials", "3") == 0
    run_id = json.loads(capsys.readouterr().out)["run_id"]
    bound = ["--max-calls", "5", "--repeats", "2", "--quiet"]
    assert main(["evaluate", run_id, "--part", "validation", *bound]) == 1
    printed = capsys.readouterr()
    assert "its own bound on LM calls was reached" in printed.out
    assert "5 LM calls" in printed.out
    assert "at most 5 LM calls (about $0.00)" in printed.err


def test_a_run_that_has_not_ended_keeps_the_request_until_it_goes_on(capsys):
    assert optimize("--json", "--optimizer", "mipro_tpe", "--trials", "4") == 0
    first = json.loads(capsys.readouterr().out)["run_id"]
    store = open_store()
    run_id = branch(store, first, by="tester", upto=store.run(first).seq // 2)
    assert main(["evaluate", run_id, "baseline", "--repeats", "2", "--quiet"]) == 0
    assert f"`python -m core resume {run_id}` goes on" in capsys.readouterr().err
    assert main(["resume", run_id, "--quiet", "--json"]) == 0
    state = replay(open_store(), run_id)
    assert state.steering.evaluations[0].end == "done"
    assert len(state.repeats[state.baseline, "test"]) == state.sizes[2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["C99"], "the run has no candidate 'C99'"),
        (["--examples", "0"], "0 is not above 0"),
        (["--repeats", "51"], "1 to 50 times, not 51"),
    ],
)
def test_an_evaluation_of_nothing_is_refused_before_anything_is_spent(arguments, message, capsys):
    assert optimize("--json", "--optimizer", "random_search", "--trials", "2") == 0
    run_id = json.loads(capsys.readouterr().out)["run_id"]
    before = open_store().run(run_id).seq
    assert exit_code(["evaluate", run_id, *arguments]) == 2
    assert message in capsys.readouterr().err
    assert open_store().run(run_id).seq == before


def test_a_branch_goes_on_from_the_other_run_without_paying_again(capsys):
    assert optimize("--json", "--optimizer", "mipro_tpe", "--trials", "4") == 0
    first = json.loads(capsys.readouterr().out)
    command = ["branch", first["run_id"], "--trials", "6", "--name", "Twig", "--quiet", "--json"]
    assert main(command) == 0
    second = json.loads(capsys.readouterr().out)
    assert second["run_id"] != first["run_id"]
    assert second["status"] == "finished"
    assert 0 < second["calls"]["task"] < first["calls"]["task"] / 2
    assert open_store().run(second["run_id"]).config.name == "Twig"


def test_the_module_can_be_run_with_dash_m(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["core", "runs"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("core", run_name="__main__")
    assert ended.value.code == 0
    assert capsys.readouterr().out == "No runs yet.\n"
