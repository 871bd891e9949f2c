"""What came of a run in plain words, held-out examples before all others; and what to beware of."""

from collections import Counter
from collections.abc import Mapping, Sequence

from core.data.split import Split
from core.evaluation.statistics import Mean, PairedDifference
from core.report.data import Caveat, PartName, PartScores, Setting, Tone, Verdict
from core.results.diagnosis import Finding
from core.results.differences import difference, difference_in_words
from core.results.evidence import Evidence
from core.results.run_results import RunResults
from core.results.timeline import kinds_in_words

FEW = 100
"""Examples below which an interval is wide."""
AFTER, BEFORE = "the optimized program", "the original"


def percent(fraction: float) -> str:
    """`87.5 %`, with a space that does not break."""
    return f"{100 * fraction:.1f}\u00a0%"


def part_scores(
    part: PartName,
    means: tuple[Mean | None, Mean | None],
    scores: tuple[Mapping[str, float], Mapping[str, float]],
    looked_at: int,
) -> PartScores:
    """Baseline and best on one part, corrected for how many others were scored on it."""
    before, after = scores
    shared = before.keys() & after.keys()
    changes = Counter((after[each] > before[each]) - (after[each] < before[each])
                      for each in shared)  # fmt: skip
    found = difference(before, after, looked_at=looked_at)
    return PartScores(
        part=part,
        before=means[0],
        after=means[1],
        difference=found,
        words=None if found is None else _sentence(_in_words(found, looked_at)),
        improved=changes[1],
        worse=changes[-1],
        same=changes[0],
    )


def _in_words(found: PairedDifference, looked_at: int) -> str:
    told = difference_in_words(found, AFTER, BEFORE)
    if looked_at < 2:
        return told
    return f"{told} The interval allows for the {looked_at:,} combinations that were looked at."


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def verdict(results: RunResults, parts: Sequence[PartScores]) -> Verdict:
    """The verdict; says that nothing is known where nothing is."""
    if results.baseline is None or results.baseline.val is None:
        return Verdict(
            headline="Nothing has been measured yet.",
            tone="open",
            sentences=("There is no score to compare with.",),
        )
    if results.best is None or results.best.candidate == results.baseline.candidate:
        return _no_better(results, results.baseline.val)
    known = {each.part: each for each in parts}
    validation = known.get("validation")
    if "held-out" in known and (found := _on_held_out(known["held-out"], validation)):
        return found
    if validation and (found := _on_validation(results, validation)):
        return found
    return Verdict(headline="Nothing can be compared yet.", tone="open", sentences=())


def _no_better(results: RunResults, baseline: Mean) -> Verdict:
    tried = results.candidate_count - 1
    if results.is_ended and tried > 0:
        headline = "No better prompts were found."
        said = (
            f"{tried:,} other {'combination' if tried == 1 else 'combinations'} of prompts ran; "
            "none is known to score higher on all validation examples. The original stays."
        )
    else:
        headline = "Nothing better than the original has been found so far."
        said = "No other combination of prompts has scored higher on all validation examples."
    return Verdict(
        headline=headline,
        tone="open",
        sentences=(said, f"The original scores {_with_interval(baseline)}."),
    )


def _on_held_out(held_out: PartScores, validation: PartScores | None) -> Verdict | None:
    before, after, found = held_out.before, held_out.after, held_out.difference
    if before is None or after is None or found is None:
        return None
    shown, n = found.shown, found.n
    tone: Tone = shown or "open"
    if shown is None:
        headline = "It is not shown that the optimized prompts are better."
    else:
        rose = "rose" if after.value > before.value else "fell"
        headline = f"The score {rose} from {percent(before.value)} to {percent(after.value)}."
    sentences = [
        f"Measured on {n:,} held-out examples, which were kept back until the end and had no part "
        "in finding the prompts.",
        held_out.words or "",
    ]
    if shown is None and validation and validation.difference and validation.difference.shown:
        sentences.append(
            f"On the validation examples, by which the prompts were chosen, it looks "
            f"{validation.difference.shown}: {percent_of(validation)}. The choice itself flatters "
            "that number."
        )
    return Verdict(headline=headline, tone=tone, sentences=tuple(sentences))


