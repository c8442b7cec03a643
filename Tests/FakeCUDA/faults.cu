// A kernel for each thing that a kernel can do wrong, which the driver has to name; and some that are right and look odd.
#include "device.inc"

struct FaultArguments {
    float *y;
    const float *x;
    int n;
};

// MARK: Wrong

extern "C" __global__ void bad_index(ARGUMENTS FaultArguments a) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i <= a.n) a.y[i] = 1;
}
extern "C" __global__ void bad_read(ARGUMENTS FaultArguments a) { a.y[threadIdx.x] = a.x[(int)threadIdx.x + a.n]; }
extern "C" __global__ void bad_barrier(ARGUMENTS FaultArguments a) {
    if (threadIdx.x < 32) __syncthreads();
    a.y[threadIdx.x] = 1;
}
extern "C" __global__ void bad_barriers(ARGUMENTS FaultArguments a) {
    if (threadIdx.x < 32) {
        __syncthreads();
        a.y[0] = 1;
    } else {
        __syncthreads();
        a.y[1] = 1;
    }
}
extern "C" __global__ void bad_shuffle(ARGUMENTS FaultArguments a) {
    float v = threadIdx.x;
    if (threadIdx.x < 16) v = __shfl_xor_sync(~0u, v, 1);
    __syncthreads();
    a.y[threadIdx.x] = v;
}
/// No barrier between what some write and others read: NaN in one order at least.
extern "C" __global__ void bad_race(ARGUMENTS FaultArguments a) {
    __shared__ float s[64];
    s[threadIdx.x] = threadIdx.x;
    a.y[threadIdx.x] = s[63 - threadIdx.x];
}
extern "C" __global__ void bad_fresh(ARGUMENTS FaultArguments a) {
    __shared__ float s[64];
    if (threadIdx.x) s[threadIdx.x] = 1;
    __syncthreads();
    a.y[threadIdx.x] = s[threadIdx.x];
}
extern "C" __global__ void bad_shared(ARGUMENTS FaultArguments a) {
    __shared__ float s[64];
    s[threadIdx.x + a.n] = 1;
    __syncthreads();
    a.y[threadIdx.x] = s[threadIdx.x];
}
extern "C" __global__ void bad_dynamic(ARGUMENTS FaultArguments a) {
    DYNAMIC_SHARED(float, s);
    s[threadIdx.x + a.n] = 1;
    __syncthreads();
    a.y[threadIdx.x] = s[threadIdx.x];
}
extern "C" __global__ void bad_align(ARGUMENTS FaultArguments a) {
    a.y[threadIdx.x] = ((const float4 *)(a.x + 1))[threadIdx.x].x;
}
extern "C" __global__ void bad_divide(ARGUMENTS FaultArguments a) { a.y[threadIdx.x] = (float)(7 / ((int)threadIdx.x - 3)); }
/// Reads what an asynchronous copy brings before it has waited for it.
extern "C" __global__ void bad_copy(ARGUMENTS FaultArguments a) {
    __shared__ uint4 s[32];
    copy_async(shared_address(&s[threadIdx.x]), (const uint4 *)a.x + threadIdx.x);
    commit_copies();
    if (a.n) wait_for_copies<0>();
    uint4 v = s[threadIdx.x];
    wait_for_copies<0>();
    ((uint4 *)a.y)[threadIdx.x] = v;
}
extern "C" __global__ void bad_loop(ARGUMENTS FaultArguments a) {
    volatile int n = a.n;
    while (n == a.n) continue;
    a.y[0] = 1;
}
extern "C" __global__ void bad_spin(ARGUMENTS FaultArguments a) {
    while (*(volatile const float *)a.x != 12345.0f) __syncwarp();
    a.y[0] = 1;
}

// MARK: Right

/// Lanes that have ended are not waited for.
extern "C" __global__ void some_end(ARGUMENTS FaultArguments a) {
    if ((threadIdx.x & 31) >= 24) return;
    float v = 1;
    v += __shfl_xor_sync(~0u, v, 1);
    a.y[threadIdx.x] = v;
}
extern "C" __global__ void end_late(ARGUMENTS FaultArguments a) {
    int lane = threadIdx.x & 31;
    if (lane < 8) {
        a.y[lane] = __ballot_sync(~0u, 1);
        return;
    }
    __syncwarp(0xffffff00u);
}
