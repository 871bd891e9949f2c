"""The facts of the fictional world, told in short passages with varied wording."""

from random import Random

from core.programs.template import Passage
from sample_programs.data.make.world import Facts, World

OPENINGS = {
    "river": ("The {name} is a river of some {length} kilometres.",),
    "town": (
        "{name} is a town of {people} people in the region of {region}.",
        "With {people} inhabitants, {name} is one of the towns of {region}.",
        "{name}, home to {people} souls, lies in {region}.",
    ),
    "school": ("{name} is an old and respected place of learning.",),
    "company": (
        "{name} was founded in {year} by {maker}.",
        "{maker} established {name} in {year}.",
        "{name} owes its existence to {maker}, who opened its doors in {year}.",
    ),
    "book": (
        "{name} is a novel by {maker}, first published in {year}.",
        "{name} was written by {maker} and came out in {year}.",
        "{maker} finished the novel {name} in {year}.",
    ),
    "bridge": (
        "{name} was designed by {maker} and opened in {year}.",
        "{maker} drew up {name}, which has carried traffic since {year}.",
        "{name} is the work of the engineer {maker} and dates from {year}.",
    ),
    "museum": (
        "{name} occupies a building designed by {maker} in {year}.",
        "{name} was built in {year} by the architect {maker}.",
        "The halls of {name} were planned by {maker} and completed in {year}.",
    ),
    "person": (
        "{name} was {trade} and a keen letter writer.",
        "{name} is remembered as {trade} of unusual patience.",
        "{name}, {trade} by profession, led a busy life.",
    ),
}

DETAILS = {
    "river": (
        (
            "It rises in the {source}.",
            "Its springs are found in the {source}.",
            "Its headwaters come down from the {source}.",
        ),
        ("Trout are plentiful in its upper reaches.", "Barges use its lower half in summer."),
    ),
    "town": (
        (
            "It stands on the {river}.",
            "The {river} flows past its old walls.",
            "Its quays line the banks of the {river}.",
        ),
        (
            "It received its charter in {charter}.",
            "Town rights were granted in {charter}.",
            "It has governed itself since {charter}.",
        ),
        ("The market square is paved with blue stone.", "Its roofs are of grey slate."),
    ),
    "school": (
        (
            "It is located in {town}.",
            "Its halls are in {town}.",
            "It has always had its home in {town}.",
        ),
        (
            "It opened in {opened}.",
            "The first pupils entered in {opened}.",
            "It was endowed in {opened}.",
        ),
    ),
    "company": (
        (
            "It is based in {town}.",
            "Its workshops are in {town}.",
            "From its headquarters in {town} it sells all over the coast.",
        ),
        ("It makes {product}.", "It is known for {product}.", "Its best seller is {product}."),
        ("It has changed hands twice.", "Some forty people work there today."),
    ),
    "book": (
        (
            "The story is set in {town}.",
            "Its plot unfolds in {town}.",
            "The action takes place in {town}.",
        ),
        ("Critics praised its slow, patient chapters.", "It sold poorly at first."),
    ),
    "bridge": (
        (
            "It stands in {town}.",
            "It can be seen in {town}.",
            "Travellers cross it on their way into {town}.",
        ),
        ("Its main span measures {span} metres.", "It is {span} metres long."),
    ),
    "museum": (
        (
            "It is located in {town}.",
            "Visitors find it in {town}.",
            "It belongs to the sights of {town}.",
        ),
        ("Entry is free on Mondays.", "A small tea room looks out on the garden."),
    ),
    "person": (
        (
            "{last} was born in {birthplace} in {born}.",
            "{last} came into the world in {birthplace} in {born}.",
            "A native of {birthplace}, {last} grew up there from {born} on.",
        ),
        (
            "{last} attended {school}.",
            "{last} studied at {school}.",
            "{last} received an education at {school}.",
        ),
        (
            "{last} was taught by {mentor}.",
            "{last} learnt the craft from {mentor}.",
            "{last} spent six years as an apprentice of {mentor}.",
        ),
        ("{last} died in {died}.", "{last} passed away in {died}."),
    ),
}

FESTIVAL = (
    "Each year it celebrates the {festival}.",
    "It is famous for the {festival}, a yearly festival.",
    "Crowds come in autumn for the {festival}.",
)


def make_passages(world: World, seed: int) -> list[Passage]:
    """One passage for every entry of the world, in a mixed order."""
    rng = Random(seed)
    passages = [
        Passage(title=facts["name"], text=_tell(rng, kind, facts))
        for kind, entries in world.entries.items()
        for facts in entries
    ]
    rng.shuffle(passages)
    return passages


def _tell(rng: Random, kind: str, facts: Facts) -> str:
    known = {**facts, "last": facts["name"].split()[-1]}
    details = [rng.choice(wordings) for wordings in DETAILS[kind]]
    if "festival" in facts:
        details.append(rng.choice(FESTIVAL))
    rng.shuffle(details)
    sentences = [rng.choice(OPENINGS[kind]), *details]
    return " ".join(sentence.format(**known) for sentence in sentences)
