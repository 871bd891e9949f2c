import re

import numpy as np
import pytest

from core.comparison.entrants import Entrant, extract, line_up, shared_counts
from core.data.dataset import FieldMapping
from core.errors import ConfigError
from core.lm.connection import LMConfig
from core.lm.usage import Usage
from core.optimizers.trials import trial_started
from core.runs import events as ev
from core.runs.branching import branch
from core.runs.choices import open_choices, search_space
from core.runs.decisions import AnswerRated
from core.storage.memory import MemoryStore
from tests.scored_run import scored_run, scores, state_of


def lined_up(store, chosen, part="validation"):
    """Chosen: (run, candidate) pairs."""
    runs = {run: [one for other, one in chosen if other == run] for run, _ in chosen}
    extracts = {
        run: extract(store.run(run), state_of(store, run), own) for run, own in runs.items()
    }
    return line_up([Entrant(run_id=a, candidate=b) for a, b in chosen], extracts, part)


def test_examples_that_anyone_ran_are_rows_in_the_order_of_the_dataset():
    store = MemoryStore()
    run, (one, two) = scored_run(store, [{"10": 1.0, "2": 0.5}, {"2": None, "30": 0.0}])

    found = lined_up(store, [(run, one), (run, two)])

    assert found.labels == ("C0", "C1")
    assert found.examples == ("2", "10", "30")
    np.testing.assert_array_equal(found.scores, [[0.5, np.nan], [1.0, np.nan], [np.nan, 0.0]])
    assert found.failures.tolist() == [
        [None, "AdapterParseError: no field `answer`"],
        [None, None],
        [None, None],
    ]
    assert found.shared.tolist() == [False, False, False]


def test_candidates_of_several_runs_on_the_same_data_stand_side_by_side():
    store = MemoryStore()
    first, (one, *_) = scored_run(store, [scores([1, 0, 1])], name="Monday")
    second, (_, other) = scored_run(store, [scores([0]), scores([1, 1], 1)], name="Tuesday")

    found = lined_up(store, [(first, one), (second, other)])

    assert found.labels == ("Monday: C0", "Tuesday: C1")
    assert found.shared.tolist() == [False, True, True]
    assert found.looked_at == 3


def test_what_a_branch_took_over_is_counted_once():
    store = MemoryStore()
    run, own = scored_run(store, [scores([1, 0]), scores([1, 1]), scores([0, 1])])
    branched = branch(store, run, by="Ada")
    again = branch(store, branched, by="Ada")
    more = trial_started(state_of(store, again), "minibatch", fresh(store, again), ("0",))
    result = {"candidate": more.candidate.id, "example": "0", "score": 1.0, "usage": Usage()}
    scored = ev.ExampleScored(trial=more.number, attempt=0, seconds=0.1, **result)
    store.append(again, [more, scored])

    assert lined_up(store, [(run, own[0]), (branched, own[1])]).looked_at == 3
    assert lined_up(store, [(branched, own[0]), (again, own[1])]).looked_at == 4
    assert lined_up(store, [(run, own[0]), (run, own[1])]).looked_at == 3


def fresh(store, run):
    """A candidate of what the run has that nobody has tried."""
    state = state_of(store, run)
    space = search_space(state)
    choices = open_choices(state, space)
    found = (space.candidate(levels) for levels in choices.every())
    return next(each for each in found if each.id not in state.candidates)


def test_the_same_program_under_two_models_is_told_apart_by_the_model():
    store = MemoryStore()
    first, (one,) = scored_run(store, [scores([1])], name="Run")
    second, (other,) = scored_run(
        store, [scores([1])], name="Run", task_model=LMConfig(model="gpt-x")
    )

    found = lined_up(store, [(first, one), (second, other)])

    assert found.labels == ("Run: C0 (offline)", "Run: C0 (gpt-x)")


def test_runs_of_one_name_are_told_apart_by_their_ids():
    store = MemoryStore()
    runs = [scored_run(store, [scores([1])], name="Run") for _ in range(2)]

    found = lined_up(store, [(run, own[0]) for run, own in runs])

    assert found.labels == tuple(f"Run: C0, run {run[:6]}" for run, _ in runs)
    assert len(set(found.labels)) == 2


