"""How much the page weighs, how soon it shows something, and that it stays quick with 20,000 tokens."""

import pytest
import statistics

from conftest import ROOT
from playwright.sync_api import expect

FILES = ROOT / "Sources" / "CHostPage" / "files"

FILL = """([count, each]) => new Promise((resolve) => {
    const words = [" the", " small", " river", " went", " by", ".", " And", " so", " it", " was"];
    const tokens = (count) => {
        const kept = { ids: [], logprobs: [], pieces: [], tops: [], names: {}, forced: [] };
        for (let at = 0; at < count; at += 1) {
            kept.ids.push(at % 10);
            kept.pieces.push(words[at % 10]);
            kept.logprobs.push(-0.7);
            kept.tops.push(Array.from({ length: 16 }, (_, place) => (place % 2 ? -place : place)));
        }
        return kept;
    };
    indexedDB.open("modelhost").onsuccess = (event) => {
        const write = event.target.result.transaction(["chats", "messages"], "readwrite"), now = Date.now();
        for (let at = 0; at < count; at += 1) {
            const own = at % 2 ? tokens(each) : null;
            write.objectStore("messages").put({ id: `m${at}`, chat: "long", parent: at ? `m${at - 1}` : null, role: at % 2 ? "assistant" : "user", text: own ? own.pieces.join("").trimStart() : "Go on", tokens: own, created: now + at, state: "done" });
        }
        write.objectStore("chats").put({ id: "long", kind: "chat", title: "Long", created: now, updated: now + 9999, cursor: `m${count - 1}` });
        write.oncomplete = resolve;
    };
})"""

APPEND = """async () => {
    const { MessageView } = await import("/page/parts/message.js"), { current } = await import("/page/lib/chat.js");
    const item = [...document.querySelectorAll("#messages > li")].at(-1), { view } = item, { message } = view, times = [];
    for (let at = 0; at < 60; at += 1) {
        const own = message.tokens;
        own.ids.push(1);
        own.pieces.push(" small");
        own.logprobs.push(-0.1);
        own.tops.push([]);
        message.text += " small";
        const began = performance.now();
        view.grow();
        item.getBoundingClientRect();
        times.push(performance.now() - began);
        if (at % 10 === 9) await new Promise(requestAnimationFrame);
    }
    return times;
}"""


def weight():
    return sum(path.stat().st_size for path in FILES.rglob("*") if path.is_file())


def test_the_weight_of_all_files():
    assert weight() <= 163_000


@pytest.mark.xfail(reason="open: everything that the page does takes more, written so that people can read it", strict=True)
def test_the_weight_that_is_aimed_at():
    assert weight() <= 120_000


def best(limit, measure):
    """The least of up to eight measurements, as other work shares the two cores; no more once one is within the limit."""
    found = []
    while len(found) < 8 and not (found and found[-1] < limit):
        found.append(measure())
    return min(found)


def paint(page):
    """Milliseconds from a reload to the first text on the screen."""
    page.reload()
    page.locator("html.ready").wait_for()
    return page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")


def test_the_first_paint(page):
    assert best(150, lambda: paint(page)) < 150


def test_what_a_reload_fetches_again(host, page):
    sent = []
    page.on("response", lambda response: "/page/" in response.url and sent.append((response.status, response.url)))
    page.reload()
    page.locator("html.ready").wait_for()
    assert len(sent) > 20
    fetched = page.evaluate("performance.getEntriesByType('resource').filter((entry) => entry.name.includes('/page/')).reduce((sum, entry) => sum + entry.encodedBodySize * (entry.encodedBodySize > 2000 && entry.transferSize > entry.encodedBodySize), 0)")
    assert fetched == 0


@pytest.mark.parametrize("count", (80, 2))
def test_twenty_thousand_tokens_in_many_messages_and_in_one(page, count):
    page.evaluate(FILL, [count, 40_000 // count])
    page.goto("/#chat/long")
    assert best(150, lambda: paint(page)) < 150
    page.locator("#messages > li .t").last.wait_for()
    page.wait_for_timeout(1000)
    assert best(8, lambda: statistics.median(page.evaluate(APPEND))) < 8


def test_a_page_that_nobody_looks_at_asks_nothing(page):
    asked = []
    # The lists of this panel are the last that the page asks for by itself.
    expect(page.locator("#prompt-instruction_template")).to_be_attached()
    page.evaluate("Object.defineProperty(document, 'hidden', { get: () => true }); document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(700)
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(5000)
    assert asked == []
