// What the kernel checks share: numbers, memory that ends where nothing may be touched, comparisons, the list of groups.
#ifndef CHECK_H
#define CHECK_H

#include "hostkernels.h"

/// Numbers between two bounds, the same on every run.
void fill(float *x, size_t n, uint64_t seed, float low, float high);
/// A whole number below `bound`.
size_t below(uint64_t *seed, size_t bound);

/// Memory whose last byte is `shift` bytes before a page that must not be touched; it holds until `release`.
void *guarded(size_t bytes, size_t shift);
/// Guarded floats with random content.
float *numbers(size_t n, uint64_t seed, float low, float high);
void *copy(const void *x, size_t bytes);
void release(void);

/// Says which kernel and shape come next, for the message of a failure or of a signal.
__attribute__((format(printf, 1, 2))) void checking(const char *format, ...);
/// Fails the group that runs, unless `holds`.
void expect(bool holds, const char *what);
/// Fails unless the arrays agree: |a - b| ≤ tolerance, times |b| where that is above 1 and `relative`; NaN
/// equals NaN, and an infinity only itself.
void expect_close(const float *a, const float *b, size_t n, float tolerance, bool relative);
void expect_bits(const void *a, const void *b, size_t bytes);

typedef struct group {
    const char *name;
    void (*check)(const rk_kernels *table, int kind);
    int kind;
    /// Also holds the scalar table against a formula or the C library; otherwise it is what others are held against.
    bool has_formula;
} group;

extern const group product_groups[8], strip_groups[6], vector_groups[11];

const rk_kernels *scalar(void);

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define EACH(i, n) for (size_t i = 0; i < (n); i++)

#endif
