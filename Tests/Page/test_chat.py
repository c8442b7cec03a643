"""The conversation: errors where one looks, progress and speeds that are true, focus that stays, text that stays text."""

import json
import time

from conftest import ask, slow_down
from playwright.sync_api import expect

LONG = "\n".join(f"In line {line} there is a small house beside a river." for line in range(2500))


def in_view(page, locator):
    box, size = locator.bounding_box(), page.viewport_size
    return box["y"] >= 0 and box["y"] + box["height"] <= size["height"]


def fill_chat(page, count, text="A short question", title="Long"):
    """Stores a conversation as the page does."""
    page.evaluate("""([count, text, title]) => new Promise((resolve) => {
        indexedDB.open("modelhost").onsuccess = (event) => {
            const write = event.target.result.transaction(["chats", "messages"], "readwrite"), now = Date.now() + 1000;
            for (let at = 0; at < count; at += 1) write.objectStore("messages").put({ id: `m${at}`, chat: "long", parent: at ? `m${at - 1}` : null, role: at % 2 ? "assistant" : "user", text: `${at}: ${text}`, created: now + at, state: "done" });
            write.objectStore("chats").put({ id: "long", kind: "chat", title, created: now, updated: now, cursor: `m${count - 1}` });
            write.oncomplete = resolve;
        };
    })""", [count, text, title])
    page.goto("/#chat/long")
    page.reload()


def test_p5_an_error_stands_beside_its_control(page):
    fill_chat(page, 60)
    page.locator("#knob-max_tokens").fill("5")
    page.evaluate("localStorage.setItem('modelhost.sampling.regex', JSON.stringify('(['))")
    page.reload()
    page.locator("#input").fill("Hello")
    page.locator("#send").click()
    failure = page.locator("#composer .failure")
    expect(failure).to_be_visible()
    assert in_view(page, failure)
    expect(failure.get_by_role("button", name="Try again")).to_be_visible()


def drop(page, name, text, kind="text/plain"):
    """Lets a file fall onto the message field."""
    data = page.evaluate_handle("""([name, text, type]) => {
        const data = new DataTransfer();
        data.items.add(new File([text], name, { type }));
        return data;
    }""", [name, text, kind])
    page.locator("#composer").dispatch_event("drop", {"dataTransfer": data})


def test_p7_reading_a_long_prompt_is_shown(page):
    # Chromium needs a minute for 2500 lines that are typed, so they come as a file.
    drop(page, "picture.png", "x", "image/png")
    expect(page.locator("#composer .failure")).to_contain_text("picture.png is not a text file")
    drop(page, "long.txt", LONG)
    expect(page.locator("#input")).to_have_value(LONG)
    page.locator("#send").click()
    reading = page.locator("li.model .reading")
    expect(reading).to_contain_text("Reading:")
    expect(reading).to_contain_text("%")
    page.keyboard.press("Escape")
    expect(page.locator("li.model .facts")).to_be_visible()


def test_p8_speed_counts_from_the_first_word(page):
    page.route("**/v1/chat/completions", lambda route: (time.sleep(1), route.continue_()))
    ask(page, "Once upon a time")
    facts = page.locator("li.model .facts").inner_text()
    count, speed = (float(part.split("/")[0].split()[0].replace(",", "")) for part in facts.split(" · ")[1:3])
    seconds = page.evaluate("""async () => {
        const { current } = await import("/page/lib/chat.js");
        return [...current.tree.messages.values()].at(-1).seconds;
    }""")
    assert abs(speed - (count - 1) / seconds) <= 1


def test_the_speed_is_the_host_s_and_none_where_all_comes_at_once(page):
    def answer(**more):
        entries = [{"token": " a", "token_id": 7, "bytes": [32, 97], "logprob": -0.1, "top_logprobs": []}] * 11
        chunks = [{"model": "demo", "choices": [{"index": 0, "delta": {"content": " a"}, "logprobs": {"content": [entry]}}]} for entry in entries]
        chunks.append({"model": "demo", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 11}, **more})
        body = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
        page.route("**/v1/chat/completions", lambda route: route.fulfill(content_type="text/event-stream", body=body))
        ask(page, "Hello")
        return page.locator("li.model .facts").last
    # However busy the machine is, all of it comes at once.
    page.evaluate("performance.now = () => 1000")
    expect(answer()).to_have_text("demo · 11 tokens · 0 of 3 kept")
    expect(answer(timings={"predicted_ms": 2000})).to_have_text("demo · 11 tokens · 5/s · 0 of 3 kept")


