// RWKV-7's recurrence with what precedes and follows it. For each token and head, S [keys, values]:
//
//     d = exp(-exp(-½) σ(decayBase + decay)), α = σ(learningRateBase + learningRate)
//     v = v + (firstValue - v) σ(valueMixBase + valueMix)
//     κ = normalise(k ⊙ removalKeyScale), k = k ⊙ (1 + (α - 1) ⊙ keyLearningScale)
//     S = diag(d) S - (κ ⊙ α)ᵀ (κ S) + kᵀ v, o = r S
//     out = (GN(o) + (Σ r ⊙ k ⊙ bonus) v) ⊙ gate
#include "device.inc"
#include "columns.inc"
#include "heads.inc"
#include "recurrence.inc"
#include "wkv7.inc"

template <int tokens> struct Tile7 {
    float r[tokens][head], k[tokens][head], v[tokens][head], decay[tokens][head], removal[tokens][head],
        learned[tokens][head], out[tokens][head];

    /// Of one token, by a warp; `isMine` says whether the lane's values are the block's.
    INLINE Rest7 prepare(const WKV7Arguments &a, const Vectors7 &x, const Token7 &token, int t, u64 at, bool isMine) {
        const Prepared7 own(a, x, token, at, isMine);
        const int channel = (threadIdx.x & 31) * 2;
        *(float2 *)&r[t][channel] = own.r;
        *(float2 *)&k[t][channel] = own.k;
        *(float2 *)&v[t][channel] = own.v;
        *(float2 *)&decay[t][channel] = own.decay;
        *(float2 *)&removal[t][channel] = own.removal;
        *(float2 *)&learned[t][channel] = own.learned;
        return own.rest;
    }

    /// By all warps. What the next token removes is found in the same turn as a token's output: one meeting of the lanes for
    /// each token, which is what a long sequence waits for.
    template <int values> INLINE void walk(HeadState<values> &state, int count, int firstValue) {
        float (*s)[8] = state.s, removal0[8], removed[2] = {0, 0};
        const int value = firstValue + state.value();
        load_keys(removal0, removal[0]);
#pragma unroll
        for (int i = 0; i < values; i++) removed[i] = key_sum(removal0, s[i]);
        eight_sums(removed[0], removed[1]);
#pragma unroll 2
        for (int t = 0; t < count; t++) {
            float rt[8], kt[8], dt[8], bt[8], next[8], vt[values], sum[2] = {0, 0}, found[2] = {0, 0};
            load_keys(dt, decay[t]), load_keys(kt, k[t]), load_keys(bt, learned[t]), load_keys(rt, r[t]);
            bool hasNext = t + 1 < count;
            if (hasNext) load_keys(next, removal[t + 1]);
            if (values == 2) {
                float2 both = *(const float2 *)&v[t][value];
                vt[0] = both.x, vt[values - 1] = both.y;
            } else {
                vt[0] = v[t][value];
            }
#pragma unroll
            for (int i = 0; i < values; i++) {
#pragma unroll
                for (int j = 0; j < 8; j++) s[i][j] = fmaf(-removed[i], bt[j], fmaf(s[i][j], dt[j], vt[i] * kt[j]));
                sum[i] = key_sum(rt, s[i]);
                if (hasNext) found[i] = key_sum(next, s[i]);
            }
            int lane = threadIdx.x & 7;
            if (values == 2) {
                float o = pair_sums(sum[0], sum[1], found[0], found[1]);
                if (lane < 2) out[t][value + lane] = o;
            } else {
                eight_sums(sum[0], found[0]);
                if (lane == 0) out[t][value] = sum[0];
            }
            removed[0] = found[0], removed[1] = found[1];
        }
    }

    /// Of one token, by the warp that prepared it.
    INLINE void finish(const WKV7Arguments &a, const Vectors7 &x, const Rest7 &rest, int t, u64 at) {
        float2 o = *(const float2 *)&out[t][(threadIdx.x & 31) * 2];
        put_pair(a.out, a.roundedType, at, finished7(o, rest, x.gain, x.bias, a.epsilon));
    }
    /// The same where the block has half the values: what another kernel finishes.
    INLINE void hand_on(const WKV7Arguments &a, const Rest7 &rest, int t, u64 at, u64 count) {
        *(float2 *)(a.scratch + at) = *(const float2 *)&out[t][(threadIdx.x & 31) * 2];
        *(float2 *)(a.scratch + count + at) = rest.own;
    }
};

/// With one value for each thread a block has half the values of a head, and hands on what another kernel finishes.
template <int tokens, int values> struct Work7 {
    using Token = Token7;
    using Rest = Rest7;
    const WKV7Arguments &a;
    Vectors7 vectors;
    Tile7<tokens> &tile;
    /// Of the head, the block's first value; whether the lane's values are the block's; numbers of the whole result.
    int firstValue;
    bool isMine;
    u64 count;

    INLINE Work7(const WKV7Arguments &a, Tile7<tokens> &tile, int channel, int firstValue)
        : a(a), tile(tile), firstValue(firstValue), isMine(values == 2 || (threadIdx.x & 16) * 2 == firstValue),
          count((u64)a.pass.counts->tokens * a.heads * head) {
        vectors.load(a, channel);
    }
    INLINE Rest prepare(const Token &token, int t, u64 at) { return tile.prepare(a, vectors, token, t, at, isMine); }
    INLINE void walk(HeadState<values> &state, int now) { tile.walk(state, now, firstValue); }
    INLINE void finish(const Rest &rest, int t, u64 at) {
        if (values == 2) tile.finish(a, vectors, rest, t, at);
        else if (isMine) tile.hand_on(a, rest, t, at, count);
    }
};

