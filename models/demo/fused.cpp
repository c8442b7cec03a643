// The parts of RWKV-4 that PyTorch has no fast CPU form for, forward and backward:
// layer norm with token shift and mixing, the WKV recurrence, the channel-mix gate, and a weighted cross entropy.
// Activations between matrix products are bf16, everything inside is float32.
// `starts[b][t]` is true where a new document begins: there the recurrence and the token shift see an empty past.
// Source of the recurrence and its gradient: the RWKV-4 paper (arXiv 2305.13048), section 3 and appendix; stable form by running maxima.

#include <torch/extension.h>
#include <ATen/Parallel.h>
#include <cmath>
#include <cstring>
#include <vector>

using torch::Tensor;

namespace {

constexpr int64_t maxChannels = 1024;

inline float widen(uint16_t h) {
    uint32_t u = uint32_t(h) << 16;
    float f;
    std::memcpy(&f, &u, 4);
    return f;
}

inline uint16_t narrow(float f) {
    uint32_t u;
    std::memcpy(&u, &f, 4);
    return uint16_t((u + 0x7fffu + ((u >> 16) & 1u)) >> 16);
}

inline float sigmoid(float x) { return 1.0f / (1.0f + std::exp(-x)); }

const uint16_t *bits(const Tensor &t) { return reinterpret_cast<const uint16_t *>(t.data_ptr<at::BFloat16>()); }
uint16_t *bitsOut(Tensor &t) { return reinterpret_cast<uint16_t *>(t.data_ptr<at::BFloat16>()); }

void checkChannels(int64_t C) { TORCH_CHECK(C <= maxChannels, "at most ", maxChannels, " channels, found ", C); }

}  // namespace

// x [B,T,C] float, mixes [n,C] float -> n tensors [B,T,C] bf16, then mean and reciprocal deviation [B,T].
std::vector<Tensor> normShiftForward(Tensor x, Tensor gain, Tensor bias, Tensor mixes, Tensor starts) {
    const int64_t B = x.size(0), T = x.size(1), C = x.size(2), n = mixes.size(0);
    checkChannels(C);
    auto mean = torch::empty({B, T}, x.options()), rstd = torch::empty({B, T}, x.options());
    std::vector<Tensor> out;
    std::vector<uint16_t *> o;
    for (int64_t j = 0; j < n; j++) {
        out.push_back(torch::empty({B, T, C}, x.options().dtype(torch::kBFloat16)));
        o.push_back(bitsOut(out.back()));
    }
    const float *px = x.data_ptr<float>(), *g = gain.data_ptr<float>(), *b0 = bias.data_ptr<float>(), *m = mixes.data_ptr<float>();
    const bool *st = starts.data_ptr<bool>();
    float *pm = mean.data_ptr<float>(), *pr = rstd.data_ptr<float>();
    at::parallel_for(0, B, 1, [&](int64_t lo, int64_t hi) {
        float y[maxChannels], before[maxChannels];
        for (int64_t b = lo; b < hi; b++)
            for (int64_t t = 0; t < T; t++) {
                const int64_t row = b * T + t;
                const float *xr = px + row * C;
                if (t == 0 || st[row]) std::memset(before, 0, sizeof(float) * C);
                float sum = 0, square = 0;
                for (int64_t c = 0; c < C; c++) sum += xr[c];
                const float mu = sum / C;
                for (int64_t c = 0; c < C; c++) square += (xr[c] - mu) * (xr[c] - mu);
                const float r = 1.0f / std::sqrt(square / C + 1e-5f);
                pm[row] = mu;
                pr[row] = r;
                for (int64_t c = 0; c < C; c++) y[c] = (xr[c] - mu) * r * g[c] + b0[c];
                for (int64_t j = 0; j < n; j++) {
                    uint16_t *oj = o[j] + row * C;
                    const float *mj = m + j * C;
                    for (int64_t c = 0; c < C; c++) oj[c] = narrow(before[c] + (y[c] - before[c]) * mj[c]);
                }
                std::memcpy(before, y, sizeof(float) * C);
            }
    });
    out.push_back(mean);
    out.push_back(rstd);
    return out;
}

