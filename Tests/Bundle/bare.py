#!/usr/bin/env python3
"""The bundle on a machine that has no Swift: unpacked into an empty root with the few libraries of the system that a bare Debian
or Ubuntu has, started there, and asked.

    python3 Tests/Bundle/bare.py ARCHIVE

Linux, and root for chroot; without it the last line counts nothing and says why. Last line: N passed, N failed.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

# What Debian's packages libc6, libgcc-s1 and libstdc++6 bring, which every installation has.
SYSTEM = re.compile(r"^(ld-linux.*|libc|libm|libdl|libpthread|librt|libutil|libresolv|libgcc_s|libstdc\+\+)\.so\.\d+$")


def main():
    if os.geteuid() != 0:
        print("chroot needs root: skipped")
        print("0 passed, 0 failed")
        return 0
    root = pathlib.Path(tempfile.mkdtemp())
    results = []

    def check(what, holds, seen=""):
        results.append(bool(holds))
        print(("✔ " if holds else "✘ ") + what + (f": {seen}" if seen and not holds else ""))

    try:
        subprocess.run(["tar", "xJf", sys.argv[1], "-C", root], check=True)
        folder = next(root.glob("modelhost-*"))
        foreign = copy_system_libraries(folder, root)
        check("the program and its libraries want nothing but the C and C++ libraries of the system", not foreign, foreign)
        runpath = subprocess.run(["readelf", "-d", folder / "modelhost"], capture_output=True, text=True).stdout
        check("the program looks for libraries in its own folder", re.search(r"R(UN)?PATH.*\$ORIGIN", runpath), runpath)
        for path in ["Modules/HostCore.swiftmodule", "models/demo", "settings.json", "README.md", "commit"]:
            check(f"{path} is there", (folder / path).exists())
        for device in ["null", "urandom"]:
            (root / "dev").mkdir(exist_ok=True)
            subprocess.run(["cp", "-a", f"/dev/{device}", root / "dev"], check=True)
        (root / "tmp").mkdir()
        # The loader asks /proc where the program lies.
        (root / "proc").mkdir()
        if subprocess.run(["mount", "--bind", "/proc", root / "proc"]).returncode != 0:
            print("/proc cannot be mounted in another root here: the program is not started")
            print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
            return 0 if all(results) else 1

        def run(*arguments, **options):
            return subprocess.Popen(
                [shutil.which("chroot") or "/usr/sbin/chroot", root, f"/{folder.name}/modelhost", *arguments], env={"PATH": "/", "HOME": "/tmp"}, text=True, **options)

        answer = run("--version", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        text, errors = answer.communicate(timeout=30)
        commit = (folder / "commit").read_text().strip()
        check("--version says version, commit, Swift and kernels", answer.returncode == 0 and commit in text
              and "Swift" in text and "kernels" in text, text + errors)
        answer = run("generate", "--model-dir", f"/{folder.name}/models", "--prompt", "Once upon a time", "--max-tokens", "8",
                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        text, errors = answer.communicate(timeout=60)
        check("it goes on with a text", answer.returncode == 0 and text.startswith("Once upon a time") and len(text) > 20, errors)
        served(run, folder, check)
    finally:
        subprocess.run(["umount", "--lazy", root / "proc"], stderr=subprocess.DEVNULL)
        if not os.path.ismount(root / "proc"):
            shutil.rmtree(root, ignore_errors=True)
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


def copy_system_libraries(folder, root):
    """Copies what the loader names from the system; returns what a bare one lacks."""
    foreign = set()
    for file in [folder / "modelhost", *folder.glob("*.so")]:
        lines = subprocess.run(["ldd", file], capture_output=True, text=True,
                               env={**os.environ, "LD_LIBRARY_PATH": str(folder)}).stdout.splitlines()
        for line in lines:
            found = re.search(r"(/\S+)", line.split("=>")[-1])
            if not found or found[1].startswith(str(folder)):
                if "not found" in line:
                    foreign.add(line.strip())
                continue
            path = pathlib.Path(found[1])
            # Libraries of Swift itself come from the bundle.
            if (folder / path.name).exists():
                continue
            if not SYSTEM.match(path.name):
                foreign.add(path.name)
                continue
            target = root / str(path).lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                shutil.copy(path.resolve(), target)
    return sorted(foreign)


def served(run, folder, check):
    host = run("--model-dir", f"/{folder.name}/models", "--listen-port", "0", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        port = None
        for line in host.stdout:
            if found := re.search(r"127\.0\.0\.1:(\d+)", line):
                port = found[1]
                break
        check("it serves", port is not None)
        if port is None:
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


if __name__ == "__main__":
    sys.exit(main())
