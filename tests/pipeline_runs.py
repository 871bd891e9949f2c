"""Running pipelines, and the Python that is written for them, with a scripted model."""

import ast
import json
import re

import dspy

from core.export.pipeline_bundle import pipeline_bundle
from core.programs.template import Passage, ProgramSetup

PASSAGES = (
    Passage(title="Ada", text="Ada wrote the first program for a machine in 1843."),
    Passage(title="Machine", text="The machine was never built; its plans are in London."),
    Passage(title="London", text="London is a town on the Thames with a large museum."),
)


def typed(prompt):
    """Answers of the types that are asked for, which tell what was asked."""
    block = prompt.system.partition("Your output fields are:")[2].partition("All interact")[0]
    mark = str(sum(map(ord, prompt.turns[-1][1])) % 1000)
    answers = {}
    for name, kind in re.findall(r"^\d+\. `(\w+)` \((.*?)\):", block, flags=re.M):
        known = {"int": mark, "float": f"{mark}.5", "bool": "True"}
        known |= {"list[str]": json.dumps([name, mark]), "str": f"machine {name} {mark}"}
        choices = kind.startswith("Literal") and ast.literal_eval(kind.removeprefix("Literal"))
        answers[name] = choices[int(mark) % len(choices)] if choices else known[kind]
    return answers


def answered(program, inputs, lm, engine):
    """(what was asked, the answers)."""
    before = len(engine.prompts)
    adapter = dspy.ChatAdapter(use_json_adapter_fallback=False)
    with dspy.context(lm=lm.copy(cache=False), adapter=adapter, warn_on_type_mismatch=False):
        prediction = program(**inputs)
    return engine.prompts[before:], dict(prediction)


def written(spec, setup):
    """The program that the written Python makes."""
    bundle = pipeline_bundle(spec)
    names = {}
    exec("\n".join([*bundle.imports, bundle.code]), names)
    return names[bundle.build](setup)


def setup_of(spec, corpus=PASSAGES):
    inputs, outputs = (tuple(each.name for each in side) for side in (spec.inputs, spec.outputs))
    return ProgramSetup(inputs=inputs, outputs=outputs, passages=corpus if spec.retrieves else ())


def inputs_of(spec):
    values = {"text": "Who wrote for the machine?", "integer": 3, "number": 0.5, "boolean": True}
    values |= {"list": ["machine", "London"], "choice": "this one"}
    return {each.name: values[each.type] for each in spec.inputs}
