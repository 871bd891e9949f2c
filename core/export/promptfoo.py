"""The run's comparison as a promptfoo project, so that another tool can repeat it.

Where the program is one predictor that is given the inputs as they are, promptfoo itself sends the
messages of baseline and candidate to the model. Any other program is run by promptfoo's Python
provider from the Python files of the two. Both are scored by the run's own metric on the held-out
examples; the validation examples, on which the search selected, lie beside them.

What comes from people's data is only ever nested inside of `vars`, where promptfoo neither fills
in templates nor opens `file://` addresses.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from core.data.dataset import Example
from core.evaluation.evaluator import evaluate_example
from core.evaluation.metrics import Metric, metric
from core.export.bundling import definition
from core.export.files import ExportFile, text_file, zipped
from core.export.messages import PredictorMessages, predictor_messages
from core.export.program import passage_files, python_script
from core.export.promptfoo_scripts import (
    ALONE,
    ANSWER,
    CONFIG,
    FROM_STUDIO,
    METRIC,
    PROVIDER,
    README,
)
from core.export.source import Source
from core.lm.connection import NO_KEY, LMConfig, connect
from core.results.run_results import CandidateTexts
from core.runs.preparation import Task

ARCHIVE = "promptfoo.zip"
CONFIG_FILE = "promptfooconfig.yaml"
TESTS_FILE = "test.jsonl"
VAL_FILE = "validation.jsonl"

_HARMLESS = "identical"
"""A metric that asks no model."""

_PROVIDERS = {
    "openai": "openai:chat:",
    "anthropic": "anthropic:messages:",
    "gemini": "google:",
    "groq": "groq:",
    "mistral": "mistral:",
    "deepseek": "deepseek:",
    "openrouter": "openrouter:",
    "ollama": "ollama:chat:",
    "ollama_chat": "ollama:chat:",
    "together_ai": "togetherai:",
}
"""LiteLLM's name of a provider → how promptfoo begins the name of its models."""


def promptfoo_files(source: Source) -> tuple[ExportFile, ...]:
    """A zip with `promptfooconfig.yaml` and all that it names.

    Raises:
        InputError: data and program do not fit together any more.
        DatasetNotFound: the dataset or the corpus has been removed.
        ConfigError: the run has no candidate to take home.
    """
    return (zipped(ARCHIVE, project(source)),)


def project(source: Source) -> tuple[ExportFile, ...]:
    """The files of the zip."""
    compared = _compared(source)
    plain = plain_messages(source.task)
    if plain is None:
        parts, files = _run_by_provider(source, compared)
    else:
        parts, files = _sent_by_promptfoo(source, compared)
    config = source.config
    task = source.task
    name = "".join(ch for ch in " ".join(config.name.split()) if ch.isprintable())
    name = name.replace("{{", "{ {")  # promptfoo fills in {{env.X}} there
    names = {"name": json.dumps(name, ensure_ascii=False), "tests": TESTS_FILE}
    counts = {"test": len(task.test), "val": len(task.val), "val_file": VAL_FILE}
    return (
        text_file(CONFIG_FILE, CONFIG.format(**parts, **names, **counts, metric=config.metric)),
        *files,
        text_file("metric.py", _metric_script(source)),
        text_file(TESTS_FILE, _tests(task, task.test, plain)),
        text_file(VAL_FILE, _tests(task, task.val, plain)),
        text_file("README.txt", README.format(how=parts["how"], pip=parts["pip"])),
    )


def plain_messages(task: Task) -> PredictorMessages | None:
    """The messages of a program that is one predictor and nothing else; None for any other.

    One example is run on the built-in text matcher to see that the program hands its inputs to the
    predictor as they are, and gives back its answer as it is.
    """
    known = [*task.test, *task.val, *task.train]
    if len(task.predictors) != 1 or not known:
        return None
    example, (info,) = known[0], task.predictors
    own = CandidateTexts(
        candidate="",
        label="",
        instructions={info.name: info.instruction},
        demos={info.name: ()},
    )
    (sent,) = predictor_messages(task, own)
    if {each.name for each in info.inputs} != set(example.inputs) or not _is_text(sent, example):
        return None
    lm = connect(LMConfig(), role="task model")
    seen = evaluate_example(task.program, example, metric=metric(_HARMLESS), lm=lm).trace
    if len(seen.prompts) != 1 or len(seen.stages) != 1:
        return None
    texts = sent.written(example.inputs)
    as_sent = sent.filled(texts.__getitem__) == seen.prompts[0].messages
    answered = seen.stages[0].outputs
    as_given = all(seen.outputs.get(name) == answered.get(name) for name in example.outputs)
    return sent if as_sent and as_given else None


def _is_text(sent: PredictorMessages, example: Example) -> bool:
    """Whether the expected fields are texts, which need no reading beyond the answer's lines."""
    fields = sent.signature.output_fields
    return all(name in fields and fields[name].annotation is str for name in example.outputs)


def _compared(source: Source) -> list[CandidateTexts]:
    """Baseline and candidate; one when they are the same."""
    both = [source.baseline_texts, source.texts]
    return both[:1] if both[0].candidate == both[1].candidate else both


def _sent_by_promptfoo(
    source: Source, compared: Sequence[CandidateTexts]
) -> tuple[dict[str, str], list[ExportFile]]:
    files = [
        text_file(f"{_file_name(each)}.json", _chat(*predictor_messages(source.task, each)))
        for each in compared
    ]
    prompts = [
        {"id": f"file://{file.name}", "label": each.label}
        for file, each in zip(files, compared, strict=True)
    ]
    parts = {
        "prompts": _yaml_list(prompts),
        "providers": _yaml_list([_provider(source.config.task_model)]),
        "transform": '  options: {"transform": "file://answer.py"}\n',
        "note": _model_note(source.config.task_model),
        "how": "promptfoo sends the messages in baseline.json and candidate.json itself.",
        "pip": "",
    }
    fields = tuple(each.name for each in source.task.predictors[0].outputs)
    return parts, [*files, text_file("answer.py", ANSWER.replace("FIELDS", repr(fields)))]


