"""Everything by keyboard."""

from conftest import ask
from playwright.sync_api import expect


def test_a_conversation_without_a_mouse(page):
    page.keyboard.press("/")
    expect(page.locator("#input")).to_be_focused()
    page.keyboard.type("Once upon a time")
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    page.locator("li.model .facts").wait_for()
    page.locator("#input").blur()
    page.keyboard.press("t")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator("li.model .body .t").nth(2)).to_be_focused()
    expect(page.locator(".t[tabindex]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#alternatives")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#alternatives")).to_be_hidden()
    page.keyboard.press("Enter")
    page.keyboard.press("2")
    expect(page.locator("li.model .versions")).to_contain_text("2/2")
    page.locator("li.model .facts").wait_for()
    page.keyboard.press("[")
    expect(page.locator("li.model .versions")).to_contain_text("1/2")
    page.keyboard.press("]")
    expect(page.locator("li.model .versions")).to_contain_text("2/2")
    page.keyboard.press("Control+Enter")
    expect(page.locator("li.model .versions")).to_contain_text("3/3")


def test_views_lists_and_the_list_of_keys(page):
    ask(page, "What is 1 + 2?")
    page.locator("#input").blur()
    page.keyboard.press("?")
    expect(page.locator("#keys-dialog")).to_be_visible()
    expect(page.locator("#keys")).to_contain_text("Another answer to the last question")
    page.keyboard.press("Escape")
    for number, view in enumerate(("chat", "text", "models", "host"), 1):
        page.keyboard.press(f"Alt+{number}")
        expect(page.locator(f"#view-{view}")).to_be_visible()
    # A new chat from another view shows its field at once, so that the field takes the focus.
    page.keyboard.press("Alt+n")
    expect(page.locator("#messages > li")).to_have_count(0)
    expect(page.locator("#input")).to_be_focused()
    ask(page, "What is 3 + 4?")
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator("li.user .body")).to_have_text("What is 1 + 2?")
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("li.user .body")).to_have_text("What is 3 + 4?")
    page.locator("#input").blur()
    page.keyboard.press("h")
    expect(page.locator("html.heat")).to_have_count(1)
    page.keyboard.press("i")
    expect(page.locator("#side")).to_be_hidden()


def test_what_one_wished_for_last_is_what_opens(page):
    ask(page, "What is 1 + 2?")
    page.evaluate("""async () => {
        const chat = await import("/page/lib/chat.js"), store = await import("/page/lib/store.js");
        const opened = chat.open(store.chats("chat")[0].id);
        chat.begin({});
        await opened;
    }""")
    expect(page.locator("#messages > li")).to_have_count(0)


def test_focus_never_falls_to_the_body(page):
    ask(page, "Once upon a time")
    for name in ("Again", "More"):
        page.locator("li.model").get_by_role("button", name=name).focus()
        page.keyboard.press("Enter")
        page.wait_for_timeout(300)
        assert page.evaluate("document.activeElement !== document.body"), name
        page.keyboard.press("Escape")
    page.locator("li.model .facts").wait_for()
    page.locator("li.model").get_by_role("button", name="Edit").click()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement !== document.body")
