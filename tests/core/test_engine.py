"""The engine with a scripted optimizer and crew: slots, decisions of people, outages, the cap."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.data.dataset import FieldMapping
from core.engine import OUTAGE, Engine, Lanes, Outcome
from core.errors import RunTaken
from core.lm.failures import FailurePolicy, reason
from core.lm.usage import Usage
from core.optimizers.actions import Bootstrap, Plan
from core.runs.config import RunConfig
from core.runs.decisions import (
    BudgetChanged,
    PauseRequested,
    Reopened,
    ResumeRequested,
    ReviewApproved,
    StopRequested,
)
from core.runs.events import (
    BudgetReached,
    Failure,
    RunFinished,
    RunStarted,
    RunStopped,
    TraceBootstrapped,
)
from core.search.budget import preset
from core.storage.memory import MemoryStore


class Errands:
    """An optimizer that wants `count` teacher runs and then ends; after a review, if wanted."""

    def __init__(self, count, review=False):
        self.count = count
        self.review = review
        self.most_free = 0
        self.asked = 0

    def next_actions(self, state, slots):
        self.asked += 1
        self.most_free = max(self.most_free, slots.free)
        if self.review and not state.steering.review_approved:
            return Plan(awaits_people=True)
        done = {
            example
            for example, trace in state.traces.items()
            if trace.failure is None or trace.attempt == 99
        }
        wanted = [Bootstrap(example=str(i), attempt=0) for i in range(self.count)]
        open_ones = [each for each in wanted if each.example not in done]
        if not open_ones:
            return Plan(events=[RunFinished(best="c")])
        return Plan(actions=open_ones)

    def closing_actions(self, state):
        return [RunStopped(best=None)]


class Crew:
    """Carries errands out by a function of the example."""

    def __init__(self, job):
        self.job = job
        self.done = []
        self.running = 0
        self.most_running = 0
        self._lock = threading.Lock()

    def calls(self, action):
        return 1

    def work(self, action, state):
        def run():
            with self._lock:
                self.running += 1
                self.most_running = max(self.most_running, self.running)
            failure = self.job(action.example)
            with self._lock:
                self.running -= 1
                self.done.append(action.example)
            event = TraceBootstrapped(
                example=action.example,
                attempt=0,
                accepted=False,
                failure=failure,
                seconds=0.0,
                usage=Usage(calls=1),
            )
            due = failure is not None and FailurePolicy().is_due(failure.kind, 0)
            pause = reason(failure.kind, failure.message) if due else None
            return Outcome(events=(event,), refusal=failure, pause=pause)

        return run


class Silent:
    def watch(self, state, busy):
        pass


class Onlooker:
    """Remembers how much was in flight at most."""

    most_busy = 0

    def watch(self, state, busy):
        self.most_busy = max(self.most_busy, len(busy))


class Blocked:
    """Holds the engine's thread up until the gate opens."""

    def __init__(self, gate):
        self.gate = gate

    def watch(self, state, busy):
        assert self.gate.wait(10)


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def run_id(store):
    config = RunConfig(
        name="engine",
        program="none",
        dataset="none",
        dataset_name="none",
        mapping=FieldMapping(inputs={"a": "a"}, outputs={"b": "b"}),
        metric="exact_match",
        budget=preset("light", predictors=1),
    )
    return store.create(config)


@pytest.fixture
def engine(store, run_id):
    pools = []

    def make(job, count=6, concurrency=2, review=False, **settings):
        pools.append(ThreadPoolExecutor(256))
        settings = {"max_calls": None, **settings}
        return Engine(
            run_id=run_id,
            store=store,
            optimizer=Errands(count, review),
            crew=Crew(job),
            watcher=Silent(),
            executor=pools[-1],
            concurrency=concurrency,
            clock=time.time,
            **settings,
        )

    yield make
    for pool in pools:
        pool.shutdown()


STARTED = RunStarted(worker="w", predictors=(), train=1, val=1, test=1)


def fine(example):
    return None


def in_thread(engine):
    """The engine at work, and a way to wait for it."""
    thread = threading.Thread(target=engine.run, args=(STARTED,))
    thread.start()
    return thread


def wait_for(condition):
    """Wait until the condition holds, at most ten seconds."""
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("it never happened")


