import optuna
import pytest

from core.errors import ConfigError, RunNotFound, StoreError
from core.lm.connection import LMConfig
from core.lm.usage import Usage
from core.optimizers.family import build
from core.programs.candidate import NO_DEMOS, ChoiceRef
from core.runs import branching
from core.runs import decisions as de
from core.runs import events as ev
from core.runs.branching import LEFT_BEHIND, branch
from core.runs.scores import val_scores
from core.runs.state import RunState
from core.search.budget import Budget
from core.search.family import FAMILY
from core.storage.location import open_store
from core.storage.memory import MemoryStore
from tests.every_decision import EVERY_DECISION
from tests.known_optimum import Fold, made_up_config, made_up_task
from tests.run_log import iris_config, iris_run, replay

BUDGET = Budget(instructions=3, demo_sets=3, trials=5, val_cap=47)
MODEL = LMConfig(model="openai/other", api_key_env="STUDIO_OTHER_KEY")


@pytest.fixture(autouse=True)
def _quiet():
    optuna.logging.set_verbosity(optuna.logging.WARNING)


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def parent(store):
    return iris_run(store, failing=0.1)[0]


def facts(state):
    """What a state knows of a run's work, apart from its cost and course."""
    return {
        "predictors": state.predictors,
        "sizes": state.sizes,
        "instructions": {
            name: [(each.id, each.number, each.text) for each in own.values()]
            for name, own in state.instructions.items()
        },
        "demo_sets": {name: list(own) for name, own in state.demo_sets.items()},
        "proposed": state.proposed,
        "summaries": (state.dataset_summary, state.program_description),
        "trials": [(each.number, each.candidate, each.mean) for each in state.trials.values()],
        "open": list(state.open_trials),
        "results": state.results,
        "test": state.test_results,
        "fully": state.fully_evaluated,
        "baseline": state.baseline,
    }


def kinds(store, run_id):
    return [record.event.kind for record in store.since(run_id, 0)]


# What is carried over


def test_a_branch_knows_all_that_its_run_found_and_has_paid_nothing(store, parent):
    new = branch(store, parent, by="anna")
    before, after = replay(store, parent), replay(store, new)
    assert facts(after) == facts(before)
    assert (after.branched_from, after.status, after.best) == (parent, "queued", None)
    assert (before.usage.calls > 0, after.usage) == (True, Usage())
    assert after.task_seconds == before.task_seconds


def test_the_first_event_says_where_a_branch_comes_from(store, parent):
    last = store.run(parent).seq
    (first, *_) = (record.event for record in store.since(branch(store, parent, by="anna"), 0))
    assert (first.kind, first.parent, first.seq, first.by) == ("run_branched", parent, last, "anna")


def test_how_a_run_was_started_and_ended_stays_with_it(store, parent):
    store.append(parent, EVERY_DECISION)
    new = branch(store, parent, by="anna")
    left = {kind.model_fields["kind"].default for kind in LEFT_BEHIND} - {"run_branched"}
    assert not left & set(kinds(store, new))
    phases = [r.event.phase for r in store.since(new, 0) if r.event.kind == "phase_changed"]
    assert phases == ["bootstrap"]


def test_decisions_come_along_with_who_and_when(store, parent):
    store.append(parent, EVERY_DECISION)
    before = replay(store, parent).steering
    after = replay(store, branch(store, parent, by="anna")).steering
    kept = [each for _, each in before.decisions if not isinstance(each, LEFT_BEHIND)]
    assert [each for _, each in after.decisions] == kept
    assert len(kept) > 12
    assert (after.banned, after.queue, after.locks) == (before.banned, before.queue, before.locks)
    assert after.requests == before.requests


def test_the_long_texts_behind_the_events_come_along(store, parent):
    new = branch(store, parent, by="anna")
    name = next(iter(replay(store, parent).instructions))
    before, after = replay(store, parent), replay(store, new)
    keys = [f"eval/{each}/{row}" for each, own in before.results.items() for row in own]
    keys += [f"bootstrap/{row}" for row in before.traces]
    assert store.traces(new, keys) == store.traces(parent, keys)
    assert len(store.traces(new, keys)) > 50
    for old, own in zip(
        before.instructions[name].values(), after.instructions[name].values(), strict=True
    ):
        if old.trace:
            assert own.trace == f"carried/{parent}/{old.trace}"
            assert (
                store.traces(new, [own.trace])[own.trace]
                == (store.traces(parent, [old.trace])[old.trace])
            )


