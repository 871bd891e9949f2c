import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from core.data.cleaning import (
    CapRows,
    CapText,
    Deduplicate,
    DropMissing,
    Edit,
    EditCells,
    FillMissing,
    Filter,
    MapLabels,
    Recipe,
    RemoveRows,
    Rename,
    Step,
    Trim,
    clean,
    described,
    recipe_of,
    similar_spellings,
)
from core.data.dataset import Dataset
from core.errors import DatasetError
from core.storage.location import open_store


def dataset(**columns):
    frame = pd.DataFrame({name: pd.Series(vals, dtype=object) for name, vals in columns.items()})
    return Dataset(name="tickets.csv", origin="Uploaded as tickets.csv", frame=frame)


RAW = dataset(
    text=[" a ", "b", "b", None, "cccc"],
    n=["10", "9", "9", "x", None],
    label=["Yes", "yes", "yes", "no", "NO!"],
)


def cleaned(*steps, raw=RAW):
    made = clean(raw, steps)
    return made.dataset.frame.to_dict("list"), made.touched


@pytest.mark.parametrize(
    ("step", "column", "values", "touched"),
    [
        (DropMissing(), "text", [" a ", "b", "b"], 2),
        (DropMissing(columns=("n",)), "text", [" a ", "b", "b", None], 1),
        (FillMissing(column="text", value="?"), "text", [" a ", "b", "b", "?", "cccc"], 1),
        (FillMissing(column="n", value=0), "n", ["10", "9", "9", "x", 0], 1),
        (Trim(), "text", ["a", "b", "b", None, "cccc"], 1),
        (Deduplicate(), "text", [" a ", "b", None, "cccc"], 1),
        (Deduplicate(columns=("label",)), "label", ["Yes", "yes", "no", "NO!"], 1),
        (Rename(column="n", to=" number "), "number", ["10", "9", "9", "x", None], 5),
        (Filter(column="label", test="is", value="yes"), "text", ["b", "b"], 3),
        (Filter(column="text", test="is not", value="b"), "text", [" a ", "cccc"], 3),
        (Filter(column="label", test="contains", value="YES"), "n", ["10", "9", "9"], 2),
        (Filter(column="label", test="does not contain", value="s"), "n", ["x", None], 3),
        (Filter(column="n", test="is at least", value="9.5"), "n", ["10"], 4),
        (Filter(column="n", test="is at most", value="9"), "n", ["9", "9"], 3),
        (Filter(column="text", test="is longer than", value="1"), "text", [" a ", "cccc"], 3),
        (Filter(column="text", test="is shorter than", value="2"), "text", ["b", "b"], 3),
        (CapText(column="text", characters=2), "text", [" a", "b", "b", None, "cc"], 2),
        (
            MapLabels(column="label", spellings=(("Yes", "yes"), ("NO!", "no"))),
            "label",
            ["yes", "yes", "yes", "no", "no"],
            2,
        ),
        (
            EditCells(
                edits=(
                    Edit(row=3, column="text", value="d"),
                    Edit(row=3, column="n", value=None),
                    Edit(row=4, column="n", value=1),
                )
            ),
            "n",
            ["10", "9", "9", None, 1],
            2,
        ),
        (RemoveRows(rows=(0, 3)), "text", ["b", "b", "cccc"], 2),
    ],
    ids=lambda each: described(each) if hasattr(each, "kind") else "",
)
def test_a_step_changes_what_it_says_and_counts_the_rows(step, column, values, touched):
    columns, counts = cleaned(step)
    assert (columns[column], counts) == (values, (touched,))


def test_steps_work_on_what_the_ones_before_left():
    columns, touched = cleaned(Trim(), DropMissing(), RemoveRows(rows=(1,)), CapRows(rows=1))
    assert touched == (1, 2, 1, 1)
    assert len(columns["text"]) == 1


def test_a_cap_is_seeded_and_keeps_the_order():
    many = dataset(n=list(range(100)))
    first, _ = cleaned(CapRows(rows=10, seed=1), raw=many)
    assert first["n"] == sorted(first["n"])
    assert first == cleaned(CapRows(rows=10, seed=1), raw=many)[0]
    assert first != cleaned(CapRows(rows=10, seed=2), raw=many)[0]
    assert cleaned(CapRows(rows=500), raw=many)[1] == (0,)


