"""Waiting for what other threads and processes do."""

import time
from collections.abc import Callable
from typing import Any


def wait_until(
    condition: Callable[[], Any],
    told: Callable[[], object] = lambda: "it did not come about",
    *,
    seconds: float = 60.0,
    pause: float = 0.05,
    sleep: Callable[[float], object] = time.sleep,
) -> Any:
    """What `condition` gives as soon as that counts as true; it is asked every `pause` seconds.

    After `seconds` the test fails with what is `told` then.
    """
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, told()
        sleep(pause)
    return found
