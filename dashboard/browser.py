"""What a browser has set up, for when one of its pages is loaded again: no keys, only in memory.

A random cookie tells browsers apart. It says nothing, opens nothing but a draft of settings, and is
gone with the browser's session. Who is signed in has a memory apart from others at that browser.
Deliberately not here: anything that outlives the server.
"""

import re
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.connection import Connection
from dashboard.draft import Draft

COOKIE = "mipro_studio_browser"
MOST = 500
"""Browsers that are remembered; the one that was away for longest goes first."""
LONGEST = 12 * 3600.0
"""Seconds after which a browser is forgotten that has changed nothing."""

Owner = tuple[str, str]
"""The browser, and who is signed in there; empty for nobody."""


@dataclass(frozen=True, kw_only=True)
class SetUp:
    """What a browser had set up last, in whichever of its tabs."""

    draft: Draft
    connections: tuple[Connection, ...]
    at: float


@dataclass(kw_only=True)
class BrowserMemory:
    """Owner → what was set up. Bounded in number and age. Safe across threads."""

    clock: Callable[[], float] = time.monotonic
    _kept: OrderedDict[Owner, SetUp] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, owner: Owner, draft: Draft, connections: tuple[Connection, ...]) -> None:
        """Remember this, in place of what was."""
        with self._lock:
            now = self.clock()
            self._kept[owner] = SetUp(draft=draft, connections=connections, at=now)
            self._kept.move_to_end(owner)
            while len(self._kept) > MOST or now - next(iter(self._kept.values())).at > LONGEST:
                self._kept.popitem(last=False)

    def recall(self, owner: Owner) -> SetUp | None:
        """What is remembered."""
        with self._lock:
            found = self._kept.get(owner)
            return found if found and self.clock() - found.at <= LONGEST else None


MEMORY = BrowserMemory()
"""Of this server."""


def owner() -> Owner | None:
    """Whose page is drawn; None when its browser takes no cookies."""
    told = str(st.context.cookies.get(COOKIE, ""))
    if not _is_ours(told):
        return None
    signed_in = getattr(st.user, "is_logged_in", False)
    return told, str(st.user.get("email") or st.user.get("sub") or "") if signed_in else ""


class BrowserCookie:
    """Gives every browser that asks for a page, and has none yet, a cookie of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection (ASGI)."""
        if scope["type"] != "http" or _is_ours(_told(scope)):
            await self._app(scope, receive, send)
            return

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                if headers.get("content-type", "").startswith("text/html"):
                    headers.append("set-cookie", _cookie(secure=scope["scheme"] == "https"))
                    message["headers"] = headers.raw
            await send(message)

        await self._app(scope, receive, send_with_cookie)


def _told(scope: Scope) -> str:
    try:
        found = SimpleCookie(Headers(scope=scope).get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _is_ours(told: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{32}", told) is not None


def _cookie(*, secure: bool) -> str:
    return f"{COOKIE}={uuid.uuid4().hex}; Path=/; HttpOnly; SameSite=Lax{'; Secure' * secure}"
