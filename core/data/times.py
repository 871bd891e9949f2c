"""A column's values as points in time, for putting rows in order. Nothing is shown of them."""

import datetime

import numpy as np
from numpy.typing import NDArray

from core.data.dataset import Dataset
from core.data.numbers import as_numbers
from core.errors import DatasetError


def as_times(dataset: Dataset, column: str) -> NDArray[np.float64]:
    """Numbers as they are; dates and times in ISO 8601 as seconds, those without a zone in UTC.

    Raises:
        DatasetError: a value misses, or is neither; the message has its row. Dates written another
            way are refused, as 3/4/24 is a day in March to some and in April to others.
    """
    values = dataset.frame[column].tolist()
    for row, value in enumerate(values, start=1):
        if value is None:
            raise DatasetError(
                f"{dataset.name}, row {row}, column {column!r}: no time to put the row in order "
                "by. Fill it in or remove the row."
            )
    numbers = as_numbers(values)
    if numbers is not None:
        return np.array(numbers, dtype=np.float64)
    return np.array(
        [_seconds(dataset, column, row, value) for row, value in enumerate(values, start=1)]
    )


def _seconds(dataset: Dataset, column: str, row: int, value: object) -> float:
    try:
        moment = datetime.datetime.fromisoformat(str(value).strip())
    except ValueError as error:
        raise DatasetError(
            f"{dataset.name}, row {row}, column {column!r}: {str(value)[:60]!r} is neither a "
            "number nor a date such as 2026-03-31 or 2026-03-31T14:00."
        ) from error
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
    # Not `timestamp`: it has no values for the first and last years on some systems.
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
    return (zoned - epoch).total_seconds()
