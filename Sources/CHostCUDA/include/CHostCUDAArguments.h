// What each kernel takes: one structure, passed by value as its only parameter. The kernels, NVRTC and Swift read this same
// file, so a kernel and its caller cannot drift apart. Plain C without includes, for NVRTC has no headers.
//
// Conventions: activations are fp32, row-major [rows, width]; a row is a token or an output of the pass. Offsets into states
// count numbers, not bytes. A pointer that may be null says so.
#ifndef CHOSTCUDA_ARGUMENTS_H
#define CHOSTCUDA_ARGUMENTS_H

// A pointer in a kernel, an address of the device on the host.
#if defined(__CUDACC__) || defined(FAKECUDA)
#define ON_DEVICE(T) T *
#else
#define ON_DEVICE(T) unsigned long long
#endif

typedef ON_DEVICE(float) StateAddress;

// MARK: The pass

/// Tokens of a chunk in the recurrences' chunkwise forms. A sequence gives the same bits wherever it is cut at multiples.
enum { CUDA_CHUNK = 32 };

/// How much of everything a pass has. Kernels bound their rows by these numbers and never by their grid, so that one recorded
/// graph serves every pass whose numbers are no greater than those it was recorded for.
typedef struct PassCounts {
    int tokens, sequences, outputs;
    /// Chunks of `CUDA_CHUNK` tokens, whole ones only, over all sequences.
    int chunks;
} PassCounts;

/// `CUDA_CHUNK` consecutive tokens of one sequence.
typedef struct PassChunk {
    /// Of its first token.
    int row;
    int sequence;
} PassChunk;

/// Where on the device the pass is described: all that changes from pass to pass of one shape. The arrays lie in one buffer
/// in any order, so that one copy brings them over; their addresses are part of a recorded graph, their contents are not.
typedef struct Pass {
    ON_DEVICE(const PassCounts) counts;
    /// [sequences]: the states.
    ON_DEVICE(const StateAddress) states;
    /// [sequences + 1]: the row of each sequence's first token, and the number of tokens. No sequence is empty.
    ON_DEVICE(const int) starts;
    /// [tokens]: which sequence a row belongs to.
    ON_DEVICE(const int) sequenceOfRow;
    /// [outputs]: the rows whose output is wanted.
    ON_DEVICE(const int) outputRows;
    /// [chunks]: in the order of the rows. Only the recurrences' chunkwise forms read it.
    ON_DEVICE(const PassChunk) chunks;
    /// [sequences + 1]: the first chunk of each sequence, and the number of chunks.
    ON_DEVICE(const int) chunkStarts;
} Pass;

/// What a row of activations stands for.
typedef enum PassUnit { PASS_TOKENS = 0, PASS_OUTPUTS = 1 } PassUnit;

/// Types of numbers in memory. The quantised ones are described where matrices are.
typedef enum NumberType { NUMBER_F32 = 0, NUMBER_F16 = 1, NUMBER_BF16 = 2, NUMBER_I8 = 3, NUMBER_I4 = 4 } NumberType;

// MARK: Element by element

/// mk_add: y = y + x. mk_copy: y = x. mk_gate: y = sigmoid(x) ⊙ y. mk_scale: y = y ⊙ (x + base).
/// mk_tanh, mk_sigmoid, mk_square_relu: y = f(y), without x.
typedef struct ElementArguments {
    Pass pass;
    /// A `PassUnit`.
    int unit;
    int width;
    ON_DEVICE(const float) x;
    ON_DEVICE(float) y;
    /// [width], of mk_scale only.
    ON_DEVICE(const float) base;
} ElementArguments;

/// mk_gather: out = the rows of x whose output is wanted.
typedef struct GatherArguments {
    Pass pass;
    int width;
    ON_DEVICE(const float) x;
    ON_DEVICE(float) out;
} GatherArguments;

enum { CUDA_PARTS = 6 };

