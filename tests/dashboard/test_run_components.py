"""Pieces of the run pages that decide something: texts, labels, numbers."""

import pytest
from streamlit.testing.v1 import AppTest

from core.evaluation.statistics import mean
from core.lm.limiter import Flow
from core.lm.usage import Usage
from core.results.frames import candidate_frame
from core.results.run_results import run_results
from core.runs.parts import Instruction
from core.runs.snapshot import Belief
from core.runs.state import RunState
from core.storage.memory import MemoryStore
from dashboard.components.candidate_table import COLUMNS
from dashboard.components.demo_sets import demo_table
from dashboard.components.instruction_cards import origin
from dashboard.components.measures import (
    cost_text,
    duration_text,
    interval_text,
    mean_text,
    percent,
    tokens_text,
)
from dashboard.components.predictor_choice import predictor_label
from dashboard.components.run_outcome import outcome_sentence
from dashboard.components.run_progress import traffic_text
from dashboard.components.search_surrogate import belief_in_words
from dashboard.components.text_diff import marked
from dashboard.frames import candidate_columns
from tests import run_log


def test_words_that_differ_are_marked_and_everything_is_escaped():
    left, right = marked("answer <b>now</b> & go", "answer <b>then</b> & go")
    assert left == "answer &lt;b&gt;<del>now</del>&lt;/b&gt; &amp; go"
    assert right == "answer &lt;b&gt;<ins>then</ins>&lt;/b&gt; &amp; go"


def test_equal_texts_have_no_marks():
    assert marked("a b\nc", "a b\nc") == ("a b\nc", "a b\nc")


def test_text_that_was_added_is_marked_on_one_side_only():
    assert marked("", "new words") == ("", "<ins>new words</ins>")
    assert marked("old words", "") == ("<del>old words</del>", "")


def test_no_markup_of_a_model_reaches_the_page():
    def page() -> None:
        from dashboard.components.text_diff import render_text_diff

        evil = '<img src="https://example.com/x.png"><script>alert(1)</script>'
        render_text_diff(evil, "plain", before_name='"><img>', after_name="C1")

    (drawn,) = AppTest.from_function(page).run().get("html")
    assert "<img" not in drawn.proto.body
    assert "<script" not in drawn.proto.body


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "0 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (185, "3 min 5 s"), (7_830, "2 h 10 min")],
)
def test_time_is_said_in_two_units_at_most(seconds, text):
    assert duration_text(seconds) == text


def test_scores_are_percent_with_one_decimal_and_n():
    assert percent(2 / 3) == "66.7 %"
    assert mean_text(mean([1.0, 0.0, 1.0])) == "66.7 % (n = 3)"
    assert mean_text(None) == "–"
    assert interval_text(mean([1.0, 0.0, 1.0])) == "95 %: 20.8 to 93.9 %, n = 3"


def test_an_unknown_price_is_said_to_be_unknown():
    assert cost_text(Usage(cost_usd=1.239)) == "$1.24"
    assert cost_text(Usage(priced=False)) == "price unknown"
    assert cost_text(Usage(priced=False, cost_usd=0.5)) == "price unknown (at least $0.50)"
    assert tokens_text(Usage(input_tokens=1_200, output_tokens=30)) == "1,200 tokens in, 30 out"


def test_only_plain_identifiers_become_labels():
    assert predictor_label("generate_answer.predict", 0) == "generate_answer"
    assert predictor_label("![x](http://x)", 1) == "Predictor 2"
    assert predictor_label("steps[0]", 2) == "Predictor 3"


def test_an_instruction_says_where_it_came_from():
    own = Instruction(predictor="p", number=0, id="i0", text="t", at=0.0)
    made = Instruction(
        predictor="p",
        number=2,
        id="i2",
        text="t",
        at=0.0,
        tip="high_stakes",
        temperature=0.7,
        grounding=("dataset_summary", "task_demos"),
    )
    assert origin(own) == "The program's own instruction."
    assert origin(made) == (
        "Tip: high stakes · temperature 0.7 · grounded in dataset summary, task demos"
    )


def test_demos_become_a_table_of_text_with_every_field():
    table = demo_table([{"context": ["one", "two"], "n": 3}, {"n": None, "answer": "x"}])
    assert table.to_dict("records") == [
        {"context": "one\ntwo", "n": "3", "answer": ""},
        {"context": "", "n": "", "answer": "x"},
    ]


