// RWKV-4's to 7's recurrences, token by token in double precision.
#include <algorithm>
#include "check.h"

static double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
static std::string describe(const std::vector<int> &lengths) {
    return std::to_string(lengths.size()) + " sequences of " + std::to_string(lengths[0]);
}
static void expect_states(const Batch &batch, const std::vector<Doubles> &expected, double tolerance) {
    auto now = batch.statesNow();
    for (size_t s = 0; s < now.size(); s++) expect_close(now[s], expected[s], tolerance, "a state");
}
static std::vector<Doubles> doubled(const std::vector<Numbers> &v) {
    std::vector<Doubles> d;
    for (auto &x : v) d.emplace_back(x.begin(), x.end());
    return d;
}

// MARK: RWKV-4

static void check_wkv4(const std::vector<int> &lengths, int width, int offset, bool fresh) {
    check("mk_wkv4, width " + std::to_string(width) + ", " + describe(lengths) + (fresh ? ", fresh" : ""), [=] {
        size_t n = (size_t)width;
        Batch batch(lengths, 3 * n + (size_t)offset);
        size_t count = (size_t)batch.tokens() * n;
        Numbers r = random_numbers(count, -3, 3), k = random_numbers(count, -9, 9), v = random_numbers(count, -2, 2);
        Numbers decay = random_numbers(n, -3, -0.01f), bonus = random_numbers(n, -2, 2);
        std::vector<Numbers> begin = batch.states;
        Memory parts(std::max<size_t>((size_t)batch.chunks() * 3 * n * 4, 4));
        // A denominator is positive; a fresh state holds no weight at all.
        auto memory = std::vector<std::unique_ptr<Memory>>();
        std::vector<unsigned long long> addresses;
        for (auto &state : begin) {
            for (size_t c = 0; c < n; c++) {
                state[(size_t)offset + n + c] = fresh ? 0 : std::abs(state[(size_t)offset + n + c]) + 0.1f;
                if (fresh) state[(size_t)offset + c] = 0, state[(size_t)offset + 2 * n + c] = -1e38f;
            }
            memory.push_back(std::make_unique<Memory>(state));
            addresses.push_back(memory.back()->address());
        }
        Memory places(addresses);
        // In the place of r, as models have it.
        Memory out(r), rounded(count * 2);
        WKV4Arguments a{};
        a.pass = batch.pass();
        a.pass.states = places.address();
        a.width = width, a.offset = offset, a.roundedType = NUMBER_F16;
        a.r = out.address(), a.k = on_device(k), a.v = on_device(v);
        a.decay = on_device(decay), a.bonus = on_device(bonus);
        a.out = {out.address(), rounded.address()};
        a.parts = parts.address();
        if (batch.chunks() > 0) {
            launch("mk_wkv4_parts", cuda_launch_wkv4_chunks(a, batch.chunks()), a);
            launch("mk_wkv4_chain", cuda_launch_wkv4(a, batch.sequences()), a);
            launch("mk_wkv4_chunks", cuda_launch_wkv4_chunks(a, batch.chunks()), a);
        }
        launch("mk_wkv4", cuda_launch_wkv4(a, batch.sequences()), a);

        Doubles expected(count);
        for (size_t s = 0; s < begin.size(); s++) {
            Numbers now = memory[s]->read<float>();
            for (size_t c = 0; c < n; c++) {
                const float *state = &begin[s][(size_t)offset + c];
                double aa = state[0], bb = state[n], pp = state[2 * n];
                for (int row = batch.starts[s]; row < batch.starts[s + 1]; row++) {
                    size_t i = (size_t)row * n + c;
                    double own = bonus[c] + k[i], p = std::max(pp, own), e1 = std::exp(pp - p), e2 = std::exp(own - p);
                    expected[i] = sigmoid(r[i]) * (e1 * aa + e2 * v[i]) / (e1 * bb + e2);
                    p = std::max(pp + decay[c], (double)k[i]), e1 = std::exp(pp + decay[c] - p), e2 = std::exp(k[i] - p);
                    aa = e1 * aa + e2 * v[i], bb = e1 * bb + e2, pp = p;
                }
                // What they stand for: the greatest exponent may be another where it makes no difference.
                double scale = std::exp(now[(size_t)offset + 2 * n + c] - pp);
                expect(std::abs(now[(size_t)offset + c] * scale - aa) <= 1e-5 * (1 + std::abs(aa)), "a numerator");
                expect(std::abs(now[(size_t)offset + n + c] * scale - bb) <= 1e-5 * (1 + std::abs(bb)), "a denominator");
            }
        }
        Numbers found = out.read<float>();
        expect_rounded(rounded.read<unsigned short>(), found, NUMBER_F16);
        expect_close(found, expected, 1e-5, "out");
        return Results{found};
    });
}

