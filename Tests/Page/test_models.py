"""The models: what is there, what is wrong with the rest, loading with a plan; and a first visit from nothing to a story."""

import contextlib
import re
import shutil
import signal
import subprocess
import threading
import time

import pytest
from conftest import ROOT, ask, deeper_model, picture
from playwright.sync_api import expect
from running_hub import Hub


def card(page, name):
    return page.locator("#cards > li", has=page.locator("header b", has_text=name))


def test_p6_a_broken_file_is_there_with_its_reason(host, profile):
    page = profile(host.url).page("/#models")
    said = next(entry for entry in host.get("/v1/internal/model/list")[1]["models"] if entry["id"] == "broken.pth")["refusals"]
    why = card(page, "broken.pth").locator(".why")
    expect(why).to_be_visible()
    assert len(why.inner_text()) > 20 and any(why.inner_text() in reason for reason in said)
    assert str(ROOT) not in page.locator("#cards").inner_text()
    expect(card(page, "broken.pth").get_by_role("button", name="Load")).to_have_count(0)


def test_a_plan_is_shown_as_one_types_it_and_a_wrong_one_says_where(host, profile):
    page = profile(host.url).page("/#models")
    deeper = card(page, "deeper")
    deeper.locator("summary", has_text="Load as").click()
    field = deeper.locator("input")
    field.fill("cpu fp32 *8 -> cpu fp32i8")
    expect(deeper.locator(".plan .strip i.fp32")).to_have_count(8)
    expect(deeper.locator(".plan")).to_contain_text("cpu: about")
    field.fill("cpu fp99")
    expect(deeper.locator(".plan .failure")).to_contain_text("column 5")
    expect(field).to_have_attribute("aria-invalid", "true")


def test_a_model_is_loaded_as_one_wants_it_and_unloaded(start, profile):
    page = profile(start().url).page("/#models")
    deeper = card(page, "deeper")
    deeper.locator("summary", has_text="Load as").click()
    deeper.locator("input").fill("cpu bf16")
    deeper.get_by_role("button", name="Load as this").click()
    expect(page.locator("#model-name")).to_have_text("deeper")
    expect(page.locator("#plan-box")).to_contain_text("cpu bf16")
    card(page, "deeper").get_by_role("button", name="Unload").click()
    expect(page.locator("#model-name")).to_have_text("No model")
    expect(page.locator("body")).not_to_be_focused()
    page.goto("/#chat")
    expect(page.locator("#empty")).to_contain_text("No model is loaded")
    expect(page.locator("#send")).to_be_disabled()
    page.get_by_role("button", name="Load demo").click()
    expect(page.locator("#empty")).to_contain_text("Ask demo something")


def test_what_a_plan_failed_with_stands_on_its_card_until_another_client_loads_the_model(start, profile):
    host = start()
    page = profile(host.url).page("/#models")
    page.route("**/v1/internal/model/load", lambda route: route.fulfill(status=500, json={"error": {"message": "no room"}}))
    deeper = card(page, "deeper")
    deeper.locator("summary", has_text="Load as").click()
    deeper.locator("input").fill("cpu bf16")
    deeper.locator("input").press("Enter")
    failure = deeper.locator("> .failure")
    expect(failure).to_have_text("no room")
    expect(deeper.locator("input")).to_be_focused()
    deeper.locator("input").blur()
    host.post("/v1/internal/model/load", {"model_name": "deeper"})
    expect(deeper.get_by_role("button", name="Unload")).to_be_visible()
    expect(failure).to_have_count(0)


def test_one_prompt_in_two_ways_and_what_served_before_serves_again(start, profile):
    host = start()
    host.post("/v1/internal/model/load", {"model_name": "demo", "args": {"rwkv_strategy": "cpu bf16"}})
    page = profile(host.url).page("/#models")
    page.locator("summary", has_text="Side by side").click()
    page.locator("#compare-A").select_option("demo")
    page.locator("#compare-plan-A").fill("cpu fp32")
    page.locator("#compare-B").select_option("deeper")
    page.locator("#compare-plan-B").fill("cpu fp32i8")
    page.get_by_role("button", name="Write both").click()
    results = page.locator(".sides .result")
    expect(results.nth(1)).to_contain_text("bits a token", timeout=40_000)
    expect(results.nth(0)).to_contain_text("cpu fp32 *7")
    expect(results.nth(1)).to_contain_text("cpu fp32i8")
    expect(page.get_by_role("button", name="Write both")).to_be_enabled()
    info = host.get("/v1/internal/model/info")[1]
    assert info["model_name"] == "demo" and info["details"]["plan"] == "cpu bf16 *7"
    page.locator("#compare-plan-A").fill("cpu fp99")
    page.locator("#compare-B").select_option("demo")
    page.locator("#compare-plan-B").fill("")
    page.get_by_role("button", name="Write both").click()
    expect(results.nth(0).locator(".failure")).to_contain_text("column 5")
    expect(page.get_by_role("button", name="Write both")).to_be_enabled(timeout=30_000)
    assert host.get("/v1/internal/model/info")[1]["details"]["plan"] == "cpu bf16 *7"


