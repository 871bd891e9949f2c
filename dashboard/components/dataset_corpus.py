"""A corpus on screen: bring one, choose one, search it."""

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.runs.store import StoredDataset
from dashboard.components.dataset_source import CORPUS_SUFFIXES, stored_names

MOST_FOUND = 5


def render_corpus_upload(*, key: str) -> UploadedFile | None:
    """The file that is uploaded, if any."""
    uploaded = st.file_uploader(
        "Add a corpus",
        CORPUS_SUFFIXES,
        key=key,
        help="A table with a text per row, or text and Markdown files, zipped if there are many. "
        "Documents are cut into passages.",
    )
    st.caption("Retrieval programs offer every stored corpus on the Program page.")
    return uploaded


def render_search(
    corpora: Sequence[StoredDataset],
    chosen: str | None,
    *,
    key: str,
    search: Callable[[str, str, int], Sequence[str]],
) -> None:
    """A stored corpus to choose, a query, and the passages that `search` finds for it."""
    names = stored_names(corpora, "passages")
    corpus = st.selectbox(
        "Corpus",
        list(names),
        index=list(names).index(chosen) if chosen in names else 0,
        format_func=names.__getitem__,
        key=f"{key}.corpus",
    )
    query = st.text_input("Search it", key=f"{key}.query", placeholder="Words of a question")
    found = search(corpus, query, MOST_FOUND)
    if query.strip() and not found:
        st.caption("No passage has any of these words.")
    for passage in found:
        with st.container(border=True):
            st.text(passage)
