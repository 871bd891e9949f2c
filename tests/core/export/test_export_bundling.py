import textwrap

import pytest

from core.export import bundling
from core.export.bundling import bundle, definition


@pytest.fixture
def program(tmp_path, monkeypatch):
    """`program(source)` is the bundle of a program file with this source."""

    def made(source):
        path = tmp_path / "own.py"
        path.write_text(textwrap.dedent(source), encoding="utf-8")
        found = bundling.importlib.util.find_spec

        def spec(name):
            if name.startswith("sample_programs."):
                return bundling.importlib.util.spec_from_file_location(name, path)
            return found(name)

        monkeypatch.setattr(bundling.importlib.util, "find_spec", spec)
        return bundle("own")

    return made


def test_a_program_keeps_its_own_source_and_takes_what_it_uses_along(program):
    made = program(
        '''
        """Doc."""
        from __future__ import annotations
        import random as rnd
        import dspy
        import json
        from core.programs.retrieval import PassageIndex
        from core.programs.template import ProgramTemplate

        SIZE = 3  # of what

        def make(setup):
            return PassageIndex(setup.passages), SIZE, rnd.random()

        TEMPLATE = ProgramTemplate(name="own", build=lambda setup: make(setup))
        '''
    )
    assert made.build == "lambda setup: make(setup)"
    assert "SIZE = 3" in made.code
    assert "class PassageIndex" in made.code
    assert "class ProgramError(InputError)" in made.code
    assert "ProgramTemplate" not in made.code
    assert "import random as rnd" in made.imports
    assert "import json" not in made.imports
    assert made.imports[0] == "from __future__ import annotations"
    assert [each.split("==")[0] for each in made.packages] == ["bm25s", "dspy"]


@pytest.mark.parametrize(
    "line",
    [
        "import core.programs.template as t",
        "from core.programs import template\nx = template",
        "from core.programs.template import Passage as P\nx = P",
        "from core.programs.template import *",
        "from . import other",
        "def f():\n    from core.errors import StudioError\n    return StudioError",
        "x = somewhere_else",
        "x = TEMPLATE_OF = 1\ny = TEMPLATE",
        "class Passage:\n    pass",
        "from core.lm.offline import NOT_THERE\nx = NOT_THERE",
        "(",
    ],
)
def test_what_cannot_be_followed_is_not_cut_out(program, line):
    rest = (
        "\nfrom core.programs.template import ProgramTemplate\nTEMPLATE = ProgramTemplate(build=1)"
    )
    assert program("x = 1" + rest) is not None
    assert program(line + rest) is None


def test_a_template_that_is_not_made_by_one_call_is_not_cut_out(program):
    assert program("TEMPLATE = None") is None
    assert program("x = 1") is None


def test_a_definition_brings_what_it_uses_in_order():
    imports, code = definition("core.evaluation.field_scores", "exact")
    scope: dict = {}
    exec("\n".join(imports) + "\n" + code, scope)
    assert scope["exact"]("The cat!", "cat") == 1.0
    with pytest.raises(LookupError, match="does not define"):
        definition("core.evaluation.metrics", "nothing")
