"""One worker's hold on one run: claim it, work on it to the end, let it go.

Used by `python -m core.worker` and by the command line; the dashboard starts a process instead.
"""

import contextlib
import gc
import logging
import os
import socket
import sqlite3
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import optuna
import threadpoolctl

from core.engine import Engine
from core.errors import ConfigError, StoreError, StoreUnavailable, StudioError
from core.lm.answers import keep_answers
from core.lm.keys import redacted
from core.lm.traffic import Traffic
from core.optimizers.family import build
from core.runs.config import RunConfig
from core.runs.events import RunFailed, RunStarted
from core.runs.liveness import STALE_AFTER
from core.runs.preparation import Task, check_keys, check_models, prepare
from core.runs.purse import Purse
from core.runs.state import RunState
from core.runs.store import Store
from core.worker.crew import LocalCrew
from core.worker.held_log import HeldLog
from core.worker.watcher import SnapshotWatcher, record_end

HEARTBEAT = 1.5
"""Seconds between signs of life."""

MOST_IN_MEMORY = 5_000
"""Answers of models that are kept in memory, to be used again."""

GARBAGE = 10_000
"""New objects after which Python looks for garbage. At its own 700 it looks through all there is so
often that it takes an eighth of a busy run's processor time, 0.1 s at a time."""

MOST_IN_FLIGHT = 256
"""The highest concurrency that people can ask for; threads are made only as they are needed."""


def work(
    run_id: str, store: Store, *, cache: Path | None, waits_when_paused: bool = True
) -> RunState:
    """The state in which the run ended or paused.

    `cache` is a folder for the answers of real models, so that not even a call whose example was
    cut off by a crash is paid for again; None keeps them in memory.

    Raises:
        RunNotFound: there is no such run.
        ConfigError: another worker has it, or a key is not there; nothing was recorded.
        StudioError: the run failed; the log says so, too.
    """
    run = store.run(run_id)
    check_keys(run.config)  # before anything is recorded: with its keys the run can go on
    worker = f"{socket.gethostname()}:{os.getpid()}:{time.time_ns()}"
    if not _claimed(run_id, store, worker):
        raise ConfigError(f"run {run_id}: another worker is at it. Nothing was started.")
    try:
        prepare_libraries(run.config, cache)
        return _work(run_id, run.config, store, worker, waits_when_paused)
    except StoreError:
        raise  # the log cannot be written, or is another worker's by now; the run stays resumable
    except Exception as error:
        known = isinstance(error, StudioError)
        message = redacted(str(error) if known else f"{type(error).__name__}: {error}")
        store.append(run_id, [RunFailed(message=message)], worker=worker)
        record_end(run_id, store)
        raise
    finally:
        with contextlib.suppress(StoreUnavailable):  # it shows no sign of life any more, either way
            store.release(run_id, worker)


def prepare_libraries(config: RunConfig, cache: Path | None) -> None:
    """Set up what is the whole process's: dspy's cache, garbage, threads, what libraries print.

    Raises:
        StoreUnavailable: the folder of the cache cannot be used.
    """
    offline = all(model.is_offline for model in config.models.values())
    on_disk = config.response_cache and not offline
    try:
        keep_answers(
            in_memory=MOST_IN_MEMORY if config.response_cache else 0,
            folder=cache if on_disk else None,
        )
    except (OSError, sqlite3.Error) as error:
        raise StoreUnavailable(
            f"the folder {str(cache)!r} for the models' answers cannot be used ({error}). Make it "
            "writable, free some disk space, or name another one in STUDIO_HOME; then resume."
        ) from error
    gc.set_threshold(GARBAGE)
    # the search's matrices are small; more threads would only take time from the examples
    threadpoolctl.threadpool_limits(limits=1)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    # it does: the answer is asked for anew, and a model may differ even at temperature 0
    warnings.filterwarnings("ignore", message="rollout_id has no effect")
    logging.getLogger("dspy").setLevel(logging.ERROR)
    logging.getLogger("LiteLLM").setLevel(logging.ERROR)


def _claimed(run_id: str, store: Store, worker: str) -> bool:
    """True once the run is ours: at once, or when the worker before us shows no sign of life.

    A clock that was set back lets a dead worker look alive, so it is watched, by a clock of ours.
    One that waits in a pause and was asked to hand the run over lives and has nothing in flight.
    """
    last, silent = store.run(run_id).heartbeat, None
    watched, state = time.monotonic(), RunState()
    while not store.claim(run_id, worker, stale_after=STALE_AFTER, silent=silent):
        heartbeat = store.run(run_id).heartbeat
        if state.fold(store.since(run_id, state.seq)).hands_over:
            silent = heartbeat
            continue
        if heartbeat != last:
            return False
        time.sleep(0.2)
        silent = last if time.monotonic() - watched > STALE_AFTER else None
    return True


def _work(
    run_id: str, config: RunConfig, store: Store, worker: str, waits_when_paused: bool
) -> RunState:
    ended, taken = threading.Event(), threading.Event()
    # from now on: to prepare a large dataset can take longer than others wait for a sign of life
    pulse = threading.Thread(target=_pulse, args=(run_id, store, worker, taken, ended))
    pulse.start()
    try:
        task = prepare(config, store)
        check_models(config)  # a judge without its key would be noticed only after answers are paid
        return _at_work(run_id, task, config, store, worker, taken, waits_when_paused)
    finally:
        ended.set()
        pulse.join()


def _at_work(
    run_id: str,
    task: Task,
    config: RunConfig,
    store: Store,
    worker: str,
    taken: threading.Event,
    waits_when_paused: bool,
) -> RunState:
    traffic, purse = Traffic(), Purse()
    crew = LocalCrew(
        task, config, traces=partial(store.traces, run_id), traffic=traffic, purse=purse
    )
    watcher = SnapshotWatcher(
        run_id=run_id, store=store, task=task, config=config, flows=traffic.flows
    )
    with ThreadPoolExecutor(MOST_IN_FLIGHT, thread_name_prefix="example") as pool:
        engine = Engine(
            run_id=run_id,
            store=HeldLog(store=store, worker=worker, taken=taken),
            optimizer=build(task, config),
            crew=crew,
            watcher=watcher,
            executor=pool,
            concurrency=config.concurrency,
            max_calls=config.max_calls,
            clock=time.time,
            waits_when_paused=waits_when_paused,
            taken=taken,
            recall=traffic.recall,
            purse=purse,
        )
        try:
            return engine.run(_started(task, worker))
        finally:
            traffic.close()
            pool.shutdown(wait=False, cancel_futures=True)
            watcher.close()


def _pulse(
    run_id: str, store: Store, worker: str, taken: threading.Event, ended: threading.Event
) -> None:
    """Beat until the work has ended; set `taken` and stop when the run is another worker's."""
    while not ended.wait(HEARTBEAT):
        try:
            is_ours = store.heartbeat(run_id, worker)
        except StoreError:
            continue  # one missed beat does no harm, but who goes on beating notices a rival
        if not is_ours:
            taken.set()
            return


def _started(task: Task, worker: str) -> RunStarted:
    return RunStarted(
        worker=worker,
        predictors=task.predictors,
        train=len(task.train),
        val=len(task.val),
        test=len(task.test),
    )
