"""A run as an Optuna study, for Optuna's own tools (its dashboard, its plots, its samplers).

One Optuna trial is one candidate. It is COMPLETE with its mean over the valset once it is fully
evaluated, and PRUNED at its last mean where the search left it. The study is derived from the run
and can be made anew at any time; nothing reads it back.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from core.errors import ConfigError
from core.results.frames import candidate_labels
from core.runs.scores import val_scores
from core.runs.snapshot import Predicted, Snapshot
from core.runs.state import RunState
from core.search.surrogate import INTERVAL


def write_study(path: Path, name: str, state: RunState, snapshot: Snapshot | None) -> optuna.Study:
    """The study called `name` in a new SQLite file that Optuna opens as `sqlite:///PATH`.

    Raises:
        ConfigError: the file exists already, or cannot be written.
    """
    if path.exists():
        raise ConfigError(f"{path} exists already; name a new file.")
    if not path.resolve().parent.is_dir():
        raise ConfigError(f"{path.parent} is no folder; name a file in an existing one.")
    study = optuna.create_study(
        study_name=name, direction="maximize", storage=f"sqlite:///{path.resolve()}"
    )
    study.add_trials(study_trials(state, snapshot))
    return study


def study_trials(state: RunState, snapshot: Snapshot | None = None) -> list[FrozenTrial]:
    """A frozen trial per candidate that has a score, in the order of their first trial.

    Parameters are `PREDICTOR instruction` and `PREDICTOR demo set`, with ids as categories. User
    attributes: label, n, mean, full, instructions (texts), demos (numbers), and, where the
    snapshot has them, the surrogate's mean and 90 % interval.
    """
    predictions = snapshot.predictions if snapshot else {}
    distributions = _distributions(state)
    labels = candidate_labels(state)
    found = []
    for candidate, label in labels.items():
        scores = list(val_scores(state, candidate).values())
        if scores:
            found.append(
                create_trial(
                    state=_status(state, candidate),
                    value=sum(scores) / len(scores),
                    params=_parameters(state, candidate),
                    distributions=distributions,
                    intermediate_values=_running_means(state, candidate),
                    user_attrs={
                        "label": label,
                        "full": candidate in state.fully_evaluated,
                        "n": len(scores),
                        "mean": sum(scores) / len(scores),
                        **_texts(state, candidate),
                        **_belief(predictions, candidate),
                    },
                )
            )
    return found


def _status(state: RunState, candidate: str) -> TrialState:
    full = candidate in state.fully_evaluated
    return TrialState.COMPLETE if full else TrialState.PRUNED


def _distributions(state: RunState) -> dict[str, BaseDistribution]:
    found: dict[str, BaseDistribution] = {}
    for info in state.predictors:
        instructions = tuple(state.instructions.get(info.name, ()))
        found[f"{info.name} instruction"] = CategoricalDistribution(instructions)
        demo_sets = tuple(state.demo_sets.get(info.name, ()))
        found[f"{info.name} demo set"] = CategoricalDistribution(demo_sets)
    return found


def _parameters(state: RunState, candidate: str) -> dict[str, str]:
    found = {}
    for name, choice in state.candidates[candidate].choices.items():
        found[f"{name} instruction"] = choice.instruction
        found[f"{name} demo set"] = choice.demo_set
    return found


def _running_means(state: RunState, candidate: str) -> dict[int, float]:
    """Examples scored → mean over them, after each finished trial of the candidate."""
    scores = val_scores(state, candidate)
    seen: dict[str, float] = {}
    means: dict[int, float] = {}
    for trial in state.trials.values():
        if trial.candidate == candidate and trial.purpose != "test" and trial.finished:
            seen |= {each: scores[each] for each in trial.examples if each in scores}
            if seen:
                means[len(seen)] = sum(seen.values()) / len(seen)
    return means


def _texts(state: RunState, candidate: str) -> dict[str, Any]:
    choices = state.candidates[candidate].choices.items()
    return {
        "instructions": {
            name: state.instructions[name][choice.instruction].text for name, choice in choices
        },
        "demos": {
            name: len(state.demo_sets[name][choice.demo_set].demos) for name, choice in choices
        },
    }


def _belief(predictions: Mapping[str, Predicted], candidate: str) -> dict[str, float]:
    predicted = predictions.get(candidate)
    if predicted is None:
        return {}
    reach = INTERVAL * predicted.sd
    return {
        "surrogate_mean": predicted.mean,
        "surrogate_low90": predicted.mean - reach,
        "surrogate_high90": predicted.mean + reach,
    }
