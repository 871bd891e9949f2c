"""Everything a report needs of a run, gathered once; how it is written down is elsewhere.

In two steps, since a run's state may be read only under its lock: `facts_of` copies what is needed
of the state, `report_data` does the rest, which takes longer.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.data.dataset import Example
from core.errors import DatasetNotFound, InputError
from core.lm.connection import LMConfig
from core.programs.candidate import Part
from core.report import data as rd
from core.report.cases import Scores, cases, changed
from core.report.labels import label_table
from core.report.prompts import prompt_changes
from core.report.reproduction import reproduction
from core.report.verdict import caveats, part_scores, status_text, verdict
from core.results.credit import AblationTable, ablated, ablations, credit_shares
from core.results.diagnosis import diagnose
from core.results.evidence import Evidence, gathered
from core.results.full_evaluations import FullEvaluation
from core.results.money import ModelMoney, money
from core.results.run_results import RunResults, run_results
from core.results.thinning import thinned
from core.runs.config import RunConfig
from core.runs.liveness import status_of
from core.runs.preparation import Task, prepare
from core.runs.scores import val_scores
from core.runs.snapshot import Belief, LevelEffect, Snapshot
from core.runs.state import RunState
from core.runs.store import Store, StoredRun
from core.search.family import FAMILY

MOST_POINTS = 120
"""Full evaluations in the score history."""
MOST_DECISIONS = 60
MOST_EFFECTS = 8
REACH = 1.64
"""Standard deviations on each side of a 90 % interval."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is copied out of a run's state."""

    evidence: Evidence
    ablations: AblationTable | None


def facts_of(state: RunState, config: RunConfig, results: RunResults) -> Facts:
    """The facts of the state; `results` are of the same run. To be called under its lock."""
    compared = {each: val_scores(state, each) for each in ablated(results)}
    return Facts(evidence=gathered(state, config, results), ablations=ablations(compared, results))


def report_of(run_id: str, store: Store) -> rd.ReportData:
    """The report of a stored run as of now.

    Raises:
        RunNotFound: there is no such run.
        RunUnreadable: another version wrote it.
    """
    run, snapshot = store.run(run_id), store.snapshot(run_id)
    state = RunState().fold(store.since(run_id, 0))
    results = run_results(state, run.config, snapshot)
    facts = facts_of(state, run.config, results)
    return report_data(run, results, facts, snapshot, store, task_of(run.config, store))


def task_of(config: RunConfig, store: Store) -> Task | None:
    """Program and examples; None when they are no longer there. Scores stand without them."""
    try:
        return prepare(config, store)
    except (InputError, DatasetNotFound):
        return None


def report_data(
    run: StoredRun,
    results: RunResults,
    facts: Facts,
    snapshot: Snapshot | None,
    store: Store,
    task: Task | None,
) -> rd.ReportData:
    """The report of a run in whatever state it is. Reads traces from the store, and nothing else.

    `task` is that of the run's settings, None where it is gone.
    """
    config, evidence = run.config, facts.evidence
    scored = _scored(results, evidence)
    parts = _parts(results, scored, len(evidence.test) - 1)
    setting = _setting(config, results, task)
    findings = diagnose(evidence, results, results.belief)
    improved, worse = _cases(run.id, results, scored, store, task)
    decisions = results.steering.decisions
    now = time.time()
    return rd.ReportData(
        run_id=run.id,
        title=config.name,
        status=status_of(results.status, run, now),
        status_text=status_text(results),
        written=now,
        label=results.best.short_label if results.best and _is_new(results) else None,
        setting=setting,
        verdict=verdict(results, parts),
        parts=parts,
        labels=label_table(run, results, scored, store, task),
        prompts=prompt_changes(results),
        improved=improved,
        worse=worse,
        search=_search(results),
        credit=_credit(results, results.belief, facts.ablations),
        course=_course(results, snapshot),
        decisions=tuple(
            rd.DecisionLine(at=each.at, words=each.words) for each in decisions[-MOST_DECISIONS:]
        ),
        decisions_hidden=max(0, len(decisions) - MOST_DECISIONS),
        caveats=caveats(results, evidence, parts, setting, findings, task.split if task else None),
        reproduction=reproduction(config, results, {each.id: each for each in store.datasets()}),
    )


def _is_new(results: RunResults) -> bool:
    """Whether the best is another than the baseline."""
    best, baseline = results.best, results.baseline
    return best is not None and baseline is not None and best.candidate != baseline.candidate


def _scored(results: RunResults, evidence: Evidence) -> dict[rd.PartName, tuple[Scores, Scores]]:
    """Part → scores before and after; after is empty without a best besides the baseline."""
    if results.baseline is None:
        return {}
    before = results.baseline.candidate
    after = results.best.candidate if results.best and _is_new(results) else ""
    kept: dict[rd.PartName, Mapping[str, Mapping[str, float]]] = {
        "held-out": evidence.test, "validation": evidence.val,
    }  # fmt: skip
    return {part: (own.get(before, {}), own.get(after, {})) for part, own in kept.items()}


def _parts(
    results: RunResults, scored: Mapping[rd.PartName, tuple[Scores, Scores]], tested: int
) -> tuple[rd.PartScores, ...]:
    baseline, best = results.baseline, results.best if _is_new(results) else None
    means = {
        "held-out": (baseline.test if baseline else None, best.test if best else None),
        "validation": (baseline.val if baseline else None, best.val if best else None),
    }
    looked_at = {"held-out": tested, "validation": results.candidate_count - 1}
    return tuple(
        part_scores(part, means[part], scores, looked_at[part])
        for part, scores in scored.items()
        if any(mean is not None for mean in means[part])
    )


