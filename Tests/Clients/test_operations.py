"""How the host is watched, bounded and ended, with the programs that do so."""

import http.client
import json
import re
import signal
import socket
import threading
import time
import urllib.error
import urllib.request

import openai
import pytest
from prometheus_client.parser import text_string_to_metric_families

from conftest import ROOT, Host


@pytest.fixture()
def demo(tmp_path):
    hosts = []

    def run(*flags):
        hosts.append(Host(ROOT / "models", "--model", "demo", "--threads", "1", *flags, cwd=tmp_path))
        wait_until_ready(hosts[-1])
        return hosts[-1]

    yield run
    for host in hosts:
        host.stop()


def wait_until_ready(host, seconds=30):
    end = time.monotonic() + seconds
    while host.get("/health/ready")[0] != 200:
        assert time.monotonic() < end, host.log_text()
        time.sleep(0.02)


def open_stream(host, tokens=60, pace=20):
    """A text that takes tokens / pace seconds."""
    body = {"prompt": "Once upon a time", "max_tokens": tokens, "max_tokens_second": pace, "stream": True, "ban_eos_token": True}
    request = urllib.request.Request(
        host.url + "/v1/completions", json.dumps(body).encode(), {"Content-Type": "application/json"})
    reply = urllib.request.urlopen(request, timeout=60)
    assert reply.readline().startswith(b"data: ")
    return reply


def raw_status(host, method, path, body=b""):
    with socket.create_connection(("127.0.0.1", host.port), 10) as connection:
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)
        data = b""
        while part := connection.recv(65536):
            data += part
        return data.decode()


def test_metrics_are_what_prometheus_reads(host):
    client = openai.OpenAI(base_url=host.url + "/v1", api_key="none", max_retries=0)
    client.completions.create(model="tiny-pth/rwkv4-tiny.pth", prompt="The quick brown fox", max_tokens=9)
    with urllib.request.urlopen(host.url + "/metrics") as reply:
        assert reply.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        families = {family.name: family for family in text_string_to_metric_families(reply.read().decode())}
    value = {}
    for family in families.values():
        for sample in family.samples:
            value[(sample.name, *sorted(sample.labels.values()))] = sample.value
    model = "tiny-pth/rwkv4-tiny.pth"
    assert value[("modelhost_generated_tokens_total", model)] >= 9
    assert value[("modelhost_prompt_tokens_total", model)] >= 5
    assert value[("modelhost_time_to_first_token_seconds_count", model)] >= 1
    assert value[("modelhost_requests_running", model)] == 0
    assert value[("process_resident_memory_bytes",)] > 1e6
    assert families["modelhost_inter_token_seconds"].type == "histogram"
    assert {"modelhost_queue_seconds", "modelhost_model_loads", "modelhost_state_cache_lookups", "modelhost_aborts",
            "modelhost_prompt_tokens_waiting", "modelhost_build_info"} <= set(families)


def test_sigterm_lets_a_stream_finish_while_health_still_answers(demo):
    host = demo()
    stream = open_stream(host)
    host.process.send_signal(signal.SIGTERM)
    end = time.monotonic() + 5
    while host.get("/health/ready")[0] != 503:
        assert time.monotonic() < end
    assert host.get("/health/live")[0] == 200
    refusal = raw_status(host, "POST", "/v1/completions", b'{"prompt": "x"}').lower()
    assert " 503 " in refusal.split("\r\n")[0] and "retry-after: " in refusal and "connection: close" in refusal
    assert stream.read().endswith(b"data: [DONE]\n\n")
    assert host.process.wait(20) == 0
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", host.port), 1)


def test_in_its_grace_a_host_serves_though_it_is_not_ready(demo):
    host = demo("--drain-grace", "2")
    host.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    assert host.get("/health/ready")[0] == 503
    assert host.post("/v1/completions", {"prompt": "x", "max_tokens": 2})[0] == 200
    assert host.process.wait(20) == 0


def test_a_stream_that_takes_too_long_is_cut(demo):
    host = demo("--shutdown-timeout", "1")
    stream = open_stream(host, tokens=600)
    start = time.monotonic()
    host.process.send_signal(signal.SIGTERM)
    with pytest.raises((http.client.HTTPException, OSError)):
        # The last chunk is missing, so that nobody takes it for the whole.
        stream.read()
    # The stream would have taken 30 seconds.
    assert host.process.wait(20) == 0 and time.monotonic() - start < 15


