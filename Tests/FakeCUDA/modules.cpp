// Modules and launches. Of PTX the names, parameters and bounds are read and compared with the kernels that were compiled from
// the sources: stale PTX is found.
#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>
#include "api.h"
#include "fakecuda.h"

namespace {

FakeKernel *registry;

struct Function {
    FakeKernel *kernel;
    /// What cuFuncSetAttribute allowed.
    int shared = 0;
};
struct Module {
    Context *context;
    std::map<std::string, Function> functions;
};

FakeKernel *findKernel(const std::string &name) {
    FakeKernel *k = registry;
    while (k && name != k->name) k = k->next;
    return k;
}

/// A number behind a word, or -1.
long numberAfter(const std::string &text, const char *word, size_t from, size_t end) {
    size_t at = text.find(word, from);
    return at < end ? atol(text.c_str() + at + strlen(word)) : -1;
}

int readPTX(Module &m, const std::string &text) {
    int card = capability(m.context->device);
    size_t target = text.find(".target sm_"), version = text.find(".version ");
    if (target == text.npos || version == text.npos) return fail(218, "this is not PTX");
    int needed = atoi(text.c_str() + target + 11);
    bool isExact = text[target + 13] == 'a' || text[target + 14] == 'a';
    if (needed > card || (isExact && needed != card)) {
        std::string name = std::to_string(needed) + (isExact ? "a" : "");
        return fail(209, "PTX for sm_" + name + " on a device of " + std::to_string(card));
    }
    int major = 0, minor = 0;
    sscanf(text.c_str() + version, ".version %d.%d", &major, &minor);
    // A driver of CUDA 12.x reads PTX 8.x, one of 13.x reads 9.x.
    int newest = (settings.driverVersion / 1000 - 4) * 10 + settings.driverVersion % 1000 / 10;
    if (major * 10 + minor > newest) return fail(222, "PTX of a newer toolkit than the driver");
    for (size_t at = text.find(".entry "); at != text.npos; at = text.find(".entry ", at + 1)) {
        size_t end = text.find_first_of("( \n", at + 7), body = text.find("{", end);
        std::string name = text.substr(at + 7, end - at - 7);
        FakeKernel *k = findKernel(name);
        if (!k) return fail(218, "PTX has a kernel " + name + ", the sources have not: is it stale?");
        size_t parameter = text.find(".param ", end), size = text.find('[', parameter);
        long bytes = size < body ? atol(text.c_str() + size + 1) : -1;
        if (bytes != (long)k->argumentBytes || text.find(".param ", size) < body) {
            return fail(218, "PTX of " + name + " takes " + std::to_string(bytes) + " bytes, the sources "
                + std::to_string(k->argumentBytes) + ": is it stale?");
        }
        long most = numberAfter(text, ".maxntid ", end, body);
        if (most >= 0 && most != (long)k->threads) {
            return fail(218, "PTX of " + name + " is for " + std::to_string(most) + " threads");
        }
        m.functions[name] = {k};
    }
    return 0;
}

/// A cubin is an ELF file with a section for each kernel; which architecture it is for is in its flags.
int readCubin(Module &m, const unsigned char *data) {
    unsigned long long sections;
    unsigned flags;
    unsigned short entryBytes, count, names;
    memcpy(&sections, data + 40, 8);
    memcpy(&flags, data + 48, 4);
    memcpy(&entryBytes, data + 58, 2);
    memcpy(&count, data + 60, 2);
    memcpy(&names, data + 62, 2);
    int card = capability(m.context->device), needed = flags & 0xFF;
    if (needed / 10 != card / 10 || needed > card) {
        return fail(209, "a cubin for sm_" + std::to_string(needed) + " on a device of " + std::to_string(card));
    }
    auto section = [&](int i) { return data + sections + (size_t)i * entryBytes; };
    unsigned long long text;
    memcpy(&text, section(names) + 24, 8);
    for (int i = 0; i < count; i++) {
        unsigned at;
        memcpy(&at, section(i), 4);
        const char *name = (const char *)data + text + at;
        if (strncmp(name, ".text.", 6)) continue;
        FakeKernel *k = findKernel(name + 6);
        if (!k) return fail(218, std::string("a cubin has a kernel ") + (name + 6) + ", the sources have not");
        m.functions[name + 6] = {k};
    }
    return 0;
}

int launchKernel(Function *f, Size3 grid, Size3 block, unsigned shared, void *stream, void **arguments, void **extra) {
    if (!f) return fail(400, "a launch of nothing");
    FakeKernel *k = f->kernel;
    std::string name = k->name;
    size_t count = size_t(block.x) * block.y * block.z;
    if (!grid.x || !grid.y || !grid.z || grid.x > 0x7FFFFFFF || grid.y > 65535 || grid.z > 65535) {
        std::string size = std::to_string(grid.x) + " × " + std::to_string(grid.y) + " × " + std::to_string(grid.z);
        return fail(1, name + ": a grid of " + size);
    }
    if (!count || count > 1024 || block.z > 64) return fail(1, name + ": a block of " + std::to_string(count) + " threads");
    if (count > k->threads) {
        return fail(701, name + ": " + std::to_string(count) + " threads, " + std::to_string(k->threads) + " are allowed");
    }
    if (shared > (unsigned)std::max(48 << 10, f->shared)) {
        return fail(1, name + ": " + std::to_string(shared) + " bytes of shared memory without cuFuncSetAttribute");
    }
    auto launch = std::make_shared<Launch>(Launch{k, currentContext(), grid, block, shared, {}});
    const void *from = nullptr;
    if (arguments) from = arguments[0];
    // The other way to give them: CU_LAUNCH_PARAM_BUFFER_POINTER, its address, …, CU_LAUNCH_PARAM_END.
    for (void **e = extra; !arguments && e && *e; e += 2) {
        if (*e == (void *)1) from = e[1];
    }
    if (!from) return fail(1, name + ": no arguments");
    // Taken at the call, as the driver does.
    launch->argument.assign((const unsigned char *)from, (const unsigned char *)from + k->argumentBytes);
    return enqueue(stream, [launch]() -> int {
        std::string name = launch->kernel->name;
        if (int code = injected("kernel")) return code;
        if (int code = injected(name)) return code;
        return execute(*launch);
    });
}

}  // namespace

