// How kernels are launched: the grid and the shared memory that follow from what they are given. `rows` is the greatest
// number of rows that the launch is to serve; fewer are always fine.
#ifndef CHOSTCUDA_LAUNCH_H
#define CHOSTCUDA_LAUNCH_H

#include "CHostCUDAArguments.h"
#include "CHostCUDAProducts.h"

typedef struct CUDALaunch {
    unsigned x, y, z;
    unsigned threads;
    /// Bytes of dynamic shared memory.
    unsigned shared;
} CUDALaunch;

static inline unsigned cuda_blocks(int count, int perBlock) {
    return count > 0 ? (unsigned)((count + perBlock - 1) / perBlock) : 1;
}
/// The second and third size of a grid end at 65535; kernels take the rows beyond in turn.
static inline unsigned cuda_grid_rows(int rows) { return rows < 1 ? 1 : rows > 65535 ? 65535 : (unsigned)rows; }

/// Of all kernels that take ElementArguments.
static inline CUDALaunch cuda_launch_elements(ElementArguments a, int rows) {
    return (CUDALaunch){cuda_blocks(a.width, 256), cuda_grid_rows(rows), 1, 256, 0};
}

#endif
