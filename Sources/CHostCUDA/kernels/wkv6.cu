// RWKV-5's and 6's recurrence with what precedes and follows it. For each token and head, S [keys, values]:
//
//     o = r (diag(bonus) kᵀ v + S), S = diag(d) S + kᵀ v with d constant or exp(-exp(decayBase + decay))
//     out = GN(o) ⊙ silu(gate)
#include "device.inc"
#include "columns.inc"
#include "heads.inc"
#include "recurrence.inc"

INLINE float decay6(float x) { return expf(-expf(x)); }
INLINE float silu(float x) { return x * sigmoid(x); }

struct Token6 {
    float2 r, k, v, decay, gate;

    INLINE void load(const WKV6Arguments &a, u64 at) {
        r = load_pair(a.r, at), k = load_pair(a.k, at), v = load_pair(a.v, at);
        if (a.decayPerToken) decay = load_pair(a.decay, at);
        if (a.gate) gate = load_pair(a.gate, at);
    }
};

/// What is still wanted when the tile has been walked: what the token's own key and value give, and the gate.
struct Rest6 {
    float2 own, gate;
};

struct Vectors6 {
    float2 decay, bonus;

    INLINE void load(const WKV6Arguments &a, int channel) {
        decay = load_pair(a.decayPerToken ? a.decayBase : a.decay, channel);
        bonus = load_pair(a.bonus, channel);
    }
};

template <int tokens> struct Tile6 {
    float r[tokens][head], k[tokens][head], v[tokens][head], decay[tokens][head], out[tokens][head];

    /// Of one token, by a warp.
    INLINE Rest6 prepare(const WKV6Arguments &a, const Vectors6 &x, Token6 token, int t) {
        float2 d = x.decay;
        if (a.decayPerToken) d = make_float2(decay6(x.decay.x + token.decay.x), decay6(x.decay.y + token.decay.y));
        int channel = (threadIdx.x & 31) * 2;
        *(float2 *)&r[t][channel] = token.r;
        *(float2 *)&k[t][channel] = token.k;
        *(float2 *)&v[t][channel] = token.v;
        *(float2 *)&decay[t][channel] = d;
        float own = channel_sum(make_float2(token.r.x * x.bonus.x, token.r.y * x.bonus.y), token.k);
        return {make_float2(own * token.v.x, own * token.v.y), token.gate};
    }

    /// By all warps.
    INLINE void walk(HeadState<2> &state, int count) {
        float (*s)[8] = state.s;
#pragma unroll 4
        for (int t = 0; t < count; t++) {
            float rt[8], kt[8], dt[8], sum[2];
            load_keys(rt, r[t]), load_keys(kt, k[t]), load_keys(dt, decay[t]);
            float2 value = *(const float2 *)&v[t][HeadState<2>::value()];
#pragma unroll
            for (int i = 0; i < 2; i++) {
                float vi = i ? value.y : value.x;
                sum[i] = key_sum(rt, s[i]);
#pragma unroll
                for (int j = 0; j < 8; j++) s[i][j] = fmaf(s[i][j], dt[j], vi * kt[j]);
            }
            float o = pair_sums(sum[0], sum[1]);
            if ((threadIdx.x & 7) < 2) out[t][HeadState<2>::value() + (threadIdx.x & 1)] = o;
        }
    }

    /// Of one token, by the warp that prepared it. Gain and bias are read here and not before: mk_wkv6_step has no registers
    /// to keep them in.
    INLINE void finish(const WKV6Arguments &a, const Rest6 &rest, int channel, int t, u64 at) {
        float2 o = *(const float2 *)&out[t][(threadIdx.x & 31) * 2];
        o.x += rest.own.x, o.y += rest.own.y;
        o = normalize_head(o, load_pair(a.gain, channel), load_pair(a.bias, channel), a.epsilon);
        if (a.gate) o.x *= silu(rest.gate.x), o.y *= silu(rest.gate.y);
        put_pair(a.out, a.roundedType, at, o);
    }
};

template <int tokens> struct Work6 {
    using Token = Token6;
    using Rest = Rest6;
    const WKV6Arguments &a;
    Vectors6 vectors;
    Tile6<tokens> &tile;
    int channel;

    INLINE Work6(const WKV6Arguments &a, Tile6<tokens> &tile, int channel) : a(a), tile(tile), channel(channel) {
        vectors.load(a, channel);
    }
    INLINE Rest prepare(const Token &token, int t, u64) { return tile.prepare(a, vectors, token, t); }
    INLINE void walk(HeadState<2> &state, int count) { tile.walk(state, count); }
    INLINE void finish(const Rest &rest, int t, u64 at) { tile.finish(a, rest, channel, t, at); }
};

/// Heads of 64.
template <int tokens> INLINE void wkv6_heads(const WKV6Arguments &a, Tile6<tokens> &tile) {
    const int channel = blockIdx.x * head + (threadIdx.x & 31) * 2;
    Work6<tokens> work(a, tile, channel);
    HeadState<2> state;
    each_tile<tokens>(a.pass, a.heads * head, channel, a.offset + (u64)blockIdx.x * head * head, state, work);
}

/// Heads of any size, up to as many channels as a tile has room for: five vectors in its place.
INLINE void wkv6_any(const WKV6Arguments &a, float *r, float *sums) {
    wait_for_previous();
    const int n = a.headSize, first = blockIdx.x * n, width = a.heads * n;
    float *k = r + n, *v = k + n, *d = v + n, *o = d + n;
    for (int sequence = blockIdx.y; sequence < a.pass.counts->sequences; sequence += gridDim.y) {
        float *state = a.pass.states[sequence] + a.offset + (u64)first * n;
        for (int row = a.pass.starts[sequence]; row < a.pass.starts[sequence + 1]; row++) {
            float own = 0;
            for (int i = threadIdx.x; i < n; i += 256) {
                int c = first + i;
                u64 at = (u64)row * width + c;
                r[i] = a.r[at], k[i] = a.k[at], v[i] = a.v[at];
                d[i] = a.decayPerToken ? decay6(a.decayBase[c] + a.decay[at]) : a.decay[c];
                own = fmaf(r[i] * a.bonus[c], k[i], own);
            }
            own = block_sum<8>(own, sums);
            for (int i = threadIdx.x; i < n; i += 256) {
                float sum = own * v[i];
                for (int j = 0; j < n; j++) {
                    float s = state[j * n + i];
                    sum = fmaf(r[j], s, sum);
                    state[j * n + i] = fmaf(s, d[j], v[i] * k[j]);
                }
                o[i] = sum;
            }
            RowStatistics s = head_statistics(o, n, a.epsilon, sums + 16);
            for (int i = threadIdx.x; i < n; i += 256) {
                int c = first + i;
                u64 at = (u64)row * width + c;
                float y = fmaf((o[i] - s.mean) * s.scale, a.gain[c], a.bias[c]);
                put(a.out, a.roundedType, at, a.gate ? y * silu(a.gate[at]) : y);
            }
        }
    }
}

extern "C" __global__ void __launch_bounds__(256, 1) mk_wkv6(ARGUMENTS WKV6Arguments a) {
    __shared__ Tile6<16> tile;
    __shared__ __align__(16) float sums[32];
    let_next_start();
    if (a.headSize == head) wkv6_heads(a, tile);
    else wkv6_any(a, tile.r[0], sums);
}

/// Less to hold, so more blocks at a time.
extern "C" __global__ void __launch_bounds__(256, 3) mk_wkv6_step(ARGUMENTS WKV6Arguments a) {
    __shared__ Tile6<1> tile;
    let_next_start();
    wkv6_heads(a, tile);
}
