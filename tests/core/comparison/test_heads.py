import pytest

from core.comparison.heads import heads
from core.lm.usage import Usage
from core.storage.memory import MemoryStore
from tests.core.comparison.test_entrants import lined_up
from tests.scored_run import scored_run, scores


def test_a_head_says_score_price_time_and_length_of_the_prompt():
    store = MemoryStore()
    run, (one, two) = scored_run(store, [scores([1, 0, 1, 1]), scores([1, 1, None], 1)])

    base, other = heads(lined_up(store, [(run, one), (run, two)]))

    assert (base.label, base.model, base.is_baseline) == ("C0", "offline", True)
    assert (base.shared.value, base.shared.n) == (0.5, 2)
    assert (base.own.value, base.own.n, base.failed) == (0.75, 4, 0)
    assert (other.own.n, other.failed) == (2, 1)
    assert (base.seconds, base.cost_usd, base.input_tokens) == pytest.approx((0.5, 0.002, 200))
    assert other.timed == 2  # the failed run is in no mean
    assert 0 < base.prompt_tokens < other.prompt_tokens
    assert base.caution is None


def test_runs_that_a_cache_answered_tell_no_price():
    store = MemoryStore()
    run, own = scored_run(store, [scores([1]), scores([1])], usage=Usage(cached=1))

    for head in heads(lined_up(store, [(run, each) for each in own])):
        assert (head.seconds, head.cost_usd, head.input_tokens, head.timed) == (None,) * 3 + (0,)


def test_an_unknown_price_is_not_zero():
    store = MemoryStore()
    usage = Usage(calls=1, input_tokens=5, priced=False)
    run, own = scored_run(store, [scores([1]), scores([1])], usage=usage)

    head, _ = heads(lined_up(store, [(run, each) for each in own]))

    assert (head.cost_usd, head.input_tokens) == (None, 5)


def test_candidates_that_share_no_example_have_no_common_score():
    store = MemoryStore()
    run, own = scored_run(store, [scores([1]), scores([1], 7)])

    for head in heads(lined_up(store, [(run, each) for each in own])):
        assert head.shared is None
        assert head.own.n == 1


def test_a_score_by_which_the_search_chose_has_the_held_out_score_beside_it():
    store = MemoryStore()
    val = [scores([0, 0, 1]), scores([1, 1, 1]), scores([1, 0, 1])]
    test = [scores([0, 0], 100), scores([1, 0], 100)]
    run, own = scored_run(store, val, test)
    base, best, third = heads(lined_up(store, [(run, each) for each in own]))

    assert base.caution is None
    assert best.held_out.value == 0.5
    assert best.caution == (
        "The search chose among 3 candidates by these validation examples, so the score of C1 on "
        "them flatters it. On 2 held-out examples: 50.0 % (95 %: 9.5 to 90.5)."
    )
    assert third.caution.endswith("It has no held-out score yet.")
    for head in heads(lined_up(store, [(run, each) for each in own[:2]], "test")):
        assert head.caution is None
