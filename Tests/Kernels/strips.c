// Matrices in strips: what panels give, to the bit, with a list of the columns that count and without, few lines to a
// column and many, and columns that no list names are not touched.
#include <math.h>
#include <string.h>
#include "check.h"

enum kind { FLOAT32, BFLOAT16, FLOAT16, BFLOAT16_DOT, INT8, INT4 };
static const char *const names[] = {"strip_f32", "strip_bf16", "strip_f16", "strip_bf16_dot", "strip_i8", "strip_i4"};

typedef struct { size_t rows, columns, tokens, lines; } shape;
static const shape shapes[] = {
    {1, 2, 1, 1}, {17, 40, 1, 2}, {64, 64, 2, 2}, {150, 1200, 1, 4}, {150, 1200, 2, 3}, {300, 514, 3, 4}, {131, 1030, 4, 4},
    {96, 512, 5, 2}, {260, 130, 8, 4}, {40, 700, 13, 1}, {150, 66, 27, 4}, {20, 0, 3, 2},
};

typedef struct {
    shape s;
    enum kind kind;
    bool is_quantised;
    /// Panels whose rows share a line; bytes of a panel, of a column in a strip, after each 64 of them, of a strip, of a token.
    size_t line_panels, panel_bytes, pitch, scale_bytes, strip_bytes, x_bytes;
    char *panels, *strips, *x, *list;
    rk_product *product;
    rk_strip_product *strip;
} setting;

static size_t lines_of(const setting *a) {
    const size_t height = a->line_panels * RK_PANEL_ROWS;
    return (a->s.rows + height - 1) / height;
}

static size_t strips_of(const setting *a) { return (lines_of(a) + a->s.lines - 1) / a->s.lines; }

/// Up to 16 rows as a panel.
static void pack_panel(const setting *a, char *panel, const float *w, size_t count) {
    const size_t columns = a->s.columns;
    if (a->kind == INT8) return scalar()->quantise_panel_i8(panel, w, count, columns);
    if (a->kind == INT4) return scalar()->quantise_panel_i4(panel, w, count, columns);
    if (a->kind == FLOAT32) return rk_pack_panel(panel, w, count, columns * 4, 4);
    uint16_t *narrow = guarded(count * columns * 2, 0);
    (a->kind == FLOAT16 ? scalar()->f16_from_f32 : scalar()->bf16_from_f32)(narrow, w, count * columns);
    rk_pack_panel(panel, narrow, count, columns * 2, a->kind == FLOAT16 ? 2 : 4);
}

/// The matrix in both layouts.
static void pack(setting *a, const float *w) {
    void (*const lay[])(void *, size_t, size_t, const void *, size_t) = {
        rk_lay_line_f32, rk_lay_line_bf16, rk_lay_line_f16, rk_lay_line_bf16, rk_lay_line_i8, rk_lay_line_i4};
    const size_t lines = lines_of(a), bytes = lines * a->line_panels * a->panel_bytes;
    a->panels = guarded(bytes, 0);
    a->strips = guarded(strips_of(a) * a->strip_bytes, 0);
    memset(a->panels, 0, bytes);
    memset(a->strips, 0, strips_of(a) * a->strip_bytes);
    for (size_t first = 0; first < a->s.rows; first += RK_PANEL_ROWS) {
        size_t count = a->s.rows - first < RK_PANEL_ROWS ? a->s.rows - first : RK_PANEL_ROWS;
        pack_panel(a, a->panels + first / RK_PANEL_ROWS * a->panel_bytes, w + first * a->s.columns, count);
    }
    EACH(line, lines) {
        lay[a->kind](a->strips + line / a->s.lines * a->strip_bytes, a->pitch, line % a->s.lines,
                     a->panels + line * a->line_panels * a->panel_bytes, a->s.columns);
    }
}

static void prepare_row(const setting *a, char *to, const float *row) {
    if (a->kind == INT8) return scalar()->quantise_row_i8(to, row, a->s.columns);
    if (a->kind == INT4) return scalar()->quantise_row_i4(to, row, a->s.columns);
    if (a->kind == BFLOAT16_DOT) return scalar()->bf16_from_f32((uint16_t *)(void *)to, row, a->s.columns);
    memcpy(to, row, a->s.columns * sizeof *row);
}

