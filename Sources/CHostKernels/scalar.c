// The oracle: every kernel in its plainest form, sums in double, functions of the C library. It stays for ever; the vector
// tables are tested against it, and a machine without any of them runs on it.

#include <math.h>
#include <string.h>
#include "tables.h"

#include "quantise.inc"

static float widen_bf16(uint16_t bits) {
    return float_of((uint32_t)bits << 16);
}

static float widen_f16(uint16_t bits) {
    uint32_t sign = (uint32_t)(bits & 0x8000) << 16, exponent = (bits >> 10) & 31, fraction = bits & 0x3FF;
    if (exponent == 31) return float_of(sign | 0x7F800000 | fraction << 13);
    if (exponent == 0) {
        float magnitude = (float)fraction * 0x1p-24f;
        return sign ? -magnitude : magnitude;
    }
    return float_of(sign | (exponent + 112) << 23 | fraction << 13);
}

static uint16_t narrow_bf16(float value) {
    uint32_t bits = bits_in(value);
    if (value != value) return (uint16_t)((bits | 0x400000) >> 16);
    return (uint16_t)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}

static uint16_t narrow_f16(float value) {
    uint32_t bits = bits_in(value), magnitude = bits & 0x7FFFFFFF;
    uint16_t sign = (uint16_t)((bits >> 16) & 0x8000);
    if (magnitude > 0x7F800000) return (uint16_t)(sign | 0x7E00 | ((magnitude >> 13) & 0x3FF));
    if (magnitude >= 0x477FF000) return sign | 0x7C00;
    if (magnitude < 0x38800000) {
        // Subnormal: the C library's rounding of a multiple of 2^-24, ties to even.
        return sign | (uint16_t)rintf(float_of(magnitude) * 0x1p24f);
    }
    uint32_t rounded = magnitude + 0xFFF + ((magnitude >> 13) & 1);
    return sign | (uint16_t)((rounded >> 13) - (112 << 10));
}

enum weight_kind { F32, BF16, F16, I8, I4 };

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
    default:
        return 0;
    }
}

/// Where a weight of a packed matrix lies.
static size_t packed_index(size_t row, size_t column, size_t columns, size_t step) {
    size_t steps = (columns + step - 1) / step, panel = row / RK_PANEL_ROWS, lane = row % RK_PANEL_ROWS;
    return ((panel * steps + column / step) * RK_PANEL_ROWS + lane) * step + column % step;
}

static void product(
    enum weight_kind kind, enum weight_kind activation, float *y, size_t y_stride, const void *x, size_t x_bytes,
    const void *w, size_t rows, size_t columns, size_t tokens) {
    for (size_t t = 0; t < tokens; t++) {
        const char *token = (const char *)x + t * x_bytes;
        for (size_t r = 0; r < rows; r++) {
            double sum = 0;
            for (size_t k = 0; k < columns; k++) {
                size_t i = packed_index(r, k, columns, kind == BF16 ? 2 : 1);
                sum += (double)weight_at(kind, w, i) * (double)weight_at(activation, token, k);
            }
            y[t * y_stride + r] = (float)sum;
        }
    }
}

#define DEFINE_PRODUCT(NAME, KIND, ACTIVATION)                                                \
    static void NAME(float *y, size_t y_stride, const void *x, size_t x_bytes,                \
                     const void *w, size_t rows, size_t columns, size_t tokens) {             \
        product(KIND, ACTIVATION, y, y_stride, x, x_bytes, w, rows, columns, tokens);         \
    }
DEFINE_PRODUCT(product_f32, F32, F32)
DEFINE_PRODUCT(product_bf16, BF16, F32)
DEFINE_PRODUCT(product_f16, F16, F32)
DEFINE_PRODUCT(product_bf16_dot, BF16, BF16)

/// Where a weight of a matrix in strips lies. Lists only save reading, which the oracle does not care about.
static size_t strip_index(enum weight_kind kind, size_t row, size_t column, size_t pitch, size_t columns) {
    size_t size = kind == F32 ? 4 : 2, line_rows = RK_LINE / size, lines = pitch / RK_LINE, line = row / line_rows;
    size_t place = row % line_rows;
    if (kind == BF16) place = place % RK_PANEL_ROWS / 4 * 8 + place / RK_PANEL_ROWS * 4 + place % 4;
    return ((line / lines * columns + column) * lines + line % lines) * line_rows + place;
}

