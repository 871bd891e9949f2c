"""Every program template: those in `sample_programs/` and those configured by import path.

A new file with a `TEMPLATE` in that folder appears by itself. Programs from elsewhere are listed in
the environment variable STUDIO_PROGRAMS, as `package.module:NAME`, separated by commas. A program
that cannot be used harms no other: it is kept out, with its fault in words.
"""

import importlib
import os
import pkgutil
from dataclasses import dataclass

from core.errors import ProgramError
from core.programs.importing import import_module, imported, is_import_path
from core.programs.own import template_of
from core.programs.template import ProgramTemplate

PACKAGE = "sample_programs"
CONFIGURED = "STUDIO_PROGRAMS"
"""Environment variable with the import paths of further programs."""


@dataclass(frozen=True, kw_only=True)
class ProgramLibrary:
    """What there is: the folder in alphabetical order of the files, then what is configured."""

    templates: dict[str, ProgramTemplate]
    """Name → template."""
    faults: dict[str, str]
    """Name of a file that cannot be used, without `.py`, or an import path → why not, where, and
    what to do."""


def program_library() -> ProgramLibrary:
    """The templates and the faults as they are now.

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
    for name in (*names, *configured_paths()):
        try:
            loaded = _template(name) if name in names else _named(name)
        except ProgramError as error:
            faults[name] = str(error)
        else:
            found |= {} if loaded is None else {name: loaded}
    return ProgramLibrary(templates=found, faults=faults)


def configured_paths() -> tuple[str, ...]:
    """The import paths in STUDIO_PROGRAMS, whether or not they lead anywhere."""
    listed = (part.strip() for part in os.environ.get(CONFIGURED, "").split(","))
    return tuple(dict.fromkeys(part for part in listed if part))


def templates() -> dict[str, ProgramTemplate]:
    """Name → template, for those that can be used, in the library's order."""
    return program_library().templates


def template(name: str) -> ProgramTemplate:
    """The template called `name`, or what the import path `package.module:NAME` leads to.

    Raises:
        ProgramError: it cannot be used, or there is none; then the message lists those there are.
    """
    if is_import_path(name):
        return _named(name)
    known = program_library()
    if name in known.faults:
        raise ProgramError(known.faults[name])
    if name not in known.templates:
        listed = ", ".join(known.templates)
        raise ProgramError(f"no program is called {name!r}. Known programs: {listed}.")
    return known.templates[name]


def _named(path: str) -> ProgramTemplate:
    return template_of(path, imported(path))


def _template(name: str) -> ProgramTemplate | None:
    module = import_module(f"{PACKAGE}.{name}")
    found = getattr(module, "TEMPLATE", None)
    if found is not None and not isinstance(found, ProgramTemplate):
        raise ProgramError(f"{PACKAGE}/{name}.py: TEMPLATE is not a ProgramTemplate.")
    if found is not None and found.name != name:
        raise ProgramError(
            f"{PACKAGE}/{name}.py: the template calls itself {found.name!r}; "
            f"name it {name!r}, after its file."
        )
    return found
