"""What a provider's refusals mean: too many calls at once, or nothing to do with their number.

Fewer calls at once end the refusals that come from load. Some providers refuse a share of all
requests whatever the load; then the share stays, however few there are at once, and that is how the
two are told apart. Deliberately not here: what the limit is (`core.lm.limiter`).
"""

from dataclasses import dataclass, field

TOLERATED = 0.03
"""Share of refusals for which a limit that otherwise holds is not lowered."""

LENIENT = 2
"""So many times the usual share of refusals is tolerated on top of that."""

PATIENCE = 4
"""Refusals beyond what is tolerated that a limit survives."""

ENOUGH = 8
"""Refusals while the limit falls and falls, before their share says anything."""

FAR = 3
"""When this many times the refused share was taken off the limit and the share stays, load is not
the reason: taking off the share alone would have ended refusals that come from load."""

MOST_USUAL = 1 / 3
"""No larger share is taken for usual: what refuses more is overloaded, out of order or of quota."""

MOST_SLIDING = 1 / 2
"""A limit beside which more than this is refused is too high to say anything."""

WALL = 2
"""Refusals beyond half of all requests, after which nothing is believed to get through."""

CLEAN = 10
"""Refusals that were to be expected before the next one came: then none are usual any more."""


@dataclass
class Excess:
    """Refusals beyond a share of all requests, at least 0: Page's cumulative sum (1954).

    The requests are those sent, not those that came back: a refusal is back long before an answer,
    so that after a change nearly all that comes back at first are refusals.
    """

    count: float = 0.0
    _sent: int = 0

    def refused(self, sent: int, share: float) -> None:
        """One more refusal, after so many requests in all."""
        self.count = max(0.0, self.count - share * (sent - self._sent)) + 1
        self._sent = sent


@dataclass
class Slide:
    """A limit that falls and falls."""

    since: int
    """Requests sent when it began; the counts are about those sent later."""
    top: int | None = None
    """Where the limit came from; None before the second fall, as the first may be any deep."""
    refused: int = 0
    wall: Excess = field(default_factory=Excess)


@dataclass
class Refusals:
    """Judges the refusals of one endpoint, of which `sent` says when. Not safe across threads."""

    usual: float = 0.0
    """Share of requests that the provider refuses whatever the load, as far as is known."""
    _sent: int = 0
    """Requests sent until the last refusal."""
    _excess: Excess = field(default_factory=Excess)
    _slide: Slide | None = None

    def count(self, order: int, sent: int) -> None:
        """The request of that number was refused, when `sent` had been sent."""
        if (sent - self._sent) * self.usual > CLEAN:
            self.usual = 0.0
        self._sent = sent
        if self._slide is not None and order > self._slide.since:
            self._slide.refused += 1
            self._slide.wall.refused(sent, 0.5)

    def top(self, sent: int, limit: int) -> int | None:
        """Where the limit came from, once it is clear that falling to this has helped nothing.

        None as long as it may have helped, or may yet.
        """
        slide = self._slide
        if slide is None or slide.top is None or slide.refused < ENOUGH:
            return None
        share = slide.refused / (sent - slide.since)
        if share <= self._tolerated:
            # no more than was known: believing more each time would end far too high
            return self._back_to(slide.top, min(share, max(self.usual, TOLERATED)))
        if share > MOST_SLIDING:
            self._slide = Slide(sent, limit)
        elif share <= MOST_USUAL and (limit == 1 or limit <= slide.top * (1 - FAR * share)):
            return self._back_to(slide.top, share)
        return None

    def are_too_many(self, sent: int, *, held: bool) -> bool:
        """Whether one more refusal tells that the limit is too high.

        It has `held` when a whole round of it was answered.
        """
        self._excess.refused(sent, self._tolerated)
        if self.usual:  # several in a row are chance then
            return self._excess.count > PATIENCE
        return self._excess.count > (PATIENCE if held else 0) or self._is_wall

    def fell(self, sent: int, limit: int) -> None:
        """The limit falls from this."""
        self._excess = Excess()
        if self._slide is None:
            self._slide = Slide(sent)
        elif self._slide.top is None:
            self._slide.top = limit

    def meet_a_wall(self, sent: int) -> bool:
        """Whether hardly anything gets through although the limit was lowered.

        That is no share of all requests: what was counted since it fell is forgotten.
        """
        if self._slide is None or not self._is_wall:
            return False
        self._slide = Slide(sent, self._slide.top)
        return True

    def ended(self) -> None:
        """The limit has held for long."""
        self._slide = None

    @property
    def _tolerated(self) -> float:
        return TOLERATED + LENIENT * self.usual

    @property
    def _is_wall(self) -> bool:
        return self._slide is not None and self._slide.wall.count >= WALL

    def _back_to(self, top: int, usual: float) -> int:
        self.usual, self._slide, self._excess = usual, None, Excess()
        return top
