"""RWKV-4 for training (parallel over the sequence, bf16 matrix products) and for inference (token by token, float32)."""

import math
import os
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.cpp_extension import load

fused = None


def compile_fused(build_folder=None):
    """Compiles fused.cpp once. Needs a C++ compiler and ninja."""
    global fused
    if fused is None:
        if build_folder:
            os.makedirs(build_folder, exist_ok=True)
        fused = load("modelhost_demo_fused", [str(Path(__file__).with_name("fused.cpp"))], build_directory=build_folder,
                     extra_cflags=["-O3", "-march=native", "-ffast-math", "-fopenmp"], extra_ldflags=["-fopenmp"])
    return fused


class NormShift(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, gain, bias, mixes, starts):
        *out, mean, rstd = fused.norm_shift_forward(x, gain, bias, mixes, starts)
        ctx.save_for_backward(x, gain, bias, mixes, starts, mean, rstd)
        return tuple(out)

    @staticmethod
    def backward(ctx, *grads):
        dx, gain, bias, mixes = fused.norm_shift_backward([g.contiguous() for g in grads], *ctx.saved_tensors)
        return dx, gain, bias, mixes, None


class TimeMix(torch.autograd.Function):
    @staticmethod
    def forward(ctx, decay, bonus, k, v, r, starts):
        out, wkv = fused.time_mix_forward(decay, bonus, k, v, r, starts)
        ctx.save_for_backward(decay, bonus, k, v, r, wkv, starts)
        return out

    @staticmethod
    def backward(ctx, grad):
        return *fused.time_mix_backward(grad.contiguous(), *ctx.saved_tensors), None


class Gate(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, r, value):
        ctx.save_for_backward(r, value)
        return fused.gate_forward(x, r, value)

    @staticmethod
    def backward(ctx, grad):
        grad = grad.contiguous()
        return grad, *fused.gate_backward(grad, *ctx.saved_tensors)


class SquaredRelu(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return fused.squared_relu_forward(x)

    @staticmethod
    def backward(ctx, grad):
        return fused.squared_relu_backward(grad.contiguous(), *ctx.saved_tensors)


class CrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx, logits, targets, weights):
        loss, grad = fused.cross_entropy(logits, targets, weights)
        ctx.save_for_backward(grad)
        return loss

    @staticmethod
    def backward(ctx, scale):
        (grad,) = ctx.saved_tensors
        return grad * scale.to(grad.dtype), None, None


def product(x, weight):
    return F.linear(x, weight.to(torch.bfloat16))


class RWKV4(nn.Module):
    """Parameters carry the Hugging Face names, so the state dict is the checkpoint."""

    def __init__(self, vocabulary, width, layers):
        super().__init__()
        self.vocabulary, self.width, self.layers = vocabulary, width, layers
        p = {}
        p["rwkv.embeddings.weight"] = torch.empty(vocabulary, width).uniform_(-1e-3, 1e-3)
        for i in range(layers):
            late, depth = i / max(layers - 1, 1), 1 - i / layers
            channel = torch.arange(width) / (width - 1)
            ramp = torch.arange(width) / width
            b = f"rwkv.blocks.{i}."
            for ln in (["pre_ln"] if i == 0 else []) + ["ln1", "ln2"]:
                p[b + ln + ".weight"], p[b + ln + ".bias"] = torch.ones(width), torch.zeros(width)
            a, f = b + "attention.", b + "feed_forward."
            p[a + "time_decay"] = -5 + 8 * channel ** (0.7 + 1.3 * late)
            p[a + "time_first"] = math.log(0.3) + (torch.arange(width) % 3 - 1) * 0.5
            p[a + "time_mix_key"] = ramp ** depth
            p[a + "time_mix_value"] = ramp ** depth + 0.3 * late
            p[a + "time_mix_receptance"] = ramp ** (0.5 * depth)
            p[f + "time_mix_key"] = ramp ** depth
            p[f + "time_mix_receptance"] = ramp ** depth
            for name in ("key", "value", "receptance", "output"):
                p[a + name + ".weight"] = torch.zeros(width, width)
            nn.init.orthogonal_(p[a + "value.weight"])
            p[f + "key.weight"] = nn.init.orthogonal_(torch.empty(4 * width, width), gain=1.0)
            p[f + "value.weight"] = torch.zeros(width, 4 * width)
            p[f + "receptance.weight"] = torch.zeros(width, width)
        p["rwkv.ln_out.weight"], p["rwkv.ln_out.bias"] = torch.ones(width), torch.zeros(width)
        p["head.weight"] = torch.randn(vocabulary, width) * 0.02
        for name, value in p.items():
            if "time_mix" in name:
                value = value.view(1, 1, -1)
            self.register_parameter(name.replace(".", "/"), nn.Parameter(value.float().contiguous()))

    def get(self, name):
        return getattr(self, name.replace(".", "/"))

    def named(self):
        return {n.replace("/", "."): p for n, p in self.named_parameters()}

    def load_named(self, tensors):
        with torch.no_grad():
            for name, p in self.named().items():
                p.copy_(tensors[name].view_as(p))

    def loss(self, tokens, targets, weights, starts):
        """tokens, targets [B,T] int64; weights [B,T] float that sum to one; starts [B,T] bool."""
        g, C = self.get, self.width
        x = F.embedding(tokens, g("rwkv.embeddings.weight"))
        x = F.layer_norm(x, (C,), g("rwkv.blocks.0.pre_ln.weight"), g("rwkv.blocks.0.pre_ln.bias"))
        for i in range(self.layers):
            b = f"rwkv.blocks.{i}."
            a, f = b + "attention.", b + "feed_forward."
            mixes = torch.cat([g(a + "time_mix_" + n).view(1, C) for n in ("key", "value", "receptance")])
            xk, xv, xr = NormShift.apply(x, g(b + "ln1.weight"), g(b + "ln1.bias"), mixes, starts)
            k, v, r = product(xk, g(a + "key.weight")), product(xv, g(a + "value.weight")), product(xr, g(a + "receptance.weight"))
            y = TimeMix.apply(g(a + "time_decay"), g(a + "time_first"), k, v, r, starts)
            x = x + product(y, g(a + "output.weight"))
            mixes = torch.cat([g(f + "time_mix_" + n).view(1, C) for n in ("key", "receptance")])
            xk, xr = NormShift.apply(x, g(b + "ln2.weight"), g(b + "ln2.bias"), mixes, starts)
            value = product(SquaredRelu.apply(product(xk, g(f + "key.weight"))), g(f + "value.weight"))
            x = Gate.apply(x, product(xr, g(f + "receptance.weight")), value)
        x = F.layer_norm(x, (C,), g("rwkv.ln_out.weight"), g("rwkv.ln_out.bias")).to(torch.bfloat16)
        logits = product(x, g("head.weight")).view(-1, self.vocabulary)
        return CrossEntropy.apply(logits, targets.reshape(-1), weights.reshape(-1))


