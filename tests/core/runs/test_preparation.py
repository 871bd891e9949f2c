import sys

import pandas as pd
import pytest

from core.data.bundled import bundled_dataset
from core.data.dataset import Dataset, Example, FieldMapping
from core.data.split import SplitConfig
from core.errors import ConfigError, DatasetError, DatasetNotFound, ProgramError
from core.programs import registry
from core.runs.demo import PROGRAM, create_demo_run, demo_config
from core.runs.preparation import labels, passages, prepare
from core.search.budget import Budget, estimate
from core.storage.memory import MemoryStore
from tests.run_log import iris_config

BUDGET = Budget(name="exact", instructions=3, demo_sets=3, trials=4)


@pytest.fixture
def store():
    return MemoryStore()


def ids(examples):
    return [example.id for example in examples]


def test_a_task_has_three_parts_that_share_no_example(store):
    task = prepare(iris_config(store, budget=BUDGET), store)
    parts = [set(ids(part)) for part in (task.train, task.val, task.test)]
    assert [len(part) for part in parts] == [60, 60, 30]
    assert len(set.union(*parts)) == 150


def test_the_same_settings_give_the_same_task(store):
    config = iris_config(store, budget=BUDGET)
    one, two = prepare(config, store), prepare(config, store)
    assert (one.train, one.val, one.test) == (two.train, two.val, two.test)
    assert one.predictors == two.predictors


def test_the_runs_seed_changes_the_order_of_the_valset_and_not_what_is_in_it(store):
    one = prepare(iris_config(store, budget=BUDGET, seed=0), store)
    two = prepare(iris_config(store, budget=BUDGET, seed=9), store)
    assert ids(one.val) != ids(two.val)
    assert sorted(ids(one.val)) == sorted(ids(two.val))
    assert (one.train, one.test) == (two.train, two.test)


def test_the_splits_seed_changes_what_is_in_the_parts(store):
    one = prepare(iris_config(store, budget=BUDGET), store)
    two = prepare(iris_config(store, budget=BUDGET, split=SplitConfig(seed=9)), store)
    assert sorted(ids(one.train)) != sorted(ids(two.train))


def test_the_valset_is_cut_to_the_budgets_cap_and_the_estimate_knows(store):
    capped = BUDGET.model_copy(update={"val_cap": 7})
    whole = prepare(iris_config(store, budget=BUDGET), store)
    task = prepare(iris_config(store, budget=capped), store)
    assert ids(task.val) == ids(whole.val)[:7]
    assert task.sizes.val == 7
    assert task.estimate(iris_config(store, budget=capped)) == estimate(capped, task.sizes)


def test_sorted_data_is_split_with_every_label_in_every_part(store):
    task = prepare(iris_config(store, budget=BUDGET), store)
    for part in (task.train, task.val, task.test):
        counts = pd.Series([example.outputs["answer"] for example in part]).value_counts()
        assert counts.max() - counts.min() <= 1
        assert len(counts) == 3


def test_few_values_of_the_output_become_labels_that_the_program_states(store):
    task = prepare(iris_config(store, budget=BUDGET), store)
    (info,) = task.predictors
    assert info.outputs[-1].description == "one of: setosa, versicolor, virginica"


def rows(values):
    return [
        Example(id=str(i), inputs={"q": i}, outputs={"answer": value})
        for i, value in enumerate(values)
    ]


def test_many_different_values_are_no_labels():
    assert labels(rows(["b", "a", "b", "a"])) == ("a", "b")
    assert labels(rows(["a", "b", "c", "a"])) == ()
    assert labels(rows([str(i % 21) for i in range(500)])) == ()
    assert labels([]) == ()


def test_two_outputs_have_no_labels():
    two = [Example(id="0", inputs={"q": 1}, outputs={"a": "x", "b": "y"})] * 9
    assert labels(two) == ()


def test_labels_of_numbers_are_their_texts():
    assert labels(rows([1, 0, 1, 0])) == ("0", "1")


def test_a_program_that_retrieves_gets_its_corpus(store):
    config = iris_config(
        store,
        program="multi_hop_qa",
        dataset=store.put_dataset(bundled_dataset("multi_hop_questions")),
        passages=store.put_dataset(bundled_dataset("multi_hop_passages")),
        mapping=FieldMapping(inputs={"question": "question"}, outputs={"answer": "answer"}),
        budget=BUDGET,
    )
    task = prepare(config, store)
    assert [info.name for info in task.predictors] == [
        "generate_query.predict",
        "generate_answer.predict",
    ]
    assert task.template.calls_per_run == 3


