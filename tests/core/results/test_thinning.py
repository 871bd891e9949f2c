import pytest

from core.results.thinning import thinned


@pytest.mark.parametrize("most", [1, 2, 3, 7, 50, 100, 101])
def test_there_are_never_more_than_asked_for_and_the_newest_is_among_them(most):
    kept = thinned(range(100), most)
    assert len(kept) <= most
    assert kept[-1] == 99


def test_what_fits_stays_as_it_is():
    assert list(thinned(range(5), 5)) == [0, 1, 2, 3, 4]
    assert list(thinned(range(5), 0)) == []


def test_what_is_left_is_spread_evenly():
    kept = list(thinned(range(1_000), 100))
    gaps = {later - earlier for earlier, later in zip(kept[:-2], kept[1:-1], strict=True)}
    assert gaps == {16}


def test_what_was_shown_of_a_growing_list_stays_until_half_makes_room():
    before = set(thinned(range(1_000), 100)[:-1])
    assert before <= set(thinned(range(1_100), 100))
    assert before & set(thinned(range(2_000), 100)) == set(range(0, 1_000, 32))
