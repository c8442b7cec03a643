#include <string.h>
#include "hostkernels.h"

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

/// The nearest whole number, ties to even, for magnitudes below 2^22; NaN gives some number.
static int32_t nearest(float x) {
    return (int32_t)(bits_of(x + 0x1.8p23f) - 0x4B400000u);
}

static float magnitude(float x) {
    return from_bits(bits_of(x) & 0x7FFFFFFF);
}

static uint16_t bf16_nearest(float x) {
    uint32_t bits = bits_of(x);
    return (uint16_t)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}

static float widen(uint16_t bits) {
    return from_bits((uint32_t)bits << 16);
}

static float inverse(float x) {
    // A group of zeros, or of numbers too small for an inverse, becomes zeros.
    return magnitude(x) > 0x1p-120f ? 1 / x : 0;
}

size_t rk_panel_bytes_i8(size_t columns) {
    return rk_groups(columns) * RK_PANEL_ROWS * (RK_GROUP_COLUMNS + 2);
}

size_t rk_panel_bytes_i4(size_t columns) {
    return rk_groups(columns) * RK_PANEL_ROWS * (RK_GROUP_COLUMNS / 2 + 2);
}

/// A group of one row, zeros beyond its end.
static void take_group(float *group, const float *w, size_t row, size_t rows, size_t k, size_t columns) {
    memset(group, 0, RK_GROUP_COLUMNS * sizeof *group);
    if (row >= rows || k >= columns) return;
    size_t count = columns - k < RK_GROUP_COLUMNS ? columns - k : RK_GROUP_COLUMNS;
    memcpy(group, w + row * columns + k, count * sizeof *group);
}

static float greatest(const float *group) {
    int32_t most = 0;
    for (size_t i = 0; i < RK_GROUP_COLUMNS; i++) {
        int32_t bits = (int32_t)bits_of(magnitude(group[i]));
        most = bits > most ? bits : most;
    }
    return from_bits((uint32_t)most);
}

static int32_t clamped(float x, float least, float most) {
    return nearest(x < least ? least : x > most ? most : x);
}

/// Sum of squared errors of a group under a scale.
static float squared_error(const float *group, float scale, float least, float most) {
#pragma clang fp reassociate(on) contract(fast)
    float factor = inverse(scale), sum = 0;
    for (size_t i = 0; i < RK_GROUP_COLUMNS; i++) {
        float error = (float)clamped(group[i] * factor, least, most) * scale - group[i];
        sum += error * error;
    }
    return sum;
}

/// The bfloat16 of least squared error among those that spread the greatest weight to 127.5 steps or some fewer.
static uint16_t best_scale_i8(const float *group) {
    uint16_t first = bf16_nearest(greatest(group) / 127.5f), best = first;
    float least = squared_error(group, widen(first), -127, 127);
    for (uint16_t i = 1; i <= 10; i++) {
        uint16_t candidate = first + i;
        float error = squared_error(group, widen(candidate), -127, 127);
        if (error < least) {
            least = error;
            best = candidate;
        }
    }
    return best;
}

void rk_quantise_panel_i8(void *panel, const float *w, size_t rows, size_t columns) {
    size_t groups = rk_groups(columns);
    const size_t group_bytes = RK_PANEL_ROWS * RK_GROUP_COLUMNS;
    uint8_t *bytes = panel;
    for (size_t g = 0; g < groups; g++) {
        for (size_t r = 0; r < RK_PANEL_ROWS; r++) {
            float group[RK_GROUP_COLUMNS];
            take_group(group, w, r, rows, g * RK_GROUP_COLUMNS, columns);
            uint16_t scale = best_scale_i8(group);
            float factor = inverse(widen(scale));
            uint8_t *out = bytes + rk_group_offset(g, group_bytes) + r * 4;
            for (size_t i = 0; i < RK_GROUP_COLUMNS; i++) {
                out[i / 4 * RK_PANEL_ROWS * 4 + i % 4] = (uint8_t)(clamped(group[i] * factor, -127, 127) + 128);
            }
            memcpy(bytes + rk_scale_offset(g, group_bytes) + r * 2, &scale, 2);
        }
    }
}

