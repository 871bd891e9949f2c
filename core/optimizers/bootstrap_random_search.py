"""Bootstrap random search (DSPy's `BootstrapFewShotWithRandomSearch`): whole bootstrapped programs.

One set index is drawn for all predictors together, since a demo set of one predictor belongs with
those that the same draw of traces gave the others. Every trial is a full evaluation; instructions
stay as they are.
"""

from core.data.seeds import derived_rng
from core.optimizers.actions import Action, Slots
from core.optimizers.fitting import fitted
from core.optimizers.preparing import demo_sets
from core.optimizers.schedule import Schedule
from core.programs.candidate import NO_DEMOS, Candidate, Choice
from core.runs.config import RunConfig
from core.runs.events import Event
from core.runs.parts import DemoSet
from core.runs.planned import budget_of
from core.runs.preparation import Task
from core.runs.state import RunState, baseline_candidate
from core.search.budget import shaped


class BootstrapRandomSearch:
    """Full evaluations of bootstrapped programs in random order, none twice."""

    def __init__(self, task: Task, config: RunConfig) -> None:
        self._task = task
        self._config = config
        self._seed = config.seed
        self._schedule = Schedule(task, config)

    def actions(self, state: RunState) -> list[Action]:
        """None: nothing is proposed."""
        return []

    def reserve(self, state: RunState) -> int:
        """Nothing: each trial is all there is to it."""
        return 0

    def next_events(self, state: RunState, slots: Slots) -> list[Event]:
        """A trial of the next program while the budget lasts.

        When somebody has raised the budget above the number of programs, more of them are built.
        """
        schedule = self._schedule
        if schedule.started(state) >= schedule.trials(state):
            return []
        if not schedule.affords(state, slots, trials=1):
            return []
        programs, base = bootstrapped_programs(state), baseline_candidate(state)
        evaluated = {
            trial.candidate
            for trial in state.trials.values()
            if trial.purpose in ("baseline", "full") and not trial.cancelled
        }
        for place in derived_rng(self._seed, "program order").permutation(len(programs)):
            program = fitted(state, programs[place], base)
            if program is not None and program.id not in evaluated:
                return [schedule.trial(state, program)]
        return self._more_sets(state)

    def _more_sets(self, state: RunState) -> list[Event]:
        if state.steering.trials is None:
            return []
        budget = shaped(budget_of(self._config, state), self._config.shape)
        built = demo_sets(self._task, state, budget, self._seed)
        return [each for each in built if each.id not in state.demo_sets[each.predictor]]


def bootstrapped_programs(state: RunState) -> list[Candidate]:
    """The labelled demos of all predictors, then draw after draw of bootstrapped ones.

    Sets that people made follow the bootstrapped ones. A predictor with fewer distinct sets than
    another starts again with its first.
    """
    own = baseline_candidate(state).choices
    sets = {name: list(state.demo_sets[name].values()) for name in own}
    labelled = {name: _ids(each, "labelled")[:1] for name, each in sets.items()}
    bootstrapped = {
        name: _ids(each, "bootstrapped") + _ids(each, "person") for name, each in sets.items()
    }
    draws = max((len(ids) for ids in bootstrapped.values()), default=0)
    chosen = [{name: ids[0] if ids else NO_DEMOS for name, ids in labelled.items()}]
    for draw in range(draws):
        chosen.append(
            {name: ids[draw % len(ids)] if ids else NO_DEMOS for name, ids in bootstrapped.items()}
        )
    programs = [
        Candidate(
            choices={
                name: Choice(instruction=own[name].instruction, demo_set=demo_set)
                for name, demo_set in each.items()
            }
        )
        for each in chosen
    ]
    return list({program.id: program for program in programs}.values())


def _ids(sets: list[DemoSet], source: str) -> list[str]:
    return [each.id for each in sets if each.source == source]
