"""How right one output field is: functions of the expected and the given value, in [0, 1].

Texts, numbers, JSON objects, labels and lists of retrieved titles. Each function stands alone, so
that an export can copy it. Deliberately not here: anything that asks a model or reads other fields.
"""

import json
import math
import re
import string
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import regex

from core.errors import MetricError

SECONDS_TO_MATCH = 1.0
"""After this long a pattern is given up; one that backtracks for ever would stop the whole run."""


def normalised(value: Any) -> str:
    """Lower case without punctuation, articles and extra space (as SQuAD's evaluation does)."""
    text = str("" if value is None else value).lower()
    text = "".join(ch for ch in text if ch not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def exact(expected: Any, given: Any) -> float:
    """1 when both are the same apart from case, punctuation and articles, else 0."""
    return float(normalised(expected) == normalised(given))


def identical(expected: Any, given: Any) -> float:
    """1 when both are the same text apart from space around it, else 0."""
    return float(str(expected).strip() == str("" if given is None else given).strip())


def contains(expected: Any, given: Any) -> float:
    """1 when the expected words occur in the given text, else 0."""
    return float(f" {normalised(expected)} " in f" {normalised(given)} ")


def f1(expected: Any, given: Any) -> float:
    """Harmonic mean of precision and recall of the words."""
    wanted, got = normalised(expected).split(), normalised(given).split()
    shared = sum((Counter(wanted) & Counter(got)).values())
    if not wanted or not got:
        return float(wanted == got)
    if shared == 0:
        return 0.0
    precision, recall = shared / len(got), shared / len(wanted)
    return 2 * precision * recall / (precision + recall)


def number(expected: Any, given: Any, *, relative: float = 1e-6, absolute: float = 1e-9) -> float:
    """1 when the last number in each is the same within one of the tolerances, else 0."""
    return float(
        (wanted := _last_number(expected)) is not None
        and (got := _last_number(given)) is not None
        and math.isclose(wanted, got, rel_tol=relative, abs_tol=absolute)
    )


def _last_number(value: Any) -> float | None:
    plain = re.sub(r"(?<=\d),(?=\d{3}\b)", "", str(value))
    found = _NUMBER.findall(plain)
    return float(found[-1]) if found else None


_NUMBER = re.compile(r"(?:(?<!\w)-)?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?")
"""A minus sign after a digit or a letter is a dash, as in `3-5`."""


def rouge_l(expected: Any, given: Any) -> float:
    """F-measure of the longest common subsequence of words, without stemming.

    As Lin (2004) defines it with equal weights. The `rouge-score` package gives the same for
    English; it has had no release since 2022 and sees no words in other scripts.
    """
    wanted, got = (
        re.findall(r"[^\W_]+", str("" if value is None else value).lower())
        for value in (expected, given)
    )
    if not wanted or not got:
        return float(wanted == got)
    # Hyyrö's bit-parallel length of the longest common subsequence: one row of bits per word
    places: dict[str, int] = {}
    for place, word in enumerate(wanted):
        places[word] = places.get(word, 0) | 1 << place
    every = (1 << len(wanted)) - 1
    row = every
    for word in got:
        hit = row & places.get(word, 0)
        row = ((row + hit) | (row - hit)) & every
    common = len(wanted) - row.bit_count()
    return 2 * common / (len(wanted) + len(got))


def pattern_match(expected: Any, given: Any, *, pattern: str | None = None) -> float:
    """1 when the answer matches, else 0.

    Without `pattern` the expected value is one. A pattern with a group compares its last find with
    the expected value, apart from case, punctuation and articles; one without just has to occur.

    Raises:
        MetricError: the expected value is no regular expression, or one takes too long.
    """
    finds = pattern_finds(str(expected) if pattern is None else pattern, given)
    if not finds:
        return 0.0
    if pattern is not None and regex.compile(pattern).groups:
        return float(normalised(finds[-1][1]) == normalised(expected))
    return 1.0


def pattern_finds(pattern: str, given: Any) -> list[tuple[str, str | None]]:
    """Each place in the answer that the pattern finds, with what its first group found there.

    Raises:
        MetricError: it is no regular expression, or takes too long.
    """
    text = str("" if given is None else given)
    try:
        wanted = regex.compile(pattern)
        return [
            (find.group(), find.group(1) if wanted.groups else None)
            for find in wanted.finditer(text, timeout=SECONDS_TO_MATCH)
        ]
    except regex.error as error:
        raise MetricError(f"{pattern!r} is no regular expression: {error}.") from error
    except TimeoutError as error:
        raise MetricError(
            f"the regular expression took longer than {SECONDS_TO_MATCH:g} s on an answer of "
            f"{len(text):,} characters. Write it so that it cannot backtrack for ever."
        ) from error


def same_label(
    expected: Any,
    given: Any,
    *,
    labels: Sequence[str] = (),
    aliases: Mapping[str, str] | None = None,
) -> float:
    """1 when the answer is the expected label, or names it and no other one; else 0.

    `labels` are all there are; without them only a bare label counts. `aliases` are other spellings
    of a label, as spelling → label. Case, punctuation and articles make no difference.
    """
    named = named_label(given, labels=(*labels, expected), aliases=aliases, inside=bool(labels))
    return float(named is not None and named == _meant(expected, aliases))


def named_label(
    given: Any,
    *,
    labels: Sequence[Any],
    aliases: Mapping[str, str] | None = None,
    inside: bool = True,
) -> str | None:
    """The one label that the answer is, or with `inside` names, as `label_key` writes it."""
    known = {label_key(label): _meant(label, aliases) for label in labels}
    known |= {label_key(other): label_key(label) for other, label in (aliases or {}).items()}
    text = label_key(given)
    if text in known or not inside:
        return known.get(text)
    rest, named = f" {text} ", set()
    for label in sorted(known, key=len, reverse=True):
        if label and f" {label} " in rest:
            named.add(known[label])
            rest = rest.replace(f" {label} ", " | ")  # "not spam" is no "spam"
    return named.pop() if len(named) == 1 else None


def _meant(label: Any, aliases: Mapping[str, str] | None) -> str:
    spelled = {label_key(other): label_key(meant) for other, meant in (aliases or {}).items()}
    return spelled.get(label_key(label), label_key(label))


def label_key(label: Any) -> str:
    """Equal for equal labels, whatever their case, punctuation and articles."""
    return normalised(str("" if label is None else label).replace("_", " ").replace("-", " "))


def json_fields(
    expected: Any,
    given: Any,
    *,
    fields: Sequence[str] = (),
    tolerance: float = 1e-6,
) -> float:
    """Share of the expected object's values that the given one has in the same place.

    Both may be objects, lists, JSON texts or data models; an answer that is no JSON scores 0.
    `fields` are the top-level names to look at; all without them. Texts are compared apart from
    case, punctuation and articles, numbers within the relative `tolerance`. What the answer has
    besides does no harm.
    """
    wanted, got = _leaves(_loaded(expected)), _leaves(_loaded(given))
    looked = {path: each for path, each in wanted.items() if not fields or path[0] in fields}
    if not looked:
        return 1.0
    right = sum(path in got and _same(each, got[path], tolerance) for path, each in looked.items())
    return right / len(looked)


def _loaded(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if not isinstance(value, str):
        return value
    text = re.sub(r"^\s*```(?:json)?\s*\n|\n\s*```\s*$", "", value)
    try:
        return json.loads(text)
    except ValueError:
        return value


def _leaves(value: Any, path: tuple[Any, ...] = ("",)) -> dict[tuple[Any, ...], Any]:
    """Path → value, for every value that holds no other; a bare value stands at ("",)."""
    if not isinstance(value, Mapping | list | tuple) or len(value) == 0:
        return {path: value}
    inner = value.items() if isinstance(value, Mapping) else enumerate(value)
    before = () if path == ("",) else path
    found: dict[tuple[Any, ...], Any] = {}
    for key, each in inner:
        found |= _leaves(each, (*before, key))
    return found


def _same(one: Any, other: Any, tolerance: float) -> bool:
    if one is None or other is None:
        return one is other
    if isinstance(one, bool) or isinstance(other, bool):
        return str(one).lower() == str(other).lower()
    try:
        return math.isclose(float(one), float(other), rel_tol=tolerance, abs_tol=1e-9)
    except (TypeError, ValueError):
        return normalised(one) == normalised(other)


def recall(
    expected: Any,
    given: Any,
    *,
    first: int | None = None,
    all_or_nothing: bool = False,
) -> float:
    """Share of the expected titles among those retrieved.

    The expected ones are a list, a JSON list, or titles separated by semicolons; those given are a
    list of titles or of passages `title | text`. Titles are compared apart from case, punctuation
    and articles. `first` looks at so many of them only; `all_or_nothing` gives 1 when all expected
    titles are there, else 0.
    """
    wanted = {normalised(title) for title in _titles(expected)}
    found = {normalised(str(each).split(" | ")[0]) for each in _titles(given)[:first]}
    if not wanted:
        return 1.0
    share = len(wanted & found) / len(wanted)
    return float(share == 1.0) if all_or_nothing else share


def _titles(value: Any) -> list[Any]:
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            return []
    if isinstance(value, str):
        return [part for part in value.split(";") if part.strip()]
    return list(value) if isinstance(value, list | tuple) else []