/// mk_split: the columns of x, shared out to parts that are as wide as x together.
typedef struct SplitArguments {
    Pass pass;
    int unit;
    int width;
    int count;
    int widths[CUDA_PARTS];
    ON_DEVICE(const float) x;
    ON_DEVICE(float) out[CUDA_PARTS];
} SplitArguments;

/// mk_multiply_each: out_j = Σ_i x_i m_ij, row by row; x and out are [rows, width], matrices [rows, width²].
typedef struct MultiplyEachArguments {
    Pass pass;
    int unit;
    int width;
    ON_DEVICE(const float) x;
    ON_DEVICE(const float) matrices;
    ON_DEVICE(float) out;
} MultiplyEachArguments;

// MARK: Normalisation and token shifts

/// A result as the next step wants it: in fp32, or rounded for tensor cores; both may be asked for, either may be null.
typedef struct RowsOut {
    ON_DEVICE(float) values;
    /// F16 or BF16, of the same shape.
    ON_DEVICE(unsigned short) rounded;
} RowsOut;

/// mk_normalize: out = (x - mean) / sqrt(variance + epsilon) ⊙ gain + bias.
typedef struct NormalizeArguments {
    Pass pass;
    int unit;
    int width;
    float epsilon;
    /// What `rounded` is in.
    int roundedType;
    /// Whether out's rows are outputs and x's are tokens, of which those are taken whose output is wanted.
    int gathers;
    ON_DEVICE(const float) x;
    ON_DEVICE(const float) gain;
    ON_DEVICE(const float) bias;
    RowsOut out;
} NormalizeArguments;

/// mk_mix: y = LN(x); for each weight, out = y ⊙ weight + previous ⊙ (1 - weight); where asked, the last row of y of each
/// sequence goes into its state. The row before a sequence's first is in its state.
typedef struct MixArguments {
    Pass pass;
    int width;
    float epsilon;
    /// Of mixes; 0 to 6.
    int count;
    int roundedType;
    /// Where the previous row lies in a state.
    int offset;
    int storesShift;
    ON_DEVICE(const float) x;
    ON_DEVICE(const float) gain;
    ON_DEVICE(const float) bias;
    /// y itself; may be null.
    ON_DEVICE(float) normalized;
    /// [width] each: what the current token weighs.
    ON_DEVICE(const float) weights[CUDA_PARTS];
    RowsOut out[CUDA_PARTS];
} MixArguments;

/// mk_shift: for each weight, out = y ⊙ weight + previous ⊙ (1 - weight), or by data,
/// out = y + (previous - y) ⊙ (weight + added); where asked, the last row of y of each sequence goes into its state.
/// mk_store_shift: only that.
typedef struct ShiftArguments {
    Pass pass;
    int width;
    int count;
    int byData;
    int roundedType;
    int offset;
    int storesShift;
    /// [tokens, width]: normalised.
    ON_DEVICE(const float) y;
    ON_DEVICE(const float) weights[CUDA_PARTS];
    /// [tokens, width] each, by data only; may be the same as out's values.
    ON_DEVICE(const float) added[CUDA_PARTS];
    RowsOut out[CUDA_PARTS];
} ShiftArguments;

// MARK: Recurrences

/// RWKV-4: out = sigmoid(r) ⊙ wkv(k, v). A state holds numerator, denominator and greatest exponent, [width] each.
///
/// Whole chunks of `CUDA_CHUNK` tokens go in three kernels, in this order: mk_wkv4_parts, mk_wkv4_chain, mk_wkv4_chunks. What
/// is left of each sequence goes in mk_wkv4, always after them. A pass without chunks is mk_wkv4 alone.
typedef struct WKV4Arguments {
    Pass pass;
    int width;
    int offset;
    int roundedType;
    ON_DEVICE(const float) r;
    ON_DEVICE(const float) k;
    ON_DEVICE(const float) v;
    /// [width]: what the logarithm of a weight loses per token, negative.
    ON_DEVICE(const float) decay;
    /// [width]: what the current token's own logarithm gains.
    ON_DEVICE(const float) bonus;
    /// values may be r.
    RowsOut out;
    /// [chunks, 3, width]: scratch.
    ON_DEVICE(float) parts;
} WKV4Arguments;

