"""How saved pipelines are called, by people and as programs of runs."""

import re
import unicodedata

from pydantic import ValidationError

from core.errors import ProgramError
from core.programs.pipeline.limits import is_beyond_all
from core.programs.pipeline.spec import PipelineSpec

PREFIX = "pipeline:"
LONGEST_NAME = 60
"""Characters."""
LONGEST_FILE = 2_000_000
"""Bytes; a pipeline at all its limits takes less."""


def checked_name(name: str) -> str:
    """The name without blanks around it.

    Raises:
        ProgramError: a pipeline cannot be saved under it.
    """
    plain = unicodedata.normalize("NFC", name).strip()
    if not re.fullmatch(r"\w[\w .-]*", plain) or len(plain) > LONGEST_NAME:
        raise ProgramError(
            f"a pipeline cannot be saved as {name[:LONGEST_NAME]!r}. Use a letter or digit first, "
            f"then letters, digits, blanks, '.', '-' and '_', {LONGEST_NAME} characters at most."
        )
    return plain


def program_name(name: str, version: int | None = None) -> str:
    """The program of a run that takes this pipeline, such as `pipeline:Tickets@2`."""
    return f"{PREFIX}{name}" if version is None else f"{PREFIX}{name}@{version}"


def parsed_name(program: str) -> tuple[str, int | None] | None:
    """Name and version of the pipeline that the program is; None if it is something else.

    Raises:
        ProgramError: it begins like a pipeline's name, and is none.
    """
    if not program.startswith(PREFIX):
        return None
    name, at, version = program.removeprefix(PREFIX).partition("@")
    if at and not re.fullmatch(r"[1-9][0-9]{0,8}", version):
        raise ProgramError(
            f"{program[:100]!r} has no version. Write {PREFIX}NAME, or {PREFIX}NAME@2 for version "
            "2."
        )
    return checked_name(name), int(version) if at else None


def spec_from_json(text: str, where: str) -> PipelineSpec:
    """The pipeline that `spec.model_dump_json()` wrote. It may have problems.

    Raises:
        ProgramError: it is none; the message says where (as given) and why.
    """
    if len(text.encode()) > LONGEST_FILE:
        raise ProgramError(f"{where} is too long for a pipeline. Choose another file.")
    try:
        spec = PipelineSpec.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        what = f"{place}: {first['msg']}" if place else first["msg"]
        raise ProgramError(
            f"{where} is no pipeline ({what}). Export one from the Build page, or correct the file."
        ) from error
    if is_beyond_all(spec):
        raise ProgramError(f"{where} is far too large for a pipeline. Choose another file.")
    return spec
