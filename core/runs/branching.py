"""A new run that begins as a copy of another one: all that was found and decided, at no cost.

What is copied are facts (demo sets, proposals, summaries, trials, results) and people's decisions,
not how the other run was started, paused and ended. Time and money that they took are the other
run's; a branch counts its own. Its worker looks through all steps of the preparation again and does
what is missing under the new settings, which is nothing when they are the old ones.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from core.errors import ConfigError, StoreError
from core.lm.usage import Usage
from core.runs import decisions as de
from core.runs import events as ev
from core.runs.config import RunConfig
from core.runs.planned import budget_of
from core.runs.state import RunState
from core.runs.store import Record, RunStore

MAY_DIFFER = (
    "name",
    "optimizer",
    "budget",
    "concurrency",
    "max_calls",
    "prompt_model",
    "review",
)
"""Settings that a branch may have of its own: with any other, results could not be compared."""

LEFT_BEHIND = (
    ev.RunStarted,
    ev.Paused,
    ev.Resumed,
    ev.BudgetReached,
    ev.RunBranched,
    ev.RunFinished,
    ev.RunStopped,
    ev.RunFailed,
    de.PauseRequested,
    de.ResumeRequested,
    de.StopRequested,
    de.Reopened,
    de.BudgetChanged,
)
"""The other run's course, and bounds that are in the branch's settings."""

WITH_TRACE = ev.InstructionProposed | ev.ProposalRefused
IN_VAIN = ev.PromptCallFailed | ev.ProposalRefused

AT_ONCE = 2_000
"""Events that are written in one transaction, and traces that are read in one query."""


def branch(
    store: RunStore, run_id: str, *, by: str, upto: int | None = None, **changes: Any
) -> str:
    """The id of a new run, not yet started, that has all of this run up to event `upto`.

    None takes all that is there; the run may be under way. `changes` are settings by name, as for
    `branched_config`. With `review=True` among them the branch waits for a review of its own, even
    if the other run's proposals were approved.

    Raises:
        RunNotFound: there is no such run.
        ConfigError: there is no such event, a setting cannot differ, or has no possible value.
    """
    origin, records = store.run(run_id).config, store.since(run_id, 0)
    last = len(records) if upto is None else upto
    if not 0 <= last <= len(records):
        raise ConfigError(
            f"run {run_id} has {len(records)} events; it can be branched after event 0 to "
            f"{len(records)}, not {last}."
        )
    state = RunState().fold(records[:last])
    config = branched_config(origin, state, changes)
    copying = _Copying(
        run_id=run_id,
        other_optimizer=config.optimizer != origin.optimizer,
        other_proposer=(config.optimizer, config.prompt_model)
        != (origin.optimizer, origin.prompt_model),
        own_review=changes.get("review") is True,
    )
    copies = list(copying.copies(_usable(records[:last], state)))
    new = store.create(config)
    try:
        store.append(new, [_branched(run_id, state, last, by)])
        for first in range(0, len(copies), AT_ONCE):
            part = copies[first : first + AT_ONCE]
            store.append(new, [copy.event for copy in part], _traces(store, run_id, part))
        store.append(new, _cancelled(state, by))
    except StoreError:
        store.delete(new)
        raise
    return new


def branched_config(config: RunConfig, state: RunState, changes: Mapping[str, Any]) -> RunConfig:
    """The settings of a branch of a run with these settings and this state.

    Bounds that people have changed since are as they are now. Another optimizer gets the old budget
    less what it does not search, unless a budget is among the changes. The validation examples stay
    the same ones, so a new budget's cap on them is not used.

    Raises:
        ConfigError: a setting is unknown, not among `MAY_DIFFER`, or has no possible value.
    """
    if unknown := [name for name in changes if name not in RunConfig.model_fields]:
        raise ConfigError(f"a run has no setting {unknown[0]!r}.")
    steering = state.steering
    own = dict(config) | {
        "name": f"{config.name} (branch)",
        "budget": budget_of(config, state),
        "concurrency": steering.concurrency or config.concurrency,
        "max_calls": steering.cap(config.max_calls),
    }
    wanted = _checked(own | dict(changes))
    for name in RunConfig.model_fields:
        if name not in MAY_DIFFER and getattr(wanted, name) != getattr(config, name):
            raise ConfigError(
                f"a branch keeps the setting {name!r} of the run that it begins from, or its "
                f"results could not be compared. It may have its own {', '.join(MAY_DIFFER)}; "
                "start a new run to change anything else."
            )
    budget = wanted.budget.model_copy(update={"val_cap": config.budget.val_cap})
    return wanted.model_copy(update={"budget": budget})


def _checked(settings: Mapping[str, Any]) -> RunConfig:
    """The settings as they will be stored: parts that are ready-made are looked at again."""
    plain = {
        name: value.model_dump() if isinstance(value, BaseModel) else value
        for name, value in settings.items()
    }
    try:
        return RunConfig.model_validate(plain)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigError(f"the branch's {where}: {first['msg']}") from error


@dataclass(frozen=True, kw_only=True)
class _Copy:
    """An event as the branch has it."""

    event: ev.Event
    traces: Mapping[str, str]
    """Key of a trace in the other run → its key in the branch."""


@dataclass(frozen=True, kw_only=True)
class _Copying:
    """How events of the run change on their way."""

    run_id: str
    other_optimizer: bool
    """Rounds mean something to their own optimizer only; what they tried stays."""
    other_proposer: bool
    """What was asked for in vain may be asked for again."""
    own_review: bool
    """Somebody wants to look through the proposals once more."""

    def copies(self, events: Sequence[ev.Event]) -> Iterator[_Copy]:
        """The events that the branch takes over."""
        for event in events:
            if not self._stays_behind(event):
                changed = event.model_copy(update=self._changes(event))
                yield _Copy(event=changed, traces=_renamed(event, changed))

    def _stays_behind(self, event: ev.Event) -> bool:
        match event:
            case ev.PhaseChanged():
                return event.phase != "bootstrap"
            case ev.RoundStarted():
                return self.other_optimizer
            case de.ReviewApproved():
                return self.own_review
            case _:
                return isinstance(event, LEFT_BEHIND)

    def _changes(self, event: ev.Event) -> dict[str, Any]:
        known = type(event).model_fields
        changes: dict[str, Any] = {"usage": Usage()} if "usage" in known else {}
        if "shares" in known:
            changes["shares"] = None
        if self.other_optimizer and "round" in known:
            changes["round"] = None
        if isinstance(event, WITH_TRACE) and event.trace is not None:
            changes["trace"] = self._carried(event.trace)
        if isinstance(event, IN_VAIN) and self.other_proposer:
            changes["task"] = f"{event.task}, before the branch"
        return changes

    def _carried(self, key: str) -> str:
        """A key that no proposal of the branch will have, and none of the runs before it had."""
        return key if key.startswith("carried/") else f"carried/{self.run_id}/{key}"


def _branched(run_id: str, state: RunState, last: int, by: str) -> ev.RunBranched:
    train, val, test = state.sizes
    return ev.RunBranched(
        parent=run_id,
        seq=last,
        by=by,
        predictors=state.predictors,
        train=train,
        val=val,
        test=test,
    )


def _cancelled(state: RunState, by: str) -> list[ev.Event]:
    """What the other run was still to evaluate is its own business; the branch would pay for it."""
    return [
        de.EvaluationCancelled(by=by, request=each.number)
        for each in state.steering.open_evaluations
    ]


def _usable(records: Sequence[Record], state: RunState) -> list[ev.Event]:
    """All events; of a run that has only just begun, the decisions alone.

    The first facts, instruction 0 and the empty demo set of each predictor, come together: a part
    of them would be no beginning, and the branch's worker makes them anew at no cost.
    """
    begun = bool(state.predictors) and all(
        state.instructions.get(info.name) and state.demo_sets.get(info.name)
        for info in state.predictors
    )
    events = [record.event for record in records]
    return events if begun else [event for event in events if isinstance(event, de.Decision)]


def _renamed(event: ev.Event, changed: ev.Event) -> dict[str, str]:
    """The key of the event's trace in the other run → in the branch; empty without a trace."""
    old, new = _key(event), _key(changed)
    return {old: new} if old and new else {}


def _key(event: ev.Event) -> str | None:  # noqa: C901  one case per kind
    """Where the worker has put the long texts behind an event."""
    match event:
        case ev.ExampleScored():
            return f"eval/{event.candidate}/{event.example}"
        case ev.ExampleRepeated():
            return f"repeat/{event.candidate}/{event.example}/{event.repeat}"
        case ev.TraceBootstrapped():
            return f"bootstrap/{event.example}"
        case ev.DatasetObserved():
            return f"observation/{event.batch}"
        case ev.DatasetSummarised():
            return "summary"
        case ev.ProgramDescribed():
            return "program"
        case ev.PredictorDescribed():
            return f"predictor/{event.predictor}"
        case ev.InstructionProposed() | ev.ProposalRefused():
            return event.trace
        case _:
            return None


def _traces(store: RunStore, run_id: str, copies: Sequence[_Copy]) -> dict[str, str]:
    """The traces behind these events, under their keys in the branch."""
    keys = {old: new for copy in copies for old, new in copy.traces.items()}
    return {keys[old]: text for old, text in store.traces(run_id, list(keys)).items()}
