import importlib
import sys

import pytest

from core.data.bundled import bundled
from core.errors import ProgramError
from core.evaluation.metrics import METRICS
from core.programs import registry
from core.programs.predictors import predictors
from core.programs.template import Passage

NAMES = [
    "classification",
    "extraction",
    "free_answer",
    "heart_disease",
    "hotpotqa_conditional",
    "hover",
    "iris",
    "iris_typo",
    "multi_hop_qa",
    "question_answering",
    "react_agent",
    "retrieval_qa",
    "routing",
    "scone",
    "summarization",
]

GOOD = """
import dspy
from core.programs.template import ProgramTemplate, Stage

TEMPLATE = ProgramTemplate(
    name={name!r}, title="Mine", description="Mine.", metric="exact_match", dataset="iris",
    stages=(Stage(name="Step", kind="predictor", predictor="self"),),
    build=lambda setup: dspy.Predict("a -> b"),
)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A package of programs of its own, named like nothing else."""
    package = f"programs_of_{tmp_path.name.replace('-', '_')}"
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(registry, "PACKAGE", package)
    yield tmp_path / package
    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        del sys.modules[name]


def write(folder, name, text):
    (folder / f"{name}.py").write_text(text, encoding="utf-8")
    importlib.invalidate_caches()


def test_a_file_dropped_in_while_the_app_runs_is_found_without_a_restart(folder):
    assert registry.templates() == {}
    (folder / "late.py").write_text(GOOD.format(name="late"), encoding="utf-8")
    assert list(registry.templates()) == ["late"]


def test_the_sample_programs_are_found_by_themselves_in_alphabetical_order():
    assert list(registry.templates()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_program_builds_and_is_what_its_template_says(name):
    found = registry.template(name)
    setup = found.checked_setup(
        inputs=[each.name for each in found.inputs] or ["text"],
        outputs=[each.name for each in found.outputs] or ["label"],
        labels=["a", "b"],
        passages=[Passage(title="Sky", text="The sky is blue.")] if found.passages else [],
    )
    built = {info.name for info in predictors(found.build(setup))}
    staged = {stage.predictor for stage in found.stages if stage.kind == "predictor"}
    assert staged == built
    names = [stage.name for stage in found.stages]
    assert len(set(names)) == len(names)
    for place, stage in enumerate(found.stages):
        assert set(stage.after) <= set(names[:place])
    assert found.metric in METRICS
    assert {found.dataset, found.passages} - {None} <= set(bundled())


def test_a_new_file_in_the_folder_appears(folder):
    write(folder, "mine", GOOD.format(name="mine"))
    assert list(registry.templates()) == ["mine"]
    assert registry.template("mine").title == "Mine"


def test_a_file_without_a_template_is_passed_over(folder):
    write(folder, "helpers", "X = 1\n")
    write(folder, "mine", GOOD.format(name="mine"))
    assert list(registry.templates()) == ["mine"]


def test_an_unknown_program_is_answered_with_those_there_are(folder):
    write(folder, "mine", GOOD.format(name="mine"))
    with pytest.raises(ProgramError) as caught:
        registry.template("yours")
    assert str(caught.value) == "no program is called 'yours'. Known programs: mine."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import not_installed_anywhere\n", "cannot be loaded: ModuleNotFoundError: No module"),
        ("def broken(:\n", "cannot be loaded: SyntaxError: "),
        ("TEMPLATE = Template()\n", "cannot be loaded: NameError: name 'Template' is not def"),
        ("X = 1\n{}['key']\n", "mine.py, line 2 cannot be loaded: KeyError: 'key'. Correct the"),
        ("open('/does/not/exist')\n", "line 1 cannot be loaded: FileNotFoundError: [Errno 2] No"),
        ("assert False\n", "mine.py, line 1 cannot be loaded: AssertionError. Correct the file"),
        ("1 / 0\n", "cannot be loaded: ZeroDivisionError: division by zero. Correct the file or"),
        ("def f():\n  f()\nf()\n", "cannot be loaded: RecursionError: maximum recursion depth"),
        ("raise SystemExit(3)\n", "cannot be loaded: SystemExit: 3. Correct the file or remove"),
        ("TEMPLATE = 'text'\n", "TEMPLATE is not a ProgramTemplate"),
        (GOOD.format(name="other"), "the template calls itself 'other'; name it 'mine'"),
    ],
)
def test_a_file_that_is_no_program_is_named_with_its_fault_and_harms_no_other(
    folder, text, message
):
    write(folder, "mine", text)
    write(folder, "yours", GOOD.format(name="yours"))
    library = registry.program_library()
    assert list(library.templates) == ["yours"]
    assert list(library.faults) == ["mine"]
    assert message in library.faults["mine"]
    assert f"{folder.name}/mine.py" in library.faults["mine"]
    assert registry.template("yours").title == "Mine"
    with pytest.raises(ProgramError, match=r"mine\.py"):
        registry.template("mine")


def test_a_broken_file_that_was_corrected_is_read_without_a_restart(folder):
    write(folder, "mine", "{}['key']\n")
    assert list(registry.program_library().faults) == ["mine"]
    write(folder, "mine", GOOD.format(name="mine"))
    assert registry.program_library().faults == {}
    assert list(registry.templates()) == ["mine"]
