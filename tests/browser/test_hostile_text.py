"""Data, prompts, answers and names that try to act are text on every page, in a real browser."""

import http.client
import re

import pytest
from playwright.sync_api import expect

from tests import hostile_run
from tests.browser.steps import settled

FILE = "![pixel](https:evil.example) <img src=x onerror=alert(1)> $x^2$ \u202egnp.csv"
ROWS = "\n".join(
    f'"{attack.replace(chr(34), chr(34) * 2)}",{"yes" if place % 2 else "<b>no</b>"}'
    for place, attack in enumerate([each.replace("\x00", "") for each in hostile_run.ATTACKS] * 6)
)
CSV = f'"<u>question</u> {hostile_run.ATTACKS[2]}",**answer** $x$\n{ROWS}\n'

LOOK = """() => {
  const found = [], evil = /evil\\.example|^javascript:/i;
  const own = new URL(document.baseURI).origin;
  const look = (root) => {
    for (const each of root.querySelectorAll('*')) {
      if (each.closest('noscript')) continue;
      if (each.shadowRoot) look(each.shadowRoot);
      const tag = each.localName, said = each.outerHTML.slice(0, 200);
      if (tag === 'script' && !each.src.startsWith(own) && !document.head.contains(each) &&
          each.parentElement !== document.body) found.push(said);
      if (['u', 'b', 'i'].includes(tag) && each.textContent.trim()) found.push(said);
      if (['iframe', 'object', 'embed'].includes(tag)) found.push(said);
      if (tag === 'img' && !/^(data|blob):/.test(each.src) && !each.src.startsWith(own))
        found.push(said);
      if (tag === 'a' && evil.test(each.getAttribute('href') || '')) found.push(said);
      if (each.classList.contains('katex')) found.push(said);
      for (const attribute of each.attributes)
        if (attribute.name.startsWith('on')) found.push(said);
    }
  };
  look(document);
  const texts = [document.title];
  const read = (root) => {
    // the browser itself names a person's own file there, which nobody else has seen
    const others = (node) =>
      node.dataset?.testid === 'stFileUploader' || node.localName === 'noscript';
    const shown = (node) => others(node) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT;
    const walk = document.createTreeWalker(root, NodeFilter.SHOW_ALL, shown);
    for (let node = walk.currentNode; node; node = walk.nextNode()) {
      if (node.nodeType === Node.TEXT_NODE) texts.push(node.data);
      if (node.shadowRoot) read(node.shadowRoot);
      if (node.value) texts.push(String(node.value));
      for (const name of ['title', 'aria-label', 'alt', 'placeholder'])
        if (node.getAttribute?.(name)) texts.push(node.getAttribute(name));
    }
  };
  read(document.body);
  const text = texts.join('\\n');
  return { found, title: document.title, text };
}"""
TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def attacked(store):
    """Id of a finished run whose every text is an attack."""
    return hostile_run.hostile_run(store)


@pytest.fixture
def page(new_page):
    """A page on which nothing may open a dialog."""
    made, dialogs = new_page(1440, 1400), []
    made.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    yield made
    assert not dialogs


def drawn(page):
    """Wait until the page is drawn."""
    title = page.get_by_test_id("stMain").get_by_test_id("stHeading")
    expect(title.first).to_be_visible()
    settled(page)


def harmless(page, where):
    """What the page says, after a look at whether any of it acts or disguises itself."""
    drawn(page)
    assert not page.get_by_test_id("stException").count(), where
    seen = page.evaluate(LOOK)
    assert not seen["found"], (where, seen["found"])
    assert "owned" not in seen["title"], where
    turned = [line for line in seen["text"].splitlines() if TURNS.search(line)]
    assert not turned, (where, turned[:3])
    return seen["text"]


def test_a_run_made_of_attacks_is_text_on_every_page_of_a_run(page, server, attacked):
    name = "⟨U+202E⟩gnp.exe"
    for path in ("runs", "monitor", "proposals", "compare", "playground", "export", ""):
        page.goto(f"{server}/{path}{f'?run={attacked}' if path else ''}")
        said = harmless(page, path)
        assert "document.title='owned'" in said, path
        if path in ("runs", "monitor", ""):
            assert name in said, path
    page.goto(f"{server}/monitor?run={attacked}")
    drawn(page)
    sections = page.get_by_test_id("stButtonGroup").last.get_by_role("radio")
    for place in range(sections.count()):
        label = sections.nth(place).inner_text()
        sections.nth(place).click()
        harmless(page, f"Monitor, {label}")


def test_a_file_made_of_attacks_is_text_on_the_way_to_a_run(page, server, tmp_path):
    path = tmp_path / FILE.replace("/", "")
    path.write_text(CSV, encoding="utf-8")
    page.goto(f"{server}/data")
    drawn(page)
    page.locator("input[type=file]").first.set_input_files(path)
    expect(page.get_by_text("60 rows").first).to_be_visible()
    assert "⟨U+202E⟩gnp.csv" in harmless(page, "data")
    links = page.get_by_test_id("stSidebarNavLink")
    names = [each.strip() for each in links.all_inner_texts()]
    for name in ("Program", "Build", "Models", "Configure"):
        place = next((at for at, each in enumerate(names) if each.endswith(name)), None)
        if place is not None:
            links.nth(place).click()
            harmless(page, name)
    assert not list(tmp_path.glob("*evil*/*"))


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("{own}", "http://{own}", 101),
        ("{own}", "http://evil.example", 403),
        ("evil.example", "http://evil.example", 403),
    ],
)
def test_no_web_page_from_elsewhere_can_speak_to_the_server(server, host, origin, status):
    own = server.removeprefix("http://")
    connection = http.client.HTTPConnection(own, timeout=10)
    connection.request(
        "GET",
        "/_stcore/stream",
        headers={
            "Host": host.format(own=own),
            "Origin": origin.format(own=own),
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        },
    )
    assert connection.getresponse().status == status
    connection.close()
