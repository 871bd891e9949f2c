import pytest

from core.data.dataset import FieldMapping
from core.errors import ConfigError
from core.programs.fields import field_names
from core.programs.registry import template
from core.programs.template import TemplateField
from dashboard.draft import Draft, field_mapping, suggested_columns

QUESTION = TemplateField(name="question", description="What is asked")
CONTEXT = TemplateField(name="context", description="Where the answer is")


def test_columns_become_field_names_that_dspy_takes():
    columns = [
        "petal length (cm)",
        "petal_length_cm",
        "2nd",
        "!!",
        "instructions",
        "reasoning",
        "ok",
    ]
    assert field_names(columns) == {
        "petal_length_cm": "petal length (cm)",
        "petal_length_cm_2": "petal_length_cm",
        "field_2nd": "2nd",
        "field": "!!",
        "instructions_column": "instructions",
        "reasoning_column": "reasoning",
        "ok": "ok",
    }


def test_odd_columns_make_a_program_that_can_be_built():
    columns = ["class", "from", "json", "copy", "_x", "model_config", "schema", "reasoning"]
    chosen = template("classification")
    program = chosen.build(chosen.checked_setup(inputs=list(field_names(columns)), outputs=["y"]))
    assert len(program.predictors()) == 1


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (["id", "Question", "context"], {"question": "Question", "context": "context"}),
        (["questions", "contexts"], {"question": "questions", "context": "contexts"}),
        (["a", "b"], {"question": "a", "context": "b"}),
        (["context"], {"question": None, "context": "context"}),
        (["question"], {"question": "question", "context": None}),
    ],
    ids=[
        "equal names",
        "similar names",
        "the chosen ones in order",
        "one short",
        "the other short",
    ],
)
def test_each_field_gets_the_column_that_fits_its_name(columns, expected):
    assert suggested_columns([QUESTION, CONTEXT], ["a", "b"], columns) == expected


def test_a_mapping_needs_a_column_for_every_field_and_none_on_both_sides():
    assert field_mapping({"question": "q"}, {"answer": "a"}) == FieldMapping(
        inputs={"question": "q"}, outputs={"answer": "a"}
    )
    assert field_mapping({"question": None}, {"answer": "a"}) is None
    assert field_mapping({"question": "q"}, {"answer": "q"}) is None
    assert field_mapping({}, {"answer": "a"}) is None


def test_another_dataset_or_program_starts_the_mapping_afresh():
    mapping = FieldMapping(inputs={"text": "text"}, outputs={"label": "label"})
    classification = template("classification")
    draft = Draft().with_dataset("d1", "one", inputs=["text"], outputs=["label"])
    draft = draft.with_program(classification).changed(mapping=mapping, seed=3)
    assert draft.with_program(classification).mapping == mapping
    assert draft.with_columns(["text"], ["label"]).mapping == mapping
    assert draft.with_columns(["other"], ["label"]).mapping is None
    other = draft.with_program(template("multi_hop_qa"))
    assert (other.mapping, other.metric, other.seed) == (None, "exact_match", 3)
    assert draft.with_dataset("d2", "two", inputs=["a"], outputs=["b"]).mapping is None
    assert draft.without_dataset().dataset is None


def test_a_draft_says_what_is_missing_first():
    draft = Draft()
    assert "dataset" in str(draft.missing)
    draft = draft.with_dataset("d1", "one", inputs=[], outputs=["label"])
    assert "columns" in str(draft.missing)
    draft = draft.with_columns(["text"], ["label"])
    assert "program" in str(draft.missing)
    draft = draft.with_program(template("classification"))
    assert "Map every" in str(draft.missing)
    with pytest.raises(ConfigError, match="Map every"):
        draft.config(title="Classification")
    mapped = draft.changed(mapping=FieldMapping(inputs={"text": "text"}, outputs={"y": "label"}))
    assert mapped.missing is None
    assert mapped.config(title="Classification").name == "Classification on one"
    assert mapped.changed(name="  Mine ").config(title="Classification").name == "Mine"


def test_a_draft_wants_a_review_and_its_locks_go_with_the_program():
    draft = Draft(locks={"p": ("x",), "q": ()})
    assert draft.review
    assert draft.changed(program="other").with_program(template("classification")).locks == {}
