// The arithmetic of the CPU backend: one table of functions per instruction set, chosen whole, once.
//
// Kernels do not allocate, lock, start threads or check: sizes and aliasing are the caller's promise (HostCompute checks
// them once per call). Unless a comment says otherwise every array holds at least the named number of elements, needs no
// alignment beyond one byte for weights and that of `float` for the rest, and does not overlap another argument.
#ifndef HOSTKERNELS_H
#define HOSTKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

typedef enum rk_isa {
    RK_ISA_SCALAR = 0,
    RK_ISA_AVX2 = 1,
    RK_ISA_AVX512 = 2,
    RK_ISA_AVX512_BF16 = 3,
    RK_ISA_NEON = 4,
    RK_ISA_NEON_DOT = 5,
    RK_ISA_NEON_BF16 = 6,
    RK_ISA_COUNT = 7,
} rk_isa;

/// Rows of a packed matrix that lie interleaved.
///
/// A packed matrix is a row of panels of 16 rows, the last one filled up with zeros; in a panel, steps follow one another
/// along the columns: float32 and float16 [column][16 rows], bfloat16 [pair of columns][16 rows][2], an odd last column
/// paired with zeros. So a vector register holds one column of many rows, memory is read in one direction, and the
/// product never has to sum the lanes of a register.
///
/// Quantised matrices are cut into units of 64 columns, the last one filled up. A panel holds for each unit the weights
/// and then 64 bytes that tell what they stand for: one stream of whole cache lines.
/// Eight bits: weight = scale · (q - 128) + offset; the weights lie [16 quads of columns][16 rows][4 bytes], and then the
/// scales and the offsets of the unit, bfloat16 [2][16 rows].
/// Four bits: weight = scale · (q - zero / 8), each for a group of 32 columns: [8 octets][16 rows][4 bytes], where byte j
/// has column j in its low and column j + 4 in its high bits, and then [2 groups][16 rows] of two bytes: the scale as
/// (8 + low three bits) / 8 · 2^(high five bits + RK_I4_EXPONENT), and zero + 64.
enum { RK_PANEL_ROWS = 16, RK_UNIT_COLUMNS = 64, RK_GROUP_COLUMNS = 32, RK_I4_EXPONENT = -26 };

/// A matrix of which single columns are read lies in strips of some rows, one strip after the other. In a strip the columns
/// follow one another, each as `pitch` bytes of whole lines. A line holds 16 rows of float32 or 32 of 16 bits; rows beyond
/// the last are zeros. Bfloat16, whose columns meet in pairs, has row 16j + 4l + i of a line at place 8l + 4j + i, so that
/// two lines make pairs without a register's halves being crossed.
///
/// Quantised matrices, whose columns are whole units, have after each 64 columns of a strip what these stand for: line by
/// line, panel by panel, the 64 bytes that a panel has. A line holds 64 rows of eight bits, row 16j + 4l + i at place
/// 16l + 4j + i, or 128 of four bits, where the high bits of a byte have the row 64 further on.
enum { RK_LINE = 64 };

/// Two columns of a list: an even one and the odd one after it or, where only one of them counts, twice that.
typedef struct rk_list_pair { uint32_t first, second; } rk_list_pair;

/// A list names the columns where some activation is not zero: `starts[n]` counts the pairs before column
/// n · RK_LIST_COLUMNS; at `rk_list_start` come the pairs in order and, for those who look ahead, the first of them once
/// more as if the next strip's columns went on counting. It serves up to RK_LIST_TOKENS tokens.
enum { RK_LIST_COLUMNS = 512, RK_LIST_AHEAD = 8, RK_LIST_TOKENS = 4 };

static inline size_t rk_list_start(size_t columns) {
    return ((columns + RK_LIST_COLUMNS - 1) / RK_LIST_COLUMNS + 2) / 2 * 2 * sizeof(uint32_t);
}

/// A list for quantised matrices names four columns at a time that some token does not meet with zero. `starts[g]` counts the
/// quads before group g, of 64 columns for eight bits and of 32 for four. At `rk_quads_start` comes for each quad where its
/// columns lie in their unit, in lines; at `rk_quad_bytes_start` their activations, four bytes for each token and, for eight
/// bits, four low ones. Where fewer columns are left one stands again, with zeros. Few bytes: other cores read them, too.
typedef struct rk_list_quad { uint8_t lines[4]; } rk_list_quad;

static inline size_t rk_quads_start(size_t columns) {
    return (columns / RK_GROUP_COLUMNS + 1) * sizeof(uint32_t);
}

static inline size_t rk_quad_bytes_start(size_t columns) {
    return rk_quads_start(columns) + columns / 4 * sizeof(rk_list_quad);
}

/// A multiple of every chunk of tokens that the recurrences of matrix-valued states take.
enum { RK_HEAD_TOKENS = 16 };

/// Units of a quantised row.
static inline size_t rk_units(size_t columns) {
    return (columns + RK_UNIT_COLUMNS - 1) / RK_UNIT_COLUMNS;
}

