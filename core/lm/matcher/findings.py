"""What can be seen in a handful of examples, and the plain lines that say it.

The lines are written for people and models alike (`- label: this, that`), so that what an observer
wrote can be read back, merged over batches and put into an instruction.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import mean, median

from core.lm.matcher.examples import Row, labels_among, output_of
from core.lm.matcher.text import STOP_WORDS, names, number, stem, words

_CUE_LINE = re.compile(r"^\s*- ([^:\n]{1,60}): (.+)$")
_NUMBER_CUE = re.compile(r"^(\w+) about (-?[\d.]+) \((-?[\d.]+) to (-?[\d.]+)\)$")
_FORM_LINE = re.compile(r"`(\w+)` is (short|long): (.+?)\.(?:\s|$)")
_LABEL_LINE = re.compile(r"`(\w+)` takes one of these values: (.+?)\.(?:\s|$)")
_SHORT_WORDS = 6
_SHORTEST_CUE = 3
_WORDS_SEEN = 24
_WORDS_TOLD = 20
_TELLING_SHARE = 0.25
"""A field is told when it separates the labels at least this well, against the best field."""


@dataclass(frozen=True, kw_only=True)
class Range:
    """Typical value of a number and the range it was seen in."""

    centre: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"about {self.centre:.3g} ({self.low:.3g} to {self.high:.3g})"


@dataclass(kw_only=True)
class LabelFinding:
    """What was seen with one label; grows while batches are merged."""

    ranges: dict[str, list[Range]] = field(default_factory=lambda: defaultdict(list))
    words: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, kw_only=True)
class Findings:
    """Everything seen in the examples."""

    output: str
    labels: dict[str, LabelFinding]
    """Empty when the output is no closed set."""
    form: str
    """How the answers look ("short: 1 to 3 words, mostly names"); empty for labels."""


def findings_in(rows: Sequence[Row]) -> Findings | None:
    """What these rows show; None without rows."""
    output = output_of(rows)
    if output is None:
        return None
    labels = labels_among(rows, output)
    answers = [row.values[output] for row in rows if row.values.get(output, "").strip()]
    if not labels:
        return Findings(output=output, labels={}, form=form_of(answers))
    found = {label: LabelFinding() for label in labels}
    for label, finding in found.items():
        own = [row for row in rows if row.values.get(output) == label]
        finding.ranges.update({k: [v] for k, v in _ranges(own, output).items()})
        finding.words.update(_words(own, output))
    return Findings(output=output, labels=found, form="")


def form_of(answers: Sequence[str]) -> str:
    """How answers look, in words."""
    lengths = sorted(len(answer.split()) for answer in answers)
    if not lengths:
        return ""
    size = "short" if median(lengths) <= _SHORT_WORDS else "long"
    span = _count(lengths[0], lengths[-1])
    kinds = {
        "names": sum(bool(names(answer)) and number(answer) is None for answer in answers),
        "numbers or years": sum(number(answer) is not None for answer in answers),
        "yes or no": sum(answer.lower().strip(".") in {"yes", "no"} for answer in answers),
    }
    most = max(kinds, key=lambda kind: kinds[kind])
    return f"{size}: {span}" + (f", mostly {most}" if kinds[most] * 2 >= len(answers) else "")


def lines_of(found: Findings, rows: Sequence[Row] = ()) -> list[str]:
    """The findings as lines, the general ones first."""
    lines = []
    if rows:
        lines.append(f"Seen: {len(rows)} examples with the fields {', '.join(rows[0].values)}.")
    if not found.labels:
        return [*lines, f"`{found.output}` is {found.form}."] if found.form else lines
    lines.append(f"`{found.output}` takes one of these values: {', '.join(found.labels)}.")
    return lines + [
        f"- {label}: {', '.join(cues)}"
        for label, finding in found.labels.items()
        if (cues := _cues(finding))
    ]


def merged_findings(text: str) -> Findings | None:
    """The findings that lines of one or more batches state, merged; None when there are none."""
    text = re.sub(r"(?<!\n)(?=Seen: \d+ examples)|(?<=\S)(?=- \S+: )", "\n", text)
    stated = _LABEL_LINE.findall(text)
    forms = _FORM_LINE.findall(text)
    if not stated and not forms:
        return None
    if len(forms) >= len(stated):
        output, size, rest = forms[0]
        return Findings(output=output, labels={}, form=f"{size}: {rest}")
    labels = dict.fromkeys(label.strip() for _, listed in stated for label in listed.split(","))
    found = {label: LabelFinding() for label in labels}
    for line in text.splitlines():
        match = _CUE_LINE.match(line)
        if match and match.group(1) in found:
            _take(found[match.group(1)], match.group(2).split(","))
    return Findings(output=stated[0][0], labels=found, form="")


def telling(found: Findings) -> Findings:
    """The same labels with only what tells them apart, the most telling first."""
    ranges = {
        label: {name: _joined(seen) for name, seen in finding.ranges.items()}
        for label, finding in found.labels.items()
    }
    fields = _telling_fields(ranges)
    totals: Counter[str] = Counter()
    for finding in found.labels.values():
        totals.update(finding.words)
    kept = {}
    for label, finding in found.labels.items():
        counts = finding.words
        own = [word for word in counts if counts[word] * 2 > totals[word]]
        own.sort(key=lambda word: -(counts[word] ** 2) / (totals[word] + 1))
        kept[label] = LabelFinding(
            ranges={name: [ranges[label][name]] for name in fields if name in ranges[label]},
            words=Counter({word: counts[word] for word in own[:_WORDS_TOLD]}),
        )
    return Findings(output=found.output, labels=kept, form=found.form)


def _take(finding: LabelFinding, cues: Iterable[str]) -> None:
    for cue in cues:
        match = _NUMBER_CUE.match(cue.strip())
        if match:
            name, centre, low, high = match.groups()
            finding.ranges.setdefault(name, []).append(
                Range(centre=float(centre), low=float(low), high=float(high))
            )
        elif cue.strip():
            finding.words[cue.strip()] += 1


def _cues(finding: LabelFinding) -> list[str]:
    measured = [f"{name} {_joined(seen)}" for name, seen in finding.ranges.items() if seen]
    return measured + list(finding.words)


def _joined(seen: Sequence[Range]) -> Range:
    return Range(
        centre=mean(each.centre for each in seen),
        low=mean(each.low for each in seen),
        high=mean(each.high for each in seen),
    )


def _ranges(rows: Sequence[Row], output: str) -> dict[str, Range]:
    found = {}
    for name in rows[0].values:
        measured = [number(row.values.get(name, "")) for row in rows]
        known = [value for value in measured if value is not None]
        if name != output and known and len(known) == len(measured):
            found[name] = Range(centre=mean(known), low=min(known), high=max(known))
    return found


def _words(rows: Sequence[Row], output: str) -> Counter[str]:
    """Lower-case word → rows that have it, one word for each stem, the most frequent ones.

    A word that is written once, and with a capital, is taken for a name and left out.
    """
    spelled: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for row in rows:
        told = [value for name, value in row.values.items() if name not in (output, "reasoning")]
        known = [word for word in words(" ".join(told)) if _is_telling_word(word)]
        for word in known:
            if word.islower() or stem(word) not in spelled:
                spelled[stem(word)] = word
        counts.update({stem(word) for word in known})
    kept = [each for each in spelled if counts[each] > 1 or not spelled[each][0].isupper()]
    kept.sort(key=lambda each: -counts[each])
    return Counter({spelled[each].lower(): counts[each] for each in kept[:_WORDS_SEEN]})


def _is_telling_word(word: str) -> bool:
    low = word.lower()
    return low not in STOP_WORDS and len(low) >= _SHORTEST_CUE and not any(c.isdigit() for c in low)


def _telling_fields(ranges: Mapping[str, Mapping[str, Range]]) -> list[str]:
    """Numeric fields by how well they separate the labels, without those that hardly do."""
    fields = {name for own in ranges.values() for name in own}
    strength = {}
    for name in fields:
        seen = [own[name] for own in ranges.values() if name in own]
        between = max(each.centre for each in seen) - min(each.centre for each in seen)
        within = mean(each.high - each.low for each in seen) or 1e-9
        strength[name] = between / within
    best = max(strength.values(), default=0.0)
    ordered = sorted(strength, key=lambda name: (-strength[name], name))
    return [name for name in ordered if strength[name] >= best * _TELLING_SHARE]


def _count(least: int, most: int) -> str:
    if least != most:
        return f"{least} to {most} words"
    return "1 word" if least == 1 else f"{least} words"
