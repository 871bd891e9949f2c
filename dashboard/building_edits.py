"""What a person does to the program being built, each as a function from one state to the next.

Whatever is meant by its place in a list may be gone by then, when two changes come at once; then
nothing happens. Names are kept apart, so that it is always clear who reads what.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from core.programs.pipeline import edits
from core.programs.pipeline.spec import (
    MODEL_KINDS,
    PREDICTOR_KINDS,
    REASONING,
    PipelineField,
    PipelineOutput,
    PipelineSpec,
    PipelineStage,
    StageInput,
    StageKind,
)
from core.programs.pipeline.wiring import offered
from dashboard.building import Building, in_full

Edit = Callable[[Callable[[Building], Building]], None]
"""Does something to the program being built."""

STEMS: dict[StageKind, str] = {
    "predict": "ask",
    "chain_of_thought": "think",
    "retrieve": "search",
    "again": "again",
    "vote": "vote",
    "fill": "text",
}
"""Kind → how a new stage of it is called."""

_WRITES: dict[StageKind, PipelineField] = {
    "retrieve": PipelineField(name="passages", type="list"),
    "vote": PipelineField(name="answer"),
    "fill": PipelineField(name="text"),
}
"""Kind → the one field it writes, for kinds that write one."""


def stage_added(building: Building, kind: StageKind) -> Building:
    """With one more stage at the end, open, that reads what lies nearest."""
    spec, uid = building.spec, building.last_uid + 1
    added = new_stage(spec, kind)
    after = building.edited(edits.with_stage(spec, added), (*building.now.uids, uid))
    return replace(after, last_uid=uid, opened=uid)


def stage_doubled(building: Building, uid: int) -> Building:
    """With a copy of the stage behind it, open, under a name of its own."""
    place = building.now.place(uid)
    if place is None:
        return building
    spec, new = building.spec, building.last_uid + 1
    name = edits.free_name((each.name for each in spec.stages), spec.stages[place].name)
    copy = spec.stages[place].model_copy(update={"name": name})
    uids = (*building.now.uids[: place + 1], new, *building.now.uids[place + 1 :])
    after = building.edited(edits.with_stage(in_full(spec), copy, place + 1), uids)
    return replace(after, last_uid=new, opened=new)


def stage_removed(building: Building, uid: int) -> Building:
    """Without the stage; nothing reads from it any more."""
    place = building.now.place(uid)
    if place is None:
        return building
    spec, name = building.spec, building.spec.stages[place].name
    uids = tuple(each for each in building.now.uids if each != uid)
    if is_unique(spec, name):
        return building.edited(edits.without_stage(spec, name), uids)
    left = (*spec.stages[:place], *spec.stages[place + 1 :])
    return building.edited(spec.model_copy(update={"stages": left}), uids)


def stage_moved(building: Building, uid: int, by: int) -> Building:
    """With the stage so many places later, or earlier if negative."""
    place = building.now.place(uid)
    if place is None or not 0 <= place + by < len(building.now.uids):
        return building
    stages, uids = list(building.spec.stages), list(building.now.uids)
    stages.insert(place + by, stages.pop(place))
    uids.insert(place + by, uids.pop(place))
    return building.edited(building.spec.model_copy(update={"stages": tuple(stages)}), tuple(uids))


def stage_changed(
    building: Building, uid: int, change: Callable[[PipelineStage], PipelineStage]
) -> Building:
    """With another stage in its place, of the same name; who asks it again reads what it reads."""
    place = building.now.place(uid)
    if place is None:
        return building
    stages = list(building.spec.stages)
    stages[place] = own = change(stages[place])
    spec = building.spec.model_copy(update={"stages": tuple(stages)})
    following = (
        asking_again(spec, each, own.name) if each.kind == "again" and each.of == own.name else each
        for each in spec.stages
    )
    return building.edited(spec.model_copy(update={"stages": tuple(following)}))


def stage_renamed(building: Building, uid: int, wish: str) -> Building:
    """With the stage called so, or nearly so where that name is taken; its readers follow."""
    place = building.now.place(uid)
    if place is None or building.spec.stages[place].name == wish:
        return building
    spec, old = building.spec, building.spec.stages[place].name
    others = (each.name for number, each in enumerate(spec.stages) if number != place)
    new = edits.free_name(others, wish)
    if is_unique(spec, old):
        return building.edited(edits.renamed_stage(spec, old, new))
    return stage_changed(building, uid, lambda stage: stage.model_copy(update={"name": new}))


def written_renamed(building: Building, uid: int, place: int, wish: str) -> Building:
    """With a field that the stage writes called so, or nearly so; its readers follow."""
    at = building.now.place(uid)
    if at is None or place >= len(building.spec.stages[at].writes):
        return building
    spec, stage = building.spec, building.spec.stages[at]
    old = stage.writes[place].name
    new = edits.free_name((each.name for each in stage.writes if each.name != old), wish)
    if is_unique(spec, stage.name):
        return building.edited(edits.renamed_field(spec, stage.name, old, new))
    writes = tuple(
        each.model_copy(update={"name": new}) if number == place else each
        for number, each in enumerate(stage.writes)
    )
    return stage_changed(building, uid, lambda now: now.model_copy(update={"writes": writes}))


def read_renamed(building: Building, uid: int, place: int, wish: str) -> Building:
    """With what the stage reads called so, or nearly so, in the stages that ask it again, too."""
    stage = building.now.stage(uid)
    if stage is None or place >= len(stage.reads):
        return building
    old = stage.reads[place].name
    others = (each.name for number, each in enumerate(stage.reads) if number != place)
    new = edits.free_name(others, wish)
    if is_unique(building.spec, stage.name) and [each.name for each in stage.reads].count(old) == 1:
        return building.edited(edits.renamed_read(building.spec, stage.name, old, new))
    reads = tuple(
        each.model_copy(update={"name": new}) if number == place else each
        for number, each in enumerate(stage.reads)
    )
    return stage_changed(building, uid, lambda now: now.model_copy(update={"reads": reads}))


def input_renamed(building: Building, place: int, wish: str) -> Building:
    """With an input of the pipeline called so, or nearly so; its readers follow."""
    spec = building.spec
    if place >= len(spec.inputs):
        return building
    old = spec.inputs[place].name
    new = edits.free_name((each.name for each in spec.inputs if each.name != old), wish)
    return building.edited(edits.renamed_field(spec, None, old, new))


def input_removed(building: Building, place: int) -> Building:
    """Without an input of the pipeline; nothing reads it any more."""
    if place >= len(building.spec.inputs):
        return building
    return building.edited(edits.without_input(building.spec, building.spec.inputs[place].name))


def changed(building: Building, **changes: Any) -> Building:
    """With some values of the pipeline itself changed."""
    return building.edited(building.spec.model_copy(update=changes))


def is_unique(spec: PipelineSpec, name: str) -> bool:
    """True when no two stages have this name, so that it can be told who is meant."""
    return sum(each.name == name for each in spec.stages) == 1


def new_stage(spec: PipelineSpec, kind: StageKind) -> PipelineStage:
    """A stage of this kind for the end of the pipeline, wired to what lies nearest."""
    name = edits.free_name((each.name for each in spec.stages), STEMS[kind])
    if kind == "again":
        earlier = [each.name for each in spec.stages if each.kind in PREDICTOR_KINDS]
        stage = PipelineStage(name=name, kind=kind)
        return asking_again(spec, stage, earlier[-1]) if earlier else stage
    last = spec.stages[-1] if spec.stages else None
    written = spec.written(last) if last else ()
    near = [f"{last.name}.{each.name}" for each in written if last and each.name != REASONING]
    given = [each.name for each in spec.inputs]
    if kind in MODEL_KINDS:
        taken = [*near, *given]
    elif kind == "vote":
        lists = [each.source for each in offered(spec) if each.field.type == "list"]
        taken = lists[-1:] or given[:1]
    else:
        taken = (near or given)[:1]
    reads: tuple[StageInput, ...] = ()
    for source in taken:
        reads = also_reading(reads, source)
    fresh = {each.field.name for each in offered(spec)}
    writes = _WRITES.get(kind, PipelineField(name="answer"))
    own = writes.model_copy(update={"name": edits.free_name(fresh, writes.name)})
    return PipelineStage(name=name, kind=kind, reads=reads, writes=(own,))


def of_kind(spec: PipelineSpec, stage: PipelineStage, kind: StageKind) -> PipelineStage:
    """The stage as one of another kind, with as much of what it reads and writes as fits."""
    changed = stage.model_copy(update={"kind": kind, "of": None})
    if kind == "again":
        earlier = [
            each.name
            for each in spec.stages
            if each.kind in PREDICTOR_KINDS and each.name != stage.name
        ]
        return asking_again(spec, changed, earlier[0]) if earlier else changed
    update: dict[str, Any] = {}
    if kind in _WRITES:
        update["writes"] = (_one_written(stage, _WRITES[kind]),)
    elif not stage.writes:
        update["writes"] = (PipelineField(name="answer"),)
    if kind in ("retrieve", "vote"):
        update["reads"] = stage.reads[:1]
    return changed.model_copy(update=update)


def _one_written(stage: PipelineStage, usual: PipelineField) -> PipelineField:
    """The first field that the stage writes, as what its new kind writes."""
    if not stage.writes:
        return usual
    if usual.type == "list":
        return stage.writes[0].model_copy(update={"type": "list", "choices": ()})
    kept = stage.writes[0]
    return kept.model_copy(update={"type": "text"}) if kept.type == "list" else kept


def asking_again(spec: PipelineSpec, stage: PipelineStage, of: str) -> PipelineStage:
    """The stage as one that asks `of` again: it reads under the same names, from where it did."""
    asked = spec.find(of)
    fed = {each.name: each.sources for each in stage.reads}
    reads = tuple(
        each.model_copy(update={"sources": fed.get(each.name, each.sources)})
        for each in (asked.reads if asked else ())
    )
    return stage.model_copy(update={"of": of, "reads": reads, "writes": ()})


def also_reading(reads: tuple[StageInput, ...], source: str) -> tuple[StageInput, ...]:
    """The reads with one more, called as its field is, or nearly so where that name is taken."""
    name = edits.free_name((each.name for each in reads), source.rpartition(".")[2])
    return (*reads, StageInput(name=name, sources=(source,)))


def also_answering(outputs: tuple[PipelineOutput, ...], source: str) -> tuple[PipelineOutput, ...]:
    """The outputs with one more, called as its field is, or nearly so where that name is taken."""
    name = edits.free_name((each.name for each in outputs), source.rpartition(".")[2])
    return (*outputs, PipelineOutput(name=name, sources=(source,)))
