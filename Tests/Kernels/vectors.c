// Everything but matrix products: norms, gates, recurrences, conversions, and the loops that measure a machine's limits.
#include <float.h>
#include <math.h>
#include <string.h>
#include "check.h"
#include "hostlimits.h"

static const size_t lengths[] = {1, 3, 4, 7, 8, 15, 16, 17, 24, 31, 33, 64, 72, 100, 131, 257};

// MARK: Elementwise

/// A kernel that changes y with the help of up to four arrays of the same length.
typedef struct { const char *name; size_t field, inputs; } operation;

#define OPERATION(NAME, INPUTS) {#NAME, offsetof(rk_kernels, NAME), INPUTS}
static const operation operations[] = {
    OPERATION(tanh, 0), OPERATION(sigmoid, 0), OPERATION(relu_square, 0), OPERATION(add, 1), OPERATION(multiply, 1),
    OPERATION(silu_gate, 1), OPERATION(sigmoid_gate, 1), OPERATION(decay6, 1), OPERATION(decay7, 1), OPERATION(scale_by, 2),
    OPERATION(mix, 3), OPERATION(blend_first, 3), OPERATION(mix_by, 3), OPERATION(add_bonus, 4),
};

static void apply(const rk_kernels *table, const operation *one, float *y, float *const x[4], size_t n) {
    union {
        void (*none)(float *, size_t);
        void (*one)(float *, const float *, size_t);
        void (*two)(float *, const float *, const float *, size_t);
        void (*three)(float *, const float *, const float *, const float *, size_t);
        void (*four)(float *, const float *, const float *, const float *, const float *, size_t);
    } kernel;
    memcpy(&kernel, (const char *)table + one->field, sizeof kernel);
    switch (one->inputs) {
    case 0: return kernel.none(y, n);
    case 1: return kernel.one(y, x[0], n);
    case 2: return kernel.two(y, x[0], x[1], n);
    case 3: return kernel.three(y, x[0], x[1], x[2], n);
    default: return kernel.four(y, x[0], x[1], x[2], x[3], n);
    }
}

static void check_operation(const rk_kernels *table, const operation *one, size_t n) {
    static const float extremes[] = {0, -0.0f, INFINITY, -INFINITY, 1e30f, -1e30f, 1e-40f, 88, -88, -104, 17, FLT_MIN};
    checking("%s %s, length %zu", table->name, one->name, n);
    float *y = numbers(n, n, -6, 6), *x[4];
    EACH(i, 4) x[i] = numbers(n, n + i + 1, -1, 1);
    float *a = copy(y, n * sizeof *y), *b = copy(y, n * sizeof *y);
    apply(table, one, a, x, n);
    apply(scalar(), one, b, x, n);
    expect_close(a, b, n, 1e-5f, true);

    // Each array in turn, the result's own first, has ends of the range, and then what is no number. `mix` only writes its
    // result: what was there does not show.
    for (size_t i = one->field == offsetof(rk_kernels, mix); i <= one->inputs; i++) {
        float *place = i == 0 ? y : x[i - 1], *kept = copy(place, n * sizeof *place);
        EACH(k, n) place[k] = extremes[k % COUNT(extremes)];
        a = copy(y, n * sizeof *y), b = copy(y, n * sizeof *y);
        apply(table, one, a, x, n);
        apply(scalar(), one, b, x, n);
        expect_close(a, b, n, 1e-5f, true);
        memcpy(place, kept, n * sizeof *place);
        place[n - 1] = NAN;
        a = copy(y, n * sizeof *y);
        apply(table, one, a, x, n);
        expect(isnan(a[n - 1]), "NaN is lost");
        memcpy(place, kept, n * sizeof *place);
    }
}

static void check_elementwise(const rk_kernels *table, int unused) {
    (void)unused;
    EACH(i, COUNT(operations)) {
        EACH(j, COUNT(lengths)) {
            check_operation(table, &operations[i], lengths[j]);
            release();
        }
    }
}

