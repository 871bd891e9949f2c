"""How long and with how much memory a file of a million rows is profiled and sampled.

    .venv/bin/python benchmarks/big_file.py [csv|jsonl|parquet]

Makes the file (about 200 MB as CSV) in a temporary folder first; that is not measured.
"""

import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from core.data.readers import sampled, source_of_path

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


def main(suffix: str) -> None:
    """Make the file, sample it in this process, and print what that took."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"big.{suffix}"
        write(path)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        start, used = time.perf_counter(), time.process_time()
        found = sampled(source_of_path(path))
        wall, processor = time.perf_counter() - start, time.process_time() - used
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        size = path.stat().st_size / 1e6
        print(
            f"{suffix}: {size:,.0f} MB, {found.profile.rows:,} rows: {wall:.0f} s "
            f"({processor:.0f} s of processor), peak {peak:,.0f} MB ({before:,.0f} before)"
        )


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "csv")
