from collections import Counter

from core.search.pool import Choices
from core.search.start import LEAST, MOST, Start


def test_the_program_as_given_comes_first_and_every_level_about_as_often():
    start = Start(Choices(sizes=(6, 12)))
    found = start.candidates(0)

    assert found[0] == (0, 0)
    assert start.number == len(set(found)) == 12
    assert Counter(second for _, second in found) == Counter(range(12))
    assert set(Counter(first for first, _ in found).values()) == {2}


def test_more_levels_than_it_has_candidates_are_covered_as_far_as_it_goes():
    found = Start(Choices(sizes=(40, 3))).candidates(0)

    assert found[0] == (0, 0)
    assert len({first for first, _ in found}) == MOST


def test_it_is_as_large_as_the_widest_variable_within_bounds():
    assert Start(Choices(sizes=(2, 2, 2))).number == LEAST
    assert Start(Choices(sizes=(40, 3))).number == MOST
    assert Start(Choices(sizes=(1, 2))).number == 2


def test_the_same_seed_draws_the_same():
    choices = Choices(sizes=(6, 12))
    start = Start(choices)
    assert start.candidates(1) == Start(choices).candidates(1)
    assert start.candidates(2) != start.candidates(1)


def test_bans_and_pins_hold_for_it():
    choices = Choices(sizes=(4, 5), bans=frozenset({((1, 0),), ((0, 2), (1, 4))}), pins={0: 2})
    found = Start(choices).candidates(0)

    assert (0, 0) not in found
    assert {second for _, second in found} == {1, 2, 3}
    assert {first for first, _ in found} == {2}