def test_a_run_ends_when_the_optimizer_says_so(engine):
    working = engine(fine)
    assert working.run(STARTED).status == "finished"
    assert sorted(working.crew.done) == list("012345")


def test_never_more_than_the_concurrency_is_in_flight(engine):
    working = engine(lambda example: time.sleep(0.01), count=20, concurrency=3)
    working.run(STARTED)
    assert working.crew.most_running == 3


def test_a_straggler_holds_nobody_up(engine):
    released = threading.Event()
    others_done = threading.Event()

    def job(example):
        if example == "0":
            assert others_done.wait(10)
            released.set()

    working = engine(job, count=8, concurrency=2)
    thread = in_thread(working)
    wait_for(lambda: len(working.crew.done) == 7)
    others_done.set()
    thread.join()
    assert working.state.status == "finished"


def test_a_pause_lets_work_in_flight_finish_and_starts_nothing_more(engine, store, run_id):
    gate = threading.Event()
    working = engine(lambda example: gate.wait(10) and None, count=10, concurrency=2)
    thread = in_thread(working)
    wait_for(lambda: working.crew.running == 2)
    store.append(run_id, [PauseRequested(by="tester")])
    wait_for(lambda: working.state.wish == "pause")
    gate.set()
    wait_for(lambda: working.state.status == "paused")
    assert len(working.crew.done) == 2
    assert working.state.paused_by_person
    store.append(run_id, [ResumeRequested(by="tester")])
    thread.join()
    assert working.state.status == "finished"


def test_the_next_action_starts_before_the_engine_gets_round_to_it(engine):
    """The engine's thread is held up in `watch`; the eighth slot goes on by itself."""
    gate = threading.Event()

    def job(example):
        if example not in "08":
            gate.wait(10)

    working = engine(job, count=10, concurrency=8)
    working.watcher = Blocked(gate)
    thread = in_thread(working)
    wait_for(lambda: "8" in working.crew.done)
    assert not gate.is_set()
    gate.set()
    thread.join()
    assert working.state.status == "finished"
    assert working.crew.most_running == 8


def test_what_is_done_and_not_yet_in_the_log_is_not_in_flight():
    gate = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        lanes = Lanes(pool, time.time)
        for example, job in (("0", fine), ("1", lambda example: gate.wait(10))):
            action = Bootstrap(example=example, attempt=0)
            lanes.take(action, Crew(job).work(action, None), at_once=1)
        wait_for(lambda: [action.example for action, _ in lanes.started()] == ["1"])
        assert len(lanes.tasks) == 2
        gate.set()


def test_what_waits_for_its_turn_is_not_in_flight_and_a_pause_takes_it_back(engine, store, run_id):
    gate = threading.Event()
    working = engine(lambda example: gate.wait(10) and None, count=12, concurrency=8)
    working.watcher = Onlooker()
    thread = in_thread(working)
    wait_for(lambda: working.crew.running == 8)
    store.append(run_id, [PauseRequested(by="tester")])
    wait_for(lambda: working.state.wish == "pause")
    gate.set()
    wait_for(lambda: working.state.status == "paused")
    assert sorted(working.crew.done) == list("01234567")
    assert working.watcher.most_busy == 8
    store.append(run_id, [ResumeRequested(by="tester")])
    thread.join()
    assert working.state.status == "finished"
    assert len(working.crew.done) == 12


def test_what_waits_for_its_turn_counts_against_the_cap(engine):
    working = engine(fine, count=40, concurrency=16, max_calls=17, waits_when_paused=False)
    assert working.run(STARTED).status == "paused"
    assert len(working.crew.done) == 17


def test_a_stop_keeps_what_is_in_flight_and_ends_the_run(engine, store, run_id):
    gate = threading.Event()
    working = engine(lambda example: gate.wait(10) and None, count=10, concurrency=2)
    thread = in_thread(working)
    wait_for(lambda: working.crew.running == 2)
    store.append(run_id, [StopRequested(by="tester")])
    wait_for(lambda: working.state.wish == "stop")
    gate.set()
    thread.join()
    assert working.state.status == "stopped"
    assert len(working.state.traces) == 2


