"""What `export` does: a run in one of the `core.export.formats`, into files or to a server."""

from pathlib import Path

from core.errors import ConfigError
from core.export.formats import DESTINATIONS, FORMATS
from core.export.source import source_of
from core.runs.store import Store

NAMES = (*FORMATS, *DESTINATIONS)


def export(
    run_id: str, store: Store, form: str, out: str | None, candidate: str | None = None
) -> str:
    """Do it, and say in a sentence what was written or sent where.

    `out` is the file, by default the format's own name in the current folder; what belongs to it is
    put beside it. For a server it is its address.

    Raises:
        RunNotFound: there is no such run.
        ConfigError: the run has no such candidate, or a file cannot be written.
    """
    source = source_of(run_id, store, candidate)
    if form in DESTINATIONS:
        target = DESTINATIONS[form]
        if out is None:
            raise ConfigError(f"{form} needs an address: --out {target.address}")
        return target.send(source, out)
    first, *others = FORMATS[form].make(source)
    path = Path(out or first.name)
    if form == "optuna" and path.exists():
        raise ConfigError(f"{path} exists already; name a new file.")  # it may be a study of theirs
    contents = {path: first.content} | {path.with_name(each.name): each.content for each in others}
    try:
        for each, content in contents.items():
            each.write_bytes(content)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror}).") from error
    return f"Wrote {' and '.join(map(str, contents))}."
