// RWKV-7's recurrence over chunks of 16 tokens on tensor cores, for long sequences; wkv7.cu has the formulas and the oracle.
//
// With P_t the product of a chunk's decays up to token t, and u_t = κ_t S what token t removes, the state after token t is
// P_t (S₀ + Σ_{j≤t} (k_j / P_j)ᵀ v_j - (b_j / P_j)ᵀ u_j). So with κ̃_t = κ_t P_{t-1}, r̃_t = r_t P_t, k̃ = k / P, b̃ = b / P:
//
//     u_t = κ̃_t S₀ + Σ_{j<t} (κ̃_t k̃_j) v_j - (κ̃_t b̃_j) u_j       by forward substitution
//     o_t = r̃_t S₀ + Σ_{j≤t} (r̃_t k̃_j) v_j - (r̃_t b̃_j) u_j
//
// A decay is at least exp(-exp(-½)) = 0.545, so P does not fall below 6e-5: each term of a sum is as exact as it would be
// without the division. Numbers go through tensor cores in two halves of 11 bits, of which the product of the low ones alone is
// left out; what they give is added to the state by ordinary arithmetic.
//
// Source: Yang, Kautz and Hatamizadeh 2024, "Gated Delta Networks" (arXiv 2412.06464), section 3.
#include "device.inc"
#include "tf32.inc"
#include "columns.inc"
#include "heads.inc"
#include "recurrence.inc"
#include "wkv7.inc"

/// Tokens, and of a head the values that a block has; numbers from one row to the next, so that the lanes of a warp meet
/// different banks.
enum { CHUNK7 = 16, CHUNK7_VALUES = 32, KEYS_PITCH = 72, STATE_PITCH = 36, VALUES_PITCH = 40 };

/// Sums of three products of halves, which are added up at the end: each by itself, since one waits for the one before.
struct SplitSums {
    float parts[3][4];

    INLINE SplitSums() {
#pragma unroll
        for (int i = 0; i < 3; i++) parts[i][0] = parts[i][1] = parts[i][2] = parts[i][3] = 0;
    }
    /// a: rows g and g + 8 of column t, then of t + 4; b: rows t and t + 4 of column g, for lane 4g + t.
    INLINE void add(const float (&a)[4], const float (&b)[2]) {
        u32 high[4], low[4], otherHigh[2], otherLow[2];
#pragma unroll
        for (int i = 0; i < 4; i++) split_tf32(a[i], high[i], low[i]);
#pragma unroll
        for (int i = 0; i < 2; i++) split_tf32(b[i], otherHigh[i], otherLow[i]);
        multiply_tf32(parts[0], high, otherHigh);
        multiply_tf32(parts[1], high, otherLow);
        multiply_tf32(parts[2], low, otherHigh);
    }
    INLINE float operator[](int i) const { return parts[0][i] + (parts[1][i] + parts[2][i]); }
};

struct Chunk7 {
    /// κ and then r of each token, [2 · tokens][keys]; k and then b.
    float queries[2 * CHUNK7][KEYS_PITCH], keys[2 * CHUNK7][KEYS_PITCH];
    /// How much of each key a query meets, and from column 32 on what it finds of the values.
    float met[2 * CHUNK7][KEYS_PITCH];
    /// v and then -u of each token, of the block's half of the values.
    float values[2 * CHUNK7][VALUES_PITCH];
    /// The state at the beginning of the chunk, [keys][values].
    float state[head][STATE_PITCH];
    float decay[CHUNK7][head];
    /// Over the whole chunk.
    float faded[head];
};

/// A thread's part of the state, as a multiplication leaves its sums: of 16 keys from key() on and twice eight values.
struct ChunkState7 {
    Chunk7 &chunk;
    float s[2][4];

    static INLINE int g() { return (int)(threadIdx.x & 31) >> 2; }
    static INLINE int t() { return (int)threadIdx.x & 3; }
    static INLINE int key() { return ((int)threadIdx.x >> 6) * 16 + g(); }
    static INLINE int value(int i) { return ((int)threadIdx.x >> 5 & 1) * 16 + i * 8 + t() * 2; }

    INLINE void load(const float *state) {
#pragma unroll
        for (int i = 0; i < 2; i++) {
#pragma unroll
            for (int lower = 0; lower < 2; lower++) {
                float2 v = *(const float2 *)(state + (key() + lower * 8) * head + value(i));
                s[i][lower * 2] = v.x, s[i][lower * 2 + 1] = v.y;
            }
        }
        show();
    }
    INLINE void store(float *state) const {
#pragma unroll
        for (int i = 0; i < 2; i++) {
#pragma unroll
            for (int lower = 0; lower < 2; lower++) {
                *(float2 *)(state + (key() + lower * 8) * head + value(i)) = make_float2(s[i][lower * 2], s[i][lower * 2 + 1]);
            }
        }
    }
    /// To all warps.
    INLINE void show() const {
#pragma unroll
        for (int i = 0; i < 2; i++) {
#pragma unroll
            for (int lower = 0; lower < 2; lower++) {
                *(float2 *)&chunk.state[key() + lower * 8][value(i)] = make_float2(s[i][lower * 2], s[i][lower * 2 + 1]);
            }
        }
    }

