"""What `modelhost deploy` prints, checked by those who read it; each check is skipped where its program is not there."""

import json
import re
import shutil
import subprocess

import kubernetes_validate
import pytest
import yaml

from running_host import BINARY

FLAGS = ("--listen-port", "7861", "--model", "a model", "--parallel", "8", "--allowed-hosts", "chat.example.org")


def deploy(kind, *flags):
    answer = subprocess.run([BINARY, "deploy", kind, *FLAGS, *flags], capture_output=True, text=True, timeout=20)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def needs(program):
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin:/usr/bin")
    return path or pytest.skip(f"{program} is not there")


def test_systemd(tmp_path):
    program = needs("systemd-analyze")
    text = deploy("systemd")
    # The program is not where the unit has it.
    unit = tmp_path / "modelhost.service"
    unit.write_text(text.replace('"/opt/modelhost/modelhost"', f'"{shutil.which("true")}"'))
    answer = subprocess.run([program, "verify", "--man=no", unit], capture_output=True, text=True)
    said = [line for line in (answer.stdout + answer.stderr).splitlines() if "modelhost.service" in line]
    assert said == [], said


def test_haproxy(tmp_path):
    program = needs("haproxy")
    file = tmp_path / "haproxy.cfg"
    file.write_text(deploy("haproxy"))
    answer = subprocess.run([program, "-c", "-f", file], capture_output=True, text=True)
    assert answer.returncode == 0 and "ALERT" not in answer.stderr, answer.stdout + answer.stderr
    assert "WARNING" not in answer.stderr, answer.stderr


def test_nginx(tmp_path):
    program = needs("nginx")
    file = tmp_path / "nginx.conf"
    (tmp_path / "site.conf").write_text(deploy("nginx"))
    file.write_text(f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ access_log off; include {tmp_path}/site.conf; }}")
    answer = subprocess.run([program, "-t", "-p", tmp_path, "-c", file], capture_output=True, text=True)
    assert answer.returncode == 0 and "warn" not in answer.stderr, answer.stderr


def test_compose():
    service = yaml.safe_load(deploy("compose"))["services"]["modelhost"]
    assert service["ports"] == ["7861:7861"] and "--model=a model" in service["command"]
    assert set(service) <= {"build", "image", "command", "ports", "volumes", "secrets", "restart", "stop_grace_period"}


def test_compose_by_its_own_program(tmp_path):
    plugin = shutil.which("docker") and subprocess.run(["docker", "compose", "version"], capture_output=True).returncode == 0
    program = ["docker", "compose"] if plugin else [needs("docker-compose")]
    (tmp_path / "compose.yaml").write_text(deploy("compose"))
    (tmp_path / "api-key").write_text("x\n")
    answer = subprocess.run([*program, "-f", "compose.yaml", "config"], cwd=tmp_path, capture_output=True, text=True)
    assert answer.returncode == 0 and "warn" not in answer.stderr.lower(), answer.stderr
    assert yaml.safe_load(answer.stdout)["services"]["modelhost"]["stop_grace_period"] == "40s"


def test_docker():
    text = deploy("docker")
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    words = {line.split()[0] for line in lines if line and not line.startswith("#")}
    assert words == {"FROM", "RUN", "COPY", "USER", "WORKDIR", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD"}
    command = next(line for line in lines if line.startswith("CMD"))
    assert "--model=a model" in json.loads(command[4:])
    check = json.loads(next(line for line in lines if line.startswith("HEALTHCHECK")).split("CMD ")[1])
    assert check[0] == "bash" and "\\r\\n" in check[2]


def test_the_health_check_of_the_container_works(host):
    text = re.sub(r"\\\n\s*", "", deploy("docker"))
    check = json.loads(next(line for line in text.splitlines() if line.startswith("HEALTHCHECK")).split("CMD ")[1])
    command = check[2].replace("/7861", f"/{host.port}")
    assert subprocess.run([shutil.which("bash"), "-c", command]).returncode == 0
    assert subprocess.run([shutil.which("bash"), "-c", check[2].replace("/7861", "/1")], stderr=subprocess.DEVNULL).returncode != 0


def test_kubernetes():
    deployment, service = yaml.safe_load_all(deploy("kubernetes"))
    assert (deployment["apiVersion"], deployment["kind"]) == ("apps/v1", "Deployment")
    pod = deployment["spec"]["template"]
    assert deployment["spec"]["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    container = pod["spec"]["containers"][0]
    assert "--model=a model" in container["args"] and "--listen" in container["args"]
    assert container["ports"][0]["containerPort"] == 7861
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"]:
        assert container[probe]["httpGet"]["port"] == container["ports"][0]["name"]
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["spec"]["volumes"]}
    assert service["kind"] == "Service" and service["spec"]["ports"][0]["targetPort"] == "http"


@pytest.mark.parametrize("flags", [(), ("--drain-grace", "60", "--extensions", "a", "b")])
def test_kubernetes_by_its_schema(flags):
    for manifest in yaml.safe_load_all(deploy("kubernetes", *flags)):
        # Unknown fields are errors, too.
        kubernetes_validate.validate(manifest, kubernetes_validate.latest_version(), strict=True)
