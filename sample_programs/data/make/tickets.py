"""Support tickets composed from phrases: one problem each, often wrapped in other matters."""

from random import Random

from sample_programs.data.make import ticket_words as words

Ticket = dict[str, str]
REQUEST_SHARE = 0.85
"""Share of the tickets that end with what the writer wants."""
DISTRACTION_SHARE = 0.45
"""Share of the tickets that also mention another team's matters."""


def make_tickets(count: int, seed: int) -> list[Ticket]:
    """`count` different tickets, the same number for each team up to one, in a mixed order."""
    rng = Random(seed)
    teams = sorted(words.PROBLEMS)
    tickets: dict[str, Ticket] = {}
    while len(tickets) < count:
        team = teams[len(tickets) % len(teams)]
        text = _ticket(rng, team)
        tickets.setdefault(text, {"ticket": text, "team": team})
    mixed = list(tickets.values())
    rng.shuffle(mixed)
    return mixed


def _ticket(rng: Random, team: str) -> str:
    parts = [_sentence(rng.choice(words.PROBLEMS[team]))]
    if rng.random() < REQUEST_SHARE:
        parts.append(rng.choice(words.REQUESTS[team]))
    if rng.random() < DISTRACTION_SHARE:
        other = rng.choice([each for each in words.DISTRACTIONS if each != team])
        parts.insert(rng.randrange(2), rng.choice(words.DISTRACTIONS[other]))
    if rng.random() < 0.5:
        parts.insert(rng.randrange(len(parts) + 1), rng.choice(words.DETAILS))
    if rng.random() < 0.7:
        parts.insert(0, rng.choice(words.OPENINGS))
    parts.append(rng.choice(words.CLOSINGS))
    return " ".join(_filled(rng, part) for part in parts if part)


def _sentence(problem: str) -> str:
    asks = problem.split()[0] in {
        "can",
        "how",
        "why",
        "where",
        "which",
        "who",
        "what",
        "does",
        "do",
    }
    ends = "?" if asks or problem.startswith(("is there", "has the")) else "."
    return problem[0].upper() + problem[1:] + ends


def _filled(rng: Random, phrase: str) -> str:
    text = phrase.format(**{slot: rng.choice(values) for slot, values in words.SLOTS.items()})
    return text[0].upper() + text[1:]
