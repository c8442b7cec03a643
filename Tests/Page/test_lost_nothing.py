"""Nothing is ever lost: two tabs, a reload or a kill in mid-answer, no room, damaged records, a host that goes and comes back."""

import os
import signal
import time

import pytest
from conftest import ask, last_message, slow_down, until
from playwright.sync_api import expect

STORY = "Once upon a time"


def titles(page):
    return page.locator("#chat-list li > .wide")


def address(page):
    """Where the conversation that is open is found, also by another tab."""
    return "/#" + page.url.split("#")[1]


def test_p1_two_tabs_keep_both_conversations_and_both_settings(host, profile):
    tabs = profile(host.url)
    first, second = tabs.page(), tabs.page()
    first.locator("#knob-temperature").fill("0.3")
    ask(first, "What is 1 + 2?")
    second.locator("#knob-top_p").fill("0.5")
    ask(second, "What is 3 + 4?")
    expect(first.locator("#chat-list li")).to_have_count(2)
    for tab in (first, second):
        tab.reload()
        expect(titles(tab)).to_have_text(["What is 3 + 4?", "What is 1 + 2?"])
        expect(tab.locator("#knob-temperature")).to_have_value("0.3")
        expect(tab.locator("#knob-top_p")).to_have_value("0.5")


def test_p1_the_same_chat_in_two_tabs_grows_in_both(host, profile):
    tabs = profile(host.url)
    first = tabs.page()
    ask(first, "What is 1 + 2?")
    second = tabs.page(address(first))
    expect(second.locator("#messages > li")).to_have_count(2)
    ask(second, "What is 3 + 4?")
    expect(first.locator("#messages > li")).to_have_count(4)
    answers = second.locator("#messages > li.model .body").all_text_contents()
    expect(first.locator("#messages > li.model .body")).to_have_text(answers)


STORED = """() => new Promise((resolve) => {
    indexedDB.open("modelhost").onsuccess = ({ target: { result } }) => {
        const all = result.transaction("messages").objectStore("messages").getAll();
        all.onsuccess = () => resolve(all.result.find(({ state, text }) => state === "live" && text.length > 10)?.text.trim());
    };
})"""


def begin_slow(page, tokens_per_second=25):
    """Has a long answer begin; gives what is stored of it, which happens within a second or two."""
    slow_down(page, tokens_per_second)
    page.locator("#input").fill(STORY)
    page.locator("#send").click()
    seen = until(page, lambda: page.evaluate(STORED))
    assert seen
    return seen


def test_p2_a_reload_in_mid_answer_keeps_what_was_there(host, profile):
    page = profile(host.url).page()
    seen = begin_slow(page)
    page.reload()
    body = page.locator("#messages > li.model .body")
    expect(body).to_contain_text(seen)
    expect(page.locator("#messages > li.model .note")).to_contain_text("closed while this was written")
    before = body.text_content()
    page.locator("#messages > li.model .note button").click()
    expect(page.locator("#messages > li.model .note")).to_have_count(0)
    page.wait_for_timeout(500)
    page.keyboard.press("Escape")
    expect(page.locator("#messages > li.model .facts")).to_contain_text("stopped")
    assert body.text_content().startswith(before.strip()[:40])


def test_p2_a_killed_tab_keeps_what_was_there_but_for_the_last_second(host, profile):
    tabs = profile(host.url)
    page = tabs.page()
    seen = begin_slow(page)
    page.goto("about:blank")
    page.close(run_before_unload=False)
    page = tabs.page()
    expect(page.locator("#messages > li.model .body")).to_contain_text(seen)
    expect(page.locator("#messages > li.model .note")).to_contain_text("closed while")


def test_p2_another_tab_sees_an_answer_that_is_being_written(host, profile):
    tabs = profile(host.url)
    first = tabs.page()
    begin_slow(first)
    second = tabs.page(address(first))
    expect(second.locator("#messages > li.model .note")).to_have_count(0)
    second.locator("#input").fill("Me too")
    second.locator("#send").click()
    expect(second.locator("#composer .failure")).to_contain_text("Another tab")
    expect(second.locator("#input")).to_have_value("Me too")
    first.keyboard.press("Escape")
    expect(second.locator("#messages > li.model .facts")).to_contain_text("stopped")


ENDED = """() => new Promise((resolve) => {
    indexedDB.open("modelhost").onsuccess = ({ target: { result } }) => {
        const all = result.transaction("messages").objectStore("messages").getAll();
        all.onsuccess = () => resolve(all.result.find(({ role }) => role === "assistant"));
    };
})"""

