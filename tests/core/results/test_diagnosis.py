"""Findings, in made-up runs whose truth is known."""

from dataclasses import dataclass, field
from typing import get_args

import numpy as np
import pytest

from core.lm.usage import Usage
from core.programs.candidate import NO_DEMOS, Candidate, Choice
from core.programs.predictors import PredictorInfo, SignatureField
from core.results.diagnosis import (
    LowerThreshold,
    OpenExamples,
    OpenFailures,
    ProposeMore,
    QueueCandidate,
    RaiseTrials,
    Remedy,
    StopRun,
    diagnose,
)
from core.results.evidence import gathered
from core.results.run_results import run_results
from core.runs import events as ev
from core.runs.snapshot import Belief, RunSummary, Snapshot, VarianceShare
from core.storage.memory import MemoryStore
from tests import run_log

VAL = tuple(str(row) for row in range(100))
NAMES = ("ask", "answer")
WORDS = ("weigh", "compare", "quote", "list", "shorten", "explain", "count", "verify", "name")


def text_of(number):
    """Instructions that differ in most of their words."""
    own = " ".join(WORDS[(number * 3 + step) % len(WORDS)] for step in range(4))
    return f"Variant {number}: {own} the input {number * 7} times, then answer."


@dataclass
class World:
    """A run of which everything is decided here. Rates are chances of a right answer."""

    rates: tuple[float, ...] = (0.4, 0.5, 0.6, 0.75, 0.55, 0.45)
    """Of each candidate on all examples; the first is the baseline."""
    examples: int = 100
    """Every candidate's; those with all 100 are fully evaluated."""
    trace_scores: tuple[float, ...] = (1.0,) * 12 + (0.0,) * 8
    failures: int = 0
    texts: tuple[str, ...] = tuple(text_of(number) for number in range(6))
    ended: bool = False
    graded: bool = False
    seed: int = 0
    events: list = field(default_factory=list)

    def log(self):
        fields = (SignatureField(name="q", description=""),)
        infos = tuple(
            PredictorInfo(name=name, instruction="Do.", inputs=fields, outputs=fields)
            for name in NAMES
        )
        self.events = [ev.RunStarted(worker="w", predictors=infos, train=40, val=100, test=0)]
        for name in NAMES:
            self.events += [
                ev.InstructionProposed(predictor=name, index=index, id=f"i{index}", text=text)
                for index, text in enumerate(("Do.", *self.texts[1:]))
            ]
            self.events.append(
                ev.DemoSetBuilt(predictor=name, id=NO_DEMOS, demos=(), source="none")
            )
        for row, score in enumerate(self.trace_scores):
            self.events.append(
                ev.TraceBootstrapped(
                    example=str(row), attempt=0, score=score, accepted=score >= 1.0, seconds=1,
                    usage=Usage(calls=1),
                )
            )  # fmt: skip
        self.events.append(ev.PhaseChanged(phase="search"))
        rng = np.random.default_rng(self.seed)
        chance = rng.random(100)  # an example is as hard for every candidate
        for number, rate in enumerate(self.rates):
            self.trial(number, rate, 0.7 * chance + 0.3 * rng.random(100))
        if self.ended:
            self.events.append(ev.RunStopped())
        return self.events

    def trial(self, number, rate, chance):
        candidate = Candidate(
            choices={name: Choice(instruction=f"i{number}", demo_set=NO_DEMOS) for name in NAMES}
        )
        examples = VAL if number == 0 else VAL[: self.examples]
        purpose = "baseline" if number == 0 else "full" if len(examples) == 100 else "minibatch"
        self.events.append(
            ev.TrialStarted(number=number, purpose=purpose, candidate=candidate, examples=examples)
        )
        order = np.argsort(np.argsort(chance[: len(examples)]))
        right = order < round(rate * len(examples))
        scores = [0.5 + 0.001 * float(hit) if self.graded else float(hit) for hit in right]
        same = {"trial": number, "candidate": candidate.id, "seconds": 1, "usage": Usage(calls=2)}
        for row in VAL[: self.failures] if number == 1 else ():
            failure = ev.Failure(kind="LMTimeoutError", message="slow")
            self.events.append(ev.ExampleScored(example=row, attempt=0, failure=failure, **same))
        for row, score in zip(examples, scores, strict=True):
            self.events.append(ev.ExampleScored(example=row, attempt=1, score=score, **same))
        mean = sum(scores) / len(scores)
        self.events.append(ev.TrialFinished(number=number, mean=mean, n=len(scores), failed=0))


