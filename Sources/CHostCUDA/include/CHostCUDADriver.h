// The functions of NVIDIA's driver that the host uses, as the driver's library exports them; no header of NVIDIA's is needed.
#pragma once

#include <stddef.h>

// Only the table's own members say whether they may be null.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-completeness"

typedef int HostCUDAResult;
typedef unsigned long long HostCUDAAddress;
typedef struct HostCUDAContext *HostCUDAContextRef;
typedef struct HostCUDAModule *HostCUDAModuleRef;
typedef struct HostCUDAFunction *HostCUDAFunctionRef;
typedef struct HostCUDAStream *HostCUDAStreamRef;
typedef struct HostCUDAEvent *HostCUDAEventRef;
typedef struct HostCUDAGraph *HostCUDAGraphRef;
typedef struct HostCUDAGraphExec *HostCUDAGraphExecRef;

/// Results that are distinguished; the driver has names and texts for all of them.
enum {
    host_cuda_success = 0,
    host_cuda_out_of_memory = 2,
    host_cuda_stub_library = 34,
    host_cuda_device_unavailable = 46,
    host_cuda_no_device = 100,
    host_cuda_invalid_device = 101,
    host_cuda_no_binary_for_gpu = 209,
    host_cuda_invalid_ptx = 218,
    host_cuda_unsupported_ptx_version = 222,
    host_cuda_not_ready = 600,
    host_cuda_not_supported = 801,
    host_cuda_system_driver_mismatch = 803,
};

/// What is asked of a card.
enum {
    host_cuda_attribute_multiprocessors = 16,
    host_cuda_attribute_l2_bytes = 38,
    host_cuda_attribute_capability_major = 75,
    host_cuda_attribute_capability_minor = 76,
    host_cuda_attribute_shared_memory_per_block_optin = 97,
};

enum {
    /// Of a module: where the driver's compiler says what was wrong, and how many bytes there are for it.
    host_cuda_jit_error_log = 5,
    host_cuda_jit_error_log_bytes = 6,
    /// Of a function: how much dynamic shared memory a launch may ask for.
    host_cuda_function_dynamic_shared_memory = 8,
    /// Of a stream and an event: neither waits for the stream that every program has, nor takes times.
    host_cuda_stream_non_blocking = 1,
    host_cuda_event_without_time = 2,
    /// Of registered memory: it is never written to.
    host_cuda_register_read_only = 8,
    /// Of a capture: other threads go on as they like.
    host_cuda_capture_thread_local = 1,
};

/// A tensor map's description, 128 bytes at a multiple of 64, which only the driver reads and writes.
struct HostCUDATensorMap {
    _Alignas(64) unsigned long long words[16];
};