static void check_exp(const rk_kernels *table, int unused) {
    (void)unused;
    checking("%s exp", table->name);
    double greatest = 0;
    for (float from = -87.3f; from < 88.7f; from += 0.11f) {
        float x[83], y[83];
        EACH(i, COUNT(x)) x[i] = fminf(from + (float)i * 0.0013f, 88.7f);
        table->exp(y, x, COUNT(x));
        EACH(i, COUNT(x)) {
            double truth = exp((double)x[i]), unit = (double)(nextafterf((float)truth, INFINITY) - (float)truth);
            greatest = fmax(greatest, fabs((double)y[i] - truth) / unit);
        }
        table->exp(x, x, COUNT(x));
        expect_bits(x, y, sizeof x);
    }
    expect(greatest <= 0.95, "more than 0.95 units in the last place from the truth");
    const float ends[] = {0, -0.0f, INFINITY, -INFINITY, NAN, 1e30f, -1e30f, 88.8f, -104.5f, 1e-40f};
    const float results[] = {1, 1, INFINITY, 0, NAN, INFINITY, 0, INFINITY, 0, 1};
    float y[COUNT(ends)];
    table->exp(y, ends, COUNT(ends));
    expect_close(y, results, COUNT(ends), 0, false);
}

static void check_layer_norm(const rk_kernels *table, int unused) {
    (void)unused;
    EACH(i, COUNT(lengths)) {
        size_t n = lengths[i];
        checking("%s layer_norm, length %zu", table->name, n);
        float *x = numbers(n, n, -3, 5), *gain = numbers(n, n + 1, -1, 1), *bias = numbers(n, n + 2, -1, 1);
        float *a = guarded(n * sizeof *a, 0), *b = guarded(n * sizeof *b, 0);
        table->layer_norm(a, x, gain, bias, 1e-5f, n);
        scalar()->layer_norm(b, x, gain, bias, 1e-5f, n);
        expect_close(a, b, n, 1e-5f, false);
        // In place, too.
        table->layer_norm(x, x, gain, bias, 1e-5f, n);
        expect_bits(x, a, n * sizeof *x);
        x[n - 1] = NAN;
        table->layer_norm(a, x, gain, bias, 1e-5f, n);
        expect(isnan(a[0]) && isnan(a[n - 1]), "NaN is lost");
        release();
    }
}

// MARK: Recurrences

static void check_wkv4(const rk_kernels *table, int unused) {
    (void)unused;
    enum { TOKENS = 9 };
    EACH(i, COUNT(lengths)) {
        size_t n = lengths[i], stride = n + 3, size = (TOKENS - 1) * stride + n, bytes = size * sizeof(float);
        checking("%s wkv4, %zu channels", table->name, n);
        float *r = numbers(size, n, -4, 4), *k = numbers(size, n + 1, -30, 30), *v = numbers(size, n + 2, -1, 1);
        float *decay = numbers(n, n + 3, -3, -0.01f), *first = numbers(n, n + 4, -2, 2), *states[3][3], *outs[3];
        EACH(c, 3) {
            EACH(s, 3) states[c][s] = numbers(n, 0, s == 2 ? -1e30f : 0, s == 2 ? -1e30f : 0);
            // The third time out is r, and tokens come one by one.
            outs[c] = c == 2 ? r : copy(r, bytes);
            const rk_kernels *by = c == 1 ? scalar() : table;
            for (size_t t = 0; t < TOKENS; t += c == 2 ? 1 : TOKENS) {
                size_t at = t * stride;
                by->wkv4(outs[c] + at, r + at, k + at, v + at, stride, decay, first, states[c][0], states[c][1], states[c][2],
                         n, c == 2 ? 1 : TOKENS);
            }
        }
        expect_close(outs[0], outs[1], size, 2e-6f, false);
        expect_bits(outs[0], outs[2], bytes);
        EACH(s, 3) expect_close(states[0][s], states[1][s], n, 2e-6f, true);
        EACH(s, 3) expect_bits(states[0][s], states[2][s], n * sizeof(float));
        // In the state's greatest exponent, and in a key.
        states[0][2][n - 1] = NAN;
        table->wkv4(outs[0], r, k, v, stride, decay, first, states[0][0], states[0][1], states[0][2], n, 1);
        k[n - 1] = NAN;
        table->wkv4(outs[1], r, k, v, stride, decay, first, states[1][0], states[1][1], states[1][2], n, 2);
        expect(isnan(outs[0][n - 1]) && isnan(outs[1][n - 1]) && isnan(outs[1][stride + n - 1]), "NaN is lost");
        release();
    }
}

