// Steps that work on each number by itself, finiteness, and reading.
#include "check.h"

static double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

static void check_element(const char *name, double (*formula)(double y, double x, double base), int width, bool outputs) {
    check(std::string(name) + ", width " + std::to_string(width) + (outputs ? ", outputs" : ""), [=] {
        Batch batch({3, 1, 40}, 1, {1, 2, 7, 43, 0});
        size_t rows = outputs ? batch.outputs.size() : (size_t)batch.tokens(), count = rows * (size_t)width;
        Numbers x = random_numbers(count, -6, 6), y = random_numbers(count, -6, 6), base = random_numbers((size_t)width, -2, 2);
        Memory result(y);
        ElementArguments a{};
        a.pass = batch.pass();
        a.unit = outputs ? PASS_OUTPUTS : PASS_TOKENS;
        a.width = width;
        a.x = on_device(x);
        a.y = result.address();
        a.base = on_device(base);
        // More rows than there are, and fewer than the grid would need, are both right.
        launch(name, cuda_launch_elements(a, outputs ? 2 : 64), a);
        Doubles expected(count);
        for (size_t i = 0; i < count; i++) expected[i] = formula(y[i], x[i], base[i % (size_t)width]);
        Numbers found = result.read<float>();
        expect_close(found, expected, 1e-6, "y");
        return Results{found};
    });
}

static void check_moves(int width) {
    check("mk_gather, width " + std::to_string(width), [=] {
        Batch batch({9, 5}, 1, {13, 0, 4});
        Numbers x = random_numbers(14 * (size_t)width, -1, 1);
        Memory out(3 * (size_t)width * 4);
        GatherArguments a{batch.pass(), width, on_device(x), out.address()};
        launch("mk_gather", cuda_launch_gather(a, 3), a);
        Numbers found = out.read<float>();
        Doubles expected;
        for (int row : batch.outputs) {
            for (int i = 0; i < width; i++) expected.push_back(x[(size_t)(row * width + i)]);
        }
        expect_close(found, expected, 0, "out");
        return Results{found};
    });
    check("mk_split, width " + std::to_string(width), [=] {
        Batch batch({9, 5}, 1);
        std::vector<int> widths{width, 1, 2 * width, 3, 16};
        int all = 3 * width + 20;
        Numbers x = random_numbers(14 * (size_t)all, -1, 1);
        SplitArguments a{};
        a.pass = batch.pass();
        a.width = all;
        a.count = 5;
        a.x = on_device(x);
        std::vector<std::unique_ptr<Memory>> out;
        for (int i = 0; i < 5; i++) {
            a.widths[i] = widths[(size_t)i];
            out.push_back(std::make_unique<Memory>(14 * (size_t)a.widths[i] * 4));
            a.out[i] = out.back()->address();
        }
        launch("mk_split", cuda_launch_split(a, 14), a);
        std::vector<Numbers> found;
        for (int i = 0, first = 0; i < 5; first += widths[(size_t)i++]) {
            Doubles expected;
            for (int row = 0; row < 14; row++) {
                for (int c = 0; c < widths[(size_t)i]; c++) expected.push_back(x[(size_t)(row * all + first + c)]);
            }
            found.push_back(out[(size_t)i]->read<float>());
            expect_close(found.back(), expected, 0, "a part");
        }
        return found;
    });
    check("mk_multiply_each, width " + std::to_string(width), [=] {
        Batch batch({4, 1}, 1);
        size_t n = (size_t)width;
        Numbers x = random_numbers(5 * n, -1, 1), m = random_numbers(5 * n * n, -1, 1);
        Memory out(5 * n * 4);
        MultiplyEachArguments a{batch.pass(), PASS_TOKENS, width, on_device(x), on_device(m), out.address()};
        launch("mk_multiply_each", cuda_launch_multiply_each(a, 5), a);
        Doubles expected;
        for (size_t row = 0; row < 5; row++) {
            for (size_t j = 0; j < n; j++) {
                double sum = 0;
                for (size_t i = 0; i < n; i++) sum += (double)x[row * n + i] * m[(row * n + i) * n + j];
                expected.push_back(sum);
            }
        }
        Numbers found = out.read<float>();
        expect_close(found, expected, 1e-5, "out");
        return Results{found};
    });
}

void check_elements() {
    for (int width : {1, 40, 255, 256, 1031}) {
        for (bool outputs : {false, true}) {
            check_element("mk_add", [](double y, double x, double) { return y + x; }, width, outputs);
            check_element("mk_copy", [](double, double x, double) { return x; }, width, outputs);
            check_element("mk_gate", [](double y, double x, double) { return y * sigmoid(x); }, width, outputs);
            check_element("mk_scale", [](double y, double x, double base) { return y * (x + base); }, width, outputs);
            check_element("mk_tanh", [](double y, double, double) { return std::tanh(y); }, width, outputs);
            check_element("mk_sigmoid", [](double y, double, double) { return sigmoid(y); }, width, outputs);
            check_element("mk_square_relu", [](double y, double, double) { return y > 0 ? y * y : 0; }, width, outputs);
        }
    }
    for (int width : {1, 16, 37}) check_moves(width);
}

void check_measures() {
    check("mk_finite", [] {
        Numbers x = random_numbers(5000, -1, 1);
        std::vector<int> ranges{0, 1000, 1000, 1001, 1001, 3000, 3000, 3000, 3000, 5000};
        x[1000] = INFINITY, x[2999] = NAN, x[3001] = 3e38f;
        Memory places(ranges), found(5 * 4);
        FiniteArguments a{on_device(x), 5, places.address(), found.address()};
        launch("mk_finite", cuda_launch_finite(a), a);
        expect(found.read<int>() == std::vector<int>{0, 1, 1, 0, 0}, "the parts that are not finite are others");
        return Results{};
    });
    check("mk_read", [] {
        Numbers x = random_numbers(100004, -1, 1);
        Memory out(4);
        ReadArguments a{on_device(x), 100004 * 4, out.address()};
        launch("mk_read", cuda_launch_read(2), a);
        return Results{};
    });
}