def test_a_branch_of_a_branch_has_the_texts_of_both_runs_apart(store, parent):
    child = branch(store, parent, by="anna")
    name = replay(store, child).predictors[0].name
    proposed = ev.InstructionProposed(
        predictor=name, index=1, id="i99", text="New.", trace=f"proposal/{name}/1"
    )
    store.append(child, [proposed], {f"proposal/{name}/1": '"of the child"'})
    grandchild = branch(store, child, by="anna")
    state = replay(store, grandchild)
    assert state.branched_from == child
    own = state.instructions[name]["i99"].trace
    assert own == f"carried/{child}/proposal/{name}/1"
    older = f"carried/{parent}/proposal/{name}/1"
    texts = store.traces(grandchild, [own, older])
    assert texts[own] == '"of the child"'
    assert texts[older] == store.traces(parent, [f"proposal/{name}/1"])[f"proposal/{name}/1"]


def test_the_run_itself_is_left_as_it_was(store, parent):
    before = store.since(parent, 0)
    branch(store, parent, by="anna", name="Other")
    assert store.since(parent, 0) == before


# At any point


def test_a_branch_can_begin_after_every_event(store, parent):
    store.append(parent, [de.NoteAdded(by="anna", text="Here.")])
    records, before = store.since(parent, 0), RunState()
    for last in range(len(records) + 1):
        before.fold(records[:last][-1:])
        after = replay(store, new := branch(store, parent, by="anna", upto=last))
        assert (after.usage, after.status) == (Usage(), "queued")
        if after.baseline or last > 30:
            assert facts(after) == facts(before)
        assert not after.instructions or after.phase == "bootstrap"
        store.delete(new)


@pytest.mark.parametrize("upto", [-1, 10_000])
def test_a_branch_cannot_begin_where_nothing_is(store, parent, upto):
    with pytest.raises(ConfigError, match=f"can be branched after event 0 to .* not {upto}"):
        branch(store, parent, by="anna", upto=upto)


def test_what_a_run_begins_with_is_taken_over_whole_or_not_at_all(store):
    task = made_up_task()
    events = Fold(policy=build(task, made_up_config()), task=task)
    events.run()
    run_id = store.create(made_up_config())
    store.append(run_id, events.events)
    seen = set()
    for last in range(10):
        state = replay(store, branch(store, run_id, by="anna", upto=last))
        seen.add((len(state.instructions), len(state.demo_sets)))
    assert seen == {(0, 0), (2, 2)}


def test_there_is_no_branch_of_a_run_that_is_not_there(store):
    with pytest.raises(RunNotFound):
        branch(store, "missing", by="anna")


def test_a_branch_that_could_not_be_written_is_taken_away(parent):
    class Full(MemoryStore):
        def append(self, run_id, events, traces=None):
            if traces is not None and run_id != first:
                raise StoreError("the disk is full")
            return super().append(run_id, events, traces)

    first = None
    store = Full()
    first = store.create(iris_config(store))
    source = MemoryStore()
    run_id, *_ = iris_run(source)
    store.append(first, [record.event for record in source.since(run_id, 0)])
    with pytest.raises(StoreError, match="disk is full"):
        branch(store, first, by="anna")
    assert [run.id for run in store.runs()] == [first]


@pytest.mark.parametrize(
    ("changes", "approved"), [({}, True), ({"review": True}, False), ({"review": False}, True)]
)
def test_a_branch_waits_for_a_review_of_its_own_only_when_somebody_asks(store, changes, approved):
    first = store.create(iris_config(store, review=True))
    copied = [each.event for each in store.since(iris_run(store)[0], 0)]
    store.append(first, [*copied, de.ReviewApproved(by="Ada")])
    new = branch(store, first, by="anna", **changes)
    assert replay(store, new).steering.review_approved == approved
    assert store.run(new).config.review == changes.get("review", True)


# Settings


def test_a_branch_has_its_own_name_and_the_other_settings_of_its_run(store, parent):
    origin = store.run(parent).config
    config = store.run(branch(store, parent, by="anna")).config
    assert config == origin.model_copy(update={"name": f"{origin.name} (branch)"})


