// The oracle: every kernel in its plainest form, sums in double, functions of the C library. It stays for ever; the vector
// tables are tested against it, and a machine without any of them runs on it.

#include <math.h>
#include <string.h>
#include "tables.h"

static float from_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint32_t bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static float widen_bf16(uint16_t bits) {
    return from_bits((uint32_t)bits << 16);
}

static float widen_f16(uint16_t bits) {
    uint32_t sign = (uint32_t)(bits & 0x8000) << 16, exponent = (bits >> 10) & 31, fraction = bits & 0x3FF;
    if (exponent == 31) return from_bits(sign | 0x7F800000 | fraction << 13);
    if (exponent == 0) {
        float magnitude = (float)fraction * 0x1p-24f;
        return sign ? -magnitude : magnitude;
    }
    return from_bits(sign | (exponent + 112) << 23 | fraction << 13);
}

static uint16_t narrow_bf16(float value) {
    uint32_t bits = bits_of(value);
    if (value != value) return (uint16_t)((bits | 0x400000) >> 16);
    return (uint16_t)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}

static uint16_t narrow_f16(float value) {
    uint32_t bits = bits_of(value), magnitude = bits & 0x7FFFFFFF;
    uint16_t sign = (uint16_t)((bits >> 16) & 0x8000);
    if (magnitude > 0x7F800000) return (uint16_t)(sign | 0x7E00 | ((magnitude >> 13) & 0x3FF));
    if (magnitude >= 0x477FF000) return sign | 0x7C00;
    if (magnitude < 0x38800000) {
        // Subnormal: the C library's rounding of a multiple of 2^-24, ties to even.
        return sign | (uint16_t)rintf(from_bits(magnitude) * 0x1p24f);
    }
    uint32_t rounded = magnitude + 0xFFF + ((magnitude >> 13) & 1);
    return sign | (uint16_t)((rounded >> 13) - (112 << 10));
}

enum weight_kind { F32, BF16, F16, U8 };

static float weight_at(enum weight_kind kind, const void *w, size_t i) {
    float value;
    uint16_t bits;
    switch (kind) {
    case F32:
        memcpy(&value, (const char *)w + i * 4, 4);
        return value;
    case BF16:
        memcpy(&bits, (const char *)w + i * 2, 2);
        return widen_bf16(bits);
    case F16:
        memcpy(&bits, (const char *)w + i * 2, 2);
        return widen_f16(bits);
    case U8:
        return ((const uint8_t *)w)[i];
    }
}

static void matmul(
    enum weight_kind kind, float *y, size_t y_stride, const float *x, size_t x_stride,
    const void *w, size_t rows, size_t columns, size_t tokens) {
    for (size_t t = 0; t < tokens; t++) {
        for (size_t r = 0; r < rows; r++) {
            double sum = 0;
            for (size_t k = 0; k < columns; k++) {
                sum += (double)weight_at(kind, w, r * columns + k) * (double)x[t * x_stride + k];
            }
            y[t * y_stride + r] = (float)sum;
        }
    }
}

#define DEFINE_MATMUL(NAME, KIND)                                                     \
    static void NAME(float *y, size_t y_stride, const float *x, size_t x_stride,      \
                     const void *w, size_t rows, size_t columns, size_t tokens) {     \
        matmul(KIND, y, y_stride, x, x_stride, w, rows, columns, tokens);             \
    }
DEFINE_MATMUL(matmul_f32, F32)
DEFINE_MATMUL(matmul_bf16, BF16)
DEFINE_MATMUL(matmul_f16, F16)
DEFINE_MATMUL(matmul_u8, U8)

static void scale_and_sum(
    float *scaled, float *sums, const float *x, const float *scale, const float *offset, size_t n) {
    double scaled_sum = 0, offset_sum = 0, plain_sum = 0;
    for (size_t i = 0; i < n; i++) {
        scaled[i] = x[i] * scale[i];
        scaled_sum += (double)scaled[i];
        offset_sum += (double)x[i] * (double)offset[i];
        plain_sum += (double)x[i];
    }
    sums[0] = (float)scaled_sum;
    sums[1] = (float)offset_sum;
    sums[2] = (float)plain_sum;
}

static void finish_u8(float *y, const float *scale, const float *offset, const float *sums, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] = scale[i] * (y[i] + 0.5f * sums[0]) + (sums[1] + offset[i] * sums[2]);
}