/// Packed matrix × activations: y[t·y_stride + r] = Σ_k w[r][k] · x[t][k]; token t's x begins at t·x_bytes.
///
/// Sums in fp32. A token's result does not depend, to the last bit, on how many tokens or rows share the call.
typedef void rk_product(
    float *y, size_t y_stride, const void *x, size_t x_bytes,
    const void *w, size_t rows, size_t columns, size_t tokens);

/// The same with an even number of columns in strips, of whole units where weights are quantised: to the bit what panels
/// give, be there a list of columns or not.
///
/// Columns that a list leaves out are not read; weights must be finite then. Of quantised weights it is a list of quads.
typedef void rk_strip_product(
    float *y, size_t y_stride, const void *x, size_t x_bytes, const void *_Nullable list,
    const void *w, size_t pitch, size_t rows, size_t columns, size_t tokens);

typedef struct rk_kernels {
    rk_isa isa;
    const char *name;

    // Packed weights in the type that the name says, activations in fp32.
    rk_product *product_f32;
    rk_product *product_bf16;
    rk_product *product_f16;
    /// Weights and activations in bfloat16, an odd last activation followed by a zero; subnormals may count as zero.
    rk_product *product_bf16_dot;
    // Quantised weights, activations from the function of the same kind below.
    rk_product *product_i8;
    rk_product *product_i4;

    // The same weights in strips.
    rk_strip_product *strip_f32;
    rk_strip_product *strip_bf16;
    rk_strip_product *strip_f16;
    rk_strip_product *strip_bf16_dot;
    rk_strip_product *strip_i8;
    rk_strip_product *strip_i4;

    /// y = (x - mean) / sqrt(variance + epsilon) ⊙ gain + bias over n numbers, biased variance. y may be x.
    void (*layer_norm)(float *y, const float *x, const float *gain, const float *bias, float epsilon, size_t n);

    /// Token shift: y = now ⊙ weight + before ⊙ (1 - weight).
    void (*mix)(float *y, const float *now, const float *before, const float *weight, size_t n);

    /// RWKV-4's recurrence over consecutive tokens, gated: out = sigmoid(r) ⊙ wkv.
    ///
    /// Token t's r, k, v and out begin at t·stride. decay (-exp of the stored number), first, aa, bb and pp hold
    /// `channels` numbers; the last three are advanced. out may be r.
    void (*wkv4)(
        float *out, const float *r, const float *k, const float *v, size_t stride,
        const float *decay, const float *first, float *aa, float *bb, float *pp, size_t channels, size_t tokens);

    // States of RWKV-5 to 7 are a matrix for each head, [key j][value i], of n by n numbers. In these two, token t's numbers
    // begin at t·stride, the state is advanced, and out overlaps nothing. Many tokens go chunk by chunk, the few that are
    // left one by one: where calls begin and end at multiples of RK_HEAD_TOKENS, a sequence gives the same bits.

    /// RWKV-5 and 6: out_i = Σ_j r_j (first_j k_j v_i + S_ji), then S_ji = d_j S_ji + k_j v_i.
    ///
    /// Token t's d begins at t·d_stride, which is 0 where decay is constant.
    void (*wkv6)(
        float *out, const float *r, const float *k, const float *v, const float *d, size_t d_stride,
        const float *first, float *state, size_t stride, size_t n, size_t tokens);
    /// RWKV-7: S_ji = d_j S_ji - b_j Σ_l kk_l S_li + k_j v_i, then out_i = Σ_j r_j S_ji.
    void (*wkv7)(
        float *out, const float *r, const float *d, const float *k, const float *v, const float *kk, const float *b,
        float *state, size_t stride, size_t n, size_t tokens);
    /// RWKV-7's keys of one token and head: with α = sigmoid(base + a), kk = k ⊙ scale of length 1, a becomes kk ⊙ α and
    /// k becomes k ⊙ (1 + (α - 1) ⊙ rate).
    void (*keys7)(
        float *k, float *kk, float *a, const float *base, const float *scale, const float *rate, size_t n);
    /// out = out + (Σ r ⊙ k ⊙ weight) v.
    void (*add_bonus)(float *out, const float *r, const float *k, const float *weight, const float *v, size_t n);
    /// w = exp(-exp(base + w)).
    void (*decay6)(float *w, const float *base, size_t n);
    /// w = exp(-0.606531 sigmoid(base + w)).
    void (*decay7)(float *w, const float *base, size_t n);
    /// v = v + (first - v) ⊙ sigmoid(base + mix).
    void (*blend_first)(float *v, const float *first, const float *mix, const float *base, size_t n);
    /// Token shift that depends on the data: y = now + (before - now) ⊙ (weight + y).
    void (*mix_by)(float *y, const float *now, const float *before, const float *weight, size_t n);
    /// y = g ⊙ sigmoid(g) ⊙ y.
    void (*silu_gate)(float *y, const float *g, size_t n);
    /// x = tanh(x).
    void (*tanh)(float *x, size_t n);
    /// x = sigmoid(x).
    void (*sigmoid)(float *x, size_t n);
    /// y = x ⊙ y.
    void (*multiply)(float *y, const float *x, size_t n);
    /// y = (x + base) ⊙ y.
    void (*scale_by)(float *y, const float *x, const float *base, size_t n);

    /// y = y + x.
    void (*add)(float *y, const float *x, size_t n);
    /// x = max(x, 0)².
    void (*relu_square)(float *x, size_t n);
    /// y = sigmoid(r) ⊙ y.
    void (*sigmoid_gate)(float *y, const float *r, size_t n);
    /// y = exp(x). y may be x.
    void (*exp)(float *y, const float *x, size_t n);

    /// Quantises up to 16 rows of a row-major matrix into a panel, each group in the way of least squared error among
    /// some that are tried. Every table gives the same bytes. Infinite weights give nonsense.
    void (*quantise_panel_i8)(void *panel, const float *w, size_t rows, size_t columns);
    void (*quantise_panel_i4)(void *panel, const float *w, size_t rows, size_t columns);

    /// Rounds activations for product_i8 to 15-bit integers with one scale: the greatest becomes ±16256.
    ///
    /// Layout: the scale, padding to 64 bytes, per unit of columns 64 high bytes (÷128, to nearest) and 64 low ones, then
    /// the sum of each group of 32. NaN or infinity anywhere makes the scale such that every product is NaN.
    void (*quantise_row_i8)(void *out, const float *x, size_t columns);

    /// Rounds activations for product_i4 to 8-bit integers with a scale for each group of 32: the greatest becomes ±127.
    ///
    /// Layout: the bytes, then per unit of columns its groups' scales [2] and sums [2], in fp32. NaN and infinity travel
    /// in the scales.
    void (*quantise_row_i4)(void *out, const float *x, size_t columns);

    // Exact widening.
    void (*f32_from_bf16)(float *y, const void *x, size_t n);
    void (*f32_from_f16)(float *y, const void *x, size_t n);
    // Rounding to nearest, ties to even; what is too great becomes infinity, a NaN stays a NaN.
    void (*f32_from_f64)(float *y, const void *x, size_t n);
    void (*bf16_from_f32)(uint16_t *y, const void *x, size_t n);
    void (*f16_from_f32)(uint16_t *y, const void *x, size_t n);

    // Whether no number is NaN or infinite.
    bool (*all_finite_f32)(const void *x, size_t n);
    bool (*all_finite_bf16)(const void *x, size_t n);
    bool (*all_finite_f16)(const void *x, size_t n);
} rk_kernels;

