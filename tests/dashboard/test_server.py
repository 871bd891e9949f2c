"""The server as a process: start-up, headers, health, plotly.js, deep links."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from dashboard.__main__ import free_port

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Address of a server that `python -m dashboard` started, and what it printed."""
    folder = tmp_path_factory.mktemp("server")
    environment = {**os.environ, "STUDIO_DB": f"sqlite:///{folder / 'studio.db'}", "CI": "1"}
    with (folder / "log").open("w") as log, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-m", "dashboard", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            deadline = time.monotonic() + 40
            while "MIPRO Studio is at" not in (printed := (folder / "log").read_text()):
                assert process.poll() is None, printed
                assert time.monotonic() < deadline, printed
                time.sleep(0.1)
            yield printed.split("MIPRO Studio is at ")[1].split()[0], printed
        finally:
            process.terminate()
            process.wait(15)


def get(url):
    with urllib.request.urlopen(url, timeout=10) as reply:
        return reply.headers, reply.read()


def test_a_taken_port_is_passed_over_and_this_is_said(server):
    url, printed = server
    assert "is taken; using" in printed
    assert get(url)[1]


def test_health_says_how_many_runs_there_are(server):
    found = json.loads(get(f"{server[0]}/api/health")[1])
    assert found == {"ok": True, "runs": 0, "unreadable_runs": 0}


def test_every_answer_carries_the_security_headers(server):
    for path in ("/", "/api/health", "/assets/plotly/plotly.min.js"):
        headers, _ = get(f"{server[0]}{path}")
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
        assert "img-src 'self' data: blob:" in policy
        assert headers["x-content-type-options"] == "nosniff"


def test_plotly_comes_from_the_installed_wheel(server):
    _, script = get(f"{server[0]}/assets/plotly/plotly.min.js")
    assert b"plotly.js" in script[:500]


@pytest.mark.parametrize("page", ["data", "program", "configure", "monitor", "compare", "runs"])
def test_a_deep_link_is_answered(server, page):
    headers, body = get(f"{server[0]}/{page}?run=abc")
    assert headers["content-type"].startswith("text/html")
    assert b"<title>" in body


def test_a_free_port_is_found_and_a_full_range_is_reported():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) > port
    with pytest.raises(SystemExit, match="--port"):
        free_port(70_000)