static void strip_product(
    enum weight_kind kind, enum weight_kind activation, float *y, size_t y_stride, const char *x, size_t x_bytes,
    const void *w, size_t pitch, size_t rows, size_t columns, size_t tokens) {
    for (size_t t = 0; t < tokens; t++) {
        for (size_t r = 0; r < rows; r++) {
            double sum = 0;
            for (size_t k = 0; k < columns; k++) {
                sum += (double)weight_at(kind, w, strip_index(kind, r, k, pitch, columns))
                    * (double)weight_at(activation, x + t * x_bytes, k);
            }
            y[t * y_stride + r] = (float)sum;
        }
    }
}

#define DEFINE_STRIP(NAME, KIND, ACTIVATION)                                                     \
    static void NAME(float *y, size_t y_stride, const void *x, size_t x_bytes, const void *list,  \
                     const void *w, size_t pitch, size_t rows, size_t columns, size_t tokens) {   \
        (void)list;                                                                              \
        strip_product(KIND, ACTIVATION, y, y_stride, x, x_bytes, w, pitch, rows, columns, tokens); \
    }
DEFINE_STRIP(strip_f32, F32, F32)
DEFINE_STRIP(strip_bf16, BF16, F32)
DEFINE_STRIP(strip_f16, F16, F32)
DEFINE_STRIP(strip_bf16_dot, BF16, BF16)

/// What a quantised weight stands for, from the scales of its unit and panel.
static double scaled_i8(const uint8_t *scales, size_t lane, uint8_t q) {
    return (double)weight_at(BF16, scales, lane) * (q - 128) + (double)weight_at(BF16, scales, RK_PANEL_ROWS + lane);
}

static double scaled_i4(const uint8_t *scales, size_t lane, size_t group, uint8_t q) {
    const uint8_t *pair = scales + (group * RK_PANEL_ROWS + lane) * 2;
    return ldexp(8 + (pair[0] & 7), (pair[0] >> 3) + RK_I4_EXPONENT - 3) * (q - (pair[1] - 64) / 8.0);
}

/// The weight that one in a panel stands for.
static double quantised_weight(enum weight_kind kind, const uint8_t *unit, size_t lane, size_t column) {
    size_t quad = column / 4, byte = column % 4;
    if (kind == I8) {
        return scaled_i8(unit + RK_UNIT_COLUMNS * RK_PANEL_ROWS, lane, unit[(quad * RK_PANEL_ROWS + lane) * 4 + byte]);
    }
    uint8_t both = unit[(quad / 2 * RK_PANEL_ROWS + lane) * 4 + byte];
    const uint8_t *scales = unit + RK_UNIT_COLUMNS * RK_PANEL_ROWS / 2;
    return scaled_i4(scales, lane, column / RK_GROUP_COLUMNS, quad % 2 ? both >> 4 : both & 15);
}

/// The number that a quantised activation stands for.
static double quantised_activation(enum weight_kind kind, const char *row, size_t k, size_t columns) {
    size_t u = k / RK_UNIT_COLUMNS, i = k % RK_UNIT_COLUMNS;
    const signed char *bytes = (const signed char *)row;
    if (kind == I8) {
        bytes += 64 + u * 2 * RK_UNIT_COLUMNS + i;
        return (double)weight_at(F32, row, 0) * (bytes[0] * 128 + bytes[RK_UNIT_COLUMNS]);
    }
    const char *scales = row + rk_units(columns) * RK_UNIT_COLUMNS + u * 16;
    return (double)weight_at(F32, scales, i / RK_GROUP_COLUMNS) * bytes[k];
}

static void group_product(
    enum weight_kind kind, float *y, size_t y_stride, const void *x, size_t x_bytes,
    const void *w, size_t rows, size_t columns, size_t tokens) {
    size_t panel_bytes = kind == I8 ? rk_panel_bytes_i8(columns) : rk_panel_bytes_i4(columns);
    // A panel of one column is one unit.
    size_t unit_bytes = kind == I8 ? rk_panel_bytes_i8(1) : rk_panel_bytes_i4(1);
    for (size_t t = 0; t < tokens; t++) {
        const char *token = (const char *)x + t * x_bytes;
        for (size_t r = 0; r < rows; r++) {
            const uint8_t *panel = (const uint8_t *)w + r / RK_PANEL_ROWS * panel_bytes;
            double sum = 0;
            for (size_t k = 0; k < columns; k++) {
                size_t u = k / RK_UNIT_COLUMNS, i = k % RK_UNIT_COLUMNS;
                sum += quantised_weight(kind, panel + u * unit_bytes, r % RK_PANEL_ROWS, i)
                    * quantised_activation(kind, token, k, columns);
            }
            y[t * y_stride + r] = (float)sum;
        }
    }
}

static void product_i8(
    float *y, size_t y_stride, const void *x, size_t x_bytes,
    const void *w, size_t rows, size_t columns, size_t tokens) {
    group_product(I8, y, y_stride, x, x_bytes, w, rows, columns, tokens);
}

