"""Where keys come from, and how they stay out of everything that is written.

A key has a name, such as `OPENAI_API_KEY`. Settings, events and messages hold the name; the key
itself comes from the environment, or from a source that the dashboard adds: what was typed in a
browser session, and its secrets file. Deliberately not here: anything that keeps a key.
"""

import functools
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from io import TextIOBase
from typing import Any, ParamSpec, TextIO, TypeVar
from urllib.parse import quote

INSTEAD = "(the key)"
"""What stands in a text where a key was."""

SHORTEST = 8
"""Characters of the shortest key that is looked for in texts without being named."""
TELLING = 16
"""Characters from which on a key need not have letters and digits to be told from a mere word."""

Source = Callable[[], Mapping[str, str]]
"""Name → key, as they are for whoever asks at the moment."""

# `_` counts as a letter for `\b`, so the words of a name are told apart by hand.
_SECRET_NAME = re.compile(
    r"(?:^|_)(?:API_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)(?:_|$)", re.I
)


_sources: list[Source] = []

_carried: ContextVar[Mapping[str, str] | None] = ContextVar("carried keys", default=None)

P = ParamSpec("P")
T = TypeVar("T")


def find_with(*sources: Source) -> None:
    """Look for keys in these sources first, and in the environment after them, from now on."""
    _sources[:] = sources


def carried(work: Callable[P, T]) -> Callable[P, T]:
    """`work` for another thread, where it finds the keys that are found here and now."""
    found = _found()

    def carrying(*args: P.args, **kwargs: P.kwargs) -> T:
        token = _carried.set(found)
        try:
            return work(*args, **kwargs)
        finally:
            _carried.reset(token)

    return carrying


def key_of(name: str | None) -> str:
    """The key with this name; empty without one. A line break at its end is no part of it."""
    if not name:
        return ""
    return (_found().get(name) or os.environ.get(name, "")).strip()


def redacted(text: str, *keys: str | None) -> str:
    """The text without these keys and without any that this process knows of.

    A key is found as it is, and as JSON, a Python literal or an address would write it. What this
    process knows and is no more than a word, such as `postgres`, is no key.
    """
    return redaction(*keys)(text)


def redaction(*keys: str | None) -> Callable[[str], str]:
    """`redacted` for many texts, with the keys that are known now."""
    known = {key for key in map(str.strip, _known()) if _is_telling(key)}
    known |= {key.strip() for key in keys if key and key.strip()}
    spelled = _all_spellings(tuple(sorted(known, key=len, reverse=True)))

    def without(text: str) -> str:
        for written in spelled:
            if written in text:
                text = text.replace(written, INSTEAD)
        return text

    return without


def cleaned(value: T, without: Callable[[str], str] | None = None) -> T:
    """The value with `redacted` texts, however deep in lists and tables of texts they are.

    Objects of any other kind stay as they are.
    """
    return _cleaned(value, without or redaction())  # type: ignore[no-any-return]


class RedactingStream(TextIOBase):
    """Writes to another stream what is left of a text without keys."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """The number of characters that were given."""
        self._stream.write(redacted(text))
        return len(text)

    def flush(self) -> None:
        """Have the other stream write what it holds back."""
        self._stream.flush()

    def fileno(self) -> int:
        """That of the other stream."""
        return self._stream.fileno()

    def writable(self) -> bool:
        """Always."""
        return True

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """That of the other stream."""
        return self._stream.encoding


def _found() -> Mapping[str, str]:
    """What the further sources have, the first of them foremost."""
    own = _carried.get()
    if own is not None:
        return own
    return {name: key for source in reversed(_sources) for name, key in source().items() if key}


def _known() -> Iterator[str]:
    yield from _found().values()
    # to read the names as texts takes ten times as long, and this is done twice for every call
    names = tuple(os.environb if os.supports_bytes_environ else os.environ)
    yield from (os.environ.get(name, "") for name in _secret_among(names))


@functools.lru_cache(maxsize=4)
def _secret_among(names: tuple[bytes, ...] | tuple[str, ...]) -> tuple[str, ...]:
    """The variables of these names that hold what nobody else should see."""
    return tuple(name for name in map(os.fsdecode, names) if _SECRET_NAME.search(name))


def _is_telling(key: str) -> bool:
    """Whether a text that has this in it can only mean the key."""
    mixed = any(map(str.isdigit, key)) and any(map(str.isalpha, key))
    return len(key) >= (SHORTEST if mixed else TELLING)


@functools.lru_cache(maxsize=8)
def _all_spellings(keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(each for key in keys for each in _spellings(key))


def _spellings(key: str) -> tuple[str, ...]:
    """The ways in which a text can show a key; without those that equal another one."""
    as_json = json.dumps(key)[1:-1], json.dumps(key, ensure_ascii=False)[1:-1]
    ways = (key, *as_json, repr(key)[1:-1], quote(key), quote(key, safe=""))
    return tuple(dict.fromkeys(ways))


def _cleaned(value: Any, without: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return without(value)
    if isinstance(value, dict):
        changed = {_cleaned(key, without): _cleaned(each, without) for key, each in value.items()}
        return value if changed == value else changed
    if type(value) in (list, tuple):
        return type(value)(_cleaned(each, without) for each in value)
    return value
