"""Where the answers of models are kept for the next time: dspy's cache, without anybody's key.

A provider can repeat the key in an answer, and a cache holds answers as they came: in a folder, or
in the memory of a server that many people share.
"""

from pathlib import Path
from typing import Any

import dspy
from dspy.clients.cache import Cache

from core.lm.keys import cleaned, redaction

LARGEST_FOLDER = 30_000_000_000
"""Bytes of a folder from which on the oldest answers go."""


class CleanCache(Cache):  # type: ignore[misc]  # dspy has no types
    """Keeps answers without keys; one that cannot be had without is not kept."""

    def put(self, request: dict[str, Any], value: Any, *more: Any, **named: Any) -> None:
        """As dspy's own."""
        without = redaction()
        value = cleaned(value, without)
        if isinstance(value, dict) or without(shown := repr(value)) == shown:
            super().put(request, value, *more, **named)


def keep_answers(*, in_memory: int, folder: Path | None = None) -> None:
    """From now on answers are kept: so many in memory, 0 for none, and all in the folder.

    Raises:
        OSError, sqlite3.Error: the folder cannot be used.
    """
    kept = CleanCache(
        enable_disk_cache=folder is not None,
        enable_memory_cache=in_memory > 0,
        disk_cache_dir=None if folder is None else str(folder),
        disk_size_limit_bytes=LARGEST_FOLDER,
        memory_max_entries=max(1, in_memory),
        restrict_pickle=True,  # what lies in the folder becomes answers and nothing else
    )
    with dspy._cache_lock:  # who reads `dspy.cache` first would make one under it
        dspy.cache = kept
