"""Kinds of failures in words, and what a policy makes of them."""

import pytest
from dspy.utils import exceptions as dspy_errors

from core.command.failures import failure_policy
from core.errors import ConfigError
from core.lm.failures import (
    GROUPS,
    MEANINGS,
    SHUT,
    TITLES,
    FailurePolicy,
    Rule,
    group_of,
    is_outage,
    kind_of,
    reason,
)


def test_every_group_has_words_and_a_rule():
    assert set(TITLES) == set(MEANINGS) == set(GROUPS) == set(FailurePolicy.model_fields)


def test_every_error_of_dspy_belongs_to_a_group_of_the_model():
    own = [
        name
        for name, each in vars(dspy_errors).items()
        if isinstance(each, type)
        and issubclass(each, dspy_errors.LMError)
        and each is not dspy_errors.LMError
    ]
    assert len(own) > 10
    assert [name for name in own if group_of(name) == "program"] == []


def test_a_hang_a_filter_and_a_long_wait_are_told_from_what_dspy_calls_them():
    hang = dspy_errors.LMTransportError("read timed out waiting for headers")
    assert group_of(kind_of(hang)) == "hang"
    broken = dspy_errors.LMTransportError("server closed connection")
    assert group_of(kind_of(broken)) == "connection"
    filtered = dspy_errors.LMInvalidRequestError("no", provider_code="content_filter")
    assert (group_of(kind_of(filtered)), is_outage(kind_of(filtered))) == ("refused", False)
    assert kind_of(dspy_errors.LMRateLimitError("x", retry_after=7200.0)) == SHUT
    assert kind_of(dspy_errors.LMRateLimitError("x", retry_after=5.0)) == "LMRateLimitError"


def test_a_rule_that_skips_ends_and_one_that_pauses_never_does():
    policy = FailurePolicy(hang=Rule(attempts=2), program=Rule(attempts=2, then="pause"))
    assert [policy.is_final("LMTimeoutError", each) for each in range(3)] == [False, True, True]
    assert not any(policy.is_due("LMTimeoutError", each) for each in range(4))
    assert [policy.is_due("ValueError", each) for each in range(4)] == [False, True, False, True]
    assert not any(policy.is_final("ValueError", each) for each in range(4))
    assert policy.is_due("LMAuthError", 0)
    assert policy.is_due(SHUT, 0)
    assert not policy.is_final(SHUT, 99)
    assert "does not answer (LMAuthError): no" in reason("LMAuthError", "no")
    assert reason("ValueError", "no") == "Program's own error (ValueError): no"


def test_the_command_line_changes_single_rules():
    policy = failure_policy(["rate-limit=pause:3", "too_long=skip:2", "hang=pause"])
    assert policy.rate_limit == Rule(attempts=3, then="pause")
    assert policy.too_long == Rule(attempts=2)
    assert policy.hang == Rule(attempts=FailurePolicy().hang.attempts, then="pause")
    assert policy.server == FailurePolicy().server


@pytest.mark.parametrize("given", ["slow=skip", "hang", "hang=retry", "hang=skip:0", "hang=skip:x"])
def test_a_rule_that_cannot_be_read_says_how_to_write_it(given):
    with pytest.raises(ConfigError, match="--on-failure") as caught:
        failure_policy([given])
    assert given in str(caught.value)
