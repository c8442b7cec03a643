"""Trains the demo model: tokenizer, packing, two data-parallel processes, a schedule on processor time, export.

    python corpus.py --out WORK          the text
    python train.py --work WORK --minutes 60
    python evaluate.py --work WORK       the numbers of README.md

Stops and resumes at any time (checkpoint in WORK); `--export` only writes the folder from the newest checkpoint.
"""

import argparse
import json
import math
import os
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from safetensors.torch import save_file

import rwkv4
from tokens import documents, encode_file, load_tokenizer, train_tokenizer

LAYERS, WIDTH, ROW = 6, 192, 384
HERE = Path(__file__).parent


class Packer:
    """Fills rows of ROW tokens with whole documents, in random order, best fit from a small pool."""

    def __init__(self, path, seed):
        d = np.load(path)
        self.tokens, self.targets, self.weights, self.offsets = d["tokens"], d["targets"], d["weights"], d["offsets"]
        self.random = np.random.default_rng(seed)
        self.order, self.pool, self.epochs = [], [], 0

    def lengths(self, i):
        return min(int(self.offsets[i + 1] - self.offsets[i]), ROW)

    def take(self, room):
        while len(self.pool) < 48:
            if not len(self.order):
                self.order = list(self.random.permutation(len(self.offsets) - 1))
                self.epochs += 1
            self.pool.append(self.order.pop())
        fit = [j for j, i in enumerate(self.pool) if self.lengths(i) <= room]
        if not fit:
            return None
        best = fit[0] if room == ROW else max(fit, key=lambda j: self.lengths(self.pool[j]))
        return self.pool.pop(best)

    def batch(self, rows):
        tokens = np.zeros((rows, ROW), np.int64)
        targets = np.zeros((rows, ROW), np.int64)
        weights = np.zeros((rows, ROW), np.float32)
        starts = np.zeros((rows, ROW), bool)
        for r in range(rows):
            at = 0
            while at < ROW and (i := self.take(ROW - at)) is not None:
                n, o = self.lengths(i), self.offsets[i]
                tokens[r, at:at + n] = self.tokens[o:o + n]
                targets[r, at:at + n] = self.targets[o:o + n]
                weights[r, at:at + n] = self.weights[o:o + n] / 100.0
                # One boundary in eight is left open, so that the model also learns that id 0 ends what came before.
                starts[r, at] = at == 0 or self.random.random() > 0.125
                at += n
            starts[r, at:] = True
        return [torch.from_numpy(a) for a in (tokens, targets, weights, starts)]


def orthogonalize(g):
    """The nearest half-orthogonal matrix, by five Newton-Schulz steps (Muon; coefficients: K. Jordan 2024)."""
    x = (g / (g.norm(dim=(-2, -1), keepdim=True) + 1e-7)).bfloat16()
    for _ in range(5):
        a = x @ x.mT
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return x.float()


