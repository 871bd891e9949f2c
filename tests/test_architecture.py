"""The import arrows of the house. A change here is a change of the architecture."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

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


def house() -> list[Path]:
    """Every file of core and dashboard."""
    return [*sources("core"), *sources("dashboard")]


def importing(folder: str, forbidden: tuple[str, ...]) -> list[str]:
    """The files of the folder that import one of these, with what they import."""
    return [
        f"{name_of(path)} imports {module}"
        for path in sources(folder)
        for module in imported(path)
        if any(module == each or module.startswith(f"{each}.") for each in forbidden)
    ]


def test_core_imports_only_what_stands_above_it():
    found = []
    for path in sources("core"):
        own = part_of(".".join(path.relative_to(ROOT).with_suffix("").parts))
        if own in (None, "__init__", "__main__"):
            continue
        allowed = {None, *LADDER[: LADDER.index(own) + 1]}
        parts = {part_of(module) for module in imported(path)}
        found += [f"{name_of(path)} imports core.{part}" for part in parts - allowed]
    assert not found


def test_core_knows_no_screen_and_no_sample():
    strangers = {"streamlit", "plotly", "dashboard", "sample_programs", "tests"}
    heads = {path: {module.split(".")[0] for module in imported(path)} for path in sources("core")}
    assert not [name_of(path) for path, known in heads.items() if known & strangers]


def test_the_dashboard_never_runs_an_optimization():
    forbidden = ("core.engine", "core.optimizers", "core.worker.session", "core.worker.__main__")
    assert not importing("dashboard", forbidden)


def test_charts_know_no_streamlit():
    assert not importing("dashboard/charts", ("streamlit",))


def test_components_never_fetch():
    forbidden = ("dashboard.services", "dashboard.session", "dashboard.views", "core.storage")
    assert not importing("dashboard/components", forbidden)


def test_sample_programs_need_only_the_template_the_metrics_and_dspy():
    allowed = ("core.programs.template", "core.programs.retrieval", "core.evaluation.metrics")
    for path in (ROOT / "sample_programs").glob("*.py"):
        for module in imported(path):
            if module.startswith("core"):
                assert module.startswith(allowed), f"{name_of(path)} imports {module}"


def test_a_library_has_one_home():
    paths = (*sources("core"), *sources("dashboard"), *(ROOT / "sample_programs").glob("*.py"))
    for path in paths:
        for library in {module.split(".")[0] for module in imported(path)} & set(HOMES):
            at_home = any(name_of(path).startswith(home) for home in HOMES[library])
            assert at_home, f"{name_of(path)} imports {library}"


def test_modules_stay_small():
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in house()}
    assert not {name_of(path): count for path, count in lines.items() if count > 400}


def test_functions_stay_small():
    found = []
    for path in house():
        for node in nodes(path):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
                if lines > 40 and (name_of(path), node.name) not in LONG_FUNCTIONS:
                    found.append(f"{name_of(path)}: {node.name} has {lines} lines")
    assert not found


def test_dspy_is_configured_nowhere():
    texts = {path: path.read_text(encoding="utf-8") for path in house()}
    assert not [name_of(path) for path, text in texts.items() if "dspy.configure(" in text]