/// One head's numbers for several tokens, as they come up: keys of length one, decays below one.
typedef struct { float *r, *k, *v, *d, *kk, *b, *first, *state, *out; } head;
/// Chunks of each size, and three that are left.
enum { HEAD_TOKENS = 27 };

/// Decays below `least` are 0, which leaves nothing of a state.
static head head_of(size_t n, size_t stride, float least) {
    size_t size = (HEAD_TOKENS - 1) * stride + n;
    float length = sqrtf((float)n);
    head h = {
        numbers(size, n, -1, 1), numbers(size, n + 1, -1, 1), numbers(size, n + 2, -1, 1), numbers(size, n + 3, 0.5f, 1),
        numbers(size, n + 4, -1 / length, 1 / length), numbers(size, n + 5, 0, 1), numbers(n, n + 6, -1, 1),
        numbers(n * n, n + 7, -1, 1), numbers(size, 0, 7, 7),
    };
    EACH(i, size) h.b[i] *= h.kk[i];
    EACH(i, size) h.d[i] = h.d[i] < least ? 0 : h.d[i];
    return h;
}

/// `d_stride` is 0 for RWKV-5's constant decay; RWKV-7 takes no notice of it.
static void advance(const rk_kernels *table, int generation, head h, size_t stride, size_t d_stride, size_t n, size_t t, size_t tokens) {
    size_t at = t * stride;
    if (generation == 7) {
        table->wkv7(h.out + at, h.r + at, h.d + at, h.k + at, h.v + at, h.kk + at, h.b + at, h.state, stride, n, tokens);
    } else {
        table->wkv6(h.out + at, h.r + at, h.k + at, h.v + at, h.d + t * d_stride, d_stride, h.first, h.state, stride, n, tokens);
    }
}

static void check_heads(const rk_kernels *table, int generation) {
    EACH(i, COUNT(lengths)) {
        size_t n = lengths[i], stride = n + 5, size = (HEAD_TOKENS - 1) * stride + n;
        if (n > 131) continue;
        checking("%s wkv%d, heads of %zu", table->name, generation, n);
        size_t d_stride = generation == 5 ? 0 : stride;
        float tolerance = 8e-6f * sqrtf((float)n);
        EACH(pass, 2) {
            float least = pass == 0 ? 0 : 0.6f;
            head a = head_of(n, stride, least), b = head_of(n, stride, least), c = head_of(n, stride, least);
            advance(table, generation, a, stride, d_stride, n, 0, HEAD_TOKENS);
            advance(scalar(), generation, b, stride, d_stride, n, 0, HEAD_TOKENS);
            expect_close(a.out, b.out, size, tolerance, false);
            expect_close(a.state, b.state, n * n, tolerance, false);
            // Cut where every chunk ends, nothing changes.
            advance(table, generation, c, stride, d_stride, n, 0, RK_HEAD_TOKENS);
            advance(table, generation, c, stride, d_stride, n, RK_HEAD_TOKENS, HEAD_TOKENS - RK_HEAD_TOKENS);
            expect_bits(c.out, a.out, size * sizeof(float));
            expect_bits(c.state, a.state, n * n * sizeof(float));
        }
        // One by one tokens are walked.
        head d = head_of(n, stride, 0), e = head_of(n, stride, 0);
        EACH(t, HEAD_TOKENS) advance(table, generation, d, stride, d_stride, n, t, 1);
        advance(scalar(), generation, e, stride, d_stride, n, 0, HEAD_TOKENS);
        expect_close(d.out, e.out, size, tolerance, false);
        expect_close(d.state, e.state, n * n, tolerance, false);
        release();
    }
}

