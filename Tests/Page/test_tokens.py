"""What else a token could have been, the way on from there, and the distribution of the next one."""

import re

from conftest import ask
from playwright.sync_api import expect


def test_any_token_shows_its_alternatives_and_a_number_goes_on_from_one(page):
    first = ask(page, "Once upon a time")
    tokens = page.locator("li.model .body .t")
    assert "".join(tokens.all_text_contents()).replace("\n", "") == first.replace("\n", "")
    tokens.nth(8).click()
    rows = page.locator("#alternatives .bar-row")
    expect(rows.nth(7)).to_be_visible()
    expect(page.locator("#alternatives .chosen")).to_have_count(1)
    shares = page.evaluate("""async () => {
        const { current } = await import("/page/lib/chat.js"), { Tokens } = await import("/page/lib/tokens.js");
        const kept = [...current.tree.messages.values()].at(-1).tokens;
        return new Tokens(kept).alternatives(8).map(({ logprob }) => Math.exp(logprob));
    }""")
    assert shares == sorted(shares, reverse=True) and sum(shares) <= 1.001
    other = [row for row in range(rows.count()) if "chosen" not in rows.nth(row).get_attribute("class")][0]
    word = rows.nth(other).locator("b").inner_text()
    page.keyboard.press(str(other + 1))
    expect(page.locator("li.model .versions")).to_contain_text("2/2")
    page.locator("li.model .facts").wait_for()
    forced = page.locator("li.model .t.forced")
    expect(forced).to_have_text(word.replace("␣", " "))
    before = page.locator("li.model .body .t").all_text_contents()[:8]
    page.get_by_role("button", name="Previous version").click()
    expect(page.locator("li.model .versions")).to_contain_text("1/2")
    assert page.locator("li.model .body .t").all_text_contents()[:8] == before


def test_a_branch_reads_at_most_63_tokens_again(host, page):
    page.locator("#knob-temperature").fill("0.9")
    for _seed in range(5):
        page.locator("#new-chat").click()
        ask(page, "Once upon a time")
        if page.locator("li.model .body .t").count() > 140:
            break
    page.locator("li.model .body .t").nth(130).click()
    page.keyboard.press("2")
    expect(page.locator("li.model .versions")).to_contain_text("2/2")
    page.locator("li.model .facts").wait_for()
    usage = page.evaluate("""async () => {
        const { current } = await import("/page/lib/chat.js");
        return [...current.tree.messages.values()].at(-1).usage;
    }""")
    assert usage["cached"] >= usage["prompt"] - 64


def test_the_bars_of_the_next_token_are_the_api_s_numbers(host, page):
    page.locator("#input").fill("Once upon a")
    rows = page.locator("#next .bar-row")
    expect(rows.first.locator("b")).to_have_text("␣time")
    prompt = host.post("/v1/internal/chat-prompt", {"messages": [{"role": "user", "content": "Once upon a"}]})[1]["prompt"]
    prompt = prompt[: prompt.rindex("Once upon a") + len("Once upon a")]
    said = host.post("/v1/internal/logits", {"prompt": prompt, "top_logits": 10, "detailed": True})[1]["tokens"]
    expect(rows).to_have_count(10)
    shown = page.evaluate("[...document.querySelectorAll('#next .bar-row .raw')].map((bar) => Number(bar.style.getPropertyValue('--p')))")
    for bar, entry in zip(shown, said):
        assert abs(bar - entry["probability"]) < 1e-3
    page.locator("#knob-temperature").fill("0.1")
    page.locator("#knob-top_p").fill("0.2")
    expect(page.locator("#next .bar-row.gone").first).to_be_visible()
    expect(page.locator("#next-kept")).to_contain_text("mass kept")


def test_surprise_is_tinted_where_one_wants_it(page):
    ask(page, "Once upon a time")
    token = page.locator(".t.s2, .t.s3, .t.s1").first
    expect(token).to_have_css("background-color", "rgba(0, 0, 0, 0)")
    page.locator("#heat").check()
    expect(token).not_to_have_css("background-color", "rgba(0, 0, 0, 0)")


def test_a_pasted_text_is_scored_and_its_tokens_branch(host, profile):
    page = profile(host.url).page("/#text")
    page.locator("#text-input").fill("Once upon a time there was a zebra")
    page.locator("#text-score").click()
    expect(page.locator("#text-facts")).to_contain_text("bits a token")
    tokens = page.locator("#text-flow .t")
    expect(page.locator("#text-flow")).to_have_text("Once upon a time there was a zebra")
    page.locator("#knob-max_tokens").fill("6")
    tokens.nth(3).click()
    expect(page.locator("#alternatives .bar-row").first).to_be_visible()
    page.keyboard.press("2")
    expect(page.locator("#text-flow .t.forced")).to_have_count(1)
    expect(page.locator("#text-go")).to_have_text("Go on")
    expect(page.locator("#text-flow")).to_have_text(re.compile("^Once upon a"))


def test_the_state_shows_how_far_each_layer_moved(page):
    ask(page, "What is 1 + 2?")
    expect(page.locator("#state-strip i")).to_have_count(6)
    ask(page, "What is 3 + 4?")
    expect(page.locator("#state-text")).to_contain_text("last question and answer")
    expect(page.locator("#state-strip")).to_have_attribute("aria-label", re.compile("moved most"))


def test_the_state_of_a_text_is_shown_saved_and_forked(host, profile):
    page = profile(host.url).page("/#text")
    expect(page.locator("#state-text")).to_contain_text("Write something")
    expect(page.locator("#state-save")).to_be_disabled()
    page.locator("#text-input").fill("Once upon a time")
    expect(page.locator("#state-text")).to_contain_text("The size of each layer's state")
    expect(page.locator("#state-strip i")).to_have_count(6)
    page.locator("#knob-max_tokens").fill("6")
    page.locator("#text-go").click()
    expect(page.locator("#state-text")).to_contain_text("last step of the text")
    page.locator("#state-save").click()
    page.get_by_label("Name of the state").fill("once")
    page.locator("#state-list").get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("Saved: once")
    written = page.locator("#text-flow").text_content()
    page.locator("#state-fork").click()
    expect(page.locator("#chat-list li")).to_have_count(2)
    expect(page.locator("#text-flow")).to_have_text(written)
