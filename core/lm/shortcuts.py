"""What dspy does anew for every call though it need not: two places, with what they cost.

Both replace a function inside the one version of dspy that is pinned; `tests/core/lm` notices when
another version has moved them. Deliberately not here: anything that changes what is sent.
"""

import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from dspy.clients import execution

REREAD = 1.0
"""Seconds after which the environment is read again for addresses of proxies."""


def leave_prices_to(kind: type) -> None:
    """From now on dspy prices no call of models of this kind, which do so themselves.

    It reads through the whole of its list of prices, twice, for a model that is not there, as no
    model behind an address of one's own is: 2 ms of processor time for each call, which is more
    than all else.
    """
    priced = execution._price_result

    def price(lm: Any, *given: Any, **named: Any) -> None:
        if not isinstance(lm, kind):
            priced(lm, *given, **named)

    execution._price_result = price


def read_proxies_seldom() -> None:
    """From now on the environment is read for proxies once a second, not for each request.

    Reading it takes a seventh of a call's processor time.
    """
    asking: Any = import_module("dspy._vendor.lm15.transports._proxy")  # has types, dspy has none
    asking.getproxies = _kept(asking.getproxies)


def _kept(read: Callable[[], dict[str, str]]) -> Callable[[], dict[str, str]]:
    last: tuple[float, dict[str, str]] | None = None

    def proxies() -> dict[str, str]:
        nonlocal last
        known, now = last, time.monotonic()
        if known is None or now - known[0] >= REREAD:
            known = last = (now, read())
        return known[1]

    return proxies
