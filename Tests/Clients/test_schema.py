"""schemathesis: requests made from /openapi.json, at random and at the edges of every field; no answer may break the document."""

import pathlib
import subprocess
import sys

from conftest import ROOT, Host

# Streams without an end, WebSockets, what fetches from elsewhere or is never served, and what would change the host for the others.
LEFT_OUT = (r"^/(v1/internal/(events|settings|model/(load|unload|cancel|pull.*))|(v1/)?moderations|api/v1/(model|stream|chat-stream)"
            r"|extensions/.*)$")


def test_no_request_of_the_document_breaks_the_host(tmp_path):
    host = Host(ROOT / "models", "--model", "demo", "--threads", "2", cwd=tmp_path)
    # TRACE is a method that this host does not have at all, which is 501 (RFC 9110, section 15.6.2).
    (tmp_path / "schemathesis.toml").write_text('[phases.coverage]\nunexpected-methods = ["PATCH", "DELETE"]\n')
    try:
        ended = subprocess.run(
            [str(pathlib.Path(sys.executable).with_name("st")), "run", host.url + "/openapi.json", "--exclude-path-regex", LEFT_OUT,
             "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
             "--phases", "examples,coverage,fuzzing", "--max-examples", "4", "--max-failures", "20", "--seed", "1", "--workers", "2",
             "--request-timeout", "20", "--max-time", "45", "--generation-database", "none", "--no-color"],
            capture_output=True, text=True, cwd=tmp_path, timeout=150)
        assert ended.returncode == 0, ended.stdout[-6000:] + ended.stderr[-2000:]
        assert host.get("/health")[0] == 200
    finally:
        status = host.stop()
    assert status == 0, host.log_text()
