"""Further tasks about the fictional world: answers in a form, claims over three passages, sums."""

import datetime
from collections.abc import Iterator
from random import Random

from core.programs.template import Passage
from sample_programs.data.make.questions import ASKED, LINKS
from sample_programs.data.make.world import Facts, World

Row = dict[str, str]

# The kind of what each fact names, as HotPotQA Conditional sorts answers.
CATEGORIES = {
    "birthplace": "place",
    "born": "date",
    "school": "organization",
    "mentor": "person",
    "river": "river",
    "festival": "festival",
    "region": "place",
    "charter": "date",
}

_DAYS_OF_A_YEAR = 365


def conditional_questions(world: World, count: int, seed: int) -> list[Row]:
    """`count` two-hop questions with the category of their answers, as evenly as there are any."""
    rng = Random(seed)
    found: dict[str, list[Row]] = {}
    for (kind, link), phrases in LINKS.items():
        for first in world.entries[kind]:
            second_kind = "person" if link == "maker" else "town"
            second = world.named(second_kind, first[link])
            for (asked_kind, fact), wordings in ASKED.items():
                if asked_kind == second_kind and fact in second:
                    it = rng.choice(phrases).format(**first)
                    row = {
                        "question": rng.choice(wordings).format(it=it),
                        "answer": second[fact],
                        "category": CATEGORIES[fact],
                    }
                    found.setdefault(row["category"], []).append(row)
    for rows in found.values():
        rng.shuffle(rows)
    # persons, places and dates have rules of their own; the rest stands in capitals
    order = ["person", "place", "date", "organization", "person", "place", "date", "festival"]
    picked = [found[order[i % len(order)]].pop() for i in range(count)]
    rng.shuffle(picked)
    return picked


# How a thing is told of in a claim, by its kind: what was made, by whom it was made.
_MADE = {
    "company": ("The founder of {name}", "The person who established {name}"),
    "book": ("The author of {name}", "The person who wrote {name}"),
    "bridge": ("The designer of {name}", "The engineer behind {name}"),
    "museum": ("The architect of {name}", "The designer of {name}"),
}

_ABOUT_BIRTHPLACES = {
    "river": ("was born in a town on the {value}", "comes from a place where the {value} flows"),
    "region": ("was born in a town of {value}", "is a native of the region of {value}"),
    "festival": ("was born where the {value} is held", "comes from the town of the {value}"),
}


def claims(world: World, count: int, seed: int) -> list[Row]:
    """`count` claims whose facts stand in three passages; `titles` are these, in their order.

    Half of them are true; the passages that decide it are the same either way.
    """
    rng = Random(seed)
    found = [
        _claim(rng, world, first, kind, fact)
        for kind in _MADE
        for first in world.entries[kind]
        for fact in _ABOUT_BIRTHPLACES
    ]
    known = [row for row in found if row]
    rng.shuffle(known)
    return known[:count]


def _claim(rng: Random, world: World, first: Facts, kind: str, fact: str) -> Row:
    person = world.named("person", first["maker"])
    town = world.named("town", person["birthplace"])
    if fact not in town:
        return {}
    is_true = rng.random() < 0.5
    others = {each[fact] for each in world.entries["town"] if fact in each} - {town[fact]}
    value = town[fact] if is_true else rng.choice(sorted(others))
    said = rng.choice(_ABOUT_BIRTHPLACES[fact]).format(value=value)
    return {
        "claim": f"{rng.choice(_MADE[kind]).format(**first)} {said}.",
        "titles": "; ".join([first["name"], person["name"], town["name"]]),
        "label": "supported" if is_true else "not supported",
    }


def sums(world: World, count: int, seed: int) -> list[Row]:
    """`count` questions that take one or two look-ups and, mostly, one calculation."""
    rng = Random(seed)
    found = [row for make in (_people, _years, _spans, _single) for row in make(rng, world)]
    rng.shuffle(found)
    return found[:count]


