import pytest

from core.lm.outage import ATTEMPTS
from core.optimizers.actions import (
    Bootstrap,
    DescribePredictor,
    DescribeProgram,
    Observe,
    Plan,
    Propose,
    Score,
    Slots,
    Summarise,
)
from core.optimizers.preparing import Preparing
from core.programs.candidate import NO_DEMOS
from core.proposal.grounding import TIPS
from core.runs import events as ev
from core.search.budget import wanted_traces
from tests.known_optimum import WEATHER, Fold, made_up_config, made_up_task


class PreparingAlone:
    """A policy that only prepares."""

    def __init__(self, task, config):
        self.preparing = Preparing(task, config)

    def next_actions(self, state, slots):
        if not state.instructions:
            return Plan(events=self.preparing.first_events())
        plan = self.preparing.plan(state, slots)
        if any(getattr(event, "phase", None) == "search" for event in plan.events):
            plan.events.append(ev.RunStopped())
        return plan

    def closing_actions(self, state):
        return []


def started(config=None, **settings):
    task, config = made_up_task(), config or made_up_config()
    run = Fold(policy=PreparingAlone(task, config), task=task, **settings)
    run.append([run._started()])
    run._dispatch()
    return run


def prepared(task=None, config=None, **settings):
    task, config = task or made_up_task(), config or made_up_config()
    run = Fold(policy=PreparingAlone(task, config), task=task, **settings)
    run.run()
    assert run.state.status == "stopped"
    return run


def kinds(run, kind):
    return [action for action in run.asked if isinstance(action, kind)]


def weather_for(kind, **fields):
    def fault(action):
        hit = isinstance(action, kind)
        hit = hit and all(getattr(action, name) == value for name, value in fields.items())
        return WEATHER if hit else None

    return fault


# What is there in the end


def test_index_0_is_the_programs_own_instruction_and_the_empty_demo_set():
    run = prepared()
    for info in run.task.predictors:
        first = next(iter(run.state.instructions[info.name].values()))
        assert (first.text, first.number) == (info.instruction, 0)
        assert next(iter(run.state.demo_sets[info.name])) == NO_DEMOS


def test_every_predictor_gets_as_many_instructions_and_demo_sets_as_the_budget_says():
    run = prepared(config=made_up_config(instructions=5, demo_sets=6))
    assert [len(own) for own in run.state.instructions.values()] == [5, 5]
    assert [len(own) for own in run.state.demo_sets.values()] == [6, 6]


def test_proposals_are_asked_for_all_but_the_first_instruction():
    asked = kinds(prepared(config=made_up_config(instructions=5)), Propose)
    assert [(a.predictor, a.index) for a in asked] == [
        (name, index) for name in ("part0", "part1") for index in range(1, 5)
    ]


def test_data_program_and_predictors_are_described_once_however_many_proposals_there_are():
    run = prepared(config=made_up_config(instructions=9), concurrency=8)
    assert len(kinds(run, DescribeProgram)) == 1
    assert [a.predictor for a in kinds(run, DescribePredictor)] == ["part0", "part1"]
    assert len(kinds(run, Summarise)) == 1
    assert [a.batch for a in kinds(run, Observe)] == [0, 1, 2]


def test_every_proposal_has_one_of_the_tips_and_they_vary():
    tips = [a.tip for a in kinds(prepared(config=made_up_config(instructions=12)), Propose)]
    assert set(tips) <= set(TIPS)
    assert len(set(tips)) > 3


def test_every_proposal_is_shown_another_demo_set_of_its_predictor():
    run = prepared(config=made_up_config(instructions=4, demo_sets=4))
    for name, sets in run.state.demo_sets.items():
        shown = [a.demo_set for a in kinds(run, Propose) if a.predictor == name]
        assert shown == [each for each in sets if each != NO_DEMOS]


def test_without_demo_sets_proposals_are_shown_none():
    run = prepared(config=made_up_config(demo_sets=1))
    assert {a.demo_set for a in kinds(run, Propose)} == {None}


def test_labelled_demos_are_made_only_where_they_render():
    run = prepared()
    sources = {
        name: [each.source for each in sets.values()] for name, sets in run.state.demo_sets.items()
    }
    assert sources["part0"][:2] == ["none", "labelled"]
    assert "labelled" not in sources["part1"]


# The teacher


def test_the_teacher_stops_when_enough_traces_are_accepted():
    task, config = made_up_task(train=100), made_up_config(demo_sets=3)
    run = prepared(task, config)
    accepted = sum(trace.accepted for trace in run.state.traces.values())
    assert accepted == wanted_traces(config.budget) == 8
    assert len(kinds(run, Bootstrap)) < 100


