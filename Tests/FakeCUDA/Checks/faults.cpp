// The fake driver itself: it names what kernels and programs do wrong, and does wrong what it is asked to.
#include <chrono>
#include <sys/mman.h>
#include "check.h"

namespace {

struct FaultArguments {
    unsigned long long y, x;
    int n;
};

/// PTX that has nothing but the kernel's head.
std::string ptx(const std::string &kernel, const char *version = "8.0", const char *target = "sm_70", int bytes = 24) {
    return std::string(".version ") + version + "\n.target " + target + "\n.visible .entry " + kernel
        + "(\n.param .align 8 .b8 " + kernel + "_param_0[" + std::to_string(bytes) + "]\n)\n{ ret; }\n";
}

/// A device of its own, begun afresh for each check, as after a failure nothing works in a context.
struct Card {
    explicit Card(const std::string &settings = "") {
        cuDevicePrimaryCtxRelease_v2(0);
        fakecuda_configure(settings.c_str());
        ok(cuInit(0), "cuInit");
        void *context;
        ok(cuDevicePrimaryCtxRetain(&context, 0), "cuDevicePrimaryCtxRetain");
        ok(cuCtxSetCurrent(context), "cuCtxSetCurrent");
    }
    unsigned long long numbers(size_t count) {
        unsigned long long p = 0;
        ok(cuMemAlloc_v2(&p, count * 4), "cuMemAlloc");
        return p;
    }
    void *function(const std::string &kernel) {
        void *module = nullptr, *function = nullptr;
        ok(cuModuleLoadDataEx(&module, ptx(kernel).c_str(), 0, nullptr, nullptr), "cuModuleLoadDataEx");
        ok(cuModuleGetFunction(&function, module, kernel.c_str()), kernel.c_str());
        return function;
    }
    /// What a launch gives, and what the wait after it does.
    int run(const std::string &kernel, FaultArguments a, unsigned threads, unsigned shared = 0, void *stream = nullptr) {
        void *list[] = {&a};
        if (int code = cuLaunchKernel(function(kernel), 1, 1, 1, threads, 1, 1, shared, stream, list, nullptr)) return code;
        return cuCtxSynchronize();
    }
};

void expect_code(int code, int expected, const std::string &words) {
    std::string found = fakecuda_message();
    expect(code == expected, "the code is " + std::to_string(code) + ", not " + std::to_string(expected) + ": " + found);
    expect(found.find(words) != std::string::npos, "the words are: " + found);
}

/// A kernel that does something wrong ends with this code and these words, and then nothing works in its context.
void check_fault(const char *kernel, int n, unsigned threads, int code, const char *words, unsigned shared = 0) {
    check_once(kernel, [=] {
        Card card("limit=0.3");
        unsigned long long y = card.numbers(64), x = card.numbers(64);
        expect_code(card.run(kernel, {y, x, n}, threads, shared), code, words);
        unsigned long long p;
        expect(cuMemAlloc_v2(&p, 4) == code, "an allocation works after a failure");
        Card again;
        expect(fakecuda_count(5) == 0, "memory is left of a context that was given back");
        expect_code(again.run("some_end", {again.numbers(64), 0, 0}, 64), 0, "");
    });
}

void check_nan(const char *kernel, int n, unsigned threads) {
    check_once(kernel, [=] {
        bool found = false;
        for (const char *order : {"order=forward", "order=reverse"}) {
            Card card(order);
            unsigned long long y = card.numbers(128), x = card.numbers(128);
            Numbers zeros(128, 0), result(threads);
            ok(cuMemcpyHtoD_v2(x, zeros.data(), 512), "cuMemcpyHtoD");
            ok(card.run(kernel, {y, x, n}, threads), kernel);
            ok(cuMemcpyDtoH_v2(result.data(), y, threads * 4), "cuMemcpyDtoH");
            for (float v : result) found |= std::isnan(v);
        }
        expect(found, "what nobody wrote is not NaN");
    });
}

/// Between the end of an allocation and the next multiple of 256 bytes there is no page to protect.
void check_zone() {
    check_once("bad_index in the zone", [] {
        Card card;
        expect_code(card.run("bad_index", {card.numbers(60), 0, 60}, 64), 700, "wrote behind the end of allocation");
    });
}

void check_injected() {
    check_once("no device", [] {
        cuDevicePrimaryCtxRelease_v2(0);
        fakecuda_configure("devices=0");
        expect(cuInit(0) == 100, "cuInit finds a device");
        int count, version = 0;
        expect(cuDeviceGetCount(&count) == 3, "the driver works without cuInit");
        expect(cuDriverGetVersion(&version) == 0 && version == 13000, "the version is another");
    });
    check_once("memory gone at the third call", [] {
        Card card("fail=cuMemAlloc:3=2");
        unsigned long long p;
        expect(cuMemAlloc_v2(&p, 4) == 0 && cuMemAlloc_v2(&p, 4) == 0, "an early call fails");
        expect(cuMemAlloc_v2(&p, 4) == 2, "the third call works");
        expect(cuMemAlloc_v2(&p, 4) == 0, "the fourth call fails");
    });
    check_once("memory of two devices", [] {
        Card card("devices=2 memory=1000,5000 cc=90,75");
        size_t free, total;
        unsigned long long p, q;
        ok(cuMemAlloc_v2(&p, 900), "cuMemAlloc");
        expect(cuMemAlloc_v2(&q, 200) == 2, "there is more memory than there is");
        ok(cuMemGetInfo_v2(&free, &total), "cuMemGetInfo");
        expect(free == 100 && total == 1000, "free memory is another");
        void *second;
        ok(cuDevicePrimaryCtxRetain(&second, 1), "cuDevicePrimaryCtxRetain");
        ok(cuCtxSetCurrent(second), "cuCtxSetCurrent");
        ok(cuMemAlloc_v2(&q, 4000), "cuMemAlloc on the other");
        int capability;
        ok(cuDeviceGetAttribute(&capability, 75, 1), "cuDeviceGetAttribute");
        expect(capability == 7, "the capability is another");
        expect_code(card.run("bad_read", {q, p, 0}, 4), 700, "which is on another device");
        ok(cuDevicePrimaryCtxRelease_v2(1), "cuDevicePrimaryCtxRelease");
    });
    check_once("illegal address at the second launch", [] {
        Card card("fail=kernel:2=700");
        unsigned long long y = card.numbers(64);
        expect(card.run("some_end", {y, 0, 0}, 32) == 0, "the first launch fails");
        expect(card.run("some_end", {y, 0, 0}, 32) == 700, "the second launch works");
        expect(cuCtxSynchronize() == 700, "something works after it");
    });
    check_once("a kernel's first launch", [] {
        Card card("fail=end_late:1=719");
        unsigned long long y = card.numbers(64);
        expect(card.run("some_end", {y, 0, 0}, 32) == 0, "another kernel fails");
        expect(card.run("end_late", {y, 0, 0}, 32) == 719, "the kernel works");
    });
    check_once("driver lost", [] {
        Card card("lost=5");
        unsigned long long p;
        expect(cuMemAlloc_v2(&p, 4) == 0, "it is lost before its time");
        expect(cuMemAlloc_v2(&p, 4) == 999 && cuCtxSynchronize() == 999, "it still works");
        const char *name;
        expect(cuGetErrorName(999, &name) == 0 && !strcmp(name, "CUDA_ERROR_UNKNOWN"), "the error has another name");
    });
}

void check_modules() {
    auto load = [](const std::string &text) {
        void *module;
        return cuModuleLoadDataEx(&module, text.c_str(), 0, nullptr, nullptr);
    };
    check_once("modules", [=] {
        Card card("cc=86 driver=12000");
        expect(load(ptx("some_end")) == 0, "PTX does not load");
        expect_code(load(ptx("some_end", "8.1")), 222, "newer toolkit");
        expect_code(load(ptx("some_end", "8.0", "sm_90a")), 209, "sm_90a");
        expect_code(load(ptx("some_end", "8.0", "sm_90")), 209, "sm_90");
        expect_code(load(ptx("some_end", "8.0", "sm_70", 32)), 218, "stale");
        expect_code(load(ptx("nobody")), 218, "nobody");
        expect_code(load("something else"), 218, "not PTX");
        void *module, *function;
        ok(cuModuleLoadDataEx(&module, ptx("some_end").c_str(), 0, nullptr, nullptr), "cuModuleLoadDataEx");
        expect(cuModuleGetFunction(&function, module, "end_late") == 500, "a kernel is found that is not there");
        ok(cuModuleUnload(module), "cuModuleUnload");
    });
    check_once("launches", [] {
        Card card("cc=75");
        unsigned long long y = card.numbers(64);
        FaultArguments a{y, y, 0};
        void *list[] = {&a}, *function = card.function("some_end");
        auto launch = [&](unsigned x, unsigned y, unsigned threads, unsigned shared) {
            return cuLaunchKernel(function, x, y, 1, threads, 1, 1, shared, nullptr, list, nullptr);
        };
        expect(launch(0, 1, 32, 0) == 1, "an empty grid is launched");
        expect(launch(1, 70000, 32, 0) == 1, "a grid is too large");
        expect(launch(1, 1, 2048, 0) == 1, "a block is too large");
        expect(launch(1, 1, 32, 50000) == 1, "shared memory was not asked for");
        expect(cuFuncSetAttribute(function, 8, 70000) == 1, "there is more shared memory than there is");
        ok(cuFuncSetAttribute(function, 8, 60000), "cuFuncSetAttribute");
        ok(launch(1, 1, 32, 50000), "cuLaunchKernel");
        ok(cuCtxSynchronize(), "cuCtxSynchronize");
    });
}

void check_streams() {
    check_once("streams, events, pinned memory", [] {
        Card card;
        void *stream, *other, *event, *memory;
        ok(cuStreamCreate(&stream, 1), "cuStreamCreate");
        ok(cuStreamCreate(&other, 1), "cuStreamCreate");
        ok(cuEventCreate(&event, 2), "cuEventCreate");
        ok(cuMemHostAlloc(&memory, 16, 0), "cuMemHostAlloc");
        float *pinned = (float *)memory;
        unsigned long long y = card.numbers(4);
        for (int i = 0; i < 4; i++) pinned[i] = 1;
        ok(cuMemcpyHtoDAsync_v2(y, pinned, 16, stream), "cuMemcpyHtoDAsync");
        // Nobody has waited: the copy takes what is there when its turn comes.
        pinned[0] = 2;
        ok(cuEventRecord(event, stream), "cuEventRecord");
        ok(cuStreamWaitEvent(other, event, 0), "cuStreamWaitEvent");
        float plain[4];
        ok(cuMemcpyDtoHAsync_v2(plain, y, 16, other), "cuMemcpyDtoHAsync");
        expect(plain[0] == 2 && plain[3] == 1, "the second stream did not wait for the first");
        expect(cuEventQuery(event) == 0, "the event is not over");
        std::vector<float> room(4);
        expect(cuMemcpyHtoDAsync_v2(y + 4, room.data(), 16, stream) == 1, "a copy goes beyond an allocation");
        ok(cuMemFreeHost(memory), "cuMemFreeHost");
        ok(cuEventDestroy_v2(event), "cuEventDestroy");
        ok(cuStreamDestroy_v2(other), "cuStreamDestroy");
        ok(cuStreamDestroy_v2(stream), "cuStreamDestroy");
    });
    check_once("graphs", [] {
        Card card;
        void *stream, *other, *event, *graph, *executable, *memory;
        ok(cuStreamCreate(&stream, 1), "cuStreamCreate");
        ok(cuStreamCreate(&other, 1), "cuStreamCreate");
        ok(cuEventCreate(&event, 2), "cuEventCreate");
        ok(cuMemHostAlloc(&memory, 256, 0), "cuMemHostAlloc");
        unsigned long long y = card.numbers(64);
        FaultArguments a{y, 0, 0};
        void *list[] = {&a}, *function = card.function("some_end");
        ok(cuStreamBeginCapture_v2(stream, 0), "cuStreamBeginCapture");
        expect(cuStreamSynchronize(stream) == 900, "somebody waits in a capture");
        unsigned long long p;
        expect(cuMemAlloc_v2(&p, 4) == 900, "memory is allocated in a capture");
        ok(cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 0, stream, list, nullptr), "cuLaunchKernel");
        ok(cuEventRecord(event, stream), "cuEventRecord");
        ok(cuStreamWaitEvent(other, event, 0), "cuStreamWaitEvent");
        ok(cuMemcpyDtoHAsync_v2(memory, y, 256, other), "cuMemcpyDtoHAsync");
        ok(cuEventRecord(event, other), "cuEventRecord");
        ok(cuStreamWaitEvent(stream, event, 0), "cuStreamWaitEvent");
        unsigned long before = fakecuda_count(0);
        ok(cuStreamEndCapture(stream, &graph), "cuStreamEndCapture");
        ok(cuGraphInstantiateWithFlags(&executable, graph, 0), "cuGraphInstantiateWithFlags");
        expect(fakecuda_count(0) == before, "a capture runs kernels");
        for (int i = 0; i < 3; i++) ok(cuGraphLaunch(executable, stream), "cuGraphLaunch");
        ok(cuStreamSynchronize(stream), "cuStreamSynchronize");
        expect(fakecuda_count(0) == before + 3, "a graph does not run its kernel");
        expect(((float *)memory)[3] == 2, "a graph does not copy");
        ok(cuStreamBeginCapture_v2(stream, 2), "cuStreamBeginCapture");
        ok(cuEventRecord(event, stream), "cuEventRecord");
        ok(cuStreamWaitEvent(other, event, 0), "cuStreamWaitEvent");
        ok(cuMemcpyDtoHAsync_v2(memory, y, 256, other), "cuMemcpyDtoHAsync");
        void *none;
        expect(cuStreamEndCapture(stream, &none) == 904, "a stream is forgotten in a capture");
        ok(cuGraphExecDestroy(executable), "cuGraphExecDestroy");
        ok(cuGraphDestroy(graph), "cuGraphDestroy");
        ok(cuMemFreeHost(memory), "cuMemFreeHost");
    });
    check_once("registered memory", [] {
        Card card;
        void *page = mmap(nullptr, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        expect(cuMemHostRegister_v2(page, 8192, 0) == 1, "read-only memory is registered like any other");
        ok(cuMemHostRegister_v2(page, 8192, 8), "cuMemHostRegister");
        expect(cuMemHostRegister_v2(page, 4096, 8) == 712, "memory is registered twice");
        ok(cuMemHostUnregister(page), "cuMemHostUnregister");
        expect(cuMemHostUnregister(page) == 713, "memory is given back twice");
        munmap(page, 8192);
    });
}

}  // namespace

void check_faults() {
    check_fault("bad_index", 64, 128, 700, "0 bytes behind the end of allocation");
    check_fault("bad_read", 1 << 10, 64, 700, "behind the end of allocation");
    check_fault("bad_read", -(1 << 17), 64, 700, "before allocation");
    check_fault("bad_barrier", 0, 64, 719, "divergent barrier");
    check_fault("bad_barriers", 0, 64, 719, "divergent barrier");
    check_fault("bad_shuffle", 0, 32, 719, "divergent warp collective");
    check_fault("bad_shared", 40, 64, 700, "index outside of an array");
    check_fault("bad_dynamic", 40, 64, 700, "dynamic shared memory", 256);
    check_fault("bad_align", 0, 4, 716, "misaligned");
    check_fault("bad_divide", 0, 8, 700, "division by zero");
    check_fault("bad_loop", 7, 32, 702, "longer than it may");
    check_fault("bad_spin", 0, 32, 702, "longer than it may");
    check_nan("bad_race", 0, 64);
    check_nan("bad_fresh", 0, 64);
    check_nan("bad_copy", 0, 32);
    check_zone();
    check_injected();
    check_modules();
    check_streams();
    Card card;
}
