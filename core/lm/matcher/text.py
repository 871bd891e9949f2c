"""Words, stems, names, sentences and a repeatable coin: what the matcher sees in a text.

Deliberately shallow: no grammar, no dictionary, no embeddings. English suffixes and stop words.
"""

import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

_STOP_WORDS = """
a about after again all also although am an and any are as at be been before being both but by can
come could did do does done for from get give go got had has have having he her here hers him his i
if in into is it its just like may me might more most much must my no not now of off on once one
only or other our out over own per said same she should since so some such than that the their them
then there these they this those through to too under until up upon us very was we were while will
with within without would yet you your
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
QUESTION_WORDS = frozenset(["who", "whom", "whose", "what", "which", "when", "where", "why", "how"])

_WORD = re.compile(r"[^\W_]+(?:['’.,-][^\W_]+)*")
_NAME = re.compile(
    r"[^\W\d_a-zß-ÿ][^\W_]*(?:['’.-][^\W_]+)*"
    r"(?:(?: (?:of|de|von|van|for)(?: the| a)?)? [^\W\d_a-zß-ÿ][^\W_]*(?:['’.-][^\W_]+)*"
    r"| \d+(?![\d,.]*\d))*"
)
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"'”’)]*\s+(?=[\"'“‘(]?[A-Z0-9])|\n+")
_SUFFIXES = ("ations", "ation", "ments", "ment", "ings", "ing", "ers", "er", "ors", "or", "ed")
_FEWEST_STEM_LETTERS = 4


@lru_cache(maxsize=8_192)
def words(text: str) -> tuple[str, ...]:
    """The words and numbers of a text as they stand."""
    return tuple(_WORD.findall(text))


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The word in lower case without common English endings; numbers stay as they are."""
    low = word.lower().replace("’", "'")
    low = low.removesuffix("'s").strip("'.,-")
    if low in QUESTION_WORDS:
        return low
    if low.endswith(("ies", "ied")) and len(low) > _FEWEST_STEM_LETTERS:
        return low[:-3] + "y"
    for suffix in _SUFFIXES:
        if low.endswith(suffix) and len(low) - len(suffix) >= _FEWEST_STEM_LETTERS:
            return low.removesuffix(suffix)
    if low.endswith("es") and len(low) > _FEWEST_STEM_LETTERS + 1:
        return low[:-2]
    if low.endswith("s") and not low.endswith("ss") and len(low) >= _FEWEST_STEM_LETTERS:
        low = low[:-1]
    return low[:-1] if low.endswith("e") and len(low) > _FEWEST_STEM_LETTERS else low


@lru_cache(maxsize=8_192)
def stems(text: str) -> tuple[str, ...]:
    """The stems of all words that are not stop words; question words stay in."""
    return tuple(stem(word) for word in words(text) if word.lower() not in STOP_WORDS)


@lru_cache(maxsize=16_384)
def content_stems(text: str) -> frozenset[str]:
    """The different stems of a text without stop words and question words."""
    return frozenset(each for each in stems(text) if each not in QUESTION_WORDS)


@lru_cache(maxsize=4_096)
def sentences(text: str) -> tuple[str, ...]:
    """The sentences and lines of a text, without empty ones."""
    return tuple(part.strip() for part in _SENTENCE_END.split(text) if part.strip())


@lru_cache(maxsize=8_192)
def names(text: str) -> tuple[str, ...]:
    """Runs of capitalized words, such as names of people and places, in order of appearance.

    A lone capitalized word that opens a sentence counts only when it is no common word.
    """
    found: list[str] = []
    for sentence in sentences(text):
        for match in _NAME.finditer(sentence):
            name = _without_lead(match.group())
            if name and name not in found:
                found.append(name)
    return tuple(found)


def _without_lead(name: str) -> str:
    """The name without leading common words ("In Rome" → "Rome"), but not less than a title."""
    parts = name.split(" ")
    while parts and (parts[0].lower() in STOP_WORDS or parts[0].lower() in QUESTION_WORDS):
        parts = parts[1:]
    while parts and parts[0].islower():
        parts = parts[1:]
    return " ".join(parts)


def rarity(documents: Iterable[Iterable[str]]) -> Mapping[str, float]:
    """Stem → inverse document frequency, smoothed: ln((1 + n) / (1 + df)) + 0.3, at least 0.3."""
    counts: Counter[str] = Counter()
    total = 0
    for document in documents:
        counts.update(set(document))
        total += 1
    return {key: math.log((1 + total) / (1 + df)) + 0.3 for key, df in counts.items()}


def coin(*parts: object) -> float:
    """A number in [0, 1) that depends on the parts alone, evenly spread over different parts."""
    text = "\x1f".join(str(part) for part in parts)
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64


def number(text: str) -> float | None:
    """The value of a text that is one number, with or without thousands separators, else None."""
    try:
        value = float(text.strip().replace(",", "").lstrip("$€£").rstrip("%"))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
