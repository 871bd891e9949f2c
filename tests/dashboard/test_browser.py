"""What a server remembers of a browser, and whom it tells apart."""

import re

import pytest

from dashboard.browser import COOKIE, LONGEST, MOST, BrowserCookie, BrowserMemory
from dashboard.draft import Draft


def test_a_browser_finds_its_last_draft_and_nobody_elses():
    memory = BrowserMemory()
    memory.keep(("a", ""), Draft(name="first"), ())
    memory.keep(("a", ""), Draft(name="second"), ())
    memory.keep(("a", "ada@example.org"), Draft(name="hers"), ())
    assert memory.recall(("a", "")).draft.name == "second"
    assert memory.recall(("a", "ada@example.org")).draft.name == "hers"
    assert memory.recall(("b", "")) is None


def test_memory_is_bounded_in_number_and_age():
    now = [0.0]
    memory = BrowserMemory(clock=lambda: now[0])
    for number in range(MOST + 1):
        memory.keep((str(number), ""), Draft(), ())
    assert memory.recall(("0", "")) is None
    assert memory.recall(("1", "")) is not None
    now[0] = LONGEST + 1
    assert memory.recall(("1", "")) is None
    memory.keep(("new", ""), Draft(), ())
    assert len(memory._kept) == 1


def answered(*, told=None, kind="text/html"):
    """The headers of an answer to a request that comes with this cookie."""
    sent = []

    async def app(scope, receive, send):
        headers = [(b"content-type", kind.encode()), (b"set-cookie", b"other=1")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    async def send(message):
        sent.append(message)

    cookie = [(b"cookie", f"x=1; {COOKIE}={told}".encode())] if told else []
    scope = {"type": "http", "scheme": "http", "headers": cookie}
    with pytest.raises(StopIteration):  # nothing in it waits, so no event loop is needed
        BrowserCookie(app)(scope, None, send).send(None)
    return [value.decode() for name, value in sent[0]["headers"] if name == b"set-cookie"]


def test_a_browser_without_a_cookie_gets_one_that_no_script_reads():
    given = answered()[1]
    assert re.fullmatch(rf"{COOKIE}=[0-9a-f]{{32}}; Path=/; HttpOnly; SameSite=Lax", given)
    assert answered()[1] != given
    assert len(answered(told="short")) == 2
    assert answered(told="0123456789abcdef" * 2) == ["other=1"]
    assert answered(kind="application/json") == ["other=1"]
