"""The LM calls that a run may still make under its cap. Each is set apart before it is made.

The engine's thread sets calls apart for an action and says what has been used; any thread may ask
for one more for an action that is in flight. However these interleave, what is used and set apart
together never passes the cap.
"""

import threading
from collections.abc import Collection


class Purse:
    """What is used, what is set apart, and for which action. Safe across threads."""

    def __init__(self) -> None:
        """Without a cap, before `settle` has named one."""
        self._cap: int | None = None
        self._used = 0
        self._held: dict[str, int] = {}
        self._lock = threading.Lock()

    @property
    def left(self) -> int | None:
        """Calls that are neither used nor set apart; None without a cap.

        Negative when the cap was lowered below what is used.
        """
        with self._lock:
            return self._left()

    def reserve(self, key: str, calls: int) -> bool:
        """Set calls apart for the action; False, and nothing set apart, when they do not fit."""
        with self._lock:
            left = self._left()
            if left is not None and calls > left:
                return False
            self._held[key] = calls
            return True

    def one_more(self, key: str) -> bool:
        """Set one more call apart for an action in flight; False when none is left."""
        with self._lock:
            left = self._left()
            if key not in self._held or (left is not None and left < 1):
                return False
            self._held[key] += 1
            return True

    def settle(self, *, used: int, cap: int | None, in_flight: Collection[str]) -> None:
        """What the log says is used by now, the cap in force, and whose calls stay set apart.

        The log must hold what every action that is no more in flight has used.
        """
        with self._lock:
            self._used, self._cap = used, cap
            self._held = {key: calls for key, calls in self._held.items() if key in in_flight}

    def _left(self) -> int | None:
        return None if self._cap is None else self._cap - self._used - sum(self._held.values())
