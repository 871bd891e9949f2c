"""The cap on LM calls with much in flight: never passed, not by one call."""

import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

import optuna
import pytest

from core.engine import Engine, Outcome
from core.lm.usage import Usage
from core.optimizers.actions import Bootstrap, Propose, ProposeSet, Score
from core.optimizers.family import build
from core.runs.decisions import BudgetChanged, ProposalsRequested, ResumeRequested
from core.runs.events import PromptCallFailed
from core.storage.memory import MemoryStore
from tests.known_optimum import WEATHER, Fold, made_up_config, made_up_task

IN_FLIGHT = 64


@pytest.fixture(autouse=True)
def _quiet():
    optuna.logging.set_verbosity(optuna.logging.WARNING)


class CountingCrew:
    """Answers as the made-up task does, counts every call, and is slow now and then."""

    def __init__(self, task, most):
        self._task = task
        self._fold = Fold(policy=None, task=task)
        self._lock = threading.Lock()
        self.most = most
        self.made = 0
        self.at_once = self._running = 0

    def calls(self, action):
        return self._task.template.calls_per_run if isinstance(action, Bootstrap | Score) else 1

    def work(self, action, state):
        score = self._fold.score_of(action, state) if isinstance(action, Score) else None

        def run():
            with self._lock:
                self._running += 1
                self.at_once = max(self.at_once, self._running)
            for _ in range(self.calls(action)):
                with self._lock:
                    self.made += 1
                    assert self.made <= self.most, "the cap was passed"
                time.sleep(0.01 * (1 + zlib.crc32(action.key.encode()) % 5))
            with self._lock:
                self._running -= 1
            return Outcome(events=tuple(self._told(action, score)))

        return run

    def _told(self, action, score):
        if isinstance(action, Propose | ProposeSet) and action.index % 5 == 3:
            spent = {"seconds": 0.0, "usage": Usage(calls=1)}
            return [PromptCallFailed(task=action.key, failure=WEATHER, **spent)]
        return self._fold.told(action, score)


class Silent:
    def watch(self, state, busy):
        pass


@pytest.mark.parametrize("optimizer", ["mipro", "mipro_tpe", "module_opro", "mipro_plus_plus"])
def test_with_64_in_flight_the_cap_is_never_passed_not_even_when_it_is_raised(optimizer):
    task = made_up_task(repeats=2, val=40)
    numbers = {"trials": 30, "minibatch": 10}
    config = made_up_config(optimizer=optimizer, **numbers)
    cap = task.estimate(config).least // 2
    store = MemoryStore()
    run_id, crew = store.create(config), CountingCrew(task, cap)
    with ThreadPoolExecutor(256) as pool:
        engine = Engine(
            run_id=run_id,
            store=store,
            optimizer=build(task, config),
            crew=crew,
            watcher=Silent(),
            executor=pool,
            concurrency=IN_FLIGHT,
            max_calls=cap,
            clock=time.time,
            waits_when_paused=False,
        )
        state = engine.run(Fold(policy=None, task=task)._started())
        assert state.status == "paused"
        assert cap - 2 <= state.usage.calls == crew.made <= cap
        crew.most = cap + 333
        store.append(
            run_id,
            [
                ProposalsRequested(by="tester", predictor="part0", count=20),
                BudgetChanged(by="tester", max_calls=crew.most),
                ResumeRequested(by="tester"),
            ],
        )
        state = engine.run(Fold(policy=None, task=task)._started())
    assert state.usage.calls == crew.made <= crew.most
    assert state.status == "finished"
    assert 32 <= crew.at_once <= IN_FLIGHT
