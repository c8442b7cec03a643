// Which kernels products take, on which grids, with which arguments: the caller launches what it is given. No CUDA call is made
// here, and the same question has the same answer, so that the same shapes give the same bits.
#ifndef CHOSTCUDA_PLAN_H
#define CHOSTCUDA_PLAN_H

#include <stddef.h>
#include "CHostCUDAArguments.h"
#include "CHostCUDALaunch.h"

#pragma clang assume_nonnull begin

/// What kernels are chosen by.
typedef struct CUDADevice {
    /// Ten times the major number of the compute capability, and the minor one.
    int capability;
    /// Streaming multiprocessors.
    int processors;
    /// Shared memory that a block may have when it asks for it.
    int sharedBytes;
} CUDADevice;

/// How a matrix lies; see CHostCUDAProducts.h.
typedef struct WeightLayout {
    /// Bytes from one row to the next.
    unsigned long long pitch;
    /// Where the scales of quantised weights begin.
    unsigned long long scales;
    /// All in all.
    unsigned long long bytes;
} WeightLayout;

WeightLayout cuda_weight_layout(int type, int outputs, int columns);

/// Grids of what runs at load: mk_place and mk_widen_TYPE, mk_quantise_i8 and mk_quantise_i4, mk_turn.
CUDALaunch cuda_launch_place(WeightArguments a);
CUDALaunch cuda_launch_quantise(WeightArguments a);
CUDALaunch cuda_launch_turn(WeightArguments a);

/// What shows how fast a device's tensor cores are.
typedef struct PeakPlan {
    /// Null where the device has none that products use.
    const char *_Nullable kernel;
    CUDALaunch size;
    /// Floating-point operations of the whole grid in one round.
    double operations;
} PeakPlan;

PeakPlan cuda_plan_peak(CUDADevice device);

/// A `CUtensorMap` that the caller encodes into a launch's arguments: two dimensions, tiles of boxRows × 64 numbers of 16 bits,
/// swizzled by 128 bytes, zeros outside, fetched into the second cache by 256 bytes.
typedef struct TensorMapRequest {
    unsigned long long address;
    /// Of the matrix, and bytes from one row to the next.
    unsigned long long rows, columns, pitch;
    unsigned boxRows, boxColumns;
    /// NUMBER_F16 or NUMBER_BF16.
    int type;
    /// Where in the arguments its 128 bytes go, a multiple of 64.
    unsigned offset;
} TensorMapRequest;

enum { CUDA_MAPS = 2 * CUDA_PRODUCTS, CUDA_ARGUMENT_BYTES = 1536, CUDA_PLAN_LAUNCHES = 64 };

/// One kernel of a plan.
typedef struct PlannedLaunch {
    const char *kernel;
    CUDALaunch size;
    unsigned argumentBytes;
    unsigned mapCount;
    TensorMapRequest maps[CUDA_MAPS];
    /// The structure that the kernel takes.
    _Alignas(64) unsigned char arguments[CUDA_ARGUMENT_BYTES];
} PlannedLaunch;

/// Plans up to CUDA_PRODUCTS products that do not depend on each other, for at most `rows` rows, to be launched in order.
///
/// - Parameters:
///   - scratch: memory of `cuda_scratch_bytes`, which products may share that run one after the other. Its first
///     CUDA_TICKET_BYTES are zero before the first product; products leave them so.
///   - launches: room for CUDA_PLAN_LAUNCHES.
/// - Returns: how many there are.
int cuda_plan_products(
    CUDADevice device, const ProductPart *parts, int count, Pass pass, int unit, int rows, unsigned long long scratch,
    PlannedLaunch *launches);

/// Plans products of a pass of one token that read mixes of one normalised row, together with what makes these mixes.
///
/// - Parameters:
///   - parts: `x` is not read.
///   - row: its first fields.
///   - scratch: as above.
/// - Returns: the number of launches: one, or none where no kernel does that.
int cuda_plan_mixed(
    CUDADevice device, const ProductPart *parts, int count, Pass pass, const MixedRow *row, unsigned long long scratch,
    PlannedLaunch *launch);

typedef struct CUDASurveyedKernel {
    const char *name;
    unsigned argumentBytes;
} CUDASurveyedKernel;

enum { CUDA_SURVEYED = 24 };

/// What products need for every number of rows up to some: the kernels, each once, and the most scratch memory.
typedef struct CUDASurvey {
    int count;
    CUDASurveyedKernel kernels[CUDA_SURVEYED];
    unsigned long long scratchBytes;
} CUDASurvey;

void cuda_survey_products(CUDADevice device, const ProductPart *parts, int count, int rows, CUDASurvey *survey);

enum { CUDA_TICKET_BYTES = 65536 };

/// The scratch memory that these products need, at least CUDA_TICKET_BYTES.
unsigned long long cuda_scratch_bytes(CUDADevice device, const ProductPart *parts, int count, int rows);

#pragma clang assume_nonnull end
#endif