/// Activations of which the given share is not zero and, where `is_broken`, one is infinite.
static void prepare(setting *a, float share, bool is_broken, uint64_t seed) {
    const size_t n = a->s.columns;
    a->x = guarded(a->s.tokens * a->x_bytes, 0);
    EACH(t, a->s.tokens) {
        float *row = numbers(n, seed + t, 0.5f, 1), *dice = numbers(n, seed + t + 100, 0, 1);
        EACH(k, n) row[k] = dice[k] < share ? row[k] : k % 2 ? 0 : -0.0f;
        if (is_broken && n > 0 && t == 0) row[n / 2] = INFINITY;
        prepare_row(a, a->x + t * a->x_bytes, row);
    }
    a->list = guarded(a->is_quantised ? rk_quad_list_bytes(n) : rk_list_bytes(n), 0);
    if (a->s.tokens > RK_LIST_TOKENS) return;
    if (a->is_quantised) {
        (a->kind == INT8 ? rk_list_i8 : rk_list_i4)(a->list, a->x, a->x_bytes, n, a->s.tokens, a->pitch);
    } else {
        (a->kind == BFLOAT16_DOT ? rk_list_16 : rk_list_32)(a->list, a->x, a->x_bytes, n, a->s.tokens);
    }
}

static setting setting_of(const rk_kernels *table, enum kind kind, shape s, float share, uint64_t seed) {
    rk_product *const products[] = {table->product_f32, table->product_bf16, table->product_f16, table->product_bf16_dot,
                                    table->product_i8, table->product_i4};
    rk_strip_product *const strips[] = {table->strip_f32, table->strip_bf16, table->strip_f16, table->strip_bf16_dot,
                                        table->strip_i8, table->strip_i4};
    const size_t line_panels[] = {1, 2, 2, 2, 4, 8}, bits[] = {32, 16, 16, 16, 8, 4};
    setting a = {.s = s, .kind = kind, .is_quantised = kind >= INT8, .line_panels = line_panels[kind], .pitch = s.lines * RK_LINE,
                 .product = products[kind], .strip = strips[kind]};
    if (a.is_quantised) a.s.columns = rk_units(s.columns) * RK_UNIT_COLUMNS;
    const size_t n = a.s.columns;
    a.panel_bytes = kind == INT8 ? rk_panel_bytes_i8(n) : kind == INT4 ? rk_panel_bytes_i4(n) : n * bits[kind] / 8 * RK_PANEL_ROWS;
    a.scale_bytes = kind == INT8 ? rk_strip_scales_i8(a.pitch) : kind == INT4 ? rk_strip_scales_i4(a.pitch) : 0;
    a.strip_bytes = n * a.pitch + rk_units(n) * a.scale_bytes;
    a.x_bytes = kind == INT8 ? rk_row_bytes_i8(n) : kind == INT4 ? rk_row_bytes_i4(n) : n * (kind == BFLOAT16_DOT ? 2 : 4);
    pack(&a, numbers(s.rows * n, seed, -1, 1));
    prepare(&a, share, a.is_quantised && share == 0.1f && seed % 2 == 0, seed + 7);
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

/// Whether a token meets a column with zero.
static bool is_zero(const setting *a, size_t t, size_t k) {
    const char *token = a->x + t * a->x_bytes;
    uint32_t bits = 0;
    if (a->kind == INT8) {
        const char *unit = token + 64 + k / RK_UNIT_COLUMNS * 2 * RK_UNIT_COLUMNS + k % RK_UNIT_COLUMNS;
        return unit[0] == 0 && unit[RK_UNIT_COLUMNS] == 0;
    }
    if (a->kind == INT4) return token[k] == 0;
    memcpy(&bits, token + k * (a->kind == BFLOAT16_DOT ? 2 : 4), a->kind == BFLOAT16_DOT ? 2 : 4);
    return (bits & (a->kind == BFLOAT16_DOT ? 0x7FFFu : 0x7FFFFFFFu)) == 0;
}

/// Fills the columns that are zero in every token with what would show.
static void spoil(const setting *a) {
    EACH(k, a->s.columns) {
        bool counts = false;
        EACH(t, a->s.tokens) counts = counts || !is_zero(a, t, k);
        for (size_t i = 0; !counts && i < strips_of(a); i++) {
            char *strip = a->strips + i * a->strip_bytes;
            memset(strip + k * a->pitch + k / RK_UNIT_COLUMNS * a->scale_bytes, 0xFF, a->pitch);
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
            spoil(&a);
            expect_bits(multiplied(&a, true, a.list), expected, n * sizeof *expected);
        }
        release();
    }
}

const group strip_groups[6] = {
    {"strip_f32", check_strip, FLOAT32, true},
    {"strip_bf16", check_strip, BFLOAT16, true},
    {"strip_f16", check_strip, FLOAT16, true},
    {"strip_bf16_dot", check_strip, BFLOAT16_DOT, true},
    {"strip_i8", check_strip, INT8, true},
    {"strip_i4", check_strip, INT4, true},
};
