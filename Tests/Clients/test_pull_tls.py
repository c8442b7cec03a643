"""`modelhost pull` over TLS, from a hub of our own with a certificate made here."""

import email.utils
import json
import os
import ssl
import threading
import time
import urllib.request

import pytest
import trustme

from conftest import FIXTURES
from running_host import Host
from running_hub import Hub, environment, names, noise, pull

CONTENT = noise(300_000)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    authority = trustme.CA()
    path = tmp_path_factory.mktemp("authority") / "authority.pem"
    authority.cert_pem.write_to_path(path)
    authority.path = str(path)
    return authority


@pytest.fixture()
def hub(authority):
    hubs = []

    def make(repositories, *hosts):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*(hosts or ("localhost", "127.0.0.1"))).configure_cert(context)
        hubs.append(Hub(repositories, tls=context))
        return hubs[-1]

    yield make
    for one in hubs:
        one.close()


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "CURL_CA_BUNDLE"])
def test_a_certificate_is_trusted_where_its_authority_is_named(hub, authority, tmp_path, variable):
    source = hub({"a/b": {"w.gguf": CONTENT}})
    refused = pull(source, tmp_path, "a/b")
    assert refused.returncode == 1 and "certificate" in refused.stderr, refused.stderr
    assert names(tmp_path) == [] and not any(path.startswith("/cdn/") for path, _ in source.requests)
    done = pull(source, tmp_path, "a/b", **{variable: authority.path}, HF_TOKEN="hf_secret")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "models" / "w.gguf").read_bytes() == CONTENT
    # The token goes to the hub alone, and not to the host that it sends on to.
    for path, headers in source.requests:
        assert ("hf_secret" in str(headers)) == (not path.startswith("/cdn/")), (path, headers)


def test_a_certificate_of_another_name_or_authority_is_refused_at_once(hub, authority, tmp_path):
    other = hub({"a/b": {"w.gguf": CONTENT}}, "elsewhere.example")
    began = time.monotonic()
    done = pull(other, tmp_path, "a/b", SSL_CERT_FILE=authority.path, HF_TOKEN="hf_secret")
    assert done.returncode == 1 and other.requests == [] and time.monotonic() - began < 10, done.stderr
    stranger = tmp_path / "stranger.pem"
    trustme.CA().cert_pem.write_to_path(stranger)
    source = hub({"a/b": {"w.gguf": CONTENT}})
    done = pull(source, tmp_path, "a/b", SSL_CERT_FILE=str(stranger))
    assert done.returncode == 1 and "certificate" in done.stderr and source.requests == [], done.stderr
    done = pull(source, tmp_path, "a/b", SSL_CERT_FILE=str(tmp_path / "nowhere.pem"))
    assert done.returncode == 1 and "SSL_CERT_FILE" in done.stderr, done.stderr


def test_nothing_is_fetched_without_encryption_from_a_hub_that_has_it(hub, authority, tmp_path):
    source = hub({"a/b": {"w.gguf": CONTENT}})

    def change(handler, path, content):
        if content is None:
            return False
        source.send(handler, 302, b"", {"Location": f"http://127.0.0.1:{source.port}/plain"})
        return True

    source.change = change
    done = pull(source, tmp_path, "a/b", SSL_CERT_FILE=authority.path)
    assert done.returncode == 1 and "without encryption" in done.stderr, done.stderr
    assert set(names(tmp_path / "models")) <= {"w.gguf.part"}


def test_cut_connections_and_pauses_until_a_date_are_waited_for(hub, authority, tmp_path):
    source = hub({"a/b": {"w.gguf": CONTENT}})
    counts = {"list": 0, "file": 0}

    def change(handler, path, content):
        kind = "file" if content else "list"
        counts[kind] += 1
        if kind == "list" and counts[kind] == 1:
            until = email.utils.formatdate(time.time() + 2, usegmt=True)
            source.send(handler, 429, b"slowly", {"Retry-After": until})
            return True
        if kind == "file" and counts[kind] < 3:
            source.send_file(handler, content, cut_after=100_000)
            return True
        return False

    source.change = change
    done = pull(source, tmp_path, "a/b", SSL_CERT_FILE=authority.path)
    assert done.returncode == 0, done.stderr
    assert "HTTP 429" in done.stderr and ("trying again in 2 s" in done.stderr or "trying again in 1 s" in done.stderr)
    assert (tmp_path / "models" / "w.gguf").read_bytes() == CONTENT
    ranges = [headers.get("Range") for path, headers in source.requests if path.startswith("/cdn/")]
    assert ranges[0] is None and len(ranges) == 3 and ranges[1] < ranges[2]


def test_a_download_is_told_among_the_events_of_the_host(hub, authority, tmp_path, monkeypatch):
    folder = FIXTURES / "models" / "rwkv4-tiny-hf"
    source = hub({"RWKV/tiny": {path.name: path.read_bytes() for path in folder.iterdir()}})
    source.pace = 200_000
    variables = environment(source, SSL_CERT_FILE=authority.path)
    for name in set(os.environ) - set(variables):
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "models").mkdir()
    host = Host(tmp_path / "models", cwd=tmp_path)
    seen = []

    def read():
        with urllib.request.urlopen(f"{host.url}/v1/internal/events", timeout=60) as stream:
            for line in stream:
                if line.startswith(b"data: "):
                    seen.append(json.loads(line[6:]))

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    while not seen:
        time.sleep(0.05)
    assert host.post("/v1/internal/model/pull", {"repo": "RWKV/tiny"})[0] == 202
    deadline = time.monotonic() + 30
    # By itself the new model is in the list, once it is whole.
    while not any(event["type"] == "models" and {"id": "tiny", "state": "available"} in event["models"] for event in seen):
        assert time.monotonic() < deadline, seen
        time.sleep(0.1)
    pulls = [event for event in seen if event["type"] == "pull"]
    assert pulls[-1]["state"] == "finished" and pulls[-1]["model_names"] == ["tiny"]
    assert len({event["completed_bytes"] for event in pulls}) > 2, pulls
    assert host.stop() == 0
    reader.join(10)
    assert seen[-1]["type"] == "end"
