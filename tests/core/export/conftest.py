"""A server that speaks the OpenAI protocol and remembers what it was sent."""

import re

import pytest

from tests.providers.openai_server import formatted, requested_fields, respond_by_hash, serving


def respond(messages):
    """A search for the question where a query is asked for; else as `respond_by_hash`."""
    fields = requested_fields(messages)
    if "search_query" not in fields:
        return respond_by_hash(messages)
    question = re.search(r"## question ## \]\]\n(.*)", messages[-1]["content"]).group(1)
    return formatted(dict.fromkeys(fields, question))


@pytest.fixture(scope="module")
def server():
    """(base address, server)."""
    with serving(respond) as found:
        yield found


@pytest.fixture
def sent(server):
    """Messages of every request that came in since, oldest first."""
    bodies = server[1].seen.bodies
    before = len(bodies)
    return lambda: [body["messages"] for body in bodies[before:]]
