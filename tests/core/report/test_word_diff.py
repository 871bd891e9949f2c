from core.report.word_diff import pieces

BEFORE = "Given the fields `question`, produce the fields `answer`."
AFTER = "Given the fields `question`, think, then produce one `answer`.\nBe short.\n"


def joined(found, unwanted):
    return "".join(each.text for each in found if each.kind != unwanted)


def test_the_pieces_make_up_both_texts():
    for one, other in ((BEFORE, AFTER), ("", AFTER), (BEFORE, ""), ("", ""), (" a\n", "a \n\n")):
        found = pieces(one, other)
        assert joined(found, "new") == one
        assert joined(found, "gone") == other


def test_words_that_are_shared_stay_and_the_others_are_told_apart():
    found = pieces(BEFORE, AFTER)
    assert found[0].kind == "same"
    assert "Given the fields" in found[0].text
    assert any("think" in each.text for each in found if each.kind == "new")
    assert {each.text for each in pieces(BEFORE, BEFORE)} == {BEFORE}


def test_a_single_shared_word_between_changes_is_a_part_of_them():
    found = pieces("alpha beta the gamma delta", "one two the three four")
    assert [each.kind for each in found] == ["gone", "new"]


def test_very_long_texts_take_no_longer_than_a_moment():
    one = " ".join(f"word{n % 97}" for n in range(12_000))
    other = " ".join(f"word{n % 89}" for n in range(12_000))
    assert joined(pieces(one, other), "new") == one
