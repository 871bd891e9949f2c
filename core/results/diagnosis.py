"""Why nothing improved, or may not: findings from measured facts, each with one way out.

Every check is a function of the evidence and finds nothing in a run that goes well. Deliberately
not here: how the facts are gathered (`evidence`), and what a person does about a finding.
"""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from scipy.special import chdtrc

from core.evaluation.statistics import Mean
from core.programs.candidate import Candidate
from core.proposal.likeness import nearly_the_same
from core.results.credit import credit_shares, predictor_shares
from core.results.differences import difference, difference_in_words, spread_of_differences
from core.results.evidence import ENOUGH, Evidence
from core.results.run_results import RunResults
from core.results.timeline import kinds_in_words
from core.runs.snapshot import Belief

Severity = Literal["note", "warning", "problem"]
_ORDER: tuple[Severity, ...] = ("problem", "warning", "note")

CEILING = 0.95
"""A baseline that scores this much leaves little to gain."""
CONSTANT = 0.98
"""Share of results with one and the same score at which a metric tells nothing."""
FLAT = 0.02
"""Standard deviation of graded scores below which a metric tells nothing."""
FEWEST_RESULTS = 50
FEWEST_CANDIDATES = 5
SIGNIFICANCE = 0.05
TWINS = 0.5
"""Share of proposals that are nearly the same as an earlier one."""
CREDIT = 0.8
"""Share of the variation at which one predictor holds all the credit."""
FAILING, MOSTLY_FAILING = 0.05, 0.2
"""Shares of failed attempts for a warning and for a problem."""
FEWEST_FAILURES = 5
UNSURE = 0.5
"""Probability of being near the best below which the leaders are not told apart."""
SMALL = 0.005
"""A difference below half a point is not worth telling apart."""
_Z = 1.96


@dataclass(frozen=True, kw_only=True)
class RaiseTrials:
    """Give the search more trials."""

    trials: int
    """In all, not in addition."""

    @property
    def label(self) -> str:
        """For the button."""
        return f"Raise the budget to {self.trials:,} trials"


@dataclass(frozen=True, kw_only=True)
class ProposeMore:
    """Ask for one more instruction."""

    predictor: str
    learn: bool
    """From what was tried, how it scored, and what the best still gets wrong."""

    @property
    def label(self) -> str:
        """For the button."""
        return "Propose again from what was learnt" if self.learn else "Propose more"


@dataclass(frozen=True, kw_only=True)
class QueueCandidate:
    """Evaluate a candidate before the search goes on."""

    candidate: Candidate
    examples: int | None
    """None for all of them."""

    @property
    def label(self) -> str:
        """For the button."""
        return "Evaluate it fully"


@dataclass(frozen=True, kw_only=True)
class LowerThreshold:
    """Start another run in which more traces are accepted."""

    threshold: float

    @property
    def label(self) -> str:
        """For the button."""
        return f"New run with a threshold of {self.threshold:g}"


@dataclass(frozen=True, kw_only=True)
class OpenFailures:
    """Look at the failures."""

    @property
    def label(self) -> str:
        """For the button."""
        return "Look at the failures"


@dataclass(frozen=True, kw_only=True)
class OpenExamples:
    """Look at what candidates answered, example by example."""

    candidates: tuple[str, ...]

    @property
    def label(self) -> str:
        """For the button."""
        return "Look at the answers"


@dataclass(frozen=True, kw_only=True)
class StopRun:
    """Stop and keep the best."""

    @property
    def label(self) -> str:
        """For the button."""
        return "Stop and keep the best"