def test_the_raw_dataset_stays_and_the_cleaned_one_remembers_it():
    before = RAW.frame.to_dict("list")
    steps = (Trim(), DropMissing())
    made = clean(RAW, steps).dataset
    assert RAW.frame.to_dict("list") == before
    assert made.id != RAW.id
    assert recipe_of(made) == Recipe(source=RAW.id, steps=steps)
    assert made.origin == "Uploaded as tickets.csv; cleaned in 2 steps"
    assert recipe_of(RAW) is None


def test_the_steps_repeated_on_the_raw_dataset_give_the_cleaned_one():
    made = clean(RAW, (Trim(), Deduplicate(), CapRows(rows=2, seed=3))).dataset
    assert clean(RAW, recipe_of(made).steps).dataset.id == made.id


def test_leaving_out_the_last_step_undoes_it():
    steps = [Trim(), DropMissing(), CapRows(rows=1)]
    assert clean(RAW, steps[:-1]).dataset.id == clean(RAW, (Trim(), DropMissing())).dataset.id
    assert clean(RAW, []).dataset is RAW


def test_cleaning_a_cleaned_dataset_adds_to_its_steps():
    once = clean(RAW, (Trim(),)).dataset
    twice = clean(once, (DropMissing(),)).dataset
    assert recipe_of(twice) == Recipe(source=RAW.id, steps=(Trim(), DropMissing()))
    assert twice.origin == "Uploaded as tickets.csv; cleaned in 2 steps"


@pytest.mark.usefixtures("home")
def test_the_recipe_is_stored_with_the_dataset():
    made = clean(RAW, (Trim(), FillMissing(column="n", value=0))).dataset
    store = open_store()
    kept = store.dataset(store.put_dataset(made))
    assert (kept.id, recipe_of(kept)) == (made.id, recipe_of(made))
    assert Dataset.from_parquet(RAW.to_parquet(), name="x", origin="y").recipe is None


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (Trim(columns=("txt",)), "there is no column 'txt'; the columns are 'text', 'n', 'label'."),
        (Rename(column="n", to="text"), "there is a column 'text' already; choose another name."),
        (Rename(column="n", to=" "), "a column cannot be without a name."),
        (RemoveRows(rows=(5,)), "there is no row 6; it has 5 rows."),
        (RemoveRows(rows=(0, 1, 2, 3, 4)), "no row would be left."),
        (
            Filter(column="n", test="is at least", value="ten"),
            "'ten' is no number to compare with.",
        ),
        (
            EditCells(edits=(Edit(row=9, column="n", value=1),)),
            "there is no row 10; it has 5 rows.",
        ),
    ],
    ids=lambda each: described(each) if hasattr(each, "kind") else "",
)
def test_a_step_that_cannot_be_done_is_refused_by_its_number(step, message):
    with pytest.raises(DatasetError) as raised:
        clean(RAW, (Trim(), step))
    assert str(raised.value) == f"tickets.csv, step 2 ({described(step)}): {message}"


def test_steps_are_plain_data():
    steps = (Trim(), Filter(column="n", test="is", value="9"), RemoveRows(rows=(1,)))
    of_steps = TypeAdapter(tuple[Step, ...])
    assert of_steps.validate_json(of_steps.dump_json(steps)) == steps
    with pytest.raises(ValidationError):
        of_steps.validate_json('[{"kind": "run_code", "code": "1"}]')


def test_spellings_that_differ_in_case_and_punctuation_are_suggested():
    values = ["yes", "yes", "Yes", " YES!", "no", "No", "no", "???", 5, None]
    assert dict(similar_spellings(values)) == {"Yes": "yes", " YES!": "yes", "No": "no"}
    assert similar_spellings(["a", "b"]) == ()


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from(["a", " a", "b", None]), st.integers(0, 3)), min_size=1
    ),
    steps=st.lists(
        st.sampled_from([Trim(), DropMissing(), Deduplicate(), CapRows(rows=3)]), max_size=4
    ),
)
def test_what_is_left_and_what_was_dropped_add_up(rows, steps):
    raw = dataset(text=[text for text, _ in rows], n=[n for _, n in rows])
    try:
        made = clean(raw, steps)
    except DatasetError as error:
        assert "no row would be left" in str(error)  # noqa: PT017
        return
    pairs = zip(steps, made.touched, strict=True)
    dropped = sum(count for step, count in pairs if step.kind != "trim")
    assert len(made.dataset.frame) + dropped == len(rows)
    assert made.dataset.frame["n"].isin([n for _, n in rows]).all()
