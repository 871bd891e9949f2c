import json

import numpy as np
import optuna
import pytest

from core.evaluation.evaluator import StageRun, Trace, trace_to_json
from core.lm.connection import connect
from core.lm.usage import Usage
from core.optimizers.actions import Propose, ProposeSet
from core.optimizers.family import build
from core.programs.candidate import instruction_id
from core.proposal.locks import missing_spans
from core.proposal.proposer import PromptCallError
from core.proposal.settings import GRID, ProposerSettings, settings_at, settings_levels
from core.runs.decisions import SpansLocked
from core.runs.events import Failure
from core.runs.history import scored_instructions, scored_sets, wrong_examples
from core.runs.parts import Result
from core.runs.scores import best_candidate, val_scores
from core.runs.state import RunState
from core.runs.store import Record
from core.worker.proposals import ProposalWriter
from tests.known_optimum import Fold, made_up_config, made_up_task
from tests.scripted_lm import scripted_lm

ALL = ProposerSettings(tip="simple", history=True)


@pytest.fixture(autouse=True)
def _quiet():
    optuna.logging.set_verbosity(optuna.logging.WARNING)


def no_traces(keys):
    """An empty store."""
    return {}


def after(optimizer="module_opro", trials=8, **settings):
    """Task, settings and state of a run that has tried a few things."""
    task = made_up_task()
    config = made_up_config(optimizer=optimizer, trials=trials)
    run = Fold(policy=build(task, config), task=task, **settings)
    run.run()
    return task, config, run.state


def written(outputs, stages=()):
    """A store's traces, with these outputs of every example under every candidate."""
    trace = trace_to_json(Trace(outputs=outputs, stages=list(stages), prompts=[]))
    return lambda keys: {key: trace for key in keys if key.startswith("eval/")}


def asked(settings, *, whole=False, answer=None, state_of=None, traces=no_traces, **changes):
    """(prompt as it was sent, events) of one proposal after a run."""
    task, config, state = state_of or after()
    both = {"proposed_instructions": '["One.", "Two."]'}
    script = [answer or (both if whole else {"proposed_instruction": "One."})]
    with scripted_lm(script) as (lm, engine):
        writer = ProposalWriter(task, config, lm, traces)
        if whole:
            action = ProposeSet(round=20, index=21, settings=settings)
            ask, tell = writer.propose_set(action, state, 0)
        else:
            action = Propose(
                predictor="part1",
                **{
                    "index": 21,
                    "tip": settings.tip,
                    "demo_set": None,
                    "round": None if "request" in changes else 20,
                    "settings": settings,
                    **changes,
                },
            )
            ask, tell = writer.propose(action, state, 0)
        events, _ = tell(ask())
    return engine.prompts[0], events


def _history(prompt):
    return prompt.inputs["previous_instructions"].split("\n\n")


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


# What a person asks for

LEARN = ProposerSettings(tip="simple", hint="Ask for short answers.", history=True, mistakes=True)


def test_a_request_to_learn_shows_the_worst_and_the_best_the_best_last():
    state_of = after(trials=14)
    prompt, (event,) = asked(LEARN, state_of=state_of, request=3)
    shown = [text.split(" | Score: ") for text in _history(prompt)]
    every = scored_instructions(state_of[2], "part1", worst=100)
    assert len(every) > 8
    best_and_worst = [*every[:3], *every[-5:]]
    assert shown == [[each.texts[0], f"{each.mean:.3f}"] for each in best_and_worst]
    assert (event.request, "previous_instructions" in event.grounding) == (3, True)


def test_few_tried_instructions_are_shown_once_each():
    state_of = after(trials=2)
    prompt, _ = asked(LEARN, state_of=state_of, request=0)
    shown = _history(prompt)
    assert len(shown) == len(set(shown)) == 3


def test_a_round_shows_no_more_than_the_best():
    prompt, _ = asked(LEARN, state_of=after(trials=14))
    assert len(_history(prompt)) == 5


def test_a_hint_is_shown_in_the_persons_own_words():
    prompt, (event,) = asked(LEARN, request=0)
    assert prompt.inputs["hint"] == "Ask for short answers."
    assert "hint" in event.grounding


