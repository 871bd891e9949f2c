"""What people think of single answers: their newest word on each counts."""

from collections.abc import MutableMapping

from core.runs.decisions import AnswerRated
from core.runs.parts import Rating, RatingKey


def key_of(said: AnswerRated) -> RatingKey:
    """Who judged which answer."""
    return RatingKey(said.by, said.candidate, said.part, said.example)


def rate(ratings: MutableMapping[RatingKey, Rating], said: AnswerRated) -> None:
    """Take one more judgement in; an empty one takes the earlier one back."""
    if said.is_empty:
        ratings.pop(key_of(said), None)
        return
    ratings[key_of(said)] = Rating(
        **key_of(said)._asdict(),
        thumbs=said.thumbs,
        score=said.score,
        comment=said.comment,
        at=said.at,
    )
