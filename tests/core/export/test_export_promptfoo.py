import io
import json
import os
import subprocess
import sys
import zipfile

import dspy
import jinja2
import pandas as pd
import pytest
import yaml

from core.data.dataset import Dataset
from core.export.promptfoo import ARCHIVE, literal, plain_messages, promptfoo_files
from core.export.source import source_of
from core.lm.connection import LMConfig
from core.storage.memory import MemoryStore
from tests.exported_runs import config_of, endpoint, logged, made_up, really_sent

NASTY = [
    "file:///etc/passwd",
    "{{inputs.question}} {{ env.HOME }} {% if %} {# x #} {{{",
    'a "quote", a \\ and <script>alert(1)</script>\n',
    "package:x:y",
    "=cmd()",
]


def unpacked(source):
    """Name → text of the files in the zip."""
    (file,) = promptfoo_files(source)
    assert file.name == ARCHIVE
    archive = zipfile.ZipFile(io.BytesIO(file.content))
    return {name: archive.read(name).decode() for name in archive.namelist()}


def rows_of(files, name="test.jsonl"):
    return [json.loads(line) for line in files[name].splitlines()]


def rendered(template, variables):
    """A chat prompt as Nunjucks fills it in; Jinja has the same rules for what is used here."""
    engine = jinja2.Environment(keep_trailing_newline=True, undefined=jinja2.StrictUndefined)
    return [
        {**each, "content": engine.from_string(each["content"]).render(variables)}
        for each in json.loads(template)
    ]


def loaded(text):
    """What a Python file of the zip defines."""
    scope: dict = {"__name__": "exported"}
    exec(text, scope)
    return scope


@pytest.fixture
def nasty(server):
    """A run of one predictor on a dataset that a template engine could trip over."""
    rows = [
        {"context": f"{NASTY[row % 5]} {row}", "question": NASTY[row % 5], "answer": "{{no}}"}
        for row in range(60)
    ]
    store = MemoryStore()
    data = Dataset(name="nasty", origin="", frame=pd.DataFrame(rows))
    config = config_of(
        store,
        "question_answering",
        data=data,
        name='A "name" {{env.HOME}}\n: x',
        task_model=endpoint(server[0], temperature=0.3),
    )
    return source_of(logged(config, store), store)


def test_the_rendered_prompts_are_what_the_run_sends(nasty, sent):
    files = unpacked(nasty)
    config = yaml.safe_load(files["promptfooconfig.yaml"])
    prompts = {each["label"]: each["id"].removeprefix("file://") for each in config["prompts"]}
    assert list(prompts) == ["C0 (baseline)", nasty.texts.label]
    tests = rows_of(files)
    for texts in (nasty.baseline_texts, nasty.texts):
        for number in range(5):
            before = len(sent())
            really_sent(nasty, texts, number, nasty.config.task_model)
            (expected,) = sent()[before:]
            assert rendered(files[prompts[texts.label]], tests[number]["vars"]) == expected


def test_the_tests_are_the_held_out_examples_and_validation_lies_beside(nasty):
    files = unpacked(nasty)
    config = yaml.safe_load(files["promptfooconfig.yaml"])
    assert config["tests"] == "file://test.jsonl"
    task = nasty.task
    for name, examples in (("test.jsonl", task.test), ("validation.jsonl", task.val)):
        found = rows_of(files, name)
        assert [each["metadata"]["example"] for each in found] == [each.id for each in examples]
        assert [each["vars"]["expected"] for each in found] == [each.outputs for each in examples]
    # promptfoo opens addresses and fills in templates at the top of `vars` only
    assert all(set(each["vars"]) == {"inputs", "expected"} for each in rows_of(files))


def test_the_model_is_asked_as_the_run_asks_it(nasty, server):
    config = yaml.safe_load(unpacked(nasty)["promptfooconfig.yaml"])
    assert config["description"] == 'A "name" { {env.HOME}} : x'
    (provider,) = config["providers"]
    assert provider == {
        "id": "openai:chat:m",
        "config": {
            "omitDefaults": True,
            "apiBaseUrl": server[0],
            "apiKey": "none",
            "temperature": 0.3,
        },
    }
    assert config["defaultTest"]["assert"] == [
        {"type": "python", "value": "file://metric.py", "metric": "exact_match"}
    ]


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (LMConfig(model="openai/gpt-4o-mini"), "openai:chat:gpt-4o-mini"),
        (LMConfig(model="anthropic/claude-x"), "anthropic:messages:claude-x"),
        (LMConfig(model="strange/x"), "openai:chat:strange/x"),
        (LMConfig(), "openai:chat:gpt-4o-mini"),
    ],
    ids=lambda each: getattr(each, "model", each),
)
def test_litellms_names_become_promptfoos(model, expected):
    text = unpacked(made_up("classification", task_model=model))["promptfooconfig.yaml"]
    assert yaml.safe_load(text)["providers"][0]["id"] == expected
    assert ("Name" in text) == (model.model.split("/")[0] in ("strange", "offline"))