def _cases(
    run_id: str,
    results: RunResults,
    scored: Mapping[rd.PartName, tuple[Scores, Scores]],
    store: Store,
    task: Task | None,
) -> tuple[rd.Cases, rd.Cases]:
    """The examples that improved, and those that got worse."""
    if results.best is None or results.baseline is None:
        return rd.Cases(shown=(), hidden=0), rd.Cases(shown=(), hidden=0)
    known: dict[str, Example] = {each.id: each for each in (*task.val, *task.test)} if task else {}
    pair = results.baseline.candidate, results.best.candidate
    found = changed(scored)
    better = [each for each in found if each.after > each.before]
    worse = [each for each in found if each.after < each.before]
    return (
        cases(better, pair, run_id, store, known),
        cases(worse, pair, run_id, store, known),
    )


def _setting(config: RunConfig, results: RunResults, task: Task | None) -> rd.Setting:
    optimizer = FAMILY[config.optimizer]
    return rd.Setting(
        program=task.template.title if task else config.program,
        program_text=task.template.description if task else "",
        predictors=tuple(results.names.predictor(each.name) for each in results.predictors),
        dataset=config.dataset_name,
        dataset_id=config.dataset,
        inputs=tuple(config.mapping.inputs.values()),
        outputs=tuple(config.mapping.outputs.values()),
        sizes=results.sizes,
        metric=task.metric.title if task else config.metric,
        metric_text=task.metric.description if task else "",
        judges=tuple(dict.fromkeys(map(_model, config.judge_models))),
        task_model=_model(config.task_model),
        prompt_model=_model(config.prompt_model),
        simulated=_simulated(config),
        optimizer=optimizer.title,
        optimizer_text=f"Searches {optimizer.searches}.",
    )


def _model(model: LMConfig) -> str:
    return "Offline model (simulated, built in)" if model.is_offline else model.model


def _simulated(config: RunConfig) -> str | None:
    if config.task_model.is_offline:
        return (
            "No language model took part in the answers: a small text matcher that comes with the "
            "software played its role. The numbers show how a run works, not what a language model "
            "would do."
        )
    if config.prompt_model.is_offline:
        return (
            "The answers come from a language model, but the instructions were put together by a "
            "small program that comes with the software, not written by a language model."
        )
    if any(each.is_offline for each in config.judge_models):
        return (
            "The answers come from a language model, but the marks that score them were given by a "
            "small text matcher that comes with the software, not by a language model."
        )
    return None


def _search(results: RunResults) -> rd.Search:
    fulls = results.tables.fulls
    leaders: Sequence[str | None] = results.tables.full["leader"].tolist()
    places = set(thinned(range(len(fulls)), MOST_POINTS))
    places |= {place for place, row in enumerate(fulls) if row.is_best}
    means = {row.candidate: row.mean.value for row in fulls}
    return rd.Search(
        candidates=results.candidate_count,
        trials=sum(row.purpose != "test" for row in results.tables.rows),
        history=tuple(
            _point(fulls[place], means[leaders[place] or fulls[place].candidate], results)
            for place in sorted(places)
        ),
        baseline=results.baseline.val if results.baseline else None,
        full_count=len(fulls),
    )


def _point(row: FullEvaluation, led_by: float, results: RunResults) -> rd.HistoryPoint:
    return rd.HistoryPoint(
        trial=row.number,
        label=results.labels[row.candidate].split()[0],
        mean=row.mean,
        led_by=led_by,
        is_best=row.is_best,
    )


_SHARE_NAMES = {
    "interactions": "Parts working together",
    "particular to single candidates": "Not explained by any part",
}


def _credit(results: RunResults, belief: Belief | None, table: AblationTable | None) -> rd.Credit:
    shares = credit_shares(belief, results.names)
    return rd.Credit(
        shares=tuple(
            rd.CreditShare(name=_SHARE_NAMES.get(each.name, each.name), share=each.share)
            for each in shares
        ),
        effects=_effects(results, belief),
        put_back=tuple(
            rd.PutBack(
                name=row.name,
                points=100 * row.difference.value,
                low=100 * row.difference.low,
                high=100 * row.difference.high,
                n=row.difference.n,
            )
            for row in (table.rows if table else ())
            if row.difference is not None
        ),
    )


def _effects(results: RunResults, belief: Belief | None) -> tuple[rd.Effect, ...]:
    """Of what the best candidate changed."""
    if belief is None or results.best is None or results.baseline is None:
        return ()
    given = set(results.choices[results.baseline.candidate].refs)
    used = set(results.choices[results.best.candidate].refs) - given
    known = {(ref.predictor, ref.part, ref.id): ref for ref in used}
    mine = [each for each in belief.effects if _key(each) in known]
    return tuple(
        rd.Effect(
            name=results.names.choice(known[_key(each)]),
            points=100 * each.mean,
            low=100 * (each.mean - REACH * each.sd),
            high=100 * (each.mean + REACH * each.sd),
        )
        for each in sorted(mine, key=lambda each: -each.mean)[:MOST_EFFECTS]
    )


def _key(effect: LevelEffect) -> tuple[str, Part, str]:
    return effect.predictor, effect.part, effect.id


def _course(results: RunResults, snapshot: Snapshot | None) -> rd.Course:
    spent = money(results, snapshot)
    *models, (_, total) = spent.rows.items()
    lines = {**dict(models), "Together": total}
    return rd.Course(
        started=results.started,
        ended=results.ended,
        worked_seconds=results.worked_seconds,
        costs=tuple(_cost(name, model) for name, model in lines.items()),
        cap=spent.cap,
    )


def _cost(name: str, model: ModelMoney) -> rd.CostLine:
    return rd.CostLine(
        name=name,
        calls=model.calls,
        cached=model.cached,
        input_tokens=model.input_tokens,
        output_tokens=model.output_tokens,
        usd=model.cost_usd,
    )
