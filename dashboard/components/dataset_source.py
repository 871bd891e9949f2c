"""Where data come from: a file, a bundled set, or one that is stored already."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.data.bundled import Bundled
from core.data.readers import MAX_BYTES, MAX_ROWS, MAX_SAMPLED_BYTES
from core.data.readers import SUFFIXES as READ
from core.runs.store import StoredDataset

SUFFIXES = [suffix.removeprefix(".") for suffix in READ]
CORPUS_SUFFIXES = [*SUFFIXES, "txt", "md", "markdown"]


class HubRequest(NamedTuple):
    """What a person asked of the Hugging Face hub."""

    name: str
    config: str | None
    split: str
    rows: int


def render_upload(*, key: str) -> UploadedFile | None:
    """The file that is uploaded, if any."""
    st.markdown("**Upload a file**")
    uploaded = st.file_uploader(
        "CSV, TSV, JSON, JSONL, Parquet or Excel", SUFFIXES, key=key, label_visibility="collapsed"
    )
    st.caption(
        f"CSV, TSV, JSON, JSONL, Parquet or Excel, also zipped, up to "
        f"{MAX_BYTES // 1_000_000} MB and {MAX_ROWS:,} rows. Of CSV, JSONL and Parquet up to "
        f"{MAX_SAMPLED_BYTES // 1_000_000} MB, a sample is kept."
    )
    return uploaded


def render_paste(*, key: str) -> str | None:
    """The rows that were pasted and are to be read now."""
    with st.popover("Paste rows", icon=":material/content_paste:", width="stretch"):
        text = st.text_area(
            "Rows from a spreadsheet, CSV, JSON or JSONL", key=f"{key}.text", height=200
        )
        is_wanted = st.button("Read them", key=f"{key}.read", disabled=not text.strip())
    return text if is_wanted else None


def render_hub(*, key: str) -> HubRequest | None:
    """The dataset of the Hugging Face hub that is to be fetched now."""
    with st.popover("Hugging Face dataset", icon=":material/cloud_download:", width="stretch"):
        name = st.text_input("Name", placeholder="owner/name", key=f"{key}.name")
        config = st.text_input("Configuration (empty for the usual one)", key=f"{key}.config")
        split = st.text_input("Split", "train", key=f"{key}.split")
        rows = st.number_input("Rows at most", 1, MAX_ROWS, 10_000, key=f"{key}.rows")
        is_wanted = st.button(
            "Fetch", key=f"{key}.fetch", disabled=not (name.strip() and split.strip())
        )
    if not is_wanted:
        return None
    return HubRequest(name.strip(), config.strip() or None, split.strip(), int(rows))


def render_part_files(*, key: str) -> tuple[UploadedFile | None, UploadedFile | None] | None:
    """Files for validation and test that are to be added now."""
    with st.expander("Add a validation or test file", icon=":material/library_add:"):
        val, test = st.columns(2)
        files = (
            val.file_uploader("Validation", SUFFIXES, key=f"{key}.val"),
            test.file_uploader("Test", SUFFIXES, key=f"{key}.test"),
        )
        is_wanted = st.button("Add", key=f"{key}.add", disabled=not any(files))
    return files if is_wanted else None


def render_bundled(
    entries: Sequence[Bundled], *, key: str, on_choose: Callable[[str], None]
) -> None:
    """A button per bundled dataset that calls `on_choose` with its name."""
    st.markdown("**Take a bundled set**")
    for entry in entries:
        st.button(
            entry.title,
            key=f"{key}.{entry.name}",
            icon=":material/dataset:",
            help=entry.origin,
            on_click=on_choose,
            args=(entry.name,),
            width="stretch",
        )


def render_stored(
    stored: Sequence[StoredDataset], *, key: str, on_choose: Callable[[], None]
) -> None:
    """A list of the stored datasets; the widget `key` holds the id of the chosen one."""
    st.markdown("**Open a stored one**")
    if not stored:
        st.caption("Datasets that you upload or take are kept here, also after a restart.")
        return
    names = stored_names(stored)
    st.selectbox(
        "Stored dataset",
        list(names),
        index=None,
        format_func=names.__getitem__,
        placeholder="Choose a dataset",
        key=key,
        on_change=on_choose,
        label_visibility="collapsed",
    )


def stored_names(stored: Sequence[StoredDataset], unit: str = "rows") -> dict[str, str]:
    """Id → name, size and cleaning; with some of the id where that is the same for two.

    A select box tells its options apart by these words alone.
    """
    cleaned = (each.origin.partition("; ")[2] for each in stored)
    words = [
        f"{each.name} · {each.rows:,} {unit}{f' · {told}' if told.startswith('cleaned') else ''}"
        for each, told in zip(stored, cleaned, strict=True)
    ]
    return {
        each.id: told if words.count(told) == 1 else f"{told} · {each.id[:6]}"
        for each, told in zip(stored, words, strict=True)
    }
