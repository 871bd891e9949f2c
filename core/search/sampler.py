"""The adaptive allocation as an Optuna sampler: `study.ask` names the candidate worth most next.

For people who drive a search of their own with Optuna's ask-and-tell. The engine asks the
allocation itself, since a study is slower and knows no single results.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from optuna import Study
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial

from core.search.allocation import Allocation


class AllocationSampler(BaseSampler):
    """Levels as the allocation gives them out; results go to the allocation, not to the study."""

    def __init__(self, allocation: Allocation, names: Sequence[str], *, seed: int) -> None:
        """`names` are the parameters, one per variable of the allocation's space."""
        self._allocation = allocation
        self._names = tuple(names)
        self._seed = seed
        self.examples: dict[int, tuple[str, ...]] = {}
        """Number of a trial → the examples that its candidate should run on."""

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Every variable, with its level indices as categories."""
        sizes = self._allocation.choices.sizes
        return {
            name: CategoricalDistribution(tuple(range(size)))
            for name, size in zip(self._names, sizes, strict=True)
        }

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: Mapping[str, BaseDistribution]
    ) -> dict[str, Any]:
        """The next candidate; `examples` then has what it should run on.

        Raises:
            StopIteration: the search is over; the message says why.
        """
        block = self._allocation.next_block(seed=self._seed)
        if block is None:
            raise StopIteration(self._allocation.stop_reason or "The search is over.")
        self.examples[trial.number] = block.examples
        return dict(zip(self._names, block.candidate, strict=True))

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Nothing is sampled outside the space.

        Raises:
            ValueError: always; the message names the parameter.
        """
        raise ValueError(f"{param_name!r} is no variable of the search; it has {self._names}.")
