#!/usr/bin/env python3
"""Several hosts, one store: any of them goes on with any chat, whatever dies. Starts everything itself, on loopback.

    python3 Tests/Replicas/replicas.py [NAME ...] [--chats 40] [--sessions 1000]

Skips with a message where redis-server or haproxy is missing. Last line: N passed, N failed.
"""

import argparse
import contextlib
import http.client
import json
import pathlib
import random
import shutil
import sys
import tempfile
import threading
import time

from chats import WORDS, Broken, Chat, fields, together
from servers import Balancer, Redis, Replica, SlowProxy, ask, await_true, certificates, free_port, missing

TURNS = 6


class Stage:
    """The servers of one check, in a folder of their own; all end with it."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="modelhost-replicas-"))
        self.servers = []

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        for server in self.servers:
            server.kill()
            if kind and not issubclass(kind, SystemExit):
                print(f"--- the end of {server.name}.log:\n" + "\n".join(server.log().splitlines()[-8:]))
        shutil.rmtree(self.folder, ignore_errors=True)

    def add(self, server):
        self.servers.append(server)
        return server.start()

    def redis(self, *flags):
        return self.add(Redis(self.folder, *flags))

    def replicas(self, count, store=None, *flags):
        """Hosts that are ready; `store` is the port of theirs, or its address."""
        flags += ("--state-store", store if isinstance(store, str) else f"redis://127.0.0.1:{store}") if store else ()
        names = [f"replica{len([s for s in self.servers if isinstance(s, Replica)]) + number}" for number in range(1, count + 1)]
        replicas = [self.add(Replica(name, self.folder, *flags)) for name in names]
        for replica in replicas:
            replica.wait()
        if store:
            for replica in replicas:
                await_true(lambda: replica.metric("modelhost_state_store_up") == 1, 10, "the store is there")
        return replicas


def check(condition, text):
    if not condition:
        raise AssertionError(text)


def alone(chats, turns=TURNS):
    """What the chats come to on a single host."""
    with Stage() as stage:
        [host] = stage.replicas(1)
        copies = [Chat(chat.number, chat.tokens) for chat in chats]

        def talk(chat):
            for _ in range(turns):
                chat.turn(host.port)
        together(copies, talk)
        return {chat.number: chat.texts for chat in copies}


def written(replicas):
    """How many commands the hosts have written behind, once nothing more comes."""
    last = -1
    while (now := sum(replica.metric('modelhost_state_store_writes_total{result="done"}') for replica in replicas)) != last:
        last = now
        time.sleep(0.15)
    return last


def killed(options):
    """Chats whose host is killed between their turns and in the middle of their streams."""
    chats = [Chat(number, tokens=24) for number in range(options.chats)]
    expected = alone(chats)
    broken = 0
    with Stage() as stage:
        redis = stage.redis()
        replicas = stage.replicas(3, redis.port)
        balancer = stage.add(Balancer(stage.folder, replicas))
        by_name = {replica.name: replica for replica in replicas}
        for turn in range(TURNS):
            for replica in replicas:
                replica.wait()
            if turn in (1, 3):
                written(replicas)
                replicas[turn % 3].kill()
            victim, lock = [None], threading.Lock()

            def seen(name, text, turn=turn):
                with lock:
                    if turn in (2, 4) and len(text) > 12 and victim[0] is None:
                        victim[0] = name
                        by_name[name].kill()

            def act(chat):
                nonlocal broken
                count = chat.again(lambda: chat.stream(balancer.port, seen))
                with lock:
                    broken += count
            together(chats, act)
            for replica in replicas:
                if replica.process.poll() is not None:
                    replica.start()
            check(turn not in (2, 4) or victim[0], "no stream was long enough to be cut")
        texts = {chat.number: chat.texts for chat in chats}
        wrong = [number for number in texts if texts[number] != expected[number]]
        check(not wrong, f"chats {wrong} went another way than on a single host")
        forgotten = [(chat.number, chat.cached) for chat in chats if not all(chat.cached[1:])]
        check(not forgotten, f"turns that began with nothing known: {forgotten}")
        check(broken > 0, "no stream was cut")
    again = sum(chat.read_again for chat in chats) / (len(chats) * (TURNS - 1))
    return f"{len(chats)} chats of {TURNS} turns, 4 kills, {broken} tries cut, {again:.1f} tokens read again a turn"


def figure(options):
    """Tokens that are read again although a turn before had read them, where every turn goes to any of three hosts."""
    results = {}
    for name in ("with", "without"):
        chats = [Chat(number) for number in range(12)]
        with Stage() as stage:
            replicas = stage.replicas(3, stage.redis().port if name == "with" else None)
            draw = random.Random(7)
            for _ in range(TURNS):
                ports = {chat.number: draw.choice(replicas).port for chat in chats}
                together(chats, lambda chat: chat.turn(ports[chat.number]))
                if name == "with":
                    written(replicas)
        results[name] = sum(chat.read_again for chat in chats) / (len(chats) * (TURNS - 1))
        results[name + " of"] = sum(sum(pair) for chat in chats for pair in chat.prompts[:-1]) / (len(chats) * (TURNS - 1))
    check(results["with"] <= 2, f"{results['with']:.1f} tokens are read again a turn with a store")
    return (f"tokens read again a turn: {results['with']:.1f} with the store, {results['without']:.1f} without, "
            f"of {results['with of']:.0f} that were known")


def restart(options):
    """A rolling restart under load: no stream is lost that its client did not leave."""
    with Stage() as stage:
        redis = stage.redis()
        replicas = stage.replicas(3, redis.port, "--drain-grace", "1")
        balancer = stage.add(Balancer(stage.folder, replicas))
        ends, lost, done = threading.Event(), [], [0]

        def talk(number):
            chat = Chat(1000 + number, tokens=60)
            while not ends.is_set():
                try:
                    chat.stream(balancer.port)
                    done[0] += 1
                except Broken as error:
                    lost.append(str(error)[:200])
                if len(chat.texts) == 8:
                    chat = Chat(chat.number, tokens=60)
        clients = [threading.Thread(target=talk, args=(number,)) for number in range(6)]
        for client in clients:
            client.start()
        for replica in replicas:
            time.sleep(0.5)
            check(replica.terminate() == 0, f"{replica.name} does not end with 0")
            replica.start().wait()
            time.sleep(0.5)
        ends.set()
        for client in clients:
            client.join()
        check(not lost, f"{len(lost)} of {done[0]} streams were lost: {lost[:3]}")
        return f"3 restarts, {done[0]} streams, none lost"


def store_gone(options):
    """The store is killed and comes back: texts are the same, the log says both, and states are shared again."""
    with Stage() as stage:
        redis = stage.redis()
        first, second = stage.replicas(2, redis.port)
        chats = [Chat(number) for number in range(4)]
        expected = alone(chats, 4)
        together(chats, lambda chat: chat.turn(first.port))
        redis.kill()
        start = time.monotonic()
        together(chats, lambda chat: chat.turn(second.port))
        check(time.monotonic() - start < 10, "turns take long while the store is away")
        await_true(lambda: "is away" in first.log() and "is away" in second.log(), 5, "the log says that the store is away")
        check(second.metric("modelhost_state_store_up") == 0, "the metrics do not say that the store is away")
        redis.start()
        for replica in (first, second):
            await_true(lambda: "is back after" in replica.log(), 15, "the log says that the store is back")
        together(chats, lambda chat: chat.turn(first.port))
        written([first])
        together(chats, lambda chat: chat.turn(second.port))
        check(all(chat.cached[3] >= sum(chat.prompts[2]) - 1 for chat in chats), "states are not shared again")
        check({chat.number: chat.texts for chat in chats} == expected, "the texts are others")
        return f"back after {first.log().split('is back after ')[1].splitlines()[0]}"


def store_full(options):
    """A store without room: texts are the same, and what was there is still of use."""
    with Stage() as stage:
        redis = stage.redis()
        first, second = stage.replicas(2, redis.port)
        chats = [Chat(number) for number in range(4)]
        expected = alone(chats, 3)
        together(chats, lambda chat: chat.turn(first.port))
        written([first])
        [solo] = stage.replicas(1)
        whole = [turn(solo.port, "s", text) for text in ("Once upon a time", " there was", " a red bird", " who sang")]
        check(turn(first.port, "s", "Once upon a time") == whole[0], "a session begins otherwise")
        redis.run("CONFIG", "SET", "maxmemory", "1")
        check(turn(first.port, "s", " there was") == whole[1], "a session goes on otherwise with a full store")
        status, message = turn(second.port, "s", " a red bird")
        check(status == 429, f"another host takes an old turn for the last one: {status} {message}")
        together(chats, lambda chat: chat.turn(second.port))
        check(all(chat.cached[1] > 0 for chat in chats), "a full store gives nothing")
        await_true(lambda: second.metric('modelhost_state_store_writes_total{result="refused"}') > 0, 5, "writes are refused")
        check("refuses what is written" in second.log() and "OOM" in second.log(), "the log does not say that the store is full")
        together(chats, lambda chat: chat.turn(first.port))
        check({chat.number: chat.texts for chat in chats} == expected, "the texts are others")
        redis.run("CONFIG", "SET", "maxmemory", "0")
        # For a moment the host does not try.
        time.sleep(2.2)
        check(turn(first.port, "s", " a red bird") == whole[2], "a session goes on otherwise")
        check(turn(second.port, "s", " who sang") == whole[3], "a session does not wander again once there is room")
        return "refused, told once" if second.log().count("refuses what is written") == 1 else "refused"


def poisoned(options):
    """Values that another program has put there: damaged, cut, of another text, of another type, enormous."""
    with Stage() as stage:
        redis = stage.redis()
        first, *others = stage.replicas(6, redis.port)
        chat = Chat(0)
        expected = alone([chat], 2)[0]
        chat.turn(first.port)
        written([first])
        keys = list(redis.run("KEYS", "*:state:*"))
        good = {key: redis.run("GET", key) for key in keys}
        check(len(keys) >= 2, f"{len(keys)} states")
        swapped = dict(zip(keys, list(good.values())[1:] + [good[keys[0]]]))
        flip = lambda value: value[:len(value) // 2] + bytes([value[len(value) // 2] ^ 1]) + value[len(value) // 2 + 1:]
        ways = {
            "damaged": lambda key: ("SET", key, flip(good[key])), "cut": lambda key: ("SET", key, good[key][:-40]),
            "of another text": lambda key: ("SET", key, swapped[key]), "a list": lambda key: ("LPUSH", key, "x"),
            "enormous": lambda key: ("SETRANGE", key, 300 << 20, "x"),
        }
        for (name, way), other in zip(ways.items(), others):
            for key in keys:
                redis.run("DEL", key)
                redis.run(*way(key))
            copy = Chat(0)
            copy.turn(other.port)
            check(copy.texts == expected[:1], f"{name}: the text is another")
            check(copy.cached[0] == 0, f"{name}: {copy.cached[0]} tokens were taken from it")
            check(other.metric("modelhost_state_store_up") == 1, f"{name}: the host has lost its store")
            written([other])
        return f"{len(ways)} ways"


def slow(options):
    """A store 50 ms away is of use, one that takes seconds is passed over."""
    with Stage() as stage:
        redis = stage.redis()
        proxy = SlowProxy(redis.port, 0.05)
        first, second = stage.replicas(2, proxy.port)
        chats = [Chat(number) for number in range(4)]
        expected = alone(chats, 4)
        for chat in chats:
            chat.turn(first.port)
        time.sleep(0.2)
        written([first])
        start = time.monotonic()
        for chat in chats:
            chat.turn(second.port)
        near = (time.monotonic() - start) / len(chats)
        check(all(chat.cached[1] > 0 for chat in chats), "a store 50 ms away gives nothing")
        proxy.seconds = 3
        start = time.monotonic()
        for chat in chats + chats:
            chat.turn(second.port)
        far = (time.monotonic() - start) / (2 * len(chats))
        check(far < 1, f"a turn takes {far:.1f} s with a slow store")
        check({chat.number: chat.texts for chat in chats} == expected, "the texts are others")
        late = second.metric('modelhost_state_store_questions_total{result="late"}')
        proxy.close()
        return f"a turn takes {near * 1000:.0f} ms at 50 ms, {far * 1000:.0f} ms at 3 s ({late:.0f} late)"


def turn(port, name, prompt, tokens=6):
    """One turn of a session: status, and text or error."""
    status, answer = ask(port, "POST", "/v1/completions", fields(tokens, prompt=prompt, session_id=name))
    return (status, answer["choices"][0]["text"]) if status == 200 else (status, answer["error"]["message"])


def sessions(options):
    """Texts that only the hosts remember, each turn on any of three of them; more than one host may hold."""
    kinds = [[f"Once upon a time there was a {' '.join(random.Random(kind).choices(WORDS, k=6))}", " and then", " in the end"] for kind in range(10)]
    with Stage() as stage:
        redis = stage.redis()
        replicas = stage.replicas(3, redis.port, "--max-sessions", "100")
        [solo] = stage.replicas(1)
        expected = [[turn(solo.port, f"s{kind}", prompt) for prompt in prompts] for kind, prompts in enumerate(kinds)]
        draw, wrong = random.Random(3), []
        start = time.monotonic()
        for step in range(3):
            places = {number: draw.choice(replicas) for number in range(options.sessions)}

            def go_on(number, step=step):
                kind = number % len(kinds)
                answer = turn(places[number].port, f"session {number}", kinds[kind][step])
                if answer != expected[kind][step]:
                    wrong.append((number, step, answer))
            together(range(options.sessions), go_on, threads=12)
        seconds = time.monotonic() - start
        check(not wrong, f"{len(wrong)} turns went another way: {wrong[:3]}")
        return f"{options.sessions} sessions of 3 turns in {seconds:.0f} s, {3 * options.sessions / seconds:.0f} turns/s"


def one_at_a_time(options):
    """A session is used by one host at a time, a stop reaches all, and what a killed host had is taken over."""
    with Stage() as stage:
        redis = stage.redis()
        first, second = stage.replicas(2, redis.port)
        turn(first.port, "s", "Once upon a time")
        after = None
        for ending in ("stop", "kill"):
            answer = []

            def write():
                with contextlib.suppress(OSError, http.client.HTTPException):
                    answer.append(turn(first.port, "s", " there was", 20_000))
            writer = threading.Thread(target=write)
            writer.start()
            await_true(lambda: first.metric('modelhost_requests_running{model="demo"}') == 1, 10, "the turn runs")
            status, message = turn(second.port, "s", " a")
            check(status == 429 and "on another host" in message, f"a session is used twice: {status} {message}")
            start = time.monotonic()
            if ending == "stop":
                check(second.ask("POST", "/v1/internal/stop-generation")[0] == 200, "stop is refused")
                writer.join()
                check(answer and answer[0][0] == 200, f"the stopped turn answered {answer}")
                stopped = time.monotonic() - start
                check(stopped < 3, f"a stop on another host takes {stopped:.1f} s")
                turn(first.port, "s", " end")
            else:
                first.kill()
                writer.join()
                await_true(lambda: turn(second.port, "s", " a")[0] == 200, 15, "the session of a killed host is taken over")
                after = time.monotonic() - start
        return f"a stop on another host takes {stopped:.1f} s, a killed host's session is free after {after:.1f} s"


def shared_answers(options):
    """Responses and the page's chats on another host than the one that made them."""
    with Stage() as stage:
        redis = stage.redis()
        first, second = stage.replicas(2, redis.port)
        body = {"temperature": 0, "max_output_tokens": 12}
        status, one = first.ask("POST", "/v1/responses", {**body, "input": "How do I add my own model?"})
        check(status == 200, f"{status} {one}")
        status, two = second.ask("POST", "/v1/responses", {**body, "input": "And then?", "previous_response_id": one["id"]})
        check(status == 200, f"the other host does not go on from a response: {status} {two}")
        status, same = first.ask("POST", "/v1/responses", {**body, "input": "And then?", "previous_response_id": one["id"]})
        text = lambda response: response["output"][0]["content"][0]["text"]
        check(text(same) == text(two), "a response goes on differently on another host")
        check(second.ask("GET", f"/v1/responses/{one['id']}") == first.ask("GET", f"/v1/responses/{one['id']}"), "another response")
        check(second.ask("DELETE", f"/v1/responses/{one['id']}")[0] == 200, "it cannot be deleted elsewhere")
        check(first.ask("GET", f"/v1/responses/{one['id']}")[0] == 404, "it is there although it was deleted elsewhere")
        check(cancel(first, first) < 1, "a cancel on the host that writes takes long")
        cancelled = cancel(first, second)
        page_chats(first, second)
        first.kill()
        check(second.ask("GET", f"/v1/responses/{same['id']}")[0] == 200, "a response is gone with its host")
        return f"a cancel on another host takes {cancelled:.1f} s"


