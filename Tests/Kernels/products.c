// Matrix products of every kind, and the packing and quantising that go before them.
#include <float.h>
#include <math.h>
#include <string.h>
#include "check.h"

typedef struct { size_t rows, columns, tokens; } shape;

/// Around every boundary: the register, the panel, tiles of tokens, the blocks of panels and of columns, the two streams
/// of one token, and no column at all.
static const shape shapes[] = {
    {1, 1, 1}, {3, 7, 2}, {4, 16, 3}, {17, 17, 4}, {33, 33, 5}, {47, 63, 7}, {64, 40, 1}, {83, 129, 1}, {150, 31, 1},
    {13, 129, 65}, {2, 1023, 1}, {150, 5, 27}, {5, 1025, 6}, {6, 2051, 9}, {3, 40, 131}, {1040, 9, 1}, {300, 64, 2}, {20, 0, 3},
};
enum { RANDOM_SHAPES = 16 };

static shape shape_at(size_t i) {
    if (i < COUNT(shapes)) return shapes[i];
    uint64_t seed = i;
    shape s;
    s.rows = 1 + below(&seed, 120);
    s.columns = 1 + below(&seed, 600);
    s.tokens = 1 + below(&seed, 20);
    return s;
}

enum kind { FLOAT32, BFLOAT16, FLOAT16, BFLOAT16_DOT, INT8, INT4 };
static const char *const names[] = {"product_f32", "product_bf16", "product_f16", "product_bf16_dot", "product_i8", "product_i4"};

static rk_product *kernel(const rk_kernels *table, enum kind kind) {
    rk_product *const all[] = {table->product_f32, table->product_bf16, table->product_f16,
                               table->product_bf16_dot, table->product_i8, table->product_i4};
    return all[kind];
}

static size_t panel_bytes(enum kind kind, size_t columns) {
    if (kind == INT8) return rk_panel_bytes_i8(columns);
    if (kind == INT4) return rk_panel_bytes_i4(columns);
    return (kind == FLOAT32 ? columns * 4 : kind == FLOAT16 ? columns * 2 : (columns + 1) / 2 * 4) * RK_PANEL_ROWS;
}

static size_t row_bytes(enum kind kind, size_t columns) {
    if (kind == INT8) return rk_row_bytes_i8(columns);
    if (kind == INT4) return rk_row_bytes_i4(columns);
    return kind == BFLOAT16_DOT ? (columns + 1) / 2 * 4 : columns * 4;
}

/// The packed matrix as a table makes it; it lies as badly aligned as it may.
static char *packed(const rk_kernels *table, enum kind kind, const float *w, shape s, size_t shift) {
    size_t panels = (s.rows + RK_PANEL_ROWS - 1) / RK_PANEL_ROWS, bytes = panel_bytes(kind, s.columns);
    char *out = guarded(panels * bytes, shift);
    size_t size = kind == FLOAT32 ? 4 : 2;
    uint16_t *narrow = guarded(s.rows * s.columns * 2, 0);
    if (kind == FLOAT16) scalar()->f16_from_f32(narrow, w, s.rows * s.columns);
    if (kind == BFLOAT16 || kind == BFLOAT16_DOT) scalar()->bf16_from_f32(narrow, w, s.rows * s.columns);
    EACH(p, panels) {
        size_t first = p * RK_PANEL_ROWS, count = s.rows - first < RK_PANEL_ROWS ? s.rows - first : RK_PANEL_ROWS;
        const char *source = (kind == FLOAT32 ? (const char *)w : (const char *)narrow) + first * s.columns * size;
        if (kind == INT8) {
            table->quantise_panel_i8(out + p * bytes, w + first * s.columns, count, s.columns);
        } else if (kind == INT4) {
            table->quantise_panel_i4(out + p * bytes, w + first * s.columns, count, s.columns);
        } else {
            rk_pack_panel(out + p * bytes, source, count, s.columns * size, kind == FLOAT16 ? 2 : 4);
        }
    }
    return out;
}

