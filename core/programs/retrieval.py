"""Passages found by BM25, in memory. No embeddings, no network, no disk."""

from collections.abc import Sequence
from typing import Any

import bm25s

from core.errors import ProgramError
from core.programs.template import Passage


class PassageIndex:
    """A searchable corpus. Built once, never changed, so any number of threads may search it.

    Copies of a program share it: `copy.deepcopy` gives back the same index.
    """

    def __init__(self, passages: Sequence[Passage]) -> None:
        """Index title and text of every passage.

        Raises:
            ProgramError: there is no passage to index, or no word in any.
        """
        if not passages:
            raise ProgramError("there is no passage to search. Choose a corpus that is not empty.")
        self._texts = [f"{passage.title} | {passage.text}" for passage in passages]
        self._bm25 = bm25s.BM25()
        tokens = _tokens(self._texts)
        if not any(tokens):
            raise ProgramError("the corpus has no words to search by. Choose one with real texts.")
        self._bm25.index(tokens, show_progress=False)

    def __len__(self) -> int:
        """Number of passages."""
        return len(self._texts)

    def __deepcopy__(self, memo: dict[int, Any]) -> "PassageIndex":
        """The same index: it never changes, and copying it would cost memory per candidate."""
        return self

    def search(self, query: str, k: int) -> list[str]:
        """At most `k` passages as "title | text", the best match first; none for an empty query."""
        (tokens,) = bm25s.tokenize(query, return_ids=False, show_progress=False)
        known = [token for token in tokens if token in self._bm25.vocab_dict]
        if not known:
            return []
        scores = self._bm25.get_scores(known)
        best = sorted(range(len(self._texts)), key=lambda place: (-scores[place], place))[:k]
        return [self._texts[place] for place in best if scores[place] > 0.0]


def _tokens(texts: list[str]) -> list[list[str]]:
    tokens: list[list[str]] = bm25s.tokenize(texts, return_ids=False, show_progress=False)
    return tokens