def test_mistakes_show_input_expected_and_given_answer_and_score():
    answered = {"answer": "a guess"}
    prompt, (event,) = asked(LEARN, traces=written(answered), request=0)
    first, *others = prompt.inputs["mistakes"].split("\n\n")
    number = first.partition("question: q")[2].partition("\n")[0]
    assert first == (
        f"Mistake 1\n  question: q{number}\n  expected:\n    answer: a{number}\n"
        "  the program answered:\n    answer: a guess\n  score: 0.000"
    )
    assert len(others) == 3
    assert "mistakes" in event.grounding


def test_mistakes_are_of_the_best_candidate_on_validation_examples_it_gets_wrong():
    task, _, state = after()
    best = best_candidate(state)
    val = {each.id for each in task.val}
    for seed in range(10):
        wrong = wrong_examples(state, np.random.default_rng(seed))
        assert len({each.example for each in wrong}) == len(wrong) == 4
        for each in wrong:
            assert each.candidate == best
            assert each.example in val
            assert state.results[best][each.example].score == each.score < 1.0


def test_the_worst_mistakes_are_shown_first_and_others_each_time():
    state = RunState(baseline="c")
    for place in range(100):
        state.results.setdefault("c", {})[str(place)] = Result(
            score=place / 100, failure=None, attempt=0, seconds=1.0
        )
    samples = [wrong_examples(state, np.random.default_rng(seed)) for seed in range(20)]
    assert len(set(map(tuple, samples))) > 10
    for sample in samples:
        scores = [each.score for each in sample]
        assert scores == sorted(scores)
        assert max(scores) < 0.12


def test_a_program_without_mistakes_shows_none():
    state = RunState(baseline="c")
    right = Result(score=1.0, failure=None, attempt=0, seconds=1.0)
    failed = Result(score=None, failure=Failure(kind="x", message="y"), attempt=2, seconds=1.0)
    state.results["c"] = {"1": right, "2": failed}
    assert wrong_examples(state, np.random.default_rng(0)) == []
    assert wrong_examples(RunState(), np.random.default_rng(0)) == []


def test_every_proposal_of_a_request_sees_other_mistakes():
    state_of = after()
    seen = {
        asked(LEARN, state_of=state_of, traces=written({"answer": "x"}), request=0, index=index)[
            0
        ].inputs["mistakes"]
        for index in range(8)
    }
    assert len(seen) > 4


def test_what_the_predictor_in_question_wrote_on_the_way_is_shown_and_nothing_twice():
    stages = [
        StageRun(predictor="part0", inputs={}, outputs={"answer": "of another"}),
        StageRun(predictor="part1", inputs={}, outputs={"reasoning": "early", "answer": "x"}),
        StageRun(predictor="part1", inputs={}, outputs={"reasoning": "Because.", "answer": "x"}),
    ]
    prompt, _ = asked(LEARN, traces=written({"answer": "x"}, stages), request=0)
    shown = prompt.inputs["mistakes"].split("\n\n")[0]
    assert "  this predictor wrote:\n    reasoning: Because.\n" in shown
    assert shown.count("answer: x") == 1
    assert "of another" not in shown


def test_long_values_of_mistakes_are_cut():
    prompt, _ = asked(LEARN, traces=written({"answer": "x" * 9000}), request=0)
    assert len(prompt.inputs["mistakes"]) < 4 * 2000


def test_mistakes_without_a_stored_trace_are_left_out():
    prompt, (event,) = asked(LEARN, traces=no_traces, request=0)
    assert "mistakes" not in prompt.inputs
    assert "mistakes" not in event.grounding


def test_a_call_for_all_predictors_can_show_mistakes_too():
    prompt, _ = asked(LEARN, whole=True, traces=written({"answer": "x"}))
    assert prompt.inputs["mistakes"].count("the program answered") == 4


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


# Locked text

SPAN = "Name the source of every fact."


def locked(*spans, predictor="part1", **settings):
    """Task, settings and state of a run in which these texts are locked."""
    task, config, state = after(**settings)
    decision = SpansLocked(by="anna", predictor=predictor, spans=spans)
    return task, config, state.fold([Record(state.seq + 1, decision)])


def proposed(text):
    return {"proposed_instruction": text}


def test_locked_text_is_told_and_kept_by_who_obeys():
    state_of = locked(SPAN, "Be brief.")
    prompt, (event,) = asked(
        ALL, state_of=state_of, answer=proposed(f"Think. {SPAN} Be brief. Go.")
    )
    assert prompt.inputs["locked_text"] == f"<keep>{SPAN}</keep>\n<keep>Be brief.</keep>"
    assert (event.text, event.repaired) == (f"Think. {SPAN} Be brief. Go.", False)
    assert "locked_text" in event.grounding