// Gradients of x, gain, bias and mixes from the n bf16 gradients of the outputs.
std::vector<Tensor> normShiftBackward(std::vector<Tensor> grads, Tensor x, Tensor gain, Tensor bias, Tensor mixes, Tensor starts,
                                      Tensor mean, Tensor rstd) {
    const int64_t B = x.size(0), T = x.size(1), C = x.size(2), n = mixes.size(0);
    auto dx = torch::empty_like(x);
    auto sums = torch::zeros({B, n + 2, C}, x.options());
    std::vector<const uint16_t *> gr;
    for (auto &t : grads) gr.push_back(bits(t));
    const float *px = x.data_ptr<float>(), *g = gain.data_ptr<float>(), *b0 = bias.data_ptr<float>(), *m = mixes.data_ptr<float>();
    const float *pm = mean.data_ptr<float>(), *pr = rstd.data_ptr<float>();
    const bool *st = starts.data_ptr<bool>();
    float *pdx = dx.data_ptr<float>(), *ps = sums.data_ptr<float>();
    at::parallel_for(0, B, 1, [&](int64_t lo, int64_t hi) {
        float hat[maxChannels], y[maxChannels], before[maxChannels], dy[maxChannels], later[maxChannels];
        for (int64_t b = lo; b < hi; b++) {
            float *dGain = ps + b * (n + 2) * C, *dBias = dGain + C, *dMix = dBias + C;
            std::memset(later, 0, sizeof(later));
            for (int64_t t = T - 1; t >= 0; t--) {
                const int64_t row = b * T + t;
                const bool first = t == 0 || st[row];
                const float *xr = px + row * C;
                for (int64_t c = 0; c < C; c++) hat[c] = (xr[c] - pm[row]) * pr[row];
                for (int64_t c = 0; c < C; c++) y[c] = hat[c] * g[c] + b0[c];
                if (first) std::memset(before, 0, sizeof(float) * C);
                else
                    for (int64_t c = 0; c < C; c++) before[c] = (xr[c - C] - pm[row - 1]) * pr[row - 1] * g[c] + b0[c];
                std::memcpy(dy, later, sizeof(float) * C);
                std::memset(later, 0, sizeof(float) * C);
                for (int64_t j = 0; j < n; j++) {
                    const uint16_t *gj = gr[j] + row * C;
                    const float *mj = m + j * C;
                    float *dj = dMix + j * C;
                    for (int64_t c = 0; c < C; c++) {
                        const float v = widen(gj[c]);
                        dy[c] += v * mj[c];
                        later[c] += v * (1.0f - mj[c]);
                        dj[c] += v * (y[c] - before[c]);
                    }
                }
                if (first) std::memset(later, 0, sizeof(float) * C);
                float s1 = 0, s2 = 0;
                for (int64_t c = 0; c < C; c++) {
                    dGain[c] += dy[c] * hat[c];
                    dBias[c] += dy[c];
                    dy[c] *= g[c];
                    s1 += dy[c];
                    s2 += dy[c] * hat[c];
                }
                s1 /= C;
                s2 /= C;
                float *d = pdx + row * C;
                for (int64_t c = 0; c < C; c++) d[c] = pr[row] * (dy[c] - s1 - hat[c] * s2);
            }
        }
    });
    auto total = sums.sum(0);
    return {dx, total[0], total[1], total.slice(0, 2)};
}

