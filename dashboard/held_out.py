"""The held-out score that an ended run's best candidate lacks: what it costs, and asking for it.

A run tests its best once, in the end. Who becomes the best later, by an evaluation that a person
asked for, or in a run that was stopped, has no such score, and none is paid for unasked.
"""

from dataclasses import dataclass

from core.errors import DatasetNotFound, InputError
from core.runs.authoring import requested_evaluation
from core.runs.evaluations import EvaluationCost, evaluation_cost
from core.runs.state import RunState
from dashboard import services, session, steer
from dashboard.materials import task
from dashboard.services import RunView


@dataclass(frozen=True, kw_only=True)
class HeldOutOffer:
    """Who can be measured on the held-out examples."""

    candidates: tuple[str, ...]
    """The best, and before it the baseline where that has no held-out score either."""
    label: str
    """Of the best."""
    cost: EvaluationCost

    @property
    def with_baseline(self) -> bool:
        """Whether the baseline is measured, too."""
        return len(self.candidates) > 1


def offer(view: RunView) -> HeldOutOffer | None:
    """None while the run goes on, where nothing is missing, and where it cannot be measured."""
    results = view.results
    best, baseline = results.best, results.baseline
    if view.status not in ("finished", "stopped") or best is None or best.test is not None:
        return None
    wanted = [each for each in (baseline, best) if each is not None and each.test is None]
    candidates = tuple(dict.fromkeys(each.candidate for each in wanted))
    try:
        prepared = task(view.run.config)

        def cost(state: RunState) -> EvaluationCost:
            said = requested_evaluation(state, candidates, by=session.person(), part="test")
            return evaluation_cost(state, said, prepared)

        found = services.ask(view.run.id, cost)
    except (InputError, DatasetNotFound):
        return None
    if not found.results:
        return None  # everything was tried, and failed
    return HeldOutOffer(candidates=candidates, label=best.short_label, cost=found)


def measure(run: str) -> None:
    """Ask for what is offered now; nothing where somebody else has asked already."""
    view = services.run_view(run)
    wanted = offer(view) if view else None
    if wanted is not None:
        steer.evaluate(run, wanted.candidates, "test")
