import dspy
import pytest

from tests.core.lm.offline_prompts import answer_of

CONTEXT = [
    "Marlow Mill | Marlow Mill was founded in 1851 by Edda Brook. It is known for rye flour.",
    "Edda Brook | Edda Brook was a miller. Brook was born in Lower Tansy in 1820.",
    "Tall Tower | Tall Tower was designed by Otto Reed. It opened in 1900.",
]
SHORT = "Answer with only the name or year, in as few words as possible, not a full sentence."
SPAN = (
    "Keep the answer short: one to three words, the exact words of the text, only the name or "
    "year, not a full sentence."
)
READER = "context: list[str], question -> answer"


def ask(question, instruction=SPAN, demos=None, context=CONTEXT):
    signature = dspy.make_signature(READER, instruction)
    return answer_of(signature, demos, context=context, question=question)["answer"]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Who founded Marlow Mill?", "Edda Brook"),
        ("When was Marlow Mill founded?", "1851"),
        ("What is Marlow Mill known for?", "rye flour"),
        ("Where was Edda Brook born?", "Lower Tansy"),
        ("In which town was the founder of Marlow Mill born?", "Lower Tansy"),
        ("Who designed Tall Tower?", "Otto Reed"),
    ],
)
def test_the_span_that_fits_the_question_is_found(question, answer):
    assert ask(question) == answer


def questions(count=60):
    return [f"Who founded Marlow Mill, please, number {number}?" for number in range(count)]


def short_share(instruction, demos=None):
    answers = [ask(question, instruction, demos) for question in questions()]
    return sum(len(answer.split()) <= 3 for answer in answers) / len(answers)


def test_without_any_hint_many_answers_are_whole_sentences():
    assert 0.25 < short_share("Given the fields, produce the answer.") < 0.75


def test_each_hint_at_short_answers_is_followed_more_surely():
    plain = short_share("Given the fields, produce the answer.")
    short = short_share("Keep the answer short.")
    clear = short_share(SHORT)
    assert plain < short < clear
    assert clear > 0.85


def test_the_shape_of_answers_follows_the_demos():
    short = [{"question": f"Who is number {i}?", "answer": f"Person {i}"} for i in range(6)]
    long = [
        {
            "question": f"Who is number {i}?",
            "answer": f"The one who stands there as number {i} is called Person {i}.",
        }
        for i in range(6)
    ]
    plain = "Given the fields, produce the answer."
    assert short_share(plain, short) > 0.85
    assert short_share(plain, long) < 0.15


def test_case_follows_the_demos():
    demos = [{"question": f"Who is number {i}?", "answer": f"PERSON {'ABC'[i]}"} for i in range(3)]
    assert ask("Who founded Marlow Mill?", SPAN, demos) == "EDDA BROOK"


def test_demos_teach_other_wordings():
    context = ["Ann Oak | Oak hails from Berry. Oak works for Cole Pine."]
    demo = {
        "context": ["Bo Elm | Elm hails from Ash. Elm works for Dee Fir."],
        "question": "What is the homeland of Bo Elm?",
        "answer": "Ash",
    }
    question = "What is the homeland of Ann Oak?"
    assert ask(question, SPAN, [demo, demo], context) == "Berry"
    told = f"{SPAN}\n- homeland: hails"
    assert ask(question, told, [], context) == "Berry"


def test_without_a_context_nearly_the_same_question_gets_the_same_answer():
    demos = [{"question": "Who was the first to sail round the cape?", "answer": "Ida Holm"}]
    asked = "Who was first to sail round the cape?"
    assert answer_of("question -> answer", demos, question=asked)["answer"] == "Ida Holm"


def test_yes_or_no_questions_get_yes_or_no():
    assert ask("Is Marlow Mill older than Tall Tower?") in {"yes", "no"}


def test_numbered_and_plain_contexts_are_read_alike():
    for context in ("\n\n".join(CONTEXT), CONTEXT):
        signature = dspy.make_signature("context: str, question -> answer", SPAN)
        answer = answer_of(signature, context=context, question="Who designed Tall Tower?")
        assert answer["answer"] == "Otto Reed"
