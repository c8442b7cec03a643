// Counts the calls that take memory, in a program that this library is preloaded into; see allocations.py.
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

// The C library's own functions under their other names: looking them up by dlsym would itself allocate.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static _Atomic uint64_t calls;

#define COUNTED atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed)

void *malloc(size_t size) { COUNTED; return __libc_malloc(size); }
void *calloc(size_t count, size_t size) { COUNTED; return __libc_calloc(count, size); }
void *realloc(void *memory, size_t size) { COUNTED; return __libc_realloc(memory, size); }
void *memalign(size_t alignment, size_t size) { COUNTED; return __libc_memalign(alignment, size); }
void *aligned_alloc(size_t alignment, size_t size) { COUNTED; return __libc_memalign(alignment, size); }

int posix_memalign(void **memory, size_t alignment, size_t size) {
    COUNTED;
    *memory = __libc_memalign(alignment, size);
    return *memory ? 0 : 12;
}

__attribute__((destructor)) static void report(void) {
    char line[64];
    int length = snprintf(line, sizeof line, "allocations %llu\n", (unsigned long long)atomic_load(&calls));
    if (write(STDERR_FILENO, line, (size_t)length) < 0) return;
}
