// Runs every kernel of every table that this machine has against the scalar table. Arguments: the name of the table that
// must be the fastest here, if that is known. One line for each group that fails, then how many passed and failed.
// Anonymous maps and dprintf are no part of C11.
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "check.h"

static char place[256];
static bool good;

void checking(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(place, sizeof place, format, arguments);
    va_end(arguments);
}

void expect(bool holds, const char *what) {
    // The first failure of a group is enough.
    if (!holds && good) printf("✘ %s: %s\n", place, what);
    good = good && holds;
}

void expect_close(const float *a, const float *b, size_t n, float tolerance, bool relative) {
    char text[128];
    EACH(i, n) {
        if (a[i] == b[i] || (a[i] != a[i] && b[i] != b[i])) continue;
        float limit = tolerance * (relative && fabsf(b[i]) > 1 ? fabsf(b[i]) : 1);
        // Beside an infinite number the limit may be infinite, too, and everything within it.
        if (!isinf(b[i]) && fabsf(a[i] - b[i]) <= limit) continue;
        snprintf(text, sizeof text, "number %zu of %zu is %.9g, expected %.9g within %g", i, n, a[i], b[i], limit);
        return expect(false, text);
    }
}

void expect_bits(const void *a, const void *b, size_t bytes) {
    const unsigned char *x = a, *y = b;
    char text[128];
    EACH(i, bytes) {
        if (x[i] == y[i]) continue;
        snprintf(text, sizeof text, "byte %zu of %zu is %d, expected %d", i, bytes, x[i], y[i]);
        return expect(false, text);
    }
}

static uint64_t split_mix(uint64_t *state) {
    uint64_t bits = *state += 0x9E3779B97F4A7C15;
    bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9;
    bits = (bits ^ bits >> 27) * 0x94D049BB133111EB;
    return bits ^ bits >> 31;
}

size_t below(uint64_t *seed, size_t bound) {
    return split_mix(seed) % bound;
}

void fill(float *x, size_t n, uint64_t seed, float low, float high) {
    EACH(i, n) x[i] = low + (high - low) * (float)(split_mix(&seed) >> 40) / (float)(1 << 24);
}

static struct { void *start; size_t bytes; } mapped[256];
static size_t mapped_count;

void *guarded(size_t bytes, size_t shift) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE), open = (bytes + shift + page - 1) / page * page;
    char *start = mmap(NULL, open + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED || mapped_count == COUNT(mapped) || mprotect(start + open, page, PROT_NONE) != 0) {
        perror("guarded memory");
        exit(1);
    }
    // NaN in every type: what is used without having been written shows.
    memset(start, 0xFF, open);
    mapped[mapped_count].start = start;
    mapped[mapped_count++].bytes = open + page;
    return start + open - shift - bytes;
}

float *numbers(size_t n, uint64_t seed, float low, float high) {
    float *x = guarded(n * sizeof *x, 0);
    fill(x, n, seed, low, high);
    return x;
}

void *copy(const void *x, size_t bytes) {
    return memcpy(guarded(bytes, 0), x, bytes);
}

void release(void) {
    while (mapped_count > 0) {
        mapped_count--;
        munmap(mapped[mapped_count].start, mapped[mapped_count].bytes);
    }
}

const rk_kernels *scalar(void) {
    return rk_kernels_for(RK_ISA_SCALAR);
}

static void stopped(int number) {
    signal(number, SIG_DFL);
    dprintf(STDOUT_FILENO, "✘ %s: stopped by signal %d\n", place, number);
    raise(number);
}

int main(int count, char **arguments) {
    const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE};
    EACH(i, COUNT(signals)) signal(signals[i], stopped);
    unsigned passed = 0, failed = 0;
    if (count > 1) {
        good = true;
        checking("the fastest table is %s", rk_kernels_best()->name);
        expect(strcmp(rk_kernels_best()->name, arguments[1]) == 0, "another one was expected");
        good ? passed++ : failed++;
    }
    for (int isa = 0; isa < RK_ISA_COUNT; isa++) {
        const rk_kernels *table = rk_kernels_for((rk_isa)isa);
        if (!table) continue;
        const struct { const group *first; size_t count; } all[] = {
            {product_groups, COUNT(product_groups)}, {strip_groups, COUNT(strip_groups)}, {vector_groups, COUNT(vector_groups)},
        };
        EACH(g, COUNT(all)) EACH(i, all[g].count) {
            const group *one = &all[g].first[i];
            if (table == scalar() && !one->has_formula) continue;
            good = true;
            checking("%s %s", table->name, one->name);
            one->check(table, one->kind);
            release();
            good ? passed++ : failed++;
        }
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed > 0;
}