def test_a_first_visitor_from_an_empty_folder_to_a_branched_story(start, profile, tmp_path):
    folder = tmp_path / "models"
    folder.mkdir()
    page = profile(start(model=None, folder=folder).url).page()
    expect(page.locator("#empty")).to_contain_text("Put one of these into the models/ folder")
    picture(page, "walk-1-empty")
    shutil.copytree(ROOT / "models" / "demo", folder / "demo")
    expect(page.get_by_role("button", name="Load demo")).to_be_visible()
    page.get_by_role("button", name="Load demo").click()
    page.get_by_role("button", name="Once upon a time").click()
    page.locator("li.model .facts").wait_for()
    picture(page, "walk-2-story")
    page.locator("li.model .body .t").nth(7).click()
    picture(page, "walk-3-alternatives")
    page.locator("#alternatives .bar-row:not(.chosen)").first.click()
    expect(page.locator("li.model .versions")).to_contain_text("2/2")
    page.locator("li.model .facts").wait_for()
    picture(page, "walk-4-branched")


def test_the_host_view_tells_what_is_so_and_its_curl_line_works(host, profile):
    page = profile(host.url).page()
    page.locator("#knob-max_tokens").fill("5")
    page.locator("#input").fill("It's here")
    page.locator("nav a", has_text="Host").click()
    expect(page.locator("#host-now")).to_contain_text("demo")
    expect(page.locator("#host-settings")).to_contain_text("model-dir")
    expect(page.locator("#host-extensions")).to_contain_text("None is switched on")
    expect(page.locator("#curl")).to_contain_text('"max_tokens":5')
    if shutil.which("curl"):
        line = page.locator("#curl").inner_text()
        said = subprocess.run(["bash", "-c", line], capture_output=True, text=True).stdout
        assert "data: [DONE]" in said
    page.goto("/#chat")
    ask(page, "What is 1 + 2?")
    page.goto("/#host")
    expect(page.locator("#curl")).to_contain_text("What is 1 + 2?")
    page.goto("/#text")
    page.locator("#text-input").fill("A small house")
    expect(page.locator("#chat-list")).to_contain_text("A small house")
    page.goto("/#host")
    expect(page.locator("#curl")).to_contain_text('"prompt":"A small house"')


@pytest.fixture()
def hub(monkeypatch):
    """A hub on loopback with a small model in many small files, and one of two weights to choose from."""
    folder = ROOT / "Tests" / "Fixtures" / "models" / "rwkv4-tiny-hf-sharded-safetensors"
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    hub = Hub({"RWKV/tiny": files, "me/two": {"one.pth": bytes(5000), "other.pth": bytes(9000)}, "me/large": {"w.gguf": bytes(4_000_000)}})
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    yield hub
    hub.close()


def test_a_model_is_got_from_a_hub_and_loaded(start, profile, hub, tmp_path):
    page = profile(start(model=None, folder=tmp_path / "models").url).page("/#models")
    pulls, field, get = page.locator(".pulls > li"), page.locator("#pull-repo"), page.get_by_role("button", name="Get", exact=True)
    field.fill("RWKV/tiny")
    get.click()
    expect(pulls.first).to_contain_text("is here")
    card(page, "tiny").get_by_role("button", name="Load", exact=True).click()
    expect(page.locator("#model-name")).to_have_text("tiny")
    # One that does not say which of its files is the model: the choice is offered.
    field.fill("me/two")
    get.click()
    choice = page.locator(".pulls").get_by_role("button", name="one.pth")
    expect(choice).to_be_visible()
    field.fill("no/such")
    get.click()
    expect(page.locator(".pulls > li", has_text="no/such").locator(".why")).to_be_visible()
    field.fill("not a name")
    get.click()
    expect(page.locator("#pull .failure")).to_be_visible()


