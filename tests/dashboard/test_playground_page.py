"""The Playground page as a person uses it."""

import time

import pytest

from core.lm.connection import LMConfig
from core.programs.candidate import ChoiceRef, instruction_id
from core.runs import decisions as de
from core.worker import launcher
from tests import run_log
from tests.dashboard.conftest import button, iris_config, labels, texts
from tests.providers.openai_server import Latency, formatted, requested_fields, serving

EVIL = "![x](http://127.0.0.1/leak.png) <b>no</b>"
MINE = f"Name the flower. {EVIL}"


@pytest.fixture
def no_worker(monkeypatch):
    """Runs whose workers have been started."""
    started = []
    monkeypatch.setattr(launcher, "start", lambda run, *_, **__: started.append(run))
    return started


@pytest.fixture
def finished(store):
    run_id, _, _ = run_log.iris_run(store)
    return run_id, run_log.replay(store, run_id)


@pytest.fixture
def searching(store):
    """A run in its search with a worker that lives."""
    run_id, _, _ = run_log.iris_run(store, "search")
    store.claim(run_id, "a test", stale_after=10)
    return run_id, run_log.replay(store, run_id)


def captions(page):
    return [each.value for each in page.caption]


def run(page):
    """Press Run and wait until every column has its answer."""
    page.button(key="playground.run").click().run()
    for _ in range(40):
        assert not page.exception
        if not any("Asking the model" in each for each in captions(page)):
            return page
        time.sleep(0.2)
        page.run()
    raise AssertionError("no answer came")


def edited(page, text=MINE, column=0):
    page.text_area[column].set_value(text).run()
    assert not page.exception
    return page


def param(page, name):
    value = page.query_params.get(name)
    return value[0] if isinstance(value, list) else value


def decided(store, run_id, kind):
    return [each.event for each in store.since(run_id, 0) if each.event.kind == kind]


def sender(page, place=0):
    return [each for each in page.button if each.label == "Send to the run"][place]


def test_without_a_run_or_a_candidate_the_page_says_so(open_page, store):
    assert any("No run is open" in each.value for each in open_page("playground").markdown)
    page = open_page("playground", run=store.create(iris_config(store)))
    assert not page.exception
    assert any("not tried a candidate yet" in each.value for each in page.info)


def test_baseline_and_best_are_in_play_first_and_the_link_says_so(open_page, finished):
    run_id, state = finished
    page = open_page("playground", run=run_id)
    assert not page.exception
    assert param(page, "candidate") == f"{state.baseline},{state.best}"
    assert param(page, "example") == min(state.results[state.baseline], key=int)
    (name,) = [info.name for info in state.predictors]
    own = state.instructions[name][state.candidates[state.baseline].choices[name].instruction]
    assert page.text_area[0].value == own.text
    assert "2 columns × 1 call to offline: 2 calls." in texts(page)
    assert any("answers are simulated" in each for each in captions(page))


def test_a_link_restores_candidates_and_example_and_ignores_what_is_unknown(open_page, finished):
    run_id, state = finished
    one, other, *_ = state.candidates
    held_out = next(iter(state.test_results[state.baseline]))
    link = {"run": run_id, "candidate": f"{other},nobody,{one},{other},{one}"}
    page = open_page("playground", example=held_out, **link)
    assert not page.exception
    assert param(page, "candidate") == f"{other},{one},{other}"
    assert len(page.text_area) == 3
    assert param(page, "example") == held_out
    assert page.segmented_control[0].value == "Held out"
    assert any("held out to measure the result" in each for each in captions(page))
    page = open_page("playground", example="99999", **link)
    assert not page.exception
    assert page.segmented_control[0].value == "Validation"


def test_columns_run_next_to_each_other_with_score_cost_stages_and_where_they_part(
    open_page, finished, store
):
    run_id, _ = finished
    before = store.run(run_id).seq
    page = run(open_page("playground", run=run_id))
    said = captions(page)
    assert sum("on this one example" in each for each in said) == 2
    assert sum("tokens in" in each for each in said) == 2
    assert any(each.startswith("They part at what classify") for each in said)
    assert "Nothing new to ask: every column has its answer below." in texts(page)
    page.toggle[0].set_value(True).run()
    assert any("[[ ## petal_length ## ]]" in each.value for each in page.code)
    assert store.run(run_id).seq == before


