// What a kernel may name, for compilers of C++: included before a .cu that is compiled for the CPU. Attributes, indices,
// vectors, barriers, warp collectives and intrinsics of CUDA C++, as far as kernels without headers use them.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#define FAKECUDA 1
#define __global__
#define __device__
#define __host__
#define __constant__ static const
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __grid_constant__
#define __align__(n) __attribute__((aligned(n)))
// Threads of a block are fibers of one system thread, so what is local to that thread is the block's own. The driver's library
// has no other variables of this kind.
#define __shared__ static thread_local

struct alignas(8) float2 { float x, y; };
struct float3 { float x, y, z; };
struct alignas(16) float4 { float x, y, z, w; };
struct alignas(8) uint2 { unsigned x, y; };
struct alignas(16) uint4 { unsigned x, y, z, w; };
struct alignas(8) int2 { int x, y; };
struct alignas(16) int4 { int x, y, z, w; };
struct uint3 { unsigned x, y, z; };
struct dim3 { unsigned x, y, z; };
inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }
inline int2 make_int2(int x, int y) { return {x, y}; }
inline int4 make_int4(int x, int y, int z, int w) { return {x, y, z, w}; }

// MARK: What the driver offers to kernels and to the twins of PTX

/// A place in a kernel where threads meet. Compilers that do not count columns take all of a line for one place.
struct FakeSite { const char *what, *file; int line, column; };
/// One lane's part in what a warp does together.
struct FakeLane { const void *in; void *out; int argument; };
using FakeOperation = void (*)(FakeLane *lanes, unsigned active);
struct FakeIndices { uint3 thread, block; dim3 threads, blocks; };

extern "C" {
/// Of the running thread.
extern FakeIndices *fake_indices;
/// Ends the launch with an error, as the hardware would.
[[noreturn]] void fake_fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));
/// Waits until `count` threads have come to barrier `id`, or all threads where count is 0.
void fake_barrier(FakeSite site, int id, int count);
/// Lanes of `mask` meet; the operation runs once, with all of them.
void fake_collective(FakeSite site, unsigned mask, const void *in, void *out, int argument, FakeOperation operation);
/// Lets other threads run, in loops that wait for them.
void fake_pause(FakeSite site);
/// The block's dynamic shared memory, which ends where nobody may write.
void *fake_dynamic_shared();
/// A 32-bit address of shared memory, and back, checked.
unsigned fake_shared_address(const void *pointer);
void *fake_shared(unsigned address, unsigned bytes);
/// Copies that land when they are waited for, and not before.
void fake_copy_async(unsigned shared, const void *global, unsigned bytes);
void fake_copy_commit();
void fake_copy_wait(int newest);
}
/// What cuTensorMapEncodeTiled writes here.
struct FakeTensorMap {
    unsigned magic, type, rank, swizzle;
    const char *base;
    unsigned long long sizes[5], strides[5];
    unsigned box[5];
};
constexpr unsigned fakeTensorMapMagic = 0x7EA50A9Eu;

#if !defined(__has_builtin)
#define __has_builtin(x) 0
#endif
#if __has_builtin(__builtin_COLUMN)
#define FAKE_COLUMN __builtin_COLUMN()
#else
#define FAKE_COLUMN 0
#endif
#define FAKE_HERE int line = __builtin_LINE(), int column = FAKE_COLUMN, const char *file = __builtin_FILE()
#define FAKE_SITE(what) (FakeSite{what, file, line, column})

// MARK: CUDA C++

#define threadIdx (fake_indices->thread)
#define blockIdx (fake_indices->block)
#define blockDim (fake_indices->threads)
#define gridDim (fake_indices->blocks)
#define warpSize 32

inline void __syncthreads(FAKE_HERE) { fake_barrier(FAKE_SITE("__syncthreads"), 0, 0); }
inline void __syncwarp(unsigned mask = ~0u, FAKE_HERE) {
    fake_collective(FAKE_SITE("__syncwarp"), mask, nullptr, nullptr, 0, [](FakeLane *, unsigned) {});
}
inline void __threadfence() {}
inline void __threadfence_block() {}

