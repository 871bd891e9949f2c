"""Every error raised on purpose, as a tree.

StudioError
├── InputError            what a person gave cannot be used; nothing has been spent yet
│   ├── DatasetError      a file or a table of examples
│   ├── ProgramError      a template, its fields, or a program that does not fit the data
│   └── ConfigError       settings of a run
├── ModelError            a language model refused or could not be reached
├── MetricError           a metric returned something that is not a score
└── StoreError            the database
    ├── StoreUnavailable  locked, full or away: the same again may work in a while
    ├── RunNotFound       (also a LookupError)
    ├── RunUnreadable     what is stored of a run was written by another version, or is damaged
    ├── DatasetNotFound   (also a LookupError)
    ├── PipelineNotFound  (also a LookupError)
    └── RunTaken          another worker has the run now

A message says what is wrong, where (file, row, column, predictor) and what to do about it.
"""


class StudioError(Exception):
    """Root of every error that MIPRO Studio raises on purpose."""


class InputError(StudioError):
    """Something a person gave cannot be used. Raised before anything is spent."""


class DatasetError(InputError):
    """A file or table of examples cannot be used."""


class ProgramError(InputError):
    """A program template is unusable, or does not fit the data."""


class ConfigError(InputError):
    """The settings of a run contradict each other or the data."""


class ModelError(StudioError):
    """A language model refused, answered garbage throughout, or could not be reached."""


class MetricError(StudioError):
    """A metric returned something that is not a score in [0, 1]."""


class StoreError(StudioError):
    """The database cannot be read or written."""


class StoreUnavailable(StoreError):
    """The database is locked, full or away; the same again may work in a while."""


class RunNotFound(StoreError, LookupError):
    """No run has this id."""


class RunUnreadable(StoreError):
    """What is stored of a run cannot be read by this version; other runs are unharmed."""


class DatasetNotFound(StoreError, LookupError):
    """No dataset has this id."""


class PipelineNotFound(StoreError, LookupError):
    """No saved pipeline has this name, or none this version."""


class RunTaken(StoreError):
    """Another worker has taken the run over; this one must not write any more."""
