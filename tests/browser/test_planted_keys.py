"""Three keys, one of each source, in a run that meets all that could spread them.

The provider repeats each in an error and in answers, and the worker dies of an error that names all
three. Then everything that was written, and all that the browser was sent, is searched for them.
"""

import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect
from starlette.responses import JSONResponse

from core.command.export import export
from core.command.report import report
from core.data.dataset import FieldMapping
from core.data.readers import read
from core.export.formats import FORMATS
from core.lm.connection import LMConfig
from core.lm.failures import FailurePolicy, Rule
from core.runs.config import RunConfig
from core.runs.state import RunState
from core.search.budget import Budget
from core.storage.location import open_store
from core.worker import launcher
from tests.browser.conftest import dashboard
from tests.providers.faults import FAULTS, completion
from tests.providers.openai_server import digest, formatted, requested_fields, serving

KEYS = {
    "PLANTED_IN_ENVIRONMENT_KEY": "sk-environment-1a2b3c4d5e",
    "PLANTED_IN_SECRETS_KEY": "sk-secrets-file-6f7a8b9c0d",
    "PLANTED_BY_TYPING_KEY": "sk-typed-in-browser-e1f2a3",
}
ENVIRONMENT, SECRETS, TYPED = KEYS

PROGRAM = f"""
import dataclasses
import os
from pathlib import Path

import dspy
from core.programs.template import ProgramTemplate
from tests.providers.two_stages import TEMPLATE, TwoStages

CRASHED = Path(__file__).with_name("crashed")


class Crash(BaseException):
    pass


class Crashing(TwoStages):
    def forward(self, question):
        found = super().forward(question)
        if not CRASHED.exists():
            CRASHED.touch()
            raise Crash(" ".join(os.environ[name] for name in {list(KEYS)!r}))
        return found


PROGRAM = dataclasses.replace(TEMPLATE, build=lambda setup: Crashing())
"""


def respond(messages):
    """Repeatable answers of the right types to all that a run asks."""
    mark = int(digest(messages), 16)
    answers = {"answer": ("no", "yes", "yes")[mark % 3], "doubts": str(mark % 5)}
    return formatted({name: answers.get(name, f"{mark}") for name in requested_fields(messages)})


async def echo_in_error(request, body, text):
    said = f"Incorrect API key provided: {request.headers['authorization']}"
    return JSONResponse({"error": {"message": said, "code": "invalid_api_key"}}, status_code=401)


async def echo_in_answer(request, body, text):
    """The first field ends with what was sent."""
    said = f" (asked with {request.headers['authorization']})\n\n[[ ##"
    return JSONResponse(completion(body, text.replace("\n\n[[ ##", said, 1)))


def script():
    """The first call with each key is refused; later ones repeat it wherever free text is asked."""
    met = set()

    def fault(asked):
        if asked.key not in met:
            met.add(asked.key)
            return "echo in error"
        return None if "answer" in requested_fields(asked.messages) else "echo in answer"

    return fault


def config(store, base):
    rows = "\n".join(f"Is item {i} fine?,{'yes' if i % 3 else 'no'}" for i in range(14))
    dataset = read("items.csv", f"question,answer\n{rows}\n".encode())
    task, prompt, teacher = (
        LMConfig(model=name.lower(), api_base=base, api_key_env=name, retries=0) for name in KEYS
    )
    return RunConfig(
        name="Planted",
        program="planted_program:PROGRAM",
        dataset=store.put_dataset(dataset),
        dataset_name=dataset.name,
        mapping=FieldMapping(inputs={"question": "question"}, outputs={"answer": "answer"}),
        metric="exact_match",
        budget=Budget(name="exact", instructions=2, demo_sets=2, trials=2, minibatch=3),
        task_model=task,
        prompt_model=prompt,
        teacher_model=teacher,
        concurrency=2,
        on_failure=FailurePolicy(account=Rule(attempts=5)),
    )


@dataclass(frozen=True, kw_only=True)
class Planted:
    """What a run with planted keys has left."""

    folder: Path
    store: object
    run: str
    received: list[bytes]
    sent: list[bytes]
    pages: list[str]
    """What the browser showed, and what it keeps."""
    used: set[str]
    """The keys that reached the provider."""


def until(condition, what):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, what()
        time.sleep(0.1)


