"""Whose choices make candidates differ: the surrogate's shares, and ablations that measure it.

An ablation is a candidate with one predictor put back to the baseline's choices, compared with it
on the examples that both were scored on. Deliberately not here: starting any (a person queues the
candidate), and the results that make up a difference.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from core.evaluation.statistics import PairedDifference
from core.programs.candidate import Candidate, ChoiceRef, Part
from core.results.differences import difference, difference_in_words
from core.results.names import PARTS, Names
from core.results.run_results import RunResults
from core.runs.snapshot import Belief

INTERACTIONS = "interactions"
REMAINDER = "particular to single candidates"


@dataclass(frozen=True, kw_only=True)
class Share:
    """How much of what makes candidates differ one source explains."""

    name: str
    """`answer: instruction`, `interactions`, …"""
    predictor: str | None
    """None for what belongs to no single predictor."""
    part: Part | None
    share: float
    """In [0, 1]."""


@dataclass(frozen=True, kw_only=True)
class Ablation:
    """The candidate with some of its choices put back to the baseline's."""

    predictor: str
    part: Part | None
    """None for both parts."""
    name: str
    """What is put back: `answer: demo set`."""
    candidate: Candidate
    """To be queued where it is not measured."""
    n: int
    """Validation examples that both were scored on."""
    difference: PairedDifference | None
    """The candidate minus the ablated one: positive when what was put back helps. None when they
    share no example."""
    words: str
    queued: bool
    whole: bool
    """True when there is nothing more to measure."""


@dataclass(frozen=True, kw_only=True)
class AblationTable:
    """A candidate taken apart."""

    candidate: str
    label: str
    rows: tuple[Ablation, ...]
    as_given: tuple[str, ...]
    """Predictors that it leaves as the program has them, by their names on screen."""


def credit_shares(belief: Belief | None, names: Names) -> tuple[Share, ...]:
    """The shares, largest first; they add up to 1. Empty while nothing is known."""
    if belief is None or not belief.shares:
        return ()
    parts = [
        Share(
            name=f"{names.predictor(each.predictor)}: {PARTS[each.part]}",
            predictor=each.predictor,
            part=each.part,
            share=each.share,
        )
        for each in belief.shares
    ]
    common = {INTERACTIONS: belief.interactions, REMAINDER: belief.remainder}
    parts += [
        Share(name=name, predictor=None, part=None, share=share) for name, share in common.items()
    ]
    return tuple(sorted(parts, key=lambda each: -each.share))


def predictor_shares(shares: Iterable[Share]) -> dict[str, float]:
    """Predictor → share of both its parts together, largest first."""
    together: dict[str, float] = {}
    for each in shares:
        if each.predictor is not None:
            together[each.predictor] = together.get(each.predictor, 0.0) + each.share
    return dict(sorted(together.items(), key=lambda item: -item[1]))


def ablated(results: RunResults, candidate: str | None = None) -> dict[str, Candidate]:
    """Id → candidate of everything that `ablations` compares, the one taken apart first.

    That is the best where none is named. Empty without a best or baseline, and where they are one.
    """
    chosen, baseline = _taken_apart(results, candidate), results.baseline
    if chosen is None or baseline is None:
        return {}
    parts = _put_back(results.choices[chosen], results.choices[baseline.candidate])
    return {chosen: results.choices[chosen]} | {each.id: each for _, _, each in parts}


def ablations(
    scored: Mapping[str, Mapping[str, float]], results: RunResults, candidate: str | None = None
) -> AblationTable | None:
    """The candidate (the best where none is named) taken apart, predictor by predictor.

    `scored` is candidate → validation example → score for the ids of `ablated`. None while there
    is no best beside the baseline.
    """
    chosen, baseline = _taken_apart(results, candidate), results.baseline
    if chosen is None or baseline is None:
        return None
    whole, given = results.choices[chosen], results.choices[baseline.candidate]
    label = results.names.candidate(whole)
    parts = list(_put_back(whole, given))
    touched = {predictor for predictor, _, _ in parts}
    return AblationTable(
        candidate=chosen,
        label=label,
        rows=tuple(
            _ablation(scored, results, chosen, predictor, part, each)
            for predictor, part, each in parts
        ),
        as_given=tuple(
            results.names.predictor(name) for name in whole.choices if name not in touched
        ),
    )


def _taken_apart(results: RunResults, candidate: str | None) -> str | None:
    chosen = candidate or (results.best.candidate if results.best else None)
    if chosen not in results.choices or results.baseline is None:
        return None
    return None if chosen == results.baseline.candidate else chosen


def _put_back(whole: Candidate, given: Candidate) -> Iterator[tuple[str, Part | None, Candidate]]:
    """(predictor, part or None for both, candidate) for all that the candidate changed."""
    for name, choice in whole.choices.items():
        own = given.choices.get(name)
        if own is None:
            continue
        refs = [
            ChoiceRef(predictor=name, part="instruction", id=own.instruction),
            ChoiceRef(predictor=name, part="demo_set", id=own.demo_set),
        ]
        moved = [ref for ref in refs if ref.id != getattr(choice, ref.part)]
        if len(moved) == 2:
            yield name, None, whole.changed(moved[0]).changed(moved[1])
        for ref in moved:
            yield name, ref.part, whole.changed(ref)


def _ablation(
    scored: Mapping[str, Mapping[str, float]],
    results: RunResults,
    chosen: str,
    predictor: str,
    part: Part | None,
    ablation: Candidate,
) -> Ablation:
    own, other = scored.get(chosen, {}), scored.get(ablation.id, {})
    found = difference(other, own)
    what = "both parts" if part is None else PARTS[part]
    name = f"{results.names.predictor(predictor)}: {what}"
    label = results.names.candidate(results.choices[chosen])
    words = (
        "Not measured yet."
        if found is None
        else difference_in_words(found, label, f"{label} with the baseline's {name}")
    )
    tried = results.tables.val.get(ablation.id)
    return Ablation(
        predictor=predictor,
        part=part,
        name=name,
        candidate=ablation,
        n=found.n if found else 0,
        difference=found,
        words=words,
        queued=any(
            each.candidate.id == ablation.id and each.had < each.wanted and each.permitted
            for each in results.steering.queue
        ),
        whole=tried is not None and 0 < results.sizes[1] <= tried.n,
    )
