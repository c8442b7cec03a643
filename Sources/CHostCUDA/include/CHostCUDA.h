// The kernels of the CUDA device as text: PTX that the driver compiles, and the sources for NVRTC.
#ifndef CHOSTCUDA_H
#define CHOSTCUDA_H

#include <stddef.h>
#include "CHostCUDAArguments.h"
#include "CHostCUDACompiler.h"
#include "CHostCUDADriver.h"
#include "CHostCUDAProducts.h"
#include "CHostCUDALaunch.h"
#include "CHostCUDAPlan.h"
#include "CHostCUDAPlanned.h"

#pragma clang assume_nonnull begin

typedef struct CUDAModule {
    const char *name;
    /// The file among the sources that holds it all, by including the others.
    const char *source;
    /// 70 for 7.0.
    int capability;
    /// Whether only this very capability runs it, as with sm_90a.
    int isExact;
    /// Ends in a zero byte, which `byteCount` does not count.
    const char *ptx;
    size_t byteCount;
} CUDAModule;

typedef struct CUDAKernel {
    const char *module;
    const char *name;
    /// Of the structure that it takes.
    size_t argumentBytes;
    unsigned threads;
} CUDAKernel;

/// A file of CUDA C++, under the name by which others include it.
typedef struct CUDASource {
    const char *name;
    const char *text;
    size_t byteCount;
} CUDASource;

const CUDAModule *cuda_modules(size_t *count);
const CUDAKernel *cuda_kernels(size_t *count);
const CUDASource *cuda_sources(size_t *count);

#pragma clang assume_nonnull end
#endif
