"""A hub on loopback, over HTTP or TLS, as `modelhost pull` finds it where HF_ENDPOINT names it; and that program against it."""

import contextlib
import hashlib
import http.server
import json
import os
import random
import subprocess
import threading
import time

from running_host import BINARY

COMMIT = "c0ffee00" * 5


def listing(files):
    """What the hub says of {path: bytes}."""
    siblings = []
    for path, content in files.items():
        entry = {"rfilename": path, "size": len(content)}
        if path.endswith((".pth", ".safetensors")):
            entry["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
        else:
            entry["blobId"] = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        siblings.append(entry)
    return {"id": "x/y", "sha": COMMIT, "siblings": siblings}


class Hub:
    """Repositories; large files come from another host, as Hugging Face sends them."""

    def __init__(self, repositories, tls=None):
        """tls: an `ssl.SSLContext` to serve with."""
        self.repositories = repositories
        self.requests = []
        # Changes what is answered: called with handler, path and content; true if it has answered.
        self.change = lambda handler, path, content: False
        # Bytes a second that a file is sent at.
        self.pace = None
        hub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                hub.answer(self)

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.scheme = "https" if tls else "http"
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_port
        self.url = f"{self.scheme}://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, handler):
        path = handler.path
        self.requests.append((path, dict(handler.headers)))
        for name, files in self.repositories.items():
            if path.startswith(f"/api/models/{name}/revision/"):
                if not self.change(handler, path, None):
                    self.send(handler, 200, json.dumps(listing(files)).encode())
                return
            prefix = f"/{name}/resolve/{COMMIT}/"
            if path.startswith(prefix):
                target = f"{self.scheme}://localhost:{self.port}/cdn/{name}/{path.removeprefix(prefix)}?sig=a%2Fb"
                return self.send(handler, 302, b"moved", {"Location": target})
            prefix = f"/cdn/{name}/"
            if path.startswith(prefix):
                content = files[path.removeprefix(prefix).split("?")[0]]
                if not self.change(handler, path, content):
                    self.send_file(handler, content)
                return
        self.send(handler, 404, b"[]" if "search=" in path else b"not here", {"X-Error-Code": "RepoNotFound"})

    def send(self, handler, status, body, headers=None):
        if headers is None:
            headers = {}
        handler.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    def send_file(self, handler, content, cut_after=None):
        start = int(handler.headers.get("Range", "bytes=0-")[6:-1])
        handler.send_response(206 if "Range" in handler.headers else 200)
        handler.send_header("Content-Length", str(len(content) - start))
        if "Range" in handler.headers:
            handler.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        handler.end_headers()
        with contextlib.suppress(OSError):
            sent = 0
            for place in range(start, len(content), 65536):
                piece = content[place:place + 65536]
                if cut_after is not None and sent + len(piece) > cut_after:
                    handler.wfile.write(piece[:cut_after - sent])
                    handler.close_connection = True
                    handler.connection.shutdown(2)
                    return
                handler.wfile.write(piece)
                sent += len(piece)
                if self.pace:
                    time.sleep(len(piece) / self.pace)


def environment(hub, **more):
    own = ("SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE")
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy") and name not in own}
    return {**kept, "HF_ENDPOINT": hub.url, **more}


def pull(hub, folder, *arguments, **more):
    return subprocess.run(
        [str(BINARY), "pull", *arguments], cwd=folder, env=environment(hub, **more), capture_output=True, text=True, timeout=120)


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def noise(count, seed=1):
    return random.Random(seed).randbytes(count)
