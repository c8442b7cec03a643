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
        struct {
            unsigned x, y, z;
        } cluster;
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

enum { clusterDimension = 4, programmaticStreamSerialization = 6 };

HostCUDAResult host_cuda_launch(
    const struct HostCUDADriver *driver, HostCUDAFunctionRef function, HostCUDAStreamRef stream,
    struct HostCUDALaunch launch, const void *arguments) {
    struct Attribute attributes[2];
    unsigned count = 0;
    memset(attributes, 0, sizeof attributes);
    if (launch.overlaps) {
        attributes[count].kind = programmaticStreamSerialization;
        attributes[count].value.overlaps = 1;
        count++;
    }
    if (launch.cluster > 1) {
        attributes[count].kind = clusterDimension;
        attributes[count].value.cluster.x = launch.cluster;
        attributes[count].value.cluster.y = attributes[count].value.cluster.z = 1;
        count++;
    }
    struct Configuration configuration = {
        .sharedBytes = launch.sharedBytes, .stream = stream, .attributes = attributes, .count = count};
    memcpy(configuration.blocks, launch.blocks, sizeof launch.blocks);
    memcpy(configuration.threads, launch.threads, sizeof launch.threads);
    void *parameters[1] = {(void *)arguments};
    return driver->cuLaunchKernelEx(&configuration, function, parameters, NULL);
}
