"""One real call, and what its failures are called."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import dspy
import pytest

from core.lm.checking import check_connection
from core.lm.connection import LMConfig
from core.lm.providers import LocalServer, local_servers

KEY = "sk-planted-0123456789"

ANSWERS = {
    "bad": (401, {"error": {"message": "Incorrect API key: {auth}", "code": "invalid_api_key"}}),
    "quota": (429, {"error": {"message": "No more", "code": "insufficient_quota"}}),
    "many": (429, {"error": {"message": "Rate limit reached"}}),
    "model": (404, {"error": {"message": "The model `m` does not exist."}}),
    "ollama": (404, {"error": {"message": 'model "m" not found, try pulling it first'}}),
    "path": (404, {"detail": "Not Found"}),
    "page": (200, "<html>Please sign in</html>"),
    "broken": (500, {"error": {"message": "boom"}}),
    "setting": (400, {"error": {"message": "Unsupported value: 'temperature'"}}),
    "plain": (200, "Paris."),
    "ok": (200, "[[ ## answer ## ]]\nParis\n\n[[ ## completed ## ]]"),
}


class Odd(BaseHTTPRequestHandler):
    """Answers by the first part of the path, and lists two models."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        name = self.path.split("/")[1]
        status, content = ANSWERS.get(name, ANSWERS["ok"])
        if name != "page" and isinstance(content, str):
            message = {"role": "assistant", "content": content}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            used = {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500}
            content = {"id": "x", "object": "chat.completion", "created": 1, "usage": used}
            content |= {"model": body["model"], "choices": [choice]}
        text = content if isinstance(content, str) else json.dumps(content)
        self.server.asked.append(self.path)
        self._send(status, text.replace("{auth}", self.headers.get("authorization", "")))

    def do_GET(self):
        if self.path == "/v1/models":
            self._send(200, json.dumps({"data": [{"id": "b"}, {"id": "a"}]}))
        else:
            self._send(302, "", location="http://169.254.169.254/")

    def _send(self, status, text, **headers):
        self.send_response(status)
        for name, value in {"content-length": str(len(text.encode())), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def odd():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Odd)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=True)
    monkeypatch.setenv("STUDIO_TEST_KEY", KEY)


def checked(server, way, **settings):
    base = f"http://127.0.0.1:{server.server_port}/{way}"
    base = base if settings.get("protocol") else f"{base}/v1"
    given = {"model": "m", "api_base": base, "api_key_env": "STUDIO_TEST_KEY", "timeout": 5}
    return check_connection(LMConfig.model_validate(given | settings))


@pytest.mark.parametrize(
    ("way", "title"),
    [
        ("bad", "The key was refused."),
        ("quota", "The account has no credit or quota left."),
        ("many", "The provider answers too many requests at the moment."),
        ("model", "This model is unknown there."),
        ("ollama", "This model is unknown there."),
        ("path", "The server knows no such path, or no such model."),
        ("page", "The address answers, but not as a model server does."),
        ("broken", "The server had an error of its own."),
        ("setting", "The model does not take these settings."),
    ],
)
def test_each_failure_is_named_in_words_that_can_be_acted_on(odd, way, title):
    before = len(odd.asked)
    found = checked(odd, way, retries=4)
    assert (found.works, found.advice.title) == (False, title)
    assert found.advice.todo
    assert len(odd.asked) == before + 1  # one call, whatever the retries
    assert KEY not in repr(found)
    assert way != "bad" or "Incorrect API key: Bearer (the key)" in found.said


@pytest.mark.parametrize(
    ("base", "title"),
    [
        ("http://127.0.0.1:9/v1", "Nothing answers there."),
        ("http://no-such-host.invalid/v1", "There is no such host."),
        ("https://127.0.0.1:{port}/v1", "The secure connection failed."),
    ],
)
def test_an_address_that_cannot_be_reached_says_why(odd, base, title):
    found = checked(odd, "ok", api_base=base.format(port=odd.server_port))
    assert (found.works, found.advice.title) == (False, title)


def test_a_model_that_answers_shows_tokens_and_price(odd):
    found = checked(odd, "ok", input_price=2.0, output_price=4.0)
    assert (found.works, found.answer, found.advice) == (True, "Paris", None)
    assert (found.usage.input_tokens, found.usage.output_tokens) == (1000, 500)
    assert found.usage.cost_usd == pytest.approx(0.004)
    again = checked(odd, "ok")
    assert (again.usage.calls, again.usage.cached) == (1, 0)  # past the cache


def test_an_answer_in_another_format_is_a_connection_with_a_warning(odd):
    found = checked(odd, "plain")
    assert (found.works, found.answer) == (True, "Paris.")
    assert "not in the format" in found.advice.title


@pytest.mark.filterwarnings("ignore")  # of LiteLLM's own models, which this way goes through
def test_azure_is_asked_in_its_own_way(odd):
    found = checked(odd, "azure", protocol="azure", api_version="2024-10-21")
    assert found.works
    assert odd.asked[-1] == "/azure/openai/deployments/m/chat/completions?api-version=2024-10-21"


def test_a_key_that_is_not_there_is_no_call(monkeypatch):
    monkeypatch.delenv("STUDIO_TEST_KEY")
    found = check_connection(LMConfig(model="openai/x", api_key_env="STUDIO_TEST_KEY"))
    assert (found.works, found.usage.calls) == (False, 0)
    assert found.advice.title == "The key is not there."


def test_servers_of_this_machine_are_found_with_their_models(odd):
    places = (LocalServer("Here", odd.server_port), LocalServer("Nobody", 9))
    (found,) = local_servers(places)
    assert (found.server.title, found.models) == ("Here", ("a", "b"))


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "[fe80::1]", "metadata.google.internal", "100.100.100.200"]
)
def test_the_credentials_of_the_machine_itself_are_no_models_address(host):
    with pytest.raises(ValueError, match="cloud settings"):
        LMConfig(model="m", api_base=f"http://{host}/v1")
