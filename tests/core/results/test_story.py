import pytest

from core.programs.candidate import ChoiceRef
from core.results.evidence import gathered
from core.results.money import money
from core.results.run_results import run_results
from core.results.story import story
from core.runs import decisions as de
from core.runs import events as ev
from core.runs.snapshot import Belief, LevelEffect, RunSummary, Snapshot
from core.runs.state import RunState
from core.storage.memory import MemoryStore
from tests import run_log

PLAN = run_log.Plan(trials=20, minibatch=20, full_every=4)
LOG = run_log.events(PLAN)


@pytest.fixture(scope="module")
def config():
    return run_log.iris_config(MemoryStore(), PLAN)


def told(config, events, belief=None):
    """Title → text."""
    state = run_log.state_of(events) if events else RunState()
    snapshot = Snapshot(seq=1, summary=RunSummary(status="x"), belief=belief)
    results = run_results(state, config, snapshot)
    evidence = gathered(state, config, results)
    paragraphs = story(evidence, results, belief, money(results, snapshot))
    assert all(each.text.strip() for each in paragraphs)
    return {each.title: each.text for each in paragraphs}


def best_belief(config):
    """Instruction and demo set of the best candidate's answer predictor are good."""
    results = run_results(run_log.state_of(LOG), config)
    best, own = (
        results.choices[each.candidate].choices["answer.predict"]
        for each in (results.best, results.baseline)
    )
    effects = [
        LevelEffect(predictor="answer.predict", part="instruction", id=id_, mean=mean, sd=0.02)
        for id_, mean in ((best.instruction, 0.08), (own.instruction, -0.05))
    ]
    return Belief(recommended=results.best.candidate, near_best=0.93, effects=tuple(effects))


def test_a_finished_run_is_told_from_what_was_tried_to_its_caveats(config):
    found = told(config, LOG, best_belief(config))
    assert list(found) == [
        "What was tried", "What helped", "How sure it is", "What it cost", "Caveats",
    ]  # fmt: skip
    tried = found["What was tried"]
    assert "2 predictors" in tried
    assert "ask: 4 instructions and 4 demo sets" in tried
    assert "26 trials; 6 of them saw all 40 validation examples" in tried
    assert "Everything planned was done." in tried


def test_the_largest_effects_come_with_their_intervals(config):
    helped = told(config, LOG, best_belief(config))["What helped"]
    assert "of answer +8.0 points (90 %: +4.7 to +11.3)" in helped
    assert "-5.0" not in helped


def test_the_gain_comes_with_interval_and_n_on_validation_and_held_out_examples(config):
    sure = told(config, LOG, best_belief(config))["How sure it is"]
    assert sure.count("n = 40") == 3
    assert sure.count("n = 20") == 3
    assert "held-out examples" in sure
    assert "better than the baseline" in sure
    assert "probability of 93%" in sure


def test_the_validation_score_of_the_winner_is_said_to_flatter_it(config):
    caveats = told(config, LOG)["Caveats"]
    assert "chosen as the best of" in caveats
    assert "on 20 held-out examples it is" in caveats
    early = told(config, run_log.events(PLAN, "search"))["Caveats"]
    assert "no held-out examples have been scored" in early


def test_what_people_decided_is_told_with_their_names(config):
    ref = ChoiceRef(
        predictor="ask.predict",
        part="instruction",
        id=run_log.state_of(LOG).instructions["ask.predict"].keys().__iter__().__next__(),
    )
    decisions = [de.ChoiceApproved(by="Ada", choice=ref), de.NoteAdded(by="Bo", text="fine")]
    text = told(config, [*LOG, *decisions])["What people decided"]
    assert text == ("2 decisions by Ada and Bo: Ada approved instruction 0 of ask. Bo noted: fine.")


def test_the_cost_names_an_unknown_price(config):
    cost = told(config, LOG)["What it cost"]
    assert "LM calls" in cost
    assert "$0.00" in cost
    log = [
        each.model_copy(update={"usage": each.usage.model_copy(update={"priced": False})})
        if isinstance(each, ev.ExampleScored)
        else each
        for each in LOG
    ]
    assert "price unknown" in told(config, log)["What it cost"]


def test_failed_examples_are_a_caveat(config):
    plan = run_log.Plan(trials=6, failing=0.4)
    caveats = told(config, run_log.events(plan))["Caveats"]
    assert "attempts failed (AdapterParseError" in caveats


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (ev.RunStopped(), "A person stopped the run"),
        (ev.RunFailed(message="the key is gone"), "The run failed: the key is gone"),
    ],
)
@pytest.mark.parametrize("reached", ["bootstrap", "propose", "search"])
def test_a_run_that_was_cut_short_is_told_as_far_as_it_came(config, reached, end, words):
    found = told(config, [*run_log.events(PLAN, reached), end])
    assert words in found["What was tried"]
    assert found["How sure it is"]


def test_a_run_that_failed_before_it_began_says_why(config):
    found = told(config, [ev.RunFailed(message="no such program")])
    assert found["What was tried"] == "The run failed: no such program"
    assert "was not measured" in found["How sure it is"]
    assert told(config, [])["What was tried"] == "Nothing has run yet."


def test_a_run_without_a_better_candidate_says_so(config):
    state = run_log.state_of(LOG)
    log = [*LOG[:-1], ev.RunFinished(best=state.baseline)]
    assert "No candidate was found that is better" in told(config, log)["How sure it is"]