    /// Adds what the chunk's tokens added and removed, and lets all of it fade.
    INLINE void advance() {
        const int warp = threadIdx.x >> 5, first = (warp & 1) * 16;
        SplitSums sums[2];
#pragma unroll
        for (int j = 0; j < 2 * CHUNK7; j += 8) {
            const float *upper = &chunk.keys[j + t()][key()], *lower = &chunk.keys[j + t() + 4][key()];
            const float a[4] = {upper[0], upper[8], lower[0], lower[8]};
#pragma unroll
            for (int i = 0; i < 2; i++) {
                const int value = first + i * 8 + g();
                const float b[2] = {chunk.values[j + t()][value], chunk.values[j + t() + 4][value]};
                sums[i].add(a, b);
            }
        }
        const float upper = chunk.faded[key()], lower = chunk.faded[key() + 8];
#pragma unroll
        for (int i = 0; i < 2; i++) {
#pragma unroll
            for (int j = 0; j < 4; j++) s[i][j] = (s[i][j] + sums[i][j]) * (j < 2 ? upper : lower);
        }
        show();
    }
};

/// A block has half the values of a head, and hands on what mk_wkv7_finish ends.
struct ChunkWork7 {
    using Token = Token7;
    using Rest = Rest7;
    const WKV7Arguments &a;
    Vectors7 vectors;
    Chunk7 &chunk;
    /// Whether the lane's values are the block's; numbers of the whole result.
    bool isMine;
    u64 count;

    INLINE ChunkWork7(const WKV7Arguments &a, Chunk7 &chunk, int channel, int firstValue)
        : a(a), chunk(chunk), isMine((int)(threadIdx.x & 16) * 2 == firstValue),
          count((u64)a.pass.counts->tokens * a.heads * head) {
        vectors.load(a, channel);
    }

    INLINE Rest prepare(const Token &token, int t, u64 at) {
        const Prepared7 x(a, vectors, token, at, isMine);
        const int channel = (threadIdx.x & 31) * 2;
        *(float2 *)&chunk.queries[t][channel] = x.removal;
        *(float2 *)&chunk.queries[CHUNK7 + t][channel] = x.r;
        *(float2 *)&chunk.keys[t][channel] = x.k;
        *(float2 *)&chunk.keys[CHUNK7 + t][channel] = x.learned;
        *(float2 *)&chunk.decay[t][channel] = x.decay;
        if (isMine) *(float2 *)&chunk.values[t][channel & 31] = x.v;
        return x.rest;
    }

    INLINE void walk(ChunkState7 &state, int now) {
        fade(now);
        __syncthreads();
        meet();
        __syncthreads();
        find();
        __syncthreads();
        if (threadIdx.x < 32) solve();
        __syncthreads();
        if (threadIdx.x >= 128) remove();
        state.advance();
    }

    INLINE void finish(const Rest &rest, int t, u64 at) {
        if (!isMine) return;
        *(float2 *)(a.scratch + at) = *(const float2 *)&chunk.met[CHUNK7 + t][32 + (threadIdx.x & 15) * 2];
        *(float2 *)(a.scratch + count + at) = rest.own;
    }

private:
    /// Queries as the state at the beginning would fade until them, keys as if they had been there then. Tokens behind the end
    /// neither find nor add anything.
    INLINE void fade(int now) {
        const int c = threadIdx.x & 63, own = threadIdx.x >> 6;
        float p = 1;
#pragma unroll
        for (int t = 0; t < CHUNK7; t++) {
            const bool isThere = t < now;
            const float before = p;
            if (isThere) p *= chunk.decay[t][c];
            if (t / 4 != own) continue;
            const float inverse = 1.0f / p;
            float *query = &chunk.queries[t][c], *key = &chunk.keys[t][c];
            query[0] = isThere ? query[0] * before : 0;
            query[CHUNK7 * KEYS_PITCH] = isThere ? query[CHUNK7 * KEYS_PITCH] * p : 0;
            key[0] = isThere ? key[0] * inverse : 0;
            key[CHUNK7 * KEYS_PITCH] = isThere ? key[CHUNK7 * KEYS_PITCH] * inverse : 0;
        }
        if (own == 0) chunk.faded[c] = p;
        for (int i = threadIdx.x + now * CHUNK7_VALUES; i < CHUNK7 * CHUNK7_VALUES; i += 256) {
            chunk.values[i / CHUNK7_VALUES][i % CHUNK7_VALUES] = 0;
        }
    }

