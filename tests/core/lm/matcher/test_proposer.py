import dspy
import pytest

from core.proposal import signatures
from tests.core.lm.offline_prompts import answer_of, offline_lm

ROWS = [
    ("Parrot for sale, it can talk and sing", "bird"),
    ("My parrot flies and its feathers are green", "bird"),
    ("The feathers of this owl are soft", "bird"),
    ("A trout swims in the pond with silver scales", "fish"),
    ("The scales of the carp glitter, it swims fast", "fish"),
    ("This carp swims with the trout", "fish"),
]


def rendered(rows, arrow=False):
    middle = "  ->\n" if arrow else ""
    return "\n\n".join(
        f"Example {number}\n  text: {text}\n{middle}  kind: {kind}"
        for number, (text, kind) in enumerate(rows, start=1)
    )


def observed(rows=ROWS):
    return answer_of(signatures.ObserveExamples, examples=rendered(rows))["observations"]


def summary():
    return answer_of(signatures.SummariseObservations, observations=observed())["summary"]


def proposed(temperature=0.0, rows=(), tip="", **grounding):
    given = {
        "dataset_summary": summary(),
        "program_structure": "Sort animals.\n\nPredictor classify.predict: text -> reasoning, kind",
        "program_description": "Sorts animals.",
        "predictor": "classify.predict: text -> reasoning, kind",
        "predictor_description": "Names the kind.",
        "task_demos": rendered(rows, arrow=True),
        "basic_instruction": "Given the fields `text`, produce the fields `kind`.",
        "tip": tip,
        **grounding,
    }
    signature = signatures.ProposeInstruction
    for name in [name for name, text in given.items() if not text]:
        signature = signature.delete(name)
        given.pop(name)
    return answer_of(signature, None, temperature, **given)["proposed_instruction"]


def test_observations_name_the_labels_and_their_words():
    lines = observed().splitlines()
    assert "`kind` takes one of these values: bird, fish." in lines
    (bird,) = [line for line in lines if line.startswith("- bird:")]
    assert "parrot" in bird
    assert "feathers" in bird


def test_a_batch_that_shows_nothing_new_is_complete():
    def again(rows):
        values = {"examples": rendered(rows), "prior_observations": observed()}
        return answer_of(signatures.ObserveMoreExamples, **values)["observations"]

    assert again(ROWS) == "COMPLETE"
    assert "cow" in again([("A cow gives milk", "beast"), ("This cow moos", "beast"), *ROWS])


def test_a_summary_keeps_what_tells_labels_apart():
    (fish,) = [line for line in summary().splitlines() if line.startswith("- fish:")]
    assert {"swims", "scales"} <= set(fish.removeprefix("- fish: ").split(", "))
    assert "feathers" not in fish


def test_an_instruction_contains_the_labels_it_was_shown_and_no_others():
    text = proposed(rows=ROWS[:2])
    assert "exactly one of: bird, fish." in text
    labels = [line.partition(":")[0] for line in text.splitlines() if line.startswith("- ")]
    assert labels == ["- bird", "- fish"]


def test_a_proposed_instruction_can_be_read_back_by_the_classifier():
    text = "An owl with ruffled feathers looks at me from the old tree"
    signature = dspy.make_signature("text -> kind", proposed())
    assert answer_of(signature, text=text)["kind"] == "bird"
    fish = answer_of(signature, text="It swims away and its scales shine in the sun")["kind"]
    assert fish == "fish"


def test_equal_prompts_get_equal_proposals_and_temperature_varies_them():
    assert proposed() == proposed()
    assert len({proposed(temperature=step / 10) for step in range(2, 13)}) > 5


@pytest.mark.parametrize(
    ("tip", "start"),
    [
        ("Begin by giving the model a role that fits the task.", "You are "),
        ("Set it in a situation with grave consequences.", "Somebody relies on this"),
        ("Include a persona that is relevant to the task.", "You are "),
    ],
)
def test_tips_change_the_manner(tip, start):
    assert proposed(tip=tip).startswith(start)


def test_the_form_of_short_answers_is_told():
    answers = ["Ida Holm", "Bo Elm", "Ann Oak", "Cole Pine"]
    examples = "\n\n".join(
        f"Example {i}\n  question: Who came as number {i}?\n  answer: {answer}"
        for i, answer in enumerate(answers)
    )
    seen = answer_of(signatures.ObserveExamples, examples=examples)["observations"]
    assert "`answer` is short: 2 words, mostly names." in seen
    text = proposed(
        dataset_summary=seen,
        predictor="generate.predict: question -> reasoning, answer",
        basic_instruction="Given the fields `question`, produce the fields `answer`.",
    )
    assert "Answer with only the name, nothing else." in text


