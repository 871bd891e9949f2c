"""A run told in a few paragraphs of plain text: what was tried, what helped, how sure it is.

Works for runs that were stopped or failed, and while one goes on. Every number comes with its
interval and its n; what is not known is not said. Deliberately not here: formatting.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.evaluation.statistics import Mean
from core.programs.candidate import ChoiceRef
from core.results.differences import difference, difference_in_words
from core.results.evidence import Evidence
from core.results.money import ModelMoney, Money
from core.results.run_results import RunResults, Standing
from core.results.timeline import kinds_in_words
from core.runs.snapshot import Belief, LevelEffect

LARGEST = 4
"""Effects that are named."""
REACH = 1.64
"""Standard deviations on each side of a 90 % interval."""
NEWEST = 6
"""Decisions that are told one by one."""


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    """A title and its text, both plain."""

    title: str
    text: str


def story(
    evidence: Evidence, results: RunResults, belief: Belief | None, money: Money
) -> tuple[Paragraph, ...]:
    """The paragraphs that have something to say, in order."""
    told = {
        "What was tried": _tried(results),
        "What helped": _helped(results, belief),
        "How sure it is": _sure(evidence, results, belief),
        "What people decided": _decided(results),
        "What it cost": _cost(results, money),
        "Caveats": _caveats(evidence, results),
    }
    return tuple(Paragraph(title=title, text=text) for title, text in told.items() if text)


def _tried(results: RunResults) -> str:
    if not results.predictors:
        return _ending(results)
    trials = sum(row.purpose != "test" for row in results.tables.rows)
    fulls = len(results.tables.fulls)
    made = [
        f"{results.names.predictor(info.name)}: "
        f"{_number(len(results.instructions.get(info.name, ())), 'instruction')} and "
        f"{_number(len(results.demo_sets.get(info.name, ())), 'demo set')}"
        for info in results.predictors
    ]
    train, val, test = results.sizes
    sentences = [
        f"The program has {_number(len(results.predictors), 'predictor')}. To choose from there "
        f"were, for {'; for '.join(made)}.",
        f"{_number(results.candidate_count, 'candidate')}, the baseline included, ran in "
        f"{_number(trials, 'trial')}; {fulls:,} of them saw all {val:,} validation examples. "
        f"{train:,} examples were for training and {test:,} were held out.",
        _ending(results),
    ]
    if results.branched_from is not None:
        sentences.insert(0, "The run began with what another run had found.")
    return " ".join(sentences)


def _ending(results: RunResults) -> str:
    match results.status:
        case "finished":
            return "Everything planned was done."
        case "stopped":
            return "A person stopped the run before it was done; what was measured counts."
        case "failed":
            return f"The run failed: {results.message or 'no reason was given'}"
        case "queued":
            return "Nothing has run yet."
        case _:
            return "The run has not ended; this is how it stands."


def _helped(results: RunResults, belief: Belief | None) -> str:
    if belief is None or results.best is None:
        return ""
    chosen = results.choices[results.best.candidate].refs
    used = [each for each in belief.effects if _ref(each) in chosen and _is_changed(results, each)]
    strong = sorted((each for each in used if each.mean > 0), key=lambda each: -each.mean)
    if not strong:
        return "No single choice of the best candidate stands out."
    named = [f"{results.names.choice(_ref(each))} {_effect(each)}" for each in strong[:LARGEST]]
    return (
        f"What the best candidate, {results.best.short_label}, uses adds to the score, beside the "
        f"mean choice for its predictor: {'; '.join(named)}."
    )


def _is_changed(results: RunResults, effect: LevelEffect) -> bool:
    """Whether the choice is another than the baseline's."""
    if results.baseline is None:
        return True
    return _ref(effect) not in results.choices[results.baseline.candidate].refs


def _effect(effect: LevelEffect) -> str:
    low, high = effect.mean - REACH * effect.sd, effect.mean + REACH * effect.sd
    return f"{100 * effect.mean:+.1f} points (90 %: {100 * low:+.1f} to {100 * high:+.1f})"


def _ref(effect: LevelEffect) -> ChoiceRef:
    return ChoiceRef(predictor=effect.predictor, part=effect.part, id=effect.id)