def test_the_teacher_runs_on_each_example_once_at_most():
    asked = kinds(prepared(concurrency=16), Bootstrap)
    assert len({a.example for a in asked}) == len(asked)


def test_another_seed_shows_the_teacher_other_examples_first():
    first = [
        [a.example for a in kinds(prepared(config=made_up_config(seed=seed)), Bootstrap)][:5]
        for seed in (0, 0, 9)
    ]
    assert first[0] == first[1] != first[2]


def test_without_demo_sets_the_proposer_still_gets_a_few_traces():
    run = prepared(config=made_up_config(demo_sets=1))
    assert sum(trace.accepted for trace in run.state.traces.values()) == 6


def test_nothing_at_all_is_asked_when_there_is_nothing_to_search():
    run = prepared(config=made_up_config(instructions=1, demo_sets=1))
    assert run.asked == []


# Order and overlap


def test_teacher_summary_and_program_description_are_under_way_together():
    run = started(concurrency=6)
    assert {type(action) for action in run.asked} == {Observe, DescribeProgram, Bootstrap}


def test_the_first_batch_is_seen_before_the_others_are_asked_about():
    run = started(concurrency=64)
    assert [a.batch for a in kinds(run, Observe)] == [0]
    while not run.state.observations:
        run._finish_one()
    run._dispatch()
    assert [a.batch for a in kinds(run, Observe)] == [0, 1, 2]


def test_proposals_wait_for_summary_descriptions_and_demo_sets():
    run = prepared(concurrency=64)
    seen = [type(event).__name__ for event in run.events]
    first_proposal = next(
        place
        for place, event in enumerate(run.events)
        if isinstance(event, ev.InstructionProposed) and event.index > 0
    )
    for needed in ("DatasetSummarised", "ProgramDescribed", "PredictorDescribed"):
        assert seen.index(needed) < first_proposal
    assert max(p for p, name in enumerate(seen) if name == "DemoSetBuilt") < first_proposal


def test_all_proposals_are_in_flight_together():
    run = started(config=made_up_config(instructions=9), concurrency=64)
    while not kinds(run, Propose):
        run._finish_one()
        run._dispatch()
    assert len([key for key in run._busy if key.startswith("propose")]) == 16


# Failures


def test_a_failed_teacher_run_is_tried_again_with_its_attempt_counted():
    task, config = made_up_task(), made_up_config()
    bad = Preparing(task, config)._teacher_examples[0]
    run = prepared(task, config, faults=weather_for(Bootstrap, example=bad))
    assert [a.attempt for a in kinds(run, Bootstrap) if a.example == bad] == [0, 1, 2]


def test_a_rejected_trace_is_not_tried_again():
    run = prepared()
    rejected = [key for key, trace in run.state.traces.items() if not trace.accepted]
    assert rejected
    tried = [a.example for a in kinds(run, Bootstrap)]
    assert all(tried.count(example) == 1 for example in rejected)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (DescribeProgram, {}),
        (DescribePredictor, {"predictor": "part1"}),
        (Summarise, {}),
        (Observe, {"batch": 0}),
        (Observe, {"batch": 2}),
        (Propose, {"predictor": "part0", "index": 2}),
    ],
)
@pytest.mark.parametrize("concurrency", [1, 16])
def test_a_call_that_fails_three_times_is_left_out_and_the_rest_goes_on(kind, fields, concurrency):
    run = prepared(faults=weather_for(kind, **fields), concurrency=concurrency)
    failed = [a for a in kinds(run, kind) if weather_for(kind, **fields)(a)]
    assert len(failed) == ATTEMPTS
    assert run.state.prompt_failures == {failed[0].key: ATTEMPTS}
    assert [where for _, where, _ in run.state.failures] == [failed[0].key] * ATTEMPTS
    others = 6 if kind is not Propose else 5
    assert sum(len(own) - 1 for own in run.state.instructions.values()) == others


def test_when_no_batch_could_be_observed_no_summary_is_asked_for():
    run = prepared(faults=weather_for(Observe))
    assert len(kinds(run, Observe)) == 3 * ATTEMPTS
    assert kinds(run, Summarise) == []
    assert run.state.dataset_summary is None


def test_a_predictor_is_described_even_when_the_program_could_not_be():
    run = prepared(faults=weather_for(DescribeProgram))
    assert set(run.state.predictor_descriptions) == {"part0", "part1"}


def test_preparing_has_nothing_to_say_about_the_search():
    run = prepared()
    plan = Preparing(run.task, made_up_config()).plan(
        run.state, Slots(free=4, busy=set(), calls_left=None)
    )
    assert (plan.events, plan.actions) == ([], [])
    assert kinds(run, Score) == []
