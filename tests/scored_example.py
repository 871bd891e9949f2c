"""One result in the log of a made-up search."""

from core.lm.usage import Usage
from core.runs.events import ExampleScored, Failure

TIMEOUT = Failure(kind="LMTimeoutError", message="no answer within 60 seconds")


def scored_example(
    trial: int,
    candidate: str,
    example: str,
    score: float | None,
    *,
    attempt: int = 0,
    seconds: float = 1.0,
    usage: Usage = Usage(calls=1),  # noqa: B008  frozen
    failure: Failure = TIMEOUT,
) -> ExampleScored:
    """The event of a score; of this failure where the score is None."""
    return ExampleScored(
        trial=trial,
        candidate=candidate,
        example=example,
        attempt=attempt,
        score=score,
        failure=failure if score is None else None,
        seconds=seconds,
        usage=usage,
    )