def test_a_corpus_needs_titles_and_texts():
    frame = pd.DataFrame({"title": ["a"], "body": ["b"]})
    corpus = Dataset(name="notes", origin="made up", frame=frame)
    with pytest.raises(ProgramError, match="the corpus 'notes' has no column 'text'"):
        passages(corpus)


OWN = "classify.predict"


def test_texts_that_the_settings_lock_are_known_by_predictor(store):
    config = iris_config(store, budget=BUDGET, locks={OWN: (" Given the fields ", "produce")})
    assert prepare(config, store).locks == {OWN: ("Given the fields", "produce")}
    assert prepare(iris_config(store, budget=BUDGET), store).locks == {}


@pytest.mark.parametrize(
    ("locks", "message"),
    [
        ({"nobody": ("Given",)}, "the program has no predictor 'nobody'; it has classify.predict"),
        ({OWN: ("Given", "Never guess.")}, "'Never guess.' is not in the own instruction of predi"),
        ({OWN: ("  ",)}, "an empty text is locked in predictor 'classify.predict'"),
    ],
)
def test_a_lock_that_does_not_fit_the_program_is_refused(store, locks, message):
    with pytest.raises(ConfigError, match=message):
        prepare(iris_config(store, budget=BUDGET, locks=locks), store)


MARKED = """
import dspy
from core.programs.template import ProgramTemplate, Stage

TEMPLATE = ProgramTemplate(
    name="marked", title="Marked", description="Marked.", metric="exact_match", dataset="iris",
    stages=(Stage(name="Step", kind="predictor", predictor="self"),),
    build=lambda setup: dspy.Predict(
        dspy.Signature("petal_length -> answer", {instruction!r})
    ),
)
"""


@pytest.fixture
def marked(tmp_path, monkeypatch, store):
    """Prepares a run of a program with this instruction."""
    package = f"programs_of_{tmp_path.name.replace('-', '_')}"
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(registry, "PACKAGE", package)

    def prepared(instruction, **changes):
        text = MARKED.format(instruction=instruction)
        (tmp_path / package / "marked.py").write_text(text, encoding="utf-8")
        mapping = FieldMapping(
            inputs={"petal_length": "petal_length"}, outputs={"answer": "answer"}
        )
        changes = {"program": "marked", "mapping": mapping, "budget": BUDGET, **changes}
        return prepare(iris_config(store, **changes), store)

    yield prepared
    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        del sys.modules[name]


def test_marks_in_a_programs_own_instruction_are_taken_out_and_lock_what_they_enclose(marked):
    task = marked("Name the <keep>iris species</keep>. <keep>Never guess.</keep>")
    assert task.predictors[0].instruction == "Name the iris species. Never guess."
    assert task.program.signature.instructions == "Name the iris species. Never guess."
    assert task.locks == {"self": ("iris species", "Never guess.")}


def test_marks_and_settings_lock_together(marked):
    task = marked("<keep>Never guess.</keep> Be brief.", locks={"self": ("brief",)})
    assert task.locks == {"self": ("Never guess.", "brief")}


def test_a_mark_that_is_not_closed_is_refused_with_its_place(marked):
    with pytest.raises(ConfigError, match="predictor 'self': a <keep> mark is not closed"):
        marked("Name the <keep>species.")


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"dataset": "0" * 16}, DatasetNotFound, "0000"),
        ({"program": "nothing"}, ProgramError, "no program is called 'nothing'"),
        ({"metric": "nothing"}, ConfigError, "no metric is called 'nothing'"),
        (
            {"mapping": FieldMapping(inputs={"a": "petal"}, outputs={"answer": "answer"})},
            DatasetError,
            "there is no column 'petal'",
        ),
        ({"program": "question_answering"}, ProgramError, "needs the input field 'context'"),
        ({"program": "multi_hop_qa"}, ProgramError, "input field"),
        ({"passages": "0" * 16}, DatasetNotFound, "0000"),
    ],
)
def test_settings_that_do_not_fit_are_refused_before_anything_is_spent(
    store, changes, error, message
):
    config = iris_config(store, budget=BUDGET).model_copy(update=changes)
    with pytest.raises(error, match=message):
        prepare(config, store)


def test_the_demo_run_is_ready_to_start_on_the_offline_model(store):
    run_id = create_demo_run(store)
    config = store.run(run_id).config
    assert config == demo_config(store)
    assert config.program == PROGRAM
    assert config.task_model.is_offline
    assert config.prompt_model.is_offline
    task = prepare(config, store)
    assert len(task.test) > 50
    assert "billing" in task.predictors[0].outputs[-1].description.lower()
