import difflib
import random
import time

import pytest

from core.proposal.likeness import NEARLY, Alike, Likeness, nearly_the_same

LONG = (
    "Rank the passages in the list by how much they help to answer the question, and give their "
    "numbers in that order, separated by commas, the most helpful first."
)


def test_texts_of_their_own_are_like_none():
    assert nearly_the_same(["Answer.", "Name the capital.", LONG]) == [None, None, None]
    assert nearly_the_same([]) == []


@pytest.mark.parametrize(
    "other",
    [
        LONG.upper(),
        LONG.replace(", ", "\n"),
        f"“{LONG}”",
        LONG.replace("passages", "texts"),
        f"Please: {LONG}",
        LONG.replace("most helpful", "best"),
    ],
    ids=["case", "line breaks", "quotes", "one word changed", "one word more", "two words for one"],
)
def test_a_text_with_little_changed_is_nearly_the_same(other):
    first, second = nearly_the_same([LONG, other])
    assert first is None
    assert second.earlier == 0
    assert NEARLY <= second.likeness <= 1.0


@pytest.mark.parametrize(
    "other",
    [
        "Rank the passages.",
        LONG + " Look at the dates first, then at the names, and leave out what is no passage.",
        " ".join(reversed(LONG.split())),
        "Write a query that finds what the question asks for.",
    ],
    ids=["a part", "much more", "other order", "another task"],
)
def test_a_text_with_much_changed_is_another(other):
    assert nearly_the_same([LONG, other]) == [None, None]


def test_short_texts_differ_by_one_word():
    assert nearly_the_same(["Answer yes.", "Answer no."]) == [None, None]
    assert nearly_the_same(["Don't guess.", "don’t guess!"])[1] == Alike(0, 1.0)


def test_texts_without_words_are_the_same_as_each_other():
    assert nearly_the_same(["", "…", "word"]) == [None, Alike(0, 1.0), None]


def test_the_first_of_several_is_named():
    assert nearly_the_same([LONG, "Answer.", LONG.lower(), LONG.upper()]) == [
        None,
        None,
        Alike(0, 1.0),
        Alike(0, 1.0),
    ]


def test_one_by_one_or_together_is_the_same():
    texts = made_up(60, words=12, seed=1)
    known = Likeness()
    assert [known.add(text) for text in texts] == nearly_the_same(texts)


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_missed_that_comparing_all_with_all_would_find(seed):
    texts = made_up(80, words=15, seed=seed)
    expected = []
    for place, text in enumerate(texts):
        ratios = [
            difflib.SequenceMatcher(None, other.split(), text.split(), autojunk=False).ratio()
            for other in texts[:place]
        ]
        alike = [(each, ratio) for each, ratio in enumerate(ratios) if ratio >= NEARLY]
        expected.append(Alike(*alike[0]) if alike else None)
    assert nearly_the_same(texts) == expected
    assert 5 < sum(each is not None for each in expected) < 75


def test_five_thousand_instructions_take_milliseconds_each():
    texts = made_up(5_000, words=50, seed=0)
    known = Likeness()
    for text in texts[:4_900]:
        known.add(text)
    started = time.process_time()
    for text in texts[4_900:]:
        known.add(text)
    assert (time.process_time() - started) / 100 < 0.02


def made_up(count, *, words, seed):
    """Texts about one task, some of them changed copies of earlier ones."""
    draw = random.Random(seed)
    vocabulary = [f"word{number}" for number in range(20 + 3 * words)]
    texts = []
    for _ in range(count):
        own = draw.choices(vocabulary, k=words)
        if texts and draw.random() < 0.4:
            own = draw.choice(texts).split()
            for _ in range(draw.randint(0, words // 4)):
                own[draw.randrange(len(own))] = draw.choice(vocabulary)
        texts.append(" ".join(own))
    return texts
