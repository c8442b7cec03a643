// The functions of NVIDIA's compiler library, NVRTC, that the host uses, as the library exports them.
#ifndef CHOSTCUDA_COMPILER_H
#define CHOSTCUDA_COMPILER_H

#include <stddef.h>

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-completeness"

typedef int HostNVRTCResult;
typedef struct HostNVRTCProgram *HostNVRTCProgramRef;

#define HOST_NVRTC_FUNCTIONS(X)                                                                                           \
    X(nvrtcVersion, (int *major, int *minor))                                                                             \
    X(nvrtcGetNumSupportedArchs, (int *count))                                                                            \
    X(nvrtcGetSupportedArchs, (int *architectures))                                                                       \
    X(nvrtcCreateProgram,                                                                                                 \
      (HostNVRTCProgramRef * program, const char *source, const char *name, int count, const char *const *headers,        \
       const char *const *names))                                                                                         \
    X(nvrtcCompileProgram, (HostNVRTCProgramRef program, int count, const char *const *options))                          \
    X(nvrtcGetProgramLogSize, (HostNVRTCProgramRef program, size_t *bytes))                                               \
    X(nvrtcGetProgramLog, (HostNVRTCProgramRef program, char *log))                                                       \
    X(nvrtcGetCUBINSize, (HostNVRTCProgramRef program, size_t *bytes))                                                    \
    X(nvrtcGetCUBIN, (HostNVRTCProgramRef program, char *cubin))                                                          \
    X(nvrtcDestroyProgram, (HostNVRTCProgramRef * program))

/// Every function of the list above, by its name.
struct HostNVRTC {
#define HOST_NVRTC_MEMBER(name, parameters) HostNVRTCResult(*_Nonnull name) parameters;
    HOST_NVRTC_FUNCTIONS(HOST_NVRTC_MEMBER)
#undef HOST_NVRTC_MEMBER
};

/// Finds the functions in an opened library.
///
/// Returns the name of the first that is missing, or null when all are there.
const char *_Nullable host_nvrtc_find(void *_Nonnull library, struct HostNVRTC *_Nonnull compiler);

#pragma clang diagnostic pop
#endif
