"""Schemas as zod 4 writes them: everything that its `toJSONSchema` gives compiles, for every target.

zod itself comes with Playwright, whose package brings a Node and a bundle with it in; nothing else of it is used.
"""

import json
import pathlib
import subprocess

import pytest

playwright = pytest.importorskip("playwright")

MODEL = "tiny-pth/rwkv4-tiny.pth"
DRIVER = pathlib.Path(playwright.__file__).parent / "driver"


@pytest.fixture(scope="module")
def schemas():
    bundle, node = DRIVER / "package" / "lib" / "utilsBundle.js", DRIVER / "node"
    if not bundle.exists() or not node.exists():
        pytest.skip("this Playwright has no Node, or no bundle with zod")
    script = pathlib.Path(__file__).parent / "zod_schemas.js"
    written = subprocess.run([node, script, bundle], capture_output=True, text=True, timeout=60)
    if "is not a function" in written.stderr and not written.stdout:
        pytest.skip("the zod in this Playwright lacks a type: " + written.stderr.splitlines()[-1])
    assert written.returncode == 0, written.stderr
    return json.loads(written.stdout)


def test_everything_that_zod_writes_compiles(host, schemas):
    distinct = {json.dumps(schema, sort_keys=True): name for name, schema in schemas.items()}
    assert len(distinct) > 500
    refused = []
    for text, name in distinct.items():
        status, reply = host.post("/v1/completions", {"model": MODEL, "prompt": "x", "max_tokens": 1, "json_schema": json.loads(text)})
        if status != 200:
            refused.append((name, reply["error"]["message"]))
    assert refused == []


WRITTEN = [
    "hostname", "multipleOf.0.25", "multipleOf.0.0625", "int.multipleOf.365", "int.multipleOf.3600", "xor", "emoji", "email", "uuid", "iso.datetime",
    "iso.duration", "discriminatedUnion", "record.enum", "tuple.rest", "agent", "step.0.1.bounded", "url", "ipv6", "record.regex",
]


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_is_what_zod_takes(host, schemas, name, tmp_path):
    texts = []
    for seed in range(3):
        status, reply = host.post("/v1/completions", {
            "model": MODEL, "prompt": "x", "temperature": 1, "top_k": 20, "seed": seed, "max_tokens": 700,
            "json_schema": schemas[f"{name} (draft-2020-12, output)"]})
        assert status == 200, reply
        if reply["choices"][0]["finish_reason"] == "stop":
            texts.append(reply["choices"][0]["text"])
    assert texts
    script = pathlib.Path(__file__).parent / "zod_schemas.js"
    checked = subprocess.run(
        [DRIVER / "node", script, DRIVER / "package" / "lib" / "utilsBundle.js", name], input=json.dumps(texts), capture_output=True, text=True,
        timeout=60)
    assert checked.returncode == 0 and json.loads(checked.stdout) == [True] * len(texts), (texts, checked.stdout, checked.stderr)
