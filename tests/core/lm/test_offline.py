import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import dspy
import pytest

from core.lm.offline import OFFLINE_MODEL, OFFLINE_NOTICE, OfflineEngine
from sample_programs.data.make import ticket_words
from sample_programs.data.make.world import make_world
from sample_programs.data.make_data import SEED, iris

SOURCES = [Path("core/lm/offline.py"), *sorted(Path("core/lm/matcher").glob("*.py"))]


class Routing(dspy.Signature):
    """Route the request."""

    request: str = dspy.InputField()
    desk: Literal["north wing", "south wing"] = dspy.OutputField()
    urgent: bool = dspy.OutputField()
    score: int = dspy.OutputField()
    topics: list[str] = dspy.OutputField()


@pytest.fixture
def lm():
    return dspy.LM(OFFLINE_MODEL, engine=OfflineEngine(), cache=False)


@pytest.mark.parametrize(
    "adapter", [dspy.ChatAdapter(use_json_adapter_fallback=False), dspy.JSONAdapter()]
)
def test_every_typed_output_can_be_parsed(lm, adapter):
    with dspy.context(lm=lm, adapter=adapter):
        prediction = dspy.ChainOfThought(Routing)(request="The lift in Oslo is stuck since 1999.")
    assert prediction.desk in {"north wing", "south wing"}
    assert isinstance(prediction.urgent, bool)
    assert isinstance(prediction.score, int)
    assert isinstance(prediction.topics, list)
    assert prediction.reasoning


def test_equal_requests_get_equal_answers_from_any_thread(lm):
    program = dspy.Predict(Routing)

    def run(_):
        with dspy.context(lm=lm):
            return program(request="The lift is stuck.").toDict()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(run, range(24)))
    assert all(answer == answers[0] for answer in answers)


def test_another_temperature_is_another_guess(lm):
    signature = dspy.make_signature("request -> desk", "Choose one of: a, b, c, d, e, f, g, h.")
    program = dspy.Predict(signature)
    with dspy.context(lm=lm):
        guesses = {
            program(request="Hm?", config={"temperature": step / 10}).desk for step in range(10)
        }
    assert len(guesses) > 1


def test_usage_counts_words(lm):
    with dspy.context(lm=lm, track_usage=True):
        prediction = dspy.Predict("question -> answer")(question="Who knows?")
    usage = prediction.get_lm_usage()[OFFLINE_MODEL]
    assert usage["prompt_tokens"] > 20
    assert usage["completion_tokens"] > 5
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


def test_a_prompt_without_field_markers_is_refused_with_a_reason(lm):
    with pytest.raises(dspy.utils.exceptions.LMInvalidRequestError, match="connect a language"):
        lm("Say hello")


def test_the_delay_varies_by_half_around_its_mean(monkeypatch):
    waited = []
    monkeypatch.setattr(time, "sleep", waited.append)
    lm = dspy.LM(OFFLINE_MODEL, engine=OfflineEngine(delay=2.0), cache=False)
    with dspy.context(lm=lm):
        for number in range(40):
            dspy.Predict("question -> answer")(question=f"Number {number}?")
    assert all(1.0 <= seconds <= 3.0 for seconds in waited)
    assert min(waited) < 1.5 < 2.5 < max(waited)


def test_a_program_that_carries_the_model_can_be_saved_and_loaded(tmp_path, lm):
    program = dspy.Predict("question -> answer")
    program.set_lm(dspy.LM(OFFLINE_MODEL, engine=OfflineEngine(delay=0.5)))
    program.save(tmp_path / "program.json")
    loaded = dspy.Predict("question -> answer")
    loaded.load(tmp_path / "program.json", allow_unsafe_lm_state=True)
    assert loaded.lm.engine.delay == 0.5


def test_an_ordinary_call_takes_a_few_milliseconds(lm):
    flowers = iris()[::15]
    program = dspy.Predict("petal_length, petal_width, sepal_length, sepal_width -> answer")
    program.demos = [dspy.Example(**flower) for flower in flowers]
    with dspy.context(lm=lm):
        started = time.perf_counter()
        for flower in iris()[:100]:
            program(**{name: value for name, value in flower.items() if name != "answer"})
    assert (time.perf_counter() - started) / 100 < 0.02


def test_the_notice_says_that_it_is_no_language_model():
    assert OFFLINE_NOTICE == (
        "Offline model: a small built-in text matcher, not an LLM. "
        "Good for trying the app; connect a model for real results."
    )


def test_its_source_names_nothing_of_the_bundled_data():
    world = make_world(SEED)
    labels = {*ticket_words.PROBLEMS, *(flower["answer"] for flower in iris())}
    entities = {entry["name"] for entries in world.entries.values() for entry in entries}
    source = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    known = set(re.findall(r"\w+", source.lower()))
    assert len(SOURCES) > 8
    assert not {label for label in labels if label in known}
    assert not {name for name in entities if name.lower() in source.lower()}


def test_the_same_prompt_asked_again_is_answered_afresh_only_above_temperature_zero():
    def proposals(temperature):
        model = dspy.LM(OFFLINE_MODEL, engine=OfflineEngine(), cache=False, temperature=temperature)
        propose = dspy.Predict("task_demos, basic_instruction -> proposed_instruction")
        demos = "\n\n".join(
            f"Example {n}\n  size: {n}\n  ->\n  kind: {'big' if n > 3 else 'small'}"
            for n in range(1, 7)
        )
        with dspy.context(lm=model):
            return [
                propose(task_demos=demos, basic_instruction="Sort it.").proposed_instruction
                for _ in range(6)
            ]

    warm = proposals(0.9)
    assert len(set(warm)) > 1
    assert warm == proposals(0.9)
    assert len(set(proposals(0.0))) == 1
