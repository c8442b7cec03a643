"""The built program as tests start, ask and end it."""

import json
import os
import pathlib
import re
import subprocess
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("MODELHOST_BINARY", ROOT / ".build" / "release" / "modelhost"))


class Host:
    """One running program and the few HTTP verbs that tests need."""

    def __init__(self, model_dir, *flags, cwd, port=None):
        self.log = open(cwd / "host.log", "w+")
        self.process = subprocess.Popen(
            [str(BINARY), "--model-dir", str(model_dir), "--listen-port", str(port or 0), *flags],
            stdout=subprocess.PIPE, stderr=self.log, text=True, cwd=cwd,
        )
        for line in self.process.stdout:
            found = re.search(r"(https?)://127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found.group(2))
                break
        else:
            self.process.wait(10)
            raise RuntimeError("the host ended: " + self.log_text())
        self.url = f"{found.group(1)}://127.0.0.1:{self.port}"

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