// sigmoid(r) * wkv for k, v, r [B,T,C] bf16; decay and bonus [C] float (w = -exp(decay)). Returns the bf16 product and wkv in float.
std::vector<Tensor> timeMixForward(Tensor decay, Tensor bonus, Tensor k, Tensor v, Tensor r, Tensor starts) {
    const int64_t B = k.size(0), T = k.size(1), C = k.size(2);
    checkChannels(C);
    auto out = torch::empty_like(k);
    auto wkv = torch::empty({B, T, C}, decay.options());
    const uint16_t *pk = bits(k), *pv = bits(v), *pr = bits(r);
    uint16_t *po = bitsOut(out);
    float *pw = wkv.data_ptr<float>();
    const float *d = decay.data_ptr<float>(), *u = bonus.data_ptr<float>();
    const bool *st = starts.data_ptr<bool>();
    at::parallel_for(0, B, 1, [&](int64_t lo, int64_t hi) {
        float num[maxChannels], den[maxChannels], top[maxChannels], w[maxChannels];
        for (int64_t c = 0; c < C; c++) w[c] = -std::exp(d[c]);
        for (int64_t b = lo; b < hi; b++)
            for (int64_t t = 0; t < T; t++) {
                const int64_t row = b * T + t;
                if (t == 0 || st[row])
                    for (int64_t c = 0; c < C; c++) { num[c] = 0; den[c] = 0; top[c] = -1e30f; }
                const uint16_t *kr = pk + row * C, *vr = pv + row * C, *rr = pr + row * C;
                uint16_t *orow = po + row * C;
                float *wr = pw + row * C;
                for (int64_t c = 0; c < C; c++) {
                    const float kk = widen(kr[c]), vv = widen(vr[c]);
                    float p = std::max(top[c], u[c] + kk);
                    float e1 = std::exp(top[c] - p), e2 = std::exp(u[c] + kk - p);
                    const float y = (e1 * num[c] + e2 * vv) / (e1 * den[c] + e2);
                    wr[c] = y;
                    orow[c] = narrow(sigmoid(widen(rr[c])) * y);
                    p = std::max(top[c] + w[c], kk);
                    e1 = std::exp(top[c] + w[c] - p);
                    e2 = std::exp(kk - p);
                    num[c] = e1 * num[c] + e2 * vv;
                    den[c] = e1 * den[c] + e2;
                    top[c] = p;
                }
            }
    });
    return {out, wkv};
}

