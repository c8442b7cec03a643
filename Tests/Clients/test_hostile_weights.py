"""Weight files that nobody should load: a clear answer, no effect, and a host that goes on."""

import json
import shutil

import pytest

from conftest import FIXTURES

ZOO = FIXTURES / "checkpoints" / "pth-zoo"
REFUSED = sorted(json.loads((ZOO / "manifest.json").read_text())["refuse"])


@pytest.fixture(scope="module")
def zoo_host(tmp_path_factory, request):
    from conftest import Host, make_models

    folder = tmp_path_factory.mktemp("zoo")
    models = make_models(folder / "models")
    for name in REFUSED:
        shutil.copy(ZOO / name, models / name)
    host = Host(models, "--model", "rwkv4-tiny-hf", cwd=folder)
    yield host
    assert host.stop() == 0


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_file_is_refused_and_the_host_goes_on(zoo_host, name):
    status, reply = zoo_host.post("/v1/internal/model/load", {"model_name": name})
    assert 400 <= status < 500, reply
    assert len(reply["error"]["message"]) > 20
    status, reply = zoo_host.post("/v1/completions", {"model": "rwkv4-tiny-hf", "prompt": "Hi", "max_tokens": 1})
    assert status == 200 and reply["model"] == "rwkv4-tiny-hf"
