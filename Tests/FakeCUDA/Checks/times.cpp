// How long the kernels take at the sizes of large models. Each is recorded many times into one graph, so that the host's calls
// do not count, and launched as models launch it: each may start before the one in front has ended.
#include <algorithm>
#include "check.h"

namespace {

constexpr int width = 4096, heads = 64;

/// Many numbers, all zero: what they are makes no difference to the time.
class Zeros {
public:
    explicit Zeros(size_t count) : memory(count * 4) { ok(cuMemsetD8_v2(memory.address(), 0, count * 4), "cuMemsetD8"); }
    unsigned long long address() const { return memory.address(); }

private:
    Memory memory;
};

/// Prints the time of each of a list of launches that belong together, and what it reads and writes in that time.
void time(const char *what, double bytes, const std::function<void(void *stream)> &body) {
    void *stream, *graph, *executable, *begin, *end;
    ok(cuStreamCreate(&stream, 1), "cuStreamCreate");
    ok(cuEventCreate(&begin, 0), "cuEventCreate");
    ok(cuEventCreate(&end, 0), "cuEventCreate");
    ok(cuStreamBeginCapture_v2(stream, 2), "cuStreamBeginCapture");
    int repeats = isFake ? 1 : 50;
    for (int i = 0; i < repeats; i++) body(stream);
    ok(cuStreamEndCapture(stream, &graph), "cuStreamEndCapture");
    ok(cuGraphInstantiateWithFlags(&executable, graph, 0), "cuGraphInstantiateWithFlags");
    float best = INFINITY;
    for (int i = 0; i < 4; i++) {
        ok(cuEventRecord(begin, stream), "cuEventRecord");
        ok(cuGraphLaunch(executable, stream), "cuGraphLaunch");
        ok(cuEventRecord(end, stream), "cuEventRecord");
        ok(cuStreamSynchronize(stream), "cuStreamSynchronize");
        float milliseconds = 0;
        ok(cuEventElapsedTime(&milliseconds, begin, end), "cuEventElapsedTime");
        if (i > 0) best = std::min(best, milliseconds);
    }
    double seconds = best / 1e3 / repeats;
    printf("%-44s %9.2f µs %8.0f GB/s\n", what, seconds * 1e6, bytes / seconds / 1e9);
    cuGraphExecDestroy(executable);
    cuGraphDestroy(graph);
    cuEventDestroy_v2(begin);
    cuEventDestroy_v2(end);
    cuStreamDestroy_v2(stream);
}

int device;

template <class A> void add(void *stream, const char *kernel, CUDALaunch size, const A &a) {
    LaunchAttribute early{6, 0, {1}};
    LaunchConfiguration c{
        {size.x, size.y, size.z}, {size.threads, 1, 1}, size.shared, stream, &early, device >= 90 ? 1u : 0u};
    void *list[] = {(void *)&a};
    ok(cuLaunchKernelEx(&c, kernel_function(kernel), list, nullptr), kernel);
}

void time_mix(int tokens) {
    Batch batch(std::vector<int>(1, tokens), width);
    Zeros x((size_t)tokens * width), vector(width), outs((size_t)tokens * width * CUDA_PARTS);
    MixArguments a{};
    a.pass = batch.pass();
    a.width = width, a.epsilon = 1e-5f, a.count = CUDA_PARTS, a.storesShift = 1;
    a.x = x.address(), a.gain = a.bias = vector.address();
    for (int i = 0; i < CUDA_PARTS; i++) {
        a.weights[i] = vector.address();
        a.out[i].values = outs.address() + (size_t)i * tokens * width * 4;
    }
    std::string name = "mk_mix, 6 mixes, " + std::to_string(tokens) + " tokens";
    time(name.c_str(), 7.0 * tokens * width * 4, [&](void *stream) {
        add(stream, "mk_mix", cuda_launch_mix(a, tokens), a);
    });
}

void time_wkv4(int tokens) {
    Batch batch({tokens}, 3 * width);
    Zeros rows((size_t)tokens * width * 4), vector(width), parts((size_t)(batch.chunks() + 1) * 3 * width);
    size_t one = (size_t)tokens * width * 4;
    WKV4Arguments a{};
    a.pass = batch.pass();
    a.width = width;
    a.r = rows.address(), a.k = a.r + one, a.v = a.k + one, a.out.values = a.v + one;
    a.decay = a.bonus = vector.address();
    a.parts = parts.address();
    std::string name = "mk_wkv4, " + std::to_string(tokens) + " tokens";
    time(name.c_str(), 4.0 * (double)one, [&](void *stream) {
        if (batch.chunks() > 0) {
            add(stream, "mk_wkv4_parts", cuda_launch_wkv4_chunks(a, batch.chunks()), a);
            add(stream, "mk_wkv4_chain", cuda_launch_wkv4(a, 1), a);
            add(stream, "mk_wkv4_chunks", cuda_launch_wkv4_chunks(a, batch.chunks()), a);
        }
        add(stream, "mk_wkv4", cuda_launch_wkv4(a, 1), a);
    });
}

void time_heads(int generation, int sequences, int tokens) {
    Batch batch(std::vector<int>((size_t)sequences, tokens), (size_t)heads * 64 * 64);
    size_t count = (size_t)batch.tokens() * width, one = count * 4;
    Zeros rows(count * 9), vector(width);
    unsigned long long p = rows.address(), v = vector.address();
    bool isStep = cuda_is_step(64, batch.tokens(), sequences);
    std::string name = "mk_wkv" + std::to_string(generation) + (isStep ? "_step" : "");
    std::string what = name + ", " + std::to_string(sequences) + " × " + std::to_string(tokens) + " tokens";
    double states = 2.0 * sequences * heads * 64 * 64 * 4;
    if (generation == 6) {
        WKV6Arguments a{};
        a.pass = batch.pass();
        a.heads = heads, a.headSize = 64, a.epsilon = 64e-5f, a.decayPerToken = 1;
        a.r = p, a.k = p + one, a.v = p + 2 * one, a.decay = p + 3 * one, a.gate = p + 4 * one, a.out.values = p + 5 * one;
        a.decayBase = a.bonus = a.gain = a.bias = v;
        time(what.c_str(), states + 6.0 * (double)one, [&](void *stream) {
            add(stream, name.c_str(), cuda_launch_wkv6(a, sequences), a);
        });
    } else {
        WKV7Arguments a{};
        a.pass = batch.pass();
        a.heads = heads, a.headSize = 64, a.epsilon = 64e-5f;
        a.r = p, a.k = p + one, a.v = p + 2 * one, a.decay = p + 3 * one, a.learningRate = p + 4 * one, a.gate = p + 5 * one;
        a.firstValue = p + 6 * one, a.valueMix = p + 7 * one, a.out.values = p + 8 * one;
        a.decayBase = a.learningRateBase = a.removalKeyScale = a.keyLearningScale = a.bonus = a.valueMixBase = v;
        a.gain = a.bias = v;
        time(what.c_str(), states + 9.0 * (double)one, [&](void *stream) {
            add(stream, name.c_str(), cuda_launch_wkv7(a, sequences), a);
        });
        if (isStep) return;
        Zeros scratch(2 * count);
        a.scratch = scratch.address();
        for (auto [kernel, way] : {std::pair("mk_wkv7_halves", "the same in halves"), {"mk_wkv7_chunks", "the same in chunks"}}) {
            if (!kernel_function(kernel)) continue;
            time(way, states + 13.0 * (double)one, [&, kernel = kernel](void *stream) {
                add(stream, kernel, cuda_launch_wkv7_halves(a, sequences), a);
                add(stream, "mk_wkv7_finish", cuda_launch_wkv7_finish(a, batch.tokens()), a);
            });
        }
    }
}

}  // namespace

void print_times(int capability) {
    device = capability;
    int processors = 0;
    ok(cuDeviceGetAttribute(&processors, 16, 0), "cuDeviceGetAttribute");
    size_t bytes = isFake ? 1 << 20 : size_t(4) << 30;
    Zeros memory(bytes / 4), out(1);
    ReadArguments read{memory.address(), bytes, out.address()};
    time("mk_read", (double)bytes, [&](void *stream) { add(stream, "mk_read", cuda_launch_read(processors), read); });
    int many = isFake ? 64 : 2048;
    for (int tokens : {1, many}) time_mix(tokens), time_wkv4(tokens);
    for (int generation : {6, 7}) {
        for (int sequences : {1, isFake ? 2 : 64, isFake ? 3 : 256}) time_heads(generation, sequences, 1);
        time_heads(generation, 1, many);
    }
}
