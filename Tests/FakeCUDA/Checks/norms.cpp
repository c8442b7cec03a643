// Normalisation and token shifts.
#include "check.h"

static Doubles normalized(const Numbers &x, size_t width, const Numbers &gain, const Numbers &bias, double epsilon) {
    Doubles y(x.size());
    for (size_t row = 0; row < x.size() / width; row++) {
        const float *in = &x[row * width];
        double mean = 0, square = 0;
        for (size_t i = 0; i < width; i++) mean += in[i] / (double)width;
        for (size_t i = 0; i < width; i++) square += (in[i] - mean) * (in[i] - mean) / (double)width;
        for (size_t i = 0; i < width; i++) {
            y[row * width + i] = (in[i] - mean) / std::sqrt(square + epsilon) * gain[i] + bias[i];
        }
    }
    return y;
}

/// A result in both forms.
struct Out {
    Memory values, rounded;
    explicit Out(size_t count) : values(count * 4), rounded(count * 2) {}
    RowsOut both() const { return {values.address(), rounded.address()}; }
    Numbers read(int type) const {
        Numbers v = values.read<float>();
        expect_rounded(rounded.read<unsigned short>(), v, type);
        return v;
    }
};

/// The rows before, of each token: those of the sequence, or what was in its state.
static Doubles before(const Batch &batch, const Doubles &y, size_t width, size_t offset) {
    Doubles b(y.size());
    for (size_t s = 0; s < batch.states.size(); s++) {
        for (int row = batch.starts[s]; row < batch.starts[s + 1]; row++) {
            for (size_t i = 0; i < width; i++) {
                size_t at = (size_t)row * width + i;
                b[at] = row == batch.starts[s] ? batch.states[s][offset + i] : y[at - width];
            }
        }
    }
    return b;
}
static void expect_states(const Batch &batch, const Doubles &y, size_t width, size_t offset, bool stored, double tolerance) {
    auto now = batch.statesNow();
    for (size_t s = 0; s < now.size(); s++) {
        Doubles expected(batch.states[s].begin(), batch.states[s].end());
        for (size_t i = 0; stored && i < width; i++) expected[offset + i] = y[(size_t)(batch.starts[s + 1] - 1) * width + i];
        expect_close(now[s], expected, tolerance, "a state");
    }
}

static void check_normalize(int width, int type, bool gathers) {
    check("mk_normalize, width " + std::to_string(width) + (gathers ? ", gathered" : ""), [=] {
        Batch batch({30, 7, 1}, 1, {37, 0, 29, 30});
        size_t n = (size_t)width, rows = gathers ? 4 : 38;
        // A mean that is large beside the deviation.
        Numbers x = random_numbers(38 * n, 90, 110), gain = random_numbers(n, -2, 2), bias = random_numbers(n, -2, 2);
        Out out(rows * n);
        NormalizeArguments a{};
        a.pass = batch.pass();
        a.unit = gathers ? PASS_OUTPUTS : PASS_TOKENS;
        a.width = width;
        a.epsilon = 1e-5f;
        a.roundedType = type;
        a.gathers = gathers;
        a.x = on_device(x), a.gain = on_device(gain), a.bias = on_device(bias);
        a.out = out.both();
        launch("mk_normalize", cuda_launch_normalize(a, (int)rows), a);
        Doubles all = normalized(x, n, gain, bias, 1e-5), expected = all;
        if (gathers) {
            expected.clear();
            for (int row : batch.outputs) expected.insert(expected.end(), &all[(size_t)row * n], &all[(size_t)row * n] + n);
        }
        Numbers found = out.read(type);
        expect_close(found, expected, 2e-5, "out");
        return Results{found};
    });
}

static void check_mix(const std::vector<int> &lengths, int width, int count, int offset, bool stores, int grid) {
    std::string name = "mk_mix, width " + std::to_string(width) + ", " + std::to_string(count) + " mixes, "
        + std::to_string(lengths.size()) + " sequences of " + std::to_string(lengths[0]) + ", grid " + std::to_string(grid);
    check(name, [=] {
        size_t n = (size_t)width;
        Batch batch(lengths, n + (size_t)offset + 3);
        Numbers x = random_numbers((size_t)batch.tokens() * n, -3, 3);
        Numbers gain = random_numbers(n, -2, 2), bias = random_numbers(n, -2, 2);
        MixArguments a{};
        a.pass = batch.pass();
        a.width = width, a.epsilon = 1e-5f, a.count = count, a.roundedType = NUMBER_F16;
        a.offset = offset, a.storesShift = stores;
        a.x = on_device(x), a.gain = on_device(gain), a.bias = on_device(bias);
        Memory y(x.size() * 4);
        a.normalized = y.address();
        std::vector<Numbers> weights;
        std::vector<std::unique_ptr<Out>> outs;
        for (int i = 0; i < count; i++) {
            weights.push_back(random_numbers(n, 0, 1));
            outs.push_back(std::make_unique<Out>(x.size()));
            a.weights[i] = on_device(weights.back());
            a.out[i] = outs.back()->both();
        }
        CUDALaunch size = cuda_launch_mix(a, batch.tokens());
        if (grid) size.y = (unsigned)grid;
        launch("mk_mix", size, a);
        Doubles expected = normalized(x, n, gain, bias, 1e-5), previous = before(batch, expected, n, (size_t)offset);
        std::vector<Numbers> found{y.read<float>()};
        expect_close(found[0], expected, 1e-5, "y");
        for (int i = 0; i < count; i++) {
            Doubles mixed(x.size());
            for (size_t k = 0; k < mixed.size(); k++) {
                double w = weights[(size_t)i][k % n];
                mixed[k] = expected[k] * w + previous[k] * (1 - w);
            }
            found.push_back(outs[(size_t)i]->read(NUMBER_F16));
            expect_close(found.back(), mixed, 1e-5, "a mix");
        }
        expect_states(batch, expected, n, (size_t)offset, stores, 1e-5);
        return found;
    });
}

