import json
from enum import StrEnum

import dspy
from pydantic import BaseModel, Field

from tests.core.lm.offline_prompts import answer_of


class Size(StrEnum):
    SMALL = "small"
    LARGE = "large"


class Parcel(BaseModel):
    sender: str
    weight: float = Field(description="in kilos")
    pieces: int
    fragile: bool
    size: Size


SIGNATURE = dspy.Signature("text -> parcel").with_updated_fields("parcel", type_=Parcel)
DEMOS = [
    {
        "text": "Parcel from Ada Stone: 3 pieces, 4.5 kilos, a large box. Handle with care.",
        "parcel": {
            "sender": "Ada Stone",
            "weight": 4.5,
            "pieces": 3,
            "fragile": True,
            "size": "large",
        },
    },
    {
        "text": "Parcel from Bo Reed: 12 pieces, 0.5 kilos, a small box. Throw it if you like.",
        "parcel": {"sender": "Bo Reed", "weight": 0.5, "pieces": 12, "fragile": False,
                   "size": "small"},
    },
]  # fmt: skip
TEXT = "Hello. Parcel from Cy Marsh: 7 pieces, 2.25 kilos, a large box. Handle with care. Bye."


def test_an_object_is_valid_json_of_the_type_that_is_asked_for():
    found = json.loads(answer_of(SIGNATURE, text=TEXT)["parcel"])
    assert Parcel.model_validate(found)


def test_demonstrations_teach_where_the_values_stand():
    found = json.loads(answer_of(SIGNATURE, DEMOS, text=TEXT)["parcel"])
    assert found == {
        "sender": "Cy Marsh",
        "weight": 2.25,
        "pieces": 7,
        "fragile": True,
        "size": "large",
    }


def test_an_empty_text_gives_an_object_all_the_same():
    found = json.loads(answer_of(SIGNATURE, text="")["parcel"])
    assert Parcel.model_validate(found).pieces == 0


def test_a_dictionary_of_anything_is_no_object_with_properties():
    assert answer_of("text -> found: dict[str, str]", text="x")["found"] == "{}"
