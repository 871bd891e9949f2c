"""What dspy does anew for every call though it need not: four places, with what they cost.

Each replaces a function inside the one version of dspy that is pinned; `tests/core/lm` notices when
another version has moved them. Deliberately not here: anything that changes what is sent.
"""

import functools
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from dspy.adapters import utils as adapting
from dspy.clients import execution
from dspy.clients.backend_selection import CLIENT_KEYS
from pydantic import TypeAdapter

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


def choose_clients_once_for(kind: type) -> None:
    """From now on the client is chosen once for each model of this kind that names its client.

    dspy builds a router for each call, to ask it which client takes the model: a fifteenth of the
    call's processor time. Without a name the environment can lead to another client at any time.
    """
    choose = execution.select_backend

    def chosen(lm: Any, options: dict[str, Any] | None = None) -> Any:
        named = isinstance(lm, kind) and getattr(lm, "engine", None) == "lm15"
        if not named:
            return choose(lm, options)
        settings = {key: each for key, each in (options or {}).items() if key in CLIENT_KEYS}
        kept = getattr(lm, "_choice", None)
        if kept is None or kept[0] != settings:
            kept = lm._choice = settings, choose(lm, options)
        return kept[1]

    execution.select_backend = chosen


def read_proxies_seldom() -> None:
    """From now on the environment is read for proxies once a second, not for each request.

    Reading it takes a seventh of a call's processor time.
    """
    asking: Any = import_module("dspy._vendor.lm15.transports._proxy")  # has types, dspy has none
    asking.getproxies = _kept(asking.getproxies)


def keep_type_adapters() -> None:
    """From now on dspy makes one `TypeAdapter` for each type, not one for each value.

    pydantic advises so; it saves a twentieth of a call's processor time.
    """
    adapting.TypeAdapter = _type_adapter


def _type_adapter(of: Any) -> TypeAdapter[Any]:
    try:
        return _kept_adapter(of)
    except TypeError:  # not everything that describes a type can be looked up
        return TypeAdapter(of)


@functools.lru_cache(maxsize=256)
def _kept_adapter(of: Any) -> TypeAdapter[Any]:
    return TypeAdapter(of)


def _kept(read: Callable[[], dict[str, str]]) -> Callable[[], dict[str, str]]:
    last: tuple[float, dict[str, str]] | None = None

    def proxies() -> dict[str, str]:
        nonlocal last
        known, now = last, time.monotonic()
        if known is None or now - known[0] >= REREAD:
            known = last = (now, read())
        return known[1]

    return proxies
