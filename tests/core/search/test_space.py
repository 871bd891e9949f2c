import itertools

import pytest

from core.programs.candidate import Candidate, Choice
from core.search.space import SearchSpace

SPACE = SearchSpace(
    predictors=("ask", "answer"),
    instructions={"ask": ("i0", "i1"), "answer": ("i0", "i2", "i3")},
    demo_sets={"ask": ("d0",), "answer": ("d0", "d1")},
)


def test_sizes_are_instructions_then_demo_sets_predictor_by_predictor():
    assert SPACE.sizes == (2, 1, 3, 2)


def test_levels_0_are_the_programs_own():
    own = Candidate(
        choices={
            "ask": Choice(instruction="i0", demo_set="d0"),
            "answer": Choice(instruction="i0", demo_set="d0"),
        }
    )
    assert SPACE.candidate((0, 0, 0, 0)) == own


def test_levels_and_candidates_are_two_names_of_one_thing():
    every = list(itertools.product(*map(range, SPACE.sizes)))
    assert [SPACE.levels(SPACE.candidate(levels)) for levels in every] == every
    assert len({SPACE.candidate(levels).id for levels in every}) == len(every) == 12


def test_a_candidate_from_elsewhere_is_refused():
    stranger = Candidate(
        choices={
            "ask": Choice(instruction="i9", demo_set="d0"),
            "answer": Choice(instruction="i0", demo_set="d0"),
        }
    )
    with pytest.raises(ValueError, match="not in tuple"):
        SPACE.levels(stranger)
