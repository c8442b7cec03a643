"""The page in real Chromium: a host on a free port, an empty profile for each test, and no console error unnoticed.

Needs a Chromium (`apt-get install chromium-headless-shell`) and the packages of requirements.txt; without them every test is
skipped. `PAGE_DIR` serves the page's files from a folder instead of those in the program.
"""

import json
import os
import pathlib
import re
import shutil
import struct
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PICTURES = ROOT / ".build" / "page"
sys.path.insert(0, str(ROOT / "Tests" / "Clients"))

from running_host import BINARY, Host  # noqa: E402  (the clients' host serves the browser, too)

# How long anything may take, in milliseconds; only a machine that has much else to do needs it.
PATIENCE = 20_000

try:
    from playwright.sync_api import expect, sync_playwright
    expect.set_options(timeout=PATIENCE)
except ImportError:
    sync_playwright = None

BROWSER = os.environ.get("CHROMIUM") or next(
    (path for name in ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
ALLOWED = re.compile(r"Failed to load resource|net::ERR_")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """Two at a time, where pytest-xdist is there: a browser and a host of its own for each half of the tests."""
    if getattr(config.option, "numprocesses", 2) is None and not hasattr(config, "workerinput"):
        config.option.numprocesses = 2


def pytest_collection_modifyitems(items):
    missing = "no Playwright" if sync_playwright is None else None if BROWSER else "no Chromium"
    missing = missing or (None if BINARY.exists() else f"{BINARY} is not built")
    if missing:
        for item in items:
            item.add_marker(pytest.mark.skip(reason=f"{missing}: the page is not tested"))


def flags():
    folder = os.environ.get("PAGE_DIR")
    return ["--page-dir", folder] if folder else []


def deeper_model(target, layers):
    """The demo with layers that add nothing: the same text by another model."""
    source = ROOT / "models" / "demo"
    target.mkdir(parents=True)
    data = (source / "model.safetensors").read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header, base = json.loads(data[8:8 + size]), 8 + size
    header.pop("__metadata__", None)
    tensors = {name: (entry["dtype"], entry["shape"], data[base + entry["data_offsets"][0]:base + entry["data_offsets"][1]])
               for name, entry in header.items()}
    for name in [name for name in tensors if ".blocks.5." in name]:
        dtype, shape, values = tensors[name]
        if name.endswith(("attention.output.weight", "feed_forward.value.weight")):
            values = bytes(len(values))
        for layer in range(6, layers):
            tensors[name.replace(".blocks.5.", f".blocks.{layer}.")] = (dtype, shape, values)
    placed, offset = {}, 0
    for name, (dtype, shape, values) in tensors.items():
        placed[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + len(values)]}
        offset += len(values)
    text = json.dumps(placed).encode()
    text += b" " * (-len(text) % 8)
    with open(target / "model.safetensors", "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text)
        for _, _, values in tensors.values():
            out.write(values)
    config = json.loads((source / "config.json").read_text())
    config["num_hidden_layers"] = layers
    (target / "config.json").write_text(json.dumps(config))
    for name in ("generation_config.json", "tokenizer.json", "tokenizer_config.json"):
        shutil.copy(source / name, target / name)


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """The demo, the same with twice the layers, and a file that is cut."""
    folder = tmp_path_factory.mktemp("page") / "models"
    shutil.copytree(ROOT / "models" / "demo", folder / "demo")
    deeper_model(folder / "deeper", layers=12)
    source = ROOT / "Tests" / "Fixtures" / "models" / "rwkv4-tiny"
    (folder / "broken.pth").write_bytes((source / "rwkv4-tiny.pth").read_bytes()[:3000])
    return folder


CHARACTER = """name: Ada
context: Ada counts stars.
greeting: Good morning, {{user}}. I am {{char}}.
"""


@pytest.fixture(scope="session")
def host(models):
    """The demo, with a character; all tests that change nothing of a host share it."""
    characters = models.parent / "user_data" / "characters"
    characters.mkdir(parents=True)
    (characters / "Ada.yaml").write_text(CHARACTER)
    host = Host(models, "--model", "demo", *flags(), cwd=models.parent)
    yield host
    host.stop()


@pytest.fixture()
def start(tmp_path, models):
    """Starts further hosts, which end with the test."""
    hosts = []

    def run(*more, model="demo", folder=None, port=None):
        arguments = ["--model", model] if model else []
        hosts.append(Host(folder or models, "--chat-dir", str(tmp_path / "chats"), *arguments, *more, *flags(), cwd=tmp_path, port=port))
        return hosts[-1]

    yield run
    for host in hosts:
        if host.process.poll() is None:
            host.stop()


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield browser
        browser.close()


class Watched:
    """A browser profile of its own; anything odd on a console fails the test, unless the test says that it must be so."""

    def __init__(self, browser, url, **options):
        options = {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", **options}
        self.context = browser.new_context(base_url=url, **options)
        self.context.set_default_timeout(PATIENCE)
        self.problems = []
        self.url = url

    def page(self, path="/"):
        page = self.context.new_page()
        page.on("console", lambda message: message.type in ("error", "warning") and not ALLOWED.search(message.text)
                and self.problems.append(message.text))
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("request", lambda request: request.url.startswith((self.url, "blob:", "data:")) or self.problems.append(
            f"asked {request.url}"))
        page.goto(path)
        page.locator("html.ready").wait_for()
        return page


@pytest.fixture()
def profile(browser):
    """Opens profiles; each is looked at in the end."""
    profiles = []

    def open_profile(url, **options):
        profiles.append(Watched(browser, url, **options))
        return profiles[-1]

    yield open_profile
    problems = [problem for profile in profiles for problem in profile.problems]
    for profile in profiles:
        profile.context.close()
    assert problems == []


@pytest.fixture()
def page(host, profile):
    return profile(host.url).page()


def slow_down(page, tokens_per_second=25):
    """Has the host write no faster from now on, in all tabs of the profile."""
    def change(route):
        body = {**route.request.post_data_json, "max_tokens_second": tokens_per_second}
        route.continue_(post_data=json.dumps(body))
    page.context.route(re.compile(r"/v1/(chat/)?completions$"), change)


def ask(page, text, wait=True):
    """Sends a message, and waits for the end of its answer."""
    count = page.locator("#messages > li.model").count()
    page.locator("#input").fill(text)
    page.locator("#send").click()
    if wait:
        answer = page.locator("#messages > li.model").nth(count)
        answer.locator(".facts").wait_for()
        return answer.locator(".body").text_content()


def until(page, check, seconds=PATIENCE / 1000):
    """What a check finds at last, while the page goes on."""
    deadline = time.monotonic() + seconds
    while not (found := check()) and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    return found


def last_message(page):
    """The message of the open conversation that was made last, as the page holds it."""
    return page.evaluate("""async () => {
        const { current } = await import("/page/lib/chat.js");
        return [...current.tree.messages.values()].at(-1);
    }""")


def picture(page, name):
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")