/// The activations as a kernel takes them.
static char *prepared(const rk_kernels *table, enum kind kind, const float *x, shape s) {
    size_t bytes = row_bytes(kind, s.columns);
    char *out = guarded(s.tokens * bytes, 0);
    EACH(t, s.tokens) {
        const float *token = x + t * s.columns;
        char *row = out + t * bytes;
        if (kind == INT8) {
            table->quantise_row_i8(row, token, s.columns);
        } else if (kind == INT4) {
            table->quantise_row_i4(row, token, s.columns);
        } else if (kind == BFLOAT16_DOT) {
            memset(row, 0, bytes);
            table->bf16_from_f32((uint16_t *)(void *)row, token, s.columns);
        } else {
            memcpy(row, token, bytes);
        }
    }
    return out;
}

/// The product, each token's row followed by one number that must stay.
static float *multiplied(const rk_kernels *table, enum kind kind, const char *w, const char *x, shape s) {
    size_t n = (s.rows + 1) * s.tokens;
    float *y = guarded(n * sizeof *y, 0);
    EACH(i, n) y[i] = 77;
    kernel(table, kind)(y, s.rows + 1, x, row_bytes(kind, s.columns), w, s.rows, s.columns, s.tokens);
    return y;
}

/// The sum in double of what was there before rounding.
static float *formula(const float *w, const float *x, shape s) {
    float *y = guarded((s.rows + 1) * s.tokens * sizeof *y, 0);
    EACH(t, s.tokens) {
        EACH(r, s.rows) {
            double sum = 0;
            EACH(k, s.columns) sum += (double)w[r * s.columns + k] * (double)x[t * s.columns + k];
            y[t * (s.rows + 1) + r] = (float)sum;
        }
        y[t * (s.rows + 1) + s.rows] = 77;
    }
    return y;
}

/// The first vector table: all of them give the same bits for quantised weights.
static const rk_kernels *first_vector_table(void) {
    for (int isa = 1; isa < RK_ISA_COUNT; isa++) {
        if (rk_kernels_for((rk_isa)isa)) return rk_kernels_for((rk_isa)isa);
    }
    return scalar();
}

static void check_shape(const rk_kernels *table, enum kind kind, shape s, uint64_t seed) {
    checking("%s %s, %zu rows, %zu columns, %zu tokens", table->name, names[kind], s.rows, s.columns, s.tokens);
    const float *w = numbers(s.rows * s.columns, seed, -1, 1), *input = numbers(s.tokens * s.columns, seed + 1000, -1, 1);
    const char *panels = packed(table, kind, w, s, seed % 2), *x = prepared(table, kind, input, s);
    size_t n = (s.rows + 1) * s.tokens;
    const float *found = multiplied(table, kind, panels, x, s);
    if (table == scalar()) {
        // Rounding weights to a type or to steps is worth so much of a sum of uncorrelated errors.
        const float rounding[] = {1e-7f, 0.01f, 0.002f, 0.015f, 0.01f, 0.2f};
        expect_close(found, formula(w, input, s), n, rounding[kind] * sqrtf((float)s.columns), false);
        return;
    }
    expect_close(found, multiplied(scalar(), kind, panels, x, s), n, 0.5e-6f * (float)s.columns + 1e-6f, false);
    if (kind == INT8 || kind == INT4) {
        expect_bits(found, multiplied(first_vector_table(), kind, panels, x, s), n * sizeof *found);
    }
}

/// A token's result does not depend on its neighbours, nor a row's; what is not a number stays in its own token.
static void check_independence(const rk_kernels *table, enum kind kind) {
    const shape s = {91, 1100, 30}, one = {91, 1100, 1}, some = {91 - 32, 1100, 30};
    checking("%s %s, in batches", table->name, names[kind]);
    const float *w = numbers(s.rows * s.columns, 3, -1, 1);
    float *input = numbers(s.tokens * s.columns, 4, -1, 1);
    const char *panels = packed(table, kind, w, s, 1), *x = prepared(table, kind, input, s);
    const float *all = multiplied(table, kind, panels, x, s);
    EACH(t, s.tokens) {
        const float *alone = multiplied(table, kind, panels, x + t * row_bytes(kind, s.columns), one);
        expect_bits(alone, all + t * (s.rows + 1), (s.rows + 1) * sizeof *all);
    }
    const float *lower = multiplied(table, kind, panels + 2 * panel_bytes(kind, s.columns), x, some);
    EACH(t, s.tokens) expect_bits(lower + t * (some.rows + 1), all + t * (s.rows + 1) + 32, some.rows * sizeof *all);

    checking("%s %s, NaN and infinity", table->name, names[kind]);
    input[5 * s.columns + 1099] = NAN;
    input[6 * s.columns + 17] = -INFINITY;
    const float *broken = multiplied(table, kind, panels, prepared(table, kind, input, s), s);
    EACH(t, s.tokens) {
        const float *row = broken + t * (s.rows + 1);
        EACH(r, s.rows) expect(isfinite(row[r]) == (t != 5 && t != 6), "what is not a number is lost or spreads");
    }
}

