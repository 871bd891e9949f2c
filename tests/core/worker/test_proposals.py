import json

import optuna
import pytest

from core.lm.usage import Usage
from core.optimizers.actions import Propose, ProposeSet
from core.optimizers.family import build
from core.proposal.proposer import PromptCallError
from core.proposal.settings import GRID, ProposerSettings, settings_at, settings_levels
from core.runs.history import scored_instructions, scored_sets
from core.runs.scores import val_scores
from core.worker.proposals import ProposalWriter
from tests.known_optimum import Fold, made_up_config, made_up_task
from tests.scripted_lm import scripted_lm

ALL = ProposerSettings(tip="simple", history=True)


@pytest.fixture(autouse=True)
def _quiet():
    optuna.logging.set_verbosity(optuna.logging.WARNING)


def after(optimizer="module_opro", trials=8, **settings):
    """Task, settings and state of a run that has tried a few things."""
    task = made_up_task()
    config = made_up_config(optimizer=optimizer, trials=trials)
    run = Fold(policy=build(task, config), task=task, **settings)
    run.run()
    return task, config, run.state


def asked(settings, *, whole=False, answer=None, state_of=None):
    """(prompt as it was sent, events) of one proposal after a run."""
    task, config, state = state_of or after()
    both = {"proposed_instructions": '["One.", "Two."]'}
    script = [answer or (both if whole else {"proposed_instruction": "One."})]
    with scripted_lm(script) as (lm, engine):
        writer = ProposalWriter(task, config, lm)
        if whole:
            action = ProposeSet(round=20, index=21, settings=settings)
            ask, tell = writer.propose_set(action, state, 0)
        else:
            action = Propose(
                predictor="part1",
                index=21,
                tip=settings.tip,
                demo_set=None,
                round=20,
                settings=settings,
            )
            ask, tell = writer.propose(action, state, 0)
        events, _ = tell(ask())
    return engine.prompts[0], events


# History


def test_the_history_has_the_five_best_instructions_with_their_means_the_best_last():
    _, _, state = after()
    found = scored_instructions(state, "part1")
    assert len(found) == 5
    assert [each.mean for each in found] == sorted(each.mean for each in found)
    means = {}
    for candidate in state.results:
        text = state.instructions["part1"][
            state.candidates[candidate].choices["part1"].instruction
        ].text
        means.setdefault(text, []).extend(val_scores(state, candidate).values())
    for each in found:
        own = means[each.texts[0]]
        assert (each.mean, each.n) == (sum(own) / len(own), len(own))
    assert found[-1].mean == max(sum(own) / len(own) for own in means.values())


def test_an_instruction_shared_by_candidates_is_one_entry_over_all_their_examples():
    _, _, state = after("coordinate_opro")
    own = next(iter(state.instructions["part1"].values()))
    found = {each.texts[0]: each.n for each in scored_instructions(state, "part1")}
    assert found[own.text] > 20


def test_a_mean_over_too_few_examples_is_not_shown():
    task, config = made_up_task(), made_up_config(optimizer="module_opro", minibatch=4)
    run = Fold(policy=build(task, config), task=task)
    state = run.run()
    shown = [*scored_instructions(state, "part0"), *scored_sets(state)]
    assert min(each.n for each in shown) > 4


def test_a_proposal_with_history_shows_earlier_instructions_and_their_scores():
    state_of = after()
    prompt, _ = asked(ALL, state_of=state_of)
    paragraphs = prompt.inputs["previous_instructions"].split("\n\n")
    expected = scored_instructions(state_of[2], "part1")
    assert paragraphs == [f"{each.texts[0]} | Score: {each.mean:.3f}" for each in expected]


def test_program_level_history_shows_whole_sets_as_lists():
    prompt, _ = asked(ALL, whole=True)
    for paragraph in prompt.inputs["previous_instructions"].split("\n\n"):
        listed, score = paragraph.split(" | Score: ")
        assert len(json.loads(listed)) == 2
        assert 0.0 <= float(score) <= 1.0


# Settings


@pytest.mark.parametrize(
    ("change", "absent"),
    [
        ({"dataset_summary": False}, {"dataset_summary"}),
        (
            {"program_summary": False},
            {"program_structure", "program_description", "predictor", "predictor_description"},
        ),
        ({"shown_set": None}, {"task_demos"}),
        ({"history": False}, {"previous_instructions"}),
        ({"tip": "none"}, {"tip"}),
    ],
)
def test_what_is_switched_off_is_absent_from_the_prompt(change, absent):
    state_of = after()
    full, _ = asked(ALL, state_of=state_of)
    less, events = asked(ALL.model_copy(update=change), state_of=state_of)
    assert set(full.inputs) - set(less.inputs) == absent
    assert not absent & set(events[0].grounding)


def test_without_grounding_the_prompt_has_only_history_and_the_basic_instruction():
    bare = ProposerSettings(
        dataset_summary=False, program_summary=False, shown_set=None, history=True
    )
    prompt, _ = asked(bare)
    assert set(prompt.inputs) == {"previous_instructions", "basic_instruction"}


def test_the_temperature_of_the_settings_reaches_the_model():
    prompt, events = asked(ALL.model_copy(update={"temperature": 1.3}))
    assert prompt.temperature == events[0].temperature == 1.3


def test_another_shown_set_shows_other_demos():
    state_of = after()
    shown = {
        asked(ALL.model_copy(update={"shown_set": each}), state_of=state_of)[0].inputs["task_demos"]
        for each in (0, 1, 2, 3)
    }
    assert len(shown) > 1


def test_every_setting_of_the_grid_can_be_read_back():
    for name, options in GRID.items():
        for option in options:
            chosen = settings_at([0] * len(GRID)).model_copy(update={name: option})
            assert settings_at(settings_levels(chosen)) == chosen


# Replies


def test_a_proposal_names_its_round():
    _, (event,) = asked(ALL)
    assert (event.round, event.index, event.text) == (20, 21, "One.")


def test_one_call_for_all_predictors_gives_each_its_instruction_and_counts_once():
    _, events = asked(ALL, whole=True)
    assert [(each.predictor, each.text) for each in events] == [
        ("part0", "One."),
        ("part1", "Two."),
    ]
    assert [each.usage.calls for each in events] == [1, 0]
    assert events[1].usage == Usage()


@pytest.mark.parametrize(
    "answer", ["I cannot do that.", '["Only one."]', '["One.", ""]', "[1, 2]", '["a", "b", "c"]']
)
def test_a_reply_without_an_instruction_for_each_predictor_is_a_failed_call(answer):
    with pytest.raises(PromptCallError, match="a JSON list of 2 instructions") as caught:
        asked(ALL, whole=True, answer={"proposed_instructions": answer})
    assert caught.value.usage.calls == 1