def _sure(evidence: Evidence, results: RunResults, belief: Belief | None) -> str:
    best, baseline = results.best, results.baseline
    if baseline is None or baseline.val is None:
        return "The baseline was not measured, so nothing can be compared with it."
    if best is None or best.candidate == baseline.candidate:
        return (
            f"No candidate was found that is better than the baseline, which scores "
            f"{_score(baseline.val)} on the validation examples."
        )
    sentences = [
        f"On the validation examples {best.short_label} scores {_score(best.val)}, the baseline "
        f"{_score(baseline.val)}.",
        _compared(evidence.val, best, baseline),
    ]
    if best.test is not None and baseline.test is not None:
        sentences.append(
            f"On the held-out examples it scores {_score(best.test)}, the baseline "
            f"{_score(baseline.test)}."
        )
        sentences.append(_compared(evidence.test, best, baseline))
    if belief is not None and belief.recommended == best.candidate:
        sentences.append(
            f"With a probability of {belief.near_best:.0%} nothing else that is permitted is more "
            "than a point better."
        )
    return " ".join(each for each in sentences if each)


def _compared(scores: Mapping[str, Mapping[str, float]], best: Standing, baseline: Standing) -> str:
    found = difference(scores.get(baseline.candidate, {}), scores.get(best.candidate, {}))
    return "" if found is None else difference_in_words(found, best.short_label, "the baseline")


def _decided(results: RunResults) -> str:
    decisions = [each for each in results.steering.decisions if each.kind != "answer_rated"]
    if not decisions:
        return ""
    people = sorted({each.by or "somebody" for each in decisions})
    first = (
        f"{_number(len(decisions), 'decision')} by {_listed(people)}"
        f"{', the newest of them' if len(decisions) > NEWEST else ''}:"
    )
    return " ".join([first, *(each.words for each in decisions[-NEWEST:])])


def _cost(results: RunResults, money: Money) -> str:
    if not money.total.calls and not money.total.cached:
        return ""
    minutes = results.worked_seconds / 60
    time = f"{minutes:.0f} minutes" if minutes >= 2 else f"{results.worked_seconds:.0f} seconds"
    cap = f" of at most {money.cap:,}" if money.cap is not None else ""
    cached = f", and {money.total.cached:,} answers from the cache" if money.total.cached else ""
    *models, _ = money.rows.items()
    each = [f"{name[0].lower()}{name[1:]} {_spent(model)}" for name, model in models]
    return (
        f"{money.total.calls:,} LM calls{cap}{cached} in {time} of work: {_spent(money.total)} "
        f"({', '.join(each)}). "
        f"{money.total.input_tokens:,} tokens in, {money.total.output_tokens:,} out."
    )


def _spent(model: ModelMoney) -> str:
    return "price unknown" if model.cost_usd is None else f"${model.cost_usd:,.2f}"


def _caveats(evidence: Evidence, results: RunResults) -> str:
    return " ".join(each for each in (_winners_curse(results), _failed(evidence)) if each)


def _winners_curse(results: RunResults) -> str:
    best = results.best
    if best is None or best.val is None or results.candidate_count < 2:
        return ""
    chosen = (
        f"{best.short_label} was chosen as the best of {results.candidate_count:,}, so its "
        "validation score tends to flatter it"
    )
    if best.test is None:
        return f"{chosen}; no held-out examples have been scored to say by how much."
    gap = 100 * (best.val.value - best.test.value)
    return (
        f"{chosen}: on {best.test.n:,} held-out examples it is {abs(gap):.1f} points "
        f"{'lower' if gap >= 0 else 'higher'}. Only the held-out score is unbiased."
    )


def _failed(evidence: Evidence) -> str:
    failed = sum(evidence.failures.values())
    if not failed:
        return ""
    kinds = kinds_in_words(Counter(evidence.failures))
    return f"{failed:,} of {evidence.attempts:,} attempts failed ({kinds}) and are in no score."


def _score(mean: Mean | None) -> str:
    if mean is None:
        return "nothing yet"
    return f"{mean.value:.1%} (95 %: {mean.low:.1%} to {mean.high:.1%}, n = {mean.n:,})"


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _listed(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
