"""A key typed in a real browser: it is used, never sent back, and gone after a reload.

What was set up besides is still there then, and the fields can be used with the keyboard alone.
"""

from playwright.sync_api import expect

from tests.browser.steps import choose, press
from tests.providers.openai_server import respond_by_hash, serving

KEY = "sk-typed-in-chromium-0123456789"


def test_a_typed_key_never_comes_back_over_the_wire(new_page, server):
    page, received = new_page(), []
    page.on(
        "websocket",
        lambda socket: socket.on(
            "framereceived",
            lambda frame: received.append(frame.encode() if isinstance(frame, str) else frame),
        ),
    )
    with serving(respond_by_hash) as (base, provider):
        page.goto(f"{server}/models")
        choose(page, "Provider", "Any OpenAI-compatible address")
        page.get_by_label("Address", exact=True).fill(base)
        page.get_by_label("Address", exact=True).press("Enter")
        page.get_by_role("textbox", name="Model", exact=True).fill("test-model")
        page.keyboard.press("Enter")
        page.get_by_text("The server wants a key").click()
        field, typed = page.locator("input[type=password]"), page.get_by_text("typed, for this")
        for leave in (lambda: page.keyboard.press("Enter"), lambda: _tab_past_the_eye(page)):
            field.fill(KEY)
            leave()
            expect(typed).to_be_visible()
            expect(field).to_have_count(1)  # the one with the key goes when the page is done
            expect(field).to_have_value("")
            press(page, "Forget it")
            expect(typed).to_have_count(0)
            expect(page.get_by_test_id("stApp")).to_have_attribute(
                "data-test-script-state", "notRunning"
            )
        field.fill(KEY)
        page.get_by_role("button", name="Test connection").click(delay=80)
        expect(page.get_by_text("It answers.")).to_be_visible()
        press(page, "Save")
        expect(page.get_by_role("button", name="Remove")).to_be_visible()
    assert provider.seen.keys == [f"Bearer {KEY}"]
    assert received
    assert not any(KEY.encode() in frame for frame in received)
    assert KEY not in page.content()
    assert KEY not in page.url
    assert KEY not in str(page.evaluate("[{...localStorage}, {...sessionStorage}]"))
    page.reload()
    expect(page.get_by_text("after a reload of this page it is gone")).to_be_visible()
    expect(page.get_by_text("typed in this session")).to_have_count(0)
    expect(page.get_by_role("button", name="Remove")).to_be_visible()
    expect(page.get_by_text("test-model · 127.0.0.1", exact=False).first).to_be_visible()
    stranger = new_page()
    stranger.goto(f"{server}/models")
    expect(stranger.get_by_text("after a reload of this page it is gone")).to_be_visible()
    expect(stranger.get_by_role("button", name="Remove")).to_have_count(0)


def _tab_past_the_eye(page):
    """From the field to the button that shows what is in it, and on."""
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Show password")).to_be_focused()
    page.keyboard.press("Tab")
