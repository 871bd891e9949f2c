"""Files in, datasets out: delimited text, JSON, JSON Lines, Parquet and Excel, read strictly.

A file is read whole or refused with the place of its first fault; nothing is repaired or half
loaded. What cannot be known for sure (delimiter, quotes, encoding, header row, sheet) is detected,
told in the `Reading`, and can be given as `ReadAs`. A file too big to be read whole is sampled
(`sampled`) in one pass and little memory.

Types: JSON, Parquet and Excel keep theirs. A cell of delimited text is text and stays as it is
written, so that a program sees 3.10 where the file says 3.10; only the blanks around the cells of a
column of numbers go. `core.data.numbers` reads such a column where numbers are meant. Missing are:
an empty or blank cell, JSON's null, NaN, and a name that other rows have. `?` and `NA` are text.
"""

from core.data.readers.read_as import DELIMITERS, ENCODINGS, QUOTES, ReadAs
from core.data.readers.reading import (
    SUFFIXES,
    Reading,
    read,
    read_file,
    read_pasted,
    reading,
)
from core.data.readers.sampling import SAMPLE_ROWS, Sampled, sampled
from core.data.readers.source import (
    MAX_BYTES,
    MAX_ROWS,
    MAX_SAMPLED_BYTES,
    Limits,
    Source,
    source_of_bytes,
    source_of_path,
)

__all__ = [
    "DELIMITERS",
    "ENCODINGS",
    "MAX_BYTES",
    "MAX_ROWS",
    "MAX_SAMPLED_BYTES",
    "QUOTES",
    "SAMPLE_ROWS",
    "SUFFIXES",
    "Limits",
    "ReadAs",
    "Reading",
    "Sampled",
    "Source",
    "read",
    "read_file",
    "read_pasted",
    "reading",
    "sampled",
    "source_of_bytes",
    "source_of_path",
]
