"""The keys that were typed in one browser session: in memory, and nowhere else."""

from collections.abc import Mapping
from typing import NoReturn


class KeyRing:
    """Name → key. Shows none of them, and refuses to be written anywhere."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}

    def put(self, name: str, key: str) -> None:
        """Remember a key, in place of one with the same name."""
        self._keys[name] = key.strip()

    def remove(self, name: str) -> None:
        """Forget a key."""
        self._keys.pop(name, None)

    def known(self) -> Mapping[str, str]:
        """All of them, as they are now."""
        return dict(self._keys)

    def __contains__(self, name: object) -> bool:
        return name in self._keys

    def __repr__(self) -> str:
        return f"KeyRing({len(self._keys)})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("keys are kept in memory only")