def test_what_is_idle_or_half_sent_does_not_delay_the_end(demo):
    from websockets.sync.client import connect

    host = demo()
    half = socket.create_connection(("127.0.0.1", host.port))
    half.sendall(b"GET /v1/models HTTP/1.1\r\nHo")
    codes = []
    with connect(f"ws://127.0.0.1:{host.port}/api/v1/stream") as channel:
        watcher = threading.Thread(target=lambda: codes.append(close_code(channel)))
        watcher.start()
        time.sleep(0.2)
        start = time.monotonic()
        host.process.send_signal(signal.SIGTERM)
        # At once; the rest is for a busy machine.
        assert host.process.wait(10) == 0
        assert time.monotonic() - start < 5
        watcher.join(5)
    assert codes == [1001]
    half.close()


def close_code(channel):
    from websockets.exceptions import ConnectionClosed

    try:
        channel.recv(10)
    except ConnectionClosed as closed:
        return closed.rcvd.code


def log_objects(host):
    return [json.loads(line) for line in host.log_text().splitlines()]


def test_the_log_as_json_has_one_line_for_each_answer_also_for_one_that_was_left(demo):
    host = demo("--log-format", "json")
    host.post("/v1/completions", {"prompt": "Once", "max_tokens": 3})
    stream = open_stream(host, tokens=600)
    for _ in range(8):
        stream.readline()
    stream.close()
    with socket.create_connection(("127.0.0.1", host.port)) as connection:
        connection.sendall(b"NONSENSE\r\n\r\n")
        reply = connection.recv(65536).decode()
    bad_id = re.search(r"X-Request-Id: (\S+)", reply).group(1)
    end = time.monotonic() + 10
    while not (left := [e for e in log_objects(host) if e.get("outcome") == "left"]):
        assert time.monotonic() < end, host.log_text()
        time.sleep(0.05)
    assert len(left) == 1, left
    assert left[0]["completion_tokens"] > 0 and left[0]["bytes"] > 0 and left[0]["path"] == "/v1/completions"
    done = [e for e in log_objects(host) if e.get("path") == "/v1/completions" and e["outcome"] == "done"]
    assert done[0]["completion_tokens"] == 3 and done[0]["prompt_tokens"] == 1 and done[0]["time_to_first_token"] > 0
    assert [e["status"] for e in log_objects(host) if e.get("request_id") == bad_id] == [400]


def test_a_prompt_over_the_limit_is_what_clients_shorten(demo):
    host = demo("--max-prompt-tokens", "64")
    client = openai.OpenAI(base_url=host.url + "/v1", api_key="none", max_retries=0)
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="demo", messages=[{"role": "user", "content": "word " * 200}], max_tokens=1)
    assert caught.value.code == "context_length_exceeded" and "maximum context length is 64 tokens" in str(caught.value)
    assert host.get("/v1/models")[1]["data"][0]["max_model_len"] == 64
    assert host.get("/props")[1]["default_generation_settings"]["n_ctx"] == 64
    # Megabytes are refused before they are cut into tokens.
    start = time.monotonic()
    status, reply = host.post("/v1/completions", {"prompt": "hello " * 2_500_000, "max_tokens": 1})
    assert status == 400 and reply["error"]["code"] == "context_length_exceeded" and time.monotonic() - start < 20


def test_an_unused_model_goes_and_comes_back(demo):
    host = demo("--idle-timeout", "0.02")
    end = time.monotonic() + 20
    while not host.get("/v1/internal/status")[1]["asleep"]:
        assert time.monotonic() < end, host.log_text()
        time.sleep(0.1)
    assert host.get("/health/ready")[0] == 200 and host.get("/v1/internal/model/info")[1]["model_name"] == "demo"
    assert host.get("/v1/internal/status")[1]["models"] == []
    assert host.post("/v1/completions", {"prompt": "Once", "max_tokens": 2})[0] == 200


def test_events_tell_of_a_load(demo):
    host = demo()
    names = []
    with urllib.request.urlopen(host.url + "/v1/internal/events", timeout=20) as events:
        def read_until(name, **fields):
            while True:
                line = events.readline().decode()
                if line.startswith("data: "):
                    value = json.loads(line[6:])
                    names.append(value["type"])
                    if value["type"] == name and all(value.get(k) == v for k, v in fields.items()):
                        return value

        models = read_until("models")["models"]
        assert {"id": "demo", "state": "ready"} in models
        assert read_until("status")["running"] == 0
        host.post("/v1/internal/model/unload", {})
        assert {"id": "demo", "state": "ready"} not in read_until("models")["models"]
        threading.Thread(target=lambda: host.post("/v1/internal/model/load", {"model_name": "demo"})).start()
        assert read_until("load", state="ready")["model_name"] == "demo"
