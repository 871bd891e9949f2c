"""The Playground's bench: candidates with edited instructions, asked about one input.

Plain values and threads, no Streamlit and no store: what is asked here is written nowhere.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass, field, replace

import dspy

from core.data.dataset import Example
from core.errors import ProgramError
from core.evaluation.evaluator import ExampleResult, Trace, evaluate_example
from core.evaluation.metrics import Metric
from core.programs.candidate import Candidate, Demo, program_with
from core.runs.preparation import Task

MOST_COLUMNS = 3
MOST_KEPT = 60
"""Answers that one tab keeps, the newest ones."""
PATIENCE = 180.0
"""Seconds after which a column is given up; each call to the model has its own, shorter limit."""

UNSCORED = Metric(
    name="none",
    title="No score",
    description="For an input to which no answer is known.",
    field_score=lambda expected, given: 0.0,
)


@dataclass(frozen=True, kw_only=True)
class Taken:
    """The input that every column is asked about."""

    example: Example
    """Without expected answers its outputs are all None."""
    part: str | None
    """The part of the data that it comes from; None where a person typed it."""

    @property
    def is_scored(self) -> bool:
        """Whether an answer is known, so that there can be a score."""
        return self.part is not None


@dataclass(frozen=True, kw_only=True)
class Column:
    """A candidate in play: its own texts, and what a person made of its instructions."""

    uid: int
    """Tells two columns of the same candidate apart."""
    candidate: Candidate
    label: str
    """`C0 (baseline)`, `C1`, …"""
    own: Mapping[str, str]
    """Predictor → the candidate's own instruction."""
    instructions: Mapping[str, str]
    """Predictor → the instruction as it is asked with."""
    demos: Mapping[str, Sequence[Demo]]

    @property
    def changed(self) -> tuple[str, ...]:
        """Predictors whose instruction is no longer the candidate's own."""
        return tuple(name for name, own in self.own.items() if self.instructions[name] != own)

    @property
    def empty(self) -> tuple[str, ...]:
        """Predictors that are told nothing; such a column is not asked."""
        return tuple(name for name, text in self.instructions.items() if not text.strip())

    @property
    def title(self) -> str:
        """How the column is called."""
        return f"{self.label}, edited" if self.changed else self.label

    @property
    def unedited(self) -> "Column":
        """The candidate as it is."""
        return replace(self, instructions=self.own)

    def key(self, taken: Taken) -> str:
        """Equal for equal questions, whichever column asks."""
        demos = {name: choice.demo_set for name, choice in self.candidate.choices.items()}
        asked = [dict(self.instructions), demos, taken.example.id, taken.example.inputs, taken.part]
        text = json.dumps(asked, sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came of one column. Either `result` or `problem` is None."""

    result: ExampleResult | None = None
    problem: str | None = None
    """Why it could not even be tried, in words."""
    scored: bool = False

    @property
    def trace(self) -> Trace | None:
        """What happened, as far as it got."""
        return self.result.trace if self.result else None

    @property
    def score(self) -> float | None:
        """A fraction; None for a failure, or where no answer was expected."""
        return self.result.score if self.result and self.scored else None


@dataclass(frozen=True, kw_only=True)
class _Asked:
    future: Future[Answer]
    since: float


@dataclass(kw_only=True)
class Bench:
    """What one tab has asked of one run's candidates. Times are on the monotonic clock."""

    answers: dict[str, Answer] = field(default_factory=dict)
    repetition: int = 0
    """How often the model was to be asked afresh."""
    _asked: dict[str, _Asked] = field(default_factory=dict)

    def ask(self, pool: Executor, key: str, work: Callable[[], Answer], now: float) -> None:
        """Have this question answered, unless it is being asked already."""
        if key not in self._asked:
            self.answers.pop(key, None)
            self._asked[key] = _Asked(future=pool.submit(work), since=now)

    def asking(self, key: str, now: float) -> float | None:
        """Seconds since the question was asked; None while nobody works on it."""
        asked = self._asked.get(key)
        return None if asked is None else now - asked.since

    def collect(self, now: float, patience: float = 0.0) -> bool:
        """Take in what has been answered, after waiting a little; True while something is open."""
        wait([each.future for each in self._asked.values()], timeout=patience)
        for key, each in list(self._asked.items()):
            if each.future.done():
                self._keep(key, _outcome(each.future))
            elif now - each.since > PATIENCE:
                each.future.cancel()
                self._keep(key, Answer(problem=_TOO_LONG))
        return bool(self._asked)

    def _keep(self, key: str, answer: Answer) -> None:
        del self._asked[key]
        self.answers[key] = answer
        for oldest in list(self.answers)[:-MOST_KEPT]:
            del self.answers[oldest]


def answer(task: Task, column: Column, taken: Taken, *, lm: dspy.LM, repetition: int = 0) -> Answer:
    """What the program makes of the input under the column's texts, now and in this thread.

    `repetition` above 0 asks the model afresh instead of repeating an answer of its cache.
    """
    try:
        program = program_with(task.program, column.instructions, column.demos)
    except ProgramError as error:
        return Answer(problem=str(error))
    result = evaluate_example(
        program,
        taken.example,
        metric=task.metric if taken.is_scored else UNSCORED,
        lm=lm,
        repetition=repetition,
    )
    return Answer(result=result, scored=taken.is_scored)


_TOO_LONG = (
    f"No answer within {PATIENCE:.0f} seconds, so nobody waits for it any more. The model or the "
    "program may hang; run again later."
)


def _outcome(future: Future[Answer]) -> Answer:
    error = future.exception()
    if error is not None:
        return Answer(problem=f"{type(error).__name__}: {error}")
    return future.result()