/// Every size of batch gives a token the bits that it has alone. Batches are the last of the tokens, so that what is read
/// past their end shows.
static void check_batches(const rk_kernels *table, enum kind kind) {
    const shape s = {91, 301, 40}, one = {91, 301, 1};
    checking("%s %s, one by one", table->name, names[kind]);
    const float *w = numbers(s.rows * s.columns, 5, -1, 1);
    const char *panels = packed(table, kind, w, s, 1), *x = prepared(table, kind, numbers(s.tokens * s.columns, 6, -1, 1), s);
    size_t row = (s.rows + 1) * sizeof(float), width = row_bytes(kind, s.columns);
    char *alone = guarded(s.tokens * row, 0);
    EACH(t, s.tokens) memcpy(alone + t * row, multiplied(table, kind, panels, x + t * width, one), row);
    for (size_t size = 2; size <= s.tokens; size++) {
        size_t first = s.tokens - size;
        checking("%s %s, a batch of %zu", table->name, names[kind], size);
        const float *batch = multiplied(table, kind, panels, x + first * width, (shape){s.rows, s.columns, size});
        expect_bits(batch, alone + first * row, size * row);
    }
    release();
}

static void check_product(const rk_kernels *table, int kind) {
    EACH(i, COUNT(shapes) + RANDOM_SHAPES) {
        check_shape(table, (enum kind)kind, shape_at(i), i);
        release();
    }
    check_independence(table, (enum kind)kind);
    release();
    check_batches(table, (enum kind)kind);
}

/// Weights and activations of all sizes quantise to the bytes of the scalar table.
static void check_quantising(const rk_kernels *table, int kind) {
    const float sizes[] = {1, 1e-3f, 1e-20f, 1e-39f, 1e20f};
    EACH(i, COUNT(shapes) + RANDOM_SHAPES) {
        shape s = shape_at(i);
        checking("%s quantising for %s, %zu rows, %zu columns", table->name, names[kind], s.rows, s.columns);
        float *w = numbers(s.rows * s.columns, i, -1, 1), *x = numbers(s.tokens * s.columns, i + 1, -1, 1);
        EACH(r, s.rows) {
            // A row of one number, of zeros, of negative zeros, far from zero, of one outlier; the rest in some size.
            EACH(k, s.columns) {
                float *at = &w[r * s.columns + k], choices[] = {0.3f, 0, -0.0f, 1 + 0.01f * *at, k == 3 ? 1e6f : *at};
                *at = r < COUNT(choices) ? choices[r] : *at * sizes[r % COUNT(sizes)];
            }
        }
        EACH(k, s.tokens * s.columns) x[k] *= sizes[k / s.columns % COUNT(sizes)];
        if (s.columns > 8 && s.tokens > 6) {
            x[5 * s.columns + 7] = INFINITY;
            x[6 * s.columns + 8] = -FLT_MAX;
        }
        size_t panels = (s.rows + RK_PANEL_ROWS - 1) / RK_PANEL_ROWS;
        expect_bits(packed(table, (enum kind)kind, w, s, i % 2), packed(scalar(), (enum kind)kind, w, s, 0),
                    panels * panel_bytes((enum kind)kind, s.columns));
        expect_bits(prepared(table, (enum kind)kind, x, s), prepared(scalar(), (enum kind)kind, x, s),
                    s.tokens * row_bytes((enum kind)kind, s.columns));
        release();
    }
}

const group product_groups[8] = {
    {"product_f32", check_product, FLOAT32, true},
    {"product_bf16", check_product, BFLOAT16, true},
    {"product_f16", check_product, FLOAT16, true},
    {"product_bf16_dot", check_product, BFLOAT16_DOT, true},
    {"product_i8", check_product, INT8, true},
    {"product_i4", check_product, INT4, true},
    {"quantising for 8 bits", check_quantising, INT8, false},
    {"quantising for 4 bits", check_quantising, INT4, false},
};
