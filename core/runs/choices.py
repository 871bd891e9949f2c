"""What a run can choose between so far, as the search space of `core.search`."""

from core.runs.state import RunState
from core.search.space import SearchSpace


def search_space(state: RunState) -> SearchSpace:
    """Every instruction and demo set of the run, in the order in which they were made."""
    names = tuple(info.name for info in state.predictors)
    return SearchSpace(
        predictors=names,
        instructions={name: tuple(state.instructions[name]) for name in names},
        demo_sets={name: tuple(state.demo_sets[name]) for name in names},
    )