# As taking the host's copy in another tab does it.
WRITE_OVER = """async () => {
    const chat = await import("/page/lib/chat.js"), store = await import("/page/lib/store.js"), { id } = chat.current.chat;
    for (const message of await store.messages(id)) await store.put("messages", { ...message, text: message.text.slice(0, 9) });
    await chat.open(id);
}"""

ANSWER = """async () => {
    const { last } = await import("/page/lib/chat.js");
    return last();
}"""


@pytest.mark.parametrize("has_locks", (False, True))
def test_no_other_tab_takes_from_an_answer_that_is_being_written(host, profile, has_locks):
    """Over plain HTTP from another machine there are no locks, and the other tab takes the answer for one that was cut off."""
    tabs = profile(host.url)
    if not has_locks:
        tabs.context.add_init_script("Object.defineProperty(navigator, 'locks', { value: undefined })")
    first = tabs.page()
    first.locator("#knob-max_tokens").fill("70")
    seen = begin_slow(first, tokens_per_second=10)
    second = tabs.page(address(first))
    if has_locks:
        second.evaluate(WRITE_OVER)
    else:
        expect(second.locator("#messages > li.model .note")).to_contain_text("closed while this was written")
    first.locator("#messages > li.model .facts").wait_for()
    second.wait_for_timeout(500)
    message, stored = first.evaluate(ANSWER), first.evaluate(ENDED)
    whole = "".join(message["tokens"]["pieces"])
    assert len(whole) > len(seen) + 40 and message["text"].strip() == whole.strip()
    assert stored["state"] == "done" and stored["text"] == message["text"]
    for tab in (first, second):
        assert tab.evaluate(ANSWER)["text"] == message["text"]
        expect(tab.locator("#messages > li.model .body")).to_have_text(message["text"])


def refuse(page, seconds=0):
    """Has the host refuse what is asked from now on."""
    page.route("**/v1/chat/completions", lambda route: (time.sleep(seconds), route.fulfill(status=500, json={"error": {"message": "no"}})))


def test_a_chat_that_cannot_be_read_now_is_read_the_next_time_and_never_taken_for_empty(host, profile):
    tabs = profile(host.url)
    tabs.context.add_init_script("""
        const getAll = IDBIndex.prototype.getAll;
        IDBIndex.prototype.getAll = function (...values) {
            if (localStorage.getItem("unreadable")) throw new DOMException("lost", "UnknownError");
            return getAll.apply(this, values);
        };""")
    page = tabs.page()
    answer = ask(page, "What is 1 + 2?")
    cursor = last_message(page)["id"]
    page.evaluate("localStorage.setItem('unreadable', '1')")
    page.reload()
    expect(page.locator(".bar-line.unsaved")).to_be_visible()
    expect(titles(page)).to_have_text(["What is 1 + 2?"])
    refuse(page)
    page.locator("#input").fill("Hello")
    page.locator("#send").click()
    expect(page.locator("#composer .failure")).to_contain_text("no")
    assert page.evaluate("async () => (await import('/page/lib/chat.js')).current.chat.cursor") == cursor
    page.evaluate("localStorage.removeItem('unreadable')")
    titles(page).click()
    expect(page.locator("#messages > li.model .body")).to_have_text(answer)
    page.reload()
    expect(page.locator("#messages > li")).to_have_count(2)
    expect(page.locator("#messages > li.model .body")).to_have_text(answer)


def test_a_question_that_fails_in_a_chat_deleted_meanwhile_leaves_the_open_one_alone(host, profile):
    tabs = profile(host.url)
    page, other = tabs.page(), tabs.page()
    ask(page, "What is 1 + 2?")
    page.locator("#new-chat").click()
    ask(page, "What is 3 + 4?")
    expect(titles(other)).to_have_count(2)
    held = []
    page.route("**/v1/chat/completions", lambda route: held.append(route))
    page.locator("#input").fill("Once upon a time")
    page.locator("#send").click()
    expect(page.locator("#messages > li")).to_have_count(4)
    titles(page).nth(1).click()
    expect(page.locator("#messages > li.user .body")).to_have_text(["What is 1 + 2?"])
    other.locator("#chat-list li", has_text="3 + 4").locator(".more").click()
    other.get_by_role("menuitem", name="Delete").click()
    expect(titles(page)).to_have_count(1)
    held[0].fulfill(status=500, json={"error": {"message": "no"}})
    expect(page.locator("#send")).to_have_text("Send")
    page.wait_for_timeout(500)
    expect(page.locator("#messages > li")).to_have_count(2)
    page.reload()
    expect(titles(page)).to_have_text(["What is 1 + 2?"])
    expect(page.locator("#messages > li")).to_have_count(2)


