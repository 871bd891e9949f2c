"""A made-up run whose data, prompts, names and people try to act rather than be read."""

import json
from typing import Any

import pandas as pd

from core.data.dataset import Dataset, FieldMapping
from core.runs import decisions as de
from core.runs.config import RunConfig
from core.runs.preparation import prepare
from core.search.budget import Budget
from core.storage.memory import MemoryStore
from tests import run_log
from tests.run_log import Plan

ATTACKS = (
    "<script>document.title='owned'</script>",
    '"><img src=x onerror=alert(1)><svg onload=alert(1)>',
    "![pixel](https://evil.example/p.png) [link](javascript:alert(1)) <https://evil.example>",
    "https://evil.example www.evil.example me@evil.example @somebody #1",
    "``` \n# A heading\n| a | b |\n|---|---|\n~~~~\n- list\n<b>bold</b>\n`````",
    "$\\frac{1}{2}$ \\(x^2\\) $$y$$ \\input{secret}",
    "\u202egnp.exe\u202c \u2067isolated\u2066 \x1b[31mred\x07 \x00null \u2028line",
    "{{ 7 * 7 }} {% raw %} {# comment #} ${7*7} &lt;b&gt; &#60;script&#62;",
    "</pre></style></title></textarea><!-- ]]> --> <style>*{display:none}</style>",
    "1. first\n+ plus\n= equals\n---\n***\n\ttab",
)
NAME = f"Run {ATTACKS[0]} {ATTACKS[2]} {ATTACKS[6]}"
LABEL = "yes`<i>|no"


def dataset(rows: int = 60) -> Dataset:
    """Questions that are attacks, with attacks as answers."""
    texts = [f"{ATTACKS[row % len(ATTACKS)]} {row}" for row in range(rows)]
    answers = [LABEL if row % 2 else ATTACKS[row % 3] for row in range(rows)]
    columns = {"<u>question</u>`": texts, "answer|*x*": answers}
    return Dataset(name=f"set {ATTACKS[2]}.csv", origin="made up", frame=pd.DataFrame(columns))


def config(store: MemoryStore, **changes: Any) -> RunConfig:
    """The settings of a classification run on the attacks."""
    data = dataset()
    settings: dict[str, Any] = {
        "name": NAME,
        "program": "classification",
        "dataset": store.put_dataset(data),
        "dataset_name": data.name,
        "mapping": FieldMapping(
            inputs={"question": "<u>question</u>`"}, outputs={"answer": "answer|*x*"}
        ),
        "metric": "exact_match",
        "budget": Budget(
            name="exact", instructions=3, demo_sets=3, trials=8, minibatch=8, full_every=2
        ),
    }
    return RunConfig(**{**settings, **changes})


def hostile_run(store: MemoryStore) -> str:
    """Id of a finished run in the store, with decisions and failures."""
    settings = config(store)
    run_id = store.create(settings)
    plan: Plan = run_log.plan_of(prepare(settings, store), settings, failing=0.3)
    logged = run_log.log(plan)
    attacked = [(event, _attacked(traces)) for event, traces in logged]
    # the last event ends the run: what people say comes before it
    said = [(de.NoteAdded(by=ATTACKS[1], text=text), {}) for text in ATTACKS]
    run_log.append(store, run_id, [*attacked[:-1], *said, attacked[-1]])
    store.put_snapshot(run_id, run_log.snapshot(run_log.replay(store, run_id)))
    return run_id


def _attacked(traces: dict[str, str]) -> dict[str, str]:
    """The traces with attacks as answers."""
    changed = {}
    for place, (key, text) in enumerate(traces.items()):
        known = json.loads(text)
        if "outputs" in known:
            attack = ATTACKS[(len(key) + place) % len(ATTACKS)]
            known["outputs"] = {"answer": f"{known['outputs'].get('answer')} {attack}"}
        changed[key] = json.dumps(known)
    return changed
