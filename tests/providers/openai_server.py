"""A real HTTP server that speaks the OpenAI chat protocol, for tests and benchmarks.

It answers dspy's chat format with whatever `respond` makes of the messages, counts every request,
and can be told to misbehave (`tests.providers.faults`): call by call, for a share of the calls,
from some call on, beyond so many at once, by time. It runs in a thread (`serving`) or as a process
of its own (`python -m tests.providers.openai_server --port 8000 --median 0.5 --sigma 0.5`).
"""

import argparse
import asyncio
import contextlib
import hashlib
import json
import random
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.providers.faults import FAULTS, completion

Messages = list[dict[str, Any]]
Respond = Callable[[Messages], str]


@dataclass
class Latency:
    """Log-normal seconds per request; 0 for none. One in `1 / slow_share` takes `slow` times."""

    median: float = 0.0
    sigma: float = 0.0
    seed: int = 0
    slow_share: float = 0.0
    slow: float = 10.0
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def draw(self) -> float:
        """The next latency."""
        if not self.median:
            return 0.0
        straggles = self.slow_share and self._random.random() < self.slow_share
        return (
            self.median
            * self._random.lognormvariate(0.0, self.sigma)
            * (self.slow if straggles else 1.0)
        )


@dataclass
class Seen:
    """What the server has been asked."""

    requests: list[str] = field(default_factory=list)
    """Digest of every request's model and messages that was answered with 200, in order."""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    """Authorization headers."""
    faults: Counter[str] = field(default_factory=Counter)
    arrived: int = 0
    latency_sum: float = 0.0
    in_flight: int = 0
    most_in_flight: int = 0
    first: float | None = None
    last: float | None = None

    def summary(self) -> dict[str, Any]:
        """Numbers for a benchmark."""
        return {
            "requests": len(self.requests),
            "arrived": self.arrived,
            "faults": dict(self.faults),
            "latency_sum": self.latency_sum,
            "most_in_flight": self.most_in_flight,
            "span": (self.last or 0.0) - (self.first or 0.0),
        }


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request, as a script sees it."""

    number: int
    """Counted from 0."""
    seconds: float
    """Since the first request."""
    in_flight: int
    """With this one."""
    key: str
    messages: Messages


Script = Callable[[Asked], str | None]
"""The fault of a request; None for a right answer."""


@dataclass
class Behaviour:
    """How the server answers. What is said first here wins."""

    respond: Respond
    latency: Latency = field(default_factory=Latency)
    always: str | None = None
    """What goes wrong with every request, by its name in `tests.providers.faults`."""
    limit: int | None = None
    """Requests that may be in flight; those beyond get `429`."""
    script: Script | None = None
    faults: list[str] = field(default_factory=list)
    """What goes wrong with the next requests, first first; `ok` for nothing."""
    from_call: tuple[int, str] | None = None
    """(number, fault): what goes wrong with that request, counted from 0, and all after it."""
    shares: Mapping[str, float] = field(default_factory=dict)
    """Fault → the share of the requests that it meets."""
    seed: int = 0
    keep_bodies: bool = True
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def fault(self, asked: Asked) -> str:
        """What happens to this request; `ok` for a right answer."""
        if self.always is not None:
            return self.always
        if self.limit is not None and asked.in_flight > self.limit:
            return "429"
        if self.script is not None and (found := self.script(asked)):
            return found
        if self.faults:
            return self.faults.pop(0)
        if self.from_call is not None and asked.number >= self.from_call[0]:
            return self.from_call[1]
        return self._by_share()

    def _by_share(self) -> str:
        if not self.shares:
            return "ok"
        drawn = self._random.random()
        for name, share in self.shares.items():
            drawn -= share
            if drawn < 0:
                return name
        return "ok"


def requested_fields(messages: Messages) -> list[str]:
    """Output fields that dspy's chat format asks for."""
    system = next((str(m["content"]) for m in messages if m["role"] == "system"), "")
    block = system.partition("Your output fields are:")[2].partition("All interactions")[0]
    return re.findall(r"^\d+\. `(\w+)`", block, flags=re.M)


def formatted(fields: dict[str, str]) -> str:
    """A completion in dspy's chat format."""
    parts = [f"[[ ## {name} ## ]]\n{value}" for name, value in fields.items()]
    return "\n\n".join([*parts, "[[ ## completed ## ]]"])


