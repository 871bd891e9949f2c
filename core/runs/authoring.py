"""What people write or ask for themselves, checked before it is recorded.

The checks look at the run as it is now. Deliberately not here: decisions that need no check.
"""

from collections.abc import Sequence
from typing import Literal

from core.errors import ConfigError
from core.programs.candidate import Candidate, Demo, demo_set_id, instruction_id
from core.programs.predictors import PredictorInfo
from core.proposal.locks import missing_spans
from core.runs.choices import is_known, is_sound
from core.runs.decisions import (
    LONGEST_COMMENT,
    MOST_REPEATS,
    AnswerRated,
    CandidateQueued,
    DemoSetAdded,
    EvaluationRequested,
    ExamplePart,
    InstructionAdded,
    SpansLocked,
)
from core.runs.state import RunState, row

LONGEST = 20_000
"""Characters of an instruction."""
MOST_DEMOS = 64


def written_instruction(
    state: RunState, predictor: str, text: str, *, by: str, parent: str | None = None
) -> InstructionAdded:
    """The decision that adds this text to the predictor's instructions.

    Raises:
        ConfigError: it is empty, too long, there already, or lacks a locked span.
    """
    info, text = _info(state, predictor), text.strip()
    if not text:
        raise ConfigError(f"{info.name}: an instruction needs some text.")
    if len(text) > LONGEST:
        raise ConfigError(
            f"{info.name}: the instruction has {len(text):,} characters; at most {LONGEST:,} fit."
        )
    if lost := missing_spans(text, state.steering.locks.get(predictor, ())):
        raise ConfigError(
            f"{info.name}: the locked text {lost[0]!r} is missing. Put it in word for word, or "
            "unlock it first."
        )
    known = state.instructions.get(predictor, {}).get(instruction_id(text))
    if known is not None:
        raise ConfigError(f"{info.name}: instruction {known.number} says exactly this already.")
    return InstructionAdded(
        by=by, predictor=predictor, id=instruction_id(text), text=text, parent=parent
    )


def made_demo_set(
    state: RunState, predictor: str, demos: Sequence[Demo], *, by: str, parent: str | None = None
) -> DemoSetAdded:
    """The decision that adds these demonstrations as a demo set of the predictor.

    Raises:
        ConfigError: there are none or too many, one has unknown fields or lacks an output, or
            the set is there already.
    """
    info = _info(state, predictor)
    if not 1 <= len(demos) <= MOST_DEMOS:
        raise ConfigError(f"{info.name}: a demo set has 1 to {MOST_DEMOS} demos, not {len(demos)}.")
    for number, demo in enumerate(demos, 1):
        _check_demo(info, demo, number)
    made = tuple(demos)
    ids = list(state.demo_sets.get(predictor, {}))
    if demo_set_id(made) in ids:
        place = ids.index(demo_set_id(made))
        raise ConfigError(f"{info.name}: demo set {place} has exactly these demos already.")
    return DemoSetAdded(by=by, predictor=predictor, id=demo_set_id(made), demos=made, parent=parent)


def locked_spans(state: RunState, predictor: str, spans: Sequence[str], *, by: str) -> SpansLocked:
    """The decision that makes these, and no others, the locked texts of the predictor.

    Raises:
        ConfigError: a span is not in the predictor's own instruction.
    """
    info = _info(state, predictor)
    kept = tuple(dict.fromkeys(span.strip() for span in spans if span.strip()))
    if strange := missing_spans(info.instruction, kept):
        raise ConfigError(
            f"{info.name}: {strange[0]!r} is not in the program's own instruction. Copy the text "
            "to be locked from there."
        )
    return SpansLocked(by=by, predictor=predictor, spans=kept)


def queued_candidate(
    state: RunState, candidate: Candidate, *, by: str, examples: int | None = None
) -> CandidateQueued:
    """The decision that has this candidate evaluated before the search goes on.

    Raises:
        ConfigError: it uses something rejected, unknown, or without a locked span.
    """
    if not is_sound(state, candidate):
        raise ConfigError(
            "This candidate cannot be queued: it uses an instruction or demo set that was "
            "rejected, is unknown, or lacks a locked text."
        )
    return CandidateQueued(by=by, candidate=candidate, examples=examples)


