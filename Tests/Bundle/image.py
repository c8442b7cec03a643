"""The steps of the Dockerfile that `modelhost deploy docker` prints, taken in a root instead of by Docker."""

import json
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request

from program import listening_port

PORT = 7861
KEY = "the key of the image"


def instructions(text):
    """Pairs of an instruction and what follows it; lines that go on are joined."""
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [tuple(line.split(maxsplit=1)) for line in lines if line and not line.startswith("#")]


def check_image(root, folder, check):
    """Builds the image of an unpacked bundle in a root of Debian 12, and runs it as a container is run."""
    status, text = root.run(f"/{folder.name}/modelhost", "deploy", "docker", "--listen-port", str(PORT), "--parallel", "2")
    steps = instructions(text)
    if not check("deploy docker prints a Dockerfile on Debian 12", status == 0 and steps[0] == ("FROM", "debian:12-slim"), text):
        return
    for instruction, rest in steps:
        if instruction == "RUN":
            status, said = root.run("/bin/sh", "-c", rest, seconds=300, environment={"DEBIAN_FRONTEND": "noninteractive"})
            if not check(f"RUN {rest[:60]}", status == 0, said[-800:]):
                return
        elif instruction == "COPY":
            shutil.copytree(folder, root.folder / rest.split()[1].lstrip("/"), symlinks=True)
    last = dict(steps)
    user, health = last["USER"], json.loads(last["HEALTHCHECK"].split("CMD ")[1])
    command = ["/usr/bin/env", "-C", last["WORKDIR"], *json.loads(last["ENTRYPOINT"]), *json.loads(last["CMD"])]
    # What `docker run -v` brings.
    shutil.copytree(folder / "models", root.folder / "models")
    key = root.folder / "run/secrets/api-key"
    key.parent.mkdir(parents=True, exist_ok=True)
    key.write_text(KEY + "\n")
    owner = root.run("/usr/bin/id", "-u", user)[1].strip()
    subprocess.run(["chown", owner, key], check=True)
    key.chmod(0o600)
    served(root, user, command, health, check)


def served(root, user, command, health, check):
    host = root.start(*command, user=user, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        if not check("the image's user serves with the image's command", listening_port(host) == PORT):
            return
        check("it asks for the key", ask(None) == 401)
        check("it answers with the key", ask(KEY) == 200)
        status, said = root.run(*health, user=user)
        check("its health check holds", status == 0, said)
    finally:
        host.terminate()
        begin = time.monotonic()
        check("it ends when it is told to", host.wait(40) == 0 and time.monotonic() - begin < 20)
    status, _ = root.run(*health, user=user)
    check("its health check fails when it has gone", status not in (0, None))


def ask(key):
    """The status of a completion."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}/v1/completions", b'{"prompt": "Once", "max_tokens": 4}', headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return reply.status
    except urllib.error.HTTPError as error:
        return error.code
