"""The sections of the Data page, each from what is stored to what is shown and done."""

from collections.abc import Callable
from pathlib import PurePath

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.data.cleaning import DropMissing, Rename, Step, recipe_of, steps_from_json
from core.data.dataset import Dataset, FieldMapping
from core.data.profile import suggested_mapping
from core.data.quality import longest_rows
from core.data.readers import MAX_BYTES, SAMPLE_ROWS, ReadAs
from core.data.split import Split, SplitConfig
from core.errors import DatasetError, StudioError
from dashboard import datasets, materials, session
from dashboard.components.dataset_cleaning import (
    render_editor,
    render_new_step,
    render_steps,
    render_steps_file,
)
from dashboard.components.dataset_corpus import render_corpus_upload, render_search
from dashboard.components.dataset_parts import BY_COLUMN, IN_SHARES
from dashboard.components.dataset_quality import render_findings, render_leaks, render_reach
from dashboard.components.dataset_read_as import render_read_as, render_sample_size
from dashboard.components.dataset_source import render_hub, render_part_files, render_paste
from dashboard.components.notices import render_problem
from dashboard.components.way_on import render_way_on


def choose(dataset: Dataset, inputs: tuple[str, ...] = (), outputs: tuple[str, ...] = ()) -> None:
    """Make a stored dataset the draft's, with these columns or the suggested ones."""
    guess = suggested_mapping(materials.dataset_profile(dataset.id))
    columns = {"inputs": inputs or guess.inputs, "outputs": outputs or guess.outputs}
    session.keep_draft(session.draft().with_dataset(dataset.id, dataset.name, **columns))
    _settle_split(dataset)
    session.keep_problem(None)


def _settle_split(dataset: Dataset) -> None:
    """Divide in shares again where a column that the split goes by is not there."""
    config = session.draft().split
    by = {config.group_by, config.order_by, config.part_column} - {None}
    if not by <= set(dataset.frame.columns) or config.counts:
        kept = {"train": config.train, "val": config.val, "test": config.test}
        fresh = SplitConfig(**kept, seed=config.seed, stratify=config.stratify)
        session.update_draft(split=fresh)
        session.choose("data.split.way", IN_SHARES)


def read_upload(uploaded: UploadedFile | None) -> None:
    """Show how an uploaded file is read, and read it when it or a setting is new."""
    if uploaded is None:
        if session.is_new_upload(""):  # taken out of the box, and what was wrong with it, too
            session.keep_problem(None)
        return
    known = datasets.known_upload(uploaded.file_id)
    key = f"data.read.{uploaded.file_id}"
    read_as = render_read_as(
        PurePath(uploaded.name).suffix.lower(),
        known.read_as if known else None,
        known.guesses if known else (),
        known.sheets if known else (),
        key=key,
    )
    is_big = uploaded.size > MAX_BYTES
    rows = render_sample_size(key=f"{key}.rows") if is_big else SAMPLE_ROWS
    if session.is_new_upload(f"{uploaded.file_id} {rows} {read_as.model_dump_json()}"):
        _attempt(lambda: _kept_upload(uploaded, read_as, rows), "Reading the file")


def _kept_upload(uploaded: UploadedFile, read_as: ReadAs, rows: int) -> Dataset:
    content = uploaded.getvalue()
    return datasets.keep_upload(uploaded.file_id, uploaded.name, content, read_as, rows)


def other_sources() -> None:
    """Pasted rows, and datasets of the hub."""
    if (text := render_paste(key="data.paste")) is not None:
        _attempt(lambda: datasets.keep_pasted(text).dataset, "Reading the rows")
    if (asked := render_hub(key="data.hub")) is not None:
        _attempt(lambda: datasets.keep_hub(*asked), "Fetching the rows")


def _attempt(load: Callable[[], Dataset], doing: str) -> None:
    """Load a dataset and choose it; what is wrong with it is kept to be shown."""
    try:
        with st.spinner(doing):
            choose(load())
    except DatasetError as error:
        session.keep_problem(str(error))
    st.rerun()


def cleaning(dataset: Dataset) -> None:
    """The steps so far, the next one, and cells to edit."""
    key = f"data.clean.{dataset.id}"
    try:
        past = datasets.history(dataset.id)
    except DatasetError as error:
        render_problem("How this dataset was cleaned cannot be read.", str(error))
        return
    steps = past.recipe.steps if past else ()
    title = f"Clean · {len(steps)} done" if steps else "Clean"
    with st.expander(title, icon=":material/cleaning_services:", expanded=bool(steps)):
        render_steps(steps, past.touched if past else None, key=key, on_undo=lambda: _undo(dataset))
        by_step, by_hand, by_file = st.tabs(
            ["Next step", "Edit cells, remove rows", "Steps as a file"]
        )
        with by_step:
            step = render_new_step(dataset, key=key)
        with by_hand:
            edit = render_editor(dataset, key=key)
        with by_file:
            file = render_steps_file(steps, key=key)
    if (wanted := step or edit) is not None:
        _clean(dataset, wanted)
    if file is not None:
        _repeat(dataset, file)