// MARK: Heads

struct Heads {
    int count, size;
    size_t width() const { return (size_t)(count * size); }
};

static std::string describe(const Heads &heads) {
    return std::to_string(heads.count) + " heads of " + std::to_string(heads.size);
}

static void group_norm(double *o, const Heads &heads, const Numbers &gain, const Numbers &bias, double epsilon, size_t head) {
    size_t n = (size_t)heads.size;
    double mean = 0, square = 0;
    for (size_t i = 0; i < n; i++) mean += o[i] / (double)n;
    for (size_t i = 0; i < n; i++) square += (o[i] - mean) * (o[i] - mean) / (double)n;
    for (size_t i = 0; i < n; i++) o[i] = (o[i] - mean) / std::sqrt(square + epsilon) * gain[head * n + i] + bias[head * n + i];
}

static void check_wkv6(const std::vector<int> &lengths, Heads heads, bool perToken, bool hasGate, int offset) {
    std::string name = "mk_wkv6, " + describe(heads) + ", " + describe(lengths) + (perToken ? ", decay per token" : "")
        + (hasGate ? ", gate" : "");
    check(name, [=] {
        size_t width = heads.width(), n = (size_t)heads.size;
        Batch batch(lengths, width * n + (size_t)offset);
        size_t count = (size_t)batch.tokens() * width;
        Numbers r = random_numbers(count, -1, 1), k = random_numbers(count, -1, 1), v = random_numbers(count, -1, 1);
        Numbers decay = perToken ? random_numbers(count, -3, 1) : random_numbers(width, 0.3f, 0.999f);
        Numbers base = random_numbers(width, -3, 0), bonus = random_numbers(width, -1, 1);
        Numbers gain = random_numbers(width, -1, 1), bias = random_numbers(width, -1, 1), gate = random_numbers(count, -3, 3);
        Memory out(count * 4), rounded(count * 2);
        WKV6Arguments a{};
        a.pass = batch.pass();
        a.heads = heads.count, a.headSize = heads.size, a.offset = offset, a.roundedType = NUMBER_BF16, a.epsilon = 64e-5f;
        a.decayPerToken = perToken;
        a.r = on_device(r), a.k = on_device(k), a.v = on_device(v), a.decay = on_device(decay);
        a.decayBase = perToken ? on_device(base) : 0;
        a.bonus = on_device(bonus), a.gain = on_device(gain), a.bias = on_device(bias), a.gate = hasGate ? on_device(gate) : 0;
        a.out = {out.address(), rounded.address()};
        bool isStep = cuda_is_step(heads.size, batch.tokens(), batch.sequences());
        launch(isStep ? "mk_wkv6_step" : "mk_wkv6", cuda_launch_wkv6(a, batch.sequences()), a);

        Doubles expected(count);
        std::vector<Doubles> states = doubled(batch.states);
        for (size_t s = 0; s < states.size(); s++) {
            for (int row = batch.starts[s]; row < batch.starts[s + 1]; row++) {
                for (size_t h = 0; h < (size_t)heads.count; h++) {
                    double *S = &states[s][(size_t)offset + h * n * n];
                    size_t at = (size_t)row * width + h * n;
                    for (size_t i = 0; i < n; i++) {
                        double sum = 0;
                        for (size_t j = 0; j < n; j++) {
                            double added = (double)k[at + j] * v[at + i];
                            double d = decay[perToken ? at + j : h * n + j];
                            if (perToken) d = std::exp(-std::exp(base[h * n + j] + d));
                            sum += r[at + j] * (bonus[h * n + j] * added + S[j * n + i]);
                            S[j * n + i] = d * S[j * n + i] + added;
                        }
                        expected[at + i] = sum;
                    }
                    group_norm(&expected[at], heads, gain, bias, a.epsilon, h);
                    for (size_t i = 0; hasGate && i < n; i++) expected[at + i] *= gate[at + i] * sigmoid(gate[at + i]);
                }
            }
        }
        Numbers found = out.read<float>();
        expect_rounded(rounded.read<unsigned short>(), found, NUMBER_BF16);
        expect_close(found, expected, 2e-5, "out");
        expect_states(batch, states, 1e-5);
        std::vector<Numbers> all = batch.statesNow();
        all.push_back(found);
        return all;
    });
}