// Gradients of decay, bonus, k, v, r. One pass forward collects decay and bonus, one pass back carries the state's gradient.
std::vector<Tensor> timeMixBackward(Tensor grad, Tensor decay, Tensor bonus, Tensor k, Tensor v, Tensor r, Tensor wkv, Tensor starts) {
    const int64_t B = k.size(0), T = k.size(1), C = k.size(2);
    auto dk = torch::empty_like(k), dv = torch::empty_like(v), dr = torch::empty_like(r);
    auto sums = torch::zeros({B, 2, C}, decay.options());
    const uint16_t *pg = bits(grad), *pk = bits(k), *pv = bits(v), *pr = bits(r);
    uint16_t *odk = bitsOut(dk), *odv = bitsOut(dv), *odr = bitsOut(dr);
    const float *y = wkv.data_ptr<float>(), *d = decay.data_ptr<float>(), *u = bonus.data_ptr<float>();
    const bool *st = starts.data_ptr<bool>();
    float *ps = sums.data_ptr<float>();
    at::parallel_for(0, B, 1, [&](int64_t lo, int64_t hi) {
        // share[t,c]: gradient of wkv over its denominator, times exp(reach): the token's own weight in that denominator.
        std::vector<float> shareStore(T * C), reachStore(T * C);
        float *share = shareStore.data(), *reach = reachStore.data();
        float num[maxChannels], den[maxChannels], top[maxChannels], w[maxChannels], numW[maxChannels], denW[maxChannels];
        for (int64_t c = 0; c < C; c++) w[c] = -std::exp(d[c]);
        for (int64_t b = lo; b < hi; b++) {
            float *dDecay = ps + b * 2 * C, *dBonus = dDecay + C;
            for (int64_t t = 0; t < T; t++) {
                const int64_t row = b * T + t;
                if (t == 0 || st[row])
                    for (int64_t c = 0; c < C; c++) { num[c] = den[c] = numW[c] = denW[c] = 0; top[c] = -1e30f; }
                const uint16_t *kr = pk + row * C, *vr = pv + row * C, *rr = pr + row * C, *gr = pg + row * C;
                const float *yr = y + row * C;
                uint16_t *drr = odr + row * C;
                float *sh = share + t * C, *re = reach + t * C;
#pragma GCC ivdep
                for (int64_t c = 0; c < C; c++) {
                    const float kk = widen(kr[c]), vv = widen(vr[c]), s = sigmoid(widen(rr[c])), go = widen(gr[c]);
                    drr[c] = narrow(go * yr[c] * s * (1.0f - s));
                    const float gy = go * s;
                    float p = std::max(top[c], u[c] + kk);
                    float e1 = std::exp(top[c] - p), e2 = std::exp(u[c] + kk - p);
                    const float inv = 1.0f / (e1 * den[c] + e2);
                    sh[c] = gy * inv;
                    re[c] = -p;
                    dDecay[c] += gy * inv * e1 * (numW[c] - denW[c] * yr[c]);
                    dBonus[c] += gy * inv * e2 * (vv - yr[c]);
                    p = std::max(top[c] + w[c], kk);
                    e1 = std::exp(top[c] + w[c] - p);
                    e2 = std::exp(kk - p);
                    numW[c] = e1 * (num[c] + numW[c]);
                    denW[c] = e1 * (den[c] + denW[c]);
                    num[c] = e1 * num[c] + e2 * vv;
                    den[c] = e1 * den[c] + e2;
                    top[c] = p;
                }
            }
            for (int64_t c = 0; c < C; c++) { num[c] = den[c] = 0; top[c] = -1e30f; }
            for (int64_t t = T - 1; t >= 0; t--) {
                const int64_t row = b * T + t;
                const uint16_t *kr = pk + row * C, *vr = pv + row * C;
                const float *yr = y + row * C, *sh = share + t * C, *re = reach + t * C;
                uint16_t *dkr = odk + row * C, *dvr = odv + row * C;
#pragma GCC ivdep
                for (int64_t c = 0; c < C; c++) {
                    const float kk = widen(kr[c]), vv = widen(vr[c]);
                    const float own = sh[c] * std::exp(u[c] + kk + re[c]), past = std::exp(kk + top[c]);
                    dkr[c] = narrow(own * (vv - yr[c]) + past * (num[c] * vv + den[c]));
                    dvr[c] = narrow(own + past * num[c]);
                    const float p = std::max(top[c] + w[c], re[c]);
                    const float e1 = std::exp(top[c] + w[c] - p), e2 = sh[c] * std::exp(re[c] - p);
                    num[c] = e1 * num[c] + e2;
                    den[c] = e1 * den[c] - e2 * yr[c];
                    top[c] = p;
                }
                if (t == 0 || st[row])
                    for (int64_t c = 0; c < C; c++) { num[c] = den[c] = 0; top[c] = -1e30f; }
            }
            for (int64_t c = 0; c < C; c++) dDecay[c] *= w[c];
        }
    });
    auto total = sums.sum(0);
    return {total[0], total[1], dk, dv, dr};
}

// x + sigmoid(r) * value: the end of channel mixing with its residual; x float, r and value bf16.
Tensor gateForward(Tensor x, Tensor r, Tensor value) {
    auto out = torch::empty_like(x);
    const float *px = x.data_ptr<float>();
    const uint16_t *pr = bits(r), *pv = bits(value);
    float *po = out.data_ptr<float>();
    at::parallel_for(0, x.numel(), 1 << 14, [&](int64_t lo, int64_t hi) {
        for (int64_t i = lo; i < hi; i++) po[i] = px[i] + sigmoid(widen(pr[i])) * widen(pv[i]);
    });
    return out;
}

