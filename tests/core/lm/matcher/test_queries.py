import dspy

from tests.core.lm.offline_prompts import answer_of

CONTEXT = ["Marlow Mill | Marlow Mill was founded in 1851 by Edda Brook. It stands by a pond."]
QUESTION = "In which town was the founder of Marlow Mill born, number {}?"
FOCUSED = (
    "Name the person or place that the context brings up and add only what is still missing. "
    "Do not copy the question."
)


def queries(instruction, demos=None, context=CONTEXT, count=40):
    signature = dspy.make_signature("context: list[str], question -> search_query", instruction)
    return [
        answer_of(signature, demos, context=context, question=QUESTION.format(number))[
            "search_query"
        ]
        for number in range(count)
    ]


def copied_share(made):
    return sum(query.startswith("In which") for query in made) / len(made)


def test_without_a_hint_the_question_is_often_copied():
    assert 0.25 < copied_share(queries("Produce the query.")) < 0.75


def test_an_instruction_makes_queries_name_what_the_context_brings_up():
    made = queries(FOCUSED)
    assert copied_share(made) < 0.25
    focused = [query for query in made if not query.startswith("In which")]
    assert all(query.startswith("Edda Brook") for query in focused)
    assert all("born" in query and "Marlow" not in query for query in focused)


def test_demos_make_queries_name_what_the_context_brings_up():
    demo = {
        "context": ["Tall Tower | Tall Tower was designed by Otto Reed."],
        "question": "Where did the designer of Tall Tower study?",
        "search_query": "Otto Reed study",
    }
    demos = [{**demo, "question": f"{demo['question']} {i}"} for i in range(5)]
    assert copied_share(queries("Produce the query.", demos)) < 0.15


def test_without_a_context_the_telling_words_of_the_question_are_kept():
    made = [query for query in queries(FOCUSED, context=[]) if not query.startswith("In which")]
    assert made
    assert all({"founder", "Marlow", "Mill", "born"} <= set(query.split()) for query in made)