/// mk_wkv6: RWKV-5's and 6's recurrence for each head, group normalisation, and where there is one, out ⊙ silu(gate).
/// mk_wkv6_step: the same for heads of 64 where every sequence has one token (cuda_is_step).
///
/// Heads have up to 1024 channels. r, k, v, gate and out are [tokens, heads · headSize]. A state holds
/// [heads][headSize keys][headSize values].
typedef struct WKV6Arguments {
    Pass pass;
    int heads, headSize;
    int offset;
    int roundedType;
    float epsilon;
    /// Whether `decay` is [tokens, heads · headSize], and the factor exp(-exp(decayBase + decay)); else it is
    /// [heads · headSize], and the factor itself.
    int decayPerToken;
    ON_DEVICE(const float) r;
    ON_DEVICE(const float) k;
    ON_DEVICE(const float) v;
    ON_DEVICE(const float) decay;
    ON_DEVICE(const float) decayBase;
    ON_DEVICE(const float) bonus;
    ON_DEVICE(const float) gain;
    ON_DEVICE(const float) bias;
    /// May be null.
    ON_DEVICE(const float) gate;
    RowsOut out;
} WKV6Arguments;

/// mk_wkv7: RWKV-7's recurrence for each head with all that precedes and follows it; `TimeMix7` has the formulas.
/// mk_wkv7_step: the same for heads of 64 where every sequence has one token (cuda_is_step). mk_wkv7_halves, then
/// mk_wkv7_finish: the same for long sequences with fewer heads of 64 than a device has processors (cuda_is_halved).
/// mk_wkv7_chunks, then mk_wkv7_finish: the same for long sequences on tensor cores, from sm_80 on (cuda_is_chunked).
///
/// Heads have up to 1024 channels. Activations are [tokens, heads · headSize], vectors [heads · headSize]. A state holds
/// [heads][headSize keys][headSize values].
typedef struct WKV7Arguments {
    Pass pass;
    int heads, headSize;
    int offset;
    int roundedType;
    float epsilon;
    ON_DEVICE(const float) r;
    ON_DEVICE(const float) k;
    ON_DEVICE(const float) v;
    /// Products, before base and function.
    ON_DEVICE(const float) decay;
    ON_DEVICE(const float) learningRate;
    ON_DEVICE(const float) gate;
    ON_DEVICE(const float) decayBase;
    ON_DEVICE(const float) learningRateBase;
    ON_DEVICE(const float) removalKeyScale;
    ON_DEVICE(const float) keyLearningScale;
    ON_DEVICE(const float) bonus;
    /// The first layer's values: written by the layer without valueMix, blended into the others'.
    ON_DEVICE(float) firstValue;
    /// Null in the first layer, and valueMixBase with it.
    ON_DEVICE(const float) valueMix;
    ON_DEVICE(const float) valueMixBase;
    ON_DEVICE(const float) gain;
    ON_DEVICE(const float) bias;
    RowsOut out;
    /// [2, tokens, heads · headSize], of mk_wkv7_halves, mk_wkv7_chunks and mk_wkv7_finish alone: else null.
    ON_DEVICE(float) scratch;
} WKV7Arguments;

// MARK: Finiteness and rates

/// mk_finite: for each part of a state, whether any of its numbers is NaN or infinite.
typedef struct FiniteArguments {
    ON_DEVICE(const float) values;
    int count;
    /// [count, 2]: where each part begins and ends.
    ON_DEVICE(const int) ranges;
    /// [count]: 1 where something is not finite, else 0.
    ON_DEVICE(int) found;
} FiniteArguments;

/// mk_read: reads memory and does nothing with it, to measure how fast that goes.
typedef struct ReadArguments {
    ON_DEVICE(const void) memory;
    /// A multiple of 16.
    unsigned long long bytes;
    /// One number, hardly ever written.
    ON_DEVICE(unsigned) out;
} ReadArguments;

#endif
