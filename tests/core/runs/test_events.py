import math
from typing import get_args

import pytest
from pydantic import ValidationError

from core.lm.usage import Usage
from core.programs.candidate import Candidate, Choice
from core.runs import events as ev
from core.runs.events import Event, event_from_json, event_to_json
from tests import run_log
from tests.contracts.store_contract import ONE_OF_EACH

KINDS = get_args(get_args(Event)[0])
FAILURE = ev.Failure(kind="KeyError", message="'x'", stage="answer")
CANDIDATE = Candidate(choices={"a": Choice(instruction="i", demo_set="d")})


def every_kind():
    return [*run_log.events(run_log.Plan(failing=0.2)), *ONE_OF_EACH]


def test_every_kind_of_event_is_the_same_after_a_trip_through_json():
    seen = set()
    for event in every_kind():
        assert event_from_json(event_to_json(event)) == event
        seen.add(type(event))
    assert seen == set(KINDS)


def test_an_event_is_one_line():
    event = ev.RunFailed(message="two\nlines and \u2028 more")
    assert "\n" not in event_to_json(event)


def test_every_kind_has_a_word_of_its_own():
    words = [kind.model_fields["kind"].default for kind in KINDS]
    assert len(set(words)) == len(KINDS)


def test_an_event_of_an_unknown_kind_is_refused():
    with pytest.raises(ValidationError, match="party_started"):
        event_from_json('{"kind": "party_started", "at": 1.0}')


def test_a_written_event_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        ev.Paused(reason="x", by_person=True).reason = "y"


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_no_number_never_gets_into_the_log(score):
    with pytest.raises(ValidationError, match="finite number"):
        ev.ExampleScored(
            trial=0, candidate="c", example="1", attempt=0, score=score, seconds=1.0, usage=Usage()
        )


def test_a_trial_names_its_candidate_by_ids_and_holds_no_program():
    event = ev.TrialStarted(number=1, purpose="full", candidate=CANDIDATE, examples=("1", "2"))
    assert len(event_to_json(event)) < 250


def test_demos_of_any_plain_value_survive():
    demo = {"text": "ünïcode", "number": 1.5, "flag": True, "list": ["a", {"b": None}]}
    event = ev.DemoSetBuilt(predictor="a", id="d", demos=(demo,), source="bootstrapped")
    assert event_from_json(event_to_json(event)).demos == (demo,)
