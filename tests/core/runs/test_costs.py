"""What a run of one candidate costs beside those of others."""

import pytest

from core.lm.usage import Usage
from core.programs.candidate import NO_DEMOS, Candidate, Choice, instruction_id
from core.programs.predictors import PredictorInfo, SignatureField
from core.runs import events as ev
from core.runs.choices import search_space
from core.runs.costs import PER_FIELD, REST, run_cost, text_tokens
from core.runs.state import RunState
from core.runs.store import Record
from tests.scored_example import scored_example

OWN, LONG = "x" * 40, "y" * 4_000
DEMO = {"question": "q" * 400, "answer": "a" * 40}
INFO = PredictorInfo(
    name="answer",
    instruction=OWN,
    inputs=(SignatureField(name="question", description=""),),
    outputs=(SignatureField(name="answer", description=""),),
)


def state_of(*texts, demos=(), results=0, tokens=0):
    events = [ev.RunStarted(worker="w", predictors=(INFO,), train=1, val=9, test=1)]
    events += [
        ev.InstructionProposed(predictor="answer", index=at, id=instruction_id(text), text=text)
        for at, text in enumerate((OWN, *texts))
    ]
    events.append(ev.DemoSetBuilt(predictor="answer", id=NO_DEMOS, demos=(), source="none"))
    if demos:
        events.append(ev.DemoSetBuilt(predictor="answer", id="d", demos=demos, source="labelled"))
    choice = Choice(instruction=instruction_id(OWN), demo_set=NO_DEMOS)
    baseline = Candidate(choices={"answer": choice})
    rows = tuple(map(str, range(9)))
    events.append(ev.TrialStarted(number=0, purpose="baseline", candidate=baseline, examples=rows))
    usage = Usage(calls=1, input_tokens=tokens // 2, output_tokens=tokens // 2)
    events += [scored_example(0, baseline.id, row, 1.0, usage=usage) for row in rows[:results]]
    return RunState().fold(Record(seq, event) for seq, event in enumerate(events, start=1))


def cost_in(state):
    return run_cost(state, text_tokens(state, search_space(state)))


def test_candidates_that_hardly_differ_all_cost_one():
    cost = cost_in(state_of("z" * 60, results=9, tokens=500))
    assert (cost((0, 0)), cost((1, 0))) == (1.0, 1.0)


def test_the_baseline_costs_one_and_longer_prompts_cost_as_much_more_as_they_are_longer():
    cost = cost_in(state_of(LONG, results=9, tokens=500))
    assert cost((0, 0)) == 1.0
    assert cost((1, 0)) == pytest.approx((500 + (4_000 - 40) / 4) / 500)


def test_demos_cost_their_values_and_what_stands_around_them():
    cost = cost_in(state_of(demos=(DEMO, DEMO), results=9, tokens=500))
    assert cost((0, 1)) == pytest.approx((500 + 2 * (440 / 4 + 2 * PER_FIELD)) / 500)


@pytest.mark.parametrize(("results", "tokens"), [(0, 0), (4, 5_000), (9, 0)])
def test_without_enough_results_that_tell_their_tokens_a_usual_prompt_is_assumed(results, tokens):
    cost = cost_in(state_of(LONG, results=results, tokens=tokens))
    assert cost((1, 0)) == pytest.approx((REST + 1_000) / (REST + 10))