def test_what_may_differ_can_be_changed(store, parent):
    origin = store.run(parent).config
    budget = origin.budget.model_copy(update={"trials": 99})
    changes = {
        "name": "Other",
        "optimizer": "mipro_tpe",
        "budget": budget,
        "concurrency": 3,
        "max_calls": 500,
        "prompt_model": MODEL,
        "review": True,
    }
    config = store.run(branch(store, parent, by="anna", **changes)).config
    assert {name: getattr(config, name) for name in changes} == changes


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("program", "rag"),
        ("dataset", "0" * 16),
        ("metric", "token_f1"),
        ("threshold", 0.5),
        ("task_model", MODEL),
        ("seed", 7),
        ("passages", "0" * 16),
        ("locks", {"classify": ("Given",)}),
        ("split", {"seed": 7}),
        ("proposer_temperature", 1.1),
    ],
)
def test_what_results_depend_on_cannot_differ(store, parent, name, value):
    count = len(store.runs())
    with pytest.raises(ConfigError, match=f"keeps the setting {name!r}"):
        branch(store, parent, by="anna", **{name: value})
    assert len(store.runs()) == count


def test_a_setting_given_as_it_is_is_no_change(store, parent):
    origin = store.run(parent).config
    assert store.run(branch(store, parent, by="anna", **dict(origin))).config == origin


def test_an_unknown_setting_is_an_error_that_names_it(store, parent):
    with pytest.raises(ConfigError, match="no setting 'trials'"):
        branch(store, parent, by="anna", trials=9)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"optimizer": "magic"}, "optimizer"),
        ({"concurrency": 0}, "concurrency"),
        ({"budget": BUDGET.model_copy(update={"trials": 40_000})}, "budget.trials"),
    ],
)
def test_an_impossible_value_is_an_error_that_says_where(store, parent, changes, where):
    with pytest.raises(ConfigError, match=f"the branch's {where}: "):
        branch(store, parent, by="anna", **changes)


def test_the_validation_examples_stay_the_same_whatever_the_budget(store, parent):
    cap = store.run(parent).config.budget.val_cap
    assert cap != BUDGET.val_cap
    assert store.run(branch(store, parent, by="anna", budget=BUDGET)).config.budget == (
        BUDGET.model_copy(update={"val_cap": cap})
    )


def test_bounds_that_people_have_changed_are_those_of_the_branch(store, parent):
    store.append(parent, [de.BudgetChanged(by="ben", trials=44, concurrency=5, max_calls=800)])
    last = store.run(parent).seq
    store.append(parent, [de.BudgetChanged(by="ben", uncapped=True)])
    config = store.run(branch(store, parent, by="anna", upto=last)).config
    assert (config.budget.trials, config.concurrency, config.max_calls) == (44, 5, 800)
    assert store.run(branch(store, parent, by="anna")).config.max_calls is None


# What was asked for in vain


def test_a_proposer_that_stays_has_used_its_attempts_up_and_another_begins_afresh(store, parent):
    failure = ev.Failure(kind="ValueError", message="no list")
    failed = ev.PromptCallFailed(
        task="propose answer 1", failure=failure, seconds=1.0, usage=Usage(calls=1)
    )
    refused = ev.ProposalRefused(
        task="propose answer 1",
        predictor="answer",
        text="No.",
        reason="Locked text is missing.",
        trace="proposal/answer/1/refused/0",
        seconds=1.0,
        usage=Usage(calls=1),
    )
    store.append(parent, [failed, refused], {"proposal/answer/1/refused/0": '"No."'})
    same = replay(store, branch(store, parent, by="anna"))
    assert same.prompt_failures["propose answer 1"] == 2
    other = branch(store, parent, by="anna", prompt_model=MODEL)
    state = replay(store, other)
    assert "propose answer 1" not in state.prompt_failures
    assert [each.reason for each in state.refused] == ["Locked text is missing."]
    assert store.traces(other, [state.refused[0].trace])


# Going on, on a made-up task


def logged(store, optimizer, cut=None, **numbers):
    """(task, run id, its state) of a run of this optimizer on the made-up task."""
    task, config = made_up_task(), made_up_config(optimizer=optimizer, **numbers)
    run = Fold(policy=build(task, config), task=task, concurrency=4)
    run.run()
    run_id = store.create(config)
    store.append(run_id, run.events[:cut])
    return task, run_id, replay(store, run_id)


def went_on(store, run_id, task):
    """The branch after a run to its end."""
    config = store.run(run_id).config
    run = Fold(policy=build(task, config), task=task, concurrency=4, max_calls=config.max_calls)
    first = [record.event for record in store.since(run_id, 0)]
    run.log.append(first)
    run.state.fold(store.since(run_id, 0))
    run.run()
    return run


