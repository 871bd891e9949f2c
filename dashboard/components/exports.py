"""What a run is taken home as: buttons that make a file when they are pressed, and a preview."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import streamlit as st

from core.export.files import mime_of
from core.export.formats import Destination, ExportFormat
from core.report.data import ReportKind
from core.results.run_results import RunResults
from core.runs.config import RunConfig
from dashboard.components.measures import mean_text
from dashboard.theme import legible

PREVIEW = 6_000
"""Characters that a preview shows."""

REPORTS: tuple[tuple[ReportKind, str, str], ...] = (
    (
        "html",
        "Report (HTML)",
        "One file that opens anywhere, without a network, and prints well: what was optimized, "
        "before and after, the prompts, examples, what mattered, cost and caveats.",
    ),
    ("md", "Report (Markdown)", "The same, for a wiki or a pull request."),
)

_LANGUAGES = {"json": "json", "py": "python", "md": "markdown"}


def render_export_choice(results: RunResults, *, key: str) -> str:
    """The candidate to take home; the best one until somebody chooses another."""
    candidates = list(results.labels)
    best = results.best.candidate if results.best else candidates[0]
    return str(
        st.selectbox(
            "Candidate",
            candidates,
            index=candidates.index(best),
            format_func=lambda each: (
                f"{results.labels[each]} (best)" if each == best else results.labels[each]
            ),
            key=key,
        )
    )


def render_test_scores(results: RunResults) -> None:
    """The held-out scores, and how they came about."""
    baseline, best = results.baseline, results.best
    if baseline is None or best is None or baseline.test is None or best.test is None:
        st.caption("The held-out test set has not been used yet; it is measured once, at the end.")
        return
    st.markdown(
        f"Test score: baseline {mean_text(baseline.test)}, "
        f"best candidate {best.label} {mean_text(best.test)}."
    )
    st.caption("Measured once, at the end of the run, on examples that no step before has seen.")


def render_format_choice(formats: Sequence[ExportFormat], *, key: str) -> ExportFormat:
    """One of the formats; the first until somebody chooses another."""
    by_name = {each.name: each for each in formats}
    name = st.segmented_control(
        "As",
        list(by_name),
        default=formats[0].name,
        required=True,
        format_func=lambda each: legible(by_name[each].title),
        key=key,
    )
    return by_name[name]


def render_download(
    form: ExportFormat,
    config: RunConfig,
    label: str,
    make: Callable[[str], bytes],
    *,
    disabled: bool,
    key: str,
) -> None:
    """What the format is for, and a button; the file is made when somebody presses it."""
    name = form.download_name(config, label)
    st.caption(form.words)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(name)
        render_button("Download", name, partial(make, form.name), disabled=disabled, key=key)


def render_reports(write: Callable[[ReportKind], str], *, key: str) -> None:
    """The run told for somebody who was not there; `write` is called when a button is pressed."""
    for kind, title, words in REPORTS:
        with _row(title, words):
            make = partial(_encoded, write, kind)
            render_button("Download", f"report.{kind}", make, key=f"{key}.{kind}")


@contextmanager
def _row(title: str, words: str) -> Iterator[None]:
    """A row with a frame: what it is about, then what the block draws."""
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        with st.container(gap=None):
            st.markdown(f"**{title}**")
            st.caption(words)
        yield


def _encoded(write: Callable[[ReportKind], str], kind: ReportKind) -> bytes:
    return write(kind).encode()


def render_tables(
    formats: Sequence[ExportFormat],
    config: RunConfig,
    label: str,
    make: Callable[[str], bytes],
    *,
    disabled: bool,
    key: str,
) -> None:
    """A row per table: what it holds, and a button for each kind of file."""
    tables: dict[str, list[ExportFormat]] = {}
    for form in formats:
        tables.setdefault(form.title.partition(" (")[0], []).append(form)
    for title, forms in tables.items():
        with _row(title, forms[0].words):
            for form in forms:
                render_button(
                    form.title.partition(" (")[2].rstrip(")"),
                    form.download_name(config, label),
                    partial(make, form.name),
                    disabled=disabled and form.needs_data,
                    key=f"{key}.{form.name}",
                )


def render_button(
    label: str, name: str, make: Callable[[], bytes], *, disabled: bool = False, key: str
) -> None:
    """A button that downloads what `make` gives; it is called when somebody presses it."""
    st.download_button(
        label,
        make,
        file_name=name,
        mime=mime_of(name),
        disabled=disabled,
        key=key,
        icon=":material/download:",
        type="primary" if label == "Download" else "secondary",
        on_click="ignore",
    )


def render_preview(text: str, name: str) -> None:
    """The beginning of a text file."""
    st.code(text[:PREVIEW], language=_LANGUAGES.get(name.rpartition(".")[2]), height=420)
    if len(text) > PREVIEW:
        st.caption("The preview ends here; the file goes on.")


def render_destination(target: Destination, *, disabled: bool, key: str) -> str | None:
    """The address that somebody wants the run sent to just now."""
    with st.form(key, border=True):
        st.markdown(f"**{target.title}**")
        st.caption(target.words)
        address = st.text_input(
            "Address of the server", placeholder=target.address, key=f"{key}.address"
        )
        pressed = st.form_submit_button(
            f"Send to {target.title}", icon=":material/send:", disabled=disabled
        )
    return address.strip() or target.address if pressed else None