static void check_shift(const std::vector<int> &lengths, int width, int count, bool byData, int offset) {
    std::string name = std::string(byData ? "mk_shift by data" : "mk_shift") + ", width " + std::to_string(width) + ", "
        + std::to_string(lengths.size()) + " sequences of " + std::to_string(lengths[0]);
    check(name, [=] {
        size_t n = (size_t)width;
        Batch batch(lengths, n + (size_t)offset + 3);
        Numbers y = random_numbers((size_t)batch.tokens() * n, -3, 3);
        Doubles now(y.begin(), y.end()), previous = before(batch, now, n, (size_t)offset);
        ShiftArguments a{};
        a.pass = batch.pass();
        a.width = width, a.count = count, a.byData = byData, a.roundedType = NUMBER_BF16, a.offset = offset, a.storesShift = 1;
        a.y = on_device(y);
        std::vector<Numbers> weights, added;
        std::vector<std::unique_ptr<Out>> outs;
        for (int i = 0; i < count; i++) {
            weights.push_back(random_numbers(n, 0, 1));
            added.push_back(random_numbers(y.size(), -1, 1));
            outs.push_back(std::make_unique<Out>(y.size()));
            // In place, as models have it.
            outs.back()->values.write(added.back().data(), y.size() * 4);
            a.weights[i] = on_device(weights.back());
            a.added[i] = outs.back()->values.address();
            a.out[i] = outs.back()->both();
        }
        launch("mk_shift", cuda_launch_shift(a, batch.tokens()), a);
        std::vector<Numbers> found;
        for (size_t i = 0; i < (size_t)count; i++) {
            Doubles mixed(y.size());
            for (size_t k = 0; k < mixed.size(); k++) {
                double w = weights[i][k % n];
                mixed[k] = byData ? now[k] + (previous[k] - now[k]) * (w + added[i][k]) : now[k] * w + previous[k] * (1 - w);
            }
            found.push_back(outs[i]->read(NUMBER_BF16));
            expect_close(found.back(), mixed, 1e-5, "a mix");
        }
        expect_states(batch, now, n, (size_t)offset, true, 0);
        return found;
    });
    check("mk_store_shift, width " + std::to_string(width) + ", " + std::to_string(lengths.size()) + " sequences", [=] {
        size_t n = (size_t)width;
        Batch batch(lengths, n + (size_t)offset);
        Numbers y = random_numbers((size_t)batch.tokens() * n, -3, 3);
        ShiftArguments a{};
        a.pass = batch.pass();
        a.width = width, a.offset = offset;
        a.y = on_device(y);
        launch("mk_store_shift", cuda_launch_shift(a, batch.tokens()), a);
        expect_states(batch, Doubles(y.begin(), y.end()), n, (size_t)offset, true, 0);
        return Results{};
    });
}

void check_norms() {
    for (int width : {1, 32, 37, 1024, 1031, 2052, 5120, 5121}) {
        for (bool gathers : {false, true}) check_normalize(width, width % 2 ? NUMBER_F16 : NUMBER_BF16, gathers);
    }
    for (auto &lengths : batches) {
        check_mix(lengths, 40, 6, 8, true, 0);
        check_mix(lengths, 37, 3, 5, true, 3);
        check_shift(lengths, 40, 5, true, 8);
        check_shift(lengths, 33, 1, false, 1);
    }
    check_mix({33, 1, 2}, 1031, 2, 0, false, 5);
    check_mix({33, 1, 2}, 2052, 1, 4, true, 4);
    check_mix({3}, 64, 0, 0, true, 0);
    check_mix({2, 3}, 4100, 1, 0, true, 2);
    check_shift({20, 3}, 1100, 2, true, 4);
}
