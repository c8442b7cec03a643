"""What a chat is told beside its messages, by the host's own routes: characters, templates, presets, tuned states."""

import json

import pytest
from conftest import ask, last_message, until
from playwright.sync_api import expect
from small_models import add_byte_model, add_tuned_state


@pytest.fixture()
def prompts(page):
    """The page with its panel open, and the bodies of the chat requests that it sends."""
    bodies = []
    page.on("request", lambda request: request.url.endswith("/v1/chat/completions") and bodies.append(request.post_data_json))
    page.locator("#prompt-panel > summary").click()
    page.sent = bodies
    return page


def open_chat(page):
    return page.evaluate("async () => (await import('/page/lib/chat.js')).current.chat")


def exact_prompt(page):
    page.locator("li.model").last.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="exact prompt").click()
    expect(page.locator("#prompt-dialog")).to_be_visible()
    text = page.locator("#prompt-text").inner_text()
    page.keyboard.press("Escape")
    return text


def test_a_character_greets_and_is_part_of_the_prompt(prompts):
    prompts.locator("#prompt-name1").fill("Bo")
    assert until(prompts, lambda: open_chat(prompts).get("name1") == "Bo")
    prompts.locator("#prompt-character").select_option("Ada")
    expect(prompts.locator("li.model .body")).to_have_text("Good morning, Bo. I am Ada.")
    ask(prompts, "What is 1 + 2?")
    assert prompts.sent[-1]["character"] == "Ada" and prompts.sent[-1]["name1"] == "Bo"
    prompts.locator("#prompt-mode").select_option("chat")
    text = exact_prompt(prompts)
    assert "Ada counts stars." in text and "Bo: What is 1 + 2?" in text
    prompts.reload()
    expect(prompts.locator("#prompt-character")).to_have_value("Ada")
    prompts.locator("#new-chat").click()
    expect(prompts.locator("#prompt-character")).to_have_value("")


def test_a_template_a_system_message_and_a_beginning_change_the_prompt(prompts):
    prompts.locator("#prompt-instruction_template").select_option("Alpaca")
    prompts.locator("#prompt-system").fill("Answer in one word.")
    prompts.locator("#prompt-start").fill("It is")
    assert until(prompts, lambda: open_chat(prompts).get("start") == "It is" and open_chat(prompts).get("system"))
    answer = ask(prompts, "What is 1 + 2?")
    assert answer.startswith("It is")
    text = exact_prompt(prompts)
    assert "### Instruction:" in text and "Answer in one word." in text and "### Response:" in text


def test_a_preset_of_the_host_is_what_its_requests_name(host, prompts):
    names = host.get("/v1/internal/presets")[1]["presets"]
    expect(prompts.locator("#preset option")).to_have_text(["none", *names])
    prompts.locator("#preset").select_option("Deterministic")
    first = ask(prompts, "Once upon a time")
    prompts.locator("#new-chat").click()
    assert ask(prompts, "Once upon a time") == first
    assert prompts.sent[-1]["preset"] == "Deterministic"
    prompts.locator("#preset").select_option("")
    prompts.locator("#new-chat").click()
    ask(prompts, "What is 1 + 2?")
    assert "preset" not in prompts.sent[-1]


def test_a_chat_begins_from_a_tuned_state(start, profile, tmp_path):
    folder = tmp_path / "models"
    add_byte_model(folder, "rwkv7-tiny")
    add_tuned_state(folder / "tuned.pth")
    page = profile(start(model="rwkv7-tiny.pth", folder=folder).url).page()
    bodies = []
    page.on("request", lambda request: request.url.endswith("/v1/chat/completions") and bodies.append(request.post_data_json))
    page.locator("#prompt-panel > summary").click()
    expect(page.locator("#prompt-initial_state option")).to_have_text(["none", "tuned.pth"])
    page.locator("#knob-max_tokens").fill("4")
    page.locator("#knob-temperature").fill("0")
    texts = []
    for state in ("", "tuned.pth"):
        page.locator("#prompt-initial_state").select_option(state)
        ask(page, "abc")
        texts.append(last_message(page)["tokens"]["ids"])
        page.locator("#new-chat").click()
    assert texts[0] != texts[1] and bodies[-1]["initial_state"] == "tuned.pth"
    page.locator("nav a", has_text="Models").click()
    expect(page.locator("#cards > li", has_text="tuned.pth")).to_contain_text("A tuned state")


def test_states_are_saved_listed_and_gone_on_from(start, profile):
    page = profile(start().url).page()
    ask(page, "What is 1 + 2?")
    page.locator("#state-save").click()
    page.get_by_label("Name of the state").fill("sums")
    page.locator("#state-list").get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("Saved: sums")
    page.locator("#state-fork").click()
    expect(page.locator("#chat-list li")).to_have_count(2)
    page.locator("#state-load").click()
    expect(page.locator("#state-list li")).to_contain_text("KiB")
    page.locator("#state-list").get_by_role("button", name="sums").click()
    expect(page.locator("#messages > li")).to_have_count(0)
    ask(page, "What is 3 + 4?")
    expect(page.locator("#chat-list")).to_contain_text("From sums")


def test_sampling_is_shared_as_json(page, tmp_path):
    page.locator("#knob-temperature").fill("0.3")
    file = tmp_path / "sampling.json"
    file.write_text(json.dumps({"top_p": 0.4, "nonsense": 1}))

    def bring_in():
        with page.expect_file_chooser() as chooser:
            page.locator("#sampling").get_by_role("button", name="Import").click()
        chooser.value.set_files(file)

    bring_in()
    expect(page.locator("#toasts")).to_contain_text("without nonsense")
    expect(page.locator("#knob-top_p")).to_have_value("0.4")
    expect(page.locator("#knob-temperature")).to_have_value("0.8")
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.locator("#knob-temperature")).to_have_value("0.3")
    file.write_text("[1]")
    bring_in()
    expect(page.locator("#sampling .failure")).to_contain_text("no sampling settings")
    page.locator("#sampling").get_by_role("button", name="Host's values").click()
    expect(page.locator("#knob-temperature")).to_have_value("0.8")