std::vector<Tensor> gateBackward(Tensor grad, Tensor r, Tensor value) {
    auto dr = torch::empty_like(r), dv = torch::empty_like(value);
    const float *pg = grad.data_ptr<float>();
    const uint16_t *pr = bits(r), *pv = bits(value);
    uint16_t *odr = bitsOut(dr), *odv = bitsOut(dv);
    at::parallel_for(0, grad.numel(), 1 << 14, [&](int64_t lo, int64_t hi) {
        for (int64_t i = lo; i < hi; i++) {
            const float s = sigmoid(widen(pr[i]));
            odr[i] = narrow(pg[i] * widen(pv[i]) * s * (1.0f - s));
            odv[i] = narrow(pg[i] * s);
        }
    });
    return {dr, dv};
}

Tensor squaredReluForward(Tensor x) {
    auto out = torch::empty_like(x);
    const uint16_t *p = bits(x);
    uint16_t *o = bitsOut(out);
    at::parallel_for(0, x.numel(), 1 << 14, [&](int64_t lo, int64_t hi) {
        for (int64_t i = lo; i < hi; i++) {
            const float a = std::max(widen(p[i]), 0.0f);
            o[i] = narrow(a * a);
        }
    });
    return out;
}

Tensor squaredReluBackward(Tensor grad, Tensor x) {
    auto out = torch::empty_like(x);
    const uint16_t *p = bits(x), *g = bits(grad);
    uint16_t *o = bitsOut(out);
    at::parallel_for(0, x.numel(), 1 << 14, [&](int64_t lo, int64_t hi) {
        for (int64_t i = lo; i < hi; i++) o[i] = narrow(2.0f * std::max(widen(p[i]), 0.0f) * widen(g[i]));
    });
    return out;
}

// logits [N,V] bf16, targets [N] int64, weights [N] float (already divided by their sum) ->
// the weighted loss and the gradient of the logits, bf16.
std::vector<Tensor> crossEntropy(Tensor logits, Tensor targets, Tensor weights) {
    const int64_t N = logits.size(0), V = logits.size(1);
    auto grad = torch::empty_like(logits);
    auto losses = torch::empty({N}, weights.options());
    const uint16_t *pl = bits(logits);
    uint16_t *po = bitsOut(grad);
    const int64_t *pt = targets.data_ptr<int64_t>();
    const float *pw = weights.data_ptr<float>();
    float *ps = losses.data_ptr<float>();
    at::parallel_for(0, N, 16, [&](int64_t lo, int64_t hi) {
        std::vector<float> row(V);
        for (int64_t i = lo; i < hi; i++) {
            const uint16_t *l = pl + i * V;
            float top = -1e30f, sum = 0;
            for (int64_t c = 0; c < V; c++) row[c] = widen(l[c]);
            for (int64_t c = 0; c < V; c++) top = std::max(top, row[c]);
            const float goal = row[pt[i]];
            for (int64_t c = 0; c < V; c++) {
                row[c] = std::exp(row[c] - top);
                sum += row[c];
            }
            ps[i] = pw[i] * (top + std::log(sum) - goal);
            const float scale = pw[i] / sum;
            row[pt[i]] -= sum;
            for (int64_t c = 0; c < V; c++) po[i * V + c] = narrow(row[c] * scale);
        }
    });
    return {losses.sum(), grad};
}

PYBIND11_MODULE(TORCH_EXTENSION_NAME, m) {
    m.def("norm_shift_forward", &normShiftForward);
    m.def("norm_shift_backward", &normShiftBackward);
    m.def("time_mix_forward", &timeMixForward);
    m.def("time_mix_backward", &timeMixBackward);
    m.def("gate_forward", &gateForward);
    m.def("gate_backward", &gateBackward);
    m.def("squared_relu_forward", &squaredReluForward);
    m.def("squared_relu_backward", &squaredReluBackward);
    m.def("cross_entropy", &crossEntropy);
}
