import dataclasses
import re

import pandas as pd
import pytest

from core.data.dataset import Dataset
from core.lm.connection import LMConfig
from core.report.gathering import report_of
from core.report.html import duration, report_html
from core.report.word_diff import pieces
from core.runs import decisions as de
from core.runs import events as ev
from core.runs.preparation import prepare
from core.search.budget import Budget
from core.storage.memory import MemoryStore
from tests import hostile_run, run_log
from tests.core.report.reading import Page


def page_of(run_id, store):
    return Page(report_html(report_of(run_id, store)))


def stored(config, logged, store):
    """Id of a run with this log and its snapshot."""
    run_id = store.create(config)
    run_log.append(store, run_id, logged)
    store.put_snapshot(run_id, run_log.snapshot(run_log.replay(store, run_id)))
    return run_id


def test_the_file_needs_no_script_and_no_network(iris):
    source = report_html(iris)
    page = Page(source)
    assert not {"script", "link", "iframe", "img", "object", "form"} & set(page.tags)
    assert all(each.startswith("#") for each in page.addresses)
    assert "http" not in source.lower().replace("http-equiv", "").replace(
        "http://www.w3.org/2000/svg", ""
    ).replace("https://example.com/x.png", "")
    assert "@import" not in source
    assert "url(" not in source
    assert not [name for name in page.attributes if name.startswith("on")]


def test_ids_are_unique_and_every_link_has_its_target(iris):
    page = Page(report_html(iris))
    assert len(page.ids) == len(set(page.ids))
    assert {each.removeprefix("#") for each in page.addresses} <= set(page.ids)


def test_every_picture_has_a_title_and_a_description(iris):
    page = Page(report_html(iris))
    assert page.tags.count("svg") == 2
    assert page.tags.count("desc") == 2
    assert {"history-title", "history-said", "before-after-said"} <= set(page.ids)
    assert "held-out examples:" in page.text


def test_a_finished_run_is_told_from_the_verdict_to_the_words_used(iris):
    text = Page(report_html(iris)).text
    for said in (
        "Simulated. No language model took part in the answers",
        "held-out examples, which were kept back until the end",
        "The optimized program is better than the original by",
        "Classification, 1 step: classify",
        "Exact match",
        "Instruction after",
        "written by the prompt model",
        "Got worse",
        "Improved",
        "Which score to quote",
        "python -m core optimize",
        "What people decided Nobody stepped in.",
        "95 % interval",
    ):
        assert said in text, said


def test_data_that_tries_to_act_is_shown_as_text(hostile):
    harmless = Page(report_html(hostile))
    assert not {"script", "img", "b", "i", "u"} & set(harmless.tags)
    assert harmless.tags.count("style") == 1
    assert "<script>document.title='owned'</script>" in harmless.text
    assert "{{ 7 * 7 }} {% raw %}" in harmless.text
    assert "&lt;b&gt; &#60;script&#62;" in harmless.text
    assert all(each.startswith("#") for each in harmless.addresses)
    assert not [name for name in harmless.attributes if name.startswith("on")]


@pytest.mark.parametrize("attack", hostile_run.ATTACKS)
def test_prompts_and_names_that_try_to_act_are_shown_as_text(hostile, attack):
    prompt = dataclasses.replace(
        hostile.prompts[0],
        predictor=attack,
        before=attack,
        after=f"{attack} new",
        pieces=pieces(attack, f"{attack} new"),
        origin=f"written by {attack}",
    )
    usual = Page(report_html(hostile))
    setting = dataclasses.replace(hostile.setting, predictors=(attack,), task_model=attack)
    changed = dataclasses.replace(hostile, title=attack, prompts=(prompt,), setting=setting)
    page = Page(report_html(changed))
    assert set(page.tags) <= set(usual.tags) | {"del", "ins"}
    assert set(page.attributes) <= set(usual.attributes)


def test_characters_that_turn_or_hide_text_are_written_out(hostile):
    source = report_html(hostile)
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f\x7f-\x9f\u2028]", source)
    assert "⟨U+202E⟩gnp.exe⟨U+202C⟩" in source
    assert "⟨U+001B⟩[31mred" in source


@pytest.mark.parametrize("upto", ["bootstrap", "propose", "search", "test", "end"])
def test_a_run_is_reported_at_every_stage(upto):
    store = MemoryStore()
    run_id, _, _ = run_log.iris_run(store, upto)
    text = page_of(run_id, store).text
    assert ("this is how it stood when the report was written" in text) == (upto != "end")


def test_a_run_without_events_says_that_nothing_is_known():
    store = MemoryStore()
    text = page_of(store.create(run_log.iris_config(store)), store).text
    assert "Nothing has been measured yet." in text
    assert "The search has not begun." in text


