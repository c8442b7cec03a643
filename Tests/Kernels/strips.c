// Matrices in strips: what panels give, to the bit, with a list of the columns that count and without, few lines to a
// column and many, and columns that no list names are not touched.
#include <math.h>
#include <string.h>
#include "check.h"

enum kind { FLOAT32, BFLOAT16, FLOAT16, BFLOAT16_DOT };
static const char *const names[] = {"strip_f32", "strip_bf16", "strip_f16", "strip_bf16_dot"};

typedef struct { size_t rows, columns, tokens, lines; } shape;
static const shape shapes[] = {
    {1, 2, 1, 1}, {17, 40, 1, 2}, {64, 64, 2, 2}, {150, 1200, 1, 4}, {150, 1200, 2, 3}, {300, 514, 3, 4}, {131, 1030, 4, 4},
    {96, 512, 5, 2}, {260, 130, 8, 4}, {40, 700, 13, 1}, {150, 66, 27, 4}, {20, 0, 3, 2},
};

typedef struct {
    shape s;
    size_t size, pitch, x_bytes;
    char *panels, *strips, *x, *list;
    rk_product *product;
    rk_strip_product *strip;
} setting;

static size_t panel_bytes(const setting *a) { return a->s.columns * a->size * RK_PANEL_ROWS; }

/// The matrix in both layouts.
static void pack(setting *a, enum kind kind, const float *w) {
    const size_t size = a->size, height = RK_LINE / size, columns = a->s.columns, row = columns * size;
    const size_t lines = (a->s.rows + height - 1) / height, strips = (lines + a->s.lines - 1) / a->s.lines;
    const size_t per_line = height / RK_PANEL_ROWS;
    a->panels = guarded(lines * per_line * panel_bytes(a), 0);
    a->strips = guarded(strips * columns * a->pitch, 0);
    memset(a->strips, 0, strips * columns * a->pitch);
    uint16_t *narrow = guarded(a->s.rows * columns * 2, 0);
    if (kind == FLOAT16) scalar()->f16_from_f32(narrow, w, a->s.rows * columns);
    if (kind == BFLOAT16 || kind == BFLOAT16_DOT) scalar()->bf16_from_f32(narrow, w, a->s.rows * columns);
    memset(a->panels, 0, lines * per_line * panel_bytes(a));
    for (size_t first = 0; first < a->s.rows; first += RK_PANEL_ROWS) {
        size_t count = a->s.rows - first < RK_PANEL_ROWS ? a->s.rows - first : RK_PANEL_ROWS;
        const char *source = kind == FLOAT32 ? (const char *)w : (const char *)narrow;
        rk_pack_panel(a->panels + first / RK_PANEL_ROWS * panel_bytes(a), source + first * row, count, row, kind == FLOAT16 ? 2 : 4);
    }
    EACH(line, lines) {
        char *strip = a->strips + line / a->s.lines * columns * a->pitch;
        const char *from = a->panels + line * per_line * panel_bytes(a);
        (kind == FLOAT32 ? rk_lay_line_f32 : kind == FLOAT16 ? rk_lay_line_f16 : rk_lay_line_bf16)(
            strip, a->pitch, line % a->s.lines, from, columns);
    }
}

/// Activations of which the given share is not zero.
static void prepare(setting *a, enum kind kind, float share, uint64_t seed) {
    const size_t n = a->s.columns;
    a->x = guarded(a->s.tokens * a->x_bytes, 0);
    EACH(t, a->s.tokens) {
        float *row = numbers(n, seed + t, 0.5f, 1), *dice = numbers(n, seed + t + 100, 0, 1);
        EACH(k, n) row[k] = dice[k] < share ? row[k] : k % 2 ? 0 : -0.0f;
        if (kind == BFLOAT16_DOT) {
            scalar()->bf16_from_f32((uint16_t *)(void *)(a->x + t * a->x_bytes), row, n);
        } else {
            memcpy(a->x + t * a->x_bytes, row, n * sizeof *row);
        }
    }
    a->list = guarded(rk_list_bytes(n), 0);
    if (a->s.tokens <= RK_LIST_TOKENS) {
        (kind == BFLOAT16_DOT ? rk_list_16 : rk_list_32)(a->list, a->x, a->x_bytes, n, a->s.tokens);
    }
}

