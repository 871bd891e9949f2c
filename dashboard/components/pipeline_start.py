"""Where a program to build begins: with nothing, an example, a saved one, or a file."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from core.programs.pipeline.spec import PipelineSpec


def render_gallery(
    beginnings: Mapping[str, PipelineSpec],
    *,
    on_blank: Callable[[], None],
    on_begin: Callable[[str], None],
    key: str,
) -> None:
    """A card for nothing and one for each example; `on_begin` is called with its name."""
    grid = st.grid("auto", min_column_width=230)
    with grid.container(border=True, height="stretch"):
        st.markdown("**From blank**")
        st.caption("One input, no stage: add what you need.")
        st.space("stretch")
        st.button(
            "Begin from blank",
            key=f"{key}.blank",
            icon=":material/add:",
            type="primary",
            on_click=on_blank,
            width="stretch",
        )
    for name, spec in beginnings.items():
        with grid.container(border=True, height="stretch"):
            st.markdown(f"**{spec.title}**")
            st.caption(spec.description)
            st.caption(_stages(spec))
            st.space("stretch")
            st.button(
                "Begin with it",
                key=f"{key}.{name}",
                on_click=on_begin,
                args=(name,),
                help=spec.title,
                width="stretch",
            )


def render_saved_choice(
    saved: Sequence[tuple[str, int]], *, on_open: Callable[[str], None], key: str
) -> None:
    """The saved programs (name, latest version) and a button that opens the chosen one."""
    st.markdown("**Open a saved program**")
    if not saved:
        st.caption("Nothing is saved so far.")
        return
    numbers = dict(saved)
    chosen = st.selectbox(
        "Saved program",
        list(numbers),
        format_func=lambda name: f"{name} · version {numbers.get(name, '?')}",
        key=f"{key}.name",
    )
    st.button(
        "Open it",
        key=f"{key}.open",
        icon=":material/folder_open:",
        on_click=on_open,
        args=(str(chosen),),
    )


def render_upload(*, on_upload: Callable[[], None], key: str) -> None:
    """A box for a file that was downloaded from this page."""
    st.markdown("**Open a file**")
    st.file_uploader(
        "JSON file of a program",
        ["json"],
        key=key,
        on_change=on_upload,
        label_visibility="collapsed",
        max_upload_size=2,
    )
    st.caption("A JSON file that this page has made. It is data: nothing in it is run.")


def _stages(spec: PipelineSpec) -> str:
    """Of the app's own examples only, whose names are plain."""
    return " → ".join(f"`{stage.name}`" for stage in spec.stages)
