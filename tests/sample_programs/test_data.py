import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from core.lm.matcher.text import names
from sample_programs.data.make_data import write_all

FOLDER = Path("sample_programs/data")
FILES = [
    "iris.csv",
    "support_tickets.csv",
    "multi_hop_questions.jsonl",
    "multi_hop_passages.jsonl",
    "passage_questions.jsonl",
    "conditional_questions.jsonl",
    "made_up_patients.csv",
    "negated_sentences.jsonl",
    "notices.jsonl",
    "orders.jsonl",
    "sums.jsonl",
    "three_passage_claims.jsonl",
]


def rows_of(name):
    text = (FOLDER / name).read_text(encoding="utf-8")
    if name.endswith(".csv"):
        return list(csv.DictReader(text.splitlines()))
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def passages():
    return {row["title"]: row["text"] for row in rows_of("multi_hop_passages.jsonl")}


@pytest.fixture(scope="module")
def written_again(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    write_all(folder)
    return folder


@pytest.mark.parametrize("name", FILES)
def test_the_script_writes_the_bundled_files_byte_by_byte(written_again, name):
    assert (written_again / name).read_bytes() == (FOLDER / name).read_bytes()


@pytest.mark.parametrize("name", FILES)
def test_the_readme_tells_the_origin_and_size(name):
    lines = (FOLDER / "README.md").read_text(encoding="utf-8").splitlines()
    (line,) = [line for line in lines if line.startswith(f"| `{name}`")]
    assert f"| {len(rows_of(name))} |" in line
    assert all(column in line for column in rows_of(name)[0])


@pytest.mark.parametrize("name", FILES)
def test_no_row_comes_twice_and_none_is_blank(name):
    rows = rows_of(name)
    inputs = [tuple(map(str, row.values())) for row in rows]
    repeated = len(inputs) - len(set(inputs))
    assert repeated == (1 if name == "iris.csv" else 0)  # the original has one flower twice
    assert all(str(value).strip() for row in rows for value in row.values())


def test_tickets_are_many_varied_and_balanced():
    rows = rows_of("support_tickets.csv")
    counts = Counter(row["team"] for row in rows)
    assert (len(rows), len(counts)) == (400, 8)
    assert max(counts.values()) - min(counts.values()) <= 1
    assert len({row["ticket"] for row in rows}) == len(rows)


def test_no_ticket_names_its_team():
    assert not [
        row for row in rows_of("support_tickets.csv") if row["team"] in row["ticket"].lower()
    ]


def test_there_are_enough_questions_and_passages(passages):
    assert len(passages) >= 200
    assert len(rows_of("multi_hop_questions.jsonl")) >= 300


def test_the_first_passage_leads_to_the_second_and_that_holds_the_answer(passages):
    for row in rows_of("multi_hop_questions.jsonl"):
        first, second = row["titles"].split("; ")
        assert first in row["question"]
        assert second in passages[first]
        assert row["answer"] in passages[second]


def test_the_second_passage_shares_no_name_with_the_question(passages):
    for row in rows_of("multi_hop_questions.jsonl"):
        second = row["titles"].split("; ")[1]
        text = f"{second} {passages[second]}"
        assert not [name for name in names(row["question"]) if name in text], row


def test_one_hop_contexts_hold_the_answer():
    for row in rows_of("passage_questions.jsonl"):
        own = [part for part in row["context"].split("\n\n") if part.startswith(row["titles"])]
        assert len(own) == 1
        assert row["answer"] in own[0]


def test_claims_lead_from_passage_to_passage(passages):
    for row in rows_of("three_passage_claims.jsonl"):
        made, person, town = row["titles"].split("; ")
        assert made in row["claim"]
        assert person in passages[made]
        assert town in passages[person]
        assert town not in row["claim"]


def test_answers_of_sums_are_numbers_that_follow_from_the_passages(passages):
    for row in rows_of("sums.jsonl"):
        assert int(row["answer"]) > 0
        assert any(title in row["question"] for title in passages)


def test_summaries_stand_in_their_notices():
    assert all(row["summary"] in row["document"] for row in rows_of("notices.jsonl"))


def test_every_value_of_an_order_is_in_its_text():
    for row in rows_of("orders.jsonl"):
        order = row["order"]
        assert order["customer"] in row["text"]
        assert order["item"] in row["text"]
        assert f"{order['price']:g}" in row["text"]


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("made_up_patients.csv", "answer"),
        ("negated_sentences.jsonl", "answer"),
        ("three_passage_claims.jsonl", "label"),
    ],
)
def test_yes_and_no_are_about_as_frequent(name, column):
    counts = Counter(row[column] for row in rows_of(name))
    assert len(counts) == 2
    assert min(counts.values()) > 0.35 * sum(counts.values())
