"""A program's own source, cut out of its file so that it runs without MIPRO Studio.

The program's file is kept as it is, but for its `TEMPLATE` and its imports from this project; what
those imports brought is put before it, definition by definition, as far as it is used. Nothing is
run. A file that cannot be cut out like this (it imports whole modules of the project, say) gives
None; whoever asked then falls back on importing it.
"""

import ast
import builtins
import functools
import importlib.metadata
import importlib.util
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.programs.importing import is_import_path
from core.programs.registry import PACKAGE

_OURS = ("core", PACKAGE)
"""Packages that are not there where the file is run."""
SETUP = "ProgramSetup"
PASSAGE = "Passage"
_TEMPLATE_MODULE = "core.programs.template"

_NAMED = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.ExceptHandler
_FUTURE = "from __future__"
_NOT_ALONE = "it cannot be cut out of the project"


class _CannotBundle(Exception):
    """The file needs something of this project that cannot be copied."""


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """Source that builds the program with `BUILD(ProgramSetup(...))`."""

    imports: tuple[str, ...]
    """Import statements of the standard library and of other packages."""
    code: str
    build: str
    """An expression: the function that makes the program from its setup."""
    packages: tuple[str, ...]
    """What has to be installed, as `name==version` where the version is known."""


@dataclass(kw_only=True)
class _Module:
    """One source file of this project, statement by statement."""

    text: str
    tree: ast.Module
    definitions: dict[str, ast.stmt] = field(default_factory=dict)
    """Top-level name → the statement that makes it."""
    imported: dict[str, str] = field(default_factory=dict)
    """Name → the import statement that brings it, for modules of others."""
    ours: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Name → (module of this project, its name there)."""


def bundle(name: str) -> Bundle | None:
    """The program called `name`, alone; None when it cannot be cut out of the project."""
    if is_import_path(name):
        return None  # its package is people's own, and has to be there anyway
    try:
        return _bundled(f"{PACKAGE}.{name}")
    except (_CannotBundle, OSError, SyntaxError):
        return None


def definition(module: str, name: str) -> tuple[tuple[str, ...], str]:
    """Import statements and source of a top-level name of this project, with all that it uses.

    Raises:
        LookupError: it cannot be cut out.
    """
    try:
        found = list(_closure(module, name, {}, {}))
    except _CannotBundle as error:
        raise LookupError(f"{module}.{name}: {error}") from error
    imports = {line for _, _, needed in found for line in needed}
    return ordered_imports(imports), "\n\n\n".join(text for _, text, _ in found)


def ordered_imports(lines: Iterable[str]) -> tuple[str, ...]:
    """Import statements, each once, in the order in which they can be written down."""
    return tuple(sorted(set(lines), key=_place_of_import))


def _bundled(module_name: str) -> Bundle:
    modules: dict[str, _Module] = {}
    module = _module(module_name, modules)
    build, kept = _own_statements(module)
    used = set().union(*map(_names, kept)) | _names(build) | {SETUP, PASSAGE}
    ours = {**module.ours, SETUP: (_TEMPLATE_MODULE, SETUP), PASSAGE: (_TEMPLATE_MODULE, PASSAGE)}
    taken: dict[str, str] = {}
    imports = [
        line
        for name, line in module.imported.items()
        if name in used or line.startswith(_FUTURE)  # what it changes, it changes by being there
    ]
    defined = set(module.definitions)
    parts: list[str] = []
    for each in sorted(used & ours.keys()):
        if ours[each][1] != each:
            raise _CannotBundle(f"{each} is imported under another name")
        for source, text, needed in _closure(*ours[each], modules, taken):
            if source in defined:
                raise _CannotBundle(f"{source} is defined twice")
            parts.append(text)
            imports += needed
    _check_known(used, module, ours, imports)
    code = "\n\n\n".join([*parts, *(_text(module, each) for each in kept)])
    ordered = ordered_imports(imports)
    build_text = ast.get_source_segment(module.text, build) or ""
    return Bundle(imports=ordered, code=code, build=build_text, packages=packages(ordered))


def _module(name: str, known: dict[str, _Module]) -> _Module:
    if name not in known:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise _CannotBundle(f"{name} has no source")
        text = Path(spec.origin).read_text(encoding="utf-8")
        module = _Module(text=text, tree=ast.parse(text))
        for statement in module.tree.body:
            _register(statement, module)
        known[name] = module
    return known[name]


def _register(statement: ast.stmt, module: _Module) -> None:
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            if alias.name.split(".")[0] in _OURS:
                raise _CannotBundle(f"{alias.name} is imported as a whole")
            name = alias.asname or alias.name.split(".")[0]
            module.imported[name] = ast.unparse(ast.Import(names=[alias]))
    elif isinstance(statement, ast.ImportFrom):
        for alias in statement.names:
            _register_from(statement, alias, module)
    else:
        module.definitions |= dict.fromkeys(_bound(statement), statement)


def _register_from(statement: ast.ImportFrom, alias: ast.alias, module: _Module) -> None:
    source, name = statement.module or "", alias.asname or alias.name
    if statement.level or alias.name == "*":
        raise _CannotBundle(f"line {statement.lineno} imports in a way that cannot be followed")
    if source.split(".")[0] in _OURS:
        module.ours[name] = (source, alias.name)
    else:
        line = ast.ImportFrom(module=source, names=[alias], level=0)
        module.imported[name] = ast.unparse(line)


def _own_statements(module: _Module) -> tuple[ast.expr, list[ast.stmt]]:
    """The template's `build=` and all statements of the file but the template and the imports."""
    kept: list[ast.stmt] = []
    build: ast.expr | None = None
    for statement in module.tree.body:
        if "TEMPLATE" in _bound(statement):
            build = _build_argument(statement)
        elif not isinstance(statement, ast.Import | ast.ImportFrom) and not _is_text(statement):
            kept.append(statement)
    if build is None:
        raise _CannotBundle("TEMPLATE is not made by one call with build=")
    return build, kept


