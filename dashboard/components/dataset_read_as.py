"""How a file was read, told and open to change."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.data.readers import (
    DELIMITERS,
    ENCODINGS,
    MAX_ROWS,
    QUOTES,
    SAMPLE_ROWS,
    ReadAs,
)

_DETECT = "\0"
_TEXT = (".csv", ".tsv", ".tab")
_OBJECTS = (".json", ".jsonl", ".ndjson")
_BOOKS = (".xlsx", ".xlsm")


def render_read_as(
    suffix: str, found: ReadAs | None, guesses: Sequence[str], sheets: Sequence[str], *, key: str
) -> ReadAs:
    """What a person set; None where it is left to detection. `found` is what was detected.

    Archives are not known from outside, so for them everything is offered.
    """
    told = found or ReadAs()
    is_archive = suffix in (".gz", ".zip")
    for guess in guesses:
        st.caption(f":material/help: {guess}" if _is_ours(guess) else ":material/help: Look here:")
        if not _is_ours(guess):
            st.text(guess)
    with st.expander("How the file is read", icon=":material/tune:", expanded=found is None):
        delimiter = quote = encoding = sheet = header = None
        flatten = False
        columns = st.columns(4)
        if suffix in _TEXT or is_archive:
            with columns[0]:
                delimiter = _choice("Delimiter", DELIMITERS, told.delimiter, key=f"{key}.delimiter")
            with columns[1]:
                quote = _choice("Quotes", QUOTES, told.quote, key=f"{key}.quote")
        if suffix in (*_TEXT, *_OBJECTS) or is_archive:
            with columns[2]:
                encoding = _choice("Encoding", ENCODINGS, told.encoding, key=f"{key}.encoding")
        if suffix in (*_TEXT, *_BOOKS) or is_archive:
            with columns[3]:
                header = _header(told.header, key=f"{key}.header")
        if sheets:
            sheet = _sheet(sheets, key=f"{key}.sheet")
        if suffix in _OBJECTS or is_archive:
            flatten = st.toggle(
                "Objects inside a row become columns of their own", key=f"{key}.flatten"
            )
    return ReadAs(
        delimiter=delimiter,
        quote=quote,  # type: ignore[arg-type]
        encoding=encoding,
        header=header,
        sheet=sheet,
        flatten=flatten,
    )


def render_sample_size(*, key: str) -> int:
    """How many rows of a big file are kept."""
    return int(
        st.number_input(
            "Rows to draw",
            1,
            MAX_ROWS,
            SAMPLE_ROWS,
            key=key,
            help="The file is too big to be kept whole. All of it is read and profiled; so many "
            "rows, drawn at random with a fixed seed, are kept.",
        )
    )


def _choice(label: str, names: Mapping[str, str], found: str | None, *, key: str) -> str | None:
    """The chosen option; None to detect it."""
    # The words of an option must not change with what is found: a select box goes by them.
    picked = st.selectbox(
        label,
        [_DETECT, *names],
        format_func=lambda each: "Detect" if each == _DETECT else names[each],
        key=key,
    )
    if picked != _DETECT:
        return str(picked)
    if found is not None:
        st.caption(f"Found: {names.get(found, repr(found))}")
    return None


def _header(found: int | None, *, key: str) -> int | None:
    names = {"0": "None: number the columns", **{str(n): f"Row {n}" for n in range(1, 11)}}
    picked = _choice("Column names", names, None if found is None else str(found), key=key)
    return None if picked is None else int(picked)


def _sheet(sheets: Sequence[str], *, key: str) -> str | None:
    """The chosen sheet; None for the first with a table. Its name is never drawn as Markdown."""
    picked = st.selectbox(
        "Sheet",
        [_DETECT, *sheets],
        format_func=lambda each: "First with a table" if each == _DETECT else each,
        key=key,
    )
    return None if picked == _DETECT else str(picked)


def _is_ours(guess: str) -> bool:
    """Whether a sentence quotes nothing of the file, so that it may be drawn as Markdown."""
    return "'" not in guess and '"' not in guess