def test_marks_that_come_back_with_the_text_are_taken_out():
    _, (event,) = asked(ALL, state_of=locked(SPAN), answer=proposed(f"Think. <keep>{SPAN}</keep>"))
    assert (event.text, event.repaired) == (f"Think. {SPAN}", False)
    assert event.id == instruction_id(event.text)


def test_without_locks_nothing_is_told_and_marks_are_the_models_own():
    prompt, (event,) = asked(ALL, answer=proposed("<keep>One.</keep>"))
    assert "locked_text" not in prompt.inputs
    assert event.text == "<keep>One.</keep>"


def test_locked_text_that_was_changed_a_little_is_put_back():
    _, (event,) = asked(
        ALL, state_of=locked(SPAN), answer=proposed("Think. Name the source of each fact! Go.")
    )
    assert (event.text, event.repaired) == (f"Think. {SPAN} Go.", True)
    assert event.id == instruction_id(event.text)
    assert event.usage.calls == 1


def test_a_proposal_without_its_locked_text_is_refused_with_the_reason_and_the_cost():
    _, (event,) = asked(ALL, state_of=locked(SPAN), answer=proposed("Think hard."))
    assert (event.kind, event.task, event.predictor) == (
        "proposal_refused",
        "propose part1 21",
        "part1",
    )
    assert event.text == "Think hard."
    assert event.reason == f"Locked text is missing from the proposal: “{SPAN}”."
    assert event.usage.calls == 1
    assert event.trace == "proposal/part1/21/refused/0"


def test_who_is_asked_again_learns_why_the_last_answer_was_refused():
    task, config, state = locked(SPAN)
    _, (refused,) = asked(ALL, state_of=(task, config, state), answer=proposed("Think hard."))
    state.fold([Record(state.seq + 1, refused)])
    prompt, _ = asked(ALL, state_of=(task, config, state), answer=proposed(SPAN))
    assert prompt.inputs["locked_text"] == (
        f"<keep>{SPAN}</keep>\n\nYour last answer could not be used. {refused.reason}"
    )


def test_locks_of_one_predictor_do_not_bind_another():
    prompt, (event,) = asked(ALL, state_of=locked(SPAN, predictor="part0"))
    assert "locked_text" not in prompt.inputs
    assert event.text == "One."


def test_a_set_keeps_the_locked_text_of_each_predictor():
    state_of = locked(SPAN)
    answer = {"proposed_instructions": json.dumps(["One.", "Two. name the source of every fact"])}
    prompt, events = asked(ALL, whole=True, state_of=state_of, answer=answer)
    assert prompt.inputs["locked_text"] == f"Predictor part1\n<keep>{SPAN}</keep>"
    assert [(each.text, each.repaired) for each in events] == [
        ("One.", False),
        (f"Two. {SPAN}", True),
    ]


def test_a_set_is_refused_as_a_whole_and_once():
    task, config, state = locked(SPAN, "Be brief.")
    other = SpansLocked(by="anna", predictor="part0", spans=("Be kind.",))
    state.fold([Record(state.seq + 1, other)])
    _, events = asked(ALL, whole=True, state_of=(task, config, state))
    (event,) = events
    assert (event.kind, event.task) == ("proposal_refused", "propose set 20")
    assert event.reason == (
        "part0: Locked text is missing from the proposal: “Be kind.”. "
        f"part1: Locked text is missing from the proposal: “{SPAN}”, “Be brief.”."
    )
    before = state.prompt_usage.calls
    state.fold([Record(state.seq + 1, event)])
    assert state.prompt_failures["propose set 20"] == 1
    assert state.prompt_usage.calls == before + 1


def test_the_offline_model_keeps_what_is_locked():
    state_of = locked(SPAN, "Ask nothing back;\nguess nothing.")
    task, config, state = state_of
    lm = connect(config.prompt_model, role="prompt model", temperature=1.0)
    writer = ProposalWriter(task, config, lm, no_traces)
    for index in range(20):
        action = Propose(predictor="part1", index=index, tip="none", demo_set=None, settings=ALL)
        ask, tell = writer.propose(action, state, 0)
        (event,), _ = tell(ask())
        assert not missing_spans(event.text, state.steering.locks["part1"])
        assert not event.repaired
