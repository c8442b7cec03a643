// What tests ask the fake driver to be, and to do wrong: the environment's FAKECUDA, or fakecuda_configure, with words like
//
//     devices=2 cc=90,86 memory=1000000,2000000 driver=12000 order=forward|reverse|7 limit=2.5 loading=0.5 trace=1
//     fail=cuMemAlloc:3=2,kernel:5=700,mk_mix:1=719 lost=100
//
// fail names a function without its version, a kernel, or any kernel; the number of the call; and the code. lost is the number
// of the call from which on every function answers 999, as after a card has fallen off its bus.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include "api.h"

Settings settings;
std::string message;
std::recursive_mutex driverLock;

namespace {

std::map<std::string, long> calls;
long allCalls;
bool isInitialised;
bool isLost;

std::vector<std::string> split(const std::string &text, char by) {
    std::vector<std::string> parts;
    for (size_t at = 0; at <= text.size();) {
        size_t end = std::min(text.find(by, at), text.size());
        if (end > at) parts.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return parts;
}

unsigned orderOf(const std::string &text) {
    return text == "forward" ? 0 : text == "reverse" ? 1 : 2 + (unsigned)atoi(text.c_str());
}

void configure(const std::string &text) {
    settings = Settings();
    calls.clear();
    allCalls = 0;
    isInitialised = false;
    message.clear();
    memoryCounters = MemoryCounters();
    for (auto &word : split(text, ' ')) {
        size_t equals = word.find('=');
        if (equals == word.npos) continue;
        std::string key = word.substr(0, equals), value = word.substr(equals + 1);
        if (key == "devices") settings.devices = atoi(value.c_str());
        if (key == "driver") settings.driverVersion = atoi(value.c_str());
        if (key == "limit") settings.limit = atof(value.c_str());
        if (key == "loading") settings.loading = atof(value.c_str());
        if (key == "trace") settings.trace = atoi(value.c_str()) != 0;
        if (key == "lost") settings.lostAt = atol(value.c_str());
        if (key == "order") settings.order = orderOf(value);
        if (key == "cc") {
            settings.capabilities.clear();
            for (auto &v : split(value, ',')) settings.capabilities.push_back(atoi(v.c_str()));
        }
        if (key == "memory") {
            settings.memory.clear();
            for (auto &v : split(value, ',')) settings.memory.push_back(strtoull(v.c_str(), nullptr, 0));
        }
        if (key != "fail") continue;
        for (auto &fault : split(value, ',')) {
            size_t colon = fault.find(':'), code = fault.find('=');
            if (code == fault.npos) continue;
            long at = colon < code ? atol(fault.c_str() + colon + 1) : 1;
            settings.faults[fault.substr(0, std::min(colon, code))] = {at, atoi(fault.c_str() + code + 1)};
        }
    }
}

void readEnvironment() {
    static bool isRead = false;
    if (isRead) return;
    isRead = true;
    const char *text = getenv("FAKECUDA");
    configure(text ? text : "");
}

const std::map<int, const char *> errors{
    {0, "CUDA_SUCCESS"}, {1, "CUDA_ERROR_INVALID_VALUE"}, {2, "CUDA_ERROR_OUT_OF_MEMORY"},
    {3, "CUDA_ERROR_NOT_INITIALIZED"}, {4, "CUDA_ERROR_DEINITIALIZED"}, {34, "CUDA_ERROR_STUB_LIBRARY"},
    {46, "CUDA_ERROR_DEVICE_UNAVAILABLE"}, {100, "CUDA_ERROR_NO_DEVICE"}, {101, "CUDA_ERROR_INVALID_DEVICE"},
    {200, "CUDA_ERROR_INVALID_IMAGE"}, {201, "CUDA_ERROR_INVALID_CONTEXT"}, {209, "CUDA_ERROR_NO_BINARY_FOR_GPU"},
    {214, "CUDA_ERROR_ECC_UNCORRECTABLE"}, {218, "CUDA_ERROR_INVALID_PTX"}, {222, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION"},
    {304, "CUDA_ERROR_OPERATING_SYSTEM"}, {400, "CUDA_ERROR_INVALID_HANDLE"}, {500, "CUDA_ERROR_NOT_FOUND"},
    {600, "CUDA_ERROR_NOT_READY"}, {700, "CUDA_ERROR_ILLEGAL_ADDRESS"}, {701, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES"},
    {702, "CUDA_ERROR_LAUNCH_TIMEOUT"}, {709, "CUDA_ERROR_CONTEXT_IS_DESTROYED"},
    {712, "CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED"}, {713, "CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED"},
    {716, "CUDA_ERROR_MISALIGNED_ADDRESS"}, {719, "CUDA_ERROR_LAUNCH_FAILED"}, {801, "CUDA_ERROR_NOT_SUPPORTED"},
    {803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH"}, {804, "CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE"},
    {900, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED"}, {901, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED"},
    {904, "CUDA_ERROR_STREAM_CAPTURE_UNJOINED"}, {905, "CUDA_ERROR_STREAM_CAPTURE_ISOLATION"},
    {999, "CUDA_ERROR_UNKNOWN"},
};

}  // namespace

int injected(const std::string &name) {
    long call = ++calls[name];
    auto fault = settings.faults.find(name);
    if (fault == settings.faults.end() || fault->second.at != call) return 0;
    message = name + " fails on demand";
    return fault->second.code;
}

int enter(const char *name) {
    readEnvironment();
    std::string plain = name;
    size_t version = plain.rfind("_v");
    if (version != plain.npos) plain.resize(version);
    if (settings.trace) fprintf(stderr, "fakecuda: %s #%ld\n", name, calls[plain] + 1);
    allCalls++;
    if (settings.lostAt && allCalls >= settings.lostAt) {
        message = "the device is lost";
        isLost = true;
        return 999;
    }
    if (int code = injected(plain)) return code;
    return isInitialised || plain == "cuInit" || plain == "cuDriverGetVersion" ? 0 : 3;
}

int fail(int code, const std::string &text) {
    message = text;
    if (settings.trace) fprintf(stderr, "fakecuda: %d, %s\n", code, text.c_str());
    return code;
}

int capability(int device) {
    auto &all = settings.capabilities;
    return all[std::min((size_t)device, all.size() - 1)];
}
size_t memorySize(int device) {
    auto &all = settings.memory;
    return all[std::min((size_t)device, all.size() - 1)];
}

API cuInit(unsigned flags) {
    ENTER;
    if (flags) return 1;
    if (settings.devices == 0) return fail(100, "there is no device");
    isInitialised = true;
    return 0;
}
API cuDriverGetVersion(int *version) {
    ENTER;
    *version = settings.driverVersion;
    return 0;
}
// These two work whatever has happened.
API cuGetErrorName(int code, const char **text) {
    auto i = errors.find(code);
    *text = i == errors.end() ? nullptr : i->second;
    return i == errors.end() ? 1 : 0;
}
API cuGetErrorString(int code, const char **text) {
    static std::map<int, std::string> words;
    std::lock_guard<std::recursive_mutex> hold(driverLock);
    auto i = errors.find(code);
    *text = nullptr;
    if (i == errors.end()) return 1;
    std::string &s = words[code];
    if (s.empty()) {
        s = i->second + strlen("CUDA_");
        for (char &c : s) c = c == '_' ? ' ' : (char)tolower(c);
    }
    *text = s.c_str();
    return 0;
}

// MARK: For tests

#define TEST extern "C" __attribute__((visibility("default")))
/// Settings as above; what is not named is as at the beginning. Memory and contexts stay, but those of a lost device, which
/// could not be given back.
TEST void fakecuda_configure(const char *text) {
    std::lock_guard<std::recursive_mutex> hold(driverLock);
    readEnvironment();
    if (isLost) dropContexts();
    isLost = false;
    dropFreed();
    configure(text);
}
/// The order alone, between launches: forward, reverse, or a number.
TEST void fakecuda_order(const char *text) {
    std::lock_guard<std::recursive_mutex> hold(driverLock);
    settings.order = orderOf(text);
}
/// What went wrong last.
TEST const char *fakecuda_message() { return message.c_str(); }
/// 0 launches, 1 blocks, 2 switches, 3 collectives, 4 microseconds in kernels, 5 bytes of memory in use on all devices,
/// 6 calls of the driver, 7 the most bytes of memory, 8 of pinned memory, 9 pinned memory that ended too early, 10 copies from
/// memory that is not pinned.
TEST unsigned long fakecuda_count(int what) {
    std::lock_guard<std::recursive_mutex> hold(driverLock);
    switch (what) {
    case 0: return counters.launches;
    case 1: return counters.blocks;
    case 2: return counters.switches;
    case 3: return counters.collectives;
    case 4: return (unsigned long)(counters.seconds * 1e6);
    // Nobody can give back what was on a lost device, nor need wait for it.
    case 5: return isLost ? 0 : memoryUsed(-1);
    case 7: return memoryCounters.peak;
    case 8: return memoryCounters.pinnedPeak;
    case 9: return memoryCounters.hazards;
    case 10: return memoryCounters.pageable;
    default: return (unsigned long)allCalls;
    }
}
/// How often a function, without its version, was called.
TEST long fakecuda_calls(const char *name) {
    std::lock_guard<std::recursive_mutex> hold(driverLock);
    auto i = calls.find(name);
    return i == calls.end() ? 0 : i->second;
}