def findings(world=None, belief=None, **settings):
    """Key → finding."""
    state = run_log.state_of((world or World()).log())
    config = run_log.iris_config(MemoryStore(), run_log.Plan(trials=20), **settings)
    snapshot = Snapshot(seq=1, summary=RunSummary(status="running"), belief=belief)
    results = run_results(state, config, snapshot)
    found = diagnose(gathered(state, config, results), results, belief)
    assert all(each.evidence and each.title for each in found)
    return {each.key: each for each in found}


def belief_with(near_best=0.95, **shares):
    return Belief(
        recommended=None,
        near_best=near_best,
        shares=tuple(
            VarianceShare(predictor=name, part="instruction", share=share)
            for name, share in shares.items()
        ),
        remainder=1 - sum(shares.values()),
    )


def test_a_run_that_goes_well_has_no_findings():
    assert findings() == {}
    assert findings(belief=belief_with(ask=0.4, answer=0.5)) == {}


def test_a_run_that_has_just_begun_has_no_findings():
    assert findings(World(rates=(), trace_scores=())) == {}


def test_a_baseline_near_the_ceiling_is_found_with_what_is_left_to_gain():
    found = findings(World(rates=(0.97, 0.96, 0.98, 0.97, 0.95, 0.97)))["baseline_near_ceiling"]
    assert "97.0%" in found.evidence
    assert "n = 100" in found.evidence
    assert "3.0 points" in found.evidence
    assert found.remedy == StopRun()
    ended = findings(World(rates=(0.97, 0.96, 0.98, 0.97, 0.95, 0.97), ended=True))
    assert ended["baseline_near_ceiling"].remedy is None


@pytest.mark.parametrize("world", [World(rates=(0.0,) * 6), World(graded=True)])
def test_a_metric_that_hardly_changes_is_found(world):
    found = findings(world)["metric_nearly_constant"]
    assert found.severity == "problem"
    assert isinstance(found.remedy, OpenExamples)
    assert len(found.remedy.candidates) == 2


def test_candidates_that_differ_by_chance_only_are_found():
    found = findings(World(rates=(0.5, 0.51, 0.49, 0.5, 0.52, 0.5)))["noise_larger_than_spread"]
    assert "6 candidates" in found.evidence
    assert "100 examples each" in found.evidence
    assert found.remedy == ProposeMore(predictor="ask", learn=True)


def test_chance_rarely_passes_for_spread_nor_spread_for_chance():
    chance = [
        "noise_larger_than_spread" in findings(World(rates=tuple(rates)))
        for rates in np.random.default_rng(0).binomial(100, 0.5, size=(20, 8)) / 100
    ]
    assert sum(chance) >= 16
    assert "noise_larger_than_spread" not in findings(World(rates=(0.3, 0.4, 0.5, 0.6, 0.7)))


def test_too_few_traces_are_found_with_the_scores_that_the_metric_gave():
    scores = (1.0,) + (0.5,) * 6 + (0.0,) * 13
    found = findings(World(trace_scores=scores))["few_traces"]
    assert "1 of 20 teacher runs reached the threshold of 1" in found.evidence
    assert "0.5 (6 times), 0 (13 times)" in found.evidence
    assert found.remedy == LowerThreshold(threshold=0.5)
    assert found.remedy.label == "New run with a threshold of 0.5"


