#!/usr/bin/env python3
"""What a decoding step would take on more cores than are at hand, from a trace of its parts.

    python3 Tests/Benchmarks/replay.py --shape 12x768x50277 --strategy "cpu bf16" --threads 1,2,4,8,16
    python3 Tests/Benchmarks/replay.py --traces steps-8.json,steps-16.json

For each number of threads the bench cuts the work for that many and has one thread run it (`--trace --trace-alone`), so that a
part's time is what a core of its own would need. Replayed, each thread takes its own parts of a job and then those that
others have not begun, as the pool does; a job of several parts costs a barrier; all parts together read no faster than
`--ceiling` threads would; what lies outside of jobs is done by one thread. Standard library only.
"""

import argparse
import collections
import dataclasses
import heapq
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


@dataclasses.dataclass
class Replay:
    """Seconds of one step, and where they go."""

    threads: int
    parts: float  # all parts one after the other
    reading: float  # the same shared out evenly, or as fast as memory allows
    uneven: float  # what the longest thread of each job has more than that
    barriers: float
    serial: float  # steps, and what of them lies outside of jobs
    outside: float  # between steps

    @property
    def seconds(self):
        return self.reading + self.uneven + self.barriers + self.serial + self.outside

    @property
    def fraction(self):
        """Of the bandwidth of all threads: how much of the time they read."""
        return self.reading / self.seconds


def span(times, threads):
    """How long a job takes whose parts take these times: neighbours go to one thread, and who is done takes from others."""
    share, rest = divmod(len(times), threads)
    queues, first = [], 0
    for thread in range(threads):
        last = first + share + (thread < rest)
        queues.append(collections.deque(times[first:last]))
        first = last
    free = [(0.0, thread) for thread in range(threads)]
    longest = 0.0
    while any(queues):
        now, thread = heapq.heappop(free)
        owner = next(other % threads for other in range(thread, thread + threads) if queues[other % threads])
        now += queues[owner].popleft()
        longest = max(longest, now)
        heapq.heappush(free, (now, thread))
    return longest


def replay(trace, threads, ceiling, barrier):
    """ceiling: how many threads' worth memory gives at most; barrier: seconds that one of them costs."""
    durations, passes = collections.defaultdict(list), []
    steps = collections.defaultdict(float)
    for event in trace["traceEvents"]:
        args, seconds = event["args"], event["dur"] / 1e6
        if "job" in args:
            durations[args["job"], args["part"]].append(seconds)
            steps[args["pass"], "parts"] += seconds
        elif "step" in args:
            steps[args["pass"], "steps"] += seconds
        else:
            passes.append((args["pass"], seconds))
    jobs = collections.defaultdict(list)
    for (job, _), times in sorted(durations.items()):
        # The middle of all passes: a neighbour slows some of them.
        jobs[job].append(statistics.median(times))
    serial = statistics.median(steps[number, "steps"] - steps[number, "parts"] for number, _ in passes)
    outside = statistics.median(seconds - steps[number, "steps"] for number, seconds in passes)
    even = {job: sum(times) / min(threads, ceiling or threads) for job, times in jobs.items()}
    taken = {job: max(span(times, threads), even[job]) for job, times in jobs.items()}
    return Replay(
        threads=threads, parts=sum(map(sum, jobs.values())), reading=sum(even.values()),
        uneven=sum(taken[job] - even[job] for job in jobs),
        barriers=barrier * sum(len(times) > 1 for times in jobs.values()) * (threads > 1), serial=serial, outside=outside)


def record(options, threads, path):
    call = [options.modelhost, "bench", "--random-weights", options.shape, "--generation", options.generation, "--strategy",
            options.strategy, "--threads", str(threads), "--batch", str(options.batch), "--prompt", "1", "--generate", "24",
            "--trace", path, "--trace-alone", "--json"]
    if options.zeros is not None:
        call += ["--zeros", str(options.zeros)]
    done = subprocess.run(call, capture_output=True, text=True, timeout=300)
    if done.returncode:
        sys.exit(f"modelhost bench ended with {done.returncode}: {done.stderr.strip()[-400:]}")


def row(found, one):
    """`one` is what one thread takes in all."""
    share = lambda seconds: f"{seconds / found.seconds:6.1%}"
    return (f"{found.threads:7d} {1 / found.seconds:9.1f} {one / found.seconds:8.2f} {found.fraction:9.2f}  {share(found.uneven)}"
            f"   {share(found.barriers)}  {share(found.serial)}  {share(found.outside)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--traces", help="files of bench --trace --trace-alone, with commas between, in place of a new run")
    parser.add_argument("--modelhost", default=str(ROOT / ".build" / "release" / "modelhost"))
    parser.add_argument("--shape", default="12x768x50277")
    parser.add_argument("--generation", default="4")
    parser.add_argument("--strategy", default="cpu bf16")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--zeros", type=float)
    parser.add_argument("--threads", default="1,2,4,8,16")
    parser.add_argument("--ceiling", type=float, help="threads' worth of reading that memory gives at most (default: no limit)")
    parser.add_argument("--barrier", type=float, default=2.0, help="microseconds that a barrier costs (default: 2)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = options.traces.split(",") if options.traces else []
        for threads in [] if paths else map(int, options.threads.split(",")):
            paths.append(str(pathlib.Path(folder, f"{threads}.json")))
            record(options, threads, paths[-1])
        traces = [json.loads(pathlib.Path(path).read_text()) for path in paths]
    found = [replay(trace, trace["otherData"]["threads"], options.ceiling, options.barrier * 1e-6) for trace in traces]
    one = found[0].parts + found[0].serial + found[0].outside
    print("THREADS  STEPS/S  SPEEDUP  FRACTION  UNEVEN  BARRIERS  SERIAL  OUTSIDE")
    for item in found:
        print(row(item, one))


if __name__ == "__main__":
    main()
