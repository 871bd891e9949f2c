"""The import arrows of the house. A change here is a change of the architecture."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

LADDER = [
    "errors",
    "lm",
    "data",
    "programs",
    "evaluation",
    "bootstrap",
    "proposal",
    "search",
    "runs",
    "optimizers",
    "engine",
    "storage",
    "results",
    "comparison",
    "export",
    "report",
    "worker",
    "command",
    "cli",
]
"""A module of `core` imports only its own part and those before it."""

HOMES = {
    "optuna": {
        "core/search/tpe.py",
        "core/search/importance.py",
        "core/search/sampler.py",
        "core/export/study.py",
        "core/worker/session.py",
    },
    "sqlalchemy": {"core/storage"},
    "mlflow": {"core/export/mlflow_log.py"},
    "plotly": {"dashboard"},
    "streamlit": {"dashboard"},
    "jinja2": {"core/report"},
    "argparse": {"core/cli.py", "core/command", "core/worker/__main__.py", "dashboard/__main__.py"},
}
"""Libraries that stay where they are named, besides tests, benchmarks and data scripts."""

LONG_FUNCTIONS = {("core/runs/state.py", "_apply")}
"""One `match` with a short case per kind of event, which is read best in one piece."""


def sources(folder: str) -> list[Path]:
    """Every Python file below the folder."""
    return sorted((ROOT / folder).rglob("*.py"))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Every node of the file's syntax tree."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def imported(path: Path) -> Iterator[str]:
    """Full names of the modules that the file imports, wherever in the file."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def name_of(path: Path) -> str:
    """The file as people read it in a message."""
    return path.relative_to(ROOT).as_posix()


def part_of(module: str) -> str | None:
    """The part of core that a module belongs to."""
    pieces = module.split(".")
    return pieces[1] if len(pieces) > 1 and pieces[0] == "core" else None


@pytest.mark.parametrize("path", sources("core"), ids=name_of)
def test_core_imports_only_what_stands_above_it(path):
    own = part_of(".".join(path.relative_to(ROOT).with_suffix("").parts))
    if own in (None, "__init__", "__main__"):
        return
    allowed = LADDER[: LADDER.index(own) + 1]
    for module in imported(path):
        part = part_of(module)
        assert part is None or part in allowed, f"{name_of(path)} imports core.{part}"


@pytest.mark.parametrize("path", sources("core"), ids=name_of)
def test_core_knows_no_screen_and_no_sample(path):
    heads = {module.split(".")[0] for module in imported(path)}
    assert not heads & {"streamlit", "plotly", "dashboard", "sample_programs", "tests"}


@pytest.mark.parametrize("path", sources("dashboard"), ids=name_of)
def test_the_dashboard_never_runs_an_optimization(path):
    for module in imported(path):
        assert not module.startswith(("core.engine", "core.optimizers", "core.worker.session"))
        assert module != "core.worker.__main__"


@pytest.mark.parametrize("path", sources("dashboard/charts"), ids=name_of)
def test_charts_know_no_streamlit(path):
    assert not any(module.split(".")[0] == "streamlit" for module in imported(path))


@pytest.mark.parametrize("path", sources("dashboard/components"), ids=name_of)
def test_components_never_fetch(path):
    forbidden = ("dashboard.services", "dashboard.session", "dashboard.views", "core.storage")
    assert not any(module.startswith(forbidden) for module in imported(path))


@pytest.mark.parametrize("path", sorted((ROOT / "sample_programs").glob("*.py")), ids=name_of)
def test_sample_programs_need_only_the_template_the_metrics_and_dspy(path):
    allowed = ("core.programs.template", "core.programs.retrieval", "core.evaluation.metrics")
    for module in imported(path):
        if module.startswith("core"):
            assert module.startswith(allowed), f"{name_of(path)} imports {module}"


@pytest.mark.parametrize("library", HOMES)
def test_a_library_has_one_home(library):
    for path in (*sources("core"), *sources("dashboard"), *(ROOT / "sample_programs").glob("*.py")):
        if any(module.split(".")[0] == library for module in imported(path)):
            assert any(name_of(path).startswith(home) for home in HOMES[library]), name_of(path)


@pytest.mark.parametrize("path", [*sources("core"), *sources("dashboard")], ids=name_of)
def test_modules_stay_small(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", [*sources("core"), *sources("dashboard")], ids=name_of)
def test_functions_stay_small(path):
    for node in nodes(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            is_exempt = (name_of(path), node.name) in LONG_FUNCTIONS
            assert lines <= 40 or is_exempt, f"{name_of(path)}: {node.name} has {lines} lines"


@pytest.mark.parametrize("path", [*sources("core"), *sources("dashboard")], ids=name_of)
def test_dspy_is_configured_nowhere(path):
    assert "dspy.configure(" not in path.read_text(encoding="utf-8")