void fake_register(FakeKernel *kernel) {
    kernel->next = registry;
    registry = kernel;
}

API cuModuleLoadDataEx(void **module, const void *data, unsigned count, int *options, void **values) {
    // What goes wrong is said in the caller's buffer, as the driver's compiler does.
    struct Words {
        char *to = nullptr;
        size_t bytes = 0;
        ~Words() {
            if (to && bytes) snprintf(to, bytes, "%s", message.c_str());
        }
    } words;
    for (unsigned i = 0; i < count; i++) {
        if (options[i] == 5) words.to = (char *)values[i];
        if (options[i] == 6) words.bytes = (size_t)values[i];
    }
    if (settings.loading > 0) std::this_thread::sleep_for(std::chrono::duration<double>(settings.loading));
    ENTER_CONTEXT;
    NOT_IN_CAPTURE;
    auto m = std::make_unique<Module>(Module{currentContext(), {}});
    bool isCubin = !memcmp(data, "\x7F" "ELF", 4);
    if (int code = isCubin ? readCubin(*m, (const unsigned char *)data) : readPTX(*m, (const char *)data)) return code;
    *module = m.release();
    return 0;
}
API cuModuleLoadData(void **module, const void *data) { return cuModuleLoadDataEx(module, data, 0, nullptr, nullptr); }
API cuModuleUnload(void *module) {
    ENTER;
    drainAll(((Module *)module)->context);
    delete (Module *)module;
    return 0;
}
API cuModuleGetFunction(void **function, void *module, const char *name) {
    ENTER_CONTEXT;
    auto &functions = ((Module *)module)->functions;
    auto f = functions.find(name);
    if (f == functions.end()) return fail(500, std::string("the module has no kernel ") + name);
    *function = &f->second;
    return 0;
}
API cuFuncSetAttribute(void *function, int attribute, int value) {
    ENTER_CONTEXT;
    int limit = sharedLimit(currentContext()->device);
    // 8 is the greatest dynamic shared memory.
    if (attribute == 8 && value > limit) {
        return fail(1, std::to_string(value) + " bytes of shared memory, a block has " + std::to_string(limit));
    }
    if (attribute == 8) ((Function *)function)->shared = value;
    return 0;
}
API cuFuncGetAttribute(int *value, int attribute, void *function) {
    ENTER_CONTEXT;
    *value = attribute == 0 ? (int)((Function *)function)->kernel->threads : 0;
    return 0;
}
API cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, void *, int threads, size_t) {
    ENTER_CONTEXT;
    *blocks = 2048 / std::max(threads, 32);
    return 0;
}
API cuLaunchKernel(
    void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared,
    void *stream, void **arguments, void **extra) {
    ENTER_CONTEXT;
    return launchKernel((Function *)function, {gx, gy, gz}, {bx, by, bz}, shared, stream, arguments, extra);
}
struct LaunchAttribute { int id; char padding[4]; int value[16]; };
struct LaunchConfig { Size3 grid, block; unsigned shared; void *stream; LaunchAttribute *attributes; unsigned count; };
API cuLaunchKernelEx(const LaunchConfig *c, void *function, void **arguments, void **extra) {
    ENTER_CONTEXT;
    for (unsigned i = 0; i < c->count; i++) {
        // Programmatic dependent launch and clusters.
        bool needs90 = (c->attributes[i].id == 6 && c->attributes[i].value[0]) || c->attributes[i].id == 4;
        if (needs90 && capability(currentContext()->device) < 90) return fail(801, "a launch attribute that needs sm_90");
    }
    return launchKernel((Function *)function, c->grid, c->block, c->shared, c->stream, arguments, extra);
}