def page_chats(first, second):
    """Copies of the page's conversations: what one host changes the other shows."""
    path, chat = "/v1/internal/chats/a1", {"title": "One", "messages": [{"role": "user", "content": "hello"}]}
    status, kept = first.ask("PUT", path, {"chat": chat})
    check(status == 200, f"{status} {kept}")
    status, seen = second.ask("GET", path)
    check(status == 200 and seen["chat"] == chat and seen["revision"] == kept["revision"], f"another host shows {status} {seen}")
    check([entry["id"] for entry in second.ask("GET", "/v1/internal/chats")[1]["chats"]] == ["a1"], "another host lists it not")
    status, newer = second.ask("PUT", path, {"chat": {**chat, "title": "Two"}, "revision": kept["revision"]})
    check(status == 200, f"another host cannot change it: {status} {newer}")
    check(first.ask("PUT", path, {"chat": chat, "revision": kept["revision"]})[0] == 409, "a change that has not seen the last one is taken")
    check(first.ask("GET", path)[1]["chat"]["title"] == "Two", "a host shows an older one")
    check(second.ask("DELETE", path)[0] == 200, "another host cannot delete it")
    check(first.ask("GET", path)[0] == 404 and first.ask("GET", "/v1/internal/chats")[1]["chats"] == [], "it is there although it was deleted")
    check(first.ask("PUT", path, {"chat": chat})[0] == 200, "its name cannot be used again")