/// Heads of 64.
template <int tokens, int values> INLINE void wkv7_heads(const WKV7Arguments &a, Tile7<tokens> &tile) {
    constexpr int parts = 2 / values;
    const int number = blockIdx.x / parts, firstValue = blockIdx.x % parts * 32;
    const int channel = number * head + (threadIdx.x & 31) * 2;
    Work7<tokens, values> work(a, tile, channel, firstValue);
    HeadState<values> state;
    each_tile<tokens>(a.pass, a.heads * head, channel, a.offset + (u64)number * head * head + firstValue, state, work);
}

/// Heads of any size, up to as many channels as a tile has room for: seven vectors in its place.
INLINE void wkv7_any(const WKV7Arguments &a, float *r, float *sums) {
    wait_for_previous();
    const int n = a.headSize, first = blockIdx.x * n, width = a.heads * n;
    float *k = r + n, *v = k + n, *d = v + n, *kk = d + n, *b = kk + n, *o = b + n;
    for (int sequence = blockIdx.y; sequence < a.pass.counts->sequences; sequence += gridDim.y) {
        float *state = a.pass.states[sequence] + a.offset + (u64)first * n;
        for (int row = a.pass.starts[sequence]; row < a.pass.starts[sequence + 1]; row++) {
            float square = 0, bonus = 0;
            for (int i = threadIdx.x; i < n; i += 256) {
                int c = first + i;
                u64 at = (u64)row * width + c;
                float value = a.v[at], key = a.k[at], learning = sigmoid(a.learningRateBase[c] + a.learningRate[at]);
                if (a.valueMix) value = fmaf(a.firstValue[at] - value, sigmoid(a.valueMixBase[c] + a.valueMix[at]), value);
                else a.firstValue[at] = value;
                r[i] = a.r[at], v[i] = value, d[i] = decay7(a.decayBase[c] + a.decay[at]);
                k[i] = learned_key(key, learning, a.keyLearningScale[c]);
                kk[i] = key * a.removalKeyScale[c], b[i] = learning;
                square = fmaf(kk[i], kk[i], square);
                bonus = fmaf(r[i] * a.bonus[c], k[i], bonus);
            }
            float inverse = inverse_length(block_sum<8>(square, sums));
            bonus = block_sum<8>(bonus, sums + 8);
            for (int i = threadIdx.x; i < n; i += 256) kk[i] *= inverse, b[i] *= kk[i];
            __syncthreads();
            for (int i = threadIdx.x; i < n; i += 256) {
                float removed = 0, sum = 0;
                for (int j = 0; j < n; j++) removed = fmaf(kk[j], state[j * n + i], removed);
                for (int j = 0; j < n; j++) {
                    float s = fmaf(-removed, b[j], fmaf(state[j * n + i], d[j], v[i] * k[j]));
                    state[j * n + i] = s;
                    sum = fmaf(r[j], s, sum);
                }
                o[i] = sum;
            }
            RowStatistics s = head_statistics(o, n, a.epsilon, sums + 16);
            for (int i = threadIdx.x; i < n; i += 256) {
                int c = first + i;
                u64 at = (u64)row * width + c;
                float y = fmaf((o[i] - s.mean) * s.scale, a.gain[c], a.bias[c]);
                put(a.out, a.roundedType, at, (y + __fmul_rn(bonus, v[i])) * a.gate[at]);
            }
        }
    }
}

extern "C" __global__ void __launch_bounds__(256, 1) mk_wkv7(ARGUMENTS WKV7Arguments a) {
    __shared__ Tile7<16> tile;
    __shared__ __align__(16) float sums[32];
    let_next_start();
    if (a.headSize == head) wkv7_heads<16, 2>(a, tile);
    else wkv7_any(a, tile.r[0], sums);
}

/// Less to hold, so more blocks at a time.
extern "C" __global__ void __launch_bounds__(256, 2) mk_wkv7_step(ARGUMENTS WKV7Arguments a) {
    __shared__ Tile7<1> tile;
    let_next_start();
    wkv7_heads<1, 2>(a, tile);
}

/// Two blocks for a head, where there are fewer heads than processors: blockIdx.x counts halves.
extern "C" __global__ void __launch_bounds__(256, 1) mk_wkv7_halves(ARGUMENTS WKV7Arguments a) {
    __shared__ Tile7<16> tile;
    let_next_start();
    wkv7_heads<16, 1>(a, tile);
}

/// What follows mk_wkv7_halves: a warp has one head (8 blockIdx.x + warp) of one token (blockIdx.y) after the other.
extern "C" __global__ void __launch_bounds__(256) mk_wkv7_finish(ARGUMENTS WKV7Arguments a) {
    let_next_start();
    int number = blockIdx.x * 8 + (threadIdx.x >> 5), width = a.heads * head, tokens = a.pass.counts->tokens;
    int channel = number * head + (threadIdx.x & 31) * 2;
    bool isThere = number < a.heads;
    float2 gain, bias;
    if (isThere) gain = load_pair(a.gain, channel), bias = load_pair(a.bias, channel);
    wait_for_previous();
    if (!isThere) return;
    for (int row = blockIdx.y; row < tokens; row += gridDim.y) {
        u64 at = (u64)row * width + channel;
        Rest7 rest = {load_pair(a.scratch + (u64)tokens * width, at), load_pair(a.gate, at)};
        put_pair(a.out, a.roundedType, at, finished7(load_pair(a.scratch, at), rest, gain, bias, a.epsilon));
    }
}
