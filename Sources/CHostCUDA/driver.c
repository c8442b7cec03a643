// The driver's and the compiler's functions by name, and the one call whose parameters are laid out in memory.

#include "CHostCUDACompiler.h"
#include "CHostCUDADriver.h"

#include <dlfcn.h>
#include <string.h>

const char *host_cuda_find(void *library, struct HostCUDADriver *driver) {
    void *address;
#define HOST_CUDA_FIND(name, parameters)                                                                                 \
    address = dlsym(library, #name);                                                                                     \
    if (!address) return #name;                                                                                          \
    memcpy(&driver->name, &address, sizeof address);
    HOST_CUDA_FUNCTIONS(HOST_CUDA_FIND)
#undef HOST_CUDA_FIND
    address = dlsym(library, "cuTensorMapEncodeTiled");
    memcpy(&driver->cuTensorMapEncodeTiled, &address, sizeof address);
    return NULL;
}

const char *host_nvrtc_find(void *library, struct HostNVRTC *compiler) {
    void *address;
#define HOST_NVRTC_FIND(name, parameters)                                                                                \
    address = dlsym(library, #name);                                                                                     \
    if (!address) return #name;                                                                                          \
    memcpy(&compiler->name, &address, sizeof address);
    HOST_NVRTC_FUNCTIONS(HOST_NVRTC_FIND)
#undef HOST_NVRTC_FIND
    return NULL;
}

// As CUlaunchAttribute and CUlaunchConfig are laid out since CUDA 11.8.
struct Attribute {
    int kind;
    int padding;
    _Alignas(8) union {
        char room[64];
        int overlaps;
    } value;
};

struct Configuration {
    unsigned blocks[3];
    unsigned threads[3];
    unsigned sharedBytes;
    HostCUDAStreamRef stream;
    struct Attribute *attributes;
    unsigned count;
};

enum { programmaticStreamSerialization = 6 };

HostCUDAResult host_cuda_launch(
    const struct HostCUDADriver *driver, HostCUDAFunctionRef function, HostCUDAStreamRef stream,
    struct HostCUDALaunch launch, const void *arguments) {
    struct Attribute attribute;
    memset(&attribute, 0, sizeof attribute);
    attribute.kind = programmaticStreamSerialization;
    attribute.value.overlaps = 1;
    struct Configuration configuration = {
        .sharedBytes = launch.sharedBytes, .stream = stream, .attributes = &attribute, .count = launch.overlaps ? 1 : 0};
    memcpy(configuration.blocks, launch.blocks, sizeof launch.blocks);
    memcpy(configuration.threads, launch.threads, sizeof launch.threads);
    void *parameters[1] = {(void *)arguments};
    return driver->cuLaunchKernelEx(&configuration, function, parameters, NULL);
}
