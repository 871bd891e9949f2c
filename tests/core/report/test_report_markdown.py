import dataclasses

import pytest
from markdown_it import MarkdownIt

from core.report.gathering import report_of
from core.report.markdown import code, fenced, plain, report_markdown
from core.report.word_diff import pieces
from core.storage.memory import MemoryStore
from tests import hostile_run, run_log

ACTIVE = {"html_block", "html_inline", "image", "link_open", "code_block", "hr", "s_open"}


def tokens(source):
    """Every token of the document as a lenient reader sees it: HTML, tables, bare addresses."""
    reader = MarkdownIt("gfm-like", {"html": True})
    found = []
    for each in reader.parse(source):
        found += [each, *(each.children or [])]
    return found


def test_the_document_has_the_sections_of_the_page(iris):
    source = report_markdown(iris)
    headings = [line for line in source.splitlines() if line.startswith("## ")]
    assert [line.removeprefix("## ") for line in headings][1:] == [
        "What was optimized", "Before and after", "The prompts", "Examples", "How it was found",
        "What mattered", "Cost and time", "What people decided", "What to beware of",
        "How to do it again",
    ]  # fmt: skip
    assert "> **Simulated.**" in source
    assert "{+" in source


def test_data_that_tries_to_act_makes_nothing_but_text(hostile):
    found = tokens(report_markdown(hostile))
    assert not {each.type for each in found} & ACTIVE
    fences = [each.content for each in found if each.type == "fence"]
    assert any("<script>document.title='owned'</script>" in each for each in fences)
    assert any("# A heading\n| a | b |" in each for each in fences)


@pytest.mark.parametrize("attack", hostile_run.ATTACKS)
def test_every_value_may_be_an_attack(iris, attack):
    prompt = dataclasses.replace(
        iris.prompts[0], predictor=attack, after=attack, pieces=pieces("before", attack),
        origin=attack, demos_origin=attack,
    )  # fmt: skip
    setting = dataclasses.replace(
        iris.setting, program=attack, predictors=(attack,), dataset=attack, inputs=(attack,),
        task_model=attack, metric=attack, simulated=attack, optimizer=attack,
    )  # fmt: skip
    usual = [each.type for each in tokens(report_markdown(iris)) if each.type != "softbreak"]
    changed = dataclasses.replace(iris, title=attack, setting=setting, prompts=(prompt,))
    found = [each.type for each in tokens(report_markdown(changed))]
    assert not set(found) & ACTIVE
    for kind in ("heading_open", "fence", "bullet_list_open", "table_open", "blockquote_open"):
        assert found.count(kind) == usual.count(kind), kind


def test_a_fence_is_longer_than_any_run_of_backticks_inside():
    assert fenced("a ```` b").startswith("`````text\n")
    assert code("a `` b") == "```a `` b```"
    assert code("`") == "`` ` ``"


def test_plain_text_keeps_its_words_and_loses_its_powers():
    assert plain("1. **bold** <b> $x$ \\(y\\)") == (
        "1\\. \\*\\*bold\\*\\* \\<b\\> \\$x\\$ &#92;(y&#92;)"
    )
    assert plain("see https://evil.example") == "see https&#58;//evil.example"
    assert plain("- no list") == "\\- no list"


@pytest.mark.parametrize("upto", ["bootstrap", "propose", "search", "test"])
def test_a_run_is_written_down_at_every_stage(upto):
    store = MemoryStore()
    run_id, _, _ = run_log.iris_run(store, upto)
    source = report_markdown(report_of(run_id, store))
    assert "this is how it stood when the report was written" in source
    assert "## How to do it again" in source
