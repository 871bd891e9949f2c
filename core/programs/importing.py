"""Things named by import path, `package.module:NAME`: the only way in for people's own code.

A path is imported, never text executed. What goes wrong is told with the file and the line.
"""

import importlib
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from core.errors import ProgramError


def is_import_path(name: str) -> bool:
    """True for `package.module:NAME`, whether or not there is such a thing."""
    module, colon, attribute = name.partition(":")
    return bool(colon) and attribute.isidentifier() and _is_dotted(module)


def imported(path: str) -> Any:
    """What `package.module:NAME` names.

    Raises:
        ProgramError: it is no such path, its module cannot be imported, or the name is not there.
    """
    module_name, _, attribute = path.partition(":")
    if not is_import_path(path):
        raise ProgramError(
            f"{path!r} is no import path. Write package.module:NAME, such as my_programs.qa:Answer."
        )
    if module_name.split(".")[0] in sys.stdlib_module_names:
        # whoever can type a path must not reach os:system and its like
        raise ProgramError(f"{path!r} is a part of Python itself. Name code of your own.")
    module = import_module(module_name)
    if not hasattr(module, attribute):
        raise ProgramError(
            f"{_file_of(module)} has no {attribute!r}. Define it there, or name another one."
        )
    return getattr(module, attribute)


def import_module(name: str) -> ModuleType:
    """The module, read from disk if it is new.

    Raises:
        ProgramError: it cannot be imported; the message says why, in which file and line.
    """
    importlib.invalidate_caches()
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:  # a stranger's file may raise anything
        raise ProgramError(_fault(name, error)) from error


def _fault(name: str, error: BaseException) -> str:
    """The error in words, with the line of the module's file that led to it."""
    what = f"{type(error).__name__}: {error}".removesuffix(": ").removesuffix(".")
    missing = isinstance(error, ModuleNotFoundError) and f"{name}.".startswith(f"{error.name}.")
    if missing:
        return f"there is no module {name!r} ({what}). Check the name and where Python looks."
    file = f"{name.replace('.', '/')}.py"
    frames = traceback.extract_tb(error.__traceback__)
    ends = (file, f"{name.replace('.', '/')}/__init__.py")
    lines = [frame.lineno for frame in frames if frame.filename.endswith(ends)]
    if not lines and isinstance(error, SyntaxError) and str(error.filename).endswith(ends):
        lines = [error.lineno]
    where = f"{file}, line {lines[-1]}" if lines else file
    return f"{where} cannot be loaded: {what}. Correct the file or remove it."


def _file_of(module: ModuleType) -> str:
    name = module.__name__.replace(".", "/")
    is_package = Path(getattr(module, "__file__", None) or "").name == "__init__.py"
    return f"{name}/__init__.py" if is_package else f"{name}.py"


def _is_dotted(name: str) -> bool:
    return all(part.isidentifier() for part in name.split("."))
