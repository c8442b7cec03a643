"""Models that change while the host runs."""

import json
import threading
import time
import urllib.request

PTH = "tiny-pth/rwkv4-tiny.pth"
FOLDER = "rwkv4-tiny-hf"


def test_a_stream_goes_on_through_a_switch(start, models):
    host = start(models, "--model", PTH)
    body = json.dumps({"model": PTH, "prompt": "Hi", "max_tokens": 3000, "stream": True, "ban_eos_token": True}).encode()
    request = urllib.request.Request(host.url + "/v1/completions", body, {"Content-Type": "application/json"})
    lines = []

    def read():
        with urllib.request.urlopen(request, timeout=120) as reply:
            lines.extend(line for line in reply if line.startswith(b"data:"))

    reader = threading.Thread(target=read)
    reader.start()
    while len(lines) < 5:
        time.sleep(0.01)
    status, reply = host.post("/v1/internal/model/load", {"model_name": FOLDER})
    assert status == 200, reply
    assert host.get("/v1/internal/model/info")[1]["model_name"] == FOLDER
    reader.join(120)
    assert lines[-1].strip() == b"data: [DONE]"
    last = json.loads(lines[-2][len(b"data: "):])
    assert last["choices"][0]["finish_reason"] == "length" and last["model"] == PTH


def test_the_model_field_loads_on_demand(start, models):
    host = start(models, "--model", PTH)
    for name in (FOLDER, PTH, FOLDER):
        status, reply = host.post("/v1/completions", {"model": name, "prompt": "Hi", "max_tokens": 2})
        assert status == 200 and reply["model"] == name
    status, reply = host.post("/v1/completions", {"model": "gpt-4o", "prompt": "Hi", "max_tokens": 2})
    assert status == 200 and reply["model"] == FOLDER


def test_memory_comes_back_after_twenty_switches(start, models):
    host = start(models, "--model", PTH)

    def switch():
        for name in (FOLDER, PTH):
            status, reply = host.post("/v1/completions", {"model": name, "prompt": "Hi", "max_tokens": 8})
            assert status == 200, reply

    for _ in range(3):
        switch()
    before = host.resident_bytes()
    for _ in range(10):
        switch()
    assert host.resident_bytes() <= before * 1.05 + 500_000
