// Holds every kernel against formulas in double precision. The last line counts the checks.
//
//     checks LIBRARY [CAPABILITY]    the fake driver, as a device of this capability; 90 unless given
//     checks LIBRARY [times]         the driver of a card, and how long kernels take
#include <algorithm>
#include <cstdlib>
#include <dlfcn.h>
#include <map>
#include "check.h"

#define DEFINE(NAME, PARAMETERS) int(*NAME) PARAMETERS;
DRIVER_FUNCTIONS(DEFINE)
bool isFake;
void (*fakecuda_configure)(const char *);
void (*fakecuda_order)(const char *);
const char *(*fakecuda_message)();
unsigned long (*fakecuda_count)(int);

namespace {
int passed, failed;
bool hasFailed;
std::string current;
unsigned long long seed;
std::vector<std::unique_ptr<Memory>> kept;
std::map<std::string, void *> functions;

void fail(const std::string &what) {
    if (!hasFailed) printf("✘ %s: %s\n", current.c_str(), what.c_str());
    hasFailed = true;
}
}  // namespace

void ok(int code, const char *what) {
    if (code) fail(std::string(what) + " gives " + std::to_string(code) + (isFake ? std::string(", ") + fakecuda_message() : ""));
}

Memory::Memory(size_t bytes) : bytes_(bytes) { ok(cuMemAlloc_v2(&address_, std::max<size_t>(bytes, 1)), "cuMemAlloc"); }
Memory::~Memory() { cuMemFree_v2(address_); }
void Memory::write(const void *p, size_t bytes) { ok(cuMemcpyHtoD_v2(address_, p, bytes), "cuMemcpyHtoD"); }
void Memory::readInto(void *p) const { ok(cuMemcpyDtoH_v2(p, address_, bytes_), "cuMemcpyDtoH"); }

unsigned long long on_device(const Numbers &v) {
    kept.push_back(std::make_unique<Memory>(v));
    return kept.back()->address();
}

/// From the last module that this capability runs, as a program picks it.
static void load(int capability) {
    size_t moduleCount, kernelCount;
    const CUDAModule *modules = cuda_modules(&moduleCount);
    const CUDAKernel *kernels = cuda_kernels(&kernelCount);
    functions.clear();
    for (size_t i = 0; i < moduleCount; i++) {
        bool runs = modules[i].isExact ? modules[i].capability == capability : modules[i].capability <= capability;
        if (!runs) continue;
        void *module = nullptr;
        ok(cuModuleLoadDataEx(&module, modules[i].ptx, 0, nullptr, nullptr), modules[i].name);
        for (size_t k = 0; module && k < kernelCount; k++) {
            if (strcmp(kernels[k].module, modules[i].name)) continue;
            void *function = nullptr;
            ok(cuModuleGetFunction(&function, module, kernels[k].name), kernels[k].name);
            functions[kernels[k].name] = function;
        }
    }
}

void *kernel_function(const char *kernel) { return functions[kernel]; }

void launch(const char *kernel, CUDALaunch size, const void *arguments) {
    void *function = kernel_function(kernel), *list[] = {(void *)arguments};
    if (size.shared > 48 << 10) ok(cuFuncSetAttribute(function, 8, (int)size.shared), kernel);
    ok(cuLaunchKernel(function, size.x, size.y, size.z, size.threads, 1, 1, size.shared, nullptr, list, nullptr), kernel);
    ok(cuCtxSynchronize(), kernel);
}

Batch::Batch(std::vector<int> lengths, size_t stateCount, std::vector<int> outputs) : outputs(outputs) {
    for (size_t i = 0; i < lengths.size(); i++) states.push_back(random_numbers(stateCount, -1, 1));
    place(lengths);
}
Batch::Batch(const std::vector<int> &starts, const std::vector<Numbers> &states) : states(states) {
    std::vector<int> lengths;
    for (size_t i = 0; i + 1 < starts.size(); i++) lengths.push_back(starts[i + 1] - starts[i]);
    place(lengths);
}
void Batch::place(const std::vector<int> &lengths) {
    std::vector<int> sequenceOfRow, chunkStarts;
    std::vector<PassChunk> chunks;
    std::vector<unsigned long long> addresses;
    starts.push_back(0);
    for (int length : lengths) {
        int sequence = (int)addresses.size();
        chunkStarts.push_back((int)chunks.size());
        for (int t = 0; t < length; t++) sequenceOfRow.push_back(sequence);
        for (int c = 0; c < length / CUDA_CHUNK; c++) chunks.push_back({starts.back() + c * CUDA_CHUNK, sequence});
        starts.push_back(starts.back() + length);
        stateMemory.push_back(std::make_unique<Memory>(states[(size_t)sequence]));
        addresses.push_back(stateMemory.back()->address());
    }
    chunkStarts.push_back((int)chunks.size());
    chunkCount = chunks.size();
    auto place = [&](const auto &v) {
        memory.push_back(std::make_unique<Memory>(v));
        return memory.back()->address();
    };
    PassCounts counts{tokens(), sequences(), (int)outputs.size(), this->chunks()};
    pass_.counts = place(std::vector<PassCounts>{counts});
    pass_.states = place(addresses);
    pass_.starts = place(starts);
    pass_.sequenceOfRow = place(sequenceOfRow);
    pass_.outputRows = place(outputs);
    pass_.chunks = place(chunks);
    pass_.chunkStarts = place(chunkStarts);
}
std::vector<Numbers> Batch::statesNow() const {
    std::vector<Numbers> now;
    for (auto &m : stateMemory) now.push_back(m->read<float>());
    return now;
}