def test_an_edit_is_marked_and_only_its_column_is_asked_again(open_page, finished):
    run_id, _ = finished
    page = edited(run(open_page("playground", run=run_id)))
    assert "1 column × 1 call to offline: 1 call. The answer of 1 column is kept." in texts(page)
    assert any("Not run yet" in each for each in captions(page))
    assert "With the candidate's own instruction" in captions(page)
    page = run(page)
    assert "Nothing new to ask: every column has its answer below." in texts(page)
    drawn = [*page.markdown, *page.caption, *page.subheader]
    assert not any("leak.png" in each.value for each in drawn)
    button(page, "Restore").click().run()
    assert page.text_area[0].value != MINE
    assert "Nothing new to ask: every column has its answer below." in texts(page)


def test_columns_come_and_go_and_the_same_candidate_may_stand_in_two(open_page, finished):
    run_id, state = finished
    page = open_page("playground", run=run_id)
    button(page, "Add a column").click().run()
    assert len(page.text_area) == 3
    assert "Add a column" not in labels(page)
    third = [each for each in page.selectbox if each.label == "Candidate of column 3"][0]
    third.set_value(state.baseline).run()
    assert param(page, "candidate") == f"{state.baseline},{state.best},{state.baseline}"
    page = run(edited(page, column=2))
    assert page.text_area[0].value != MINE
    button(page, "Remove").click().run()
    assert not page.exception
    assert param(page, "candidate") == f"{state.best},{state.baseline}"
    assert [each.value for each in page.text_area][1] == MINE


def test_a_typed_input_begins_with_an_example_and_has_no_score(open_page, finished):
    run_id, _ = finished
    page = open_page("playground", run=run_id)
    page.segmented_control[0].set_value("Type it").run()
    assert "Type an input, or take an example." in texts(page)
    assert page.button(key="playground.run").disabled
    page.segmented_control[0].set_value("Validation").run()
    button(page, "Change it").click().run()
    assert not page.exception
    typed = {each.label: each for each in page.text_area}
    assert typed["petal_length"].value
    typed["petal_length"].set_value("6.9").run()
    page = run(page)
    assert "petal_length: 6.9" in texts(page)
    assert not any("on this one example" in each for each in captions(page))
    assert "example" not in page.query_params


def test_examples_are_searched(open_page, finished):
    run_id, _ = finished
    page = open_page("playground", run=run_id)
    search = next(each for each in page.text_input if each.label == "Search")
    search.set_value("versicolor").run()
    assert "versicolor" in texts(page)
    search = next(each for each in page.text_input if each.label == "Search")
    search.set_value("nothing like this").run()
    assert not page.exception
    assert "No example of this part matches." in captions(page)
    assert page.button(key="playground.run").disabled


def test_an_empty_instruction_is_not_run_and_harms_no_other_column(open_page, finished):
    run_id, _ = finished
    page = edited(open_page("playground", run=run_id), text=" ")
    assert any("needs some text" in each for each in captions(page))
    page = run(page)
    assert sum("on this one example" in each for each in captions(page)) == 1
    assert sender(page).disabled


def test_a_missing_key_is_named_with_what_to_do(open_page, store, monkeypatch):
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    run_id = lm_run(store, LMConfig(model="gpt-4o-mini", api_key_env="NO_SUCH_KEY"))
    page = open_page("playground", run=run_id)
    assert not page.exception
    assert any("'NO_SUCH_KEY' is not set. Set it before" in each for each in texts(page))
    assert page.button(key="playground.run").disabled


def test_one_column_fails_in_words_and_the_other_answers(open_page, store):
    def respond(messages):
        asked = requested_fields(messages)
        bad = "leak.png" in str(messages[0]["content"])
        return "no fields here" if bad else formatted(dict.fromkeys(asked, "setosa"))

    with serving(respond) as (url, _):
        run_id = lm_run(store, LMConfig(model="tiny", api_base=url))
        page = run(edited(open_page("playground", run=run_id)))
        assert any("It failed in classify" in each.value for each in page.markdown)
        assert "setosa" in texts(page)


def test_a_model_that_refuses_is_quoted(open_page, store):
    with serving(str, always="refuse") as (url, _):
        run_id = lm_run(store, LMConfig(model="tiny", api_base=url))
        page = run(open_page("playground", run=run_id))
        assert any("The model cannot be asked" in each.value for each in page.markdown)
        assert any("Incorrect API key provided" in each for each in texts(page))


def test_while_a_model_thinks_the_column_says_so_and_the_page_goes_on(open_page, store):
    def respond(messages):
        return formatted(dict.fromkeys(requested_fields(messages), "setosa"))

    with serving(respond, latency=Latency(median=2.0)) as (url, server):
        run_id = lm_run(store, LMConfig(model="tiny", api_base=url))
        page = open_page("playground", run=run_id)
        page.button(key="playground.run").click().run()
        assert sum("Asking the model" in each for each in captions(page)) == 2
        page.button(key="playground.run").click().run()
        run(page)
        assert len(server.seen.requests) == 2
        assert server.seen.most_in_flight == 2


