"""Records composed by rules: patients, orders and pairs of sentences with a negation."""

from random import Random

Row = dict[str, object]

NO, YES = "no", "yes"
_NOISE = 0.9
"""Spread of what decides about a patient beyond the stated signs, in units of one sign."""


def patients(count: int, seed: int) -> list[dict[str, str]]:
    """`count` made-up patients with the 13 attributes of the UCI heart disease data.

    The sign of each attribute goes the way it goes in those data; no value is taken from there.
    """
    rng = Random(seed)
    return [_patient(rng) for _ in range(count)]


def _patient(rng: Random) -> dict[str, str]:
    ill = rng.random() < 0.46
    lean = (0.75 if ill else -0.75) + rng.gauss(0.0, _NOISE)

    def graded(mean: float, spread: float, shift: float) -> int:
        return round(mean + shift * lean + rng.gauss(0.0, spread))

    def one_of(mild: list[str], grave: str) -> str:
        return grave if rng.random() < 0.5 + 0.3 * max(-1.3, min(1.3, lean)) else rng.choice(mild)

    vessels = min(3, max(0, round(0.7 + 0.6 * lean + rng.gauss(0.0, 0.5))))
    return {
        "age": str(min(78, max(29, graded(54, 7, 3)))),
        "sex": "male" if rng.random() < 0.68 + 0.12 * lean / 2 else "female",
        "cp": one_of(["typical angina", "atypical angina", "non-anginal pain"], "asymptomatic"),
        "trestbps": str(graded(131, 15, 3)),
        "chol": str(graded(246, 45, 6)),
        "fbs": "true" if rng.random() < 0.15 else "false",
        "restecg": one_of(["normal"], "left ventricular hypertrophy"),
        "thalach": str(min(200, max(80, graded(150, 17, -10)))),
        "exang": one_of([NO], YES) if rng.random() < 0.8 else NO,
        "oldpeak": f"{max(0.0, 1.0 + 0.7 * lean + rng.gauss(0.0, 0.7)):.1f}",
        "slope": one_of(["upsloping", "upsloping", "downsloping"], "flat"),
        "ca": str(vessels),
        "thal": one_of(["normal", "normal", "fixed defect"], "reversible defect"),
        "answer": YES if ill else NO,
    }


_CUSTOMERS = (
    "Ada Marlowe",
    "Bruno Keller",
    "Celia Duarte",
    "Dorian Webb",
    "Elif Aydin",
    "Farid Haddad",
    "Greta Lindqvist",
    "Hugo Marchand",
    "Ines Carvalho",
    "Jonas Petersen",
    "Keiko Tanaka",
    "Liam Gallagher",
)
_ITEMS = (
    ("oak shelves", 74),
    ("desk lamps", 32),
    ("wool blankets", 45),
    ("steel kettles", 28),
    ("linen curtains", 51),
    ("garden chairs", 63),
    ("paper lanterns", 9),
    ("copper pans", 57),
)
_CITIES = ("Bergen", "Porto", "Lyon", "Graz", "Leeds", "Turku", "Ghent", "Cadiz")

_ORDERS = (
    "{opening} {customer} would like {quantity} {item} at {price} euros each, "
    "to be sent to {city}. {closing}",
    "{opening} Please send {quantity} {item} to {city}. The price we agreed on is {price} euros "
    "apiece. The name is {customer}. {closing}",
    "{opening} An order from {customer}: {item}, {quantity} pieces, {price} euros each. "
    "Ship it to {city}. {closing}",
    "{opening} For {customer} in {city}: {quantity} {item}, {price} euros per piece. {closing}",
)
_OPENERS = (
    "Hello, I called you on Tuesday.",
    "Good morning.",
    "As we said on the phone:",
    "This is about the catalogue of 2019.",
)
_HURRY = ("It is urgent.", "We need it as soon as possible.", "Please hurry, it is a present.")
_EASE = ("There is no hurry.", "Take your time.", "Any day next month will do.")


def orders(count: int, seed: int) -> list[Row]:
    """`count` orders in plain words, each with the object that they come to."""
    rng = Random(seed)
    found: dict[str, Row] = {}
    while len(found) < count:
        item, base = rng.choice(_ITEMS)
        urgent = rng.random() < 0.5
        order: dict[str, object] = {
            "customer": rng.choice(_CUSTOMERS),
            "item": item,
            "quantity": rng.randrange(2, 40),
            "price": float(base + rng.randrange(-3, 4)) + rng.choice((0.0, 0.5)),
            "city": rng.choice(_CITIES),
            "urgent": urgent,
        }
        text = rng.choice(_ORDERS).format(
            **{**order, "price": f"{order['price']:g}"},
            opening=rng.choice(_OPENERS),
            closing=rng.choice(_HURRY if urgent else _EASE),
        )
        found.setdefault(text, {"text": text, "order": order})
    return list(found.values())


# narrower → wider: who has the narrower one has the wider one, and not the other way round
_KINDS = (
    ("beagle", "dog"),
    ("tabby", "cat"),
    ("rose", "flower"),
    ("violin", "instrument"),
    ("hammer", "tool"),
    ("sonnet", "poem"),
    ("sailboat", "boat"),
    ("pear", "fruit"),
    ("sparrow", "bird"),
    ("armchair", "piece of furniture"),
    ("scarf", "garment"),
    ("novel", "book"),
)
_PEOPLE = ("The baker", "The girl", "The pilot", "The gardener", "The clerk", "The singer")
_ACTS = ("holding a", "looking for a", "painting a", "asking about a", "dreaming of a")
_ELSEWHERE = ("not smiling", "not in a hurry", "not wearing a hat", "not alone")


def entailments(count: int, seed: int) -> list[dict[str, str]]:
    """`count` pairs of sentences: does the second follow from the first?

    As in ScoNe, a negation over the exchanged word turns the direction round; one elsewhere in the
    sentence does not, and two cancel each other out.
    """
    rng = Random(seed)
    found: dict[str, dict[str, str]] = {}
    categories = ("no_negation", "one_scoped", "one_not_scoped", "two_scoped")
    while len(found) < count:
        row = _entailment(rng, categories[len(found) % len(categories)])
        found.setdefault(row["context"] + row["question"], row)
    rows = list(found.values())
    rng.shuffle(rows)
    return rows


def _entailment(rng: Random, category: str) -> dict[str, str]:
    person, act, kind = rng.choice(_PEOPLE), rng.choice(_ACTS), rng.choice(_KINDS)
    widens = rng.random() < 0.5
    said, asked = kind if widens else kind[::-1]
    shape = {
        "no_negation": "{person} is {act} {word}",
        "one_scoped": "{person} is not {act} {word}",
        "one_not_scoped": "{person}, who is {elsewhere}, is {act} {word}",
        "two_scoped": "It is not true that {person} is not {act} {word}",
    }[category]
    elsewhere = rng.choice(_ELSEWHERE)

    def sentence(word: str) -> str:
        inside = person if shape.startswith("{") else person[0].lower() + person[1:]
        own = act if word[0] not in "aeiou" else f"{act}n"
        return shape.format(person=inside, act=own, word=word, elsewhere=elsewhere)

    hypothesis = sentence(asked)
    follows = widens != (category == "one_scoped")
    return {
        "context": f"{sentence(said)}.",
        "question": "Can we logically conclude for sure that "
        f"{hypothesis[0].lower()}{hypothesis[1:]}?",
        "answer": "Yes" if follows else "No",
        "category": category,
    }