class Optimizer:
    """Muon for the matrices inside blocks (shared out between processes), Adam for the rest; all state in flat buffers."""

    def __init__(self, model, rank, world):
        self.rank, self.world = rank, world
        self.named = sorted(model.named().items(), key=lambda item: self.is_matrix(*item))
        self.params = [p for _, p in self.named]
        self.sizes = [p.numel() for p in self.params]
        self.at = np.concatenate([[0], np.cumsum(self.sizes)])
        n = int(self.at[-1])
        self.grad = torch.zeros(n + 2)
        for p, lo, hi in zip(self.params, self.at, self.at[1:]):
            p.grad = self.grad[lo:hi].view_as(p)
        # Adam's part comes first, then the matrices.
        self.small = sum(p.numel() for item in self.named if not self.is_matrix(*item) for p in item[1:])
        self.first, self.second, self.average = torch.zeros(n), torch.zeros(self.small), torch.cat([p.detach().flatten() for p in self.params])
        self.matrices, self.rates = {}, torch.ones(self.small)
        for i, (name, p) in enumerate(self.named):
            if self.is_matrix(name, p):
                self.matrices.setdefault((min(p.shape), max(p.shape)), []).append(i)
            elif name.endswith(("time_decay", "time_first")):
                self.rates[self.at[i]:self.at[i + 1]] = 3.0
        self.steps, self.tokens = 0, 0

    @staticmethod
    def is_matrix(name, p):
        return p.dim() == 2 and "blocks" in name

    def zero(self):
        self.grad.zero_()

    def step(self, adam_rate, muon_rate):
        """The gradient buffer holds the mean over all processes."""
        self.steps += 1
        g = self.grad[:-2]
        norm = float(g.norm())
        if norm > 1.0:
            g.mul_(1.0 / norm)
        update = torch.zeros_like(g)
        self.first.lerp_(g, 0.05)
        for _shape, members in self.matrices.items():
            mine = members[self.rank::self.world]
            stack = []
            for i in mine:
                lo, hi = self.at[i], self.at[i + 1]
                m = torch.lerp(g[lo:hi], self.first[lo:hi], 0.95).view_as(self.params[i])
                stack.append(m.mT if m.shape[0] > m.shape[1] else m)
            if stack:
                for i, o in zip(mine, orthogonalize(torch.stack(stack))):
                    p = self.params[i]
                    o = o.mT if p.shape[0] > p.shape[1] else o
                    scale = max(1.0, p.shape[0] / p.shape[1]) ** 0.5
                    update[self.at[i]:self.at[i + 1]] = muon_rate * scale * o.reshape(-1)
        if self.world > 1:
            dist.all_reduce(update)
        few, g = self.first[:self.small], g[:self.small]
        self.second.lerp_(g * g, 0.02)
        c1, c2 = 1 - 0.95 ** self.steps, 1 - 0.98 ** self.steps
        update[:self.small] = adam_rate * self.rates * (few / c1) / ((self.second / c2).sqrt_() + 1e-8)
        with torch.no_grad():
            for i, (name, p) in enumerate(self.named):
                if self.is_matrix(name, p):
                    p.mul_(1 - 0.02 * muon_rate)
                p.sub_(update[self.at[i]:self.at[i + 1]].view_as(p))
            if self.steps % 5 == 0:
                flat = torch.cat([p.detach().flatten() for p in self.params])
                self.average.lerp_(flat, max(0.06, 1 / (self.steps + 1)))
        return norm

    def averaged(self):
        return {name: self.average[lo:hi].view_as(p).clone() for (name, p), lo, hi in zip(self.named, self.at, self.at[1:])}

    def state(self):
        return {"first": self.first, "second": self.second, "average": self.average, "steps": self.steps, "tokens": self.tokens}

    def restore(self, s):
        self.first, self.second, self.average, self.steps, self.tokens = s["first"], s["second"], s["average"], s["steps"], s.get("tokens", 0)


def rate_at(progress):
    """A short warm-up, level to half of the budget, then straight down to zero."""
    return min(progress / 0.01, 1.0, max(0.0, (1 - progress) / 0.5))


