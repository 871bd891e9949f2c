"""What the command line prints: one run's outcome, and the list of runs."""

import json
import time
from typing import Any

from core.errors import RunUnreadable
from core.evaluation.statistics import mean
from core.runs.liveness import status_of
from core.runs.scores import best_candidate, test_scores, val_scores
from core.runs.snapshot import Snapshot
from core.runs.state import RunState
from core.runs.store import Store, StoredRun, UnreadableRun

UNREADABLE = "unreadable"
"""The status of a run that another version wrote, or whose record is damaged."""


def outcome(run_id: str, store: Store) -> dict[str, Any]:
    """The run's result as plain values, as `--json` prints it. Scores are fractions with their n.

    A part that is not there yet is None.
    """
    run = store.run(run_id)
    state = RunState().fold(store.since(run_id, 0))
    best = best_candidate(state)
    return {
        "run_id": run_id,
        "status": state.status,
        "program": run.config.program,
        "optimizer": run.config.optimizer,
        "baseline": _candidate_scores(state, state.baseline),
        "best": None if best is None else _best(state, best),
        "calls": {
            "task": state.program_usage.calls,
            "prompt": state.prompt_usage.calls,
            "teacher": state.teacher_usage.calls,
            "judge": state.judge_usage.calls,
        },
        "tokens": {"input": state.usage.input_tokens, "output": state.usage.output_tokens},
        "cost_usd": state.usage.cost_usd if state.usage.priced else None,
        "seconds": round(state.elapsed(time.time()), 3),
    }


def outcome_text(found: dict[str, Any]) -> str:
    """The outcome for a person."""
    lines = [f"run {found['run_id']}: {found['status']}"]
    for part in ("baseline", "best"):
        if found[part]:
            scores = "   ".join(f"{side} {_percent(found[part][side])}" for side in ("val", "test"))
            lines.append(f"{part:>8}   {scores}")
    calls, cost = found["calls"], found["cost_usd"]
    others = "".join(
        f"{calls[role]} {role} calls, " for role in ("teacher", "judge") if calls[role]
    )
    lines.append(
        f"{calls['task']} task calls, {calls['prompt']} prompt calls, {others}"
        f"{'price unknown' if cost is None else f'${cost:.4f}'}, {found['seconds']:.1f} s"
    )
    if found["best"]:
        for predictor, text in found["best"]["instructions"].items():
            demos = found["best"]["demos"][predictor]
            lines.append(f"\n{predictor} ({demos} demos)\n{text}")
    return "\n".join(lines)


def runs_text(store: Store, *, as_json: bool) -> str:
    """A line per run, newest first; below them those whose settings cannot be read."""
    snapshots = store.snapshots()
    rows = [_listed(run, snapshots.get(run.id), store) for run in store.runs()]
    rows += [_unreadable(run) for run in store.unreadable_runs()]
    if as_json:
        return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return "\n".join(_line(row) for row in rows) or "No runs yet."


def _listed(run: StoredRun, snapshot: Snapshot | None, store: Store) -> dict[str, Any]:
    known = snapshot.summary if snapshot else None
    return {
        "run_id": run.id,
        "name": run.config.name,
        "status": _status(run, store),
        "program": run.config.program,
        "dataset": run.config.dataset_name,
        "baseline": known.baseline.model_dump() if known and known.baseline else None,
        "best": known.best.model_dump() if known and known.best else None,
        "calls": known.usage.calls if known else 0,
        "created": run.created,
    }


def _unreadable(run: UnreadableRun) -> dict[str, Any]:
    unknown = dict.fromkeys(("program", "dataset", "baseline", "best", "calls"))
    return {
        "run_id": run.id,
        "name": run.name or "without a name",
        "status": UNREADABLE,
        **unknown,
        "created": run.created,
    }


def _line(row: dict[str, Any]) -> str:
    scores = f"{_percent(row['baseline'])} → {_percent(row['best'])}"
    return (
        f"{row['run_id']}  {row['status']:<11}  {scores:<34}  {row['calls'] or 0:>6} calls  "
        f"{row['name']}"
    )


def _status(run: StoredRun, store: Store) -> str:
    try:
        state = RunState().fold(store.since(run.id, 0))
    except RunUnreadable:
        return UNREADABLE
    return status_of(state.status, run, time.time())


def _candidate_scores(state: RunState, candidate: str | None) -> dict[str, Any] | None:
    if candidate is None:
        return None
    return {
        "val": _score(val_scores(state, candidate)),
        "test": _score(test_scores(state, candidate)),
    }


def _best(state: RunState, best: str) -> dict[str, Any]:
    choices = state.candidates[best].choices
    return {
        "candidate": best,
        "instructions": {
            name: state.instructions[name][choice.instruction].text
            for name, choice in choices.items()
        },
        "demos": {
            name: len(state.demo_sets[name][choice.demo_set].demos)
            for name, choice in choices.items()
        },
        **(_candidate_scores(state, best) or {}),
    }


def _score(scores: dict[str, float]) -> dict[str, Any] | None:
    if not scores:
        return None
    found = mean(list(scores.values()))
    return {"score": found.value, "n": found.n, "low": found.low, "high": found.high}


def _percent(score: dict[str, Any] | None) -> str:
    return "–" if score is None else f"{score['score']:.1%} (n = {score['n']})"