def _clean(dataset: Dataset, *steps: Step) -> None:
    try:
        made = datasets.cleaned(dataset.id, *steps)
    except DatasetError as error:
        session.keep_problem(str(error))
    else:
        renames = [step for step in steps if isinstance(step, Rename)]
        renamed: dict[str, str] = {}
        for step in renames:
            first = next((old for old, new in renamed.items() if new == step.column), step.column)
            renamed[first] = step.to.strip()
        _go_on_with(made, renamed)
    st.rerun()


def _repeat(dataset: Dataset, file: UploadedFile) -> None:
    """Clean by the steps in a file."""
    try:
        steps = steps_from_json(file.getvalue().decode(errors="replace"), where=file.name)
    except DatasetError as error:
        session.keep_problem(str(error))
        st.rerun()
    _clean(dataset, *steps)


def _undo(dataset: Dataset) -> None:
    recipe = recipe_of(dataset)
    last = recipe.steps[-1] if recipe else None
    renamed = {last.to.strip(): last.column} if isinstance(last, Rename) else {}
    try:
        _go_on_with(datasets.undone(dataset.id), renamed)
    except StudioError as error:
        session.keep_problem(str(error))


def _go_on_with(made: Dataset, renamed: dict[str, str]) -> None:
    """Choose another version of the draft's dataset and keep its columns."""
    draft, there = session.draft(), set(made.frame.columns)
    inputs, outputs = (
        tuple(name for name in (renamed.get(each, each) for each in side) if name in there)
        for side in (draft.inputs, draft.outputs)
    )
    choose(made, inputs, outputs)


def not_ready(dataset: Dataset, mapping: FieldMapping, problem: str) -> None:
    """Why the data cannot be used yet, near the top of the page, and the way out if it is gaps."""
    render_problem("Not ready yet.", problem)
    used = [*mapping.inputs.values(), *mapping.outputs.values()]
    rows = int(dataset.frame[used].isna().any(axis=1).sum())
    if not 0 < rows < len(dataset.frame):
        return
    words = "1 row that has a gap" if rows == 1 else f"{rows:,} rows that have a gap"
    if st.button(
        f"Leave out the {words}",
        key="data.gaps",
        type="primary",
        icon=":material/cleaning_services:",
    ):
        _clean(dataset, DropMissing(columns=tuple(used)))


def way_on(parts: Split, mapping: FieldMapping) -> bool:
    """What the data come to, near the top of the page; True once they are to be used."""
    given, wanted = (", ".join(side) for side in (mapping.inputs, mapping.outputs))
    sizes = f"{len(parts.train):,} / {len(parts.val):,} / {len(parts.test):,}"
    return render_way_on(
        "Ready to use. Look through it below, or go on.",
        f"Given: {given}\nTo answer: {wanted}\n{sizes} examples to train, validate and test",
        "Use this data",
        key="data.ready",
    )


def part_files(dataset: Dataset) -> None:
    """Files for validation and test beside the dataset, put together with it when given."""
    files = render_part_files(key=f"data.parts.{dataset.id}")
    if files is None:
        return
    val, test = ((each.name, each.getvalue()) if each else None for each in files)
    try:
        made = datasets.keep_with_parts(dataset.id, val, test)
    except DatasetError as error:
        session.keep_problem(str(error))
    else:
        _go_on_with(made, {})
        config = session.draft().split
        shares = {"train": config.train, "val": config.val, "test": config.test}
        column = made.frame.columns[-1]
        session.update_draft(split=SplitConfig(**shares, seed=config.seed, part_column=column))
        session.choose("data.split.way", BY_COLUMN)
        session.choose("data.split.part_column", column)
    st.rerun()


def quality(dataset: Dataset, inputs: tuple[str, ...]) -> None:
    """Odd values and long rows."""
    longest = longest_rows(dataset, [name for name in inputs if name in dataset.frame.columns])
    render_findings(datasets.odd_values(dataset.id), longest[:3], key=f"data.findings.{dataset.id}")


def split_quality(
    dataset: Dataset, mapping: FieldMapping, config: SplitConfig, parts: Split
) -> None:
    """Leaks between the parts, and what differences so many examples can show."""
    report = datasets.leaks_of(dataset.id, mapping, config)
    render_leaks(dataset, list(mapping.inputs.values()), report, key="data.leaks")
    render_reach(parts)


def corpora() -> None:
    """Corpora to retrieve from: brought, listed and searched."""
    uploaded = render_corpus_upload(key="data.corpus.upload")
    added = None
    if uploaded is not None:
        try:
            added = datasets.keep_corpus(uploaded.file_id, uploaded.name, uploaded.getvalue())
        except DatasetError as error:
            render_problem("The file cannot be used as a corpus.", str(error))
    stored = [each for each in materials.datasets() if {"title", "text"} <= set(each.columns)]
    if not stored:
        st.caption("No corpus is stored so far.")
        return
    render_search(
        stored, added, key=f"data.corpus.{added or 'any'}", search=datasets.found_passages
    )
