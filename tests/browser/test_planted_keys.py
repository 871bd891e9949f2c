"""Three keys, one of each source, in a run that meets all that could spread them.

The provider repeats each in an error and in answers, and the worker dies of an error that names all
three. Then everything that was written, and all that the browser was sent, is searched for them.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.responses import JSONResponse

from core.lm.connection import LMConfig
from core.lm.failures import FailurePolicy, Rule
from core.storage.location import open_store
from core.worker import launcher
from tests.browser.conftest import dashboard
from tests.browser.steps import press, told, wait_for
from tests.planted_keys import echo_in_error, files_with, take_home
from tests.providers.faults import FAULTS, completion
from tests.providers.openai_server import requested_fields, serving
from tests.run_log import replay
from tests.served_run import respond_with_types, served_config
from tests.studio_home import move_in
from tests.waiting import wait_until

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
    task, prompt, teacher = (
        LMConfig(model=name.lower(), api_base=base, api_key_env=name, retries=0) for name in KEYS
    )
    return served_config(
        store,
        task,
        program="planted_program:PROGRAM",
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


@pytest.fixture(scope="module")
def planted(browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("planted")
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "secrets.toml").write_text(f'[keys]\n{SECRETS} = "{KEYS[SECRETS]}"\n')
    (folder / "planted_program.py").write_text(PROGRAM)
    found = {"HOME": str(folder), "PYTHONPATH": str(folder), ENVIRONMENT: KEYS[ENVIRONMENT]}
    context = browser.new_context()
    with pytest.MonkeyPatch.context() as patch:
        move_in(folder, patch)
        patch.setenv("PYTHONPATH", str(folder))
        patch.syspath_prepend(folder)  # exports build the program, too
        patch.setitem(FAULTS, "echo in error", echo_in_error)
        patch.setitem(FAULTS, "echo in answer", echo_in_answer)
        with (
            serving(respond_with_types, script=script()) as (base, provider),
            dashboard(folder, **found) as url,
        ):
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
    press(page, "Use this key")
    log = launcher.cache_folder(run_id) / "worker.log"
    wait_until(lambda: log.exists() and "Crash: " in log.read_text(), log.read_text)
    launcher.start(run_id, keys=KEYS)
    wait_until(lambda: replay(store, run_id).status == "finished", log.read_text)
    page.get_by_role("radio", name="Failures").click()
    told(page, "Last messages")
    sought = b"Incorrect API key provided"  # in a table, which is a picture
    wait_for(page, lambda: any(sought in each for each in received))
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


def test_keys_from_everywhere_are_used_and_taken_out_of_what_comes_back(planted):
    assert planted.used == set(KEYS.values())
    said = "\n".join(str(record) for record in planted.store.since(planted.run, 0))
    assert said.count("Incorrect API key provided: Bearer (the key)") >= len(KEYS)
    assert "(asked with Bearer (the key))" in said
    log = (launcher.cache_folder(planted.run) / "worker.log").read_text()
    assert "Traceback" in log
    assert "Crash: (the key) (the key) (the key)" in log


def test_no_key_is_in_any_file_export_or_report(planted):
    take_home(planted.run, planted.store, planted.folder / "out")
    found = {name: files_with(key, planted.folder) for name, key in KEYS.items()}
    assert found == {ENVIRONMENT: [], SECRETS: ["secrets.toml"], TYPED: []}


def test_no_key_is_sent_to_the_browser_or_kept_there(planted):
    for key in KEYS.values():
        assert not any(key.encode() in frame for frame in planted.received)
        assert not any(key in text for text in planted.pages)
    typed = [frame for frame in planted.sent if KEYS[TYPED].encode() in frame]
    assert typed, "frames are not what they were: the typed key is in none"
    for name in (ENVIRONMENT, SECRETS):
        assert not any(KEYS[name].encode() in frame for frame in planted.sent)