def test_held_out_examples_are_a_part_of_their_own():
    store = MemoryStore()
    run, (one, two) = scored_run(
        store, [scores([1, 1]), scores([0, 1])], [scores([1], 100), scores([0], 100)]
    )
    entrants = [(run, one), (run, two)]
    extracts = {run: extract(store.run(run), state_of(store, run), [one, two])}

    assert lined_up(store, entrants, "test").examples == ("100",)
    assert shared_counts(
        [Entrant(run_id=run, candidate=each) for each in (one, two)], extracts
    ) == {
        "validation": 2,
        "test": 1,
    }


DIFFERENT = {
    "dataset": ({"dataset_name": "other.csv", "dataset": "0123"}, "their datasets differ ('Iris"),
    "mapping": (
        {"mapping": FieldMapping(inputs={"sepal_length": "sepal_length"},
                                 outputs={"answer": "answer"})},
        "differently, first in the field 'petal_length'",
    ),
    "metric": ({"metric": "contains"}, "their metrics differ (exact_match, contains)"),
    "settings of the metric": (
        {"metric_parameters": {"ignore_case": False}},
        "the metric exact_match is set differently in the two",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "said"), DIFFERENT.values(), ids=DIFFERENT)
def test_runs_that_measure_something_else_are_refused_in_words(changes, said):
    store = MemoryStore()
    first, own = scored_run(store, [scores([1])], name="One", dataset_name="Iris")
    second, theirs = scored_run(store, [scores([1])], name="Two", dataset_name="Iris")
    extracts = {
        run: extract(store.run(run), state_of(store, run), known)
        for run, known in ((first, own), (second, theirs))
    }
    config = extracts[second].config.model_copy(update=changes)
    object.__setattr__(extracts[second], "config", config)
    entrants = [
        Entrant(run_id=first, candidate=own[0]),
        Entrant(run_id=second, candidate=theirs[0]),
    ]

    with pytest.raises(ConfigError, match=re.escape(said)):
        line_up(entrants, extracts, "validation")


@pytest.mark.parametrize("count", [1, 5])
def test_two_to_four_candidates_are_compared(count):
    store = MemoryStore()
    run, own = scored_run(store, [scores([1])] * 5)

    with pytest.raises(ConfigError, match=f"Choose 2 to 4 candidates to compare, not {count}"):
        lined_up(store, [(run, each) for each in own[:count]])


def test_a_candidate_is_not_compared_with_itself():
    store = MemoryStore()
    run, own = scored_run(store, [scores([1])])

    with pytest.raises(ConfigError, match="chosen twice"):
        lined_up(store, [(run, own[0]), (run, own[0])])


def test_a_candidate_that_was_never_tried_is_refused_by_name():
    store = MemoryStore()
    run, _ = scored_run(store, [scores([1])])

    with pytest.raises(ConfigError, match="has no candidate 'nobody'"):
        extract(store.run(run), state_of(store, run), ["nobody"])


def test_an_extract_does_not_grow_with_the_state():
    store = MemoryStore()
    run, (one, *_) = scored_run(store, [scores([1, 0])])
    state = state_of(store, run)
    taken = extract(store.run(run), state, [one])

    state.results[one].clear()
    state.spent[one].add(state.spent[one].usage, 9.0)

    assert len(taken.candidates[one].results["validation"]) == 2
    assert taken.candidates[one].spent.runs == 2


def test_what_several_people_think_of_an_answer_is_kept_side_by_side():
    store = MemoryStore()
    run, (one, two) = scored_run(store, [scores([1]), scores([0])])
    same = {"candidate": one, "example": "0", "part": "validation"}
    store.append(
        run,
        [AnswerRated(by="ada", thumbs="up", **same), AnswerRated(by="bob", score=0.5, **same)],
    )

    found = lined_up(store, [(run, one), (run, two)])

    (ratings, nothing) = (each.ratings["validation"] for each in found.candidates)
    assert [(each.by, each.thumbs, each.score) for each in ratings["0"]] == [
        ("ada", "up", None),
        ("bob", None, 0.5),
    ]
    assert nothing == {}
