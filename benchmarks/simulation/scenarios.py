"""The scenarios of the search benchmark: which world, and what MIPROv2's auto run comes to."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.simulation.mipro_v2 import Settings, auto_trials
from benchmarks.simulation.worlds import (
    DrawnWorld,
    Spreads,
    World,
    gsm8k_world,
    mixed_world,
    two_stage_world,
)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A family of worlds, one per seed."""

    key: str
    label: str
    peer: Settings
    world: Callable[[int], World]
    real: bool = False


def _drawn(
    key: str, label: str, predictors: int, n: int, examples: int, spreads: Spreads
) -> Scenario:
    """Few-shot scenario: n // 2 instructions and n demo sets for each predictor."""
    sizes = (n // 2, n) * predictors
    mains = (spreads.instruction, spreads.demo_set) * predictors

    def world(seed: int) -> World:
        return DrawnWorld(sizes, examples, mains, spreads, seed)

    peer = Settings(auto_trials(len(sizes), n), examples)
    return Scenario(key=key, label=label, peer=peer, world=world)


def _zero_shot() -> Scenario:
    spreads = Spreads(instruction=0.05, own=0.0, pair=0.0)

    def world(seed: int) -> World:
        return DrawnWorld((18,), 300, (spreads.instruction,), spreads, seed)

    return Scenario(
        key="zero_shot",
        label="zero-shot, 1 predictor, 18 instructions, 300 examples",
        peer=Settings(auto_trials(1, 18), 300),
        world=world,
    )


def _tiny() -> Scenario:
    """As light, with 2 instructions and 2 demo sets: the budget evaluates everything anyway."""

    def world(seed: int) -> World:
        return DrawnWorld((2, 2), 100, (ONE.instruction, ONE.demo_set), ONE, seed)

    return Scenario(
        key="tiny",
        label="very small space, 2 x 2, 100 examples",
        peer=Settings(auto_trials(2, 6), 100),
        world=world,
    )


ONE = Spreads(instruction=0.03, demo_set=0.045, pair=0.015, own=0.015)
TWO = Spreads(instruction=0.021, demo_set=0.032, pair=0.011, own=0.015)
FOUR = Spreads(instruction=0.015, demo_set=0.023, pair=0.0075, own=0.015)
TIES = Spreads(instruction=0.01, demo_set=0.012, pair=0.005, own=0.005)
EQUAL = Spreads(instruction=0.0, demo_set=0.0, pair=0.0, own=0.0)
"""Effects of each predictor get smaller as there are more of them; their sum stays about."""

SCENARIOS = (
    _drawn("light_1", "light, 1 predictor, 3 x 6, 100 examples", 1, 6, 100, ONE),
    _drawn("medium_1", "medium, 1 predictor, 6 x 12, 300 examples", 1, 12, 300, ONE),
    _drawn("medium_2", "medium, 2 predictors, (6 x 12)^2, 300 examples", 2, 12, 300, TWO),
    _drawn("medium_4", "medium, 4 predictors, (6 x 12)^4, 300 examples", 4, 12, 300, FOUR),
    _zero_shot(),
    _drawn("near_ties", "many near ties, 1 predictor, 6 x 12, 300 examples", 1, 12, 300, TIES),
    Scenario(
        key="two_stage",
        label="two stages of real answers, 18 x 18, 200 examples",
        peer=Settings(auto_trials(2, 18), 200),
        world=lambda seed: two_stage_world(18, seed),
        real=True,
    ),
    Scenario(
        key="gsm8k",
        label="real answers, 18 GSM8K prompts, 300 examples",
        peer=Settings(auto_trials(1, 18), 300),
        world=lambda seed: gsm8k_world(18, seed),
        real=True,
    ),
    Scenario(
        key="mixed",
        label="real answers, 25 prompts of two tasks, 300 examples",
        peer=Settings(auto_trials(1, 18), 300),
        world=lambda seed: mixed_world(25, seed),
        real=True,
    ),
    _tiny(),
    _drawn("equal", "equal candidates, 3 x 6, 100 examples", 1, 6, 100, EQUAL),
)
STRUCTURED = ("light_1", "medium_1", "medium_2", "medium_4", "zero_shot")
DRAWN = (*STRUCTURED, "near_ties")