def test_undo_keeps_the_name_that_another_tab_gave(host, profile):
    tabs = profile(host.url)
    page = tabs.page()
    answer = ask(page, "What is 1 + 2?")
    other = tabs.page(address(page))
    page.locator("li.model").get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(other.locator("#messages > li")).to_have_count(1)
    other.locator("#chat-list .more").click()
    other.get_by_role("menuitem", name="Rename").click()
    other.keyboard.type("Sums")
    other.keyboard.press("Enter")
    expect(titles(page)).to_have_text(["Sums"])
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    for tab in (page, other):
        expect(tab.locator("li.model .body")).to_have_text(answer)
        expect(titles(tab)).to_have_text(["Sums"])


def test_a_question_that_fails_at_once_stays_its_draft(page):
    refuse(page)
    page.locator("#input").fill("Hello")
    page.locator("#send").click()
    expect(page.locator("#composer .failure")).to_be_visible()
    page.wait_for_timeout(500)
    page.reload()
    expect(page.locator("#input")).to_have_value("Hello")


def test_p3_no_room_is_said_and_the_text_is_kept_until_there_is_some(host, profile):
    tabs = profile(host.url)
    page = tabs.page()
    tabs.context.add_init_script("""
        const put = IDBObjectStore.prototype.put;
        IDBObjectStore.prototype.put = function (...values) {
            if (localStorage.getItem("full")) throw new DOMException("full", "QuotaExceededError");
            return put.apply(this, values);
        };""")
    page.reload()
    page.evaluate("localStorage.setItem('full', '1')")
    answer = ask(page, "What is 1 + 2?")
    expect(page.locator(".bar-line.unsaved")).to_contain_text("no room left")
    page.evaluate("localStorage.removeItem('full')")
    page.locator(".bar-line.unsaved button", has_text="Try again").click()
    expect(page.locator(".bar-line.unsaved")).to_have_count(0)
    page.reload()
    expect(page.locator("#messages > li.model .body")).to_have_text(answer)


def test_p3_where_nothing_can_be_stored_the_page_works_and_says_so(host, profile):
    tabs = profile(host.url)
    tabs.context.add_init_script("""
        for (const name of ["localStorage", "sessionStorage", "indexedDB"])
            Object.defineProperty(window, name, { get() { throw new DOMException("blocked", "SecurityError"); } });""")
    page = tabs.page()
    expect(page.locator(".bar-line.unsaved")).to_contain_text("does not store anything")
    page.locator("#knob-temperature").fill("0.3")
    ask(page, "What is 1 + 2?")
    page.locator("#new-chat").click()
    ask(page, "What is 3 + 4?")
    page.locator("#chat-list li .wide", has_text="1 + 2").click()
    expect(page.locator("#messages > li.user .body")).to_have_text(["What is 1 + 2?"])
    expect(page.locator("#knob-temperature")).to_have_value("0.3")


def test_p4_again_keeps_the_version_before_and_delete_can_be_undone(page):
    first = ask(page, STORY)
    page.locator("li.model").get_by_role("button", name="Again").click()
    expect(page.locator("li.model .versions")).to_contain_text("2/2")
    page.locator("li.model .facts").wait_for()
    second = page.locator("li.model .body").text_content()
    page.get_by_role("button", name="Previous version").click()
    expect(page.locator("li.model .body")).to_have_text(first)
    page.reload()
    expect(page.locator("li.model .versions")).to_contain_text("1/2")
    page.locator("li.model").get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(page.locator("li.model .body")).to_have_text(second)
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.locator("li.model .versions")).to_contain_text("1/2")
    page.locator("#chat-list .more").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(page.locator("#chat-list li")).to_have_count(0)
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.locator("li.model .body")).to_have_text(first)


def test_p9_a_host_that_goes_and_comes_back(start, profile):
    host = start()
    page = profile(host.url).page()
    seen = begin_slow(page)
    os.kill(host.process.pid, signal.SIGKILL)
    host.process.wait()
    expect(page.locator(".bar-line.gone")).to_contain_text("does not answer")
    expect(page.locator("li.model .note.failed")).to_contain_text("does not answer")
    expect(page.locator("#model-name")).to_have_text("No answer")
    expect(page.locator("li.model .body")).to_contain_text(seen)
    page.locator("#input").fill("Are you there?")
    page.locator("#send").click()
    expect(page.locator("#composer .failure")).to_contain_text("does not answer")
    expect(page.locator("#input")).to_have_value("Are you there?")
    expect(page.locator("#messages > li")).to_have_count(2)
    start(port=host.port)
    expect(page.locator(".bar-line.gone")).to_have_count(0)
    expect(page.locator("#model-name")).to_have_text("demo")
    page.locator("li.model .note.failed").get_by_role("button", name="Continue").click()
    expect(page.locator("li.model .note.failed")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("li.model .facts")).to_contain_text("stopped")