def test_a_paused_run_that_is_handed_over_is_left_to_the_next_worker(engine, store, run_id):
    refused = Failure(kind="LMAuthError", message="Incorrect API key provided")
    working = engine(lambda example: refused, concurrency=1)
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(working.run, STARTED)
        wait_for(lambda: working.state.status == "paused")
        store.append(run_id, [ResumeRequested(by="tester", hand_over=True)])
        wait_for(lambda: working.state.hands_over)
        store.append(run_id, [STARTED.model_copy(update={"worker": "heir"})])
        with pytest.raises(RunTaken):
            future.result(timeout=10)
    assert len(working.crew.done) == 1
    assert store.since(run_id, 0)[-1].event.worker == "heir"


def test_a_refused_key_pauses_the_run_with_the_providers_words(engine):
    refused = Failure(kind="LMAuthError", message="Incorrect API key provided")
    working = engine(lambda example: refused, concurrency=1, waits_when_paused=False)
    state = working.run(STARTED)
    assert state.status == "paused"
    assert not state.paused_by_person
    assert "Incorrect API key provided" in state.message
    assert len(working.crew.done) == 1


def test_a_model_that_stays_away_pauses_the_run_after_a_few_failures(engine):
    away = Failure(kind="LMServerError", message="503")
    working = engine(lambda example: away, count=50, concurrency=1, waits_when_paused=False)
    assert working.run(STARTED).status == "paused"
    assert len(working.crew.done) == OUTAGE


def test_failures_between_successes_pause_nothing(engine):
    failed = set()

    def job(example):
        if int(example) % 2 and example not in failed:
            failed.add(example)
            return Failure(kind="LMServerError", message="503")
        return None

    assert engine(job, count=20, concurrency=1).run(STARTED).status == "finished"


def test_the_cap_is_never_passed_and_can_be_raised(engine, store, run_id):
    working = engine(fine, count=10, concurrency=4, max_calls=5)
    thread = in_thread(working)
    wait_for(lambda: working.state.status == "paused")
    assert len(working.crew.done) == 5
    assert "5 LM calls" in working.state.message
    assert any(isinstance(event, BudgetReached) for _, event in store.since(run_id, 0))
    store.append(run_id, [ResumeRequested(by="tester", max_calls=10)])
    thread.join()
    assert working.state.status == "finished"
    assert len(working.crew.done) == 10


def test_a_resumed_engine_repeats_nothing(engine, store, run_id):
    stopped = engine(fine, count=10, concurrency=1, max_calls=4, waits_when_paused=False)
    stopped.run(STARTED)
    again = engine(fine, count=10, concurrency=1)
    assert again.run(STARTED).status == "finished"
    assert set(stopped.crew.done).isdisjoint(again.crew.done)


def test_an_engine_whose_run_was_taken_over_writes_nothing_more(engine, store, run_id):
    working = engine(fine)
    working.taken.set()
    with pytest.raises(RunTaken):
        working.run(STARTED)
    assert store.since(run_id, 0) == []


class Recalled(Crew):
    """Work that waits until it may go on; what waits when it is recalled is given back."""

    def __init__(self, job):
        super().__init__(job)
        self.started = 0
        self.given_back = 0
        self.open = threading.Event()
        self.rests = threading.Event()

    def recall(self, rests):
        (self.rests.set if rests else self.rests.clear)()

    def work(self, action, state):
        job = super().work(action, state)

        def run():
            self.started += 1
            while not self.open.wait(0.005):
                if self.rests.is_set():
                    self.given_back += 1
                    return Outcome(events=())
            return job()

        return run


def test_a_pause_takes_waiting_work_back_and_asks_for_it_again_later(engine, store, run_id):
    working = engine(fine, count=4, concurrency=2)
    working.crew = crew = Recalled(fine)
    working.recall = crew.recall
    thread = in_thread(working)
    wait_for(lambda: crew.started == 2)
    store.append(run_id, [PauseRequested(by="tester")])
    wait_for(lambda: working.state.status == "paused")
    assert (crew.given_back, crew.done, working.state.usage.calls) == (2, [], 0)
    crew.open.set()
    store.append(run_id, [ResumeRequested(by="tester")])
    thread.join()
    assert working.state.status == "finished"
    assert sorted(crew.done) == list("0123")


