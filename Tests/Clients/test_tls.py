"""TLS and logins, with Python's own TLS and a certificate made here."""

import base64
import json
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request

import pytest
import trustme

from conftest import FIXTURES
from running_host import BINARY, Host

MODEL = "rwkv4-tiny-hf"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    for part in certificate.cert_chain_pems:
        part.write_to_path(folder / "cert.pem", append=True)
    authority.issue_cert("localhost").private_key_pem.write_to_path(folder / "other.pem")
    authority.cert_pem.write_to_path(folder / "authority.pem")
    (folder / "logins").write_text("ann:secret\nbob:pass:word\n")
    (folder / "logins").chmod(0o600)
    return folder


@pytest.fixture(scope="module")
def host(files):
    host = Host(
        FIXTURES / "models", "--model", MODEL, "--ssl-certfile", str(files / "cert.pem"), "--ssl-keyfile", str(files / "key.pem"),
        "--header-timeout", "1", cwd=files)
    yield host
    assert host.stop() == 0, host.log_text()


@pytest.fixture(scope="module")
def trust(files):
    return ssl.create_default_context(cafile=str(files / "authority.pem"))


def ask(host, trust, path, body=None, **headers):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(host.url + path, data, {"Content-Type": "application/json", **headers})
    return urllib.request.urlopen(request, timeout=60, context=trust)


def connect(host, trust):
    return trust.wrap_socket(socket.create_connection(("127.0.0.1", host.port), 10), server_hostname="localhost")


def test_answers_and_streams_come_whole(host, trust):
    assert host.url.startswith("https://")
    with ask(host, trust, "/v1/models") as reply:
        assert reply.status == 200 and json.loads(reply.read())["data"]
    body = {"prompt": "The quick brown fox", "max_tokens": 30, "seed": 1, "stream": True}
    with ask(host, trust, "/v1/completions", body) as reply:
        assert reply.read().endswith(b"data: [DONE]\n\n")
    # Larger than any record, either way.
    with ask(host, trust, "/v1/internal/encode", {"text": "word " * 200_000}) as reply:
        assert json.loads(reply.read())["length"] > 100_000


def test_version_and_protocol_are_agreed(host, trust):
    context = ssl.create_default_context(cafile=trust_file(host))
    context.set_alpn_protocols(["h2", "http/1.1"])
    with connect(host, context) as connection:
        assert connection.selected_alpn_protocol() == "http/1.1" and connection.version() == "TLSv1.3"
    context = ssl.create_default_context(cafile=trust_file(host))
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    with connect(host, context) as connection:
        assert connection.version() == "TLSv1.2"
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, OSError)):
        connect(host, context).close()


def trust_file(host):
    return str(host.log.name).replace("host.log", "authority.pem")


def test_several_requests_use_one_connection(host, trust):
    with connect(host, trust) as connection:
        for _ in range(3):
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            reply = b""
            while b'{"status":"ok"}' not in reply:
                reply += connection.recv(4096)


def test_a_websocket_speaks_through_it(host, trust):
    from websockets.sync.client import connect as open_websocket

    with open_websocket(f"wss://localhost:{host.port}/api/v1/stream", ssl=trust) as channel:
        channel.send(json.dumps({"prompt": "Once", "max_new_tokens": 5}))
        events = []
        while not events or events[-1]["event"] != "stream_end":
            events.append(json.loads(channel.recv(30)))
        assert len(events) > 2


@pytest.mark.parametrize("bytes", [b"", b"\x16\x03\x01", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"])
def test_who_does_not_speak_it_is_cut_in_time(host, bytes):
    with socket.create_connection(("127.0.0.1", host.port), 10) as connection:
        connection.sendall(bytes)
        start = time.monotonic()
        try:
            while connection.recv(4096):
                pass
        except ConnectionResetError:
            pass
        assert time.monotonic() - start < 4
    assert host.process.poll() is None


@pytest.mark.parametrize("certificate, key, words", [
    ("cert.pem", "other.pem", "is not the key of the certificate"), ("cert.pem", None, "only one of them"),
    (None, "key.pem", "only one of them"), ("none.pem", "key.pem", "none.pem cannot be read"), ("logins", "key.pem", "must be PEM"),
])
def test_files_that_do_not_fit_end_the_start(files, certificate, key, words):
    flags = [f for name, file in (("--ssl-certfile", certificate), ("--ssl-keyfile", key)) if file for f in (name, str(files / file))]
    ended = subprocess.run(
        [str(BINARY), "--model-dir", str(FIXTURES / "models"), "--listen-port", "0", *flags], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1 and words in ended.stderr, ended.stderr


def test_an_expired_certificate_ends_the_start(files, tmp_path):
    import datetime

    old = trustme.CA().issue_cert("localhost", not_after=datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
    old.private_key_and_cert_chain_pem.write_to_path(tmp_path / "old.pem")
    ended = subprocess.run(
        [str(BINARY), "--model-dir", str(FIXTURES / "models"), "--listen-port", "0", "--ssl-certfile", str(tmp_path / "old.pem"),
         "--ssl-keyfile", str(tmp_path / "old.pem")], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1 and "has expired" in ended.stderr


def test_logins_cover_page_and_api_and_keys_still_open_both(files, start):
    host = start(FIXTURES / "models", "--model", MODEL, "--gradio-auth", "zoe:x", "--gradio-auth-path", str(files / "logins"),
                 "--api-key", "k")

    def status(path, **headers):
        try:
            with urllib.request.urlopen(urllib.request.Request(host.url + path, headers=headers), timeout=30) as reply:
                return reply.status, reply.headers
        except urllib.error.HTTPError as error:
            return error.code, error.headers

    def basic(pair):
        return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}

    for path in ("/", "/v1/models", "/v1/internal/model/list"):
        code, headers = status(path)
        assert code == 401 and headers["WWW-Authenticate"].startswith("Basic realm=")
        for pair in ("ann:secret", "bob:pass:word", "zoe:x"):
            assert status(path, **basic(pair))[0] == 200
        for pair in ("ann:wrong", "ann", "zoe:", "bob:pass"):
            assert status(path, **basic(pair))[0] == 401
        assert status(path, Authorization="Bearer k")[0] == 200
    assert status("/health")[0] == 200
    assert "--gradio-auth is on the command line" in host.log_text() and "secret" not in host.log_text()
