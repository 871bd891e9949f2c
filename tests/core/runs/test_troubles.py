"""What went wrong over time: counted once, bounded, folded event by event."""

from core.lm.usage import FailedCalls, Usage
from core.runs.events import Failure
from core.runs.troubles import FIRST_SPAN, MOST_SAID, MOST_SPANS, Troubles


def failed(**counts):
    return {kind: FailedCalls(count=count, message=f"{kind}!") for kind, count in counts.items()}


def test_attempts_that_were_made_good_and_those_that_were_not_are_counted_once():
    troubles = Troubles()
    troubles.add(0.0, "trial 1", Usage(calls=2, failed=failed(LMRateLimitError=3)), None)
    final = Failure(kind="LMTimeoutError", message="gone", final=True)
    troubles.add(1.0, "trial 2", Usage(calls=2, failed=failed(LMTimeoutError=2)), final)
    unread = Failure(kind="AdapterParseError", message="what?", final=True)
    troubles.add(2.0, "trial 3", Usage(calls=3, failed=failed(AdapterParseError=2)), unread)
    # of the hang's two attempts, one is the call that the usage counts
    assert troubles.attempts == (2 + 3) + (2 + 1) + 3
    assert troubles.failed == {"rate_limit": 3, "hang": 2, "unreadable": 2}
    assert [(each.where, each.count, each.final) for each in troubles.said] == [
        ("trial 1", 3, False),
        ("trial 2", 2, True),
        ("trial 3", 2, True),
    ]


def test_an_older_log_tells_of_its_failures_alone():
    troubles = Troubles()
    troubles.add(0.0, "trial 1", Usage(calls=1), Failure(kind="LMServerError", message="no"))
    assert (troubles.attempts, troubles.failed["server"]) == (1, 1)


def test_spans_and_messages_stay_few_however_long_the_run():
    troubles, calls = Troubles(), 5000
    for number in range(calls):
        at = number * 7.0 + (3.0 if number % 50 == 0 else 0.0)
        troubles.add(at, "trial", Usage(calls=1, failed=failed(LMServerError=1)), None)
    kept = troubles.copy()
    troubles.add(calls * 7.0, "trial", Usage(calls=1), None)
    assert len(kept.spans) <= MOST_SPANS
    assert len(kept.said) == MOST_SAID
    assert sum(span.attempts for span in kept.spans) == kept.attempts == 2 * calls
    assert sum(span.failed.total() for span in kept.spans) == kept.failed.total() == calls
    assert kept.length >= calls * 7.0 / MOST_SPANS
    assert kept.length % FIRST_SPAN == 0
    starts = [span.start for span in kept.spans]
    assert starts == sorted(set(starts))
