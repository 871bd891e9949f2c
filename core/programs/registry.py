"""Every program template found in `sample_programs/`, loaded by name.

A new file with a `TEMPLATE` in that folder appears by itself. Nothing is registered by hand. A file
that cannot be used harms no other: it is kept out, with its fault in words.
"""

import importlib
import pkgutil
import traceback
from dataclasses import dataclass

from core.errors import ProgramError
from core.programs.template import ProgramTemplate

PACKAGE = "sample_programs"


@dataclass(frozen=True, kw_only=True)
class ProgramLibrary:
    """What the folder holds, in alphabetical order of the file names."""

    templates: dict[str, ProgramTemplate]
    """Name → template."""
    faults: dict[str, str]
    """Name of a file that cannot be used, without `.py` → why not, where, and what to do."""


def program_library() -> ProgramLibrary:
    """The templates and the faults in the folder as it is now.

    A file that is new or was broken is read; one that was loaded and has changed since needs a
    restart.
    """
    package = importlib.import_module(PACKAGE)
    importlib.invalidate_caches()
    names = sorted(
        module.name for module in pkgutil.iter_modules(package.__path__) if not module.ispkg
    )
    found: dict[str, ProgramTemplate] = {}
    faults: dict[str, str] = {}
    for name in names:
        try:
            loaded = _template(name)
        except ProgramError as error:
            faults[name] = str(error)
        else:
            found |= {} if loaded is None else {name: loaded}
    return ProgramLibrary(templates=found, faults=faults)


def templates() -> dict[str, ProgramTemplate]:
    """Name → template, for those that can be used, in alphabetical order of the file names."""
    return program_library().templates


def template(name: str) -> ProgramTemplate:
    """The template called `name`.

    Raises:
        ProgramError: its file cannot be used, or there is none; then the message lists those there
            are.
    """
    known = program_library()
    if name in known.faults:
        raise ProgramError(known.faults[name])
    if name not in known.templates:
        listed = ", ".join(known.templates)
        raise ProgramError(f"no program is called {name!r}. Known programs: {listed}.")
    return known.templates[name]


def _template(name: str) -> ProgramTemplate | None:
    try:
        module = importlib.import_module(f"{PACKAGE}.{name}")
    except (Exception, SystemExit) as error:  # a stranger's file may raise anything
        raise ProgramError(_fault(name, error)) from error
    found = getattr(module, "TEMPLATE", None)
    if found is not None and not isinstance(found, ProgramTemplate):
        raise ProgramError(f"{PACKAGE}/{name}.py: TEMPLATE is not a ProgramTemplate.")
    if found is not None and found.name != name:
        raise ProgramError(
            f"{PACKAGE}/{name}.py: the template calls itself {found.name!r}; "
            f"name it {name!r}, after its file."
        )
    return found


def _fault(name: str, error: BaseException) -> str:
    """The error in words, with the line of the file that led to it."""
    file = f"{PACKAGE}/{name}.py"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename.endswith(f"{name}.py")]
    where = f"{file}, line {lines[-1]}" if lines else file
    what = f"{type(error).__name__}: {error}".removesuffix(": ").removesuffix(".")
    return f"{where} cannot be loaded: {what}. Correct the file or remove it."
