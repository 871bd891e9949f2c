import pytest

from core.lm.usage import Usage, UsageShares
from core.results.money import money
from core.results.run_results import run_results
from core.runs import events as ev
from core.runs.snapshot import Reserved, RunSummary, Snapshot
from core.storage.memory import MemoryStore
from tests import run_log

SPENT = Usage(calls=1, input_tokens=300, output_tokens=40, cost_usd=0.002)


@pytest.fixture
def config():
    return run_log.iris_config(MemoryStore(), run_log.Plan())


def results_of(config, *, task=SPENT, prompt=SPENT, ended=False):
    """A run with ten calls to the task model and two to the prompt model."""
    log = [
        ev.RunStarted(worker="w", predictors=run_log.Plan().predictors, train=40, val=40, test=20),
        *(
            ev.TraceBootstrapped(
                example=str(row), attempt=0, score=1.0, accepted=True, seconds=1, usage=task
            )
            for row in range(10)
        ),
        ev.DatasetSummarised(text="short", seconds=1, usage=prompt),
        ev.ProgramDescribed(text="answers", seconds=1, usage=prompt),
        *([ev.RunStopped()] if ended else []),
    ]
    return run_results(run_log.state_of(log), config)


def snapshot(**changes):
    known = {"remaining_calls": 100, "remaining_prompt_calls": 4}
    known["reserved"] = Reserved(task=8, prompt=1)
    return Snapshot(seq=1, summary=RunSummary(status="running"), **{**known, **changes})


def test_what_is_spent_in_flight_and_to_come_stands_for_each_model_and_both(config):
    found = money(results_of(config), snapshot())
    task, prompt, total = found.task, found.prompt, found.total
    assert (task.calls, task.reserved, task.remaining, task.projected_calls) == (10, 8, 96, 106)
    assert (prompt.calls, prompt.reserved, prompt.remaining, prompt.projected_calls) == (2, 1, 4, 6)
    assert (total.calls, total.reserved, total.projected_calls) == (12, 9, 112)
    assert (task.input_tokens, task.output_tokens) == (3000, 400)
    assert task.cost_usd == pytest.approx(0.02)
    assert task.reserved_usd == pytest.approx(0.016)
    assert task.projected_usd == pytest.approx(0.02 + 96 * 0.002)
    assert total.projected_usd == pytest.approx(112 * 0.002)


def test_an_unknown_price_stays_unknown_and_makes_the_sum_unknown(config):
    unpriced = SPENT.model_copy(update={"priced": False, "cost_usd": 0.0})
    found = money(results_of(config, task=unpriced), snapshot())
    assert found.task.cost_usd is found.task.projected_usd is found.task.reserved_usd is None
    assert found.prompt.cost_usd == pytest.approx(0.004)
    assert found.total.cost_usd is found.total.projected_usd is None


def test_a_free_model_costs_nothing_and_that_is_known(config):
    free = SPENT.model_copy(update={"cost_usd": 0.0})
    found = money(results_of(config, task=free, prompt=free), snapshot())
    assert (found.total.cost_usd, found.total.projected_usd) == (0.0, 0.0)


def test_a_model_that_was_not_called_yet_has_no_projected_cost(config):
    found = money(results_of(config, prompt=Usage()), snapshot())
    assert (found.prompt.cost_usd, found.prompt.projected_usd) == (0.0, None)
    assert money(results_of(config, prompt=Usage()), snapshot(reserved=Reserved())) is not None


def test_the_cap_leaves_what_is_neither_made_nor_in_flight(config):
    capped = config.model_copy(update={"max_calls": 50})
    found = money(results_of(capped), snapshot())
    assert (found.cap, found.left, found.passes_cap) == (50, 50 - 12 - 9, True)
    roomy = money(results_of(config.model_copy(update={"max_calls": 500})), snapshot())
    assert roomy.passes_cap is False
    uncapped = money(results_of(config), snapshot())
    assert (uncapped.cap, uncapped.left, uncapped.passes_cap) == (None, None, None)


def test_nothing_is_projected_before_the_worker_has_said_what_is_left(config):
    found = money(results_of(config), None)
    assert found.total.calls == 12
    assert found.total.projected_calls is found.total.projected_usd is None


def test_a_run_that_ended_costs_what_it_cost(config):
    found = money(results_of(config, ended=True), snapshot())
    assert (found.total.reserved, found.total.remaining) == (0, 0)
    assert found.total.projected_calls == found.total.calls == 12
    assert found.total.projected_usd == found.total.cost_usd


def test_a_judge_stands_apart_with_its_own_price_and_its_share_of_what_is_to_come(config):
    unpriced = Usage(calls=1, input_tokens=900, output_tokens=10, priced=False)
    shares = UsageShares(program=SPENT, judge=unpriced)
    answers = [
        ev.TraceBootstrapped(
            example=str(row), attempt=0, score=1.0, accepted=True, seconds=1,
            usage=SPENT + unpriced, shares=shares,
        )
        for row in range(10)
    ]  # fmt: skip
    started = ev.RunStarted(worker="w", predictors=(), train=40, val=40, test=20)
    results = run_results(run_log.state_of([started, *answers]), config)
    left = {"remaining_calls": 104, "remaining_judge_calls": 50}
    found = money(results, snapshot(reserved=Reserved(task=8, prompt=1, judge=4), **left))
    assert list(found.rows) == ["Task model", "Prompt model", "Judge", "All"]
    assert (found.task.calls, found.judge.calls, found.total.calls) == (10, 10, 20)
    assert (found.task.reserved, found.judge.reserved) == (4, 4)
    assert (found.task.remaining, found.judge.remaining) == (50, 50)
    assert found.task.cost_usd == pytest.approx(0.02)
    assert found.judge.cost_usd is found.total.cost_usd is None
    assert money(results_of(config), snapshot()).judge is None
