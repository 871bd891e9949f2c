import pytest

from core.bootstrap import (
    build_demo_sets,
    labelled_demos,
    renders_labels,
    teacher_demos,
)
from core.data.dataset import Example
from core.data.seeds import derived_rng
from core.programs.candidate import NO_DEMOS
from core.programs.predictors import PredictorInfo, SignatureField
from core.search.budget import Budget


def predictor(name, inputs, outputs):
    return PredictorInfo(
        name=name,
        instruction="Do it.",
        inputs=tuple(SignatureField(name=each, description="") for each in inputs.split()),
        outputs=tuple(SignatureField(name=each, description="") for each in outputs.split()),
    )


HOP = predictor("hop", "context question", "query")
ANSWER = predictor("answer", "question", "reasoning answer")
TRAIN = tuple(
    Example(id=str(i), inputs={"question": f"q{i}"}, outputs={"answer": f"a{i}"}) for i in range(20)
)


def traces(count, hops=1):
    """Accepted traces of the first training examples, with `hops` calls of the first predictor."""
    return [
        (
            each.id,
            {
                "hop": tuple(
                    {"context": f"c{hop}", "question": f"q{each.id}", "query": f"w{each.id}.{hop}"}
                    for hop in range(hops)
                ),
                "answer": ({"question": f"q{each.id}", "reasoning": "r", "answer": f"a{each.id}"},),
            },
        )
        for each in TRAIN[:count]
    ]


def budget(**changes):
    numbers = {"name": "exact", "instructions": 3, "demo_sets": 6, "trials": 10}
    return Budget(**{**numbers, **changes})


def built(found=None, seed=0, infos=(HOP, ANSWER), **changes):
    given = traces(12) if found is None else found
    sets = build_demo_sets(infos, TRAIN, given, budget(**changes), seed)
    return {info.name: [each for each in sets if each.predictor == info.name] for info in infos}


def bootstrapped(demos):
    return [demo for demo in demos if "reasoning" in demo or "query" in demo]


# Labelled demos


def test_labels_render_only_where_the_dataset_has_all_inputs_and_an_output():
    assert renders_labels(ANSWER, TRAIN[0])
    assert not renders_labels(HOP, TRAIN[0])
    assert not renders_labels(predictor("check", "answer", "verdict"), TRAIN[0])
    assert not renders_labels(predictor("plan", "question", "steps"), TRAIN[0])


def test_labelled_demos_have_the_predictors_fields_that_the_dataset_has():
    (demo,) = labelled_demos(ANSWER, TRAIN[:1], 4, derived_rng(0, "x"))
    assert demo == {"question": "q0", "answer": "a0"}


def test_labelled_demos_are_distinct_and_at_most_as_many_as_wanted():
    demos = labelled_demos(ANSWER, TRAIN, 4, derived_rng(0, "x"))
    assert len({demo["question"] for demo in demos}) == 4
    assert len(labelled_demos(ANSWER, TRAIN[:2], 4, derived_rng(0, "x"))) == 2


def test_where_labels_do_not_render_there_is_no_duplicate_of_the_empty_set():
    assert labelled_demos(HOP, TRAIN, 4, derived_rng(0, "x")) == ()
    sources = [each.source for each in built()["hop"]]
    assert "labelled" not in sources
    assert NO_DEMOS not in [each.id for sets in built().values() for each in sets]


# The teacher


def test_the_teacher_is_never_shown_the_example_it_runs_on():
    doubled = [*TRAIN, Example(id="99", inputs={"question": "q3"}, outputs={"answer": "a3"})]
    demos = teacher_demos([HOP, ANSWER], doubled, TRAIN[3], count=100, seed=0)
    assert len(demos["answer"]) == 19
    assert "q3" not in [demo["question"] for demo in demos["answer"]]
    assert demos["hop"] == ()


def test_the_teacher_sees_other_demos_for_another_example_and_the_same_for_the_same():
    first = teacher_demos([ANSWER], TRAIN, TRAIN[0], count=4, seed=0)
    assert first == teacher_demos([ANSWER], TRAIN, TRAIN[0], count=4, seed=0)
    assert first != teacher_demos([ANSWER], TRAIN, TRAIN[1], count=4, seed=0)
    assert first != teacher_demos([ANSWER], TRAIN, TRAIN[0], count=4, seed=1)


# Demo sets


def test_there_is_one_labelled_set_then_bootstrapped_ones_up_to_the_wanted_number():
    sets = built()
    assert [each.source for each in sets["answer"]] == ["labelled", *["bootstrapped"] * 4]
    assert [each.source for each in sets["hop"]] == ["bootstrapped"] * 5


def test_no_set_of_a_predictor_is_there_twice():
    for sets in built(found=traces(2), bootstrapped_demos=2, labelled_demos=0).values():
        assert len({each.id for each in sets}) == len(sets)


def test_few_traces_give_few_sets_and_no_endless_search():
    sets = built(found=traces(1), labelled_demos=0)
    assert {name: len(each) for name, each in sets.items()} == {"hop": 1, "answer": 1}


def test_the_first_bootstrapped_set_is_full_and_the_others_are_of_varied_sizes():
    sets = built(demo_sets=12, labelled_demos=0)["hop"]
    sizes = [len(each.demos) for each in sets]
    assert sizes[0] == 4
    assert set(sizes) <= {1, 2, 3, 4}
    assert len(set(sizes)) > 1


def test_bootstrapped_sets_are_filled_up_with_labels_of_other_examples():
    for each in built()["answer"][1:]:
        shown = [demo["question"] for demo in each.demos]
        assert len(shown) == len(set(shown)) == 4
        assert 1 <= len(bootstrapped(each.demos)) <= 4


def test_set_j_shows_the_same_training_examples_to_every_predictor():
    sets = built(labelled_demos=0)
    for hop, answer in zip(sets["hop"], sets["answer"], strict=True):
        assert [d["question"] for d in hop.demos] == [d["question"] for d in answer.demos]


def test_a_predictor_that_ran_twice_contributes_one_of_its_calls_each_equally_likely():
    sets = built(found=traces(12, hops=2), demo_sets=40, labelled_demos=0)["hop"]
    shown = [demo["query"].split(".") for each in sets for demo in each.demos]
    for each in sets:
        assert len({demo["question"] for demo in each.demos}) == len(each.demos)
    later = sum(hop == "1" for _, hop in shown) / len(shown)
    assert 0.3 < later < 0.7


def test_a_predictor_that_did_not_run_gets_no_bootstrapped_set_and_the_others_do():
    found = [(example, {"answer": calls["answer"]}) for example, calls in traces(12)]
    sets = built(found=found, labelled_demos=0)
    assert sets["hop"] == []
    assert len(sets["answer"]) == 5


def test_labelled_demos_alone_are_enough():
    sets = built(bootstrapped_demos=0)
    assert [each.source for each in sets["answer"]] == ["labelled"]
    assert sets["hop"] == []


def test_without_an_accepted_trace_the_labelled_set_is_still_there():
    sets = built(found=[])
    assert [each.source for each in sets["answer"]] == ["labelled"]


@pytest.mark.parametrize(
    "changes", [{"demo_sets": 1}, {"bootstrapped_demos": 0, "labelled_demos": 0}]
)
def test_none_wanted_is_none_built(changes):
    assert built(**changes) == {"hop": [], "answer": []}


def test_sets_depend_on_the_seed_and_not_on_the_order_in_which_traces_came_back():
    def ids(**changes):
        return [each.id for each in built(**changes)["answer"]]

    assert ids(found=traces(12)) == ids(found=traces(12)[::-1])
    assert ids(seed=0) != ids(seed=9)
