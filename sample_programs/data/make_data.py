"""Writes the bundled data sets: `python -m sample_programs.data.make_data [FOLDER]`.

Seeded, so that it writes the committed files byte by byte. Origins stand in `README.md`.
"""

import csv
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sample_programs.data.make.passages import make_passages
from sample_programs.data.make.questions import one_hop_questions, two_hop_questions
from sample_programs.data.make.records import entailments, orders, patients
from sample_programs.data.make.tickets import make_tickets
from sample_programs.data.make.world import make_world
from sample_programs.data.make.world_tasks import claims, conditional_questions, notices, sums

SEED = 20240617
TICKETS = 400
TWO_HOP_QUESTIONS = 360
ONE_HOP_QUESTIONS = 300
SMALL_SETS = 240
"""Rows of each of the sets made for one program only."""

Row = Mapping[str, Any]


def write_all(folder: Path) -> None:
    """Write every bundled data set into the folder, over what is there."""
    world = make_world(SEED)
    passages = make_passages(world, SEED + 1)
    _write_csv(folder / "iris.csv", iris())
    _write_csv(folder / "support_tickets.csv", make_tickets(TICKETS, SEED + 2))
    _write_jsonl(
        folder / "multi_hop_passages.jsonl",
        [{"title": each.title, "text": each.text} for each in passages],
    )
    _write_jsonl(
        folder / "multi_hop_questions.jsonl",
        two_hop_questions(world, TWO_HOP_QUESTIONS, SEED + 3),
    )
    _write_jsonl(
        folder / "passage_questions.jsonl",
        one_hop_questions(world, passages, ONE_HOP_QUESTIONS, SEED + 4),
    )
    _write_csv(folder / "made_up_patients.csv", patients(SMALL_SETS, SEED + 5))
    for name, rows in {
        "conditional_questions": conditional_questions(world, SMALL_SETS, SEED + 6),
        "three_passage_claims": claims(world, SMALL_SETS, SEED + 7),
        "negated_sentences": entailments(SMALL_SETS, SEED + 8),
        "orders": orders(SMALL_SETS, SEED + 9),
        "notices": notices(world, passages, SMALL_SETS, SEED + 10),
        "sums": sums(world, SMALL_SETS, SEED + 11),
    }.items():
        _write_jsonl(folder / f"{name}.jsonl", rows)


def iris() -> list[Row]:
    """The 150 flowers that come with scikit-learn, measures in centimetres, in its order."""
    from sklearn.datasets import load_iris  # heavy, and needed by nothing else here

    flowers = load_iris()
    return [
        {
            "petal_length": f"{petal_length:.1f}",
            "petal_width": f"{petal_width:.1f}",
            "sepal_length": f"{sepal_length:.1f}",
            "sepal_width": f"{sepal_width:.1f}",
            "answer": str(flowers.target_names[kind]),
        }
        for (sepal_length, sepal_width, petal_length, petal_width), kind in zip(
            flowers.data, flowers.target, strict=True
        )
    ]


def _write_csv(path: Path, rows: Sequence[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _write_jsonl(path: Path, rows: Sequence[Row]) -> None:
    lines = (json.dumps(dict(row), ensure_ascii=False) + "\n" for row in rows)
    path.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    write_all(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