def _build_argument(statement: ast.stmt) -> ast.expr | None:
    call = getattr(statement, "value", None)
    if not isinstance(call, ast.Call):
        return None
    return next((each.value for each in call.keywords if each.arg == "build"), None)


def _closure(
    module_name: str, name: str, modules: dict[str, _Module], taken: dict[str, str]
) -> Iterator[tuple[str, str, list[str]]]:
    """(name, source, imports) of the definition and of all it uses, what is used first."""
    if taken.get(name) == module_name:
        return
    if name in taken:
        raise _CannotBundle(f"two things are called {name}")
    taken[name] = module_name
    module = _module(module_name, modules)
    statement = module.definitions.get(name)
    if statement is None:
        raise _CannotBundle(f"{module_name} does not define {name}")
    used = _names(statement) - {name}
    for each in sorted(used & module.definitions.keys()):
        yield from _closure(module_name, each, modules, taken)
    for each in sorted(used & module.ours.keys()):
        source, original = module.ours[each]
        if original != each:
            raise _CannotBundle(f"{each} is imported under another name")
        yield from _closure(source, original, modules, taken)
    _check_known(used, module, module.ours, [])
    needed = [module.imported[each] for each in sorted(used & module.imported.keys())]
    yield name, _text(module, statement), needed


def _check_known(
    used: set[str], module: _Module, ours: Iterable[str], imports: Iterable[str]
) -> None:
    """Names that are read at the top level must come from somewhere that is copied."""
    known = {*module.definitions, *module.imported, *ours, *dir(builtins), "__file__", "__name__"}
    if "TEMPLATE" in used or used - known - _local_names(module):
        raise _CannotBundle(_NOT_ALONE)


def _local_names(module: _Module) -> set[str]:
    """Names that some function, class or comprehension of the module binds for itself."""
    found: set[str] = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, _NAMED):
            found.add(node.name or "")
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).split(".")[0])
    return found


def _names(node: ast.AST) -> set[str]:
    """All names that are read somewhere below the node, those in annotations' texts included."""
    found: set[str] = set()
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load):
            found.add(each.id)
        elif isinstance(each, ast.Import | ast.ImportFrom) and _is_of_ours(each):
            raise _CannotBundle(f"line {each.lineno} imports inside of a function")
    return found


def _is_of_ours(statement: ast.Import | ast.ImportFrom) -> bool:
    if isinstance(statement, ast.ImportFrom):
        return bool(statement.level) or (statement.module or "").split(".")[0] in _OURS
    return any(alias.name.split(".")[0] in _OURS for alias in statement.names)


def _bound(statement: ast.stmt) -> list[str]:
    """Names that a top-level statement makes."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [statement.name]
    targets = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
    return [
        each.id
        for target in targets
        if target is not None
        for each in ast.walk(target)
        if isinstance(each, ast.Name)
    ]


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _text(module: _Module, statement: ast.stmt) -> str:
    """The statement as written, with its decorators."""
    decorators = getattr(statement, "decorator_list", [])
    first = min([statement.lineno, *(each.lineno for each in decorators)])
    return "\n".join(module.text.splitlines()[first - 1 : statement.end_lineno])


def _place_of_import(line: str) -> tuple[bool, bool, str]:
    return not line.startswith(_FUTURE), line.startswith("from"), line


def packages(imports: Iterable[str]) -> tuple[str, ...]:
    """What has to be installed for these imports and dspy, pinned where the version is known."""
    heads = {line.split()[1].split(".")[0] for line in imports} | {"dspy"}
    others = sorted(heads - set(sys.stdlib_module_names))
    return tuple(_pinned(each) for each in others)


def _pinned(module: str) -> str:
    names = _distributions().get(module, [module])
    try:
        return f"{names[0]}=={importlib.metadata.version(names[0])}"
    except importlib.metadata.PackageNotFoundError:
        return names[0]


@functools.cache
def _distributions() -> Mapping[str, list[str]]:
    """Module → what it was installed as. Finding it out takes half a second."""
    return importlib.metadata.packages_distributions()
