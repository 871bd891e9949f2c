"""From teacher traces to demo sets: the first step of MIPRO (section 3.1 of the paper).

The teacher runs once on each training example it is given; all demo sets are drawn from the same
accepted traces, so nothing is paid for twice. Running the teacher is the engine's work.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from core.data.dataset import Example
from core.data.seeds import derived_rng
from core.programs.candidate import Demo, demo_set_id
from core.programs.predictors import PredictorInfo

Calls = Mapping[str, Sequence[Demo]]
"""Predictor → its demonstrations in one accepted trace, one per call."""


class DemoSizes(Protocol):
    """How many demo sets to build and how large; a run's budget has these."""

    @property
    def demo_sets(self) -> int:
        """Demo sets per predictor, the empty one included."""

    @property
    def bootstrapped_demos(self) -> int:
        """Most bootstrapped demos per set."""

    @property
    def labelled_demos(self) -> int:
        """Most labelled demos per set."""


@dataclass(frozen=True, kw_only=True)
class BuiltDemoSet:
    """A demo set of one predictor, not yet in any run."""

    predictor: str
    id: str
    demos: tuple[Demo, ...]
    source: Literal["none", "labelled", "bootstrapped"]


def renders_labels(info: PredictorInfo, example: Example) -> bool:
    """True when a training example shows all of the predictor's inputs and one of its outputs.

    A demonstration that lacks an input would be rendered as a stub and teach nothing.
    """
    inputs = all(each.name in example.inputs for each in info.inputs)
    return inputs and any(each.name in example.outputs for each in info.outputs)


def labelled_demos(
    info: PredictorInfo, train: Sequence[Example], count: int, rng: np.random.Generator
) -> tuple[Demo, ...]:
    """Up to `count` training examples as demos of this predictor; none where they do not render."""
    if count == 0 or not train or not renders_labels(info, train[0]):
        return ()
    chosen = rng.permutation(len(train))[:count]
    return tuple(_labelled(info, train[i]) for i in chosen)


def teacher_demos(
    infos: Sequence[PredictorInfo],
    train: Sequence[Example],
    example: Example,
    *,
    count: int,
    seed: int,
) -> dict[str, tuple[Demo, ...]]:
    """Labelled demos for the teacher that runs on `example`, which is not among them."""
    others = [each for each in train if each.inputs != example.inputs]
    rng = derived_rng(seed, f"teacher {example.id}")
    return {info.name: labelled_demos(info, others, count, rng) for info in infos}


def build_demo_sets(
    infos: Sequence[PredictorInfo],
    train: Sequence[Example],
    traces: Sequence[tuple[str, Calls]],
    sizes: DemoSizes,
    seed: int,
) -> list[BuiltDemoSet]:
    """All demo sets but the empty one, without duplicates, at most `demo_sets - 1` per predictor.

    `traces` are (training example id, calls) of accepted traces. The sets follow DSPy's plan: one
    of labelled demos alone, one full bootstrapped set, then bootstrapped sets of random sizes
    filled up with labelled demos. Set j draws the same traces for every predictor.
    """
    order = sorted(traces, key=lambda item: item[0])
    found: dict[str, dict[str, BuiltDemoSet]] = {info.name: {} for info in infos}
    for info in infos:
        rng = derived_rng(seed, f"labelled set {info.name}")
        _keep(found, info, labelled_demos(info, train, sizes.labelled_demos, rng), "labelled")
    if not order or sizes.bootstrapped_demos == 0:
        return _capped(found, sizes)
    for number in range(3 * sizes.demo_sets):
        rng = derived_rng(seed, "demo set", number)
        most = min(sizes.bootstrapped_demos, len(order))
        size = most if number == 0 else int(rng.integers(1, most + 1))
        drawn = [order[i] for i in rng.permutation(len(order))[:size]]
        for info in infos:
            demos = _bootstrapped(info, drawn, train, sizes, derived_rng(seed, info.name, number))
            _keep(found, info, demos, "bootstrapped")
    return _capped(found, sizes)


def _bootstrapped(
    info: PredictorInfo,
    drawn: Sequence[tuple[str, Calls]],
    train: Sequence[Example],
    sizes: DemoSizes,
    rng: np.random.Generator,
) -> tuple[Demo, ...]:
    shown = {example for example, _ in drawn}
    demos = tuple(_one_call(calls[info.name], rng) for _, calls in drawn if calls.get(info.name))
    rest = [example for example in train if example.id not in shown]
    missing = max(0, sizes.labelled_demos - len(demos))
    return labelled_demos(info, rest, missing, rng) + demos


def _one_call(calls: Sequence[Demo], rng: np.random.Generator) -> Demo:
    """One demo of a predictor that ran several times: any of its calls, equally likely."""
    return calls[int(rng.integers(len(calls)))]


def _labelled(info: PredictorInfo, example: Example) -> Demo:
    values = {**example.inputs, **example.outputs}
    return {name: values[name] for name in info.fields if name in values}


def _keep(
    found: dict[str, dict[str, BuiltDemoSet]],
    info: PredictorInfo,
    demos: tuple[Demo, ...],
    source: Literal["labelled", "bootstrapped"],
) -> None:
    if demos:
        built = BuiltDemoSet(predictor=info.name, id=demo_set_id(demos), demos=demos, source=source)
        found[info.name].setdefault(built.id, built)


def _capped(
    found: Mapping[str, Mapping[str, BuiltDemoSet]], sizes: DemoSizes
) -> list[BuiltDemoSet]:
    return [
        built for sets in found.values() for built in list(sets.values())[: sizes.demo_sets - 1]
    ]