// Names as they are in the library: a function whose parameters changed has a number at its end.
#define HOST_CUDA_FUNCTIONS(X)                                                                                           \
    X(cuInit, (unsigned flags))                                                                                          \
    X(cuDriverGetVersion, (int *version))                                                                                \
    X(cuGetErrorName, (HostCUDAResult result, const char **text))                                                        \
    X(cuGetErrorString, (HostCUDAResult result, const char **text))                                                      \
    X(cuDeviceGetCount, (int *count))                                                                                    \
    X(cuDeviceGet, (int *device, int index))                                                                             \
    X(cuDeviceGetName, (char *name, int length, int device))                                                             \
    X(cuDeviceGetAttribute, (int *value, int attribute, int device))                                                     \
    X(cuDeviceTotalMem_v2, (size_t * bytes, int device))                                                                 \
    X(cuDevicePrimaryCtxRetain, (HostCUDAContextRef * context, int device))                                              \
    X(cuDevicePrimaryCtxRelease_v2, (int device))                                                                        \
    X(cuCtxSetCurrent, (HostCUDAContextRef context))                                                                     \
    X(cuMemGetInfo_v2, (size_t * available, size_t *total))                                                              \
    X(cuMemAlloc_v2, (HostCUDAAddress * address, size_t bytes))                                                          \
    X(cuMemFree_v2, (HostCUDAAddress address))                                                                           \
    X(cuMemHostAlloc, (void **pointer, size_t bytes, unsigned flags))                                                    \
    X(cuMemFreeHost, (void *pointer))                                                                                    \
    X(cuMemHostRegister_v2, (void *pointer, size_t bytes, unsigned flags))                                               \
    X(cuMemHostUnregister, (void *pointer))                                                                              \
    X(cuMemcpyHtoDAsync_v2, (HostCUDAAddress to, const void *from, size_t bytes, HostCUDAStreamRef stream))              \
    X(cuMemcpyDtoHAsync_v2, (void *to, HostCUDAAddress from, size_t bytes, HostCUDAStreamRef stream))                    \
    X(cuMemcpyDtoDAsync_v2, (HostCUDAAddress to, HostCUDAAddress from, size_t bytes, HostCUDAStreamRef stream))          \
    X(cuMemsetD8Async, (HostCUDAAddress to, unsigned char value, size_t bytes, HostCUDAStreamRef stream))                \
    X(cuModuleLoadDataEx, (HostCUDAModuleRef * module, const void *image, unsigned count, int *options, void **values))  \
    X(cuModuleUnload, (HostCUDAModuleRef module))                                                                        \
    X(cuModuleGetFunction, (HostCUDAFunctionRef * function, HostCUDAModuleRef module, const char *name))                 \
    X(cuFuncSetAttribute, (HostCUDAFunctionRef function, int attribute, int value))                                      \
    X(cuLaunchKernelEx, (const void *configuration, HostCUDAFunctionRef function, void **arguments, void **extra))       \
    X(cuStreamCreate, (HostCUDAStreamRef * stream, unsigned flags))                                                      \
    X(cuStreamDestroy_v2, (HostCUDAStreamRef stream))                                                                    \
    X(cuStreamSynchronize, (HostCUDAStreamRef stream))                                                                   \
    X(cuStreamWaitEvent, (HostCUDAStreamRef stream, HostCUDAEventRef event, unsigned flags))                             \
    X(cuStreamBeginCapture_v2, (HostCUDAStreamRef stream, int mode))                                                     \
    X(cuStreamEndCapture, (HostCUDAStreamRef stream, HostCUDAGraphRef *graph))                                           \
    X(cuGraphInstantiateWithFlags, (HostCUDAGraphExecRef * exec, HostCUDAGraphRef graph, unsigned long long flags))      \
    X(cuGraphLaunch, (HostCUDAGraphExecRef exec, HostCUDAStreamRef stream))                                              \
    X(cuGraphDestroy, (HostCUDAGraphRef graph))                                                                          \
    X(cuGraphExecDestroy, (HostCUDAGraphExecRef exec))                                                                   \
    X(cuEventCreate, (HostCUDAEventRef * event, unsigned flags))                                                         \
    X(cuEventDestroy_v2, (HostCUDAEventRef event))                                                                       \
    X(cuEventRecord, (HostCUDAEventRef event, HostCUDAStreamRef stream))                                                 \
    X(cuEventSynchronize, (HostCUDAEventRef event))                                                                      \
    X(cuEventQuery, (HostCUDAEventRef event))                                                                            \
    X(cuEventElapsedTime, (float *milliseconds, HostCUDAEventRef from, HostCUDAEventRef to))

/// Every function of the list above, by its name.
struct HostCUDADriver {
#define HOST_CUDA_MEMBER(name, parameters) HostCUDAResult(*_Nonnull name) parameters;
    HOST_CUDA_FUNCTIONS(HOST_CUDA_MEMBER)
#undef HOST_CUDA_MEMBER
    /// For modules of compute capability 9; older drivers have none.
    HostCUDAResult (*_Nullable cuTensorMapEncodeTiled)(
        struct HostCUDATensorMap *map, int type, unsigned rank, void *address, const unsigned long long *sizes,
        const unsigned long long *strides, const unsigned *box, const unsigned *elementStrides, int interleave,
        int swizzle, int promotion, int fill);
};

/// How a kernel is launched: blocks, threads of a block, dynamic shared memory in bytes.
struct HostCUDALaunch {
    unsigned blocks[3];
    unsigned threads[3];
    unsigned sharedBytes;
    /// Whether it may begin before the kernel before it has ended; both wait where it matters.
    int overlaps;
};

/// Finds the functions in an opened library.
///
/// Returns the name of the first that is missing, or null when all are there.
const char *_Nullable host_cuda_find(void *_Nonnull library, struct HostCUDADriver *_Nonnull driver);

/// Launches a kernel whose only parameter is a struct.
HostCUDAResult host_cuda_launch(
    const struct HostCUDADriver *_Nonnull driver, HostCUDAFunctionRef _Nonnull function, HostCUDAStreamRef _Nonnull stream,
    struct HostCUDALaunch launch, const void *_Nonnull arguments);

#pragma clang diagnostic pop
