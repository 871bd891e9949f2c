"""How many examples Hypothesis draws for a test, the same ones each time."""

from hypothesis import HealthCheck, settings


def drawing(examples: int) -> settings:
    """So many, however long each takes; nothing is kept between runs."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
