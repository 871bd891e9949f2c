"""What a provider can do wrong, by name. Each fault is an answer over HTTP, or the lack of one.

`tests.providers.openai_server` decides when; here is only how it looks on the wire.
"""

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

Body = dict[str, Any]
Fault = Callable[[Request, Body, str], Awaitable[Response]]
"""Of the request, its body and the answer that a well-behaved server would have given."""

HANG = 30.0
"""Seconds that a hanging server keeps a request; far longer than any test's timeout."""

DRIP = 0.03
"""Seconds between the bytes of one that drips; far shorter than any test's timeout."""

PIECE = 2**14
"""Most bytes of a streamed answer that are sent at once."""

PLANTED = "sk-planted-in-the-error"
"""A key that some providers' messages would repeat."""


def completion(body: Body, text: str | None, *, finish: str = "stop", **message: Any) -> Body:
    """A chat completion as OpenAI writes it."""
    sent = sum(len(str(each["content"]).split()) for each in body["messages"])
    got = len((text or "").split())
    return {
        "id": "chatcmpl-test",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": body["model"],
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text, **message},
                "finish_reason": finish,
            }
        ],
        "usage": {"prompt_tokens": sent, "completion_tokens": got, "total_tokens": sent + got},
    }


def error(
    status: int, message: str, code: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    """An error as OpenAI writes it."""
    content = {"error": {"message": message, "type": code, "code": code, "param": None}}
    return JSONResponse(content, status_code=status, headers=headers)


def _error(status: int, message: str, code: str, headers: dict[str, str] | None = None) -> Fault:
    async def answer(request: Request, body: Body, text: str) -> Response:
        return error(status, message, code, headers)

    return answer


def _said(change: Callable[[str], str | None], *, finish: str = "stop", **message: Any) -> Fault:
    async def answer(request: Request, body: Body, text: str) -> Response:
        return JSONResponse(completion(body, change(text), finish=finish, **message))

    return answer


def _bytes(change: Callable[[bytes], bytes], kind: str = "application/json") -> Fault:
    async def answer(request: Request, body: Body, text: str) -> Response:
        content = json.dumps(completion(body, text)).encode()
        return Response(change(content), media_type=kind)

    return answer


async def _drop(request: Request, body: Body, text: str) -> Response:
    """The connection ends before a single byte of an answer."""
    request.receive.__self__.transport.abort()  # type: ignore[attr-defined]  # uvicorn's own cycle
    return PlainTextResponse("")


async def _cut(request: Request, body: Body, text: str) -> Response:
    """The connection ends in the middle of the answer."""

    async def half() -> AsyncIterator[bytes]:
        yield json.dumps(completion(body, text)).encode()[:60]
        await asyncio.sleep(0.01)
        request.receive.__self__.transport.abort()  # type: ignore[attr-defined]

    return StreamingResponse(half(), media_type="application/json")


async def _hang(request: Request, body: Body, text: str) -> Response:
    """No answer for as long as the client waits."""
    for _ in range(round(HANG / 0.05)):
        await asyncio.sleep(0.05)
        if await request.is_disconnected():
            break
    return PlainTextResponse("")


async def _drip_head(request: Request, body: Body, text: str) -> Response:
    """A header that goes on and on, a letter at a time, for as long as the client waits."""
    line = request.receive.__self__.transport  # type: ignore[attr-defined]  # uvicorn's own cycle
    line.write(b"HTTP/1.1 200 OK\r\nx-note: ")
    for _ in range(round(HANG / DRIP)):
        await asyncio.sleep(DRIP)
        if line.is_closing():
            break
        line.write(b"a")
    line.abort()
    return PlainTextResponse("")


def _drip(pause: float, spaces: int = 10) -> Fault:
    """Spaces first, as gateways send to keep a line open, then the answer, piece by piece.

    `pause` seconds lie between any two.
    """

    async def answer(request: Request, body: Body, text: str) -> Response:
        async def slowly() -> AsyncIterator[bytes]:
            content = json.dumps(completion(body, text)).encode()
            for piece in itertools.chain(
                itertools.repeat(b" ", spaces),
                (content[i : i + PIECE] for i in range(0, len(content), PIECE)),
            ):
                yield piece
                await asyncio.sleep(pause)

        return StreamingResponse(slowly(), media_type="application/json")

    return answer


def _without_markers(text: str) -> str:
    return "Sure! Here is what I think about it:\n" + text.replace("[[ ##", "**").replace(
        "## ]]", "**"
    )


def _wrong_types(text: str) -> str:
    """Every field is there, and none holds what a number, a flag or a label could be."""
    names = [line for line in text.splitlines() if line.startswith("[[ ##")]
    return "\n".join(f"{name}\n{{'not': [asked, for}}" for name in names)


FAULTS: dict[str, Fault] = {
    "429": _error(429, "Rate limit reached", "rate_limit_exceeded", {"retry-after": "0.05"}),
    "429 bare": _error(429, "Rate limit reached for requests", "rate_limit_exceeded"),
    "429 long": _error(429, "Rate limit reached", "rate_limit_exceeded", {"retry-after": "7200"}),
    "500": _error(500, "The server had an error", "server_error"),
    "503": _error(503, "The engine is currently overloaded", "overloaded", {"retry-after": "0.02"}),
    "504": _error(504, "upstream request timeout", "timeout"),
    "refuse": _error(401, "Incorrect API key provided", "invalid_api_key"),
    "quota": _error(429, "You exceeded your current quota", "insufficient_quota"),
    "payment": _error(402, "Insufficient credits", "payment_required"),
    "no model": _error(404, "The model does not exist", "model_not_found"),
    "too long": _error(
        400, "This model's maximum context length is 128 tokens", "context_length_exceeded"
    ),
    "filtered 400": _error(
        400, "The response was filtered by the content management policy", "content_filter"
    ),
    "filtered": _said(lambda text: None, finish="content_filter"),
    "refusal": _said(lambda text: None, refusal="I cannot help with that."),
    "empty": _said(lambda text: ""),
    "no markers": _said(_without_markers),
    "wrong types": _said(_wrong_types),
    "very long": _said(lambda text: "la " * 30_000, finish="length"),
    "truncated": _bytes(lambda content: content[: len(content) // 2]),
    "invalid utf-8": _bytes(lambda content: content.replace(b"answer", b"\xff\xfe\xc3")),
    "garbage": _bytes(lambda content: b"<html>bad gateway</html>", "text/html"),
    "drop": _drop,
    "cut": _cut,
    "hang": _hang,
    "drips": _drip(DRIP, round(HANG / DRIP)),
    "dripping head": _drip_head,
    "slow stream": _drip(0.005),
}
"""Name → fault. `slow stream` answers right in the end, the others do not."""
