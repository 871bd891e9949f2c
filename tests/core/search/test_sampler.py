import optuna
import pytest

from core.search.allocation import Allocation
from core.search.pool import Choices
from core.search.sampler import AllocationSampler
from core.search.terms import Terms

EXAMPLE_IDS = tuple(map(str, range(30)))


def right(levels, example):
    """Level 2 of the second variable is right on most examples, the others on few."""
    return float(int(example) % 10 < (8 if levels[1] == 2 else 3))


def test_ask_and_tell_with_the_sampler_finds_the_best_level():
    allocation = Allocation(Choices(sizes=(2, 4)), Terms(examples=EXAMPLE_IDS, budget=200))
    sampler = AllocationSampler(allocation, ("instruction", "demo set"), seed=0)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    seen = set()
    for _ in range(20):
        try:
            trial = study.ask(sampler.infer_relative_search_space(study, None))
        except StopIteration:
            break
        levels = (trial.params["instruction"], trial.params["demo set"])
        examples = sampler.examples[trial.number]
        scores = [right(levels, example) for example in examples]
        for example, score in zip(examples, scores, strict=True):
            assert (levels, example) not in seen
            seen.add((levels, example))
            allocation.observe(levels, example, score)
        study.tell(trial, sum(scores) / len(scores))
    assert allocation.recommended().candidate[1] == 2


def test_a_parameter_that_is_no_variable_is_refused():
    allocation = Allocation(Choices(sizes=(2,)), Terms(examples=EXAMPLE_IDS))
    sampler = AllocationSampler(allocation, ("instruction",), seed=0)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    trial = study.ask()
    with pytest.raises(ValueError, match="no variable"):
        trial.suggest_float("temperature", 0.0, 1.0)
