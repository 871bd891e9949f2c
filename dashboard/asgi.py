"""The server: the Streamlit app with security headers, a health check and plotly.js.

Start it from the repository's root with `python -m streamlit run dashboard/asgi.py`, or by
`python -m dashboard`.
"""

import base64
import contextlib
import hashlib
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import plotly
import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Streamlit puts only this folder on the path; no other module touches it.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from core.errors import StudioError
from core.storage.location import open_store
from dashboard.browser import BrowserCookie
from dashboard.visible import VisibleText

_INDEX = Path(st.__file__).parent / "static" / "index.html"
_INLINE = re.findall(r"<script>(.*?)</script>", _INDEX.read_text(encoding="utf-8"), re.DOTALL)
_ALLOWED = " ".join(
    f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
    for script in _INLINE
)
"""The scripts that Streamlit's own page contains; no other inline script may run."""
_CSP = (
    f"default-src 'self'; script-src 'self' blob: 'wasm-unsafe-eval' {_ALLOWED}; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
    "frame-ancestors 'none'; form-action 'self'"
)
_HEADERS = [
    (b"content-security-policy", _CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]


class SecurityHeaders:
    """Adds the headers to every HTTP response; websockets pass through untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection (ASGI)."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_HEADERS]
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def health(request: Request) -> JSONResponse:
    """Whether the store answers; 503 with the kind of error when it does not."""
    try:
        store = open_store()
        counts = {"runs": len(store.runs()), "unreadable_runs": len(store.unreadable_runs())}
    except StudioError as error:
        return JSONResponse({"ok": False, "error": type(error).__name__}, status_code=503)
    return JSONResponse({"ok": True, **counts})


def show_error(error: Exception) -> bool:
    """Errors raised on purpose are shown in their own words, as text; others as Streamlit does."""
    if not isinstance(error, StudioError):
        return False
    st.error("This did not work.", icon=":material/error:")
    st.text(str(error))
    return True


@contextlib.asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[dict[str, Any]]:
    """Opens the store, so that a database that cannot be used stops the server at once."""
    open_store()
    yield {}


_BASE = (st.get_option("server.baseUrlPath") or "").strip("/")
_PREFIX = f"/{_BASE}" if _BASE else ""
_PLOTLY = Path(plotly.__file__).parent / "package_data"

app = st.App(
    Path(__file__).parent / "app.py",
    lifespan=lifespan,
    routes=[
        Route(f"{_PREFIX}/api/health", health),
        Mount(f"{_PREFIX}/assets/plotly", StaticFiles(directory=_PLOTLY)),
    ],
    middleware=[Middleware(SecurityHeaders), Middleware(BrowserCookie), Middleware(VisibleText)],
    on_script_error=show_error,
)
