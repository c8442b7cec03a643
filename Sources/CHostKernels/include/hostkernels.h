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
    RK_ISA_COUNT = 5,
} rk_isa;

/// Matrix × activations: y[t·y_stride + r] = Σ_k w[r·columns + k] · x[t·x_stride + k].
///
/// Weights [rows, columns] row-major, in the type that the function's name says; sums in fp32. A token's result does not
/// depend, to the last bit, on how many tokens or rows share the call.
typedef void rk_matmul(
    float *y, size_t y_stride, const float *x, size_t x_stride,
    const void *w, size_t rows, size_t columns, size_t tokens);

typedef struct rk_kernels {
    rk_isa isa;
    const char *name;

    rk_matmul *matmul_f32;
    rk_matmul *matmul_bf16;
    rk_matmul *matmul_f16;
    /// Bytes 0...255 taken as they are; offsets and scales are the caller's.
    rk_matmul *matmul_u8;

    /// What an int8 product needs of one vector: scaled = x ⊙ scale; sums[3] = Σ scaled, Σ x·offset, Σ x.
    void (*scale_and_sum)(
        float *scaled, float *sums, const float *x, const float *scale, const float *offset, size_t n);
    /// What an int8 product needs after matmul_u8: y = scale ⊙ (y + sums[0] / 2) + sums[1] + offset · sums[2].
    void (*finish_u8)(float *y, const float *scale, const float *offset, const float *sums, size_t n);

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

    /// y = y + x.
    void (*add)(float *y, const float *x, size_t n);
    /// x = max(x, 0)².
    void (*relu_square)(float *x, size_t n);
    /// y = sigmoid(r) ⊙ y.
    void (*sigmoid_gate)(float *y, const float *r, size_t n);
    /// y = exp(x). y may be x.
    void (*exp)(float *y, const float *x, size_t n);

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

/// Quantises a matrix [rows = out, columns = in] to bytes as the `rwkv` package does.
///
/// w[c][j] ≈ (q[c][j] + 0.5)·column_scale[j]·row_scale[c] + column_offset[j] + row_offset[c]. Overwrites w with
/// intermediate values. A row or column that is constant after the offsets gets the scale of 1 (divided by 16).
void rk_quantise_u8(
    uint8_t *q, float *row_scale, float *row_offset, float *column_scale, float *column_offset,
    float *w, size_t rows, size_t columns);

/// Tells the core that this thread is waiting for another in a loop.
static inline void rk_spin_hint(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#pragma clang assume_nonnull end
#endif