def digest(messages: Messages) -> str:
    """Short hash of the messages."""
    return hashlib.sha256(json.dumps(messages, sort_keys=True).encode()).hexdigest()[:16]


def respond_by_hash(messages: Messages) -> str:
    """A cheap, varied, repeatable answer for any program: yes or no, or a short text."""
    mark = digest(messages)
    coin = "yes" if int(mark, 16) % 3 else "no"
    return formatted(
        {
            name: coin if name == "answer" else f"{name.replace('_', ' ')} {mark}"
            for name in requested_fields(messages)
        }
    )


class OpenAIServer:
    """The application and its memory."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.seen = Seen()
        self._lock = threading.Lock()
        self.app = Starlette(
            routes=[
                Route("/v1/chat/completions", self._complete, methods=["POST"]),
                Route("/v1/models", self._models),
                Route("/summary", self._summary),
                Route("/reset", self._reset, methods=["POST"]),
                Route("/limit", self._limit, methods=["POST"]),
            ]
        )

    async def _complete(self, request: Request) -> Response:
        body = await request.json()
        seen = self.seen
        with self._lock:
            fault = self.behaviour.fault(self._arrived(request, body))
        try:
            return await self._answer(request, body, fault)
        finally:
            seen.in_flight -= 1
            seen.last = time.monotonic()

    def _arrived(self, request: Request, body: dict[str, Any]) -> Asked:
        seen, key = self.seen, request.headers.get("authorization", "")
        seen.keys.append(key)
        if self.behaviour.keep_bodies:
            seen.bodies.append(body)
        seen.arrived += 1
        seen.in_flight += 1
        seen.most_in_flight = max(seen.most_in_flight, seen.in_flight)
        seen.first = time.monotonic() if seen.first is None else seen.first
        return Asked(
            number=seen.arrived - 1,
            seconds=time.monotonic() - seen.first,
            in_flight=seen.in_flight,
            key=key,
            messages=body["messages"],
        )

    async def _answer(self, request: Request, body: dict[str, Any], fault: str) -> Response:
        text = self.behaviour.respond(body["messages"])
        if fault != "ok":
            self.seen.faults[fault] += 1
            return await FAULTS[fault](request, body, text)
        seconds = self.behaviour.latency.draw()
        await asyncio.sleep(seconds)
        self.seen.requests.append(digest(body["messages"]))
        self.seen.latency_sum += seconds
        return JSONResponse(completion(body, text))

    async def _models(self, request: Request) -> Response:
        listed = {"id": "test", "object": "model", "created": 0, "owned_by": "tests"}
        return JSONResponse({"object": "list", "data": [listed]})

    async def _summary(self, request: Request) -> Response:
        return JSONResponse(self.seen.summary())

    async def _reset(self, request: Request) -> Response:
        kept, self.seen = self.seen, Seen()
        self.seen.in_flight = kept.in_flight
        return JSONResponse({})

    async def _limit(self, request: Request) -> Response:
        """`{"limit": 8}`, or null for none: requests in flight beyond which it answers 429.

        With `"refused": 0.05` it answers that to a share of the others too.
        """
        body = await request.json()
        self.behaviour.limit = body["limit"]
        self.behaviour.shares = {"429": body.get("refused", 0.0)}
        return JSONResponse({})


@contextlib.contextmanager
def serving(respond: Respond, **behaviour: Any) -> Iterator[tuple[str, OpenAIServer]]:
    """(base address ending in /v1, server) while the block runs."""
    server = OpenAIServer(Behaviour(respond=respond, **behaviour))
    port = free_port()
    config = uvicorn.Config(server.app, host="127.0.0.1", port=port, log_level="critical")
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}/v1", server
    finally:
        running.should_exit = True
        running.force_exit = True
        thread.join(timeout=5)


def free_port() -> int:
    """A port nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--median", type=float, default=0.5)
    parser.add_argument("--sigma", type=float, default=0.5)
    parser.add_argument("--limit", type=int)
    options = parser.parse_args()
    behaviour = Behaviour(
        respond=respond_by_hash,
        latency=Latency(median=options.median, sigma=options.sigma),
        limit=options.limit,
        keep_bodies=False,
    )
    uvicorn.run(OpenAIServer(behaviour).app, host="127.0.0.1", port=options.port, log_level="error")


if __name__ == "__main__":
    main()
