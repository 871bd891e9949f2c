"""How long and with how much memory a file of a million rows is profiled and sampled.

    .venv/bin/python benchmarks/big_file.py [csv|jsonl|parquet] [--browser]

Makes the file (about 200 MB as CSV) in a temporary folder first; that is not measured. With
`--browser`, Chromium uploads it to a dashboard of its own, and the server is measured.
"""

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from core.data.readers import sampled, source_of_path

ROOT = Path(__file__).resolve().parents[1]

ROWS = 1_000_000
WORDS = [f"word{number}" for number in range(3_000)]


def rows() -> Iterator[dict[str, object]]:
    """A question of 18 words, an answer, a label and a number, a million times."""
    draw = random.Random(0)
    for number in range(ROWS):
        question = " ".join(draw.choices(WORDS, k=18))
        yield {
            "id": number,
            "question": f"{question}, please",
            "answer": draw.choice(WORDS),
            "team": draw.choice("abc"),
            "score": round(draw.random(), 4),
        }


def write(path: Path) -> None:
    """The rows in the format that the suffix names."""
    if path.suffix == ".parquet":
        with pq.ParquetWriter(path, pa.Table.from_pylist([next(rows())]).schema) as writer:
            batch: list[dict[str, object]] = []
            for row in rows():
                batch.append(row)
                if len(batch) == 50_000:
                    writer.write_table(pa.Table.from_pylist(batch))
                    batch = []
        return
    with path.open("w", encoding="utf-8") as file:
        if path.suffix == ".csv":
            file.write("id,question,answer,team,score\n")
        for row in rows():
            if path.suffix == ".csv":
                quoted = [
                    f'"{value}"' if "," in str(value) else str(value) for value in row.values()
                ]
                file.write(",".join(quoted) + "\n")
            else:
                file.write(json.dumps(row) + "\n")


def sample(path: Path) -> None:
    """Sample the file in this process, and print what that took."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    start, used = time.perf_counter(), time.process_time()
    found = sampled(source_of_path(path))
    wall, processor = time.perf_counter() - start, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(
        f"{path.name}: {path.stat().st_size / 1e6:,.0f} MB, {found.profile.rows:,} rows: "
        f"{wall:.0f} s ({processor:.0f} s of processor), peak {peak:,.0f} MB ({before:,.0f} before)"
    )


def upload(path: Path) -> None:
    """Upload the file through Chromium, and print the time and the server's memory (Linux only)."""
    from playwright.sync_api import sync_playwright

    from tests.providers.openai_server import free_port

    home, port = path.parent, free_port()
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/asgi.py"]
    own = {"STUDIO_DB": f"sqlite:///{home / 'a.db'}", "STUDIO_HOME": str(home)}
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    server = subprocess.Popen(
        [*command, "--server.port", str(port)], cwd=ROOT, env={**os.environ, **own},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page()
            page.set_default_timeout(300_000)
            _wait(f"http://127.0.0.1:{port}/api/health")
            page.goto(f"http://127.0.0.1:{port}/data")
            page.get_by_text("Upload a file").wait_for()
            page.wait_for_timeout(1_000)
            before, start = _memory(server.pid, "VmRSS"), time.perf_counter()
            page.locator("input[type=file]").first.set_input_files(path)
            page.get_by_role("button", name="Continue to program").wait_for()
            wall = time.perf_counter() - start
            browser.close()
        print(
            f"{path.name}: {path.stat().st_size / 1e6:,.0f} MB uploaded and shown in {wall:.0f} s; "
            f"server: peak {_memory(server.pid, 'VmHWM'):,.0f} MB ({before:,.0f} before)"
        )
    finally:
        server.terminate()
        server.wait()


def _wait(url: str) -> None:
    """Until the server answers."""
    for _ in range(300):
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(f"{url} does not answer")


def _memory(process: int, what: str) -> float:
    """Megabytes of a process, as the kernel counts them."""
    text = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return int(text.partition(f"{what}:")[2].split()[0]) / 1e3


def main() -> None:
    """Make the file and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suffix", nargs="?", default="csv", choices=["csv", "jsonl", "parquet"])
    parser.add_argument("--browser", action="store_true", help="upload it through Chromium")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"big.{options.suffix}"
        write(path)
        (upload if options.browser else sample)(path)


if __name__ == "__main__":
    main()