def requested_evaluation(
    state: RunState,
    candidates: Sequence[str | Candidate],
    *,
    by: str,
    part: ExamplePart,
    examples: int | None = None,
    repeats: int = 1,
    max_calls: int | None = None,
) -> EvaluationRequested:
    """The decision that has these candidates evaluated, those tried named by their ids.

    Raises:
        ConfigError: a candidate is unknown, there are no such examples, or a number is impossible.
    """
    found = {each.id: each for each in (_candidate(state, named) for named in candidates)}
    if not found:
        raise ConfigError("Choose at least one candidate to evaluate.")
    if state.sizes[1 if part == "validation" else 2] == 0:
        raise ConfigError(f"The run has no {part} examples.")
    if not 1 <= repeats <= MOST_REPEATS:
        raise ConfigError(f"Each example can run 1 to {MOST_REPEATS} times, not {repeats}.")
    for what, number in (("examples", examples), ("max_calls", max_calls)):
        if number is not None and number < 1:
            raise ConfigError(f"{what}: give 1 or more, not {number}.")
    return EvaluationRequested(
        by=by,
        candidates=tuple(found.values()),
        part=part,
        examples=examples,
        repeats=repeats,
        max_calls=max_calls,
    )


def rated_answer(
    state: RunState,
    candidate: str,
    example: str,
    *,
    by: str,
    part: ExamplePart,
    thumbs: Literal["up", "down"] | None = None,
    score: float | None = None,
    comment: str = "",
) -> AnswerRated:
    """The decision that says what a person thinks of an answer; nothing said takes it back.

    Raises:
        ConfigError: the candidate has no answer to the example, the score is not in [0, 1], or the
            comment is too long.
    """
    kept = state.test_results if part == "test" else state.results
    if example not in kept.get(candidate, {}):
        raise ConfigError(
            f"The candidate has no answer on {part} {row(example)} yet; only answers can be rated."
        )
    if score is not None and not 0.0 <= score <= 1.0:
        raise ConfigError(f"A score is a number from 0 to 1, not {score}.")
    comment = comment.strip()
    if len(comment) > LONGEST_COMMENT:
        raise ConfigError(
            f"The comment has {len(comment):,} characters; at most {LONGEST_COMMENT:,} fit."
        )
    return AnswerRated(
        by=by,
        candidate=candidate,
        example=example,
        part=part,
        thumbs=thumbs,
        score=score,
        comment=comment,
    )


def _candidate(state: RunState, named: str | Candidate) -> Candidate:
    found = state.candidates.get(named) if isinstance(named, str) else named
    if found is None:
        raise ConfigError(f"The run has tried no candidate {named!r}.")
    if not is_known(state, found):
        raise ConfigError(
            "This candidate cannot be evaluated: it uses an instruction or demo set that the run "
            "does not have."
        )
    return found


def _info(state: RunState, predictor: str) -> PredictorInfo:
    for info in state.predictors:
        if info.name == predictor:
            return info
    names = ", ".join(info.name for info in state.predictors) or "none yet"
    raise ConfigError(f"The run has no predictor {predictor!r}; it has: {names}.")


def _check_demo(info: PredictorInfo, demo: Demo, number: int) -> None:
    unknown = [name for name in demo if name not in info.fields]
    if unknown:
        raise ConfigError(
            f"{info.name}, demo {number}: the predictor has no field {unknown[0]!r}; "
            f"its fields are {', '.join(info.fields)}."
        )
    answers = [each.name for each in info.outputs if str(demo.get(each.name, "")).strip()]
    if not answers:
        outputs = ", ".join(each.name for each in info.outputs)
        raise ConfigError(f"{info.name}, demo {number}: it shows no answer ({outputs}).")