@pytest.fixture(scope="module")
def planted(browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("planted")
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "secrets.toml").write_text(f'[keys]\n{SECRETS} = "{KEYS[SECRETS]}"\n')
    (folder / "planted_program.py").write_text(PROGRAM)
    studio = {
        "STUDIO_DB": f"sqlite:///{folder / 'studio.db'}",
        "STUDIO_HOME": str(folder),
        "HOME": str(folder),
        "PYTHONPATH": str(folder),
        ENVIRONMENT: KEYS[ENVIRONMENT],
    }
    context = browser.new_context()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("STUDIO_DB", "STUDIO_HOME", "PYTHONPATH"):
            patch.setenv(name, studio[name])
        patch.syspath_prepend(folder)  # exports build the program, too
        patch.setitem(FAULTS, "echo in error", echo_in_error)
        patch.setitem(FAULTS, "echo in answer", echo_in_answer)
        with serving(respond, script=script()) as (base, provider), dashboard(studio) as url:
            yield _run(context, url, base, provider, folder)
    context.close()


def _run(context, url, base, provider, folder):
    store = open_store()
    run_id = store.create(config(store, base))
    page, received, sent = context.new_page(), [], []
    page.on("websocket", lambda socket: socket.on("framereceived", _into(received)))
    page.on("websocket", lambda socket: socket.on("framesent", _into(sent)))
    page.goto(f"{url}/monitor?run={run_id}")
    page.locator("input[type=password]").fill(KEYS[TYPED])
    page.get_by_role("button", name="Use this key").click()
    log = launcher.cache_folder(run_id) / "worker.log"
    until(lambda: log.exists() and "Crash: " in log.read_text(), lambda: log.read_text())
    launcher.start(run_id, keys=KEYS)
    status = lambda: RunState().fold(store.since(run_id, 0)).status  # noqa: E731
    until(lambda: status() == "finished", lambda: (status(), log.read_text()))
    page.get_by_role("radio", name="Failures").click()
    expect(page.get_by_text("Last messages")).to_be_visible(timeout=30_000)
    sought = b"Incorrect API key provided"  # in a table, which is a picture
    until(lambda: any(sought in each for each in received), lambda: "the messages were not sent")
    pages = [page.content(), page.url]
    pages.append(str(page.evaluate("[{...localStorage}, {...sessionStorage}]")))
    return Planted(
        folder=folder,
        store=store,
        run=run_id,
        received=received,
        sent=sent,
        pages=pages,
        used={key.removeprefix("Bearer ") for key in provider.seen.keys},
    )


def _into(frames):
    return lambda frame: frames.append(frame.encode() if isinstance(frame, str) else frame)


def holders(folder, key):
    """The files below the folder in which the key is."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if key.encode() in path.read_bytes()]


def test_keys_from_everywhere_are_used_and_taken_out_of_what_comes_back(planted):
    assert planted.used == set(KEYS.values())
    said = "\n".join(str(record) for record in planted.store.since(planted.run, 0))
    assert said.count("Incorrect API key provided: Bearer (the key)") >= len(KEYS)
    assert "(asked with Bearer (the key))" in said
    log = (launcher.cache_folder(planted.run) / "worker.log").read_text()
    assert "Traceback" in log
    assert "Crash: (the key) (the key) (the key)" in log


def test_no_key_is_in_any_file_export_or_report(planted):
    out = planted.folder / "out"
    for form in FORMATS:
        (out / form).mkdir(parents=True)
        export(planted.run, planted.store, form, str(out / form / "file"))
    for name in ("report.html", "report.md"):
        report(planted.run, planted.store, out / name)
    found = {name: holders(planted.folder, key) for name, key in KEYS.items()}
    assert found == {ENVIRONMENT: [], SECRETS: ["secrets.toml"], TYPED: []}


def test_no_key_is_sent_to_the_browser_or_kept_there(planted):
    for key in KEYS.values():
        assert not any(key.encode() in frame for frame in planted.received)
        assert not any(key in text for text in planted.pages)
    typed = [frame for frame in planted.sent if KEYS[TYPED].encode() in frame]
    assert typed, "frames are not what they were: the typed key is in none"
    for name in (ENVIRONMENT, SECRETS):
        assert not any(KEYS[name].encode() in frame for frame in planted.sent)