/// The scale of least squared error among some that spread the greatest weight to -8.9 ... -6.2 steps.
///
/// The greatest weight takes the side that reaches to -8, so the scale has its sign turned.
static uint16_t best_scale_i4(const float *group) {
    float most = greatest(group), extreme = 0;
    for (size_t i = 0; i < RK_GROUP_COLUMNS; i++) extreme = magnitude(group[i]) == most ? group[i] : extreme;
    uint16_t best = bf16_nearest(extreme / -8);
    float least = squared_error(group, widen(best), -8, 7);
    for (int i = -6; i <= 3; i++) {
        uint16_t candidate = bf16_nearest(extreme / (-8 + 0.3f * (float)i + 0.9f));
        float error = squared_error(group, widen(candidate), -8, 7);
        if (error < least) {
            least = error;
            best = candidate;
        }
    }
    return best;
}

void rk_quantise_panel_i4(void *panel, const float *w, size_t rows, size_t columns) {
    size_t groups = rk_groups(columns);
    const size_t group_bytes = RK_PANEL_ROWS * RK_GROUP_COLUMNS / 2;
    uint8_t *bytes = panel;
    for (size_t g = 0; g < groups; g++) {
        for (size_t r = 0; r < RK_PANEL_ROWS; r++) {
            float group[RK_GROUP_COLUMNS];
            take_group(group, w, r, rows, g * RK_GROUP_COLUMNS, columns);
            uint16_t scale = best_scale_i4(group);
            float factor = inverse(widen(scale));
            uint8_t *out = bytes + rk_group_offset(g, group_bytes) + r * 4;
            for (size_t i = 0; i < RK_GROUP_COLUMNS; i += 8) {
                for (size_t j = 0; j < 4; j++) {
                    int32_t low = clamped(group[i + j] * factor, -8, 7) + 8, high = clamped(group[i + j + 4] * factor, -8, 7) + 8;
                    out[i / 8 * RK_PANEL_ROWS * 4 + j] = (uint8_t)((low & 15) | (high & 15) << 4);
                }
            }
            memcpy(bytes + rk_scale_offset(g, group_bytes) + r * 2, &scale, 2);
        }
    }
}

size_t rk_quantised_row_bytes(size_t columns) {
    size_t groups = rk_groups(columns);
    // An odd number of cache lines, so that the rows of one tile fall into different sets of the cache.
    return (64 + groups * (2 * RK_GROUP_COLUMNS + 4) + 63) / 64 * 64 | 64;
}

void rk_quantise_row(void *out, const float *x, size_t columns) {
    int32_t most = 0;
    for (size_t k = 0; k < columns; k++) {
        int32_t bits = (int32_t)(bits_of(x[k]) & 0x7FFFFFFF);
        most = bits > most ? bits : most;
    }
    float greatest = from_bits((uint32_t)most), scale = greatest / 16256, factor = inverse(scale);
    // NaN and infinity must reach the output: they travel in the scale.
    memcpy(out, &scale, sizeof scale);
    size_t groups = rk_groups(columns);
    signed char *bytes = (signed char *)out + 64;
    char *totals = (char *)out + 64 + groups * 2 * RK_GROUP_COLUMNS;
    for (size_t g = 0; g < groups; g++) {
        int32_t values[RK_GROUP_COLUMNS] = {0}, total = 0;
        size_t start = g * RK_GROUP_COLUMNS;
        size_t count = start + RK_GROUP_COLUMNS <= columns ? RK_GROUP_COLUMNS : start < columns ? columns - start : 0;
        if (most < 0x7F800000) {
            for (size_t i = 0; i < count; i++) values[i] = nearest(x[start + i] * factor);
        }
        for (size_t i = 0; i < RK_GROUP_COLUMNS; i++) {
            int32_t high = (values[i] + 64) >> 7;
            signed char *step = bytes + g * 2 * RK_GROUP_COLUMNS + i / 4 * 8 + i % 4;
            step[0] = (signed char)high;
            step[4] = (signed char)(values[i] - high * 128);
            total += values[i];
        }
        memcpy(totals + g * 4, &total, 4);
    }
}
