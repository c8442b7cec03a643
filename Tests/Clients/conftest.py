"""Starts the built program on a free port with small models; shared by all client tests."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import urllib.error
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "Tests" / "Fixtures"
BINARY = pathlib.Path(os.environ.get("MODELHOST_BINARY", ROOT / ".build" / "release" / "modelhost"))


class Host:
    """One running program and the few HTTP verbs that tests need."""

    def __init__(self, model_dir, *flags, cwd):
        self.log = open(cwd / "host.log", "w+")
        self.process = subprocess.Popen(
            [str(BINARY), "--model-dir", str(model_dir), "--listen-port", "0", *flags],
            stdout=subprocess.PIPE, stderr=self.log, text=True, cwd=cwd,
        )
        for line in self.process.stdout:
            found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found.group(1))
                break
        else:
            self.process.wait(10)
            raise RuntimeError("the host ended: " + self.log_text())
        self.url = f"http://127.0.0.1:{self.port}"

    def log_text(self):
        self.log.flush()
        return pathlib.Path(self.log.name).read_text()

    def request(self, method, path, body=None, timeout=60):
        """Status and decoded JSON of one request."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as reply:
                return reply.status, json.loads(reply.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def get(self, path):
        return self.request("GET", path)

    def post(self, path, body):
        return self.request("POST", path, body)

    def resident_bytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) * 1024

    def stop(self):
        self.process.terminate()
        try:
            return self.process.wait(40)
        finally:
            if self.process.poll() is None:
                self.process.kill()


def make_models(folder):
    """A model folder as users have it: a .pth with its tokenizer beside it, and Hugging Face folders."""
    pth = folder / "tiny-pth"
    pth.mkdir(parents=True)
    source = FIXTURES / "models" / "rwkv4-tiny"
    for name in ("rwkv4-tiny.pth", "rwkv4-tiny-bf16.pth", "rwkv4-tiny-legacy.pth", "20B_tokenizer.json"):
        shutil.copy(source / name, pth / name)
    for name in ("rwkv4-tiny-hf", "rwkv4-tiny-hf-bin", "rwkv4-tiny-hf-sharded-bin", "rwkv4-tiny-hf-sharded-safetensors"):
        shutil.copytree(FIXTURES / "models" / name, folder / name)
    return folder


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    return make_models(tmp_path_factory.mktemp("work") / "models")


@pytest.fixture(scope="session")
def host(models):
    host = Host(models, "--model", "tiny-pth/rwkv4-tiny.pth", cwd=models.parent)
    yield host
    assert host.stop() == 0, host.log_text()


@pytest.fixture()
def start(tmp_path):
    """Starts further hosts that end with the test."""
    hosts = []

    def run(model_dir, *flags):
        hosts.append(Host(model_dir, *flags, cwd=tmp_path))
        return hosts[-1]

    yield run
    for host in hosts:
        host.stop()


def golden(name):
    return json.loads((FIXTURES / "models" / name).read_text())