def test_p17_damaged_records_are_set_aside(host, profile):
    tabs = profile(host.url)
    page = tabs.page()
    ask(page, "What is 1 + 2?")
    page.evaluate("""() => new Promise((resolve) => {
        localStorage.setItem("modelhost.sampling.temperature", "{bad");
        localStorage.setItem("modelhost.presets", "7");
        indexedDB.open("modelhost").onsuccess = (event) => {
            const write = event.target.result.transaction(["chats", "messages"], "readwrite");
            write.objectStore("chats").put({ id: "x", a: 1 });
            write.objectStore("messages").put({ id: "y", chat: "x", text: null });
            write.oncomplete = resolve;
        };
    })""")
    page.reload()
    expect(page.locator(".bar-line.damaged")).to_contain_text("Damaged records were set aside")
    expect(titles(page)).to_have_text(["What is 1 + 2?"])
    ask(page, "What is 3 + 4?")


def test_drafts_exports_and_imports(host, profile, tmp_path):
    page = profile(host.url).page()
    ask(page, "What is 1 + 2?")
    page.locator("#input").fill("half a thought")
    assert until(page, lambda: page.evaluate("Object.values(localStorage).includes('\"half a thought\"')"))
    page.reload()
    expect(page.locator("#input")).to_have_value("half a thought")
    with page.expect_download() as download:
        page.locator("#export").click()
    file = tmp_path / "chats.json"
    download.value.save_as(file)
    other = profile(host.url).page()
    with other.expect_file_chooser() as chooser:
        other.locator("#import").click()
    chooser.value.set_files(file)
    expect(other.locator("#messages > li")).to_have_count(2)
    expect(titles(other)).to_have_text(["What is 1 + 2?"])
    bad = tmp_path / "bad.json"
    bad.write_text("[1]")
    with other.expect_file_chooser() as chooser:
        other.locator("#import").click()
    chooser.value.set_files(bad)
    expect(other.locator("#chats .failure")).to_contain_text("no conversations")


def test_a_chat_that_is_deleted_in_mid_answer_stays_deleted_until_that_is_undone(page):
    begin_slow(page)
    page.locator("#chat-list .more").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(page.locator("#send")).to_have_text("Send")
    page.wait_for_timeout(300)
    assert page.evaluate("""async () => (await import("/page/lib/store.js")).chats().length""") == 0
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.locator("li.model .facts")).to_contain_text("stopped")
    expect(page.locator("li.model .body")).not_to_be_empty()


def test_an_address_of_a_chat_that_is_gone_becomes_that_of_the_one_begun_there(page):
    page.goto("/#chat/0123")
    ask(page, "What is 1 + 2?")
    page.reload()
    expect(page.locator("#messages > li")).to_have_count(2)


def test_a_question_stays_in_its_own_chat_when_another_is_opened_meanwhile(page):
    ask(page, "What is 1 + 2?")
    page.locator("#new-chat").click()
    ask(page, "What is 3 + 4?")
    chats = page.evaluate("""async () => {
        const chat = await import("/page/lib/chat.js"), store = await import("/page/lib/store.js");
        const [here, other] = store.chats("chat"), asked = chat.say("Once upon a time");
        await chat.open(other.id);
        await asked;
        return Promise.all([here, other].map(async ({ id }) => (await store.messages(id)).map(({ role, text }) => [role, text])));
    }""")
    assert [len(messages) for messages in chats] == [4, 2]
    assert ["user", "Once upon a time"] in chats[0] and chats[0][-1][1]
    expect(page.locator("#messages > li.user .body")).to_have_text(["What is 1 + 2?"])


def test_a_question_that_fails_in_a_chat_left_meanwhile_becomes_its_draft(page):
    ask(page, "What is 1 + 2?")
    page.locator("#new-chat").click()
    ask(page, "What is 3 + 4?")
    refuse(page, seconds=0.5)
    page.locator("#input").fill("Once upon a time")
    page.locator("#send").click()
    page.locator("#chat-list li .wide", has_text="1 + 2").click()
    expect(page.locator("#messages > li.user .body")).to_have_text(["What is 1 + 2?"])
    page.wait_for_timeout(800)
    expect(page.locator("#input")).to_have_value("")
    page.locator("#new-chat").click()
    page.locator("#chat-list li .wide", has_text="1 + 2").click()
    expect(page.locator("#input")).to_have_value("")
    page.locator("#chat-list li .wide", has_text="3 + 4").click()
    expect(page.locator("#input")).to_have_value("Once upon a time")
    expect(page.locator("#messages > li")).to_have_count(2)