def _people(rng: Random, world: World) -> Iterator[Row]:
    for _ in range(60):
        one, other = rng.sample(world.entries["town"], 2)
        total = _number(one["people"]) + _number(other["people"])
        asked = rng.choice(
            (
                "How many people live in {one} and {other} together?",
                "What is the total number of people in {one} and {other}?",
            )
        )
        question = asked.format(one=one["name"], other=other["name"])
        yield {"question": question, "answer": str(total)}


def _years(rng: Random, world: World) -> Iterator[Row]:
    for _ in range(60):
        one, other = rng.sample([*world.entries["company"], *world.entries["bridge"]], 2)
        early, late = sorted((one, other), key=lambda each: int(each["year"]))
        between = int(late["year"]) - int(early["year"])
        asked = "How many years lie between the beginnings of {one} and {other}?"
        question = asked.format(one=early["name"], other=late["name"])
        yield {"question": question, "answer": str(between)}


def _spans(rng: Random, world: World) -> Iterator[Row]:
    for bridge in world.entries["bridge"]:
        times = rng.randrange(2, 9)
        asked = f"How many metres are {times} times the length of {bridge['name']}?"
        yield {"question": asked, "answer": str(times * _number(bridge["span"]))}


def _single(rng: Random, world: World) -> Iterator[Row]:
    for town in rng.sample(world.entries["town"], 20):
        question = f"How many people live in {town['name']}?"
        yield {"question": question, "answer": str(_number(town["people"]))}


def notices(world: World, passages: list[Passage], count: int, seed: int) -> list[Row]:
    """`count` notices of a local paper, each with a summary in one sentence."""
    rng = Random(seed)
    texts = {each.title: each.text for each in passages}
    companies = world.entries["company"]
    return [_notice(rng, companies[i % len(companies)], world, texts) for i in range(count)]


def _notice(rng: Random, company: Facts, world: World, texts: dict[str, str]) -> Row:
    what, effect = rng.choice(_NEWS)
    day = datetime.date(1951, 1, 1) + datetime.timedelta(days=rng.randrange(_DAYS_OF_A_YEAR))
    slots = {
        **company,
        "day": f"{day.day} {day:%B}",
        "number": str(rng.randrange(12, 90)),
        "neighbour": rng.choice(world.entries["town"])["name"],
    }
    news = what.format(**slots)
    opening = rng.choice(_OPENINGS).format(**slots)
    closing = rng.choice(_CLOSINGS).format(**slots)
    background = texts[company["name"]]
    parts = [opening, background, f"{news[0].upper()}{news[1:]}.", effect.format(**slots), closing]
    return {"document": " ".join(parts), "summary": f"{news[0].upper()}{news[1:]}."}


_NEWS = (
    (
        "{name} will close its workshops in {town} on {day}",
        "The {number} people who work there were told this morning.",
    ),
    (
        "{name} will open a second workshop in {neighbour} on {day}",
        "Some {number} people are to be taken on.",
    ),
    (
        "{name} raises the price of {product} from {day}",
        "Shops were told by letter, {number} of them in this district alone.",
    ),
    (
        "{name} has been sold to a buyer from {neighbour} and changes hands on {day}",
        "Nobody would say what was paid for the firm and its {number} machines.",
    ),
    (
        "a fire at {name} destroyed the store of {product} on {day}",
        "It took {number} men to put it out, and nobody was hurt.",
    ),
)

_OPENINGS = (
    "Readers will have heard talk about it for weeks.",
    "There was a crowd before the gates on Friday.",
    "It has been a lively week in {town}.",
    "Few firms are better known along the coast.",
)

_CLOSINGS = (
    "The mayor was not to be reached by the evening.",
    "More about this will be in our next number.",
    "Letters on the matter may be left at our office.",
)


def _number(text: str) -> int:
    return int(text.replace(",", ""))
