"""A real HTTP server that speaks the OpenAI chat protocol, for tests and benchmarks.

It answers dspy's chat format with whatever `respond` makes of the messages, counts every request,
and can be told to misbehave: 429, 500, hang, garbage. It runs in a thread (`serving`) or as a
process of its own (`python -m tests.openai_server --port 8000 --median 0.5 --sigma 0.5`).
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
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

Messages = list[dict[str, Any]]
Respond = Callable[[Messages], str]


@dataclass
class Latency:
    """Log-normal seconds per request; 0 for none."""

    median: float = 0.0
    sigma: float = 0.0
    seed: int = 0
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def draw(self) -> float:
        """The next latency."""
        return self.median * self._random.lognormvariate(0.0, self.sigma) if self.median else 0.0


@dataclass
class Seen:
    """What the server has been asked."""

    requests: list[str] = field(default_factory=list)
    """Digest of every request's model and messages that was answered with 200, in order."""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    """Authorization headers."""
    faults: Counter[str] = field(default_factory=Counter)
    latency_sum: float = 0.0
    in_flight: int = 0
    most_in_flight: int = 0
    first: float | None = None
    last: float | None = None

    def summary(self) -> dict[str, Any]:
        """Numbers for a benchmark."""
        return {
            "requests": len(self.requests),
            "latency_sum": self.latency_sum,
            "most_in_flight": self.most_in_flight,
            "span": (self.last or 0.0) - (self.first or 0.0),
        }


@dataclass
class Behaviour:
    """How the server answers."""

    respond: Respond
    latency: Latency = field(default_factory=Latency)
    faults: list[str] = field(default_factory=list)
    """What goes wrong with the next requests, first first: `429`, `500`, `hang`, `garbage`,
    `refuse` (401), `ok`."""
    always: str | None = None
    """What goes wrong with every request."""
    keep_bodies: bool = True


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
                Route("/summary", self._summary),
                Route("/reset", self._reset, methods=["POST"]),
            ]
        )

    async def _complete(self, request: Request) -> Response:
        body = await request.json()
        with self._lock:
            self._arrived(request, body)
            fault = self.behaviour.always
            if fault is None and self.behaviour.faults:
                fault = self.behaviour.faults.pop(0)
        try:
            return await self._answer(body, fault or "ok")
        finally:
            self.seen.in_flight -= 1
            self.seen.last = time.monotonic()

    def _arrived(self, request: Request, body: dict[str, Any]) -> None:
        seen = self.seen
        seen.keys.append(request.headers.get("authorization", ""))
        if self.behaviour.keep_bodies:
            seen.bodies.append(body)
        seen.in_flight += 1
        seen.most_in_flight = max(seen.most_in_flight, seen.in_flight)
        seen.first = time.monotonic() if seen.first is None else seen.first

    async def _answer(self, body: dict[str, Any], fault: str) -> Response:
        if fault != "ok":
            self.seen.faults[fault] += 1
        match fault:
            case "429":
                return _error(429, "Rate limit reached", {"retry-after": "0.05"})
            case "500":
                return _error(500, "The server had an error")
            case "refuse":
                return _error(401, "Incorrect API key provided")
            case "garbage":
                return PlainTextResponse("<html>bad gateway</html>", status_code=200)
            case "hang":
                await asyncio.sleep(30)
        seconds = self.behaviour.latency.draw()
        await asyncio.sleep(seconds)
        text = self.behaviour.respond(body["messages"])
        self.seen.requests.append(digest(body["messages"]))
        self.seen.latency_sum += seconds
        return JSONResponse(_completion(body, text))

    async def _summary(self, request: Request) -> Response:
        return JSONResponse(self.seen.summary())

    async def _reset(self, request: Request) -> Response:
        self.seen = Seen()
        return JSONResponse({})


def _completion(body: dict[str, Any], text: str) -> dict[str, Any]:
    sent = sum(len(str(message["content"]).split()) for message in body["messages"])
    got = len(text.split())
    return {
        "id": "chatcmpl-test",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": body["model"],
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": sent, "completion_tokens": got, "total_tokens": sent + got},
    }


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    kind = {429: "rate_limit_exceeded", 401: "invalid_api_key"}.get(status, "server_error")
    content = {"error": {"message": message, "type": kind, "code": kind}}
    return JSONResponse(content, status_code=status, headers=headers)


@contextlib.contextmanager
def serving(respond: Respond, **behaviour: Any) -> Iterator[tuple[str, OpenAIServer]]:
    """(base address ending in /v1, server) while the block runs."""
    server = OpenAIServer(Behaviour(respond=respond, **behaviour))
    port = free_port()
    config = uvicorn.Config(server.app, host="127.0.0.1", port=port, log_level="error")
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
    options = parser.parse_args()
    behaviour = Behaviour(
        respond=respond_by_hash,
        latency=Latency(median=options.median, sigma=options.sigma),
        keep_bodies=False,
    )
    uvicorn.run(OpenAIServer(behaviour).app, host="127.0.0.1", port=options.port, log_level="error")


if __name__ == "__main__":
    main()
