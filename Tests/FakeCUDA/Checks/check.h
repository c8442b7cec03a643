// What the checks share: the driver as a program calls it, memory, passes, comparisons.
#pragma once
#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>
extern "C" {
#include "CHostCUDA.h"
}

using Numbers = std::vector<float>;
using Doubles = std::vector<double>;
/// What a check compares between orders.
using Results = std::vector<Numbers>;

// MARK: The driver

struct LaunchAttribute {
    int id, padding, value[16];
};
struct LaunchConfiguration {
    unsigned grid[3], block[3], shared;
    void *stream;
    LaunchAttribute *attributes;
    unsigned count;
};
/// Functions of the driver, found in a library that is named when the checks begin: the fake one, or that of a card.
#define DRIVER_FUNCTIONS(F)                                                                                                     \
    F(cuInit, (unsigned))                                                                                                       \
    F(cuDriverGetVersion, (int *))                                                                                              \
    F(cuDeviceGetCount, (int *))                                                                                                \
    F(cuDeviceGetAttribute, (int *, int, int))                                                                                  \
    F(cuDevicePrimaryCtxRetain, (void **, int))                                                                                 \
    F(cuDevicePrimaryCtxRelease_v2, (int))                                                                                      \
    F(cuCtxSetCurrent, (void *))                                                                                                \
    F(cuCtxSynchronize, ())                                                                                                     \
    F(cuMemGetInfo_v2, (size_t *, size_t *))                                                                                    \
    F(cuMemAlloc_v2, (unsigned long long *, size_t))                                                                            \
    F(cuMemFree_v2, (unsigned long long))                                                                                       \
    F(cuMemHostAlloc, (void **, size_t, unsigned))                                                                              \
    F(cuMemFreeHost, (void *))                                                                                                  \
    F(cuMemHostRegister_v2, (void *, size_t, unsigned))                                                                         \
    F(cuMemHostUnregister, (void *))                                                                                            \
    F(cuMemcpyHtoD_v2, (unsigned long long, const void *, size_t))                                                              \
    F(cuMemcpyDtoH_v2, (void *, unsigned long long, size_t))                                                                    \
    F(cuMemcpyHtoDAsync_v2, (unsigned long long, const void *, size_t, void *))                                                 \
    F(cuMemcpyDtoHAsync_v2, (void *, unsigned long long, size_t, void *))                                                       \
    F(cuMemsetD8_v2, (unsigned long long, unsigned char, size_t))                                                               \
    F(cuModuleLoadDataEx, (void **, const void *, unsigned, int *, void **))                                                    \
    F(cuModuleUnload, (void *))                                                                                                 \
    F(cuModuleGetFunction, (void **, void *, const char *))                                                                     \
    F(cuFuncSetAttribute, (void *, int, int))                                                                                   \
    F(cuLaunchKernel, (void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void *, void **, void **)) \
    F(cuLaunchKernelEx, (const LaunchConfiguration *, void *, void **, void **))                                                \
    F(cuStreamCreate, (void **, unsigned))                                                                                      \
    F(cuStreamDestroy_v2, (void *))                                                                                             \
    F(cuStreamSynchronize, (void *))                                                                                            \
    F(cuStreamWaitEvent, (void *, void *, unsigned))                                                                            \
    F(cuStreamBeginCapture_v2, (void *, int))                                                                                   \
    F(cuStreamEndCapture, (void *, void **))                                                                                    \
    F(cuGraphInstantiateWithFlags, (void **, void *, unsigned long long))                                                       \
    F(cuGraphLaunch, (void *, void *))                                                                                          \
    F(cuGraphDestroy, (void *))                                                                                                 \
    F(cuGraphExecDestroy, (void *))                                                                                             \
    F(cuEventCreate, (void **, unsigned))                                                                                       \
    F(cuEventDestroy_v2, (void *))                                                                                              \
    F(cuEventRecord, (void *, void *))                                                                                          \
    F(cuEventQuery, (void *))                                                                                                   \
    F(cuEventElapsedTime, (float *, void *, void *))                                                                            \
    F(cuGetErrorName, (int, const char **))
#define DECLARE(NAME, PARAMETERS) extern int(*NAME) PARAMETERS;
DRIVER_FUNCTIONS(DECLARE)
/// Only of the fake driver.
extern bool isFake;
extern void (*fakecuda_configure)(const char *);
extern void (*fakecuda_order)(const char *);
extern const char *(*fakecuda_message)();
extern unsigned long (*fakecuda_count)(int);
/// A function of a module that is in the binary.
void *kernel_function(const char *kernel);

/// Fails the check that runs, unless the code is 0.
void ok(int code, const char *what);

/// Memory on the device, freed with the object.
class Memory {
public:
    explicit Memory(size_t bytes);
    template <class T> explicit Memory(const std::vector<T> &v) : Memory(v.size() * sizeof(T)) { write(v.data(), bytes_); }
    ~Memory();
    Memory(const Memory &) = delete;
    unsigned long long address() const { return address_; }
    void write(const void *p, size_t bytes);
    template <class T> std::vector<T> read() const {
        std::vector<T> v(bytes_ / sizeof(T));
        readInto(v.data());
        return v;
    }

private:
    void readInto(void *p) const;
    unsigned long long address_ = 0;
    size_t bytes_;
};
/// An address of numbers that live until the check ends.
unsigned long long on_device(const Numbers &v);

/// Runs a kernel of the modules that are in the binary.
void launch(const char *kernel, CUDALaunch size, const void *arguments);
template <class A> void launch(const char *kernel, CUDALaunch size, const A &a) { launch(kernel, size, (const void *)&a); }

// MARK: Passes

/// Sequences of these lengths, with a state each, and all that kernels want to know of them.
class Batch {
public:
    Batch(std::vector<int> lengths, size_t stateCount, std::vector<int> outputs = {});
    /// The sequences of another, and their states as they were.
    Batch(const std::vector<int> &starts, const std::vector<Numbers> &states);
    Pass pass() const { return pass_; }
    int tokens() const { return starts.back(); }
    int sequences() const { return (int)starts.size() - 1; }
    int chunks() const { return (int)chunkCount; }
    std::vector<int> starts, outputs;
    /// Before the pass, and what the device has now.
    std::vector<Numbers> states;
    std::vector<Numbers> statesNow() const;

private:
    void place(const std::vector<int> &lengths);
    Pass pass_;
    size_t chunkCount;
    std::vector<std::unique_ptr<Memory>> memory, stateMemory;
};
/// Lengths that checks are made with: one token, several, whole chunks, ragged ones, many sequences.
extern const std::vector<std::vector<int>> batches;

// MARK: Numbers

Numbers random_numbers(size_t count, float low, float high);
double half(unsigned short v, int type);

// MARK: Checks

/// A check is run with the threads in several orders, and has to give the same bits in each: `body` returns its results.
void check(const std::string &name, const std::function<Results()> &body);
/// A check that sees to the order itself.
void check_once(const std::string &name, const std::function<void()> &body);
/// Fails unless |a - b| ≤ tolerance · (1 + |b|), and NaN where b is NaN.
void expect_close(const Numbers &a, const Doubles &b, double tolerance, const char *what);
/// Rounded numbers are those of the others, rounded.
void expect_rounded(const std::vector<unsigned short> &rounded, const Numbers &values, int type);
void expect(bool holds, const std::string &what);

void check_elements();
void check_norms();
void check_recurrences();
void check_measures();
void check_faults();
/// How long kernels take at the sizes of large models; on a card.
void print_times(int capability);