def test_no_threshold_helps_where_the_teacher_is_never_right():
    found = findings(World(trace_scores=(0.0,) * 20))["few_traces"]
    assert (found.severity, found.remedy) == ("problem", None)


def test_few_traces_do_not_matter_where_nothing_is_bootstrapped():
    world = World(trace_scores=(0.0,) * 20)
    assert "few_traces" not in findings(world, optimizer="zero_shot_mipro")


def test_proposals_that_say_the_same_are_found():
    same = tuple(f"Answer the question with one single short word, number {n}." for n in range(6))
    found = findings(World(texts=same))["alike_proposals"]
    assert "4 of 5 proposed instructions of ask" in found.evidence
    assert found.remedy == ProposeMore(predictor="ask", learn=True)


def test_one_predictor_with_all_the_credit_is_noted():
    found = findings(belief=belief_with(ask=0.02, answer=0.93))["one_predictor_has_the_credit"]
    assert found.severity == "note"
    assert "98%" not in found.evidence
    assert "93%" in found.evidence
    assert found.remedy == ProposeMore(predictor="answer", learn=True)


def test_many_failures_are_found_with_their_kinds_and_their_share():
    found = findings(World(failures=60))["many_failures"]
    assert "LMTimeoutError 60" in found.evidence
    assert (found.severity, found.remedy) == ("warning", OpenFailures())
    assert "many_failures" not in findings(World(failures=4))


def test_a_budget_too_small_to_tell_the_leaders_apart_says_how_many_examples_would():
    found = findings(World(rates=(0.4, 0.43)))["budget_too_small"]
    assert "cannot tell C1 and C0 apart" in found.evidence
    assert "more examples would" in found.evidence
    assert found.severity == "warning"
    assert isinstance(found.remedy, RaiseTrials)
    assert 20 < found.remedy.trials <= 40


def test_as_many_more_examples_as_it_says_would_tell_them_apart():
    evidence = findings(World(rates=(0.4, 0.43)))["budget_too_small"].evidence
    more = int(evidence.split("About ")[1].split(" more")[0].replace(",", ""))
    state = run_log.state_of(World(rates=(0.4, 0.43)).log())
    one, other = (np.array([each.score for each in own.values()]) for own in state.results.values())
    gap = other - one
    reach = 1.96 * gap.std(ddof=1) / np.sqrt(100 + more)
    assert reach <= gap.mean() < 1.96 * gap.std(ddof=1) / np.sqrt(100 + 0.9 * more)


def test_leaders_that_saw_few_examples_are_to_be_evaluated_fully():
    found = findings(World(rates=(0.4, 0.55, 0.6, 0.5), examples=20))["budget_too_small"]
    assert isinstance(found.remedy, QueueCandidate)
    assert found.remedy.examples is None


def test_leaders_that_are_equally_good_need_not_be_told_apart_once_both_beat_the_baseline():
    world = World(rates=(0.4, 0.75, 0.74, 0.5, 0.6))
    assert findings(world, belief=belief_with(near_best=0.9)) == {}
    unsure = findings(world, belief=belief_with(near_best=0.2))
    assert unsure["budget_too_small"].severity == "note"


def test_the_most_severe_finding_comes_first():
    world = World(rates=(0.5, 0.51, 0.49, 0.5, 0.52, 0.5), trace_scores=(0.0,) * 20)
    assert next(iter(findings(world))) == "few_traces"


def test_every_remedy_has_a_label_for_its_button():
    made = [
        RaiseTrials(trials=1_200), ProposeMore(predictor="p", learn=True), OpenFailures(),
        QueueCandidate(candidate=Candidate(choices={}), examples=None), StopRun(),
        LowerThreshold(threshold=0.5), OpenExamples(candidates=("a", "b")),
    ]  # fmt: skip
    assert {type(each) for each in made} == set(get_args(Remedy))
    assert all(each.label for each in made)
    assert made[0].label == "Raise the budget to 1,200 trials"
