"""What turns the direction of text is written out, as `⟨U+202E⟩`, wherever a page shows it.

A name with U+202E in it would turn around what stands beside it, and a file could be called
other than it is. Text stays as it is in the store: it is written out on its way to the browser, and
put back where a person sends it in again from a field, so that nothing is changed by being edited.
It knows Streamlit's messages, and nothing of what they say.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
from google.protobuf.message import DecodeError
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

_TURNS = "\u202a-\u202e\u2066-\u2069"
"""Embeddings, overrides and isolates (Unicode UAX 9)."""

_RAW = re.compile(f"[{_TURNS}]")
_ESCAPED = re.compile(r"(?<!\\)((?:\\\\)*)\\u(202[a-eA-E]|206[6-9])")
"""As JSON escapes it."""
_WRITTEN = re.compile("⟨U\\+(202[A-E]|206[6-9])⟩")
_MAYBE = re.compile(rb"\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]|\\u20[26]")
"""In a message's bytes, where there is anything to write out."""
_MAYBE_BACK = re.compile("⟨U\\+20[26]".encode())

_JSON = frozenset({"spec", "json", "columns", "column_order", "json_value", "json_trigger_value"})
"""Fields whose text is JSON."""
_NAMES = frozenset({"id", "element_hash", "form_id", "hash"})
"""Fields that must stay as they are to be found again."""


def visible(text: str) -> str:
    """The text with what turns it written out."""
    return _RAW.sub(lambda found: f"⟨U+{ord(found.group()):04X}⟩", text)


class VisibleText:
    """Writes out on every websocket what turns text, and puts it back on its way in."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection (ASGI)."""
        if scope["type"] != "websocket":
            return await self._app(scope, receive, send)

        async def send_visible(message: Message) -> None:
            if message["type"] == "websocket.send" and message.get("bytes"):
                message["bytes"] = outgoing(message["bytes"])
            await send(message)

        async def receive_raw() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive" and message.get("bytes"):
                message["bytes"] = incoming(message["bytes"])
            return message

        return await self._app(scope, receive_raw, send_visible)


def outgoing(payload: bytes) -> bytes:
    """A message to the browser, written out; the same bytes where there is nothing to do."""
    return (
        _changed(payload, ForwardMsg, _visible_json, visible) if _MAYBE.search(payload) else payload
    )


def incoming(payload: bytes) -> bytes:
    """A message from the browser, with what `outgoing` wrote out put back."""
    if not _MAYBE_BACK.search(payload):
        return payload
    return _changed(payload, BackMsg, _raw_json, _raw)


def _changed(
    payload: bytes, kind: type, of_json: Callable[[str], str], of_text: Callable[[str], str]
) -> bytes:
    message = kind()
    try:
        message.ParseFromString(payload)
    except DecodeError:
        return payload  # no message of Streamlit's
    for part in _parts(message):
        for field, value in part.ListFields():
            if field.name in _NAMES:
                continue
            change = of_json if field.name in _JSON else of_text
            _change(part, field, value, change)
    return bytes(message.SerializeToString())


def _parts(message: Any) -> Iterator[Any]:
    """The message and all messages in it."""
    yield message
    for field, value in message.ListFields():
        if field.type != field.TYPE_MESSAGE:
            continue
        if field.message_type.GetOptions().map_entry:
            if field.message_type.fields_by_name["value"].type == field.TYPE_MESSAGE:
                for each in value.values():
                    yield from _parts(each)
        elif field.is_repeated:
            for each in value:
                yield from _parts(each)
        else:
            yield from _parts(value)


def _change(part: Any, field: Any, value: Any, change: Callable[[str], str]) -> None:
    """Replace the texts of one field."""
    if field.type == field.TYPE_STRING:
        if field.is_repeated:
            for place, each in enumerate(value):
                value[place] = change(each)
        else:
            setattr(part, field.name, change(value))
    elif field.type == field.TYPE_BYTES and field.name == "data" and change is visible:
        setattr(part, field.name, _visible_table(value))


def _visible_table(data: bytes) -> bytes:
    """A table as Streamlit sends it, its names and texts written out."""
    if not _MAYBE.search(data):
        return data
    try:
        table = pa.ipc.open_stream(data).read_all()
    except pa.ArrowInvalid:
        return data
    columns = [_visible_column(column) for column in table.columns]
    metadata = {
        key: _visible_json(value.decode()).encode()
        for key, value in (table.schema.metadata or {}).items()
    }
    fields = [
        pa.field(visible(field.name), column.type, field.nullable, field.metadata)
        for field, column in zip(table.schema, columns, strict=True)
    ]
    written = pa.table(columns, schema=pa.schema(fields, metadata))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, written.schema) as stream:
        stream.write_table(written)
    return sink.getvalue().to_pybytes()


def _visible_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    texts = (pa.types.is_string, pa.types.is_large_string)
    if not any(is_text(column.type) for is_text in texts):
        return column
    values = [None if each is None else visible(each) for each in column.to_pylist()]
    return pa.chunked_array([pa.array(values, column.type)])


def _visible_json(text: str) -> str:
    return visible(_ESCAPED.sub(lambda found: f"{found[1]}⟨U+{found[2].upper()}⟩", text))


def _raw(text: str) -> str:
    return _WRITTEN.sub(lambda found: chr(int(found[1], 16)), text)


def _raw_json(text: str) -> str:
    return _WRITTEN.sub(lambda found: f"\\u{found[1]}", text)
