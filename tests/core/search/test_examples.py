import numpy as np

from core.search.examples import Examples

ORDER = [f"e{number}" for number in range(50)]


def examples(weights=None, repeats=1, order=ORDER):
    made = Examples(order, weights, repeats)
    made.expect([])
    return made


def test_a_fresh_candidate_starts_at_the_front_of_the_common_order():
    assert examples().next((0,), 4) == ("e0", "e1", "e2", "e3")


def test_in_the_core_what_was_evaluated_least_comes_first():
    made = examples()
    for name in ORDER[:28]:
        made.claim((0,), name, scored=True)
    made.expect([((1,), "e28")])

    assert made.next((2,), 3) == ("e29", "e0", "e1")


def test_what_failed_or_is_in_flight_is_not_given_again():
    made = examples()
    made.claim((0,), "e0", scored=False)
    made.expect([((0,), "e1")])

    assert made.next((0,), 2) == ("e2", "e3")
    assert made.had((0,)) == 2
    assert made.touched == {(0,)}


def test_heavier_examples_come_first():
    assert examples({"e7": 3.0, "e9": 0.0}).next((0,), 2) == ("e7", "e0")
    assert "e9" not in examples({"e9": 0.0}).names


def test_the_outlook_counts_what_is_left_and_adds_up_its_information():
    made = examples()
    for name in ORDER[:45]:
        made.claim((0,), name, scored=True)
    made.expect([])
    information = np.full(50, 2.0)
    outlook = made.outlook([(0,), (1,)], information, (10, 40))

    assert [each.tolist() for each in outlook.numbers] == [[5, 10], [5, 40]]
    assert [each.tolist() for each in outlook.noise] == [[1 / 10, 1 / 20], [1 / 10, 1 / 80]]


def test_examples_repeat_only_when_all_have_been_had_as_often():
    made = examples(repeats=2, order=ORDER[:3])
    for name in ("e0", "e1", "e2", "e1"):
        made.claim((0,), name, scored=True)
    made.expect([])

    assert set(made.next((0,), 9)) == {"e0", "e2"}


def test_candidates_that_answer_alike_get_different_examples_first():
    made = examples()
    made.claim((0, 0), "e0", scored=True)
    for name in ORDER[1:30]:
        made.claim((1, 0), name, scored=True)
        made.claim((2, 1), name, scored=True)
    in_flight = [((0, 1), "e1")]

    made.expect(in_flight)
    assert made.next((0, 2), 3) == ("e0", "e2", "e3")
    made.expect(in_flight, apart=True)
    assert made.next((0, 2), 3) == ("e2", "e3", "e4")
    assert made.next((1, 3), 3) == ("e0", "e30", "e31")
    assert made.next((3, 3), 3) == ("e0", "e2", "e3")