static void layer_norm(float *y, const float *x, const float *gain, const float *bias, float epsilon, size_t n) {
    double mean = 0, variance = 0;
    for (size_t i = 0; i < n; i++) mean += (double)x[i];
    mean /= (double)n;
    for (size_t i = 0; i < n; i++) variance += ((double)x[i] - mean) * ((double)x[i] - mean);
    double scale = 1 / sqrt(variance / (double)n + (double)epsilon);
    for (size_t i = 0; i < n; i++) {
        y[i] = (float)(((double)x[i] - mean) * scale * (double)gain[i] + (double)bias[i]);
    }
}

static void mix(float *y, const float *now, const float *before, const float *weight, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] = now[i] * weight[i] + before[i] * (1 - weight[i]);
}

static float sigmoid(float x) {
    return 1 / (1 + expf(-x));
}

/// The greater one, or NaN when either is.
static float maximum(float a, float b) {
    if (a != a) return a;
    return a > b ? a : b;
}

static void wkv4(
    float *out, const float *r, const float *k, const float *v, size_t stride,
    const float *decay, const float *first, float *aa, float *bb, float *pp, size_t channels, size_t tokens) {
    for (size_t t = 0; t < tokens; t++) {
        for (size_t c = 0; c < channels; c++) {
            size_t i = t * stride + c;
            float bonus = first[c] + k[i];
            float p = maximum(pp[c], bonus);
            float e1 = expf(pp[c] - p), e2 = expf(bonus - p);
            out[i] = sigmoid(r[i]) * ((e1 * aa[c] + e2 * v[i]) / (e1 * bb[c] + e2));

            float decayed = pp[c] + decay[c];
            p = maximum(decayed, k[i]);
            e1 = expf(decayed - p);
            e2 = expf(k[i] - p);
            aa[c] = e1 * aa[c] + e2 * v[i];
            bb[c] = e1 * bb[c] + e2;
            pp[c] = p;
        }
    }
}

static void add(float *y, const float *x, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] += x[i];
}

static void relu_square(float *x, size_t n) {
    for (size_t i = 0; i < n; i++) x[i] = x[i] < 0 ? 0 : x[i] * x[i];
}

static void sigmoid_gate(float *y, const float *r, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] *= sigmoid(r[i]);
}

static void exponential(float *y, const float *x, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] = expf(x[i]);
}

static void f32_from_bf16(float *y, const void *x, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] = weight_at(BF16, x, i);
}

static void f32_from_f16(float *y, const void *x, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] = weight_at(F16, x, i);
}

static void f32_from_f64(float *y, const void *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        double value;
        memcpy(&value, (const char *)x + i * sizeof value, sizeof value);
        y[i] = (float)value;
    }
}

static void bf16_from_f32(uint16_t *y, const void *x, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] = narrow_bf16(weight_at(F32, x, i));
}

static void f16_from_f32(uint16_t *y, const void *x, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] = narrow_f16(weight_at(F32, x, i));
}

static bool all_finite(enum weight_kind kind, const void *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(weight_at(kind, x, i))) return false;
    }
    return true;
}

static bool all_finite_f32(const void *x, size_t n) {
    return all_finite(F32, x, n);
}

static bool all_finite_bf16(const void *x, size_t n) {
    return all_finite(BF16, x, n);
}

static bool all_finite_f16(const void *x, size_t n) {
    return all_finite(F16, x, n);
}

const rk_kernels rk_table_scalar = {
    .isa = RK_ISA_SCALAR,
    .name = "scalar",
    .matmul_f32 = matmul_f32,
    .matmul_bf16 = matmul_bf16,
    .matmul_f16 = matmul_f16,
    .matmul_u8 = matmul_u8,
    .scale_and_sum = scale_and_sum,
    .finish_u8 = finish_u8,
    .layer_norm = layer_norm,
    .mix = mix,
    .wkv4 = wkv4,
    .add = add,
    .relu_square = relu_square,
    .sigmoid_gate = sigmoid_gate,
    .exp = exponential,
    .f32_from_bf16 = f32_from_bf16,
    .f32_from_f16 = f32_from_f16,
    .f32_from_f64 = f32_from_f64,
    .bf16_from_f32 = bf16_from_f32,
    .f16_from_f32 = f16_from_f32,
    .all_finite_f32 = all_finite_f32,
    .all_finite_bf16 = all_finite_bf16,
    .all_finite_f16 = all_finite_f16,
};