def test_a_run_without_held_out_scores_says_that_its_result_is_not_confirmed():
    store = MemoryStore()
    config = run_log.iris_config(store)
    task = prepare(config, store)
    logged = run_log.until(run_log.log(run_log.plan_of(task, config)), "search")
    stopped = (ev.RunStopped(best=None), {})
    text = page_of(stored(config, [*logged, stopped], store), store).text
    assert "A person stopped the run before all was done" in text
    assert "this is not confirmed" in text or "It is not shown" in text
    assert "No held-out examples were scored, so nobody knows how large that part is." in text


def test_a_failed_run_says_why():
    store = MemoryStore()
    config = run_log.iris_config(store)
    logged = run_log.until(run_log.log(run_log.plan_of(prepare(config, store), config)), "propose")
    failed = (ev.RunFailed(message="The provider refused the <key>."), {})
    text = page_of(stored(config, [*logged, failed], store), store).text
    assert "The run failed: The provider refused the <key>." in text


def test_a_run_in_which_nothing_is_better_says_so():
    store = MemoryStore()
    config = run_log.iris_config(store)
    logged = run_log.log(run_log.plan_of(prepare(config, store), config))
    baseline = next(event.candidate.id for event, _ in logged if event.kind == "trial_started")
    logged[-1] = (ev.RunFinished(best=baseline), {})
    text = page_of(stored(config, logged, store), store).text
    assert "No better prompts were found." in text
    assert "No better prompts are known; these are the original ones." in text


def test_failures_are_counted_and_named():
    store = MemoryStore()
    run_id, _, _ = run_log.iris_run(store, failing=0.3)
    text = page_of(run_id, store).text
    assert re.search(r"attempts gave no answer that could be used \(AdapterParseError", text)


@pytest.mark.parametrize("count", [1, 4])
def test_each_step_has_its_prompts(count):
    store = MemoryStore()
    infos = tuple(
        run_log.ANSWER.model_copy(update={"name": f"step{number}.predict"})
        for number in range(count)
    )
    plan = run_log.Plan(predictors=infos)
    config = run_log.iris_config(store, plan)
    page = page_of(stored(config, run_log.log(plan), store), store)
    for number in range(count):
        assert f"Step step{number} " in page.text
    assert len(page.ids) == len(set(page.ids))


def test_a_report_outlives_its_dataset():
    store = MemoryStore()
    run_id, config, _ = run_log.iris_run(store)
    store.delete_dataset(config.dataset)
    text = page_of(run_id, store).text
    assert "The dataset is gone, so what was asked cannot be shown." in text


def test_what_people_decided_is_told_with_when():
    store = MemoryStore()
    run_id, _, _ = run_log.iris_run(store, "test")
    store.append(run_id, [de.NoteAdded(by="Ada", text="looks <good>", at=run_log.START)])
    assert "Ada noted: looks <good>. 14 November 2023, 22:13 UTC" in page_of(run_id, store).text


def test_only_a_real_model_is_not_called_simulated():
    store = MemoryStore()
    real = LMConfig(model="openai/gpt-x")
    texts = {}
    for name, prompt_model in (("both", real), ("task only", LMConfig())):
        config = run_log.iris_config(store, task_model=real, prompt_model=prompt_model)
        texts[name] = page_of(store.create(config), store).text
    assert "Simulated" not in texts["both"]
    assert "openai/gpt-x" in texts["both"]
    assert "Simulated. The answers come from a language model, but" in texts["task only"]


def test_a_run_of_5000_examples_gives_less_than_5_megabytes():
    store = MemoryStore()
    rows = 12_500
    text = "<b>&\"'\u202e" * 200
    frame = pd.DataFrame({"question": [f"{n} {text}" for n in range(rows)], "answer": "right"})
    data = Dataset(name="long", origin="made up", frame=frame)
    budget = Budget(name="exact", instructions=4, demo_sets=4, trials=6, minibatch=50, val_cap=5000)
    config = run_log.iris_config(
        store,
        dataset=store.put_dataset(data),
        mapping={"inputs": {"question": "question"}, "outputs": {"answer": "answer"}},
        budget=budget,
    )
    task = prepare(config, store)
    plan = run_log.plan_of(task, config, traces=False)
    source = report_html(report_of(stored(config, run_log.log(plan), store), store))
    assert len(task.val) == 5_000
    assert len(source.encode()) < 5_000_000
    assert re.search(r"[\d,]+ more examples improved; left out here", source)
    assert "more characters)" in source


def test_durations_are_told_in_words():
    assert [duration(each) for each in (1, 19.4, 90, 3_600, 3_900)] == [
        "1 second", "19 seconds", "2 minutes", "1 hour", "1 hour 5 minutes",
    ]  # fmt: skip