def test_an_instruction_for_queries_says_to_follow_names_when_the_demos_do():
    demos = (
        "Example 1\n  context: ['Tall Tower | Tall Tower was designed by Otto Reed.']\n"
        "  question: Where did the designer of Tall Tower study?\n  ->\n"
        "  search_query: Otto Reed study"
    )
    text = proposed(
        dataset_summary="",
        task_demos=demos,
        predictor="generate_query.predict: context, question -> reasoning, search_query",
        basic_instruction="Produce the fields `search_query`.",
    )
    assert "search for that name" in text


def test_the_best_earlier_instruction_is_built_upon():
    class WithHistory(signatures.ProposeInstruction):
        """Write a better instruction."""

        previous_instructions: str = dspy.InputField()

    history = "Guess. | Score: 0.2\n\nLook at the last word.\n- bird: beak | Score: 0.6"
    text = answer_of(
        WithHistory.delete("dataset_summary").delete("task_demos").delete("tip"),
        program_structure="text -> kind",
        program_description="Sorts animals.",
        predictor="classify.predict: text -> kind",
        predictor_description="Names the kind.",
        basic_instruction="Name the kind.",
        previous_instructions=history,
    )["proposed_instruction"]
    assert "Look at the last word." in text
    assert "- bird: beak" in text
    assert "Guess." not in text


def test_descriptions_name_the_fields():
    structure = (
        "Answers.\n\nPredictor a.predict: context, question -> reasoning, search_query\n\n"
        "Predictor b.predict: context, question -> reasoning, answer"
    )
    program = answer_of(
        signatures.DescribeProgram, program_structure=structure, program_example="question: Who?"
    )["program_description"]
    predictor = answer_of(
        signatures.DescribePredictor,
        program_structure=structure,
        program_description=program,
        predictor="a.predict: context, question -> reasoning, search_query",
    )["predictor_description"]
    assert "2 step(s)" in program
    assert "`search_query`" in predictor
    assert "later steps" in predictor


def test_dspys_own_optimizer_runs_on_the_offline_model():
    rows = [dspy.Example(text=text, kind=kind).with_inputs("text") for text, kind in ROWS * 4]
    program = dspy.Predict(
        dspy.make_signature(
            {
                "text": (str, dspy.InputField()),
                "kind": (str, dspy.OutputField(desc="one of: bird, fish")),
            }
        )
    )
    lm = offline_lm()
    with dspy.context(lm=lm):
        optimizer = dspy.MIPROv2(
            metric=lambda example, prediction, trace=None: example.kind == prediction.kind,
            prompt_model=lm,
            task_model=lm,
            auto=None,
            num_candidates=3,
            num_threads=1,
            max_bootstrapped_demos=1,
            max_labeled_demos=1,
        )
        best = optimizer.compile(
            program, trainset=rows[:12], valset=rows[12:], num_trials=4, minibatch=False
        )
    assert best.score >= 50.0


@pytest.mark.parametrize("temperature", [0.0, 0.7, 1.3])
@pytest.mark.parametrize("tip", ["", "Begin by giving the model a role that fits the task."])
def test_locked_text_is_in_every_proposal_word_for_word_and_once(tip, temperature):
    spans = ("Never guess; say `unknown`.", "Two lines\nstay two lines.")
    marked = "\n".join(f"<keep>{span}</keep>" for span in spans)
    basic = f"Name the kind. {spans[0]} Be brief."
    for place in range(10):
        text = proposed(
            temperature, ROWS, tip, locked_text=marked, basic_instruction=basic, hint=str(place)
        )
        assert [text.count(span) for span in spans] == [1, 1]
        assert "keep>" not in text


def test_locked_text_stays_when_an_earlier_instruction_is_taken_over():
    span = "Be fair. Be kind."
    tried = f"Name the kind. {span} Look at the scales. | Score: 0.900"
    text = proposed(1.0, locked_text=f"<keep>{span}</keep>", previous_instructions=tried)
    assert text.count("Be fair.") == text.count("Be kind.") == text.count(span) == 1
