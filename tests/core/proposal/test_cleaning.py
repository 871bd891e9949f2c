import pytest

from core.proposal.cleaning import instruction_list

TWO = ("Search for the name.", 'Answer with "yes" or "no".')


@pytest.mark.parametrize(
    "text",
    [
        '["Search for the name.", "Answer with \\"yes\\" or \\"no\\"."]',
        '```json\n["Search for the name.", "Answer with \\"yes\\" or \\"no\\"."]\n```',
        'My list:\n["Search for the name.",\n "Answer with \\"yes\\" or \\"no\\"."]\nGood luck.',
        '{"search": "Search for the name.", "answer": "Answer with \\"yes\\" or \\"no\\"."}',
        '["Instruction: Search for the name.", "Answer with \\"yes\\" or \\"no\\"."]',
        '1. Search for the name.\n2. Answer with "yes" or "no".',
    ],
    ids=["plain", "fenced", "talkative", "object", "labelled", "numbered"],
)
def test_instructions_are_read_from_what_models_make_of_a_list(text):
    assert instruction_list(text, 2) == TWO


def test_line_breaks_inside_an_instruction_stay():
    assert instruction_list('["One:\\n- a\\n- b", "Two\nlines"]', 2) == (
        "One:\n- a\n- b",
        "Two\nlines",
    )


def test_quoted_strings_without_a_proper_list_are_enough():
    assert instruction_list('"Be quick.", "Be slow."', 2) == ("Be quick.", "Be slow.")


@pytest.mark.parametrize("text", ["", "No.", '["a"]', '["a", "b", "c"]', '["a", " "]', "[1, 2]"])
def test_another_number_of_instructions_is_refused(text):
    with pytest.raises(ValueError, match="JSON list of 2 instructions"):
        instruction_list(text, 2)
