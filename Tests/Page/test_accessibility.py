"""axe, contrast and targets in every view, scheme and width; a picture of each is kept under .build/page."""

import pytest
from conftest import ask, picture
from playwright.sync_api import expect

VIEWS = ("chat", "text", "models", "host")
WIDTHS = {"desktop": {"width": 1280, "height": 800}, "tablet": {"width": 820, "height": 1100}, "phone": {"width": 390, "height": 844}}

CONTRAST = """(scheme) => {
    const luminance = ([r, g, b]) => [r, g, b].map((value) => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
        .reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
    const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const colour = (text) => {
        paint.clearRect(0, 0, 1, 1);
        paint.fillStyle = text;
        paint.fillRect(0, 0, 1, 1);
        return [...paint.getImageData(0, 0, 1, 1).data];
    };
    const ground = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const found = colour(getComputedStyle(at).backgroundColor);
            if (found[3] > 250) return found;
        }
        return [255, 255, 255];
    };
    const ratio = (one, other) => {
        const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
        return (light + 0.05) / (dark + 0.05);
    };
    const wrong = [];
    for (const field of document.querySelectorAll("input:not([type=range], [type=checkbox], .hidden), textarea, select, button:not(.quiet), .model-chip")) {
        if (!field.offsetParent || field.disabled) continue;
        const style = getComputedStyle(field);
        if (parseFloat(style.borderTopWidth) > 0 && colour(style.borderTopColor)[3] > 0) {
            const edge = ratio(colour(style.borderTopColor), ground(field.parentElement));
            if (edge < 3) wrong.push(`edge of ${field.id || field.textContent}: ${edge.toFixed(2)}`);
        }
        if (field.placeholder) {
            const text = ratio(colour(getComputedStyle(field, "::placeholder").color), ground(field));
            if (text < 4.5) wrong.push(`placeholder of ${field.id}: ${text.toFixed(2)}`);
        }
    }
    return wrong;
}"""

TARGETS = """() => [...document.querySelectorAll("button, a, input:not([type=checkbox], [type=range]), select, textarea, summary")]
    .filter((item) => item.offsetParent && !item.classList.contains("skip") && !item.closest(".body, dialog") && item.getBoundingClientRect().height < 43.5)
    .map((item) => `${item.tagName} ${item.id} ${item.textContent.slice(0, 20)}: ${item.getBoundingClientRect().height}`)"""


def axe(page):
    from axe_playwright_python.sync_playwright import Axe
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{rule['id']}: {[node['target'] for node in rule['nodes']][:4]}" for rule in found]


@pytest.mark.parametrize("scheme", ("light", "dark"))
@pytest.mark.parametrize("width", WIDTHS)
def test_every_view(host, profile, scheme, width):
    touch = {"has_touch": True, "is_mobile": True} if width == "phone" else {}
    page = profile(host.url, viewport=WIDTHS[width], color_scheme=scheme, bypass_csp=False, **touch).page()
    page.evaluate("localStorage.setItem('modelhost.heat', 'true')")
    page.reload()
    ask(page, "What is 3 + 4?")
    ask(page, "Once upon a time")
    problems = {}
    for view in VIEWS:
        page.goto(f"/#{view}")
        page.locator(f"#view-{view}").wait_for()
        page.wait_for_timeout(250)
        if view == "text":
            page.locator("#text-input").fill("Once upon a time there was a zebra who lived beside the river.")
            page.locator("#text-score").click()
            page.locator("#text-flow .t").last.wait_for()
        if view == "chat":
            expect(page.locator("li.model .facts").last).to_be_in_viewport()
        name = f"{view}-{scheme}-{width}"
        picture(page, name)
        found = axe(page) + page.evaluate(CONTRAST, scheme)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append("scrolls sideways")
        if width == "phone":
            found += page.evaluate(TARGETS)
        if found:
            problems[name] = found
    page.goto("/#chat")
    if width != "desktop":
        page.locator("#toggle-side").click()
        page.wait_for_timeout(300)
        picture(page, f"inspector-{scheme}-{width}")
        problems |= {"inspector": found} if (found := axe(page) + (page.evaluate(TARGETS) if width == "phone" else [])) else {}
        page.locator("#toggle-side").click()
    page.locator("li.model").last.locator(".t.s2, .t.s3").first.click()
    picture(page, f"alternatives-{scheme}-{width}")
    problems |= {"alternatives": found} if (found := axe(page)) else {}
    assert problems == {}


def test_narrow_and_wide_pages_never_scroll_sideways(host, profile):
    page = profile(host.url).page()
    for width in (320, 390, 600, 768, 1000, 1100, 1920, 2560):
        page.set_viewport_size({"width": width, "height": 700})
        for view in VIEWS:
            page.goto(f"/#{view}")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (width, view)


def test_on_a_phone_enter_breaks_the_line_and_nothing_focuses_by_itself(host, profile):
    page = profile(host.url, viewport=WIDTHS["phone"], has_touch=True, is_mobile=True).page()
    assert page.evaluate("document.activeElement === document.body")
    page.locator("#input").tap()
    page.keyboard.type("one")
    page.keyboard.press("Enter")
    expect(page.locator("#input")).to_have_value("one\n")
    expect(page.locator("#messages > li")).to_have_count(0)
    assert page.evaluate("parseFloat(getComputedStyle(document.querySelector('#input')).fontSize)") >= 16
    page.get_by_role("button", name="Chats").tap()
    expect(page.locator("#new-chat")).to_be_visible()


def test_forced_colours_and_reduced_motion(host, profile):
    page = profile(host.url, forced_colors="active", reduced_motion="reduce").page()
    ask(page, "Once upon a time")
    picture(page, "chat-forced-desktop")
    assert axe(page) == []
    assert page.evaluate("document.getAnimations().length") == 0


def test_french_by_the_browser_and_by_choice(host, profile):
    page = profile(host.url, locale="fr-FR").page()
    expect(page.locator("#send")).to_have_text("Envoyer")
    ask(page, "Once upon a time")
    picture(page, "chat-french-desktop")
    assert axe(page) == []
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    page.goto("/#host")
    page.locator("#language").select_option("en")
    expect(page.locator("#host-h")).to_have_text("Host")
    page.goto("/#chat")
    expect(page.locator("#send")).to_have_text("Send")


def test_the_theme_can_be_chosen(host, profile):
    page = profile(host.url, color_scheme="light").page("/#host")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator("#theme").select_option("dark")
    expect(page.locator("body")).not_to_have_css("background-color", before)
