"""What the program of a bundle must do in a root."""

import json
import re
import subprocess
import time
import urllib.request


def listening_port(host):
    """The port that a starting host prints; None where it ends before."""
    for line in host.stdout:
        if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
            return int(found[1])
    return None


def check_program(root, folder, check):
    """Says its version, goes on with a text, serves, and ends."""
    program = f"/{folder.name}/modelhost"
    commit = (folder / "commit").read_text().strip()
    status, text = root.run(program, "--version")
    check("--version says version, commit, Swift and kernels", status == 0 and commit in text and "Swift" in text and "kernels" in text, text)
    status, text = root.run(program, "generate", "--model-dir", f"/{folder.name}/models", "--prompt", "Once upon a time", "--max-tokens", "8")
    check("it goes on with a text", status == 0 and "Once upon a time" in text, text)
    host = root.start(program, "--model-dir", f"/{folder.name}/models", "--listen-port", "0", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        port = listening_port(host)
        if not check("it serves", port is not None):
            return
        body = json.dumps({"messages": [{"role": "user", "content": "How do I add my own model?"}], "max_tokens": 8}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/chat/completions", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as reply:
            content = json.load(reply)["choices"][0]["message"]["content"]
        check("it answers", len(content) > 4, content)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as reply:
            check("its page is there", b"<html" in reply.read())
    finally:
        host.terminate()
        begin = time.monotonic()
        check("it ends when it is told to", host.wait(20) == 0 and time.monotonic() - begin < 20)


def check_extension(root, folder, check):
    """An extension that was compiled here against the archive's own interface is opened there, where there is no compiler."""
    built = subprocess.run([folder / "modelhost", "extension", "build", "character_bias"], cwd=folder, capture_output=True, text=True, timeout=120)
    if not check("an extension is compiled against the archive's Modules", built.returncode == 0, built.stdout + built.stderr):
        return
    host = root.start(
        "/usr/bin/env", "-C", f"/{folder.name}", "./modelhost", "--extensions", "character_bias", "--listen-port", "0",
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{listening_port(host)}/v1/internal/extensions", timeout=10) as reply:
            [extension] = json.load(reply)["extensions"]
        check("it is opened where there is no compiler", extension["active"] and extension["origin"] == "prebuilt", extension)
    finally:
        host.terminate()
        host.wait(40)
