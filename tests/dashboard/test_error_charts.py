"""The chart of errors: shares per kind over time, of plain values."""

import plotly.graph_objects as go
import pytest

from core.lm.usage import FailedCalls, Usage
from core.runs.troubles import Troubles
from dashboard.charts.errors import errors_figure


@pytest.mark.parametrize(("apart", "unit"), [(4.0, "seconds"), (100.0, "minutes")])
def test_each_kind_that_occurred_has_its_share_of_the_attempts(apart, unit):
    troubles = Troubles()
    limit = {"LMRateLimitError": FailedCalls(count=1, message="slow down")}
    for number in range(20):
        failed = limit if number % 4 == 0 else {}
        troubles.add(number * apart, "trial", Usage(calls=1, failed=failed), None)
    figure = errors_figure(troubles, run="r")
    go.Figure(figure.to_dict())  # plotly's own check
    (bars,) = figure.data
    assert bars.name == "Rate limit"
    assert len(bars.x) == len(troubles.spans)
    assert sum(count for count, _ in bars.customdata) == 5
    assert max(bars.y) <= 1.0
    assert figure.layout.xaxis.title.text == unit
