import random

import pandas as pd

from core.data.dataset import Dataset
from core.data.leaks import Leak, leaks
from core.data.split import Split

SYLLABLES = ["mon", "ter", "lak", "sul", "pri", "day", "ive", "osh", "un", "gra", "bel", "fo"]
WORDS = [a + b + c for a in SYLLABLES for b in SYLLABLES for c in SYLLABLES]


def dataset(texts):
    return Dataset(name="made", origin="made", frame=pd.DataFrame({"q": texts}, dtype=object))


def split_of(train, val, test):
    return Split(
        train=tuple(train),
        val=tuple(val),
        test=tuple(test),
        stratified_by=None,
        duplicate_groups=0,
        duplicate_rows=0,
        conflicting_rows=0,
    )


def sentences(count, seed=0):
    rng = random.Random(seed)
    return [" ".join(rng.choices(WORDS, k=12)) for _ in range(count)]


def test_a_row_that_differs_in_case_and_punctuation_only_is_certain():
    made = dataset(["Who wrote Hamlet?", "who wrote  HAMLET", "Something else entirely"])
    report = leaks(made, ["q"], split_of([0], [2], [1]))
    assert report.leaks == (Leak(row=1, part="test", like=0, like_part="train", similarity=1.0),)


def test_a_row_with_a_typo_is_found_and_unlike_rows_are_not():
    texts = sentences(60)
    texts[50] = texts[3].replace("a", "e", 1) + "!"
    report = leaks(dataset(texts), ["q"], split_of(range(40), range(40, 50), range(50, 60)))
    assert [(leak.row, leak.like, leak.like_part) for leak in report.leaks] == [(50, 3, "train")]
    assert 0.85 <= report.leaks[0].similarity < 1
    assert (report.compared, report.rows) == (60, 60)


def test_questions_from_one_mould_are_no_leak():
    cities = ["Lisbon", "Nairobi", "Quito", "Oslo", "Hanoi", "Bern", "Lima", "Accra", "Riga"]
    made = dataset([f"What is the population of {city} today?" for city in cities])
    assert leaks(made, ["q"], split_of(range(3), range(3, 6), range(6, 9))).leaks == ()


def test_repeats_within_a_part_are_no_leak():
    made = dataset(["the same long question here", "The same long question here!", "another one"])
    assert leaks(made, ["q"], split_of([0, 1], [2], [])).leaks == ()


def test_short_inputs_such_as_numbers_are_compared_for_equality_only():
    made = Dataset(
        name="iris",
        origin="made",
        frame=pd.DataFrame({"a": [5.1, 5.1, 4.9], "b": [3.5, 3.4, 3.0]}, dtype=object),
    )
    assert leaks(made, ["a", "b"], split_of([0], [1], [2])).leaks == ()