def validate(model, path, rows=32):
    pack = Packer(path, 7)
    total = 0.0
    with torch.no_grad():
        for _ in range(rows // 8):
            tokens, targets, weights, starts = pack.batch(8)
            weights = (weights > 0.5).float()  # Only what the model is there to write.
            total += float(model.loss(tokens, targets, weights / weights.sum(), starts))
    return total / (rows // 8)


def worker(rank, world, args):
    torch.set_num_threads(1)
    torch.manual_seed(1)
    if world > 1:
        dist.init_process_group("gloo", init_method=f"file://{args.work}/rendezvous", rank=rank, world_size=world)
    rwkv4.compile_fused(f"{args.work}/build")
    vocabulary = load_tokenizer(args.tokenizer).get_vocab_size()
    model = rwkv4.RWKV4(-(-vocabulary // 64) * 64, WIDTH, LAYERS)
    optimizer = Optimizer(model, rank, world)
    checkpoint, elapsed = Path(args.work) / "checkpoint.pt", 0.0
    if checkpoint.exists():
        c = torch.load(checkpoint, weights_only=True)
        model.load_named(c["model"])
        optimizer.restore(c["optimizer"])
        elapsed = c["elapsed"]
    elif args.start_from:
        c = torch.load(args.start_from, weights_only=True)
        model.load_named(c["model"])
        optimizer.restore(c["optimizer"])
    pack = Packer(f"{args.work}/train.npz", 1000 * optimizer.steps + rank)
    log = open(f"{args.work}/log.jsonl", "a") if rank == 0 else None
    # Processor time stands still while the process is paused and shares a crowded core fairly.
    began, saved, validated = time.process_time() - elapsed, time.process_time(), -math.inf
    while True:
        optimizer.zero()
        tokens, targets, weights, starts = pack.batch(args.rows)
        model.loss(tokens, targets, weights / (weights.sum() * world), starts).backward()
        with torch.no_grad():
            optimizer.grad[-2] = (time.process_time() - began) / (60 * args.minutes) if rank == 0 else 0.0
            optimizer.grad[-1] = 0.0
        if world > 1:
            dist.all_reduce(optimizer.grad)
        progress = float(optimizer.grad[-2])
        done = progress >= 1
        rate = rate_at(progress)
        norm = optimizer.step(args.adam * rate, args.muon * rate)
        optimizer.tokens += args.rows * ROW * world
        if rank == 0:
            now = time.process_time()
            if optimizer.steps % 20 == 0 or done:
                with torch.no_grad():
                    loss = float(model.loss(tokens, targets, weights / weights.sum(), starts))
                row = {"step": optimizer.steps, "minutes": (now - began) / 60, "progress": progress, "loss": loss, "norm": norm,
                       "tokens": optimizer.tokens, "epochs": pack.epochs}
                if now - validated > args.validate_every or done:
                    live = {n: p.detach().clone() for n, p in model.named().items()}
                    model.load_named(optimizer.averaged())
                    row["story"], row["chat"] = (validate(model, f"{args.work}/valid_{k}.npz") for k in ("story", "chat"))
                    model.load_named(live)
                    validated = now
                log.write(json.dumps(row) + "\n")
                log.flush()
            if now - saved > 90 or done:
                torch.save({"model": {n: p.detach() for n, p in model.named().items()}, "optimizer": optimizer.state(),
                            "elapsed": now - began}, str(checkpoint) + ".new")
                os.replace(str(checkpoint) + ".new", checkpoint)
                saved = now
        if done:
            break
    if rank == 0:
        export(args)
    if world > 1:
        dist.destroy_process_group()


def export(args):
    """Writes the averaged weights, rounded to bf16, with config and tokenizer."""
    c = torch.load(f"{args.work}/checkpoint.pt", weights_only=True)
    vocabulary = load_tokenizer(args.tokenizer).get_vocab_size()
    model = rwkv4.RWKV4(-(-vocabulary // 64) * 64, WIDTH, LAYERS)
    optimizer = Optimizer(model, 0, 1)
    optimizer.restore(c["optimizer"])
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    tensors = {n: t.to(torch.bfloat16).contiguous() for n, t in optimizer.averaged().items()}
    save_file(tensors, out / "model.safetensors", metadata={"format": "pt"})
    config = {
        "architectures": ["RwkvForCausalLM"], "model_type": "rwkv", "vocab_size": model.vocabulary, "hidden_size": WIDTH,
        "attention_hidden_size": WIDTH, "intermediate_size": 4 * WIDTH, "num_hidden_layers": LAYERS, "context_length": ROW,
        "layer_norm_epsilon": 1e-5, "bos_token_id": 0, "eos_token_id": 0, "rescale_every": 0, "tie_word_embeddings": False,
        "use_cache": True, "torch_dtype": "bfloat16",
    }
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n")


def main():
    a = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    a.add_argument("--work", required=True, help="folder with the corpus; checkpoints and logs go there")
    a.add_argument("--out", default=str(HERE), help="where the model folder is written")
    a.add_argument("--tokenizer", default=str(HERE / "tokenizer.json"), help="made here when missing")
    a.add_argument("--minutes", type=float, default=60, help="length of the schedule in processor time of the first process: wall time when it has a core to itself")
    a.add_argument("--start-from", metavar="CHECKPOINT", help="take weights and optimizer from another run, with a schedule of its own")
    a.add_argument("--processes", type=int, default=2)
    a.add_argument("--rows", type=int, default=6, help=f"rows of {ROW} tokens per process and step")
    a.add_argument("--adam", type=float, default=3e-3)
    a.add_argument("--muon", type=float, default=0.02)
    a.add_argument("--validate-every", type=float, default=180)
    a.add_argument("--export", action="store_true", help="only write the folder from the newest checkpoint")
    args = a.parse_args()
    if args.export:
        return export(args)
    if not Path(args.tokenizer).exists():
        train_tokenizer(("".join(part[0] for part in d) for d in documents(f"{args.work}/train.jsonl", every=4)), args.tokenizer)
    for name in ("train", "valid_story", "valid_chat"):
        encode_file(f"{args.work}/{name}.jsonl", f"{args.work}/{name}.npz", args.tokenizer)
    rwkv4.compile_fused(f"{args.work}/build")
    rendezvous = Path(args.work) / "rendezvous"
    rendezvous.unlink(missing_ok=True)
    if args.processes == 1:
        worker(0, 1, args)
    else:
        mp.start_processes(worker, (args.processes, args), nprocs=args.processes, start_method="fork")


if __name__ == "__main__":
    main()
