"""Questions about the fictional world: one-hop with a context, and two-hop without."""

from collections.abc import Iterator, Sequence
from random import Random

from core.programs.template import Passage
from sample_programs.data.make.world import Facts, World

Question = dict[str, str]

# How a first fact is spoken of inside a question, by kind and fact.
LINKS = {
    ("company", "maker"): ("the founder of {name}", "the person who established {name}"),
    ("company", "town"): ("the town where {name} has its seat", "the home town of {name}"),
    ("book", "maker"): ("the author of {name}", "the person who wrote {name}"),
    ("book", "town"): ("the town where {name} is set", "the setting of {name}"),
    ("bridge", "maker"): ("the designer of {name}", "the engineer behind {name}"),
    ("bridge", "town"): ("the town that has {name}", "the home town of {name}"),
    ("museum", "maker"): ("the architect of {name}", "the designer of {name}"),
    ("museum", "town"): ("the town that houses {name}", "the town that is home to {name}"),
}

# What is asked about a thing, by its kind and the fact that answers.
ASKED = {
    ("person", "birthplace"): ("In which town was {it} born?", "What was the birthplace of {it}?"),
    ("person", "born"): ("In what year was {it} born?", "What is the birth year of {it}?"),
    ("person", "school"): ("Which school did {it} attend?", "Where did {it} study?"),
    ("person", "mentor"): ("Who taught {it}?", "Who was the teacher of {it}?"),
    ("town", "river"): ("On which river does {it} stand?", "Which river flows past {it}?"),
    ("town", "festival"): (
        "Which festival does {it} celebrate?",
        "What is the yearly festival of {it} called?",
    ),
    ("town", "region"): ("In which region is {it}?", "To which region does {it} belong?"),
    ("town", "charter"): (
        "In what year did {it} receive its charter?",
        "Since what year does {it} have town rights?",
    ),
    ("company", "maker"): ("Who founded {it}?", "Who was the founder of {it}?"),
    ("company", "town"): ("In which town is {it} based?", "Where are the workshops of {it}?"),
    ("company", "product"): ("What does {it} make?", "What is {it} known for?"),
    ("book", "maker"): ("Who wrote {it}?", "Who is the author of {it}?"),
    ("book", "town"): ("In which town is {it} set?", "Where does the story of {it} take place?"),
    ("bridge", "maker"): ("Who designed {it}?", "Which engineer drew up {it}?"),
    ("bridge", "year"): ("In what year was {it} opened?", "Since what year has {it} been in use?"),
    ("museum", "maker"): ("Who was the architect of {it}?", "Who designed {it}?"),
    ("school", "town"): ("In which town is {it}?", "Where is {it} located?"),
    ("school", "opened"): ("In what year did {it} open?", "When were the first pupils at {it}?"),
    ("river", "source"): ("Where does the {it} rise?", "In which hills are the springs of {it}?"),
}

CONTEXT_SIZE = 4
"""Passages in the context of a one-hop question, the right one among them."""


def two_hop_questions(world: World, count: int, seed: int) -> list[Question]:
    """`count` questions whose answer stands in a passage that the question does not name."""
    rng = Random(seed)
    found = list(_two_hops(rng, world))
    rng.shuffle(found)
    return found[:count]


def _two_hops(rng: Random, world: World) -> Iterator[Question]:
    for (kind, link), phrases in LINKS.items():
        bridge_kind = "person" if link == "maker" else "town"
        for first in world.entries[kind]:
            second = world.named(bridge_kind, first[link])
            for (asked_kind, fact), wordings in ASKED.items():
                if asked_kind == bridge_kind and fact in second:
                    it = rng.choice(phrases).format(**first)
                    yield {
                        "question": rng.choice(wordings).format(it=it),
                        "answer": second[fact],
                        "titles": f"{first['name']}; {second['name']}",
                    }


def one_hop_questions(
    world: World, passages: Sequence[Passage], count: int, seed: int
) -> list[Question]:
    """`count` questions, each with a context of a few passages, one of which has the answer."""
    rng = Random(seed)
    facts = [
        (entry, fact, wordings)
        for (kind, fact), wordings in ASKED.items()
        for entry in world.entries[kind]
        if fact in entry
    ]
    return [_one_hop(rng, *each, passages) for each in rng.sample(facts, count)]


def _one_hop(
    rng: Random, entry: Facts, fact: str, wordings: Sequence[str], passages: Sequence[Passage]
) -> Question:
    own = next(passage for passage in passages if passage.title == entry["name"])
    others = [passage for passage in passages if passage is not own]
    shown = [own, *rng.sample(others, CONTEXT_SIZE - 1)]
    rng.shuffle(shown)
    return {
        "context": "\n\n".join(f"{each.title} | {each.text}" for each in shown),
        "question": rng.choice(wordings).format(it=entry["name"]),
        "answer": entry[fact],
        "titles": entry["name"],
    }
