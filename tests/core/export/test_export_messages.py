import json
import re

import dspy
import pytest

from core.errors import ProgramError
from core.export.messages import message_files, predictor_messages
from core.programs.candidate import program_with
from core.programs.template import ProgramTemplate, Stage
from tests.exported_runs import endpoint, made_up, really_sent

CHAT = """Some thoughts first.
[[ ## reasoning ## ]]
Because.

[[ ## note ## ]] an unknown field
[[ ## answer ## ]] on the line
and the next

[[ ## answer ## ]]
a second answer
[[ ## completed ## ]]
"""


def read(source):
    (file,) = message_files(source)
    return json.loads(file.text)


def rendered(predictor, inputs):
    """The messages as somebody without dspy fills them in, by the file's own words."""
    messages = [dict(each) for each in predictor["messages"]]
    messages[-1]["content"] = re.sub(
        r"\{\{(\w+)\}\}", lambda found: str(inputs[found[1]]), messages[-1]["content"]
    )
    return messages


def test_filled_in_templates_are_what_the_run_sends(server, sent):
    source = made_up("classification", task_model=endpoint(server[0]))
    (predictor,) = read(source)["predictors"]
    really_sent(source, source.texts, 0, source.config.task_model)
    assert [rendered(predictor, source.task.test[0].inputs)] == sent()
    roles = [each["role"] for each in predictor["messages"]]
    demos = len(source.texts.demos["classify.predict"])
    assert roles == ["system", *["user", "assistant"] * demos, "user"]


def test_every_predictor_of_a_program_has_its_messages(server, sent):
    source = made_up("multi_hop_qa", task_model=endpoint(server[0]))
    found = read(source)
    query, answer = found["predictors"]
    assert [each["predictor"] for each in found["stages"] if each["kind"] == "predictor"] == [
        "generate_query.predict",
        "generate_query.predict",
        "generate_answer.predict",
    ]
    question = source.task.test[0].inputs["question"]
    really_sent(source, source.texts, 0, source.config.task_model)
    first, _, last = sent()
    assert rendered(query, {"context": "[]", "question": question}) == first
    context = last[-1]["content"].partition("## context ## ]]\n")[2].partition("\n\n[[")[0]
    assert rendered(answer, {"context": context, "question": question}) == last
    assert answer["inputs"][0] == {"name": "context", "type": "list[str]"}


def test_values_are_written_as_the_adapter_writes_them():
    source = made_up("multi_hop_qa")
    _, answer = predictor_messages(source.task, source.texts)
    context = ['a "quoted" title | text', "b {{question}}"]
    inputs = {"context": context, "question": 3.5}
    program = program_with(source.task.program, source.texts.instructions, source.texts.demos)
    predictor = program.generate_answer.predict
    expected = dspy.ChatAdapter().format(predictor.signature, predictor.demos, inputs)
    assert answer.filled(answer.written(inputs).__getitem__) == expected


def test_answers_read_by_the_files_words_are_what_dspy_reads():
    source = made_up("classification")
    found = read(source)
    pattern, fields, current = re.compile(found["pattern"]), {}, None
    for line in CHAT.splitlines():
        if match := pattern.match(line):
            current = match[1] if match[1] not in fields else None
            line = line[match.end() :]
        if current is not None:
            fields.setdefault(current, []).append(line)
    signature = source.task.program.classify.predict.signature
    expected = dspy.ChatAdapter().parse(signature, CHAT)
    assert {name: "\n".join(fields[name]).strip() for name in expected} == expected


def test_braces_and_marks_in_demos_stay_as_they_are():
    source = made_up("question_answering")
    texts = source.texts
    nasty = "{{question}} \ue000question\ue001 {% x %}"
    demo = dict.fromkeys(("context", "question", "reasoning", "answer"), nasty)
    changed = type(texts)(
        candidate="x",
        label="C1",
        instructions=dict.fromkeys(texts.instructions, nasty),
        demos=dict.fromkeys(texts.demos, (demo,)),
    )
    (found,) = predictor_messages(source.task, changed)
    *before, last = found.filled(lambda name: f"<{name}>")
    assert all(nasty in each["content"] for each in before)
    assert "<context>" in last["content"]
    assert "<question>" in last["content"]


def test_a_predictor_that_sends_more_than_text_is_refused():
    source = made_up("question_answering")
    signature = dspy.Signature("photo: dspy.Image -> answer")
    program = dspy.Predict(signature)
    photo = dspy.Image("data:image/png;base64,iVBORw0KGgo=")
    task = type(source.task)(
        **{
            **vars(source.task),
            "program": program,
            "template": ProgramTemplate(
                name="x",
                title="",
                description="",
                metric="exact_match",
                dataset="",
                stages=(Stage(name="x", kind="predictor", predictor="self"),),
                build=lambda setup: program,
            ),
        }
    )
    texts = type(source.texts)(
        candidate="x",
        label="C1",
        instructions={"self": "Look."},
        demos={"self": ({"photo": photo, "answer": "a cat"},)},
    )
    with pytest.raises(ProgramError, match="sends more than text"):
        predictor_messages(task, texts)
