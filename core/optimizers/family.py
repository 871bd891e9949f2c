"""Every optimizer of the family: the shared policy around a search of its own."""

from collections.abc import Callable

from core.optimizers.actions import Optimizer
from core.optimizers.adaptive_search import AdaptiveSearch
from core.optimizers.bootstrap_random_search import BootstrapRandomSearch
from core.optimizers.coordinate_opro import CoordinateOpro
from core.optimizers.opro import Opro
from core.optimizers.plus_plus import PlusPlus
from core.optimizers.policy import Policy, Search
from core.optimizers.rounds import RoundSearch
from core.optimizers.tpe_search import PoolSearch
from core.runs.config import RunConfig
from core.runs.preparation import Task
from core.search.random_draw import draw_candidate

MakeSearch = Callable[[Task, RunConfig], Search]


def _opro(task: Task, config: RunConfig) -> Search:
    return RoundSearch(task, config, Opro(config))


def _coordinate_opro(task: Task, config: RunConfig) -> Search:
    return RoundSearch(task, config, CoordinateOpro(config))


def _plus_plus(task: Task, config: RunConfig) -> Search:
    return RoundSearch(task, config, PlusPlus(config))


def _random_search(task: Task, config: RunConfig) -> Search:
    return PoolSearch(task, config, draw_candidate)


OPTIMIZERS: dict[str, MakeSearch] = {
    "mipro": AdaptiveSearch,
    "mipro_tpe": PoolSearch,
    "zero_shot_mipro": AdaptiveSearch,
    "bayesian_bootstrap": AdaptiveSearch,
    "bootstrap_random_search": BootstrapRandomSearch,
    "module_opro": _opro,
    "module_opro_ungrounded": _opro,
    "program_opro": _opro,
    "coordinate_opro": _coordinate_opro,
    "zero_shot_mipro_plus_plus": _plus_plus,
    "mipro_plus_plus": _plus_plus,
    "random_search": _random_search,
}
"""Name → how to make its search. What each is for is said in `core.search.family`."""


def build(task: Task, config: RunConfig) -> Optimizer:
    """The optimizer that the settings name."""
    return Policy(task, config, OPTIMIZERS[config.optimizer](task, config))