Remedy = (
    RaiseTrials
    | ProposeMore
    | QueueCandidate
    | LowerThreshold
    | OpenFailures
    | OpenExamples
    | StopRun
)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that keeps a run from improving, or from showing it."""

    key: str
    title: str
    evidence: str
    """What was measured, with numbers and n."""
    severity: Severity
    remedy: Remedy | None
    """None where nothing in this run can help."""


def diagnose(evidence: Evidence, results: RunResults, belief: Belief | None) -> list[Finding]:
    """The findings, most severe first; empty for a run in which nothing stands in the way."""
    checks: tuple[Callable[[Evidence, RunResults, Belief | None], Finding | None], ...] = (
        _many_failures,
        _few_traces,
        _constant_metric,
        _near_ceiling,
        _noise,
        _alike,
        _credit,
        _small_budget,
    )
    found = [each for check in checks if (each := check(evidence, results, belief)) is not None]
    return sorted(found, key=lambda each: _ORDER.index(each.severity))


def _many_failures(evidence: Evidence, _: RunResults, __: Belief | None) -> Finding | None:
    failed = sum(evidence.failures.values())
    share = failed / max(1, evidence.attempts)
    if failed < FEWEST_FAILURES or share < FAILING:
        return None
    kinds = kinds_in_words(Counter(evidence.failures))
    return Finding(
        key="many_failures",
        title="Many calls fail",
        evidence=f"{failed:,} of {evidence.attempts:,} attempts failed ({share:.0%}): {kinds}. "
        "A failed example is in no score.",
        severity="problem" if share >= MOSTLY_FAILING else "warning",
        remedy=OpenFailures(),
    )


def _few_traces(evidence: Evidence, _: RunResults, __: Belief | None) -> Finding | None:
    teacher = evidence.teacher
    if not teacher.done or not teacher.runs or teacher.accepted >= teacher.wanted:
        return None
    seen = Counter(f"{score:g}" for score in sorted(teacher.scores, reverse=True))
    scores = ", ".join(f"{score} ({count} times)" for score, count in list(seen.items())[:6])
    failed = f" {teacher.failed} runs failed." if teacher.failed else ""
    return Finding(
        key="few_traces",
        title="Bootstrapping found too few traces",
        evidence=f"{teacher.accepted} of {teacher.runs} teacher runs reached the threshold of "
        f"{teacher.threshold:g}; a demo set holds up to {teacher.wanted}. The metric gave: "
        f"{scores or 'no score at all'}.{failed}",
        severity="problem" if teacher.accepted == 0 else "warning",
        remedy=_more_traces(evidence),
    )


def _more_traces(evidence: Evidence) -> Remedy | None:
    """The highest threshold at which a demo set could be filled, where there is one."""
    teacher = evidence.teacher
    best = sorted(teacher.scores, reverse=True)[: teacher.wanted]
    if len(best) == teacher.wanted and best[-1] > 0:
        return LowerThreshold(threshold=round(best[-1], 6))
    return OpenFailures() if teacher.failed else None


def _constant_metric(evidence: Evidence, results: RunResults, _: Belief | None) -> Finding | None:
    total = sum(evidence.scores.values())
    if total < FEWEST_RESULTS or len(results.tables.val) < 2:
        return None
    score, most = max(evidence.scores.items(), key=lambda item: item[1])
    middle = sum(value * count for value, count in evidence.scores.items()) / total
    spread = math.sqrt(
        sum(count * (value - middle) ** 2 for value, count in evidence.scores.items()) / total
    )
    if score >= CEILING or middle >= CEILING or (most / total < CONSTANT and spread >= FLAT):
        return None
    tried = [row for row in results.labels if row in results.tables.val][:2]
    return Finding(
        key="metric_nearly_constant",
        title="The metric hardly ever changes",
        evidence=f"{most / total:.1%} of the newest {total:,} results score {score:g} "
        f"(standard deviation {100 * spread:.1f} points), so candidates cannot differ.",
        severity="problem",
        remedy=OpenExamples(candidates=tuple(tried)),
    )


def _near_ceiling(evidence: Evidence, results: RunResults, _: Belief | None) -> Finding | None:
    val = results.baseline.val if results.baseline else None
    if val is None or val.n < ENOUGH or val.value < CEILING:
        return None
    return Finding(
        key="baseline_near_ceiling",
        title="The baseline is near the ceiling",
        evidence=f"The baseline scores {val.value:.1%} ({_interval(val)}): at most "
        f"{100 * (1 - val.value):.1f} points are left to gain. Harder examples would show more.",
        severity="warning",
        remedy=None if results.is_ended else StopRun(),
    )


def _noise(evidence: Evidence, results: RunResults, belief: Belief | None) -> Finding | None:
    """Cochran's test of whether the candidates' means differ by more than chance makes them."""
    means = [each for each in results.tables.val.values() if each.n >= ENOUGH]
    total = sum(each.n for each in means)
    if len(means) < FEWEST_CANDIDATES or total < FEWEST_RESULTS:
        return None
    noise = sum(each.n * each.n * each.stderr**2 for each in means) / total
    middle = sum(each.n * each.value for each in means) / total
    scatter = sum(each.n * (each.value - middle) ** 2 for each in means)
    if noise <= 0 or chdtrc(len(means) - 1, scatter / noise) <= SIGNIFICANCE:
        return None
    typical = sorted(each.n for each in means)[len(means) // 2]
    seen = math.sqrt(scatter / total)
    chance = math.sqrt(noise * (len(means) - 1) / total)
    return Finding(
        key="noise_larger_than_spread",
        title="Candidates differ no more than chance makes them",
        evidence=f"The means of {len(means)} candidates scatter by {100 * seen:.1f} points around "
        f"{middle:.1%}; chance alone gives about {100 * chance:.1f} with {typical} examples each. "
        "Instructions and demos that differ more would show more.",
        severity="warning",
        remedy=_learn(results, belief),
    )


def _alike(_: Evidence, results: RunResults, __: Belief | None) -> Finding | None:
    worst: tuple[float, str, int, int] | None = None
    for name, own in results.instructions.items():
        proposed = tuple(each.text for each in own if each.number > 0)
        twins = _twins(proposed)
        share = twins / max(1, len(proposed) - 1)  # the first has no earlier one
        if len(proposed) >= 3 and share >= TWINS and (worst is None or share > worst[0]):
            worst = share, name, twins, len(proposed)
    if worst is None:
        return None
    _share, name, twins, count = worst
    return Finding(
        key="alike_proposals",
        title="The proposals say nearly the same",
        evidence=f"{twins} of {count} proposed instructions of {results.names.predictor(name)} "
        "have nearly the same words as an earlier one.",
        severity="warning",
        remedy=ProposeMore(predictor=name, learn=True),
    )


@lru_cache(maxsize=64)
def _twins(texts: tuple[str, ...]) -> int:
    """How many of them are nearly the same as an earlier one."""
    return sum(alike is not None for alike in nearly_the_same(texts))


def _credit(_: Evidence, results: RunResults, belief: Belief | None) -> Finding | None:
    shares = predictor_shares(credit_shares(belief, results.names))
    if len(shares) < 2 or len(results.tables.val) < FEWEST_CANDIDATES:
        return None
    name, share = next(iter(shares.items()))
    if share < CREDIT:
        return None
    others = len(shares) - 1
    rest = "the other predictor" if others == 1 else f"the {others} other predictors"
    return Finding(
        key="one_predictor_has_the_credit",
        title=f"Only {results.names.predictor(name)} makes a difference",
        evidence=f"{share:.0%} of what makes candidates differ is what was chosen for "
        f"{results.names.predictor(name)}, over {len(results.tables.val):,} candidates; changing "
        f"{rest} hardly matters.",
        severity="note",
        remedy=ProposeMore(predictor=name, learn=True),
    )


def _small_budget(evidence: Evidence, results: RunResults, belief: Belief | None) -> Finding | None:
    """Whether the two leaders can be told apart, where it matters."""
    if len(evidence.leaders) < 2 or _is_settled(evidence, results, belief):
        return None
    first, second = evidence.leaders[:2]
    one, other = evidence.val.get(first, {}), evidence.val.get(second, {})
    found = difference(other, one)
    if found is None or found.shown is not None or found.value < SMALL:
        return None
    spread = spread_of_differences(other, one)
    more = max(1, math.ceil((_Z * spread / found.value) ** 2) - found.n)
    names = [results.names.candidate(results.choices[each]) for each in (first, second)]
    return Finding(
        key="budget_too_small",
        title="The budget is too small to tell the leaders apart",
        evidence=f"{difference_in_words(found, *names)} About {more:,} more examples would.",
        severity="note" if _is_better(evidence, results) else "warning",
        remedy=_more_examples(evidence, results, more),
    )


def _more_examples(evidence: Evidence, results: RunResults, more: int) -> Remedy:
    """A leader that was not tried on all examples is; else the search gets more trials."""
    for each in evidence.leaders[:2]:
        if len(evidence.val.get(each, {})) < evidence.val_size:
            return QueueCandidate(candidate=results.choices[each], examples=None)
    extra = math.ceil(min(1.0, more / max(1, evidence.val_size)) * evidence.trials)
    return RaiseTrials(trials=evidence.trials + max(1, extra))


def _is_settled(evidence: Evidence, results: RunResults, belief: Belief | None) -> bool:
    """Whether the best is shown to be better than the baseline, and is surely near the best."""
    sure = belief is None or belief.near_best >= UNSURE
    return _is_better(evidence, results) and sure


def _is_better(evidence: Evidence, results: RunResults) -> bool:
    if results.best is None or results.baseline is None:
        return False
    before = evidence.val.get(results.baseline.candidate, {})
    found = difference(before, evidence.val.get(results.best.candidate, {}))
    return found is not None and found.shown == "better"


def _learn(results: RunResults, belief: Belief | None) -> Remedy | None:
    """A request for the predictor that matters most, as far as is known."""
    shares = predictor_shares(credit_shares(belief, results.names))
    name = next(iter([*shares, *(info.name for info in results.predictors)]), None)
    return None if name is None else ProposeMore(predictor=name, learn=True)


def _interval(mean: Mean) -> str:
    return f"95 %: {mean.low:.1%} to {mean.high:.1%}, n = {mean.n:,}"
