// Plans of products behind a pointer, since Swift knows no memory that is aligned to 64 bytes.
#ifndef CHOSTCUDA_PLANNED_H
#define CHOSTCUDA_PLANNED_H

#include "CHostCUDADriver.h"
#include "CHostCUDAPlan.h"

#pragma clang assume_nonnull begin

/// The launches of a plan.
typedef struct CUDALaunches *CUDALaunchesRef;

/// As `cuda_plan_products`; null without memory.
CUDALaunchesRef _Nullable cuda_launches_make(
    CUDADevice device, const ProductPart *parts, int count, Pass pass, int unit, int rows, unsigned long long scratch);
/// As `cuda_plan_mixed`; null without memory.
CUDALaunchesRef _Nullable cuda_launches_make_mixed(
    CUDADevice device, const ProductPart *parts, int count, Pass pass, const MixedRow *row, unsigned long long scratch);
void cuda_launches_free(CUDALaunchesRef launches);

int cuda_launches_count(CUDALaunchesRef launches);
const char *cuda_launches_kernel(CUDALaunchesRef launches, int index);
CUDALaunch cuda_launches_size(CUDALaunchesRef launches, int index);
size_t cuda_launches_argument_bytes(CUDALaunchesRef launches, int index);
const void *cuda_launches_arguments(CUDALaunchesRef launches, int index);

/// Has the driver describe the matrices of a launch that hardware copies, and puts the descriptions into its arguments.
HostCUDAResult cuda_launches_encode(const struct HostCUDADriver *driver, CUDALaunchesRef launches, int index);

#pragma clang assume_nonnull end
#endif