def _run_by_provider(
    source: Source, compared: Sequence[CandidateTexts]
) -> tuple[dict[str, str], list[ExportFile]]:
    files = [text_file(f"{_file_name(each)}.py", python_script(source, each)) for each in compared]
    providers = [
        {"id": "file://provider.py", "label": each.label, "config": {"program": _file_name(each)}}
        for each in compared
    ]
    needs = re.search(r"pip install (.*)", files[0].text)
    parts = {
        "prompts": _yaml_list([{"id": "inputs", "raw": "{{ inputs | dump }}", "label": "inputs"}]),
        "providers": _yaml_list(providers),
        "transform": "",
        "note": _script_note(source.config.task_model),
        "how": "The program has several steps, so provider.py runs baseline.py and candidate.py.",
        "pip": f"\n    pip install {needs.group(1)}" if needs else "",
    }
    return parts, [*files, *passage_files(source), text_file("provider.py", PROVIDER)]


def _file_name(each: CandidateTexts) -> str:
    return "baseline" if each.label.startswith("C0") else "candidate"


def _chat(messages: PredictorMessages) -> str:
    """The messages as promptfoo's chat JSON, a Nunjucks template inside of every text."""
    chat = messages.filled(lambda name: f"{{{{ inputs['{name}'] }}}}", fixed=literal)
    return json.dumps(chat, ensure_ascii=False, indent=2) + "\n"


def literal(text: str) -> str:
    """A template that Nunjucks and Jinja fill in to exactly `text`."""
    return re.sub(r"\{(?=[{%#])|#(?=\})", lambda found: f'{{{{ "{found[0]}" }}}}', text)


def _tests(task: Task, examples: Iterable[Example], plain: PredictorMessages | None) -> str:
    lines = []
    for each in examples:
        inputs = each.inputs if plain is None else plain.written(each.inputs)
        test = {
            "description": f"row {int(each.id) + 1}" if each.id.isdigit() else each.id,
            "vars": {"inputs": inputs, "expected": each.outputs},
            "metadata": {"example": each.id},
        }
        lines.append(json.dumps(test, ensure_ascii=False, default=str) + "\n")
    return "".join(lines)


def _metric_script(source: Source) -> str:
    """The run's own metric as promptfoo's Python assertion: its source, or else its name."""
    config = source.config
    cut = _cut_out(source.task.metric)
    imports, code, scoring = cut or (
        {"from core.evaluation.metrics import metric"},
        f"METRIC = metric({config.metric!r}, {config.metric_parameters!r})",
        'METRIC.score(expected, given, context["vars"]["inputs"])',
    )
    return METRIC.format(
        title=config.metric,
        where=ALONE if cut else FROM_STUDIO,
        imports="\n".join(sorted({"import json", *imports}, key=_import_place)),
        code=code,
        scoring=scoring,
        threshold=config.threshold,
    )


def _cut_out(scoring: Metric) -> tuple[set[str], str, str] | None:
    """Imports, source and the expression of the score; None for what cannot be copied.

    A metric that asks a model, mixes others or is a person's own function is none that can.
    """
    score = scoring.field_score
    given = score.keywords if isinstance(score, partial) else {}
    function: Any = score.func if isinstance(score, partial) else score
    if function is None:
        return None
    try:
        imports, code = definition(function.__module__, function.__name__)
    except LookupError:
        return None
    named = "".join(f", {name}={value!r}" for name, value in given.items())
    each = f"{function.__name__}(value, given.get(name){named})"
    return set(imports), code, f"mean([{each} for name, value in expected.items()])"


def _import_place(line: str) -> tuple[bool, str]:
    return line.startswith("from"), line


def _provider(model: LMConfig) -> dict[str, Any]:
    if model.is_offline:
        return {"id": "openai:chat:gpt-4o-mini", "config": {"omitDefaults": True}}
    head, _, rest = model.model.partition("/")
    known = None if model.api_base else _PROVIDERS.get(head)
    name = f"{known}{rest}" if known else f"openai:chat:{model.model}"
    config: dict[str, Any] = {"omitDefaults": True}  # else promptfoo sends a temperature of its own
    if model.api_base:
        config["apiBaseUrl"] = model.api_base
        config |= {"apiKeyEnvar": model.api_key_env} if model.api_key_env else {"apiKey": NO_KEY}
    elif model.api_key_env:
        config["apiKeyEnvar"] = model.api_key_env
    for setting in ("temperature", "max_tokens"):
        if (value := getattr(model, setting)) is not None:
            config[setting] = value
    return {"id": name, "config": config}


def _model_note(model: LMConfig) -> str:
    if model.is_offline:
        return (
            "# The run used MIPRO Studio's built-in text matcher, which promptfoo does not have.\n"
            "# Name your own model here."
        )
    if not model.api_base and model.model.partition("/")[0] not in _PROVIDERS:
        return "# Name the model as promptfoo does; the run called it " + json.dumps(model.model)
    return "# The model of the run."


def _script_note(model: LMConfig) -> str:
    if model.is_offline:
        return (
            "# Name the model in the environment variable DSPY_MODEL, such as openai/gpt-4o-mini."
        )
    return "# The model of the run; the environment variable DSPY_MODEL names another one."


def _yaml_list(items: Iterable[Mapping[str, Any]]) -> str:
    """Every item as JSON, which is YAML, on a line of its own."""
    return "\n".join(f"  - {json.dumps(each, ensure_ascii=False)}" for each in items)
