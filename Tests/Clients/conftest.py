"""Starts the built program on a free port with small models; shared by all client tests."""

import json
import shutil

import pytest
from running_host import ROOT, Host

FIXTURES = ROOT / "Tests" / "Fixtures"


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