def outcome(events, metric: str = "exact_match") -> str:
    config = run_log.iris_config(MemoryStore(), run_log.Plan())
    return outcome_sentence(run_results(run_log.state_of(events), config), metric)


def test_the_outcome_is_said_with_the_test_score_when_there_is_one():
    log = run_log.events(run_log.Plan())
    assert outcome(log).startswith("Test accuracy rose from ")
    assert outcome(log, "f1").startswith("Test score rose from ")


def test_the_outcome_of_a_run_that_found_nothing_better_says_so():
    log = run_log.events(run_log.Plan(), "bootstrap")
    assert outcome(log).startswith("No candidate beat the baseline: its validation accuracy is ")


def test_the_outcome_of_a_run_without_a_baseline_says_so():
    assert outcome([]) == "The run ended before the baseline was measured."


def test_an_ended_run_says_what_it_found_and_the_surrogates_view_only_where_it_differs():
    config = run_log.iris_config(MemoryStore(), run_log.Plan())
    results = run_results(run_log.state_of(run_log.events(run_log.Plan())), config)
    best = results.best
    other = next(each for each in results.choices if each != best.candidate)
    found = f"Found best: {best.short_label}, with {100 * best.val.value:.1f} % on 40 validation"
    for recommended, told in ((best.candidate, ""), (other, results.short_labels[other])):
        belief = Belief(recommended=recommended, near_best=0.62, reason="It is next.")
        first, second = belief_in_words(belief, results)
        assert first.startswith(found)
        assert (second == "") == (told == "")
        if told:
            assert second.startswith(f"At the end the surrogate's recommendation was {told}: ")
            assert "62%" in second
    running = run_results(run_log.state_of(run_log.events(run_log.Plan(), "search")), config)
    belief = Belief(recommended=other, near_best=0.62, reason="It is next.")
    first, second = belief_in_words(belief, running)
    assert first.startswith(f"The surrogate recommends {told}: with a probability of 62% nothing")
    assert second == "Why this one next: It is next."


def test_a_table_of_no_candidates_has_its_columns():
    results = run_results(RunState(), run_log.iris_config(MemoryStore(), run_log.Plan()))
    assert candidate_columns(results.tables.candidates).empty


def test_what_matters_most_of_a_candidate_comes_first_and_fits_the_screen():
    state = run_log.state_of(run_log.events(run_log.Plan()))
    table = candidate_columns(candidate_frame(state, run_log.snapshot(state)))
    first = ["Candidate", "Standing", "Observed", "95 %", "n", "Predicted", "90 %"]
    assert list(table.columns)[:9] == [*first, "Test", "Test n"]
    assert set(table["Standing"]) == {"best", "full", "in part"}
    assert table["95 %"].str.fullmatch(r"\d+\.\d–\d+\.\d").all()
    room, check_boxes = 578, 34  # pixels, of a page that is 1440 wide
    assert sum(COLUMNS[name]["width"] for name in first) <= room - check_boxes


@pytest.mark.parametrize(
    ("present", "concurrency", "text"),
    [
        ({"allowed": None}, 64, ""),
        ({"allowed": 70}, 64, ""),
        ({"allowed": 20}, 64, "m: 20 of 64 in flight allowed by the provider"),
        ({"allowed": 20, "most": 30}, 64, "m: 20 of 30 in flight allowed by the provider"),
        (
            {"allowed": 20, "recent_calls": 1000, "recent_refused": 21},
            64,
            "m: 20 of 64 in flight allowed by the provider; "
            "2.1 % of calls refused in the last minute",
        ),
        (
            {"allowed": 64, "recent_calls": 1000, "recent_refused": 52, "usual": 0.048},
            64,
            "m: 5.2 % of calls refused in the last minute, about as many whatever the load",
        ),
        ({"allowed": 70, "held_seconds": 12.0}, 64, "m: it asked to wait 12 s more"),
    ],
)
def test_a_provider_that_slows_the_run_down_is_told(present, concurrency, text):
    known = {"in_flight": 0, "waiting": 0, "calls": 0, "refused": 0, "recent_calls": 0}
    flow = Flow(**{"model": "m", **known, "recent_refused": 0, **present})
    assert traffic_text(flow, concurrency) == text
