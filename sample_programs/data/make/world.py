"""A small fictional world as plain facts: towns, rivers, people, companies, books, bridges.

Only facts; how they are told stands in `passages`, what is asked about them in `questions`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from sample_programs.data.make import world_words as words

Facts = dict[str, str]
MAKERS = 82
"""People needed: one for each company, book, bridge and museum."""


@dataclass(frozen=True, kw_only=True)
class World:
    """Everything there is, by kind; each entry maps the names of its facts to their values."""

    entries: dict[str, list[Facts]] = field(default_factory=dict)

    def named(self, kind: str, name: str) -> Facts:
        """The entry of this kind with this name."""
        return next(entry for entry in self.entries[kind] if entry["name"] == name)


def make_world(seed: int) -> World:
    """The same world for the same seed."""
    rng = Random(seed)
    rivers = _rivers(rng)
    towns = _towns(rng, rivers)
    schools = _schools(rng, towns)
    people = list(_people(rng, towns, schools))
    makers = iter(people)
    entries = {
        "river": rivers,
        "town": towns,
        "school": schools,
        "company": _companies(rng, towns, makers),
        "book": _books(rng, towns, makers),
        "bridge": _bridges(rng, towns, makers),
        "museum": _museums(rng, towns, makers),
        "person": people,
    }
    return World(entries=entries)


def _rivers(rng: Random) -> list[Facts]:
    hills = rng.sample(words.HILLS, len(words.RIVERS))
    return [
        {"name": f"River {name}", "source": source, "length": str(rng.randrange(40, 400))}
        for name, source in zip(words.RIVERS, hills, strict=True)
    ]


def _towns(rng: Random, rivers: list[Facts]) -> list[Facts]:
    festivals = rng.sample(words.FESTIVALS, len(words.FESTIVALS))
    towns = []
    for index, name in enumerate(words.TOWNS):
        fact = {
            "name": name.replace("-", " "),
            "river": rivers[index % len(rivers)]["name"],
            "region": rng.choice(words.REGIONS),
            "people": f"{rng.randrange(3, 90)},{rng.randrange(100, 999)}",
            "charter": str(rng.randrange(1105, 1590)),
        }
        if index < len(festivals):
            fact["festival"] = festivals[index]
        towns.append(fact)
    return towns


def _schools(rng: Random, towns: list[Facts]) -> list[Facts]:
    return [
        {
            "name": name,
            "town": town["name"],
            "opened": str(rng.randrange(1610, 1790)),
        }
        for name, town in zip(words.SCHOOLS, rng.sample(towns, len(words.SCHOOLS)), strict=True)
    ]


def _people(rng: Random, towns: list[Facts], schools: list[Facts]) -> Iterator[Facts]:
    surnames = rng.sample(words.SURNAMES, len(words.SURNAMES))
    given, count = words.GIVEN_NAMES, len(words.GIVEN_NAMES)
    # Some surnames come twice, with different given names, as families do.
    everyone = [(given[i % count], last) for i, last in enumerate(surnames)]
    everyone += [(given[(i + 13) % count], last) for i, last in enumerate(surnames[: MAKERS - 60])]
    names = [" ".join(pair) for pair in everyone]
    for index, name in enumerate(names):
        born = rng.randrange(1795, 1905)
        yield {
            "name": name,
            "birthplace": rng.choice(towns)["name"],
            "born": str(born),
            "died": str(born + rng.randrange(48, 91)),
            "school": rng.choice(schools)["name"],
            "mentor": names[(index * 11 + 17) % len(names)],
        }


def _companies(rng: Random, towns: list[Facts], makers: Iterator[Facts]) -> list[Facts]:
    companies = []
    for index, name in enumerate(words.COMPANY_NAMES):
        kind = index % len(words.COMPANY_KINDS)
        companies.append(
            {
                "name": f"{name} {words.COMPANY_KINDS[kind]}",
                "product": words.PRODUCTS[kind],
                "town": rng.choice(towns)["name"],
                "year": str(rng.randrange(1830, 1935)),
                "maker": _next_maker(makers, "company"),
            }
        )
    return companies


def _books(rng: Random, towns: list[Facts], makers: Iterator[Facts]) -> list[Facts]:
    return [
        {
            "name": title,
            "town": rng.choice(towns)["name"],
            "year": str(rng.randrange(1830, 1950)),
            "maker": _next_maker(makers, "book"),
        }
        for title in words.BOOK_TITLES
    ]


def _bridges(rng: Random, towns: list[Facts], makers: Iterator[Facts]) -> list[Facts]:
    return [
        {
            "name": name,
            "town": rng.choice(towns)["name"],
            "year": str(rng.randrange(1840, 1950)),
            "span": str(rng.randrange(60, 700)),
            "maker": _next_maker(makers, "bridge"),
        }
        for name in words.BRIDGE_NAMES
    ]


def _museums(rng: Random, towns: list[Facts], makers: Iterator[Facts]) -> list[Facts]:
    return [
        {
            "name": name,
            "town": rng.choice(towns)["name"],
            "year": str(rng.randrange(1850, 1960)),
            "maker": _next_maker(makers, "museum"),
        }
        for name in words.MUSEUM_NAMES
    ]


def _next_maker(makers: Iterator[Facts], kind: str) -> str:
    maker = next(makers)
    maker["trade"] = words.PROFESSIONS[kind]
    return maker["name"]
