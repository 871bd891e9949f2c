"""One attempt at a call is over when its time is, however busy the line has been until then.

The clients that dspy uses bound the wait for the next byte, so that a provider which sends one now
and then is waited for without end. Here each read and write gets what is left of the attempt's time
instead: no thread watches, and none is left behind. Two places are changed for that: the class with
which dspy's own client opens its connections, and the steps of `httpcore`, over which LiteLLM sends
what dspy's does not. `tests/core/lm` notices when another version has moved them.

Outside of an attempt both are as they were. A new connection can take longer: looking the host up
is up to the system, and each of its addresses and the greeting of TLS may take what was left before
it. Deliberately not here: trying again (`core.lm.traffic`).
"""

import asyncio
import contextlib
import functools
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextvars import ContextVar
from importlib import import_module
from typing import Any

from dspy.utils.exceptions import LMTimeoutError

transports: Any = import_module("dspy._vendor.lm15.transports")  # has types, dspy has none

LARGEST = 64 * 2**20
"""Bytes that an attempt may be sent: an endless answer must not fill the memory until its time is
up."""

MOST_CONNECTIONS = 256
"""To one model from one process, as many as calls may be in flight; in dspy 100, beyond which calls
would hold a slot and wait."""


class Attempt:
    """What is left of one attempt's time, and what it has been sent."""

    __slots__ = ("_received", "_until", "seconds")

    def __init__(self, seconds: float) -> None:
        """Its time runs from its first step; what is loaded before is not the provider's doing."""
        self.seconds = seconds
        self._until: float | None = None
        self._received = 0

    def left(self) -> float:
        """Seconds; not above 0 when its time is up."""
        now = time.monotonic()
        if self._until is None:
            self._until = now + self.seconds
        return self._until - now

    def takes(self, data: bytes) -> bool:
        """Whether what has just come is not too much."""
        self._received += len(data)
        return self._received <= LARGEST


_current: ContextVar[Attempt | None] = ContextVar("attempt", default=None)


@contextlib.contextmanager
def answered_within(seconds: float | None) -> Iterator[None]:
    """In the block, reads and writes of this thread fail as timed out when the time is up."""
    token = _current.set(None if seconds is None else Attempt(seconds))
    try:
        yield
    finally:
        _current.reset(token)


@contextlib.asynccontextmanager
async def answered_within_async(seconds: float | None) -> AsyncIterator[None]:
    """The block is broken off when the time is up.

    Raises:
        LMTimeoutError: it was.
    """
    scope = asyncio.timeout(seconds)
    try:
        async with scope:
            yield
    except TimeoutError as error:
        if seconds is None or not scope.expired():
            raise
        raise LMTimeoutError(_late(seconds)) from error


def _late(seconds: float) -> str:
    return f"timed out: no full answer within {seconds:g} s"


def _left(most: float | None, late: Callable[[str], Exception]) -> float | None:
    """Seconds that the next step may take, `most` by itself; raises `late` when none are left."""
    attempt = _current.get()
    if attempt is None:
        return most
    left = attempt.left()
    if left <= 0:
        raise late(_late(attempt.seconds))
    return left if most is None else min(left, most)


def _taken(data: bytes, too_much: Callable[[str], Exception]) -> bytes:
    attempt = _current.get()
    if attempt is not None and not attempt.takes(data):
        raise too_much(f"the answer is longer than {LARGEST // 2**20} MB")
    return data


class _Line:
    """A connected socket whose reads and writes end when the attempt's time is up."""

    def __init__(self, real: socket.socket) -> None:
        self._real = real
        self._most: float | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def settimeout(self, seconds: float | None) -> None:
        """For each step from now on, attempt or not."""
        self._most = seconds

    def sendall(self, data: bytes) -> None:
        """As that of a socket.

        Raises:
            WriteTimeout: the attempt's time is up.
        """
        self._real.settimeout(_left(self._most, transports.WriteTimeout))
        self._real.sendall(data)

    def recv(self, size: int) -> bytes:
        """As that of a socket.

        Raises:
            ReadTimeout: the attempt's time is up.
            ReadError: it has been sent too much.
        """
        self._real.settimeout(_left(self._most, transports.ReadTimeout))
        try:
            data = self._real.recv(size)
        except TimeoutError as error:
            attempt = _current.get()
            if attempt is None:
                raise
            raise transports.ReadTimeout(_late(attempt.seconds)) from error
        return _taken(data, transports.ReadError)


class PunctualTransport(transports.StdlibTransport):  # type: ignore[misc]  # no types
    """dspy's own, whose connections obey the attempt's deadline."""

    def __init__(self, **settings: Any) -> None:
        """With dspy's settings."""
        super().__init__(**{"max_connections": MOST_CONNECTIONS, **settings})

    def _open(self, *given: Any, connect_timeout: float, **named: Any) -> Any:
        most = _left(connect_timeout, transports.ConnectTimeout)
        connection = super()._open(*given, connect_timeout=most, **named)
        connection.sock = _Line(connection.sock)
        return connection

    def _connect_tunnel(self, sock: Any, *given: Any, **named: Any) -> None:
        super()._connect_tunnel(_Line(sock), *given, **named)


def keep_deadlines() -> None:
    """From now on new connections of dspy's and LiteLLM's clients obey the deadline."""
    with _lock:  # the first calls of a run are made all at once
        _keep_deadlines()


_lock = threading.Lock()


@functools.cache
def _keep_deadlines() -> None:
    transports.StdlibTransport = PunctualTransport
    core = import_module("httpcore")  # heavy, and only needed with a real model
    lines: Any = import_module("httpcore._backends.sync")
    for owner, step, late in (
        (lines.SyncBackend, "connect_tcp", core.ConnectTimeout),
        (lines.SyncStream, "start_tls", core.ConnectTimeout),
        (lines.SyncStream, "write", core.WriteTimeout),
        (lines.SyncStream, "read", core.ReadTimeout),
    ):
        setattr(owner, step, _punctual(getattr(owner, step), late, core.ReadError))


def _punctual(
    step: Callable[..., Any],
    late: Callable[[str], Exception],
    too_much: Callable[[str], Exception],
) -> Callable[..., Any]:
    def punctual(*given: Any, timeout: float | None = None, **named: Any) -> Any:
        done = step(*given, timeout=_left(timeout, late), **named)
        return _taken(done, too_much) if isinstance(done, bytes) else done

    return punctual
