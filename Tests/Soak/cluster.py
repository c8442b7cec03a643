"""Three hosts, a store and a balancer in the place of the one host of the soak, and what happens to them meanwhile.

The first host is never killed: memory, descriptors and threads are judged by it.
"""

import pathlib
import random
import sys
import tempfile
import threading
import time

from host import ROOT, Host

sys.path.insert(0, str(ROOT / "Tests" / "Replicas"))
from servers import Balancer, Redis, SlowProxy, free_port  # noqa: E402

# Seconds after a kill within which what was on its way may be lost.
EXCUSED = 6
# What the balancer answers itself, in its own words.
ABOUT_THE_BALANCER = ("garbage", "broken_websocket")


class Cluster(Host):
    """What clients see of it is one port; `process`, `measure` and `folder` are those of the first host."""

    def __init__(self, *flags, seed=0):
        self.shared = pathlib.Path(tempfile.mkdtemp(prefix="modelhost-soak-cluster-"))
        self.redis = Redis(self.shared).start()
        self.proxy = SlowProxy(self.redis.port, 0.001)
        self.flags = (*flags, "--state-store", f"redis://127.0.0.1:{self.proxy.port}", "--drain-grace", "1")
        self.ports = [free_port() for _ in range(3)]
        self.hosts = [Host(*self.flags, port=port) for port in self.ports]
        for number, host in enumerate(self.hosts):
            host.name = f"replica{number + 1}"
            host.wait_until_ready()
        self.balancer = Balancer(self.shared, self.hosts).start()
        self.port = self.balancer.port
        self.chance = random.Random(seed)
        self.last_kill, self.ends, self.happened, self.start = -EXCUSED, threading.Event(), [], 0
        self.thread = threading.Thread(target=self._trouble, daemon=True)

    process = property(lambda self: self.hosts[0].process)
    folder = property(lambda self: self.hosts[0].folder)

    def begin_trouble(self):
        self.start = time.monotonic()
        self.thread.start()

    def end_trouble(self):
        """All is as it was at the beginning."""
        self.ends.set()
        self.thread.join(120)

    def excuses(self, problem):
        """Whether a host or the store was killed just now, so that an answer may be missing; a wrong one never is excused."""
        return time.monotonic() - self.last_kill < EXCUSED and not str(problem).startswith(("a greedy", "a streamed", "a chat", "the same"))

    def _trouble(self):
        acts = []
        while not self.ends.wait(self.chance.uniform(4, 10)):
            # Each once, in an order by chance, and so on.
            acts = acts or self.chance.sample([self._kill_host, self._restart_host, self._kill_store, self._slow_store, self._full_store], 5)
            act = acts.pop()
            # With the second at which it begins; a list only grows, so that another thread may read it.
            self.happened.append((round(time.monotonic() - self.start, 1), act.__name__.strip("_")))
            act()

    def _kill_host(self):
        number = self.chance.choice([1, 2])
        self.last_kill = time.monotonic()
        self.hosts[number].kill()
        self.ends.wait(1)
        self._start(number)
        self.last_kill = time.monotonic()

    def _restart_host(self):
        number = self.chance.choice([1, 2])
        self.hosts[number].end()
        self._start(number)

    def _start(self, number):
        old = self.hosts[number]
        new = Host(*self.flags, port=self.ports[number])
        new.name = old.name
        self.hosts[number] = new
        new.wait_until_ready()
        old.remove()

    def _kill_store(self):
        self.redis.kill()
        self.ends.wait(self.chance.uniform(0.5, 4))
        self.redis.start()

    def _slow_store(self):
        self.proxy.seconds = self.chance.choice([0.05, 3])
        self.ends.wait(4)
        self.proxy.seconds = 0.001

    def _full_store(self):
        self.redis.run("CONFIG", "SET", "maxmemory", "1")
        self.ends.wait(4)
        self.redis.run("CONFIG", "SET", "maxmemory", "0")

    def answers(self, seconds=5):
        """Whether the first host answers; the balancer's 502 for one that was killed just now is not a hang."""
        return self.hosts[0].answers(seconds)

    def measure(self):
        return self.hosts[0].measure()

    def end(self, seconds=60):
        statuses = [host.end(seconds) for host in self.hosts]
        return 0 if statuses == [0, 0, 0] else statuses

    def log_tail(self, lines=5):
        return "\n".join(host.log_tail(lines) for host in self.hosts)

    def remove(self):
        self.ends.set()
        for host in self.hosts:
            host.remove()
        self.balancer.kill()
        self.redis.kill()
        self.proxy.close()
