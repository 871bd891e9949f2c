"""The texts of a promptfoo project. Only text: `promptfoo` fills it in."""

CONFIG = """\
# yaml-language-server: $schema=https://promptfoo.dev/config-schema.json
# {how}
# Run: promptfoo eval
description: {name}

prompts:
{prompts}

{note}
providers:
{providers}

# {test} held-out examples, which no step of the optimization has seen. The {val} validation
# examples, on which the search selected, are in {val_file}: name it here to run them, too.
tests: file://{tests}

defaultTest:
{transform}  assert:
    - {{"type": "python", "value": "file://metric.py", "metric": "{metric}"}}
"""

ANSWER = '''"""Reads the fields out of a model's answer, as dspy's chat adapter does."""

import re

ANSWER_HAS = FIELDS
HEADER = re.compile(r"\\[\\[ ## (\\w+) ## \\]\\]")


def get_transform(output, context):
    """Output field -> text. An answer that lacks a field is an error, as in the run."""
    fields, name = {}, None
    for line in str(output).splitlines():
        match = HEADER.match(line.strip())
        if match:
            name = match.group(1) if match.group(1) not in fields else None
            line = line[match.end() :].strip()  # counted as dspy counts
        if name is not None:
            fields.setdefault(name, []).append(line)
    missing = [each for each in ANSWER_HAS if each not in fields]
    if missing:
        raise ValueError(f"the answer has no field {missing[0]!r}")
    return {each: "\\n".join(fields[each]).strip() for each in ANSWER_HAS}
'''

METRIC = '''"""The metric of the run: {title}. {where}"""

{imports}


{code}


def mean(scores):
    return sum(map(float, scores)) / len(scores)


def get_assert(output, context):
    """The score in [0, 1]; it passes from the run's threshold on."""
    given = json.loads(output) if isinstance(output, str) else output
    expected = context["vars"]["expected"]
    score = {scoring}
    return {{"pass": score >= {threshold}, "score": score, "reason": f"{title}: {{score:.3f}}"}}
'''

ALONE = "It needs nothing of MIPRO Studio."
FROM_STUDIO = "It is imported: run with MIPRO Studio's folder on PYTHONPATH."

PROVIDER = '''"""Runs the programs in this folder for promptfoo; `config.program` names one."""

import importlib.util
import os

import dspy

_loaded = {}


def _program(name):
    if name not in _loaded:
        path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".py")
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        _loaded[name] = module, module.load(), module.connect(cache=False)
    return _loaded[name]


def call_api(prompt, options, context):
    """The program's outputs for the inputs of the test; what it raises is an error, not a score."""
    module, program, lm = _program(options["config"]["program"])
    try:
        with dspy.context(lm=lm, adapter=module.ADAPTER, warn_on_type_mismatch=False):
            prediction = program(**context["vars"]["inputs"])
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}
    return {"output": {name: _plain(prediction.get(name)) for name in module.OUTPUTS}}


def _plain(value):
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
'''

README = """\
This folder repeats the comparison of a MIPRO Studio run with promptfoo (https://promptfoo.dev).
{how}
The scores come from metric.py, the run's own metric; promptfoo runs it with the Python on your
PATH, or with the one in PROMPTFOO_PYTHON.{pip}

    promptfoo eval
    promptfoo view

An answer that cannot be read is an error in promptfoo, as it is in the run, and not a score of 0.
"""