static void check_keys7(const rk_kernels *table, int unused) {
    (void)unused;
    EACH(i, COUNT(lengths)) {
        size_t n = lengths[i];
        checking("%s keys7, length %zu", table->name, n);
        float *base = numbers(n, n, -1, 1), *scale = numbers(n, n + 1, -1, 1), *rate = numbers(n, n + 2, -1, 1), *all[4][3];
        EACH(c, 4) {
            EACH(s, 3) all[c][s] = numbers(n, n + 3 + s, -6, 6);
            // The third time the key is zero, which has no direction; the fourth time it has a NaN.
            if (c == 2) memset(all[c][0], 0, n * sizeof(float));
            if (c == 3) all[c][0][n - 1] = NAN;
            (c == 1 ? scalar() : table)->keys7(all[c][0], all[c][1], all[c][2], base, scale, rate, n);
        }
        EACH(s, 3) expect_close(all[0][s], all[1][s], n, 1e-5f, true);
        EACH(s, 3) {
            EACH(k, n) expect(all[2][s][k] == 0, "a key of zeros is divided by its length");
            expect(isnan(all[3][s][n - 1]), "NaN is lost");
        }
        release();
    }
}

// MARK: Conversions

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

static double half_value(unsigned bits) {
    int exponent = bits >> 10 & 31, fraction = bits & 0x3FF;
    double size = exponent == 31 ? (fraction ? (double)NAN : (double)INFINITY)
        : exponent ? ldexp(fraction + 1024, exponent - 25) : ldexp(fraction, -24);
    return bits & 0x8000 ? -size : size;
}

/// Widening is exact for all 65,536 patterns.
static void check_widening(const rk_kernels *table) {
    uint16_t *patterns = guarded(65536 * 2, 1);
    float *wide = guarded(65536 * 4, 0);
    EACH(i, 65536) memcpy((char *)patterns + i * 2, &(uint16_t){(uint16_t)i}, 2);
    checking("%s f32_from_bf16", table->name);
    table->f32_from_bf16(wide, patterns, 65536);
    EACH(i, 65536) expect(bits_of(wide[i]) == i << 16, "not exact");
    checking("%s f32_from_f16", table->name);
    table->f32_from_f16(wide, patterns, 65536);
    EACH(i, 65536) {
        float truth = (float)half_value((unsigned)i);
        expect(isnan(truth) ? isnan(wide[i]) : bits_of(wide[i]) == bits_of(truth), "not exact");
    }
}

