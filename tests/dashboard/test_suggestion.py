import pandas as pd
import pytest

from core.data.dataset import Dataset
from core.data.profile import profile, suggested_mapping
from core.programs.registry import templates
from dashboard.suggestion import suggested_program

LONG = "Because the lake lies higher than the town and the water runs down by itself, "


def suggested(columns):
    """Program and metric for these columns, by name."""
    found = profile(Dataset(name="d", origin="o", frame=pd.DataFrame(columns)))
    mapping = suggested_mapping(found)
    made = suggested_program(found, *mapping)
    assert made.program in templates()
    return (made.program, made.metric), mapping.inputs, mapping.outputs


@pytest.mark.parametrize(
    ("columns", "program", "inputs", "outputs"),
    [
        ({"Antwort": [f"so {n}" for n in range(40)], "Frage": [f"was {n}?" for n in range(40)]},
         ("free_answer", "exact_match"), ["Frage"], ["Antwort"]),
        ({"Nr": range(40), "Fråga": [f"v {n}" for n in range(40)],
          "Fritt": [f"{LONG}{n}" for n in range(40)]},
         ("free_answer", "f1"), ["Fråga"], ["Fritt"]),
        ({"Meldung": [f"m {n}" for n in range(40)], "Ziel": ["a", "b"] * 20},
         ("classification", "exact_match"), ["Meldung"], ["Ziel"]),
        ({"text": [f"m {n}" for n in range(40)], "stars": [str(n % 5) for n in range(40)]},
         ("classification", "exact_match"), ["text"], ["stars"]),
        ({"flat": [f"m {n}" for n in range(40)], "price": [n * 1.5 for n in range(40)]},
         ("free_answer", "number"), ["flat"], ["price"]),
        ({"mail": [f"m {n}" for n in range(9)], "order": [{"n": n} for n in range(9)]},
         ("free_answer", "json_fields"), ["mail"], ["order"]),
        ({"context": [f"{LONG}{n}" for n in range(9)], "question": [f"q{n}" for n in range(9)],
          "answer": [f"{LONG}{n}" for n in range(9)]},
         ("question_answering", "f1"), ["context", "question"], ["answer"]),
    ],
    ids=["questions", "free text", "labels", "few numbers", "numbers", "objects", "with a context"],
)  # fmt: skip
def test_a_program_and_a_metric_that_fit_are_suggested(columns, program, inputs, outputs):
    assert suggested(columns) == (program, inputs, outputs)


def test_nothing_is_suggested_without_inputs_or_for_columns_that_are_not_there():
    found = profile(Dataset(name="d", origin="o", frame=pd.DataFrame({"a": ["x"], "b": ["y"]})))
    assert suggested_program(found, [], ["b"]) is None
    assert suggested_program(found, ["gone"], ["b"]) is None