def test_results_that_come_fast_are_appended_together(engine, store):
    appends = []

    class Counted:
        def append(self, *given):
            appends.append(len(given[1]))
            time.sleep(0.02)  # a disk
            return store.append(*given)

        since = staticmethod(store.since)

    working = engine(lambda example: time.sleep(0.001), count=200, concurrency=4)
    working.store = Counted()
    working.run(STARTED)
    assert len(working.crew.done) == 200
    assert working.crew.most_running == 4
    assert len(appends) < 40


def test_a_bug_in_the_crew_is_not_swallowed(engine):
    def broken(example):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        engine(broken).run(STARTED)


def test_a_changed_concurrency_takes_effect_while_the_run_goes_on(engine, store, run_id):
    gate = threading.Event()
    working = engine(lambda example: gate.wait(10) and None, count=40, concurrency=2)
    thread = in_thread(working)
    wait_for(lambda: working.crew.running == 2)
    store.append(run_id, [BudgetChanged(by="tester", concurrency=30)])
    wait_for(lambda: working.crew.running == 30)
    gate.set()
    thread.join()
    assert working.crew.most_running == 30
    assert working.state.status == "finished"


def test_a_lowered_concurrency_starts_nothing_before_enough_has_come_in(engine, store, run_id):
    gates = {str(number): threading.Event() for number in range(20)}
    working = engine(lambda example: gates[example].wait(10) and None, count=20, concurrency=8)
    thread = in_thread(working)
    wait_for(lambda: working.crew.running == 8)
    store.append(run_id, [BudgetChanged(by="tester", concurrency=3)])
    wait_for(lambda: working.state.steering.concurrency == 3)
    for number in range(8):
        gates[str(number)].set()
    wait_for(lambda: len(working.crew.done) == 8 and working.crew.running == 3)
    for gate in gates.values():
        gate.set()
    thread.join()
    assert working.state.status == "finished"


def test_a_run_that_waits_for_people_is_polled_and_goes_on_when_they_have_decided(
    engine, store, run_id
):
    working = engine(fine, review=True)
    thread = in_thread(working)
    wait_for(lambda: working.optimizer.asked > 2)
    assert working.state.status == "running"
    assert working.crew.done == []
    store.append(run_id, [ReviewApproved(by="tester")])
    thread.join(timeout=10)
    assert working.state.status == "finished"
    assert working.optimizer.asked < 60  # it does not spin


@pytest.mark.parametrize("wish", [PauseRequested, StopRequested])
def test_a_run_that_waits_for_people_can_be_paused_and_stopped(engine, store, run_id, wish):
    working = engine(fine, review=True, waits_when_paused=False)
    thread = in_thread(working)
    wait_for(lambda: working.optimizer.asked > 0)
    store.append(run_id, [wish(by="tester")])
    thread.join(timeout=10)
    assert working.state.status == ("paused" if wish is PauseRequested else "stopped")


def test_an_ended_run_that_was_reopened_is_taken_up_again(engine, store, run_id):
    assert engine(fine, count=3).run(STARTED).status == "finished"
    again = engine(fine, count=5)
    assert again.run(STARTED).status == "finished"
    assert again.crew.done == []
    store.append(run_id, [Reopened(by="tester")])
    assert again.run(STARTED).status == "finished"
    assert sorted(again.crew.done) == ["3", "4"]


def test_a_run_that_is_reopened_while_its_worker_leaves_goes_on(engine, store, run_id):
    class Reopening(Silent):
        def watch(self, state, busy):
            if state.status == "finished" and working.optimizer.count == 3:
                working.optimizer.count = 5
                store.append(run_id, [Reopened(by="tester")])

    working = engine(fine, count=3)
    working.watcher = Reopening()
    assert working.run(STARTED).status == "finished"
    assert sorted(working.crew.done) == list("01234")


def test_a_cap_that_people_lower_holds_from_then_on(engine, store, run_id):
    gate = threading.Event()
    working = engine(
        lambda example: gate.wait(10) and None, count=20, concurrency=2, waits_when_paused=False
    )
    thread = in_thread(working)
    wait_for(lambda: working.crew.running == 2)
    store.append(run_id, [BudgetChanged(by="tester", max_calls=7)])
    wait_for(lambda: working.state.steering.max_calls == 7)
    gate.set()
    thread.join()
    assert working.state.status == "paused"
    assert len(working.crew.done) == 7
