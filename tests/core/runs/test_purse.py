"""However answers, calls made again and changes of the cap interleave, the cap is never passed."""

import threading

from hypothesis import given, settings
from hypothesis import strategies as st

from core.runs.purse import Purse

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("start"), st.integers(1, 4)),
        st.tuples(st.just("again"), st.integers(0, 9)),
        st.tuples(st.just("answer"), st.integers(0, 9)),
        st.tuples(st.just("settle"), st.none()),
        st.tuples(st.just("cap"), st.integers(1, 30)),
    ),
    max_size=80,
)


class Run:
    """A run as the engine keeps it: its log may lag behind what has been answered."""

    def __init__(self, cap):
        self.purse, self.cap = Purse(), cap
        self.made = self.logged = self.number = 0
        self.flying = {}
        self.settle()

    def settle(self):
        self.logged = self.made
        self.purse.settle(used=self.logged, cap=self.cap, in_flight=self.flying.keys())

    def start(self, calls):
        key = f"action {self.number}"
        if self.purse.reserve(key, calls):
            self.number, self.flying[key] = self.number + 1, calls

    def again(self, place):
        if (key := self._one(place)) and self.purse.one_more(key):
            self.flying[key] += 1

    def answer(self, place):
        """The action has made all calls that it might: the dearest case."""
        if key := self._one(place):
            self.made += self.flying.pop(key)

    def _one(self, place):
        keys = list(self.flying)
        return keys[place % len(keys)] if keys else None


@settings(max_examples=150, deadline=None)
@given(STEPS, st.integers(1, 30))
def test_no_interleaving_of_answers_passes_the_cap(steps, cap):
    run, highest = Run(cap), cap
    for name, value in steps:
        before = run.made + sum(run.flying.values())
        if name == "cap":
            run.cap, highest = value, max(highest, value)
            run.settle()
        elif name == "settle":
            run.settle()
        else:
            getattr(run, name)(value)
        after = run.made + sum(run.flying.values())
        assert after <= highest
        assert after == before or after <= run.cap  # what is set apart anew always fits
    run.settle()
    assert run.purse.left == run.cap - run.made - sum(run.flying.values())


def test_many_threads_asking_for_one_more_share_what_is_left():
    purse, given_out = Purse(), []
    purse.settle(used=10, cap=60, in_flight=())
    assert all(purse.reserve(f"action {each}", 2) for each in range(8))

    def ask(key):
        given_out.extend(1 for _ in range(20) if purse.one_more(key))

    threads = [threading.Thread(target=ask, args=(f"action {each}",)) for each in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(given_out) == 60 - 10 - 16
    assert purse.left == 0
    assert not purse.one_more("unknown")


def test_without_a_cap_there_is_always_room():
    purse = Purse()
    assert purse.reserve("a", 10**6)
    assert purse.one_more("a")
    assert purse.left is None
