"""Extensions in the built program: compiled from source, over HTTP, beside some that fail."""

import shutil

import pytest

from conftest import ROOT, Host

UPPER = """
import HostCore

struct Upper: HostExtension {
    struct Refusal: Error {}

    init(parameters: ExtensionParameters) {}

    func setup(_ registrar: any ExtensionRegistrar) throws {
        try registrar.register(ExtensionEndpoint("GET", "status") { _ in .json(["shouts": true]) })
    }

    func inputModifier(_ text: String, state: RequestParameters) throws -> String {
        if text == "throw" { throw Refusal() }
        return text
    }

    func logitsProcessor(for state: RequestParameters, tokenizer: any Tokenizer) -> (any LogitsProcessor)? {
        state.fields["only_a"] == true ? Only(byte: UInt8(ascii: "a")) : nil
    }

    func outputModifier(for state: RequestParameters) -> OutputModifier? { { $0.uppercased() } }
}

struct Only: LogitsProcessor {
    let byte: UInt8
    mutating func process(_ logits: inout [Float]) {
        for token in logits.indices where token != Int(byte) { logits[token] = -.infinity }
    }
}

func modelHostExtension() -> any HostExtension.Type { Upper.self }
"""


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    if shutil.which("swiftc") is None:
        pytest.skip("there is no swiftc on the search path")
    folder = tmp_path_factory.mktemp("extensions")
    extensions, models = folder / "extensions", folder / "models"
    shutil.copytree(ROOT / "extensions" / "Example", extensions / "Example")
    for name, source in (("upper", UPPER), ("broken", "import HostCore\nlet x: Int = \"\"\n")):
        (extensions / name).mkdir()
        (extensions / name / f"{name}.swift").write_text(source)
    models.mkdir()
    (models / "bird.parrot").write_text("parrot:hello world. ")
    (models / "silent.parrot").write_text("parrot:")
    host = Host(models, "--extensions", "upper", "broken", "Example", "nothing", "--model", "bird.parrot", cwd=folder)
    yield host
    assert host.stop() == 0


def states(host):
    return {e["name"]: e for e in host.get("/v1/internal/extensions")[1]["extensions"]}


def test_the_ones_that_fail_are_off_with_a_reason_and_the_others_on(host):
    found = states(host)
    assert list(found) == ["upper", "broken", "Example", "nothing"]
    assert found["Example"]["active"] and found["Example"]["loaders"] == ["parrot"]
    assert not found["broken"]["active"] and "broken.swift:2:" in found["broken"]["error"]
    assert not found["nothing"]["active"] and found["nothing"]["error_code"] == "notFound"
    assert "broken.swift:2:" in host.log_text()


def test_a_model_of_an_extension_generates_with_the_whole_pipeline(host):
    status, answer = host.post("/v1/completions", {"prompt": "hel", "max_tokens": 6, "temperature": 0, "logprobs": 1})
    assert status == 200 and answer["choices"][0]["text"] == "LO WOR"
    assert answer["choices"][0]["logprobs"]["tokens"] == list("lo wor")
    status, answer = host.post(
        "/v1/completions", {"prompt": "x", "max_tokens": 4, "only_a": True})
    assert answer["choices"][0]["text"] == "AAAA"


def test_its_route_answers(host):
    assert host.get("/extensions/upper/status") == (200, {"shouts": True})


def test_an_error_thrown_inside_keeps_its_type(host):
    status, answer = host.post("/v1/internal/model/load", {"model_name": "silent.parrot"})
    assert status == 400 and answer["error"]["code"] == "load_corrupt"
    assert "no words to say" in answer["error"]["message"]


def test_a_hook_that_throws_switches_its_extension_off_and_the_request_goes_on(host):
    status, answer = host.post("/v1/completions", {"prompt": "throw", "max_tokens": 5, "temperature": 0})
    assert status == 200 and answer["choices"][0]["text"] == "hello"
    assert "inputModifier" in states(host)["upper"]["error"]
    assert host.request("GET", "/extensions/upper/status")[0] == 404


def test_a_second_start_takes_what_was_compiled(host, tmp_path):
    models = tmp_path / "models"
    models.mkdir()
    again = Host(models, "--extension-dir", str(ROOT / "extensions"), "--extensions", "Example", cwd=tmp_path)
    try:
        assert states(again)["Example"]["origin"] == "cached"
    finally:
        again.stop()
