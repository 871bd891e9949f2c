"""Every program template found in `sample_programs/`, loaded by name.

A new file with a `TEMPLATE` in that folder appears by itself. Nothing is registered by hand.
"""

import importlib
import pkgutil

from core.errors import ProgramError
from core.programs.template import ProgramTemplate

PACKAGE = "sample_programs"

_UNLOADABLE = (ImportError, SyntaxError, NameError, AttributeError, TypeError, ValueError)
"""What a mistake in a program's file raises when it is imported."""


def templates() -> dict[str, ProgramTemplate]:
    """Name → template, in alphabetical order of the file names.

    A file that is new since the last call is found; one that has changed needs a restart.

    Raises:
        ProgramError: a file cannot be imported, or its `TEMPLATE` is not a `ProgramTemplate`.
    """
    package = importlib.import_module(PACKAGE)
    importlib.invalidate_caches()
    names = sorted(
        module.name for module in pkgutil.iter_modules(package.__path__) if not module.ispkg
    )
    found = (_template(name) for name in names)
    return {template.name: template for template in found if template is not None}


def template(name: str) -> ProgramTemplate:
    """The template called `name`.

    Raises:
        ProgramError: there is none; the message lists those there are.
    """
    known = templates()
    if name not in known:
        raise ProgramError(f"no program is called {name!r}. Known programs: {', '.join(known)}.")
    return known[name]


def _template(name: str) -> ProgramTemplate | None:
    try:
        module = importlib.import_module(f"{PACKAGE}.{name}")
    except _UNLOADABLE as error:
        raise ProgramError(
            f"{PACKAGE}/{name}.py cannot be loaded: {type(error).__name__}: {error}"
        ) from error
    found = getattr(module, "TEMPLATE", None)
    if found is not None and not isinstance(found, ProgramTemplate):
        raise ProgramError(f"{PACKAGE}/{name}.py: TEMPLATE is not a ProgramTemplate.")
    if found is not None and found.name != name:
        raise ProgramError(
            f"{PACKAGE}/{name}.py: the template calls itself {found.name!r}; "
            f"name it {name!r}, after its file."
        )
    return found
