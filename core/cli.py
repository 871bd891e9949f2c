"""The same job without a screen: `python -m core optimize|resume|runs|export|report|…`.

Results go to stdout, progress and errors to stderr. Exit code 0 only for a finished run, 1 for one
that is not, 2 for bad input.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from pydantic import ValidationError

from core.command.data import (
    SOURCES,
    add_looking_options,
    add_task_options,
    is_stored,
    kept,
    loaded,
)
from core.command.data_report import data_found, data_text
from core.command.evaluation import (
    ask_for_evaluation,
    evaluated,
    evaluated_text,
    why_not_at_once,
)
from core.command.export import NAMES, export
from core.command.failures import add_failure_options
from core.command.inputs import run_config
from core.command.models import add_check_options, add_model_options, checked, checked_text
from core.command.outcome import outcome, outcome_text, runs_text
from core.command.progress import watched
from core.command.report import report
from core.errors import ConfigError, InputError, RunNotFound, StudioError
from core.runs.branching import branch
from core.runs.decisions import BudgetChanged, Reopened, ResumeRequested, ReviewApproved
from core.runs.events import Event
from core.runs.preparation import check_models
from core.runs.state import RunState
from core.runs.store import Store
from core.search.family import FAMILY
from core.storage.location import open_store
from core.worker.launcher import cache_folder
from core.worker.session import work

BY = "command line"
"""Who decides here."""

BAD_INPUT = 2
NOT_FINISHED = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has seen enough
        return NOT_FINISHED
    except KeyboardInterrupt:
        _say("Interrupted. `python -m core resume RUN_ID` goes on; `python -m core runs` lists.")
        return 130
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        what = first["msg"].removeprefix("Value error, ")
        _say(f"error: {where}: {what}" if where else f"error: {what}")
        return BAD_INPUT
    except (InputError, RunNotFound) as error:
        _say(f"error: {_one_line(error)}")
        return BAD_INPUT
    except StudioError as error:
        _say(f"error: {_one_line(error)}")
        return NOT_FINISHED


def _optimize(options: argparse.Namespace) -> int:
    _check_cap(options.max_calls, used=0)
    store = open_store(options.db)
    run_id = store.create(run_config(options, store))
    return _work(run_id, options)


def _resume(options: argparse.Namespace) -> int:
    store = open_store(options.db)
    state = RunState().fold(store.since(options.run_id, 0))
    if state.is_ended and options.trials is None:
        raise ConfigError(
            f"run {options.run_id} is {state.status}; there is nothing to resume. "
            "Give it more --trials to go on."
        )
    _check_cap(options.max_calls, used=state.usage.calls)
    check_models(store.run(options.run_id).config)
    events: list[Event] = [
        # a worker that waits in the pause may have keys that are no longer good
        ResumeRequested(by=BY, max_calls=options.max_calls, hand_over=True)
    ]
    if options.trials is not None:
        events.append(BudgetChanged(by=BY, trials=options.trials))
    reopened = state.is_ended or (state.search_has_ended and options.trials is not None)
    store.append(options.run_id, [*events, Reopened(by=BY)] if reopened else events)
    return _work(options.run_id, options)


def _evaluate(options: argparse.Namespace) -> int:
    store = open_store(options.db)
    number = ask_for_evaluation(options, store, by=BY, say=_say)
    if (reason := why_not_at_once(options.run_id, store)) is not None:
        _say(reason)
        return 0
    with watched(options.run_id, store, quiet=options.quiet):
        cache = cache_folder(options.run_id)
        state = work(options.run_id, store, cache=cache, waits_when_paused=False)
    evaluation = state.steering.evaluations[number]
    found = evaluated(options.run_id, state, evaluation)
    _print(json.dumps(found, ensure_ascii=False) if options.json else evaluated_text(found))
    if not state.is_ended:
        _say(_why_unfinished(options.run_id, state))
    return 0 if evaluation.end == "done" else NOT_FINISHED


def _approve(options: argparse.Namespace) -> int:
    store = open_store(options.db)
    state = RunState().fold(store.since(options.run_id, 0))
    if state.is_ended or not store.run(options.run_id).config.review:
        raise ConfigError(f"run {options.run_id} waits for no review.")
    store.append(options.run_id, [ReviewApproved(by=BY)])
    _say(f"Run {options.run_id} may begin its search.")
    return 0


def _branch(options: argparse.Namespace) -> int:
    store = open_store(options.db)
    changes = {
        name: value
        for name in ("name", "optimizer", "concurrency", "max_calls", "review")
        if (value := getattr(options, name)) is not None
    }
    run_id = branch(store, options.run_id, by=BY, upto=options.upto, **changes)
    if options.trials is not None:
        store.append(run_id, [BudgetChanged(by=BY, trials=options.trials)])
    _say(f"Run {run_id} begins where run {options.run_id} was.")
    return _work(run_id, options)


def _check_cap(cap: int | None, *, used: int) -> None:
    if cap is None or cap > used:
        return
    least = "1 or more" if used == 0 else f"above the {used} LM calls that the run has made"
    raise ConfigError(f"--max-calls {cap} leaves room for no call: give {least}, or leave it out.")


def _work(run_id: str, options: argparse.Namespace) -> int:
    store = open_store(options.db)
    _announce_review(run_id, store)
    with watched(run_id, store, quiet=options.quiet):
        state = work(run_id, store, cache=cache_folder(run_id), waits_when_paused=False)
    found = outcome(run_id, store)
    if options.json:
        _print(json.dumps(found, ensure_ascii=False))
    else:
        _print(outcome_text(found))
    if state.status != "finished":
        _say(_why_unfinished(run_id, state))
        return NOT_FINISHED
    return 0


def _announce_review(run_id: str, store: Store) -> None:
    if not store.run(run_id).config.review:
        return
    if RunState().fold(store.since(run_id, 0)).steering.review_approved:
        return
    _say(
        f"Run {run_id} waits for a review before its search: look through its proposals in the "
        f"dashboard (`python -m dashboard`), or let it go on from another terminal with "
        f"`python -m core approve {run_id}`."
    )


def _runs(options: argparse.Namespace) -> int:
    _print(runs_text(open_store(options.db), as_json=options.json))
    return 0


def _data(options: argparse.Namespace) -> int:
    store = open_store(options.db) if is_stored(options.data) else None
    rows = loaded(options.data, options, store)
    found = data_found(rows, options)
    _print(json.dumps(found, ensure_ascii=False) if options.json else data_text(found))
    if options.out:
        _say(f"Wrote {kept(rows.dataset, Path(options.out))}.")
    return 0


def _check_model(options: argparse.Namespace) -> int:
    found = checked(options)
    (_print if found.works else _say)(checked_text(found))
    return 0 if found.works else NOT_FINISHED


def _export(options: argparse.Namespace) -> int:
    store = open_store(options.db)
    _say(export(options.run_id, store, options.format, options.out, options.candidate))
    return 0


def _report(options: argparse.Namespace) -> int:
    _say(f"Wrote {report(options.run_id, open_store(options.db), Path(options.out))}.")
    return 0


def _why_unfinished(run_id: str, state: RunState) -> str:
    reason = f" {state.message}" if state.message else ""
    if state.is_ended:
        return f"Run {run_id} {state.status}.{reason}"
    return f"Run {run_id} is {state.status}.{reason} `python -m core resume {run_id}` goes on."


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_optimize(commands.add_parser("optimize", help="optimize a program on a file of examples"))
    looking = commands.add_parser("data", help="look at a file of examples")
    add_looking_options(looking)
    looking.set_defaults(command=_data)
    listing = commands.add_parser("runs", help="list the runs in the database")
    listing.add_argument("--db", help="address of the database; default: STUDIO_DB")
    listing.add_argument("--json", action="store_true", help="one JSON object per line")
    listing.set_defaults(command=_runs)
    resume = commands.add_parser("resume", help="go on with a paused or interrupted run")
    resume.add_argument("run_id")
    resume.add_argument("--max-calls", type=int, help="raise the cap on LM calls")
    resume.add_argument("--trials", type=_positive, help="trials in all; ended runs go on with it")
    _add_common(resume)
    resume.set_defaults(command=_resume)
    approve = commands.add_parser("approve", help="let a run that waits for a review go on")
    approve.add_argument("run_id")
    approve.add_argument("--db", help="address of the database; default: STUDIO_DB")
    approve.set_defaults(command=_approve)
    _add_evaluate(commands.add_parser("evaluate", help="try candidates on more examples"))
    _add_branch(commands.add_parser("branch", help="begin a run where another one was"))
    trying = commands.add_parser("check-model", help="ask a model one question, to see if it works")
    add_check_options(trying)
    trying.set_defaults(command=_check_model)
    _add_export(commands.add_parser("export", help="write a run's result to a file"))
    reporting = commands.add_parser("report", help="write a run's report for other people")
    reporting.add_argument("run_id")
    reporting.add_argument("--out", required=True, metavar="FILE", help="ends in .html or .md")
    reporting.add_argument("--db", help="address of the database; default: STUDIO_DB")
    reporting.set_defaults(command=_report)
    return parser


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_id")
    parser.add_argument(
        "--format", choices=NAMES, required=True, metavar="FORMAT", help=", ".join(NAMES)
    )
    parser.add_argument(
        "--out", metavar="PATH", help="file to write; for mlflow the server's address"
    )
    parser.add_argument(
        "--candidate", metavar="C7", help="id, label, baseline or best; default: best"
    )
    parser.add_argument("--db", help="address of the database; default: STUDIO_DB")
    parser.set_defaults(command=_export)


def _add_optimize(parser: argparse.ArgumentParser) -> None:
    _add_task(parser)
    add_model_options(parser)
    add_failure_options(parser)
    parser.add_argument("--optimizer", choices=list(FAMILY), default="mipro")
    parser.add_argument("--budget", choices=["light", "medium", "heavy", "paper"], default="light")
    parser.add_argument(
        "--full-evaluations",
        type=_positive,
        metavar="N",
        help="size of the paper's budget, 20 to 50 there; default: 20",
    )
    parser.add_argument("--trials", type=int, help="minibatch trials instead of the budget's")
    parser.add_argument("--minibatch", type=int, help="examples per minibatch")
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--max-calls", type=int, help="cap on LM calls over both models")
    parser.add_argument("--name", help="how the run is called; default: program and file")
    parser.add_argument(
        "--review", action="store_true", help="wait for a person's approval before the search"
    )
    parser.add_argument(
        "--lock",
        action="append",
        default=[],
        metavar="PREDICTOR=TEXT",
        help="text of its instruction that must stay word for word; can be repeated",
    )
    _add_common(parser)
    parser.set_defaults(command=_optimize)


def _add_task(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--program",
        required=True,
        help="file in sample_programs/, package.module:NAME, pipeline:NAME, or a pipeline.json",
    )
    parser.add_argument("--data", required=True, metavar="FILE", help=SOURCES)
    parser.add_argument("--inputs", required=True, help="input columns: a,b or field=column,…")
    parser.add_argument("--output", required=True, help="output column: y or field=column")
    parser.add_argument(
        "--description", metavar="TEXT", help="what the program does, for the prompt model"
    )
    parser.add_argument("--metric", help="default: the program's own")
    parser.add_argument(
        "--metric-parameters", metavar="JSON", help="what to set about it, as one JSON object"
    )
    add_task_options(parser)


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_id")
    parser.add_argument(
        "candidates",
        nargs="*",
        metavar="CANDIDATE",
        help="id, label such as C3, `baseline` or `best`; default: these two",
    )
    parser.add_argument("--part", choices=["validation", "test"], default="test")
    parser.add_argument("--examples", type=_positive, metavar="N", help="in all; default: all")
    parser.add_argument(
        "--repeats", type=_positive, default=1, metavar="K", help="runs of each example in all"
    )
    parser.add_argument("--max-calls", type=_positive, help="LM calls that this may take")
    _add_common(parser)
    parser.set_defaults(command=_evaluate)


def _add_branch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_id")
    parser.add_argument("--upto", type=int, metavar="EVENT", help="last event; default: all")
    parser.add_argument("--name", help="how the new run is called")
    parser.add_argument("--optimizer", choices=list(FAMILY))
    parser.add_argument("--trials", type=_positive, help="trials in all")
    parser.add_argument("--concurrency", type=int)
    parser.add_argument("--max-calls", type=int, help="cap on LM calls of the new run")
    parser.add_argument(
        "--review", action="store_true", default=None, help="wait for approval before its search"
    )
    _add_common(parser)
    parser.set_defaults(command=_branch)


def _positive(text: str) -> int:
    """The number, if it is one above 0; argparse turns the error into a message."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return number


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--db", help="address of the database; default: STUDIO_DB")
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201  a command line speaks by printing


def _print(text: str) -> None:
    print(text)  # noqa: T201  the result
