// RWKV-4's recurrence: a thread walks one channel. Long sequences go by chunks, whose sums are found side by side, joined one
// after the other, and walked again from what was before each: three passes over k and v in place of one that nothing hides.
// How a sequence is cut into chunks follows from where it begins in the pass, so that it may be fed in pieces.
#include "device.inc"

/// Σ exp(k) v and Σ exp(k), divided by exp(greatest), so that neither overflows.
struct Mean {
    float numerator, denominator, greatest;

    /// Fades by `decay`, a logarithm, and takes on another's.
    INLINE void join(float decay, const Mean &other) {
        float faded = greatest + decay, to = fmaxf(faded, other.greatest);
        float e1 = expf(faded - to), e2 = expf(other.greatest - to);
        numerator = fmaf(e1, numerator, e2 * other.numerator);
        denominator = fmaf(e1, denominator, e2 * other.denominator);
        greatest = to;
    }
    INLINE void add(float decay, float k, float v) {
        float faded = greatest + decay, to = fmaxf(faded, k);
        float e1 = expf(faded - to), e2 = expf(k - to);
        numerator = fmaf(e1, numerator, e2 * v);
        denominator = fmaf(e1, denominator, e2);
        greatest = to;
    }
    INLINE float read(float own, float v) const {
        float to = fmaxf(greatest, own), e1 = expf(greatest - to), e2 = expf(own - to);
        return fmaf(e1, numerator, e2 * v) / fmaf(e1, denominator, e2);
    }
    INLINE void load(const float *p, u64 stride) {
        numerator = p[0], denominator = p[stride], greatest = p[2 * stride];
    }
    INLINE void store(float *p, u64 stride) const {
        p[0] = numerator, p[stride] = denominator, p[2 * stride] = greatest;
    }
};

/// Outputs of consecutive rows, and their part of the mean. Rows are loaded some at a time, ahead of what is written: out may
/// be r, so the compiler would not.
INLINE void walk4(const WKV4Arguments &a, Mean &mean, int row, int count, int column, float decay, float bonus) {
    constexpr int ahead = 8;
    float r[ahead], k[ahead], v[ahead];
    for (int begin = 0; begin < count; begin += ahead) {
        u64 at = (u64)(row + begin) * a.width + column;
#pragma unroll
        for (int t = 0; t < ahead; t++) {
            u64 i = at + (u64)t * a.width;
            if (begin + t < count) r[t] = a.r[i], k[t] = a.k[i], v[t] = a.v[i];
        }
#pragma unroll
        for (int t = 0; t < ahead; t++) {
            if (begin + t >= count) break;
            put(a.out, a.roundedType, at + (u64)t * a.width, sigmoid(r[t]) * mean.read(bonus + k[t], v[t]));
            mean.add(decay, k[t], v[t]);
        }
    }
}

/// What is left of each sequence after its whole chunks: blockIdx.y counts sequences.
extern "C" __global__ void __launch_bounds__(128) mk_wkv4(ARGUMENTS WKV4Arguments a) {
    let_next_start();
    int column = blockIdx.x * 128 + threadIdx.x;
    bool isMine = column < a.width;
    float decay = isMine ? a.decay[column] : 0, bonus = isMine ? a.bonus[column] : 0;
    int sequences = a.pass.counts->sequences, begin = 0, end = 0;
    float *state = nullptr;
    auto find = [&](int sequence) {
        begin = a.pass.starts[sequence], end = a.pass.starts[sequence + 1];
        begin += (end - begin) / CUDA_CHUNK * CUDA_CHUNK;
        state = a.pass.states[sequence] + a.offset + column;
    };
    if ((int)blockIdx.y < sequences) find(blockIdx.y);
    wait_for_previous();
    if (!isMine) return;
    for (int sequence = blockIdx.y; sequence < sequences; sequence += gridDim.y) {
        if (sequence > (int)blockIdx.y) find(sequence);
        if (begin == end) continue;
        Mean mean;
        mean.load(state, a.width);
        walk4(a, mean, begin, end - begin, column, decay, bonus);
        mean.store(state, a.width);
    }
}

/// What each chunk adds: blockIdx.y counts chunks.
extern "C" __global__ void __launch_bounds__(128) mk_wkv4_parts(ARGUMENTS WKV4Arguments a) {
    let_next_start();
    wait_for_previous();
    int column = blockIdx.x * 128 + threadIdx.x;
    if (column >= a.width) return;
    float decay = a.decay[column];
    for (int chunk = blockIdx.y; chunk < a.pass.counts->chunks; chunk += gridDim.y) {
        u64 i = (u64)a.pass.chunks[chunk].row * a.width + column;
        Mean mean = {0, 0, -1e38f};
#pragma unroll 8
        for (int t = 0; t < CUDA_CHUNK; t++, i += a.width) mean.add(decay, a.k[i], a.v[i]);
        mean.store(a.parts + (u64)chunk * 3 * a.width + column, a.width);
    }
}

/// Puts in place of what a chunk adds what was before it, and the state forward to the end of the chunks: blockIdx.y counts
/// sequences.
extern "C" __global__ void __launch_bounds__(128) mk_wkv4_chain(ARGUMENTS WKV4Arguments a) {
    let_next_start();
    wait_for_previous();
    int column = blockIdx.x * 128 + threadIdx.x;
    if (column >= a.width) return;
    float decay = a.decay[column] * (float)CUDA_CHUNK;
    for (int sequence = blockIdx.y; sequence < a.pass.counts->sequences; sequence += gridDim.y) {
        int begin = a.pass.chunkStarts[sequence], end = a.pass.chunkStarts[sequence + 1];
        if (begin == end) continue;
        float *state = a.pass.states[sequence] + a.offset + column, *part = a.parts + (u64)begin * 3 * a.width + column;
        Mean mean, added;
        mean.load(state, a.width);
        added.load(part, a.width);
        for (int chunk = begin; chunk < end; chunk++, part += 3 * (u64)a.width) {
            // On its way while this one is joined.
            Mean next = added;
            if (chunk + 1 < end) next.load(part + 3 * (u64)a.width, a.width);
            mean.store(part, a.width);
            mean.join(decay, added);
            added = next;
        }
        mean.store(state, a.width);
    }
}

/// The outputs of each chunk: blockIdx.y counts chunks.
extern "C" __global__ void __launch_bounds__(128) mk_wkv4_chunks(ARGUMENTS WKV4Arguments a) {
    let_next_start();
    wait_for_previous();
    int column = blockIdx.x * 128 + threadIdx.x;
    if (column >= a.width) return;
    float decay = a.decay[column], bonus = a.bonus[column];
    for (int chunk = blockIdx.y; chunk < a.pass.counts->chunks; chunk += gridDim.y) {
        Mean mean;
        mean.load(a.parts + (u64)chunk * 3 * a.width + column, a.width);
        walk4(a, mean, a.pass.chunks[chunk].row, CUDA_CHUNK, column, decay, bonus);
    }
}