@pytest.mark.parametrize("metric", ["exact_match", "identical", "contains", "f1", "number"])
def test_the_exported_metric_scores_as_the_runs_own(metric):
    source = made_up("classification", metric=metric, threshold=0.5)
    score = loaded(unpacked(source)["metric.py"])["get_assert"]
    pairs = [("The cat", "a CAT!"), ("3", "it is 3.0"), ("a b c", "b c d"), ("x", None), ("-", "")]
    for expected, given in pairs:
        wanted = source.task.metric.score({"answer": expected}, {"answer": given})
        context = {"vars": {"expected": {"answer": expected}}}
        found = score({"answer": given}, context)
        assert (found["score"], found["pass"]) == (wanted, wanted >= 0.5)
        assert score(json.dumps({"answer": given}), context) == found


def test_a_metric_with_settings_keeps_them():
    source = made_up("classification", metric="number", metric_parameters={"absolute": 0.5})
    score = loaded(unpacked(source)["metric.py"])["get_assert"]
    context = {"vars": {"expected": {"answer": "3"}}}
    assert score({"answer": "3.4"}, context)["score"] == 1.0
    assert score({"answer": "3.6"}, context)["score"] == 0.0


def test_a_metric_that_cannot_be_copied_is_imported():
    parts = [{"metric": "exact_match", "weight": 1.0}, {"metric": "f1", "weight": 3.0}]
    source = made_up("classification", metric="weighted", metric_parameters={"parts": parts})
    text = unpacked(source)["metric.py"]
    assert "MIPRO Studio's folder on PYTHONPATH" in text
    context = {"vars": {"expected": {"answer": "a b"}, "inputs": {}}}
    wanted = source.task.metric.score({"answer": "a b"}, {"answer": "b c"})
    assert loaded(text)["get_assert"]({"answer": "b c"}, context)["score"] == wanted


def test_fields_for_the_metric_only_are_no_outputs_of_the_program(server, tmp_path):
    source = made_up("hotpotqa_conditional", task_model=endpoint(server[0]))
    files = unpacked(source)
    assert "OUTPUTS = ('answer',)" in files["candidate.py"]
    assert set(rows_of(files)[0]["vars"]["expected"]) == {"answer", "category"}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (answer,) = called(tmp_path, ["candidate"], rows_of(files)[0]["vars"])
    assert set(answer["output"]) == {"answer"}


@pytest.mark.parametrize(
    "completion",
    [
        "[[ ## reasoning ## ]]\nx\n\n[[ ## answer ## ]]\nyes\n\n[[ ## completed ## ]]",
        "Hello\n [[ ## answer ## ]] yes\nno\n[[ ## reasoning ## ]]\nr\n[[ ## answer ## ]]\nlater",
        "[[ ## reasoning ## ]]\n\n[[ ## other ## ]]\no\n[[ ## answer ## ]]\n",
    ],
)
def test_answers_are_read_as_dspy_reads_them(completion):
    source = made_up("classification")
    read = loaded(unpacked(source)["answer.py"])["get_transform"]
    signature = source.task.program.classify.predict.signature
    assert read(completion, {}) == dspy.ChatAdapter().parse(signature, completion)
    with pytest.raises(ValueError, match="no field 'reasoning'"):
        read("[[ ## answer ## ]]\nyes", {})


@pytest.mark.parametrize("program", ["multi_hop_qa", "retrieval_qa"])
def test_a_program_with_more_than_one_step_is_run_by_the_provider(program, server, sent, tmp_path):
    source = made_up(program, task_model=endpoint(server[0]))
    assert plain_messages(source.task) is None
    files = unpacked(source)
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    config = yaml.safe_load(files["promptfooconfig.yaml"])
    programs = [each["config"]["program"] for each in config["providers"]]
    assert {each["id"] for each in config["providers"]} == {"file://provider.py"}
    before = len(sent())
    test = rows_of(files)[0]
    answers = called(tmp_path, programs, test["vars"])
    by_provider = sent()[before:]
    for texts in (source.baseline_texts, source.texts):
        really_sent(source, texts, 0, source.config.task_model)
    assert by_provider == sent()[before + len(by_provider) :]
    score = loaded(files["metric.py"])["get_assert"]
    for answer in answers:
        assert 0.0 <= score(answer["output"], {"vars": test["vars"]})["score"] <= 1.0


def called(folder, programs, variables):
    """What the provider answers for each program, in a process that knows nothing of this one."""
    script = (
        "import json, sys, provider\n"
        "context = {'vars': json.loads(sys.argv[2])}\n"
        "for name in json.loads(sys.argv[1]):\n"
        "    options = {'config': {'program': name}}\n"
        "    print(json.dumps(provider.call_api('', options, context)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, json.dumps(programs), json.dumps(variables)],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "DSPY_CACHEDIR": str(folder / "cache")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    "text",
    [
        "{{x}}",
        "#}",
        "x #}} %}",
        "{#}",
        "{% raw %}",
        "{# c #}",
        "{{{",
        "{",
        "}}",
        "a { b",
        "{{ '{{' }}",
        "\n{{\n",
    ],
)
def test_any_text_survives_the_template_engine(text):
    engine = jinja2.Environment(keep_trailing_newline=True)
    assert engine.from_string(literal(text)).render() == text