static setting setting_of(const rk_kernels *table, enum kind kind, shape s, float share, uint64_t seed) {
    rk_product *const products[] = {table->product_f32, table->product_bf16, table->product_f16, table->product_bf16_dot};
    rk_strip_product *const strips[] = {table->strip_f32, table->strip_bf16, table->strip_f16, table->strip_bf16_dot};
    setting a = {.s = s, .size = kind == FLOAT32 ? 4 : 2, .pitch = s.lines * RK_LINE, .product = products[kind], .strip = strips[kind]};
    a.x_bytes = s.columns * (kind == BFLOAT16_DOT ? 2 : 4);
    pack(&a, kind, numbers(s.rows * s.columns, seed, -1, 1));
    prepare(&a, kind, share, seed + 7);
    return a;
}

/// The product, each token's row followed by one number that must stay.
static float *multiplied(const setting *a, bool in_strips, const void *list) {
    const shape s = a->s;
    size_t n = (s.rows + 1) * s.tokens;
    float *y = guarded(n * sizeof *y, 0);
    EACH(i, n) y[i] = 77;
    if (in_strips) {
        a->strip(y, s.rows + 1, a->x, a->x_bytes, list, a->strips, a->pitch, s.rows, s.columns, s.tokens);
    } else {
        a->product(y, s.rows + 1, a->x, a->x_bytes, a->panels, s.rows, s.columns, s.tokens);
    }
    return y;
}

/// Fills the columns that are zero in every token with what would show.
static void spoil(const setting *a, enum kind kind) {
    const size_t height = RK_LINE / a->size, strip_rows = a->s.lines * height;
    EACH(k, a->s.columns) {
        bool counts = false;
        EACH(t, a->s.tokens) {
            const char *at = a->x + t * a->x_bytes + k * (kind == BFLOAT16_DOT ? 2 : 4);
            uint32_t bits = 0;
            memcpy(&bits, at, kind == BFLOAT16_DOT ? 2 : 4);
            counts = counts || (bits & (kind == BFLOAT16_DOT ? 0x7FFFu : 0x7FFFFFFFu)) != 0;
        }
        for (size_t r = 0; !counts && r < a->s.rows; r += strip_rows) {
            memset(a->strips + (r / strip_rows * a->s.columns + k) * a->pitch, 0xFF, a->pitch);
        }
    }
}

static void check_strip(const rk_kernels *table, int kind) {
    const float shares[] = {1, 0.5f, 0.1f, 0};
    EACH(i, COUNT(shapes)) EACH(j, COUNT(shares)) {
        const shape s = shapes[i];
        checking("%s %s, %zu rows, %zu columns, %zu tokens, %zu lines, %g not zero", table->name, names[kind], s.rows, s.columns,
                 s.tokens, s.lines, (double)shares[j]);
        setting a = setting_of(table, (enum kind)kind, s, shares[j], i);
        size_t n = (s.rows + 1) * s.tokens;
        const float *expected = multiplied(&a, false, NULL);
        expect_bits(multiplied(&a, true, NULL), expected, n * sizeof *expected);
        if (s.tokens <= RK_LIST_TOKENS && table != scalar()) {
            spoil(&a, (enum kind)kind);
            expect_bits(multiplied(&a, true, a.list), expected, n * sizeof *expected);
        }
        release();
    }
}

const group strip_groups[4] = {
    {"strip_f32", check_strip, FLOAT32, true},
    {"strip_bf16", check_strip, BFLOAT16, true},
    {"strip_f16", check_strip, FLOAT16, true},
    {"strip_bf16_dot", check_strip, BFLOAT16_DOT, true},
};
