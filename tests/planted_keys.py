"""Keys that are planted in a run: what could spread them, and a search for them afterwards."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse

from core.command.export import export
from core.command.report import report
from core.export.formats import FORMATS
from core.runs.store import Store
from tests.providers.faults import Body


async def echo_in_error(request: Request, body: Body, text: str) -> JSONResponse:
    """A provider's fault: 401, and the message repeats what was sent as the key."""
    said = f"Incorrect API key provided: {request.headers['authorization']}"
    return JSONResponse({"error": {"message": said, "code": "invalid_api_key"}}, status_code=401)


def take_home(run_id: str, store: Store, folder: Path) -> None:
    """Write every file that can be exported, and both reports, below a new folder."""
    for form in FORMATS:
        (folder / form).mkdir(parents=True)
        export(run_id, store, form, str(folder / form / "file"))
    for name in ("report.html", "report.md"):
        report(run_id, store, folder / name)


def files_with(key: str, folder: Path) -> list[str]:
    """Names of the files below the folder that hold the key."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [path.name for path in files if key.encode() in path.read_bytes()]