static std::vector<int> many(int count) {
    std::vector<int> lengths;
    for (int i = 0; i < count; i++) lengths.push_back(1 + i * 7 % 5);
    return lengths;
}
const std::vector<std::vector<int>> batches{
    {1}, {5}, {32}, {300}, {1, 1, 1}, {33, 1, 64, 7}, many(40), std::vector<int>(40, 1)};

Numbers random_numbers(size_t count, float low, float high) {
    Numbers v(count);
    for (float &x : v) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        x = low + (high - low) * (float)(seed >> 40) / (1 << 24);
    }
    return v;
}

double half(unsigned short v, int type) {
    if (type == NUMBER_BF16) {
        unsigned w = (unsigned)v << 16;
        float f;
        memcpy(&f, &w, 4);
        return f;
    }
    _Float16 h;
    memcpy(&h, &v, 2);
    return (double)h;
}

void expect(bool holds, const std::string &what) {
    if (!holds) fail(what);
}

void expect_close(const Numbers &a, const Doubles &b, double tolerance, const char *what) {
    if (a.size() != b.size()) return fail(std::string(what) + ": sizes differ");
    for (size_t i = 0; i < a.size(); i++) {
        bool close = std::isnan(b[i]) ? std::isnan(a[i]) : std::abs(a[i] - b[i]) <= tolerance * (1 + std::abs(b[i]));
        if (close) continue;
        char text[200];
        snprintf(text, sizeof text, "%s [%zu of %zu] is %.9g, not %.9g", what, i, a.size(), (double)a[i], b[i]);
        return fail(text);
    }
}

void expect_rounded(const std::vector<unsigned short> &rounded, const Numbers &values, int type) {
    for (size_t i = 0; i < values.size(); i++) {
        double v = half(rounded[i], type), step = std::abs((double)values[i]) * (type == NUMBER_BF16 ? 1.0 / 256 : 1.0 / 2048);
        if (std::abs(v - values[i]) > step + 1e-7) return fail("a rounded number is another");
    }
}

void check(const std::string &name, const std::function<Results()> &body) {
    current = name;
    hasFailed = false;
    std::vector<Numbers> first;
    for (const char *order : {"forward", "reverse", "5"}) {
        if (hasFailed) break;
        seed = std::hash<std::string>()(name);
        if (isFake) fakecuda_order(order);
        std::vector<Numbers> results = body();
        kept.clear();
        if (first.empty()) first = results;
        for (size_t i = 0; i < results.size(); i++) {
            const Numbers &a = results[i], &b = first[i];
            bool isSame = a.size() == b.size() && !memcmp(a.data(), b.data(), b.size() * 4);
            expect(isSame, std::string("other bits in order ") + order);
        }
    }
    (hasFailed ? failed : passed)++;
}

void check_once(const std::string &name, const std::function<void()> &body) {
    current = name;
    hasFailed = false;
    body();
    (hasFailed ? failed : passed)++;
}

template <class F> static void find(void *library, const char *name, F *&function) {
    function = (F *)dlsym(library, name);
}

int main(int count, char **arguments) {
    setvbuf(stdout, nullptr, _IOLBF, 0);
    void *library = count > 1 ? dlopen(arguments[1], RTLD_NOW) : nullptr;
    std::string word = count > 2 ? arguments[2] : "";
    if (!library) {
        printf("no driver: %s\n", count > 1 ? dlerror() : "name its library");
        return 1;
    }
#define FIND(NAME, PARAMETERS) find(library, #NAME, NAME);
    DRIVER_FUNCTIONS(FIND)
    find(library, "fakecuda_configure", fakecuda_configure);
    find(library, "fakecuda_order", fakecuda_order);
    find(library, "fakecuda_message", fakecuda_message);
    find(library, "fakecuda_count", fakecuda_count);
    isFake = fakecuda_configure != nullptr;
    if (isFake) fakecuda_configure(("cc=" + (word.empty() || word == "times" ? "90" : word)).c_str());

    void *context;
    int major = 0, minor = 0;
    current = "loading";
    ok(cuInit(0), "cuInit");
    ok(cuDevicePrimaryCtxRetain(&context, 0), "cuDevicePrimaryCtxRetain");
    ok(cuCtxSetCurrent(context), "cuCtxSetCurrent");
    ok(cuDeviceGetAttribute(&major, 75, 0), "cuDeviceGetAttribute");
    ok(cuDeviceGetAttribute(&minor, 76, 0), "cuDeviceGetAttribute");
    load(major * 10 + minor);
    if (hasFailed) return 1;
    check_elements();
    check_norms();
    check_recurrences();
    check_measures();
    if (word == "times") check_once("times", [=] { print_times(major * 10 + minor); });
    if (isFake) check_faults();
    printf("%d passed, %d failed\n", passed, failed);
    return failed ? 1 : 0;
}