def test_getting_a_model_is_cancelled_and_the_file_is_still_there_as_incomplete(start, profile, hub, tmp_path):
    hub.pace = 400_000
    page = profile(start(model=None, folder=tmp_path / "models").url).page("/#models")
    page.locator("#pull-repo").fill("me/large")
    page.get_by_role("button", name="Get", exact=True).click()
    expect(page.locator(".pulls progress")).to_be_visible()
    expect(page.locator(".pulls")).to_contain_text("/ 3.8 MiB")
    picture(page, "pull-desktop")
    page.locator(".pulls").get_by_role("button", name="Cancel").click()
    expect(page.locator(".pulls")).to_contain_text("cancelled")
    expect(page.locator(".pulls progress")).to_have_count(0)


def test_models_stand_in_the_order_of_their_use(host, profile):
    tab = profile(host.url)
    states = ["unusable", "incomplete", "available", "draining", "loading", "ready"]
    entries = [{"id": f"m-{state}", "state": state, "loader": "x", "architecture": "RWKV-4", "weight_bytes": 1, "refusals": []} for state in states]
    entries.append({"id": "m-tuned", "state": "unusable", "kind": "tuned_state", "loader": None, "architecture": None, "weight_bytes": None, "refusals": ["x: y"]})
    entries.append({**entries[-1], "id": "m-adapter", "kind": "adapter", "refusals": ["x: an adapter, and not a model"]})
    tab.context.route("**/v1/internal/model/list", lambda route: route.fulfill(json={"models": entries}))
    page = tab.page("/#models")
    expect(page.locator("#cards > li header b")).to_have_text([f"m-{state}" for state in reversed(states)] + ["m-tuned", "m-adapter"])
    expect(card(page, "m-adapter").locator(".soft")).to_have_text("an adapter, and not a model")
    expect(card(page, "m-tuned")).to_contain_text("A tuned state")
    for state, kind in (("incomplete", ".soft"), ("unusable", ".why")):
        expect(card(page, f"m-{state}").locator(kind)).to_be_visible()
        expect(card(page, f"m-{state}").get_by_role("button")).to_have_count(0)


@contextlib.contextmanager
def a_tenth_of_the_time(process):
    """Lets a process run a hundredth of a second in each tenth, as if the machine were that much slower."""
    ends = threading.Event()

    def beat():
        while not ends.wait(0.01):
            process.send_signal(signal.SIGSTOP)
            time.sleep(0.09)
            process.send_signal(signal.SIGCONT)

    beats = threading.Thread(target=beat)
    beats.start()
    try:
        yield
    finally:
        ends.set()
        beats.join()


def test_a_slow_load_shows_how_far_it_is_and_once_cancelled_the_model_before_serves_on(start, profile, tmp_path):
    folder = tmp_path / "models"
    shutil.copytree(ROOT / "models" / "demo", folder / "demo")
    deeper_model(folder / "deep", layers=120)
    host = start(folder=folder)
    page = profile(host.url).page("/#models")
    deep = card(page, "deep")
    deep.locator("summary", has_text="Load as").click()
    deep.locator("input").fill("cpu fp32i8")
    with a_tenth_of_the_time(host.process):
        deep.get_by_role("button", name="Load as this").click()
        expect(deep).to_contain_text(re.compile(r"[1-9][\d.]* MiB / \d+ MiB"))
        expect(page.locator("#model-facts")).to_contain_text("%")
        share = deep.locator("progress").evaluate("(bar) => bar.value")
        page.wait_for_function("(share) => document.querySelector('#cards progress')?.value > share", arg=share)
        deep.get_by_role("button", name="Cancel").click()
    expect(deep.locator(".failure")).to_contain_text("cancelled")
    expect(deep.get_by_role("button", name="Load", exact=True)).to_be_visible()
    expect(deep.locator("progress")).to_have_count(0)
    expect(page.locator("#model-name")).to_have_text("demo")
    info = host.get("/v1/internal/model/info")[1]
    assert info["model_name"] == "demo" and info["loading"] is None
    page.goto("/#chat")
    ask(page, "What is 1 + 2?")
    expect(page.locator("li.model .facts")).to_contain_text("demo")


def test_every_route_that_the_page_asks_is_documented(host):
    scripts = "".join(path.read_text() for path in (ROOT / "Sources" / "CHostPage" / "files").rglob("*.js"))
    asked = {re.sub(r"\$\{[^}]*\}.*", "", path).rstrip("/") for path in re.findall(r"[\"`](/v1/[^\"`]*)", scripts)}
    assert len(asked) > 20
    known = host.get("/openapi.json")[1]["paths"]
    assert [path for path in sorted(asked) if not any(route.split("/{")[0].startswith(path) for route in known)] == []