/// Each lane gets the value of the lane that `source` names; of itself where that is outside the warp.
template <class T, class Source> inline void fake_gather(FakeLane *lanes, unsigned active, Source source) {
    T values[32];
    for (int i = 0; i < 32; i++) {
        if (active >> i & 1) values[i] = *(const T *)lanes[i].in;
    }
    for (int i = 0; i < 32; i++) {
        if (!(active >> i & 1)) continue;
        int from = source(i, lanes[i].argument);
        if (from < 0 || from > 31) from = i;
        if (!(active >> from & 1)) fake_fail(719, "a shuffle of lane %d reads lane %d, which takes no part", i, from);
        *(T *)lanes[i].out = values[from];
    }
}
#define FAKE_SHUFFLE(NAME, SOURCE)                                                                         \
    template <class T> inline T NAME(unsigned mask, T v, int by, int width = 32, FAKE_HERE) {              \
        T r;                                                                                               \
        if (width != 32) fake_fail(719, #NAME " with a width other than 32");                              \
        fake_collective(FAKE_SITE(#NAME), mask, &v, &r, by, [](FakeLane *lanes, unsigned active) {         \
            fake_gather<T>(lanes, active, [](int i, int by) { (void)i; return SOURCE; });                  \
        });                                                                                                \
        return r;                                                                                          \
    }
FAKE_SHUFFLE(__shfl_xor_sync, i ^ by)
FAKE_SHUFFLE(__shfl_down_sync, i + by)
FAKE_SHUFFLE(__shfl_up_sync, i - by)
FAKE_SHUFFLE(__shfl_sync, by & 31)
inline unsigned __ballot_sync(unsigned mask, int predicate, FAKE_HERE) {
    unsigned r;
    fake_collective(FAKE_SITE("__ballot_sync"), mask, nullptr, &r, predicate != 0, [](FakeLane *lanes, unsigned active) {
        unsigned bits = 0;
        for (int i = 0; i < 32; i++) {
            if (active >> i & 1) bits |= unsigned(lanes[i].argument) << i;
        }
        for (int i = 0; i < 32; i++) {
            if (active >> i & 1) *(unsigned *)lanes[i].out = bits;
        }
    });
    return r;
}
inline int __any_sync(unsigned mask, int p, FAKE_HERE) { return __ballot_sync(mask, p, line, column, file) != 0; }
inline int __all_sync(unsigned mask, int p, FAKE_HERE) { return __ballot_sync(mask, !p, line, column, file) == 0; }

inline int __popc(unsigned v) { return __builtin_popcount(v); }
inline int __ffs(int v) { return __builtin_ffs(v); }
inline int __clz(int v) { return v ? __builtin_clz(v) : 32; }
template <class T> inline T __ldg(const T *p) { return *p; }
template <class T> inline T atomicAdd(T *p, T v) { T old = *p; *p = old + v; return old; }
template <class T> inline T atomicMax(T *p, T v) { T old = *p; if (v > old) *p = v; return old; }
template <class T> inline T atomicOr(T *p, T v) { T old = *p; *p = old | v; return old; }
inline float __uint_as_float(unsigned v) { float r; memcpy(&r, &v, 4); return r; }
inline float __int_as_float(int v) { float r; memcpy(&r, &v, 4); return r; }
inline unsigned __float_as_uint(float v) { unsigned r; memcpy(&r, &v, 4); return r; }
inline int __float_as_int(float v) { int r; memcpy(&r, &v, 4); return r; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float rsqrtf(float x) { return 1 / sqrtf(x); }
inline int __float2int_rn(float x) { return (int)lrintf(x); }
// The C library declares functions of some of these names.
#define __expf(x) expf(x)
#define __logf(x) logf(x)
#define __fdividef(a, b) ((a) / (b))
#define __cvta_generic_to_shared(p) ((size_t)fake_shared_address(p))
inline int min(int a, int b) { return a < b ? a : b; }
inline int max(int a, int b) { return a > b ? a : b; }
inline unsigned min(unsigned a, unsigned b) { return a < b ? a : b; }
inline unsigned max(unsigned a, unsigned b) { return a > b ? a : b; }

// MARK: The list of kernels

struct FakeKernel {
    const char *name, *module;
    size_t argumentBytes;
    unsigned threads;
    void (*call)(const void *argument);
    /// The next in the list, and which part of the static shared memory it was seen to write.
    FakeKernel *next;
    size_t low, high;
    int scans;
};
extern "C" void fake_register(FakeKernel *kernel);
/// After the kernels of a module; a line of kernels.def says the rest.
#define FAKE_KERNEL(MODULE, NAME, ARGUMENTS, THREADS)                                                          \
    static FakeKernel fake_kernel_##NAME = {                                                                   \
        #NAME, #MODULE, sizeof(ARGUMENTS), THREADS, [](const void *a) { NAME(*(const ARGUMENTS *)a); },        \
        nullptr, 0, 0, 0};                                                                                     \
    static const bool fake_registered_##NAME = (fake_register(&fake_kernel_##NAME), true);
