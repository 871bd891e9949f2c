"""Requests of people to evaluate candidates, whatever the optimizer, in a run or after its end.

What is missing runs in trials of the request; runs of an example besides the ordinary one belong to
no trial. Candidates keep pace with each other, so that what a bound cuts short can be compared.
Deliberately not here: queued candidates and pinned choices (`core.optimizers.asked`).
"""

from collections.abc import Container, Iterator, Sequence
from itertools import chain, zip_longest

from core.optimizers.actions import Repeat, Score, Slots
from core.optimizers.trials import ended, pending_examples, scoring_actions, trial_started
from core.programs.candidate import Candidate
from core.runs.evaluations import (
    MissingRepeat,
    covered,
    ids_of,
    missing_repeats,
    missing_results,
    runs_missing,
)
from core.runs.events import (
    EvaluationEnd,
    EvaluationFinished,
    EvaluationStarted,
    Event,
    Purpose,
    TrialFinished,
    TrialStarted,
)
from core.runs.parts import Evaluation, Trial
from core.runs.preparation import Task
from core.runs.state import RunState
from core.runs.wishes import had_full_evaluation

Pairs = Sequence[tuple[str, str]]
"""(candidate, example)."""


class Evaluating:
    """What people want evaluated. Keeps nothing but what can never change in the state."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._fronts: dict[tuple[object, ...], list[int]] = {}
        """Request and candidates → for each repeat, 0 for the ordinary results, how many of the
        examples have them under all candidates: those need no second look."""
        self._val = tuple(example.id for example in task.val)
        self._calls = task.template.calls_per_run

    def next_events(self, state: RunState, slots: Slots, spare: int | None) -> list[Event]:
        """Takes requests up, starts their trials, ends what is done or has no room left.

        `spare` are the LM calls that all requests together may still commit to; None for any
        number. What it does not suffice for waits.
        """
        for evaluation in state.steering.open_evaluations:
            if evaluation.examples is None:
                examples = covered(self._task, evaluation.said)
                missing = runs_missing(state, evaluation.said, examples)
                number = evaluation.number
                return [EvaluationStarted(request=number, examples=examples, missing=missing)]
            if events := self._progress(state, evaluation, slots, spare):
                return events
        return []

    def actions(self, state: RunState, slots: Slots, spare: int | None) -> list[Score | Repeat]:
        """As many runs as there are slots for, none of them in flight yet."""
        found: dict[str, Score | Repeat] = {}
        repeats = None if spare is None else spare // self._calls
        for evaluation in state.steering.open_evaluations:
            room = self._room(state, evaluation, slots)
            for action in self._unstarted(state, evaluation, slots):
                if len(found) >= slots.free or room == 0:
                    break
                if isinstance(action, Repeat) and repeats is not None:
                    if repeats <= 0:
                        break
                    repeats -= 1
                if action.key not in found:
                    found[action.key] = action
                    room = None if room is None else room - 1
        return list(found.values())

    def committed(self, state: RunState, slots: Slots) -> int:
        """LM calls that trials of open requests will still take, those in flight left out."""
        return self._calls * sum(
            f"score {trial.candidate} {example}" not in slots.busy
            for evaluation in state.steering.open_evaluations
            for trial in _trials_of(state, evaluation)
            for example, _ in pending_examples(state, trial)
        )

    def closed_trials(self, state: RunState) -> list[TrialFinished]:
        """The ends of open trials whose requests are over, with what they have."""
        return [
            ended(state, trial, cancelled=True)
            for trial in state.open_trials.values()
            if (evaluation := state.steering.evaluation(trial.request)) is not None
            and evaluation.end is not None
        ]

    def given_up(self, state: RunState, end: EvaluationEnd) -> list[Event]:
        """The end of all requests, and of their trials with what they have."""
        trials = (t for each in state.steering.open_evaluations for t in _trials_of(state, each))
        return [
            *(ended(state, trial, cancelled=True) for trial in trials),
            *(
                EvaluationFinished(request=each.number, end=end)
                for each in state.steering.open_evaluations
            ),
        ]

    def _progress(
        self, state: RunState, evaluation: Evaluation, slots: Slots, spare: int | None
    ) -> list[Event]:
        """The next trials of the request, or its end; empty while it is under way or waits."""
        missing: Pairs = []
        if not _trials_of(state, evaluation):
            missing = self._unclaimed(state, evaluation)
            room = self._room(state, evaluation, slots)
            most = _least(None if spare is None else max(0, spare // self._calls), room)
            if trials := self._trials(state, evaluation, missing, most):
                return [*trials]
            if not missing and not any(True for _ in self._missing(state, evaluation)):
                return [EvaluationFinished(request=evaluation.number, end="done")]
        waits = bool(missing) or any(True for _ in self._unstarted(state, evaluation, slots))
        end = self._cut_short(state, evaluation, slots) if waits else None
        return [EvaluationFinished(request=evaluation.number, end=end)] if end else []

    def _trials(
        self, state: RunState, evaluation: Evaluation, missing: Pairs, most: int | None
    ) -> list[TrialStarted]:
        """One for each candidate that lacks results, with `most` new results at most in all."""
        said, taken = evaluation.said, missing[:most]
        trials: list[TrialStarted] = []
        for candidate in {each.id: each for each in said.candidates}.values():
            own = [example for each, example in taken if each == candidate.id]
            lacks = sum(each == candidate.id for each, _ in missing)
            whole = len(own) == lacks and self._lacks_full(state, evaluation, candidate)
            if own or whole:
                trial = self._trial(state, evaluation, candidate, own, whole)
                trials.append(trial.model_copy(update={"number": trial.number + len(trials)}))
        return trials

    def _trial(
        self,
        state: RunState,
        evaluation: Evaluation,
        candidate: Candidate,
        examples: Sequence[str],
        whole: bool,
    ) -> TrialStarted:
        said = evaluation.said
        purpose: Purpose = "test" if said.part == "test" else "full" if whole else "minibatch"
        return trial_started(
            state,
            purpose,
            candidate,
            self._val if whole else examples,
            reason=f"{said.by} asked for this candidate to be evaluated on "
            + (f"all {said.part} examples." if whole else f"{len(examples)} {said.part} examples."),
            asked_by=said.by,
            request=evaluation.number,
        )

    def _lacks_full(self, state: RunState, evaluation: Evaluation, candidate: Candidate) -> bool:
        """Whether a full evaluation is to be recorded, be it that nothing of it is missing."""
        covers = evaluation.said.part == "validation" and len(evaluation.examples or ()) == len(
            self._val
        )
        if not covers or had_full_evaluation(state, candidate.id):
            return False
        return not any(
            trial.candidate == candidate.id and trial.purpose != "test" for trial in _at_work(state)
        )

    def _cut_short(
        self, state: RunState, evaluation: Evaluation, slots: Slots
    ) -> EvaluationEnd | None:
        """Why nothing more can be started though nothing is in flight; None where it can."""
        left = slots.calls_left
        last = state.phase == "test" or state.returns_to is not None  # nobody else has a use for it
        if last and left is not None and left < self._calls and not slots.busy:
            return "cap"
        if evaluation.said.max_calls is None or self._in_flight(state, evaluation, slots):
            return None
        return "bound" if self._room(state, evaluation, slots) == 0 else None

    def _unstarted(
        self, state: RunState, evaluation: Evaluation, slots: Slots
    ) -> Iterator[Score | Repeat]:
        """Runs of the request's trials, then its repeats, without those in flight."""
        runs = (scoring_actions(state, [trial]) for trial in _trials_of(state, evaluation))
        scores = (each for group in zip_longest(*runs) for each in group if each is not None)
        return (
            each
            for each in chain(scores, self._repeats(state, evaluation))
            if each.key not in slots.busy
        )

    def _repeats(self, state: RunState, evaluation: Evaluation) -> Iterator[Repeat]:
        """Those of candidates that have run before: the first run of each is the ordinary one."""
        said = evaluation.said
        for each in self._missing_repeats(state, evaluation):
            if each.candidate in state.candidates:
                yield Repeat(
                    request=evaluation.number,
                    candidate=each.candidate,
                    part=said.part,
                    example=each.example,
                    repeat=each.repeat,
                    attempt=each.attempt,
                )

    def _unclaimed(self, state: RunState, evaluation: Evaluation) -> Pairs:
        """What the request lacks and no open trial brings, the candidates keeping pace."""
        test = evaluation.said.part == "test"
        claimed = {
            (trial.candidate, example)
            for trial in _at_work(state)
            if (trial.purpose == "test") == test
            for example, _ in pending_examples(state, trial)
        }
        missing = self._missing_results(state, evaluation)
        return [pair for pair in missing if pair not in claimed]

    def _missing(self, state: RunState, evaluation: Evaluation) -> Iterator[object]:
        """Whatever of the request is not there."""
        yield from self._missing_results(state, evaluation)
        yield from self._missing_repeats(state, evaluation)

    def _missing_results(
        self, state: RunState, evaluation: Evaluation
    ) -> Iterator[tuple[str, str]]:
        said, examples = evaluation.said, evaluation.examples or ()
        fronts = self._front(state, evaluation)
        while fronts[0] < len(examples) and not any(
            True for _ in missing_results(state, said, examples[fronts[0] : fronts[0] + 1])
        ):
            fronts[0] += 1
        return missing_results(state, said, examples[fronts[0] :])

    def _missing_repeats(self, state: RunState, evaluation: Evaluation) -> Iterator[MissingRepeat]:
        said, examples = evaluation.said, evaluation.examples or ()
        fronts = self._front(state, evaluation)
        for repeat in range(1, said.repeats):
            first = fronts[repeat]
            while first < len(examples) and not any(
                True for _ in missing_repeats(state, said, examples[first : first + 1], [repeat])
            ):
                first = fronts[repeat] = first + 1
            if first < len(examples):
                yield from missing_repeats(state, said, examples[first:], [repeat])

    def _front(self, state: RunState, evaluation: Evaluation) -> list[int]:
        key = (evaluation.number, *ids_of(state, evaluation.said))
        return self._fronts.setdefault(key, [0] * evaluation.said.repeats)

    def _in_flight(self, state: RunState, evaluation: Evaluation, slots: Slots) -> int:
        """Runs in flight that the request waits for and may have to pay for."""
        said = evaluation.said
        runs = {
            f"score {trial.candidate} {example}"
            for trial in _trials_of(state, evaluation)
            for example in trial.examples
        }
        known = {each.id for each in said.candidates}
        return sum(key in runs or _is_repeat_of(key, said.part, known) for key in slots.busy)

    def _room(self, state: RunState, evaluation: Evaluation, slots: Slots) -> int | None:
        """Runs that the request may still start within its own bound; None without one."""
        most = evaluation.said.max_calls
        if most is None:
            return None
        flying = self._calls * self._in_flight(state, evaluation, slots)
        return max(0, most - evaluation.calls - flying) // self._calls


def _trials_of(state: RunState, evaluation: Evaluation) -> list[Trial]:
    """The open trials of the request."""
    return [each for each in state.open_trials.values() if each.request == evaluation.number]


def _at_work(state: RunState) -> list[Trial]:
    """The open trials that bring results; not those of a search that has ended."""
    alone = state.returns_to is not None
    return [each for each in state.open_trials.values() if each.request is not None or not alone]


def _is_repeat_of(key: str, part: str, candidates: Container[str]) -> bool:
    """Whether an action in flight repeats an example of the part under one of the candidates."""
    words = key.split(" ")
    return words[0] == "repeat" and words[2] in candidates and words[3] == part


def _least(*numbers: int | None) -> int | None:
    """The smallest of those that are known."""
    return min((each for each in numbers if each is not None), default=None)