/// The table of an instruction set, or NULL when this machine or this build lacks it.
const rk_kernels *_Nullable rk_kernels_for(rk_isa isa);

/// The fastest table that this machine has.
const rk_kernels *rk_kernels_best(void);

/// Packs up to 16 rows of a row-major matrix into a panel.
///
/// `unit` is the bytes of one step of one row: 4 for float32 and for pairs of bfloat16, 2 for float16.
void rk_pack_panel(void *panel, const void *w, size_t rows, size_t row_bytes, size_t unit);

/// Puts a line's panels, one after the other, into a strip as its line number `line`.
void rk_lay_line_f32(void *strip, size_t pitch, size_t line, const void *panels, size_t columns);
void rk_lay_line_bf16(void *strip, size_t pitch, size_t line, const void *panels, size_t columns);
void rk_lay_line_f16(void *strip, size_t pitch, size_t line, const void *panels, size_t columns);
void rk_lay_line_i8(void *strip, size_t pitch, size_t line, const void *panels, size_t columns);
void rk_lay_line_i4(void *strip, size_t pitch, size_t line, const void *panels, size_t columns);

/// Bytes that a strip of quantised weights has after each 64 columns.
static inline size_t rk_strip_scales_i8(size_t pitch) { return 4 * pitch; }
static inline size_t rk_strip_scales_i4(size_t pitch) { return 8 * pitch; }

/// The most bytes of a list.
size_t rk_list_bytes(size_t columns);

/// Lists the columns where some token's activation is not zero; of bfloat16 or fp32, as products take them.
void rk_list_16(void *list, const void *x, size_t x_bytes, size_t columns, size_t tokens);
void rk_list_32(void *list, const void *x, size_t x_bytes, size_t columns, size_t tokens);

/// The same as quads of activations that are quantised, for strips of a pitch; and the most bytes of such a list.
void rk_list_i8(void *list, const void *x, size_t x_bytes, size_t columns, size_t tokens, size_t pitch);
void rk_list_i4(void *list, const void *x, size_t x_bytes, size_t columns, size_t tokens, size_t pitch);
size_t rk_quad_list_bytes(size_t columns);

/// Bytes of a panel of quantised weights.
size_t rk_panel_bytes_i8(size_t columns);
size_t rk_panel_bytes_i4(size_t columns);

/// Bytes of a row of activations for quantised weights.
size_t rk_row_bytes_i8(size_t columns);
size_t rk_row_bytes_i4(size_t columns);

/// Lets the core know that this thread is waiting for another in a loop.
static inline void rk_spin_hint(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#pragma clang assume_nonnull end
#endif