/// Narrowing rounds to nearest, ties to even: ties, carries, subnormals and the ends of the range, in all lengths.
static void check_narrowing(const rk_kernels *table) {
    static const uint16_t low[] = {0, 1, 0x0FFF, 0x1000, 0x1001, 0x3000, 0x7FFF, 0x8000, 0x8001, 0xFFFF};
    enum { STEP = 61, HIGHS = 65535 / STEP + 1 };
    size_t n = HIGHS * COUNT(low);
    float *x = guarded(n * sizeof *x, 0);
    EACH(i, n) x[i] = from_bits((uint32_t)(i / COUNT(low)) * STEP << 16 | low[i % COUNT(low)]);
    uint16_t *narrow = guarded(n * sizeof *narrow, 0);
    checking("%s bf16_from_f32", table->name);
    table->bf16_from_f32(narrow, x, n);
    EACH(i, n) {
        uint32_t bits = bits_of(x[i]);
        bool right = isnan(x[i]) ? isnan(from_bits((uint32_t)narrow[i] << 16)) : narrow[i] == (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
        expect(right, "not the nearest");
    }
    checking("%s f16_from_f32", table->name);
    table->f16_from_f32(narrow, x, n);
    EACH(i, n) {
        double value = (double)x[i], size = fabs(value);
        if (isnan(value)) {
            expect(isnan(half_value(narrow[i])), "NaN is lost");
            continue;
        }
        // Multiples of the last place of the number's binade; beyond 65520 only infinity is near.
        int exponent = size > 0 ? ilogb(size) : -30;
        double unit = ldexp(1, exponent < -14 ? -24 : exponent - 10);
        double nearest = size >= 65520 ? (double)INFINITY : nearbyint(size / unit) * unit;
        expect(half_value(narrow[i]) == copysign(nearest, value) && (narrow[i] >> 15 != 0) == (signbit(value) != 0), "not the nearest");
    }
    checking("%s f32_from_f64", table->name);
    const double wide[] = {0, -0.0, 1, 0.1, -1.0 / 3, 1e300, -1e300, 1e-300, (double)INFINITY, 16777217, 2.5e-45};
    char *doubles = guarded(sizeof wide, 1);
    memcpy(doubles, wide, sizeof wide);
    for (size_t length = 1; length <= COUNT(wide); length++) {
        float *y = guarded(length * sizeof *y, 0);
        table->f32_from_f64(y, doubles + (COUNT(wide) - length) * sizeof *wide, length);
        EACH(i, length) expect(bits_of(y[i]) == bits_of((float)wide[COUNT(wide) - length + i]), "not the nearest");
    }
}

static void check_conversions(const rk_kernels *table, int unused) {
    (void)unused;
    check_widening(table);
    check_narrowing(table);
}

/// A single NaN or infinity is found wherever it stands.
static void check_finiteness(const rk_kernels *table, int unused) {
    (void)unused;
    static const size_t counts[] = {1, 5, 16, 33};
    const float bad[] = {NAN, INFINITY, -INFINITY};
    EACH(c, COUNT(counts)) {
        size_t n = counts[c];
        checking("%s all_finite of %zu", table->name, n);
        float *wide = guarded(n * sizeof *wide, 0);
        uint16_t *bf16 = guarded(n * 2, 0), *f16 = guarded(n * 2, 0);
        EACH(k, n) wide[k] = FLT_MAX, bf16[k] = 0x7F7F, f16[k] = 0x7BFF;
        expect(table->all_finite_f32(wide, n) && table->all_finite_bf16(bf16, n) && table->all_finite_f16(f16, n), "all are finite");
        EACH(k, n * COUNT(bad)) {
            size_t at = k / COUNT(bad);
            wide[at] = bad[k % COUNT(bad)];
            scalar()->bf16_from_f32(&bf16[at], &wide[at], 1);
            scalar()->f16_from_f32(&f16[at], &wide[at], 1);
            expect(!table->all_finite_f32(wide, n) && !table->all_finite_bf16(bf16, n) && !table->all_finite_f16(f16, n), "one is not");
            wide[at] = FLT_MAX, bf16[at] = 0x7F7F, f16[at] = 0x7BFF;
        }
        release();
    }
}

static void check_limits(const rk_kernels *table, int unused) {
    (void)unused;
    checking("%s limits", table->name);
    const rk_limits *limits = rk_limits_for(table->isa);
    unsigned char *bytes = guarded(4096, 0);
    memset(bytes, 0, 4096);
    expect(limits->read(bytes, 4096) == 0, "zeros are read as something else");
    bytes[0] = 1;
    expect(limits->read(bytes, 4096) == 1, "the first byte is not read");
    // Each chain tends to a half, and holds two operations for each float of a vector.
    float chains = 2 * limits->f32.run(64), floats = (float)limits->f32.operations / chains / 2;
    expect(chains >= 8 && (floats == 4 || floats == 8 || floats == 16), "the chains of fp32 are not what they say");
    const rk_unit units[] = {limits->bf16, limits->i8};
    EACH(i, COUNT(units)) {
        expect(!units[i].run == (units[i].operations == 0), "operations without a loop");
        if (units[i].run) units[i].run(64);
    }
}

const group vector_groups[11] = {
    {"layer_norm", check_layer_norm, 0, false},
    {"elementwise", check_elementwise, 0, false},
    {"exp", check_exp, 0, true},
    {"wkv4", check_wkv4, 0, false},
    {"wkv5", check_heads, 5, false},
    {"wkv6", check_heads, 6, false},
    {"wkv7", check_heads, 7, false},
    {"keys7", check_keys7, 0, false},
    {"conversions", check_conversions, 0, true},
    {"finiteness", check_finiteness, 0, true},
    {"limits", check_limits, 0, true},
};