@pytest.mark.parametrize("optimizer", list(FAMILY))
def test_a_branch_of_a_finished_run_ends_at_once_with_the_same_best(store, optimizer):
    task, run_id, before = logged(store, optimizer)
    run = went_on(store, branch(store, run_id, by="anna"), task)
    assert (run.state.status, run.state.best) == ("finished", before.best)
    assert run.asked == []
    assert facts(run.state) == facts(before)


@pytest.mark.parametrize("optimizer", list(FAMILY))
def test_a_branch_goes_on_from_every_point_and_repeats_nothing(store, optimizer):
    task, run_id, whole = logged(store, optimizer)
    length = store.run(run_id).seq
    for last in range(0, length, max(1, length // 12)):
        new = branch(store, run_id, by="anna", upto=last)
        known = replay(store, new)
        run = went_on(store, new, task)
        assert run.state.status == "finished"
        paid = {(each, row) for each, own in known.results.items() for row in own}
        assert not paid & set(run.scored)
        assert run.state.usage.calls <= whole.usage.calls
        scores = val_scores(run.state, run.state.baseline)
        assert len(scores) == len(task.val)


OTHERS = ["mipro", "mipro_tpe", "module_opro", "program_opro", "coordinate_opro"]
OTHERS += ["mipro_plus_plus", "zero_shot_mipro_plus_plus", "bootstrap_random_search"]


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("optimizer", ["mipro", "zero_shot_mipro", "module_opro", "program_opro"])
def test_another_optimizer_goes_on_with_what_was_found(store, optimizer, other):
    task, run_id, _ = logged(store, optimizer)
    length = store.run(run_id).seq
    budget = made_up_config(optimizer=other, trials=30).budget
    for last in (length // 4, length // 2, length):
        new = branch(store, run_id, by="anna", upto=last, optimizer=other, budget=budget)
        known = replay(store, new)
        run = went_on(store, new, task)
        assert run.state.status == "finished"
        paid = {(each, row) for each, own in known.results.items() for row in own}
        assert not paid & set(run.scored)
        assert len(set(run.scored)) == len(list(run.scored.elements()))
        traces = [each.trace for own in run.state.instructions.values() for each in own.values()]
        assert len(set(filter(None, traces))) == len(list(filter(None, traces)))


def test_an_optimizer_with_demos_makes_them_in_a_branch_of_one_without(store):
    task, run_id, before = logged(store, "zero_shot_mipro")
    assert all(list(own) == [NO_DEMOS] for own in before.demo_sets.values())
    budget = made_up_config(trials=30).budget
    new = branch(store, run_id, by="anna", optimizer="mipro", budget=budget)
    run = went_on(store, new, task)
    assert all(len(own) > 1 for own in run.state.demo_sets.values())
    assert run.state.dataset_summary == before.dataset_summary
    assert not any("describe" in each.key or "observe" in each.key for each in run.asked)


def test_a_larger_budget_makes_a_branch_of_a_finished_run_search_on(store):
    task, run_id, before = logged(store, "mipro_tpe", trials=6)
    budget = store.run(run_id).config.budget.model_copy(update={"trials": 20, "instructions": 6})
    run = went_on(store, branch(store, run_id, by="anna", budget=budget), task)
    assert len(run.state.trials) > len(before.trials) + 10
    assert all(len(own) == 6 for own in run.state.instructions.values())


def test_what_a_person_rejected_stays_out_of_the_branch(store):
    task, run_id, before = logged(store, "mipro")
    name = task.predictors[0].name
    used = before.candidates[before.best].choices[name].instruction
    ref = ChoiceRef(predictor=name, part="instruction", id=used)
    store.append(run_id, [de.ChoiceRejected(by="ben", choice=ref, reason="No.")])
    run = went_on(store, branch(store, run_id, by="anna"), task)
    assert run.state.steering.is_rejected(ref)
    assert run.state.candidates[run.state.best].choices[name].instruction != used


def test_a_run_in_a_database_is_copied_whole_in_many_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(branching, "AT_ONCE", 100)
    store = open_store(f"sqlite:///{tmp_path / 'runs.db'}")
    run_id = iris_run(store)[0]
    assert store.run(run_id).seq > 200
    new = branch(store, run_id, by="anna")
    before, after = replay(store, run_id), replay(store, new)
    assert facts(after) == facts(before)
    keys = [f"eval/{each}/{row}" for each, own in before.results.items() for row in own]
    assert len(store.traces(new, keys)) == len(set(keys))