class Runner:
    """Token by token in float32, a batch of independent rows at once. Formulas: RWKV-4 paper, appendix."""

    def __init__(self, tensors):
        self.w = {n: t.float().squeeze() for n, t in tensors.items()}
        self.width = self.w["rwkv.ln_out.weight"].numel()
        self.layers = 1 + max(int(n.split(".")[2]) for n in self.w if n.startswith("rwkv.blocks."))

    def state(self, rows):
        s = torch.zeros(self.layers, 5, rows, self.width)
        s[:, 4] = -1e30
        return s

    def norm(self, x, name):
        return F.layer_norm(x, (self.width,), self.w[name + ".weight"], self.w[name + ".bias"])

    def step(self, tokens, state):
        """tokens [B] -> logits [B,V]; state [L,5,B,C] in the order shift, shift, numerator, denominator, maximum; changed in place."""
        w = self.w
        x = self.norm(w["rwkv.embeddings.weight"][tokens], "rwkv.blocks.0.pre_ln")
        for i in range(self.layers):
            b = f"rwkv.blocks.{i}."
            a, f = b + "attention.", b + "feed_forward."
            y, before = self.norm(x, b + "ln1"), state[i, 0].clone()
            k, v, r = (F.linear(torch.lerp(before, y, w[a + "time_mix_" + n]), w[a + n + ".weight"]) for n in ("key", "value", "receptance"))
            state[i, 0] = y
            num, den, top = state[i, 2].clone(), state[i, 3].clone(), state[i, 4].clone()
            bonus = w[a + "time_first"] + k
            p = torch.maximum(top, bonus)
            e1, e2 = torch.exp(top - p), torch.exp(bonus - p)
            wkv = (e1 * num + e2 * v) / (e1 * den + e2)
            decayed = top - torch.exp(w[a + "time_decay"])
            p = torch.maximum(decayed, k)
            e1, e2 = torch.exp(decayed - p), torch.exp(k - p)
            state[i, 2], state[i, 3], state[i, 4] = e1 * num + e2 * v, e1 * den + e2, p
            x = x + F.linear(torch.sigmoid(r) * wkv, w[a + "output.weight"])
            y, before = self.norm(x, b + "ln2"), state[i, 1].clone()
            xk, xr = (torch.lerp(before, y, w[f + "time_mix_" + n]) for n in ("key", "receptance"))
            state[i, 1] = y
            value = F.linear(torch.relu(F.linear(xk, w[f + "key.weight"])) ** 2, w[f + "value.weight"])
            x = x + torch.sigmoid(F.linear(xr, w[f + "receptance.weight"])) * value
        return F.linear(self.norm(x, "rwkv.ln_out"), w["head.weight"])
