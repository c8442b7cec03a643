"""The model of a decoding step: what the replay makes of parts whose times are known."""

import json
import pathlib
import subprocess
import sys

import pytest
from running_host import BINARY

BENCHMARKS = pathlib.Path(__file__).resolve().parents[1] / "Benchmarks"
sys.path.insert(0, str(BENCHMARKS))
import replay  # noqa: E402


def event(start, seconds, **arguments):
    return {"ts": start * 1e6, "dur": seconds * 1e6, "args": arguments}


@pytest.fixture
def trace():
    """Passes of ten seconds: a step of five with a job of four parts, and a serial one of two."""
    events = []
    for number in range(3):
        events += [event(0, 10, **{"pass": number}), event(1, 5, **{"pass": number}, step=0), event(7, 2, **{"pass": number}, step=1)]
        events += [
            event(1 + part, 1, **{"pass": number}, step=0, job=0, part=part, parts=4) for part in range(4)
        ]
    return {"traceEvents": events, "otherData": {"threads": 4}}


@pytest.mark.parametrize("threads, reading, uneven", [(1, 4, 0), (2, 2, 0), (3, 4 / 3, 2 / 3), (4, 1, 0)])
def test_parts_are_shared_out(trace, threads, reading, uneven):
    found = replay.replay(trace, threads, None, 0.5)
    assert (found.parts, found.serial, found.outside) == pytest.approx((4, 3, 3))
    assert (found.reading, found.uneven) == pytest.approx((reading, uneven))
    assert found.barriers == (0.5 if threads > 1 else 0)
    assert found.seconds == pytest.approx(6 + reading + uneven + found.barriers)


def test_memory_gives_no_more_than_the_ceiling(trace):
    found = replay.replay(trace, 4, 2, 0)
    assert (found.reading, found.uneven) == pytest.approx((2, 0))


def test_who_is_done_takes_what_others_have_not_begun():
    assert replay.span([1, 1, 1, 9], 2) == 10
    assert replay.span([9, 1, 1, 1], 2) == 9
    assert replay.span([1, 1, 1, 1, 1], 2) == 3


def test_the_bench_writes_what_the_replay_reads(tmp_path):
    path = tmp_path / "steps.json"
    done = subprocess.run(
        [str(BINARY), "bench", "--random-weights", "2x64x256", "--strategy", "cpu fp32", "--threads", "4", "--batch", "1",
         "--prompt", "1", "--generate", "4", "--trace", str(path), "--trace-alone", "--json"],
        capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    trace = json.loads(path.read_text())
    assert json.loads(done.stdout)["trace"] == trace["otherData"]
    found = replay.replay(trace, trace["otherData"]["threads"], None, 1e-6)
    assert found.threads == 4 and 0 < found.reading < found.seconds and 0 < found.fraction < 1