static void product_i4(
    float *y, size_t y_stride, const void *x, size_t x_bytes,
    const void *w, size_t rows, size_t columns, size_t tokens) {
    group_product(I4, y, y_stride, x, x_bytes, w, rows, columns, tokens);
}

/// The weight that one in a strip stands for.
static double strip_weight(enum weight_kind kind, const uint8_t *w, size_t row, size_t column, size_t pitch, size_t columns) {
    size_t line_rows = kind == I8 ? RK_LINE : 2 * RK_LINE, lines = pitch / RK_LINE, line = row / line_rows, r = row % line_rows;
    size_t unit_bytes = RK_UNIT_COLUMNS * pitch + (kind == I8 ? rk_strip_scales_i8(pitch) : rk_strip_scales_i4(pitch));
    size_t lane = r % RK_PANEL_ROWS, k = column % RK_UNIT_COLUMNS;
    const uint8_t *unit = w + (line / lines * rk_units(columns) + column / RK_UNIT_COLUMNS) * unit_bytes;
    const uint8_t *scales = unit + RK_UNIT_COLUMNS * pitch + (line % lines * (line_rows / RK_PANEL_ROWS) + r / RK_PANEL_ROWS) * 64;
    uint8_t byte = unit[k * pitch + line % lines * RK_LINE + lane / 4 * 16 + r % RK_LINE / RK_PANEL_ROWS * 4 + lane % 4];
    if (kind == I8) return scaled_i8(scales, lane, byte);
    return scaled_i4(scales, lane, k / RK_GROUP_COLUMNS, r < RK_LINE ? byte & 15 : byte >> 4);
}

static void group_strip_product(
    enum weight_kind kind, float *y, size_t y_stride, const char *x, size_t x_bytes, const void *w, size_t pitch, size_t rows,
    size_t columns, size_t tokens) {
    for (size_t t = 0; t < tokens; t++) {
        for (size_t r = 0; r < rows; r++) {
            double sum = 0;
            for (size_t k = 0; k < columns; k++) {
                sum += strip_weight(kind, w, r, k, pitch, columns) * quantised_activation(kind, x + t * x_bytes, k, columns);
            }
            y[t * y_stride + r] = (float)sum;
        }
    }
}

static void strip_i8(
    float *y, size_t y_stride, const void *x, size_t x_bytes, const void *list, const void *w, size_t pitch, size_t rows,
    size_t columns, size_t tokens) {
    (void)list;
    group_strip_product(I8, y, y_stride, x, x_bytes, w, pitch, rows, columns, tokens);
}

static void strip_i4(
    float *y, size_t y_stride, const void *x, size_t x_bytes, const void *list, const void *w, size_t pitch, size_t rows,
    size_t columns, size_t tokens) {
    (void)list;
    group_strip_product(I4, y, y_stride, x, x_bytes, w, pitch, rows, columns, tokens);
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

#include "scalar_heads.inc"

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
    .product_f32 = product_f32,
    .product_bf16 = product_bf16,
    .product_f16 = product_f16,
    .product_bf16_dot = product_bf16_dot,
    .product_i8 = product_i8,
    .product_i4 = product_i4,
    .strip_f32 = strip_f32,
    .strip_bf16 = strip_bf16,
    .strip_f16 = strip_f16,
    .strip_bf16_dot = strip_bf16_dot,
    .strip_i8 = strip_i8,
    .strip_i4 = strip_i4,
    .layer_norm = layer_norm,
    .mix = mix,
    .wkv4 = wkv4,
    .wkv6 = wkv6,
    .wkv7 = wkv7,
    .keys7 = keys7,
    .add_bonus = add_bonus,
    .decay6 = decay6,
    .decay7 = decay7,
    .blend_first = blend_first,
    .mix_by = mix_by,
    .silu_gate = silu_gate,
    .tanh = hyperbolic_tangent,
    .sigmoid = sigmoid_each,
    .multiply = multiply,
    .scale_by = scale_by,
    .add = add,
    .relu_square = relu_square,
    .sigmoid_gate = sigmoid_gate,
    .exp = exponential,
    .quantise_panel_i8 = quantise_panel_i8,
    .quantise_panel_i4 = quantise_panel_i4,
    .quantise_row_i8 = quantise_row_i8,
    .quantise_row_i4 = quantise_row_i4,
    .f32_from_bf16 = f32_from_bf16,
    .f32_from_f16 = f32_from_f16,
    .f32_from_f64 = f32_from_f64,
    .bf16_from_f32 = bf16_from_f32,
    .f16_from_f32 = f16_from_f32,
    .all_finite_f32 = all_finite_f32,
    .all_finite_bf16 = all_finite_bf16,
    .all_finite_f16 = all_finite_f16,
};
