"""Where data come from: a file, a bundled set, or one that is stored already."""

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.data.bundled import Bundled
from core.data.readers import MAX_BYTES, MAX_ROWS
from core.runs.store import StoredDataset

SUFFIXES = ["csv", "json", "jsonl", "ndjson", "parquet"]


def render_upload(*, key: str) -> UploadedFile | None:
    """The file that is uploaded, if any."""
    st.markdown("**Upload a file**")
    uploaded = st.file_uploader(
        "CSV, JSON, JSONL or Parquet", SUFFIXES, key=key, label_visibility="collapsed"
    )
    st.caption(
        f"CSV, JSON, JSONL or Parquet, up to {MAX_BYTES // 1_000_000} MB and {MAX_ROWS:,} rows."
    )
    return uploaded


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
    by_id = {each.id: each for each in stored}
    st.selectbox(
        "Stored dataset",
        list(by_id),
        index=None,
        format_func=lambda each: f"{by_id[each].name} · {by_id[each].rows:,} rows",
        placeholder="Choose a dataset",
        key=key,
        on_change=on_choose,
        label_visibility="collapsed",
    )