def keep_copy(page, title):
    page.locator("#chat-list li", has_text=title).locator(".more").click()
    with page.expect_response("**/v1/internal/chats/*"):
        page.get_by_role("menuitem", name="Keep a copy").click()
    return page.evaluate("async () => (await import('/page/lib/chat.js')).current.chat.id")


def kept_messages(host, name):
    status, entry = host.get(f"/v1/internal/chats/{name}")
    return [message["text"] for message in entry["chat"]["messages"]] if status == 200 else None


def test_copies_follow_their_own_chats_and_one_another(start, profile):
    host = start()
    page = profile(host.url).page()
    ask(page, "What is 1 + 2?")
    first = keep_copy(page, "1 + 2")
    # What changes in a chat that is left at once is sent all the same, and nothing of the other one.
    ask(page, "Once upon a time")
    page.locator("#new-chat").click()
    ask(page, "What is 3 + 4?")
    assert until(page, lambda: len(kept_messages(host, first)) == 4)
    assert len(host.get("/v1/internal/chats")[1]["chats"]) == 1
    # Two sendings that overlap are no conflict.
    page.locator("#chat-list li .wide", has_text="1 + 2").click()
    page.route("**/v1/internal/chats/*", lambda route: (time.sleep(0.7), route.continue_()))
    page.evaluate("""async (id) => {
        const { emit } = await import("/page/lib/dom.js");
        emit("chat-touched", id);
        await new Promise((resolve) => setTimeout(resolve, 1700));
        emit("chat-touched", id);
    }""", first)
    ask(page, "What is 5 + 6?")
    assert until(page, lambda: len(kept_messages(host, first)) == 6)
    expect(page.locator("dialog.conflict")).to_have_count(0)


def test_a_copy_that_was_removed_or_changed_elsewhere_is_not_removed_blindly(start, profile):
    host = start()
    page = profile(host.url).page()
    ask(page, "What is 1 + 2?")
    name = keep_copy(page, "1 + 2")
    status, entry = host.get(f"/v1/internal/chats/{name}")
    host.request("PUT", f"/v1/internal/chats/{name}", {"revision": entry["revision"], "chat": {**entry["chat"], "title": "Theirs"}})
    page.locator("#chat-list .more").click()
    page.get_by_role("menuitem", name="Remove the copy").click()
    dialog = page.locator("dialog.conflict")
    expect(dialog).to_contain_text("Two versions")
    assert kept_messages(host, name)
    dialog.get_by_role("button", name="Keep this one").click()
    assert until(page, lambda: host.get(f"/v1/internal/chats/{name}")[1]["chat"]["title"] == "What is 1 + 2?")
    host.request("DELETE", f"/v1/internal/chats/{name}")
    ask(page, "What is 3 + 4?")
    expect(page.locator("#toasts")).to_contain_text("The copy of this chat on the host has been removed")
    page.locator("#chat-list .more").click()
    expect(page.get_by_role("menuitem", name="Keep a copy")).to_be_visible()


def test_a_copy_on_the_host_is_never_written_over(start, profile):
    host = start()
    here, there = profile(host.url).page(), profile(host.url).page()
    ask(here, "What is 1 + 2?")
    name = keep_copy(here, "1 + 2")
    there.reload()
    there.locator("#chat-list button", has_text="☁ What is 1 + 2?").click()
    expect(there.locator("#messages > li")).to_have_count(2)
    ask(there, "What is 3 + 4?")
    assert until(there, lambda: len(kept_messages(host, name)) == 4)
    ask(here, "Once upon a time")
    dialog = here.locator("dialog.conflict")
    expect(dialog).to_contain_text("Two versions of this chat")
    expect(dialog).to_contain_text("4 messages")
    dialog.get_by_role("button", name="Keep both").click()
    expect(here.locator("#chat-list li")).to_have_count(2)
    texts = []
    for place in range(2):
        here.locator("#chat-list li .wide").nth(place).click()
        expect(here.locator("#chat-list li").nth(place).locator("[aria-current]")).to_be_visible()
        for question in range(2):
            expect(here.locator("#messages > li.user .body").nth(question)).not_to_be_empty()
        texts.append(here.locator("#messages > li.user .body").all_text_contents())
    assert sorted(texts) == [["What is 1 + 2?", "Once upon a time"], ["What is 1 + 2?", "What is 3 + 4?"]]
