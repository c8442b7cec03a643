// Devices, what they are like, and their contexts.
#include <cstdio>
#include <cstring>
#include <pthread.h>
#include "api.h"

namespace {

std::map<int, Context *> primaries;

/// Not thread_local: such variables are the kernels' shared memory.
pthread_key_t contextKey() {
    static pthread_key_t key = [] {
        pthread_key_t key;
        pthread_key_create(&key, nullptr);
        return key;
    }();
    return key;
}
void setCurrent(Context *context) { pthread_setspecific(contextKey(), context); }

void destroy(Context *context) {
    drainAll(context);
    destroyStreams(context);
    releaseAll(context);
}

}  // namespace

int sharedLimit(int device) {
    switch (capability(device)) {
    case 70: return 96 << 10;
    case 75: return 64 << 10;
    case 80: case 87: return 163 << 10;
    case 86: case 89: case 120: return 99 << 10;
    default: return 227 << 10;
    }
}

Context *currentContext() { return (Context *)pthread_getspecific(contextKey()); }

void dropContexts() {
    for (auto &[device, context] : primaries) {
        if (!context) continue;
        destroyStreams(context);
        releaseAll(context);
        context->failure = 0;
        context->users = 0;
    }
    dropPinned();
}

#define NEED_DEVICE(d) if (d < 0 || d >= settings.devices) return fail(101, "there is no device " + std::to_string(d))

API cuDeviceGetCount(int *count) { ENTER; *count = settings.devices; return 0; }
API cuDeviceGet(int *device, int ordinal) { ENTER; NEED_DEVICE(ordinal); *device = ordinal; return 0; }
API cuDeviceGetName(char *name, int bytes, int d) {
    ENTER;
    NEED_DEVICE(d);
    snprintf(name, (size_t)bytes, "FakeCUDA %d", d);
    return 0;
}
API cuDeviceGetUuid_v2(char *uuid, int d) { ENTER; NEED_DEVICE(d); memset(uuid, 0x40 + d, 16); return 0; }
API cuDeviceTotalMem_v2(size_t *bytes, int d) { ENTER; NEED_DEVICE(d); *bytes = memorySize(d); return 0; }
API cuDeviceGetAttribute(int *value, int attribute, int d) {
    ENTER;
    NEED_DEVICE(d);
    int cc = capability(d);
    switch (attribute) {
    case 1: *value = 1024; break;                   // threads of a block
    case 2: case 3: *value = 1024; break;           // x and y of a block
    case 4: *value = 64; break;
    case 5: *value = 0x7FFFFFFF; break;             // x of a grid
    case 6: case 7: *value = 65535; break;
    case 8: *value = 48 << 10; break;               // shared memory of a block
    case 10: *value = 32; break;                    // threads of a warp
    case 12: *value = 65536; break;                 // registers of a block
    case 13: *value = 1500000; break;               // kHz
    case 16: *value = 4; break;                     // multiprocessors
    case 36: *value = 2000000; break;               // kHz of the memory
    case 37: *value = 5120; break;                  // bits of its bus
    case 38: *value = 4 << 20; break;               // second cache
    case 39: *value = cc == 75 ? 1024 : cc == 86 || cc == 89 ? 1536 : 2048; break;
    case 40: *value = 2; break;                     // copy engines
    case 41: *value = 1; break;                     // unified addressing
    case 75: *value = cc / 10; break;
    case 76: *value = cc % 10; break;
    case 81: *value = 228 << 10; break;             // shared memory of a multiprocessor
    case 97: *value = sharedLimit(d); break;
    case 99: case 113: *value = 1; break;           // host memory can be registered, also what is read-only
    default: *value = 0;
    }
    return 0;
}

API cuDevicePrimaryCtxRetain(void **context, int d) {
    ENTER;
    NEED_DEVICE(d);
    Context *&c = primaries[d];
    if (!c) c = new Context{d};
    c->users++;
    *context = c;
    return 0;
}
API cuDevicePrimaryCtxRelease_v2(int d) {
    ENTER;
    NEED_DEVICE(d);
    Context *c = primaries[d];
    if (!c || !c->users) return fail(201, "the primary context is not held");
    if (--c->users == 0) {
        destroy(c);
        c->failure = 0;
    }
    return 0;
}
API cuDevicePrimaryCtxReset_v2(int d) {
    ENTER;
    NEED_DEVICE(d);
    if (Context *c = primaries[d]) destroy(c), c->failure = 0;
    return 0;
}
API cuDevicePrimaryCtxSetFlags_v2(int d, unsigned) { ENTER; NEED_DEVICE(d); return 0; }
API cuCtxCreate_v2(void **context, unsigned, int d) {
    ENTER;
    NEED_DEVICE(d);
    setCurrent(new Context{d, 0, 1});
    *context = currentContext();
    return 0;
}
API cuCtxDestroy_v2(void *context) {
    ENTER;
    destroy((Context *)context);
    ((Context *)context)->failure = 709;
    if (currentContext() == context) setCurrent(nullptr);
    return 0;
}
API cuCtxSetCurrent(void *context) { ENTER; setCurrent((Context *)context); return 0; }
API cuCtxGetCurrent(void **context) { ENTER; *context = currentContext(); return 0; }
API cuCtxGetDevice(int *d) { ENTER_CONTEXT; *d = currentContext()->device; return 0; }
API cuCtxSynchronize() { ENTER_CONTEXT; NOT_IN_CAPTURE; return drainAll(currentContext()); }
API cuMemGetInfo_v2(size_t *free, size_t *total) {
    ENTER_CONTEXT;
    *total = memorySize(currentContext()->device);
    *free = *total - memoryUsed(currentContext()->device);
    return 0;
}
