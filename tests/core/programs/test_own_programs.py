import dspy
import pytest

from core.errors import ProgramError
from core.programs import registry
from core.programs.importing import imported, is_import_path
from core.programs.predictors import description_of, predictors, structure
from core.programs.source import LONGEST_SOURCE, source_of

TEXT = '''
import dspy
from core.programs.template import ProgramTemplate, Stage


class Answer(dspy.Module):
    """Answers after a thought."""

    calls_per_run = 3

    def __init__(self):
        super().__init__()
        self.think = dspy.Predict("question -> thought")
        self.answer = dspy.ChainOfThought("question, thought -> answer")

    def forward(self, question):
        thought = self.think(question=question).thought
        return self.answer(question=question, thought=thought)


class Needy(dspy.Module):
    def __init__(self, size):
        super().__init__()


def make():
    return dspy.Predict("text -> label")


MADE = dspy.Predict("text -> label")
EMPTY = dspy.Module
NUMBER = 3
TEMPLATE = ProgramTemplate(
    name="whatever", title="Mine", description="Mine.", metric="f1", dataset="iris",
    stages=(Stage(name="Step", kind="predictor", predictor="self"),),
    build=lambda setup: dspy.Predict("a -> b"),
)
'''


@pytest.fixture
def name(own_module):
    return own_module(TEXT)


@pytest.mark.parametrize(
    ("path", "right"),
    [
        ("a:b", True),
        ("a.b.c:D", True),
        ("a", False),
        ("a.b", False),
        ("a:", False),
        (":b", False),
        ("a/b:c", False),
        ("../a:b", False),
        ("a:b.c", False),
    ],
)
def test_an_import_path_is_module_colon_name(path, right):
    assert is_import_path(path) == right


def test_a_template_by_import_path_goes_by_that_path(name):
    found = registry.template(f"{name}:TEMPLATE")
    assert (found.name, found.title, found.metric) == (f"{name}:TEMPLATE", "Mine", "f1")


def test_a_module_class_becomes_a_template_from_its_signatures(name):
    found = registry.template(f"{name}:Answer")
    assert (found.title, found.description) == ("Answer", "Answers after a thought.")
    assert [each.name for each in found.inputs] == ["question"]
    assert [each.name for each in found.outputs] == ["answer"]
    assert [(each.predictor, each.after) for each in found.stages] == [
        ("think", ()),
        ("answer.predict", ("think",)),
    ]
    assert found.calls_per_run == 3
    setup = found.checked_setup(["question"], ["answer"])
    assert [info.name for info in predictors(found.build(setup))] == ["think", "answer.predict"]


@pytest.mark.parametrize("thing", ["make", "MADE"])
def test_a_function_or_a_made_module_will_do_and_is_described_by_its_signature(name, thing):
    found = registry.template(f"{name}:{thing}")
    assert [each.name for each in found.inputs] == ["text"]
    assert [each.name for each in found.outputs] == ["label"]
    assert found.description == "Works in 1 step: self reads text and writes label."
    setup = found.checked_setup(["text"], ["label"])
    assert found.build(setup) is not found.build(setup)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("{}:Needy", "cannot be made without arguments: TypeError"),
        ("{}:EMPTY", "has no predictor"),
        ("{}:NUMBER", "is a int. Name a ProgramTemplate"),
        ("{}:nothing", "has no 'nothing'"),
        ("nowhere.at_all:X", "there is no module 'nowhere.at_all'"),
        ("subprocess:run", "is a part of Python itself"),
    ],
)
def test_what_is_no_program_is_said_so(name, path, message):
    with pytest.raises(ProgramError) as caught:
        registry.template(path.format(name))
    assert message in str(caught.value)


def test_configured_programs_stand_behind_those_of_the_folder(name, monkeypatch):
    listed = f" {name}:Answer, nowhere.at_all:X,,{name}:Answer "
    monkeypatch.setenv("STUDIO_PROGRAMS", listed)
    library = registry.program_library()
    assert list(library.templates)[-1] == f"{name}:Answer"
    assert "there is no module" in library.faults["nowhere.at_all:X"]
    assert "classification" in library.templates


def test_a_broken_module_is_named_with_file_and_line_and_harms_no_other(
    tmp_path, name, monkeypatch
):
    (tmp_path / f"{name}_broken.py").write_text("x = 1\n\nx.nothing\n", encoding="utf-8")
    monkeypatch.setenv("STUDIO_PROGRAMS", f"{name}_broken:X,{name}:Answer")
    library = registry.program_library()
    assert f"{name}_broken.py, line 3 cannot be loaded" in library.faults[f"{name}_broken:X"]
    assert f"{name}:Answer" in library.templates


def test_a_mistake_in_the_syntax_is_named_with_its_line(tmp_path, name):
    (tmp_path / f"{name}_broken.py").write_text("x = 1\ndef broken(:\n", encoding="utf-8")
    with pytest.raises(ProgramError, match=rf"{name}_broken\.py, line 2 cannot be loaded: Syntax"):
        imported(f"{name}_broken:X")


def test_the_source_of_a_program_is_its_own_classes(name):
    template = registry.template(f"{name}:Answer")
    source = source_of(template.build(template.checked_setup(["question"], ["answer"])))
    assert source.startswith("class Answer(dspy.Module):")
    assert "class Predict" not in source
    assert len(source) < LONGEST_SOURCE


def test_a_program_without_source_is_described_by_its_signatures():
    made: dict = {}
    exec(
        "import dspy\nclass Hidden(dspy.Module):\n"
        "    def __init__(self):\n        super().__init__()\n"
        "        self.step = dspy.Predict('question, notes -> answer')\n",
        made,
    )
    program = made["Hidden"]()
    assert source_of(program) == ""
    text = structure(predictors(program), "", source_of(program))
    assert text.startswith("Works in 1 step: step reads question, notes and writes answer.")
    assert "Source" not in text


def test_steps_are_told_in_order():
    class Two(dspy.Module):
        def __init__(self):
            super().__init__()
            self.one = dspy.Predict("a -> b")
            self.two = dspy.Predict("b -> c")

    assert description_of(predictors(Two())) == (
        "Works in 2 steps: one reads a and writes b; two reads b and writes c."
    )
    assert "Source:\nclass Two" in structure(predictors(Two()), "Does.", source_of(Two()))
