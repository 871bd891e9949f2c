"""`python -m dashboard`: the server, and a browser that shows it.

The server is a child process. This process only waits for it, so that Ctrl-C ends both.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOST = "127.0.0.1"
DEFAULT_PORT = 8501
PORTS_TRIED = 50
START_TIMEOUT = 60.0
"""Seconds that the server may take to answer."""


def main() -> int:
    """Run the server until it ends; its exit code, or 1 when it does not come up."""
    options = _options()
    port = free_port(options.port)
    if port != options.port:
        _say(f"Port {options.port} is taken; using {port}.")
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    os.chdir(ROOT)  # Streamlit looks for its settings there
    server = subprocess.Popen(_command(port), stdin=subprocess.DEVNULL)
    try:
        page = _demo_page() if options.demo else ""
        url = f"http://{HOST}:{port}"
        if not _answers(f"{url}/api/health", server):
            return 1
        _say(f"MIPRO Studio is at {url}{page}\nPress Ctrl-C to stop it; runs go on without it.")
        if not options.no_browser and _has_screen():
            webbrowser.open(f"{url}{page}")
        return server.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        _end(server)


def free_port(first: int) -> int:
    """The first port from `first` on that nothing listens on.

    Raises:
        SystemExit: the next 50 ports are all taken.
    """
    for port in range(first, min(first + PORTS_TRIED, 65536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise SystemExit(f"No port from {first} on is free. Name one with --port.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dashboard", description="Start MIPRO Studio.")
    parser.add_argument("--demo", action="store_true", help="start a demo run and show it")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="default: %(default)s")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    return parser.parse_args()


def _command(port: int) -> list[str]:
    script = str(Path("dashboard") / "asgi.py")
    return [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)]


def _demo_page() -> str:
    """Path of a new demo run's page; of the home page when it cannot be started."""
    # In a process of its own: what it imports is large, and this one stays for hours.
    command = [sys.executable, "-m", "dashboard.demo"]
    started = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if started.returncode != 0:
        _say("The demo run could not be started; see the messages above.")
        return ""
    return f"/monitor?run={started.stdout.strip()}"


def _answers(url: str, server: subprocess.Popen[bytes]) -> bool:
    """True once the server is healthy; False when it ended, or took too long."""
    deadline = time.monotonic() + START_TIMEOUT
    here = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy cannot reach it
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with here.open(url, timeout=5) as reply:
                return bool(json.load(reply)["ok"])
        except urllib.error.HTTPError:
            _say("The database cannot be used. STUDIO_DB names it; see the messages above.")
            return False
        except OSError:
            time.sleep(0.1)
    _say("The server did not start; see the messages above.")
    return False


def _has_screen() -> bool:
    """Whether a browser would be seen by anybody."""
    if os.environ.get("CI"):
        return False
    return sys.platform in ("darwin", "win32") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