static void check_wkv7(const std::vector<int> &lengths, Heads heads, bool isFirst, int offset) {
    std::string name = "mk_wkv7, " + describe(heads) + ", " + describe(lengths) + (isFirst ? ", first layer" : "");
    check(name, [=] {
        size_t width = heads.width(), n = (size_t)heads.size;
        Batch batch(lengths, width * n + (size_t)offset);
        size_t count = (size_t)batch.tokens() * width;
        auto rows = [&](float most) { return random_numbers(count, -most, most); };
        auto vector = [&](float low, float high) { return random_numbers(width, low, high); };
        Numbers r = rows(1), k = rows(1), v = rows(1), decay = rows(3), rate = rows(2), gate = rows(2);
        Numbers mix = rows(2), first = rows(1);
        Numbers decayBase = vector(-3, 1), rateBase = vector(-1, 1), removal = vector(-1, 1), learning = vector(-1, 1);
        Numbers bonus = vector(-1, 1), mixBase = vector(-1, 1), gain = vector(-1, 1), bias = vector(-1, 1);
        Memory out(count * 4), rounded(count * 2), firstValue(first);
        WKV7Arguments a{};
        a.pass = batch.pass();
        a.heads = heads.count, a.headSize = heads.size, a.offset = offset, a.roundedType = NUMBER_F16, a.epsilon = 64e-5f;
        a.r = on_device(r), a.k = on_device(k), a.v = on_device(v);
        a.decay = on_device(decay), a.learningRate = on_device(rate), a.gate = on_device(gate);
        a.decayBase = on_device(decayBase), a.learningRateBase = on_device(rateBase);
        a.removalKeyScale = on_device(removal), a.keyLearningScale = on_device(learning), a.bonus = on_device(bonus);
        a.firstValue = firstValue.address();
        a.valueMix = isFirst ? 0 : on_device(mix), a.valueMixBase = isFirst ? 0 : on_device(mixBase);
        a.gain = on_device(gain), a.bias = on_device(bias);
        a.out = {out.address(), rounded.address()};
        bool isStep = cuda_is_step(heads.size, batch.tokens(), batch.sequences());
        launch(isStep ? "mk_wkv7_step" : "mk_wkv7", cuda_launch_wkv7(a, batch.sequences()), a);

        Doubles expected(count), kk(n), b(n), d(n), key(n), value(n);
        std::vector<Doubles> states = doubled(batch.states);
        for (size_t s = 0; s < states.size(); s++) {
            for (int row = batch.starts[s]; row < batch.starts[s + 1]; row++) {
                for (size_t h = 0; h < (size_t)heads.count; h++) {
                    double *S = &states[s][(size_t)offset + h * n * n], square = 0, own = 0;
                    size_t at = (size_t)row * width + h * n, c = h * n;
                    for (size_t i = 0; i < n; i++) {
                        kk[i] = (double)k[at + i] * removal[c + i];
                        square += kk[i] * kk[i];
                    }
                    double length = std::max(std::sqrt(square), 1e-12);
                    for (size_t i = 0; i < n; i++) {
                        double alpha = sigmoid((double)rateBase[c + i] + rate[at + i]);
                        kk[i] /= length, b[i] = kk[i] * alpha, key[i] = k[at + i] * (1 + (alpha - 1) * learning[c + i]);
                        d[i] = std::exp(-std::exp(-0.5) * sigmoid((double)decayBase[c + i] + decay[at + i]));
                        value[i] = v[at + i];
                        if (!isFirst) value[i] += (first[at + i] - value[i]) * sigmoid((double)mixBase[c + i] + mix[at + i]);
                        own += r[at + i] * key[i] * bonus[c + i];
                    }
                    for (size_t i = 0; i < n; i++) {
                        double removed = 0, sum = 0;
                        for (size_t j = 0; j < n; j++) removed += kk[j] * S[j * n + i];
                        for (size_t j = 0; j < n; j++) {
                            S[j * n + i] = d[j] * S[j * n + i] - b[j] * removed + key[j] * value[i];
                            sum += r[at + j] * S[j * n + i];
                        }
                        expected[at + i] = sum;
                    }
                    group_norm(&expected[at], heads, gain, bias, a.epsilon, h);
                    for (size_t i = 0; i < n; i++) expected[at + i] = (expected[at + i] + own * value[i]) * gate[at + i];
                }
            }
        }
        Numbers found = out.read<float>(), values = firstValue.read<float>();
        std::vector<Numbers> all = batch.statesNow();
        // From the same beginning in other ways.
        auto again = [&](const char *kernel, const Doubles &out, const std::vector<Doubles> &after, double least, double most) {
            Batch other(batch.starts, batch.states);
            Memory scratch(2 * count * 4), o(count * 4), otherRounded(count * 2), otherFirst(first);
            WKV7Arguments b = a;
            b.pass = other.pass(), b.scratch = scratch.address();
            b.firstValue = otherFirst.address(), b.out = {o.address(), otherRounded.address()};
            launch(kernel, cuda_launch_wkv7_halves(b, batch.sequences()), b);
            launch("mk_wkv7_finish", cuda_launch_wkv7_finish(b, batch.tokens()), b);
            expect_close(o.read<float>(), out, most, kernel);
            expect_rounded(otherRounded.read<unsigned short>(), o.read<float>(), NUMBER_F16);
            expect(otherFirst.read<float>() == values, "other values of the first layer are left");
            expect_states(other, after, least);
            return o.read<float>();
        };
        Numbers inChunks;
        if (heads.size == 64 && !isStep) {
            // Halves to the last bit where the compiler does not choose what it rounds.
            double tolerance = isFake ? 0 : 1e-5;
            again("mk_wkv7_halves", Doubles(found.begin(), found.end()), doubled(all), tolerance, tolerance);
            if (kernel_function("mk_wkv7_chunks")) inChunks = again("mk_wkv7_chunks", expected, states, 1e-5, 3e-5);
        }
        expect_rounded(rounded.read<unsigned short>(), found, NUMBER_F16);
        expect_close(found, expected, 3e-5, "out");
        const Numbers &kept = isFirst ? v : first;
        expect_close(values, Doubles(kept.begin(), kept.end()), 0, "the first layer's values");
        expect_states(batch, states, 1e-5);
        all.push_back(found);
        all.push_back(inChunks);
        return all;
    });
}

void check_recurrences() {
    for (auto &lengths : batches) {
        check_wkv4(lengths, 48, 8, false);
        check_wkv4(lengths, 131, 3, true);
        check_wkv6(lengths, {2, 64}, true, true, 4);
        check_wkv6(lengths, {1, 64}, false, false, 0);
        check_wkv7(lengths, {2, 64}, false, 4);
        check_wkv7(lengths, {1, 64}, true, 0);
    }
    for (int size : {16, 32, 40, 128}) {
        for (auto &lengths : {std::vector<int>{1}, {35}, {3, 1, 9}}) {
            check_wkv6(lengths, {3, size}, true, true, 1);
            check_wkv6(lengths, {2, size}, false, false, 4);
            check_wkv7(lengths, {3, size}, false, 1);
            check_wkv7(lengths, {2, size}, true, 4);
        }
    }
}
