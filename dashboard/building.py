"""The program that is being built in one tab: the pipeline, what it was before, what is open.

Plain values and functions of them. Every change keeps the state before it, so that it can be
undone; what a pipeline means and what is wrong with it is `core.programs.pipeline`'s affair.
"""

from dataclasses import dataclass, replace
from typing import TypeVar

from core.programs.pipeline.spec import (
    PipelineField,
    PipelineOutput,
    PipelineSpec,
    PipelineStage,
    StageInput,
)
from core.programs.pipeline.wiring import origin

MOST_UNDONE = 200
"""Changes that can be taken back."""

Wire = TypeVar("Wire", StageInput, PipelineOutput)


@dataclass(frozen=True, kw_only=True)
class SavedAs:
    """Where a pipeline came from, or went last."""

    name: str
    version: int
    spec: PipelineSpec

    @property
    def program(self) -> str:
        """How runs and the command line call it."""
        return f"pipeline:{self.name}@{self.version}"


@dataclass(frozen=True, kw_only=True)
class Board:
    """What can be undone."""

    spec: PipelineSpec
    uids: tuple[int, ...] = ()
    """One for each stage, which stays with it wherever it goes and whatever it is called."""
    saved: SavedAs | None = None

    @property
    def is_saved(self) -> bool:
        """True when nothing has changed since it was saved or opened."""
        return self.saved is not None and self.saved.spec == self.spec

    def place(self, uid: int) -> int | None:
        """Where the stage stands, from 0; None when it is gone."""
        return self.uids.index(uid) if uid in self.uids else None

    def stage(self, uid: int) -> PipelineStage | None:
        """The stage; None when it is gone."""
        place = self.place(uid)
        return None if place is None else self.spec.stages[place]


@dataclass(frozen=True, kw_only=True)
class Building:
    """All that one tab knows of the program it builds."""

    now: Board
    past: tuple[Board, ...] = ()
    future: tuple[Board, ...] = ()
    opened: int | None = None
    """The stage that is open to be edited."""
    last_uid: int = 0

    @property
    def spec(self) -> PipelineSpec:
        """The pipeline as it is."""
        return self.now.spec

    def undone(self) -> "Building":
        """Before the last change; this very one before any."""
        if not self.past:
            return self
        *past, last = self.past
        return replace(self, now=last, past=tuple(past), future=(self.now, *self.future))

    def redone(self) -> "Building":
        """With the change that was undone last; this very one when there is none."""
        if not self.future:
            return self
        first, *future = self.future
        return replace(self, now=first, past=(*self.past, self.now), future=tuple(future))

    def opening(self, uid: int | None) -> "Building":
        """With this stage open."""
        return replace(self, opened=uid)

    def edited(self, spec: PipelineSpec, uids: tuple[int, ...] | None = None) -> "Building":
        """With another pipeline; stages keep their uids unless others are given."""
        return self._on(replace(self.now, spec=spec, uids=self.now.uids if uids is None else uids))

    def started(self, spec: PipelineSpec, saved: SavedAs | None = None) -> "Building":
        """With a pipeline from elsewhere; the one before is an undo away."""
        first = self.last_uid + 1
        uids = tuple(range(first, first + len(spec.stages)))
        board = Board(spec=in_full(spec), uids=uids, saved=saved)
        after = self._on(board)
        return replace(after, last_uid=first + len(uids), opened=uids[0] if uids else None)

    def saved(self, saved: SavedAs) -> "Building":
        """After the pipeline was saved; undoing goes on to know under which name."""
        old = self.now.saved

        def told(board: Board) -> Board:
            return replace(board, saved=saved) if board.saved == old else board

        return replace(
            self,
            now=told(self.now),
            past=tuple(map(told, self.past)),
            future=tuple(map(told, self.future)),
        )

    def forgotten(self, name: str) -> "Building":
        """After what was saved under this name was deleted."""
        boards = (*self.past, self.now, *self.future)
        left = [
            replace(each, saved=None) if each.saved and each.saved.name == name else each
            for each in boards
        ]
        here = len(self.past)
        return replace(
            self, past=tuple(left[:here]), now=left[here], future=tuple(left[here + 1 :])
        )

    def _on(self, board: Board) -> "Building":
        if board == self.now:
            return self
        return replace(self, now=board, past=(*self.past, self.now)[-MOST_UNDONE:], future=())


def begun(spec: PipelineSpec, saved: SavedAs | None = None) -> Building:
    """A new one, with nothing to undo."""
    return replace(Building(now=Board(spec=spec)).started(spec, saved), past=())


def blank() -> PipelineSpec:
    """A pipeline with one input and nothing else."""
    return PipelineSpec(title="My program", inputs=(PipelineField(name="question"),))


def in_full(spec: PipelineSpec) -> PipelineSpec:
    """The pipeline with every source that means one thing named in full."""

    def wired(wires: tuple[Wire, ...]) -> tuple[Wire, ...]:
        return tuple(
            each.model_copy(update={"sources": tuple(map(full, each.sources))}) for each in wires
        )

    def full(source: str) -> str:
        found = origin(spec, source)
        return found.source if found else source

    stages = (each.model_copy(update={"reads": wired(each.reads)}) for each in spec.stages)
    return spec.model_copy(update={"stages": tuple(stages), "outputs": wired(spec.outputs)})
