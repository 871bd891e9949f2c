"""One card per entrant: its score, what one run of the program takes, how long its prompt is."""

from dataclasses import dataclass

from core.comparison.entrants import PARTS, CandidateExtract, Entrant, LineUp
from core.evaluation.statistics import Mean, mean
from core.results.run_results import CandidateTexts
from core.runs.costs import CHARACTERS, demo_tokens


@dataclass(frozen=True, kw_only=True)
class Head:
    """What is known of one entrant as a whole."""

    entrant: Entrant
    label: str
    run_name: str
    model: str
    """The task model of its run."""
    is_baseline: bool
    shared: Mean | None
    """Over the examples that all entrants have a score on: fit to be compared. None without any."""
    own: Mean | None
    """Over all its own examples of the part; None without any."""
    failed: int
    """Its examples of the part whose last attempt failed; they are in no mean."""
    seconds: float | None
    """Mean time of one run of the program; None when every run was helped by a cache."""
    cost_usd: float | None
    """Mean price of one run of the program; None when it is not known."""
    input_tokens: float | None
    """Mean tokens that one run sent, as the model counted them; None when it told none."""
    timed: int
    """Runs that time, price and tokens are means of: with a score, and without help of a cache."""
    prompt_tokens: int
    """Instructions and demos of all predictors, estimated at four characters per token."""
    held_out: Mean | None
    """Over its held-out examples, whatever the part; None without any."""
    caution: str | None
    """Why its score is not to be taken at face value; None when it is."""


def heads(line_up: LineUp) -> tuple[Head, ...]:
    """One head per entrant, in their order."""
    return tuple(_head(line_up, place) for place in range(len(line_up.entrants)))


def prompt_tokens(texts: CandidateTexts) -> int:
    """About how many tokens instructions and demos of all predictors take."""
    instructions = sum(map(len, texts.instructions.values())) / CHARACTERS
    return round(instructions + sum(map(demo_tokens, texts.demos.values())))


def caution(line_up: LineUp, place: int) -> str | None:
    """What to beware of in this entrant's score; None when there is nothing.

    The best of many candidates looks better on the examples that chose it than it is (the winner's
    curse), so a held-out score stands beside it where there is one.
    """
    candidate, run = line_up.candidates[place], line_up.runs[place]
    chosen_from = len(run.looked_at["validation"])
    if line_up.part != "validation" or candidate.is_baseline or chosen_from <= 2:
        return None
    said = (
        f"The search chose among {chosen_from:,} candidates by these validation examples, so the "
        f"score of {line_up.labels[place]} on them flatters it."
    )
    held_out = candidate.mean("test")
    if held_out is None:
        return f"{said} It has no held-out score yet."
    return f"{said} On {held_out.n:,} held-out examples: {in_percent(held_out)}."


def in_percent(value: Mean) -> str:
    """`84.0 % (95 %: 77.1 to 89.2)`."""
    return f"{100 * value.value:.1f} % (95 %: {100 * value.low:.1f} to {100 * value.high:.1f})"


def part_in_words(line_up: LineUp) -> str:
    """`250 shared validation examples`."""
    count = int(line_up.shared.sum())
    return f"{count:,} shared {PARTS[line_up.part]} example{'' if count == 1 else 's'}"


def _head(line_up: LineUp, place: int) -> Head:
    candidate, run = line_up.candidates[place], line_up.runs[place]
    shared, own = line_up.scores[line_up.shared, place], line_up.scores_of(place)
    seconds, cost, tokens = _taken(candidate)
    return Head(
        entrant=line_up.entrants[place],
        label=line_up.labels[place],
        run_name=run.config.name,
        model=run.config.task_model.label,
        is_baseline=candidate.is_baseline,
        shared=mean(shared.tolist()) if len(shared) else None,
        own=mean(own.tolist()) if len(own) else None,
        failed=sum(each is not None for each in line_up.failures[:, place]),
        seconds=seconds,
        cost_usd=cost,
        input_tokens=tokens,
        timed=candidate.spent.runs,
        prompt_tokens=prompt_tokens(candidate.texts),
        held_out=candidate.mean("test"),
        caution=caution(line_up, place),
    )


def _taken(candidate: CandidateExtract) -> tuple[float | None, float | None, float | None]:
    """Seconds, dollars and input tokens of one run of the program."""
    spent, usage = candidate.spent, candidate.spent.usage
    if not spent.runs:
        return None, None, None
    return (
        spent.seconds / spent.runs,
        usage.cost_usd / spent.runs if usage.priced else None,
        usage.input_tokens / spent.runs if usage.input_tokens else None,
    )
