import copy
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.errors import ProgramError
from core.programs.retrieval import PassageIndex
from core.programs.template import Passage

PASSAGES = [
    Passage(title="Marlow Mill", text="A mill by a pond, founded by Edda Brook."),
    Passage(title="Edda Brook", text="A miller who was born in Lower Tansy."),
    Passage(title="Tall Tower", text="A tower that was designed by Otto Reed."),
]


@pytest.fixture(scope="module")
def index():
    return PassageIndex(PASSAGES)


def test_the_best_match_comes_first_with_its_title(index):
    assert index.search("Who designed the tower?", 1) == [
        "Tall Tower | A tower that was designed by Otto Reed."
    ]


def test_only_passages_that_share_a_word_are_found(index):
    found = index.search("Edda Brook", 10)
    assert {text.split(" | ")[0] for text in found} == {"Edda Brook", "Marlow Mill"}


@pytest.mark.parametrize("query", ["", "   ", "the", "zebra", "?!"])
def test_a_query_without_a_known_word_finds_nothing(index, query):
    assert index.search(query, 3) == []


def test_copies_share_the_index(index):
    assert copy.deepcopy({"index": index})["index"] is index
    assert len(index) == 3


def test_threads_get_the_same_answers(index):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: index.search("born in Lower Tansy", 2), range(40)))
    assert all(each == found[0] for each in found)


def test_an_empty_corpus_is_refused():
    with pytest.raises(ProgramError, match="no passage"):
        PassageIndex([])


def test_searching_prints_no_progress(index, capfd):
    PassageIndex(PASSAGES).search("mill", 2)
    assert capfd.readouterr() == ("", "")


def test_a_corpus_without_words_is_refused():
    with pytest.raises(ProgramError, match="has no words to search by"):
        PassageIndex([Passage(title="A", text="?")])
