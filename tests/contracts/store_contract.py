"""What every store of runs and datasets must do, as tests that run over each implementation.

A test class inherits a contract and supplies a fixture `store`, empty for each test.
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import get_args

import pandas as pd
import pytest

from core.data.dataset import Dataset
from core.errors import DatasetNotFound, RunNotFound, RunTaken
from core.lm.usage import Usage
from core.programs.candidate import Candidate, Choice
from core.programs.predictors import PredictorInfo, SignatureField
from core.proposal.settings import ProposerSettings
from core.runs import decisions as de
from core.runs import events as ev
from core.runs.config import RunConfig
from core.runs.snapshot import InFlight, Predicted, RunSummary, ScoreWithN, Snapshot
from core.runs.store import Record, RunStore, StoredDataset
from core.search.budget import preset
from tests.every_decision import EVERY_DECISION, ODD_TEXT

CONFIG = RunConfig(
    name="Tickets, light",
    program="classification",
    dataset="0123456789abcdef",
    dataset_name="tickets",
    mapping={"inputs": {"text": "Text"}, "outputs": {"label": "Label"}},
    metric="exact",
    budget=preset("light", 2),
)
USAGE = Usage(calls=2, cached=1, input_tokens=812, output_tokens=97, cost_usd=0.00123, priced=False)
FAILURE = ev.Failure(kind="LMRateLimitError", message=ODD_TEXT, stage="answer")
DEMO = {"text": ODD_TEXT, "label": None, "score": 0.1, "passages": [{"title": "A", "n": [1, 2]}]}
CANDIDATE = Candidate(choices={"answer": Choice(instruction="i01", demo_set="d02")})

ONE_OF_EACH: tuple[ev.Event, ...] = (
    ev.RunStarted(
        worker="host:1",
        predictors=(
            PredictorInfo(
                name="answer",
                instruction=ODD_TEXT,
                inputs=(SignatureField(name="text", description="the ticket"),),
                outputs=(SignatureField(name="label", description="", type="Literal['a', 'b']"),),
            ),
        ),
        train=10,
        val=20,
        test=0,
    ),
    ev.PhaseChanged(phase="bootstrap"),
    ev.TraceBootstrapped(
        example="3",
        attempt=1,
        score=1.0,
        accepted=True,
        demos={"answer": (DEMO, {"text": "again"})},
        seconds=0.25,
        usage=USAGE,
    ),
    ev.TraceBootstrapped(
        example="4", attempt=2, accepted=False, failure=FAILURE, seconds=0.0, usage=Usage()
    ),
    ev.DemoSetBuilt(predictor="answer", id="d02", demos=(DEMO, {}), source="bootstrapped"),
    ev.DatasetObserved(batch=0, text=ODD_TEXT, complete=False, seconds=1.5, usage=USAGE),
    ev.DatasetSummarised(text="", seconds=1e-9, usage=USAGE),
    ev.ProgramDescribed(text=ODD_TEXT, seconds=1.5, usage=USAGE),
    ev.PredictorDescribed(predictor="answer", text=ODD_TEXT, seconds=1.5, usage=USAGE),
    ev.RoundStarted(
        number=0,
        predictors=("answer",),
        settings=ProposerSettings(tip="simple", temperature=1.3),
        demo_sets={"answer": "d1"},
    ),
    ev.InstructionProposed(
        predictor="answer",
        index=1,
        id="i01",
        text=ODD_TEXT * 100,
        tip="creative",
        temperature=0.7,
        grounding=("dataset summary", "demos"),
        demo_set="d02",
        trace="propose/answer/1",
        seconds=1.5,
        usage=USAGE,
    ),
    ev.ProposalRefused(
        task="propose answer 2",
        predictor="answer",
        text=ODD_TEXT,
        reason="'word for word' is missing",
        trace="propose/answer/2",
        seconds=1.5,
        usage=USAGE,
    ),
    ev.PromptCallFailed(task="propose/answer/2", failure=FAILURE, seconds=1.5, usage=USAGE),
    ev.TrialStarted(number=1, purpose="minibatch", candidate=CANDIDATE, examples=("0", "12")),
    ev.ExampleScored(
        trial=1, candidate="c", example="0", attempt=1, score=0.0, seconds=0.1, usage=USAGE
    ),
    ev.ExampleScored(
        trial=1, candidate="c", example="12", attempt=3, failure=FAILURE, seconds=60, usage=USAGE
    ),
    ev.TrialFinished(number=1, mean=1 / 3, n=1, failed=1),
    ev.TrialFinished(number=2, mean=None, n=0, failed=2),
    ev.Paused(reason=ODD_TEXT, by_person=False),
    ev.Resumed(),
    ev.BudgetReached(calls=100, cap=100),
    ev.RunFinished(best="c"),
    ev.RunStopped(best=None),
    ev.RunFailed(message=ODD_TEXT),
    ev.EvaluationStarted(request=0, examples=("1", "2"), missing=4),
    ev.ExampleRepeated(
        request=0,
        candidate="c",
        part="test",
        example="1",
        repeat=2,
        attempt=0,
        score=0.5,
        seconds=1.0,
        usage=Usage(),
    ),
    ev.EvaluationFinished(request=0, end="bound"),
    ev.RunBranched(parent="0123abcd", seq=17),
    *EVERY_DECISION,
)

NOTE = de.PauseRequested(by="ada")
FULL_SNAPSHOT = Snapshot(
    seq=7,
    summary=RunSummary(status="running", phase="search", best=ScoreWithN(score=0.5, n=40)),
    predictions={"c": Predicted(mean=0.5, sd=0.1)},
    in_flight=(InFlight(task="trial 7, row 12", since=12.5),),
    remaining_seconds=None,
    remaining_calls=0,
)


class RunStoreContract:
    """A store of runs."""

    def test_a_new_run_has_its_settings_and_no_events(self, store):
        before = time.time()
        run = store.run(store.create(CONFIG))
        assert (run.config, run.seq, run.heartbeat) == (CONFIG, 0, None)
        assert before <= run.created <= time.time()
        assert store.since(run.id, 0) == []

    def test_runs_are_listed_newest_first(self, store):
        ids = [store.create(CONFIG) for _ in range(3)]
        assert store.runs() == [store.run(each) for each in reversed(ids)]

    def test_a_fresh_store_has_no_runs(self, store):
        assert store.runs() == []
        assert store.unreadable_runs() == []
        assert store.snapshots() == {}

    def test_one_of_each_event_is_tried(self):
        kinds = {each.model_fields["kind"].default for each in get_args(get_args(ev.Event)[0])}
        assert {event.kind for event in ONE_OF_EACH} == kinds

    def test_events_come_back_as_they_were_appended_numbered_from_1(self, store):
        run = store.create(CONFIG)
        assert store.append(run, ONE_OF_EACH) == len(ONE_OF_EACH)
        assert store.since(run, 0) == [
            Record(seq, event) for seq, event in enumerate(ONE_OF_EACH, start=1)
        ]
        assert store.run(run).seq == len(ONE_OF_EACH)

    def test_since_gives_only_what_is_after(self, store):
        run = store.create(CONFIG)
        assert store.append(run, ONE_OF_EACH[:3]) == 3
        assert store.append(run, iter(ONE_OF_EACH[3:5])) == 5
        assert store.since(run, 3) == [Record(4, ONE_OF_EACH[3]), Record(5, ONE_OF_EACH[4])]
        assert store.since(run, 5) == []
        assert store.since(run, 99) == []

    def test_each_run_counts_its_own_events(self, store):
        one, other = store.create(CONFIG), store.create(CONFIG)
        store.append(one, [NOTE, NOTE])
        assert store.append(other, [ev.Resumed(at=1.0)]) == 1
        assert store.since(other, 0) == [Record(1, ev.Resumed(at=1.0))]

    def test_appending_nothing_changes_nothing_but_the_traces(self, store):
        run = store.create(CONFIG)
        store.append(run, [NOTE])
        assert store.append(run, [], {"a": "1"}) == 1
        assert store.since(run, 1) == []
        assert store.traces(run, ["a"]) == {"a": "1"}

    def test_an_append_that_fails_leaves_nothing(self, store):
        run = store.create(CONFIG)

        def broken():
            yield NOTE
            raise ValueError("the engine failed here")

        with pytest.raises(ValueError, match="failed here"):
            store.append(run, broken(), {"a": "1"})
        assert (store.run(run).seq, store.since(run, 0), store.traces(run, ["a"])) == (0, [], {})

    def test_traces_are_found_by_key_and_the_latest_counts(self, store):
        run, other = store.create(CONFIG), store.create(CONFIG)
        store.append(run, [NOTE], {"a": "1", "b": '"%s"', "c": "3"})
        store.append(run, [NOTE], {"a": '"new"'})
        store.append(other, [NOTE], {"a": '"other"'})
        assert store.traces(run, ["a", "b", "missing"]) == {"a": '"new"', "b": '"%s"'}
        assert store.traces(run, []) == {}
        assert store.traces("missing", ["a"]) == {}

    @pytest.mark.parametrize(
        "use",
        [
            pytest.param(lambda store: store.run("nope"), id="run"),
            pytest.param(lambda store: store.append("nope", [NOTE]), id="append"),
            pytest.param(lambda store: store.append("nope", []), id="append nothing"),
            pytest.param(lambda store: store.since("nope", 0), id="since"),
            pytest.param(lambda store: store.claim("nope", "w", stale_after=1), id="claim"),
            pytest.param(lambda store: store.put_snapshot("nope", FULL_SNAPSHOT), id="snapshot"),
            pytest.param(lambda store: store.delete("nope"), id="delete"),
        ],
    )
    def test_an_unknown_run_is_named_in_the_error(self, store, use):
        with pytest.raises(RunNotFound, match="no run 'nope'"):
            use(store)

    def test_one_worker_at_a_time_holds_a_run(self, store):
        run = store.create(CONFIG)
        assert store.claim(run, "first", stale_after=60)
        assert not store.claim(run, "second", stale_after=60)
        assert store.claim(run, "first", stale_after=60)

    def test_a_claim_counts_as_a_heartbeat(self, store):
        run = store.create(CONFIG)
        before = time.time()
        store.claim(run, "first", stale_after=60)
        assert before <= store.run(run).heartbeat <= time.time()

    def test_a_run_whose_worker_is_silent_can_be_taken_over(self, store):
        run = store.create(CONFIG)
        store.claim(run, "first", stale_after=60)
        assert store.claim(run, "second", stale_after=0)
        assert not store.heartbeat(run, "first")
        assert store.heartbeat(run, "second")

    def test_a_heartbeat_is_seen_in_the_run_and_keeps_the_claim(self, store):
        run = store.create(CONFIG)
        store.claim(run, "first", stale_after=60)
        claimed = store.run(run).heartbeat
        assert store.heartbeat(run, "first")
        assert store.run(run).heartbeat > claimed

    def test_nobody_elses_heartbeat_counts(self, store):
        run = store.create(CONFIG)
        assert not store.heartbeat(run, "first")
        assert store.run(run).heartbeat is None
        assert not store.heartbeat("nope", "first")

    def test_a_released_run_can_be_claimed_at_once(self, store):
        run = store.create(CONFIG)
        store.claim(run, "first", stale_after=60)
        store.release(run, "first")
        assert not store.heartbeat(run, "first")
        assert store.claim(run, "second", stale_after=60)

    def test_who_has_lost_the_run_cannot_write_into_its_log(self, store):
        run = store.create(CONFIG)
        store.claim(run, "first", stale_after=60)
        assert store.append(run, [NOTE], worker="first") == 1
        assert store.claim(run, "second", stale_after=0)
        with pytest.raises(RunTaken, match="another worker has taken it over"):
            store.append(run, [NOTE], {"a": "1"}, worker="first")
        assert (store.run(run).seq, store.traces(run, ["a"])) == (1, {})
        assert store.append(run, [NOTE], worker="second") == 2
        assert store.append(run, [NOTE]) == 3  # people hold nothing
        with pytest.raises(RunNotFound):
            store.append("nope", [NOTE], worker="first")

    def test_a_worker_that_was_watched_and_is_silent_is_dead_whatever_the_clocks_say(self, store):
        run = store.create(CONFIG)
        store.claim(run, "first", stale_after=60)
        beat = store.run(run).heartbeat
        assert not store.claim(run, "second", stale_after=60)
        assert not store.claim(run, "second", stale_after=60, silent=beat - 1)
        assert store.claim(run, "second", stale_after=60, silent=beat)

    def test_a_snapshot_of_an_earlier_event_changes_nothing(self, store):
        run = store.create(CONFIG)
        store.put_snapshot(run, FULL_SNAPSHOT)
        store.put_snapshot(run, Snapshot(seq=6, summary=RunSummary(status="paused")))
        assert store.snapshot(run) == FULL_SNAPSHOT

    def test_only_the_holder_can_release(self, store):
        run = store.create(CONFIG)
        store.claim(run, "first", stale_after=60)
        store.release(run, "second")
        store.release("nope", "second")
        assert not store.claim(run, "second", stale_after=60)

    def test_the_newest_snapshot_replaces_the_one_before(self, store):
        run, other = store.create(CONFIG), store.create(CONFIG)
        assert store.snapshot(run) is None
        store.put_snapshot(run, FULL_SNAPSHOT)
        assert store.snapshot(run) == FULL_SNAPSHOT
        newer = Snapshot(seq=8, summary=RunSummary(status="paused"))
        store.put_snapshot(run, newer)
        assert store.snapshot(run) == newer
        assert store.snapshot(other) is None
        assert store.snapshots() == {run: newer}

    def test_a_deleted_run_is_gone_with_all_that_belongs_to_it(self, store):
        run, other = store.create(CONFIG), store.create(CONFIG)
        for each in (run, other):
            store.append(each, [NOTE], {"a": "1"})
            store.put_snapshot(each, FULL_SNAPSHOT)
        store.delete(run)
        assert [each.id for each in store.runs()] == [other]
        assert store.traces(run, ["a"]) == {}
        assert store.snapshots() == {other: FULL_SNAPSHOT}
        assert store.since(other, 0) == [Record(1, NOTE)]
        with pytest.raises(RunNotFound):
            store.since(run, 0)

    def test_writers_in_threads_leave_no_gap_that_a_reader_could_miss(self, store):
        run = store.create(CONFIG)
        with ThreadPoolExecutor(WRITERS + 1) as threads:
            followed = threads.submit(follow, store, run)
            for writer in range(WRITERS):
                threads.submit(write_batches, store, run, writer)
        check_log(followed.result())

    def test_one_of_many_threads_wins_a_claim(self, store):
        run = store.create(CONFIG)
        together = threading.Barrier(WRITERS)

        def claim(worker):
            together.wait(timeout=10)
            return store.claim(run, f"worker {worker}", stale_after=60)

        with ThreadPoolExecutor(WRITERS) as threads:
            assert sorted(threads.map(claim, range(WRITERS))) == [False] * (WRITERS - 1) + [True]


class DatasetStoreContract:
    """A store of datasets."""

    def test_a_dataset_comes_back_as_it_was(self, store):
        dataset = table("tickets", text=[ODD_TEXT, None, ""], n=[1, 2.5, None], mixed=["1", 1, [0]])
        assert store.put_dataset(dataset) == dataset.id
        again = store.dataset(dataset.id)
        assert (again.id, again.name, again.origin) == (dataset.id, dataset.name, dataset.origin)
        assert again.frame.to_dict("list") == dataset.frame.to_dict("list")

    def test_datasets_are_listed_newest_first_without_their_rows(self, store):
        before = time.time()
        old, new = table("old", a=["x"]), table("new", a=["x", "y"], b=["1", "2"])
        store.put_dataset(old)
        store.put_dataset(new)
        first, second = store.datasets()
        assert first == StoredDataset(
            id=new.id,
            name="new",
            origin="Made as new.",
            rows=2,
            columns=("a", "b"),
            created=first.created,
        )
        assert second.id == old.id
        assert before <= second.created <= first.created <= time.time()

    def test_the_same_content_is_stored_once_under_its_latest_name(self, store):
        ids = {store.put_dataset(table(name, a=["x"])) for name in ("first", "second")}
        (listed,) = store.datasets()
        assert ids == {listed.id}
        assert (listed.name, listed.origin) == ("second", "Made as second.")
        assert store.dataset(listed.id).name == "second"

    def test_a_deleted_dataset_is_gone_and_can_be_stored_again(self, store):
        dataset = table("tickets", a=["x"])
        store.put_dataset(dataset)
        store.delete_dataset(dataset.id)
        assert store.datasets() == []
        with pytest.raises(DatasetNotFound, match=dataset.id):
            store.dataset(dataset.id)
        assert store.put_dataset(dataset) == dataset.id

    def test_an_unknown_dataset_is_named_in_the_error(self, store):
        with pytest.raises(DatasetNotFound, match="no dataset 'nope'"):
            store.dataset("nope")
        with pytest.raises(DatasetNotFound, match="no dataset 'nope'"):
            store.delete_dataset("nope")


WRITERS, BATCHES, BATCH = 4, 15, 3


def write_batches(store: RunStore, run_id: str, writer: int) -> None:
    """Append what `check_log` expects of this writer."""
    for batch in range(BATCHES):
        store.append(
            run_id,
            [ev.TrialFinished(number=writer, n=batch, failed=part) for part in range(BATCH)],
            {f"{writer}/{batch}": "1"},
        )


def follow(store: RunStore, run_id: str) -> list[Record]:
    """What a reader sees who asks again and again for what is new, until all have written."""
    seen: list[Record] = []
    end = time.monotonic() + 30
    while len(seen) < WRITERS * BATCHES * BATCH and time.monotonic() < end:
        seen += store.since(run_id, seen[-1].seq if seen else 0)
        time.sleep(0.002)
    return seen


def check_log(records: list[Record]) -> None:
    """Numbers without gap or repetition, appends undivided, each writer's in its order."""
    assert [record.seq for record in records] == list(range(1, WRITERS * BATCHES * BATCH + 1))
    parts = [(each.event.number, each.event.n, each.event.failed) for each in records]
    appends = parts[::BATCH]
    whole = [(writer, batch, part) for writer, batch, _ in appends for part in range(BATCH)]
    assert parts == whole
    for writer in range(WRITERS):
        assert [batch for each, batch, _ in appends if each == writer] == list(range(BATCHES))


def table(name: str, **columns: list) -> Dataset:
    """A small dataset."""
    frame = pd.DataFrame({key: pd.Series(values, dtype=object) for key, values in columns.items()})
    return Dataset(name=name, origin=f"Made as {name}.", frame=frame)