def percent_of(part: PartScores) -> str:
    """`28.1 % before, 87.5 % after`."""
    before, after = part.before, part.after
    return (
        f"{percent(before.value) if before else 'unknown'} before, "
        f"{percent(after.value) if after else 'unknown'} after"
    )


def _on_validation(results: RunResults, part: PartScores) -> Verdict | None:
    if part.difference is None:
        return None
    shown, later = part.difference.shown, "" if results.is_ended else " yet"
    if shown == "better":
        headline = "The optimized prompts look better, but this is not confirmed."
    elif shown == "worse":
        headline = "The optimized prompts look worse."
    else:
        headline = "It is not shown that the optimized prompts are better."
    return Verdict(
        headline=headline,
        tone="open",
        sentences=(
            f"{part.words}",
            f"These are the validation examples, by which the prompts were chosen; held-out "
            f"examples have not been scored{later}. The choice itself flatters the number.",
        ),
    )


def caveats(
    results: RunResults,
    evidence: Evidence,
    parts: Sequence[PartScores],
    setting: Setting,
    findings: Sequence[Finding],
    split: Split | None,
) -> tuple[Caveat, ...]:
    """What a careful reader should know, the weightiest first."""
    found = [
        ("These numbers are simulated", setting.simulated or ""),
        ("The run has not run to its end", _unfinished(results)),
        ("Which score to quote", _winners_curse(results)),
        ("Few examples", _few(parts)),
        ("Some attempts failed", _failed(evidence)),
        ("Contradictions in the data", _conflicts(split)),
        *((each.title, each.evidence) for each in findings if _matters(each)),
    ]
    return tuple(Caveat(title=title, text=text) for title, text in found if text)


def _matters(finding: Finding) -> bool:
    return finding.severity != "note" and finding.key != "many_failures"


def _unfinished(results: RunResults) -> str:
    return "" if results.status == "finished" else status_text(results)


def status_text(results: RunResults) -> str:
    """The status as a sentence."""
    match results.status:
        case "finished":
            return "The run was finished as planned."
        case "stopped":
            return "A person stopped the run before all was done; what had been measured counts."
        case "failed":
            return f"The run failed: {results.message or 'no reason was given.'}"
        case "queued":
            return "The run has not begun."
        case _:
            return "The run has not ended; this is how it stood when the report was written."


def _winners_curse(results: RunResults) -> str:
    best, baseline = results.best, results.baseline
    if best is None or best.val is None or baseline is None or best.candidate == baseline.candidate:
        return ""
    chosen = (
        f"It was chosen as the best of {results.candidate_count:,} by its score on the validation "
        "examples, and the best of many owes a part of its score to luck"
    )
    if best.test is None:
        return (
            f"{chosen}. No held-out examples were scored, so nobody knows how large that part is."
        )
    gap = 100 * (best.val.value - best.test.value)
    way = "lower" if gap >= 0 else "higher"
    return (
        f"{chosen}. On the {best.test.n:,} held-out examples it scores {abs(gap):.1f} points "
        f"{way}. Quote the held-out score."
    )


def _few(parts: Sequence[PartScores]) -> str:
    small = [each for each in parts if each.after and each.after.n < FEW]
    if not small or small[0].after is None:
        return ""
    mean = small[0].after
    return (
        f"There are {mean.n:,} {small[0].part} examples. With so few, the score after optimization "
        f"is known only roughly: the 95\u00a0% interval reaches from {percent(mean.low)} to "
        f"{percent(mean.high)}."
    )


def _failed(evidence: Evidence) -> str:
    failed = sum(evidence.failures.values())
    if not failed:
        return ""
    return (
        f"{failed:,} of {evidence.attempts:,} attempts gave no answer that could be used "
        f"({kinds_in_words(Counter(evidence.failures))}). Those that stayed without an answer are "
        "in no score."
    )


def _conflicts(split: Split | None) -> str:
    if split is None or not split.conflicting_rows:
        return ""
    return (
        f"{split.conflicting_rows:,} rows of the data have the same inputs as another row, but "
        "another expected answer. No prompt can get all of them right."
    )


def _with_interval(mean: Mean) -> str:
    return (
        f"{percent(mean.value)} (95\u00a0% interval: {percent(mean.low)} to {percent(mean.high)}, "
        f"{mean.n:,} examples)"
    )