    static INLINE int g() { return ChunkState7::g(); }
    static INLINE int t() { return ChunkState7::t(); }
    /// Of met, a warp's first row and the first of its eight columns, or values.
    static INLINE int row() { return (int)(threadIdx.x >> 5 & 1) * CHUNK7; }
    static INLINE int column() { return (int)(threadIdx.x >> 6) * 8; }

    /// Columns k + 2t and the next of a query, as columns t and t + 4.
    INLINE void load_queries(float (&a)[4], int k) const {
        const float2 upper = *(const float2 *)&chunk.queries[row() + g()][k + t() * 2];
        const float2 lower = *(const float2 *)&chunk.queries[row() + g() + 8][k + t() * 2];
        a[0] = upper.x, a[1] = lower.x, a[2] = upper.y, a[3] = lower.y;
    }

    INLINE void put(const SplitSums &sums, int column) {
        *(float2 *)&chunk.met[row() + g()][column + t() * 2] = make_float2(sums[0], sums[1]);
        *(float2 *)&chunk.met[row() + g() + 8][column + t() * 2] = make_float2(sums[2], sums[3]);
    }

    /// How much of each key each query meets.
    INLINE void meet() {
        SplitSums sums;
#pragma unroll
        for (int k = 0; k < head; k += 8) {
            float a[4];
            load_queries(a, k);
            const float2 key = *(const float2 *)&chunk.keys[column() + g()][k + t() * 2];
            const float b[2] = {key.x, key.y};
            sums.add(a, b);
        }
        put(sums, column());
    }

    /// What of the keys from `first` on is met, those of later tokens not: of its own token's a removal finds nothing either.
    INLINE void load_met(float (&a)[4], int row, int first, int j, int late) const {
#pragma unroll
        for (int i = 0; i < 4; i++) {
            const int t = g() + (i & 1) * 8, other = j + this->t() + (i >> 1) * 4;
            a[i] = other + late <= t ? chunk.met[row + t][first + other] : 0;
        }
    }

    /// What queries find in the state and of what was added since.
    INLINE void find() {
        SplitSums sums;
#pragma unroll
        for (int k = 0; k < head; k += 8) {
            float a[4];
            load_queries(a, k);
            const float *key = &chunk.state[k + t() * 2][column() + g()];
            const float b[2] = {key[0], key[STATE_PITCH]};
            sums.add(a, b);
        }
#pragma unroll
        for (int j = 0; j < CHUNK7; j += 8) {
            float a[4];
            load_met(a, row(), 0, j, row() == 0);
            const float b[2] = {chunk.values[j + t()][column() + g()], chunk.values[j + t() + 4][column() + g()]};
            sums.add(a, b);
        }
        put(sums, 2 * CHUNK7 + column());
    }

    /// What each token removes, by a warp: a lane has one value.
    INLINE void solve() {
        const int value = threadIdx.x;
        float u[CHUNK7];
#pragma unroll
        for (int t = 0; t < CHUNK7; t++) {
            u[t] = chunk.met[t][2 * CHUNK7 + value];
#pragma unroll
            for (int j = 0; j < t; j++) u[t] = fmaf(-chunk.met[t][CHUNK7 + j], u[j], u[t]);
            chunk.values[CHUNK7 + t][value] = -u[t];
        }
    }

    /// Takes from each output what was removed until then; by four warps.
    INLINE void remove() {
        const int first = ((int)threadIdx.x >> 5 & 3) * 8;
        SplitSums sums;
#pragma unroll
        for (int j = 0; j < CHUNK7; j += 8) {
            float a[4];
            load_met(a, CHUNK7, CHUNK7, j, 0);
            const float *value = &chunk.values[CHUNK7 + j + t()][first + g()];
            const float b[2] = {value[0], value[4 * VALUES_PITCH]};
            sums.add(a, b);
        }
#pragma unroll
        for (int lower = 0; lower < 2; lower++) {
            float2 *to = (float2 *)&chunk.met[CHUNK7 + g() + lower * 8][2 * CHUNK7 + first + t() * 2];
            *to = make_float2(to->x + sums[lower * 2], to->y + sums[lower * 2 + 1]);
        }
    }
};

/// Two blocks for a head: blockIdx.x counts halves.
extern "C" __global__ void __launch_bounds__(256, 2) mk_wkv7_chunks(ARGUMENTS WKV7Arguments a) {
    __shared__ __align__(16) Chunk7 chunk;
    let_next_start();
    const int number = blockIdx.x / 2, firstValue = blockIdx.x % 2 * CHUNK7_VALUES;
    const int channel = number * head + (threadIdx.x & 31) * 2;
    ChunkWork7 work(a, chunk, channel, firstValue);
    ChunkState7 state = {chunk, {}};
    each_tile<CHUNK7>(a.pass, a.heads * head, channel, a.offset + (u64)number * head * head + firstValue, state, work);
}
