"""All that a report says, as plain values. HTML and Markdown are two ways to write it down.

Scores are fractions, times seconds since the epoch. Texts from data, models and people are as they
came, except that long ones are cut; who writes them down escapes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from core.evaluation.label_scores import MacroF1
from core.evaluation.statistics import Mean, PairedDifference

ReportKind = Literal["html", "md"]
PartName = Literal["held-out", "validation"]
Tone = Literal["better", "worse", "open"]
"""`open`: nothing is shown, or nothing is known yet."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """A value with its name."""

    name: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What was optimized, on what, with what."""

    program: str
    """Title of the program's template."""
    program_text: str
    predictors: tuple[str, ...]
    """Names of the steps, in the program's order."""
    dataset: str
    dataset_id: str
    inputs: tuple[str, ...]
    """Columns."""
    outputs: tuple[str, ...]
    sizes: tuple[int, int, int]
    """Examples in trainset, valset and testset; zeros before the run began."""
    metric: str
    metric_text: str
    judges: tuple[str, ...]
    """Models that judged each answer; none for most metrics."""
    task_model: str
    prompt_model: str
    simulated: str | None
    """In one or two sentences what is simulated; None when real models answered."""
    optimizer: str
    optimizer_text: str


@dataclass(frozen=True, kw_only=True)
class PartScores:
    """Baseline and best on one part of the examples."""

    part: PartName
    before: Mean | None
    after: Mean | None
    """None where the part was not scored, or there is no best besides the baseline."""
    difference: PairedDifference | None
    """Best minus baseline on the examples that both have scores for."""
    words: str | None
    """The difference as a sentence."""
    improved: int
    worse: int
    same: int
    """Examples that both have scores for, by what became of their score."""


@dataclass(frozen=True, kw_only=True)
class LabelLine:
    """How often one expected label was answered right."""

    label: str
    before: Mean | None
    after: Mean | None


@dataclass(frozen=True, kw_only=True)
class LabelTable:
    """Scores over a whole part of the examples, where the answers are labels."""

    part: PartName
    before: MacroF1 | None
    after: MacroF1 | None
    lines: tuple[LabelLine, ...]
    words: str
    """What these numbers are, and what was optimized instead."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What came of the run, in words that need no table."""

    headline: str
    tone: Tone
    sentences: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A stretch of text that two texts share or do not."""

    kind: Literal["same", "gone", "new"]
    text: str


@dataclass(frozen=True, kw_only=True)
class PromptChange:
    """What one predictor is told and shown, before and after."""

    predictor: str
    before: str
    after: str
    pieces: tuple[Piece, ...]
    """Of both texts, in order."""
    origin: str
    """Who wrote the instruction, as half a sentence."""
    demos: tuple[tuple[Field, ...], ...]
    demos_hidden: int
    """Further demos that are not listed."""
    demos_before: int
    demos_origin: str
    lengths: tuple[int, int]
    """Characters of instruction and demos, before and after."""

    @property
    def is_changed(self) -> bool:
        """Whether the instruction is another one."""
        return self.before != self.after

    @property
    def demo_count(self) -> int:
        """Demos after."""
        return len(self.demos) + self.demos_hidden


@dataclass(frozen=True, kw_only=True)
class ExampleCase:
    """One example, answered before and after."""

    name: str
    """`Row 13`."""
    part: PartName
    inputs: tuple[Field, ...]
    """Empty where the dataset is gone."""
    expected: tuple[Field, ...]
    before: tuple[Field, ...]
    """The answer; empty where it was not kept."""
    after: tuple[Field, ...]
    before_score: float
    after_score: float


@dataclass(frozen=True, kw_only=True)
class Cases:
    """Examples whose score changed one way, the largest change first, held-out ones first."""

    shown: tuple[ExampleCase, ...]
    hidden: int
    """Further ones that are left out."""


@dataclass(frozen=True, kw_only=True)
class HistoryPoint:
    """A candidate that was tried on every validation example."""

    trial: int
    label: str
    mean: Mean
    led_by: float
    """Mean of the best candidate up to this one."""
    is_best: bool


@dataclass(frozen=True, kw_only=True)
class CreditShare:
    """How much of the differences between candidates one part explains."""

    name: str
    share: float


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What one choice of the best candidate adds, by the search's own estimate."""

    name: str
    points: float
    low: float
    high: float
    """Ends of a 90 % interval; all three in percentage points."""


@dataclass(frozen=True, kw_only=True)
class PutBack:
    """What is lost when a part of the best candidate is put back to the original, as measured."""

    name: str
    points: float
    low: float
    high: float
    """Ends of a 95 % interval; all three in percentage points."""
    n: int


@dataclass(frozen=True, kw_only=True)
class Credit:
    """What mattered."""

    shares: tuple[CreditShare, ...]
    effects: tuple[Effect, ...]
    put_back: tuple[PutBack, ...]


@dataclass(frozen=True, kw_only=True)
class Search:
    """How the result was found."""

    candidates: int
    trials: int
    history: tuple[HistoryPoint, ...]
    baseline: Mean | None
    full_count: int
    """Candidates tried on every validation example, those not in `history` included."""


@dataclass(frozen=True, kw_only=True)
class CostLine:
    """One model, or both."""

    name: str
    calls: int
    cached: int
    input_tokens: int
    output_tokens: int
    usd: float | None
    """None when the price is not known."""


@dataclass(frozen=True, kw_only=True)
class Course:
    """When it ran and what it took."""

    started: float | None
    ended: float | None
    worked_seconds: float
    costs: tuple[CostLine, ...]
    """Task model, prompt model, judge where there is one, together."""
    cap: int | None


@dataclass(frozen=True, kw_only=True)
class DecisionLine:
    """What a person decided."""

    at: float
    words: str


@dataclass(frozen=True, kw_only=True)
class Caveat:
    """Something that a careful reader should know."""

    title: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    """How to do it again."""

    command: str
    notes: tuple[str, ...]
    """What the command does not carry, and what else keeps a second run from being the same."""
    seed: int
    versions: Mapping[str, str]
    """Of the software that wrote the report."""
    settings: str
    """All settings as JSON."""


@dataclass(frozen=True, kw_only=True)
class ReportData:
    """A report."""

    run_id: str
    title: str
    status: str
    """`finished`, `running`, …"""
    status_text: str
    """The status as a sentence."""
    written: float
    label: str | None
    """Short name of the best candidate, `C7`; None without one besides the baseline."""
    setting: Setting
    verdict: Verdict
    parts: tuple[PartScores, ...]
    """Held-out first; only those with at least one score."""
    labels: LabelTable | None
    """Of the first part; None where the outputs are no labels, or no answer was kept."""
    prompts: tuple[PromptChange, ...]
    improved: Cases
    worse: Cases
    search: Search
    credit: Credit
    course: Course
    decisions: tuple[DecisionLine, ...]
    decisions_hidden: int
    caveats: tuple[Caveat, ...]
    reproduction: Reproduction