def test_p10_a_refused_message_is_no_part_of_the_conversation(page):
    field = page.locator("#knob-temperature")
    field.fill("-1")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#knob-temperature-problem")).to_contain_text("at least 0")
    field.fill("0.8")
    page.locator("#more-knobs summary").click()
    page.locator("#knob-regex").fill("([")
    for _ in range(3):
        page.locator("#input").fill("Hello")
        page.locator("#send").click()
        expect(page.locator("#composer .failure")).to_be_visible()
        expect(page.locator("#messages > li")).to_have_count(0)
        expect(page.locator("#input")).to_have_value("Hello")
    expect(page.locator("#knob-regex")).to_have_attribute("aria-invalid", "true")
    page.locator("#knob-regex").fill("")
    ask(page, "Hello")
    expect(page.locator("#messages > li")).to_have_count(2)


def test_a_seed_is_empty_until_one_is_given(page):
    page.locator("#more-knobs summary").click()
    seed = page.locator("#knob-seed")
    expect(seed).to_have_value("")
    expect(seed).to_have_attribute("placeholder", "empty: another text each time")
    seed.press_sequentially("42")
    expect(seed).to_have_attribute("aria-invalid", "false")
    assert page.evaluate("async () => (await import('/page/lib/sampling.js')).fields().seed") == 42


def test_p11_focus_stays_where_it_is(page):
    slow_down(page)
    page.locator("#input").fill("What is 1 + 2?")
    page.locator("#send").click()
    page.locator("#knob-temperature").focus()
    page.locator("li.model .facts").wait_for()
    expect(page.locator("#knob-temperature")).to_be_focused()


def test_p12_an_answer_is_announced_once(page):
    page.evaluate("""() => {
        window.spoken = 0;
        for (const region of document.querySelectorAll("[aria-live=polite], [role=status], [role=alert]"))
            new MutationObserver(() => { window.spoken += region.textContent.length; }).observe(region, { childList: true, subtree: true, characterData: true });
    }""")
    answer = ask(page, "Once upon a time")
    page.wait_for_timeout(1500)
    assert 0 < page.evaluate("window.spoken") <= 2 * len(answer)


def test_p13_nothing_is_woven_into_a_text_that_is_being_written(host, profile):
    page = profile(host.url).page("/#text")
    slow_down(page)
    page.locator("#text-input").fill("Once upon a time")
    page.locator("#text-go").click()
    expect(page.locator("#text-flow .t").nth(2)).to_be_visible()
    page.keyboard.type("HELLO")
    page.keyboard.press("Escape")
    expect(page.locator("#text-go")).to_have_text("Go on")
    expect(page.locator("#text-flow")).not_to_contain_text("HELLO")
    page.locator("#text-undo").click()
    expect(page.locator("#text-input")).to_have_value("Once upon a time")
    page.locator("#text-redo").click()
    expect(page.locator("#text-flow .t").first).to_be_visible()


def test_p15_the_page_follows_a_model_that_another_client_loads(start, profile):
    host = start()
    page = profile(host.url).page()
    ask(page, "What is 1 + 2?")
    host.post("/v1/internal/model/load", {"model_name": "deeper"})
    expect(page.locator("#model-name")).to_have_text("deeper")
    expect(page.locator("#input")).to_have_attribute("placeholder", "Message deeper")
    expect(page.locator("#plan-box .strip i")).to_have_count(13)
    expect(page.locator("li.model .facts")).to_contain_text("demo")


def test_p14_a_key_is_asked_for_where_it_is_needed(start, profile):
    page = profile(start("--api-key", "open-sesame").url).page()
    form = page.locator("form.bar-line.key")
    expect(form).to_be_visible()
    form.locator("#key-field").fill("open-sesame")
    form.get_by_role("button", name="Use it").click()
    expect(page.locator("#model-name")).to_have_text("demo")
    assert page.evaluate("JSON.stringify(localStorage)").find("open-sesame") < 0
    ask(page, "What is 1 + 2?")


HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script> **bold** `code` [link](javascript:alert(3)) [good](https://example.org/a) \u202eturned\u202c Z" + "\u0301" * 60 + " \u0000end\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```python\nprint('<b>')\n```\n"


def answer_with(page, *deltas):
    """Has the next answers consist of these parts."""
    chunks = [{"model": "demo", "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    chunks.append({"model": "demo", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    body = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
    page.route("**/v1/chat/completions", lambda route: route.fulfill(content_type="text/event-stream", body=body))


def test_p16_text_stays_text_and_stays_in_its_place(page):
    answer_with(page, {"content": HOSTILE})
    ask(page, "Hello")
    body = page.locator("li.model .body")
    expect(body.locator("img, script")).to_have_count(0)
    assert [link.get_attribute("href") for link in body.locator("a").all()] == ["https://example.org/a"]
    expect(body.locator("strong")).to_have_text("bold")
    expect(body.locator("li")).to_have_count(2)
    expect(body.locator("td")).to_have_count(2)
    expect(body.locator("pre code")).to_have_text("print('<b>')")
    assert page.evaluate("getComputedStyle(document.querySelector('li.model')).overflow") == "clip"
    assert page.evaluate("getComputedStyle(document.querySelector('li.model .body')).unicodeBidi") == "isolate"


def test_p18_a_long_chat_opens_at_its_end_and_buttons_answer(page):
    fill_chat(page, 200)
    last = page.locator("#messages > li").last
    expect(last).to_be_in_viewport()
    last.get_by_role("button", name="Copy").click()
    expect(last.get_by_role("button", name="Copied")).to_be_visible()
    page.locator("#new-chat").click()
    page.locator("#input").fill("Once upon a")
    expect(page.locator("#next .bar-row b").first).to_have_text("␣time")
    assert '"' not in page.locator("#next").inner_text()


def test_editing_continuing_branching_and_the_exact_prompt(page):
    ask(page, "What is 1 + 2?")
    page.locator("li.user").hover()
    page.locator("li.user").get_by_role("button", name="Edit").click()
    page.locator(".edit textarea").fill("What is 3 + 4?")
    page.locator(".edit").get_by_role("button", name="Send").click()
    expect(page.locator("li.user .versions")).to_contain_text("2/2")
    page.locator("li.model .facts").wait_for()
    page.locator("li.model").get_by_role("button", name="Edit").click()
    page.locator(".edit textarea").fill("Seven, of course")
    page.locator(".edit").get_by_role("button", name="Save").click()
    expect(page.locator("li.model .facts")).to_contain_text("edited by you")
    page.locator("li.model").get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="exact prompt").click()
    expect(page.locator("#prompt-text")).to_contain_text("Seven, of course")
    expect(page.locator("#prompt-count")).to_contain_text("tokens")
    page.keyboard.press("Escape")
    page.locator("li.model").get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Branch").click()
    expect(page.locator("#chat-list li")).to_have_count(2)
    expect(page.locator("#messages > li")).to_have_count(2)
    page.locator("#knob-max_tokens").fill("3")
    ask(page, "Once upon a time")
    expect(page.locator("li.model .note").last).to_contain_text("longest answer")
    before = page.locator("li.model .body").last.text_content()
    page.locator("li.model .note").last.get_by_role("button", name="Continue").click()
    # The notice comes back with the end of what was written on.
    expect(page.locator("li.model .body").last).not_to_have_text(before)
    expect(page.locator("li.model .note").last).to_contain_text("longest answer")
    after = page.locator("li.model .body").last.text_content()
    assert after.startswith(before) and len(after) > len(before)


def test_thoughts_are_folded_and_tools_are_shown(page):
    answer_with(page, {"reasoning_content": "Let me **think**"}, {"reasoning_content": " twice."}, {"content": "Sunny."},
                {"tool_calls": [{"index": 0, "function": {"name": "weather", "arguments": '{"city": '}}]},
                {"tool_calls": [{"index": 0, "function": {"arguments": '"Oslo"}'}}]})
    ask(page, "Hello", wait=False)
    page.locator("li.model .facts").wait_for()
    thought = page.locator("li.model details.thought")
    expect(thought.locator("summary")).to_have_text("Thought")
    expect(thought.locator(".body")).to_be_hidden()
    thought.locator("summary").click()
    expect(thought.locator("strong")).to_have_text("think")
    expect(page.locator("li.model .calls summary")).to_have_text("Calls weather")
    expect(page.locator("li.model .calls pre")).to_have_text('{"city": "Oslo"}')
    page.reload()
    expect(page.locator("li.model > .body")).to_have_text("Sunny.")


def test_a_long_block_of_code_grows_at_its_end(page):
    lines = [f"let value{line} = {line};\n" for line in range(40)]
    answer_with(page, {"content": "```swift\n"}, *({"content": line} for line in lines), {"content": "```\nDone."})
    ask(page, "Hello")
    assert page.locator("li.model pre code").inner_text() == "".join(lines).rstrip("\n")
    expect(page.locator("li.model .code-head span")).to_have_text("swift")
    expect(page.locator("li.model .body > p")).to_have_text("Done.")


def test_chats_are_found_renamed_and_their_order_is_that_of_their_use(page):
    for question in ("What is 1 + 2?", "What is 3 + 4?", "Once upon a time", "How do I add my own model?"):
        page.locator("#new-chat").click()
        ask(page, question)
    names = page.locator("#chat-list li > .wide")
    expect(names).to_have_text(["How do I add my own model?", "Once upon a time", "What is 3 + 4?", "What is 1 + 2?"])
    page.locator("#chat-list .more").nth(3).click()
    page.get_by_role("menuitem", name="Rename").click()
    page.keyboard.type("Sums")
    page.keyboard.press("Enter")
    expect(names.nth(3)).to_have_text("Sums")
    page.locator("#search").fill("1 + 2")
    expect(names).to_have_text(["Sums"])
    page.locator("#search").fill("nothing like this")
    expect(page.locator("#chat-list")).to_have_text("Nothing found.")
    page.locator("#search").fill("")
    expect(names).to_have_count(4)


def test_markdown_knows_where_its_words_come_from(page):
    found = page.evaluate("""async () => {
        const { parse, inline } = await import("/page/lib/markdown.js");
        const text = "# Head *one*\\n\\n> quoted **two**\\n> more\\n\\n1. first\\n   `three`\\n2. second\\n\\n| a | b |\\n|--|:-:|\\n| x | _y_ |\\n\\n***four***";
        const wrong = [], words = [];
        const look = (parts) => parts.forEach((part) => {
            if (part.mark) look(part.parts);
            else {
                words.push(part.text);
                if (text.slice(part.at, part.at + part.text.length) !== part.text) wrong.push(part);
            }
        });
        const walk = (blocks) => blocks.forEach((block) => {
            if (block.blocks) walk(block.blocks);
            else if (block.items) block.items.forEach(walk);
            else if (block.rows) block.rows.flat().forEach((cell) => look(inline([cell])));
            else look(inline(block.lines));
        });
        walk(parse(text));
        return { wrong, words: words.join("") };
    }""")
    assert found["wrong"] == []
    for word in ("one", "two", "three", "second", "y", "four"):
        assert word in found["words"]
    assert "*" not in found["words"] and "`" not in found["words"]


def test_markdown_knows_lines_by_their_ends_alone(page):
    """What ends a line elsewhere, such as U+2028, is a sign as any other."""
    cells = page.evaluate("""async () => {
        const { parse } = await import("/page/lib/markdown.js");
        return [..."\\u2028\\u2029\\r"].map((end) => parse(`a${end}b | \\\\${end}x |\\n--|--\\nc | d`)[0].rows.map((row) => row.map(({ text }) => text.replace(end, "E"))));
    }""")
    assert cells == [[["aEb", "\\Ex"], ["c", "d"]]] * 3


def test_markdown_is_quick_whatever_it_is_given(page):
    slowest = page.evaluate("""async () => {
        const { parse, inline } = await import("/page/lib/markdown.js");
        let slowest = 0;
        for (const piece of ["*", "**a", "_", "`", "[", "[a](", "> ", "- ", "| ", "```\\n", "1. ", "http://", "\\\\", "~~", "  - a\\n"]) {
            // The better of two, as other work shares the machine.
            const times = [0, 1].map(() => {
                const began = performance.now();
                for (const block of parse(piece.repeat(20000 / piece.length))) if (block.lines) inline(block.lines);
                return performance.now() - began;
            });
            slowest = Math.max(slowest, Math.min(...times));
        }
        return slowest;
    }""")
    assert slowest < 300
