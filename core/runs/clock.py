"""How long workers were at work on a run, from the times of its events."""

from dataclasses import dataclass


@dataclass(kw_only=True)
class WorkClock:
    """Seconds at work; pauses, interruptions and waits for a review are left out."""

    worked_at: float = 0.0
    """Time of the newest event that a worker wrote."""
    _seconds: float = 0.0
    _since: float | None = None

    def take_up(self, at: float | None) -> None:
        """As `start`, by a new worker: the one before it may have ended without a word."""
        if self._since is not None:
            self._seconds += max(0.0, self.worked_at - self._since)
        self._since = at

    def start(self, at: float | None) -> None:
        """Work goes on since `at`; None when it waits for people."""
        self._since = at

    def stop(self, at: float) -> None:
        """Work rests."""
        if self._since is not None:
            self._seconds += max(0.0, at - self._since)
            self._since = None

    def elapsed(self, now: float) -> float:
        """Seconds at work until `now`."""
        running = 0.0 if self._since is None else max(0.0, now - self._since)
        return self._seconds + running