def lm_run(store, model):
    """A finished run whose settings name this task model."""
    run_id, config, plan = run_log.iris_run(store)
    other = store.create(config.model_copy(update={"task_model": model}))
    run_log.append(store, other, run_log.log(plan))
    return other


def test_an_edit_sent_to_a_running_run_is_a_pinned_instruction_with_its_parent(
    open_page, store, searching, no_worker
):
    run_id, state = searching
    page = edited(open_page("playground", run=run_id))
    sender(page).click().run()
    assert not page.exception
    assert [each.value for each in page.radio] == ["pin"]
    assert not decided(store, run_id, "instruction_added")
    button(page, "Send").click().run()
    assert not page.exception
    (added,) = decided(store, run_id, "instruction_added")
    (name,) = [info.name for info in state.predictors]
    own = state.candidates[state.baseline].choices[name].instruction
    assert (added.predictor, added.text, added.parent) == (name, MINE.strip(), own)
    (pinned,) = decided(store, run_id, "choice_pinned")
    assert pinned.choice.id == instruction_id(MINE.strip())
    number = len(state.instructions[name])
    assert f"Instruction {number} of classify: it is tried next" in texts(page)
    assert any(
        each.startswith("Sent to the run: an instruction of classify.") for each in texts(page)
    )
    assert not no_worker
    button(page, "Undo").click().run()
    assert decided(store, run_id, "choice_rejected")[0].choice == pinned.choice
    assert any("Taken back by who added it." in each for each in texts(page))


def test_what_was_taken_back_can_be_sent_again(open_page, store, searching, no_worker):
    run_id, _ = searching
    page = edited(open_page("playground", run=run_id))
    sender(page).click().run()
    button(page, "Send").click().run()
    button(page, "Undo").click().run()
    sender(page).click().run()
    assert any("it was rejected, and sending it takes that back" in each for each in texts(page))
    button(page, "Send").click().run()
    assert not page.exception
    assert len(decided(store, run_id, "instruction_added")) == 1
    assert len(decided(store, run_id, "choice_restored")) == 1
    assert any("it is tried next" in each for each in texts(page))


def test_exactly_this_candidate_can_be_evaluated(open_page, store, searching, no_worker):
    run_id, state = searching
    page = edited(open_page("playground", run=run_id))
    sender(page).click().run()
    page.radio[0].set_value("queue").run()
    button(page, "Send").click().run()
    (wish,) = decided(store, run_id, "candidate_queued")
    (name,) = [info.name for info in state.predictors]
    ref = ChoiceRef(predictor=name, part="instruction", id=instruction_id(MINE.strip()))
    assert wish.candidate == state.candidates[state.baseline].changed(ref)
    assert not no_worker


def test_an_ended_run_goes_on_with_the_edited_candidate_or_just_keeps_it(
    open_page, store, finished, no_worker
):
    run_id, _ = finished
    page = edited(open_page("playground", run=run_id))
    sender(page).click().run()
    page.radio[0].set_value("keep").run()
    button(page, "Send").click().run()
    assert not no_worker
    assert any("tries it when it goes on" in each for each in texts(page))
    sender(page).click().run()
    assert any(each.startswith("The run has this already") for each in texts(page))
    button(page, "Send").click().run()
    assert not page.exception
    assert len(decided(store, run_id, "instruction_added")) == 1
    assert len(decided(store, run_id, "candidate_queued")) == 1
    assert len(decided(store, run_id, "reopened")) == 1
    assert no_worker == [run_id]


def test_an_edit_without_a_locked_text_is_tried_but_not_sent(
    open_page, store, searching, no_worker
):
    run_id, state = searching
    (info,) = state.predictors
    span = " ".join(info.instruction.split()[:3])
    store.append(run_id, [de.SpansLocked(by="Ada", predictor=info.name, spans=(span,))])
    page = edited(open_page("playground", run=run_id))
    assert any("it can be tried here, but not sent" in each for each in texts(page))
    sender(page).click().run()
    assert button(page, "Send").disabled
    button(page, "Cancel").click().run()
    assert not decided(store, run_id, "instruction_added")
    page = edited(page, text=f"{span} and decide.")
    sender(page).click().run()
    button(page, "Send").click().run()
    assert len(decided(store, run_id, "instruction_added")) == 1


def test_a_run_whose_data_were_deleted_says_so(open_page, store, finished):
    run_id, _ = finished
    store.delete_dataset(store.run(run_id).config.dataset)
    page = open_page("playground", run=run_id)
    assert not page.exception
    assert any("cannot be run here any more" in each.value for each in page.markdown)
