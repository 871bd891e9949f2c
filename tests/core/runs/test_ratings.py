"""What people think of answers: the newest word of each person counts, and no optimizer sees it."""

import pytest
from pydantic import ValidationError

from core.errors import ConfigError
from core.optimizers.family import build
from core.runs import decisions as de
from core.runs.authoring import rated_answer, requested_evaluation
from core.runs.branching import branch
from core.runs.ratings import key_of
from core.runs.state import RunState
from core.runs.store import Record
from core.runs.undo import undoing
from core.storage.memory import MemoryStore
from tests.known_optimum import Fold, made_up_config, made_up_task
from tests.run_log import iris_run, replay


def rated(by="Ada", example="1", part="test", **said):
    return de.AnswerRated(by=by, candidate="c", example=example, part=part, **said)


def folded(*decisions):
    return RunState().fold(Record(seq, each) for seq, each in enumerate(decisions, start=1))


def test_the_latest_word_of_each_person_on_each_answer_counts():
    first, second = rated(thumbs="up", comment="Fine."), rated(score=0.5)
    others = rated(by="Bob", thumbs="down"), rated(example="2", score=0.0), rated(part="validation")
    state = folded(first, second, *others)
    assert set(state.ratings) == {key_of(second), key_of(others[0]), key_of(others[1])}
    kept = state.ratings[key_of(second)]
    assert (kept.thumbs, kept.score, kept.comment, kept.at) == (None, 0.5, "", second.at)


def test_nothing_said_takes_a_rating_back():
    assert folded(rated(thumbs="up"), rated()).ratings == {}


def test_folding_bit_by_bit_gives_the_same():
    decisions = [rated(thumbs="up"), rated(by="Bob", score=1.0), rated(), rated(comment="Hm.")]
    state = RunState()
    for seq, each in enumerate(decisions, start=1):
        state.fold([Record(seq, each)])
    assert state == folded(*decisions)


def undone(decisions, place, by="Ada"):
    state = folded(*decisions)
    return undoing(decisions[place], place + 1, state.steering, by=by)


def test_a_rating_is_taken_back_by_what_the_same_person_had_said_before():
    decisions = [rated(thumbs="up", comment="Fine."), rated(score=0.5), rated(by="Bob", score=0.1)]
    (before,) = undone(decisions, 1)
    assert (before.by, before.thumbs, before.comment, before.score) == ("Ada", "up", "Fine.", None)
    assert undone(decisions, 0) == []  # no longer in force
    assert undone([decisions[0]], 0)[0].is_empty
    assert undone(decisions, 1, by="Bob") is None


@pytest.mark.parametrize("wrong", [{"score": 1.01}, {"comment": "x" * 2001}, {"thumbs": "left"}])
def test_what_is_no_rating_never_gets_into_the_log(wrong):
    with pytest.raises(ValidationError):
        rated(**wrong)


def test_ratings_change_nothing_for_any_search():
    task, config = made_up_task(), made_up_config(trials=6)
    plain = Fold(policy=build(task, config), task=task)
    plain.run()

    def say(state):
        if len(state.val_results) <= 2 * len(state.ratings):
            return None
        candidate = list(state.results)[-1]
        example = list(state.results[candidate])[-1]
        return de.AnswerRated(
            by="Ada", candidate=candidate, example=example, part="validation", score=0.0
        )

    run = Fold(policy=build(task, config), task=task, people=[say] * 40)
    run.run()
    assert [each.key for each in run.asked] == [each.key for each in plain.asked]
    assert len(run.state.ratings) > 20


def test_a_branch_carries_ratings_and_repeats_and_cancels_what_was_still_to_be_evaluated():
    store = MemoryStore()
    parent = iris_run(store)[0]
    state = replay(store, parent)
    (example, *_) = state.results[state.baseline]
    said = requested_evaluation(state, [state.baseline], by="Ada", part="test", repeats=2)
    store.append(
        parent,
        [
            rated_answer(
                state, state.baseline, example, by="Ada", part="validation", thumbs="down"
            ),
            said,
        ],
    )
    assert replay(store, parent).returns_to is not None
    new = replay(store, branch(store, parent, by="Bob"))
    assert new.ratings == replay(store, parent).ratings
    assert len(new.ratings) == 1
    assert (new.status, new.returns_to) == ("queued", None)
    assert [each.end for each in new.steering.evaluations] == ["cancelled"]
    assert new.steering.decisions[-1][1].by == "Bob"


# What is refused


@pytest.fixture(scope="module")
def state():
    store = MemoryStore()
    return replay(store, iris_run(store)[0])


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"example": "no such"}, "has no answer on validation no such"),
        ({"candidate": "nobody"}, "has no answer"),
        ({"part": "test"}, "has no answer on test row"),
        ({"score": 2.0}, "from 0 to 1, not 2.0"),
        ({"comment": "x" * 2001}, "2,001 characters; at most 2,000"),
    ],
)
def test_a_rating_of_nothing_is_refused_in_words(state, said, message):
    (example, *_) = state.results[state.baseline]
    given = {"candidate": state.baseline, "example": example, "part": "validation", **said}
    with pytest.raises(ConfigError, match=message):
        rated_answer(state, given.pop("candidate"), given.pop("example"), by="Ada", **given)


@pytest.mark.parametrize(
    ("candidates", "said", "message"),
    [
        ([], {}, "at least one candidate"),
        (["nobody"], {}, "no candidate 'nobody'"),
        (None, {"repeats": 0}, "1 to 50 times, not 0"),
        (None, {"repeats": 51}, "1 to 50 times, not 51"),
        (None, {"examples": 0}, "examples: give 1 or more"),
        (None, {"max_calls": 0}, "max_calls: give 1 or more"),
    ],
)
def test_a_request_that_cannot_be_met_is_refused_in_words(state, candidates, said, message):
    chosen = [state.baseline] if candidates is None else candidates
    with pytest.raises(ConfigError, match=message):
        requested_evaluation(state, chosen, by="Ada", part="test", **said)


def test_a_candidate_that_is_named_twice_is_evaluated_once(state):
    whole = state.candidates[state.baseline]
    said = requested_evaluation(state, [state.baseline, whole], by="Ada", part="test")
    assert said.candidates == (whole,)