def cancel(first, second):
    """Seconds from a cancel on the second host to the end of a response that the first one writes, at a pace of one token in a second."""
    names, ended = [], threading.Event()

    def read():
        connection = http.client.HTTPConnection("127.0.0.1", first.port, timeout=60)
        connection.request("POST", "/v1/responses", json.dumps({"input": "a", "stream": True, "max_output_tokens": 20_000, "ban_eos_token": True, "regex": "[a-z ]*", "max_tokens_second": 1}),
                           {"Content-Type": "application/json"})
        for line in connection.getresponse():
            if line.startswith(b"data: ") and not names:
                names.append(json.loads(line[6:])["response"]["id"])
        ended.set()
    threading.Thread(target=read, daemon=True).start()
    await_true(lambda: names, 10, "the response begins")
    time.sleep(0.2)
    start = time.monotonic()
    status, answer = second.ask("POST", f"/v1/responses/{names[0]}/cancel")
    check(status == 200 and answer["status"] == "cancelled", f"a cancel: {status} {answer}")
    check(ended.wait(2), "a response goes on after its cancel")
    return time.monotonic() - start


def tls(options):
    """TLS, users and databases; a wrong certificate or password is said, and the password is not."""
    with Stage() as stage:
        authority, certificate, key = certificates(stage.folder)
        port = free_port()
        redis = stage.redis(
            "--tls-port", port, "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", authority, "--tls-auth-clients", "no",
            "--user", *"host on >s3cr@t ~* &* +@all".split())
        address = f"rediss://host:s3cr%40t@localhost:{port}/3"
        [first] = stage.replicas(1, address, "--state-store-ca", str(authority))
        [second] = stage.replicas(1, address.replace("localhost", "127.0.0.1"), "--state-store-ca", str(authority))
        chat = Chat(0)
        chat.turn(first.port)
        written([first])
        chat.turn(second.port)
        check(chat.cached[1] > 0, "nothing came over TLS")
        check(len(redis.run("KEYS", "*")) == 0, "the wrong database is used")
        for wrong, flags, words in (
            (address, (), "certificate"), (address.replace("s3cr%40t", "wr0ng"), ("--state-store-ca", str(authority)), "WRONGPASS"),
            (f"rediss://127.0.0.1:{redis.port}", (), "TLS"),
        ):
            host = stage.add(Replica(f"wrong-{words}", stage.folder, "--state-store", wrong, *flags)).wait()
            await_true(lambda: "is away" in host.log(), 10, "the log says that the store is away")
            check(words in host.log(), f"the log does not say why: {host.log()[-400:]}")
            check("wr0ng" not in host.log() and "s3cr" not in host.log(), "the log shows the password")
            check(host.ask("POST", "/v1/completions", fields(2, prompt="a"))[0] == 200, "a host does not answer without its store")
            host.kill()
        return "by name and by address"


CHECKS = [killed, sessions, one_at_a_time, shared_answers, figure, restart, store_gone, store_full, poisoned, slow, tls]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("names", nargs="*", help=", ".join(check.__name__ for check in CHECKS))
    arguments.add_argument("--chats", type=int, default=40)
    arguments.add_argument("--sessions", type=int, default=1000)
    options = arguments.parse_args()
    if lacking := missing():
        print("skipped: " + "; ".join(lacking))
        print("0 passed, 0 failed")
        return 0
    good = bad = 0
    for one in CHECKS:
        if options.names and one.__name__ not in options.names:
            continue
        start = time.monotonic()
        try:
            said, passed = one(options), True
        except Exception as error:
            said, passed = repr(error), False
        good, bad = good + passed, bad + (not passed)
        print(f"{'ok  ' if passed else 'FAIL'} {one.__name__:12} {time.monotonic() - start:5.1f} s  {said}", flush=True)
    print(f"{good} passed, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
