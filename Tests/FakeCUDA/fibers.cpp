// Runs kernels: the threads of a block are fibers of the calling thread, one block after the other. Which thread goes on is
// decided here and nowhere else, so that a run can be repeated, and turned round.
#include <algorithm>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include "driver.h"
#include "fakecuda.h"

Counters counters;
FakeIndices *fake_indices;

namespace {

constexpr size_t stackBytes = 64 << 10, pageBytes = 4096;
/// No device has more dynamic shared memory; its addresses begin above those of static shared memory.
constexpr size_t sharedRoom = 228 << 10, sharedBase = 1 << 24;

enum class State : unsigned char { runs, paused, atWarp, atBarrier, ended };
struct AsyncCopy { unsigned shared; const void *global; unsigned bytes; int group; };

struct Fiber {
    FakeIndices indices;
    void *stackPointer;
    char *stackTop, *guardEnd;
    int number;
    State state;
    /// Where it waits, and for what.
    FakeSite site;
    unsigned mask;
    int barrier;
    const void *in;
    void *out;
    int argument;
    FakeOperation operation;
    /// Woken because a lane ended, which may be the one that was missing.
    bool again;
    std::vector<AsyncCopy> copies;
    int group;
};

std::vector<Fiber *> fibers;
Fiber *running;
Launch *launch;
int threads;
unsigned blockNumber;
void *mainStack;
int failure;
/// Whether the running thread is in the driver's code, where it must not be torn away.
volatile bool inDriver;
volatile bool isLate;
/// Lanes of each warp that have ended, and that wait at a collective.
int endedLanes[32], waitingLanes[32];
struct Barrier { int count, arrived; } barriers[16];
char *dynamicEnd;
char *staticShared;
size_t staticBytes;

}  // namespace

// MARK: Switching

extern "C" void fake_switch(void **save, void *to);

#if defined(__x86_64__)
asm(R"(
.text
.type fake_switch,@function
.hidden fake_switch
.globl fake_switch
fake_switch:
    pushq %rbp; pushq %rbx; pushq %r12; pushq %r13; pushq %r14; pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15; popq %r14; popq %r13; popq %r12; popq %rbx; popq %rbp
    ret
)");
constexpr int savedWords = 6;
#elif defined(__aarch64__)
asm(R"(
.text
.hidden fake_switch
.globl fake_switch
fake_switch:
    sub sp, sp, #160
    stp x19, x20, [sp]
    stp x21, x22, [sp, #16]
    stp x23, x24, [sp, #32]
    stp x25, x26, [sp, #48]
    stp x27, x28, [sp, #64]
    stp x29, x30, [sp, #80]
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    mov x9, sp
    str x9, [x0]
    mov sp, x1
    ldp x19, x20, [sp]
    ldp x21, x22, [sp, #16]
    ldp x23, x24, [sp, #32]
    ldp x25, x26, [sp, #48]
    ldp x27, x28, [sp, #64]
    ldp x29, x30, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    add sp, sp, #160
    ret
)");
#endif

namespace {

void leave() {
    fake_switch(&running->stackPointer, mainStack);
    inDriver = false;
}

void fiberMain() {
    for (;;) {
        inDriver = false;
        launch->kernel->call(launch->argument.data());
        inDriver = true;
        if (!running->copies.empty() && !failure) {
            failure = 719;
            message = std::string(launch->kernel->name) + ": a copy is still under way when its thread ends";
        }
        running->state = State::ended;
        endedLanes[running->number >> 5]++;
        leave();
    }
}

/// Back to the beginning of fiberMain.
void reset(Fiber *f) {
#if defined(__x86_64__)
    void **p = (void **)(f->stackTop - 16);
    *p = (void *)fiberMain;
    p -= savedWords;
    memset(p, 0, savedWords * 8);
    f->stackPointer = p;
#elif defined(__aarch64__)
    char *p = f->stackTop - 160;
    memset(p, 0, 160);
    ((void **)p)[11] = (void *)fiberMain;
    f->stackPointer = p;
#endif
}

void needFibers(int count) {
    while ((int)fibers.size() < count) {
        char *stack = (char *)mmap(nullptr, stackBytes + pageBytes, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        mprotect(stack, pageBytes, PROT_NONE);
        Fiber *f = new Fiber();
        f->guardEnd = stack + pageBytes;
        // Tops at one offset of a page would fight for the same lines of the cache: they are shifted.
        f->stackTop = stack + stackBytes + pageBytes - fibers.size() * 576 % 4032 / 64 * 64;
        f->number = (int)fibers.size();
        reset(f);
        fibers.push_back(f);
    }
}

// MARK: Shared memory

/// Shared variables of kernels are all that is local to a thread in this library.
void findStaticShared() {
    dl_iterate_phdr([](dl_phdr_info *info, size_t, void *) {
        Dl_info here;
        dladdr((void *)fake_switch, &here);
        if ((void *)info->dlpi_addr != here.dli_fbase) return 0;
        for (int i = 0; i < info->dlpi_phnum; i++) {
            if (info->dlpi_phdr[i].p_type != PT_TLS) continue;
            staticShared = (char *)info->dlpi_tls_data;
            staticBytes = info->dlpi_phdr[i].p_memsz;
        }
        return 1;
    }, nullptr);
}

/// What nobody has written reads as NaN. The part that a kernel writes is learnt from its first blocks.
void poisonShared(FakeKernel *k) {
    memset(dynamicEnd - launch->shared, 0xFF, launch->shared);
    if (k->scans < 2) {
        memset(staticShared, 0xFF, staticBytes);
    } else if (k->high > k->low) {
        memset(staticShared + k->low, 0xFF, k->high - k->low);
    }
}

void learnShared(FakeKernel *k) {
    if (k->scans >= 2) return;
    if (k->scans++ == 0) k->low = staticBytes, k->high = 0;
    for (size_t i = 0; i < staticBytes; i++) {
        if (staticShared[i] == (char)0xFF) continue;
        k->low = std::min(k->low, i & ~size_t(63));
        k->high = std::min(std::max(k->high, (i | 63) + 1), staticBytes);
    }
}

// MARK: Who waits where

std::string where(const Fiber *f) {
    char b[400];
    auto &i = f->indices;
    snprintf(b, sizeof b, "kernel %s, block (%u,%u,%u), thread (%u,%u,%u)", launch->kernel->name, i.block.x, i.block.y,
             i.block.z, i.thread.x, i.thread.y, i.thread.z);
    return b;
}

/// Neighbours that wait in the same way are put together.
std::string describe() {
    auto same = [](Fiber *a, Fiber *b) {
        if (a->state != b->state || a->state == State::ended) return a->state == b->state;
        return a->site.line == b->site.line && a->site.column == b->site.column && a->mask == b->mask
            && !strcmp(a->site.what, b->site.what);
    };
    std::string s;
    for (int i = 0, j; i < threads && s.size() < 900; i = j) {
        Fiber *f = fibers[i];
        for (j = i; j < threads && same(f, fibers[j]);) j++;
        char b[300];
        const char *slash = f->state == State::ended ? nullptr : strrchr(f->site.file, '/');
        const char *file = slash ? slash + 1 : f->state == State::ended ? "" : f->site.file;
        if (f->state == State::ended) {
            snprintf(b, sizeof b, "; threads %d-%d have ended", i, j - 1);
        } else if (f->state == State::atWarp) {
            snprintf(b, sizeof b, "; threads %d-%d wait at %s mask %08x (%s:%d)", i, j - 1, f->site.what, f->mask, file,
                     f->site.line);
        } else {
            snprintf(b, sizeof b, "; threads %d-%d wait at %s (%s:%d)", i, j - 1, f->site.what, file, f->site.line);
        }
        s += b;
    }
    return s;
}

void stuck(int code, const char *what) {
    failure = code;
    std::string w = where(fibers[0]);
    message = std::string(what) + " in " + w.substr(0, w.find(", thread")) + describe();
}

// MARK: One block

unsigned random(unsigned &seed) { return (seed = seed * 1664525 + 1013904223) >> 8; }

/// In which order the threads go: of a warp, and the warps.
void arrange(int *turn, int *warps) {
    unsigned seed = settings.order * 2654435761u + blockNumber;
    int warpCount = (threads + 31) / 32;
    for (int i = 0; i < threads; i++) turn[i] = i;
    for (int i = 0; i < warpCount; i++) warps[i] = i;
    if (settings.order == 1) std::reverse(warps, warps + warpCount);
    if (settings.order > 1) {
        for (int i = warpCount - 1; i > 0; i--) std::swap(warps[i], warps[random(seed) % (i + 1)]);
    }
    for (int w = 0; w < threads; w += 32) {
        int count = std::min(32, threads - w);
        if (settings.order == 1) std::reverse(turn + w, turn + w + count);
        if (settings.order > 1) {
            for (int i = count - 1; i > 0; i--) std::swap(turn[w + i], turn[w + random(seed) % (i + 1)]);
        }
    }
}

void run(Fiber *f) {
    counters.switches++;
    running = f;
    fake_indices = &f->indices;
    inDriver = true;
    fake_switch(&mainStack, f->stackPointer);
    inDriver = true;
    if (isLate && !failure) {
        failure = 702;
        message = where(f) + ": the launch takes longer than it may" + describe();
    }
}

/// A warp runs until all its lanes wait for others or have ended. Whether any has moved.
bool runWarp(int first, int end, const int *turn, int &seenEnded) {
    bool any = false;
    for (bool moved = true; moved;) {
        moved = false;
        for (int i = first; i < end; i++) {
            Fiber *f = fibers[turn[i]];
            if (f->state != State::runs) continue;
            moved = any = true;
            run(f);
            if (failure) return any;
        }
        if (moved || endedLanes[first >> 5] == seenEnded) continue;
        seenEnded = endedLanes[first >> 5];
        for (int i = first; i < end; i++) {
            Fiber *f = fibers[i];
            if (f->state != State::atWarp) continue;
            f->again = true;
            f->state = State::runs;
            moved = true;
            break;
        }
    }
    return any;
}

void runBlock() {
    int turn[1024], warps[32], seen[32] = {};
    arrange(turn, warps);
    memset(waitingLanes, 0, sizeof waitingLanes);
    memset(endedLanes, 0, sizeof endedLanes);
    memset(barriers, 0, sizeof barriers);
    for (int idle = 0;;) {
        bool moved = false;
        for (int w = 0; w < (threads + 31) / 32; w++) {
            int first = warps[w] * 32;
            moved |= runWarp(first, std::min(threads, first + 32), turn, seen[warps[w]]);
            if (failure) return;
        }
        int ended = 0, paused = 0, atWarp = 0;
        for (int i = 0; i < threads; i++) {
            ended += fibers[i]->state == State::ended;
            atWarp += fibers[i]->state == State::atWarp;
            if (fibers[i]->state == State::paused) fibers[i]->state = State::runs, paused++;
        }
        if (ended == threads) return;
        // Threads that only wait for each other in loops go nowhere.
        idle = paused && moved ? idle + 1 : 0;
        if (moved && idle < 100000) continue;
        if (idle >= 100000) return stuck(702, "threads wait in loops for what does not come");
        return stuck(719, atWarp ? "divergent warp collective" : "divergent barrier");
    }
}

// MARK: Faults

struct sigaction before[5];
const int caught[5] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGRTMIN + 7};
pthread_t worker;
int faultSignal;
void *faultAddress, *faultCode;
unsigned faultTrap;
bool inLaunch;

/// Runs on the fiber's own stack, from its top, in place of what failed.
[[noreturn]] void faulted() {
    inDriver = true;
    Fiber *f = running;
    Dl_info at{};
    dladdr(faultCode, &at);
    size_t offset = (char *)faultCode - (char *)at.dli_fbase;
    char b[700];
    if (faultSignal == SIGILL) {
        const char *kind = faultTrap == 18 ? "index outside of an array"
            : faultTrap == 22 ? "misaligned or null access"
            : faultTrap == 3 ? "integer division by zero" : "trap";
        failure = faultTrap == 22 ? 716 : 700;
        snprintf(b, sizeof b, "%s: %s (code at +0x%zx)", where(f).c_str(), kind, offset);
    } else if (faultSignal == SIGFPE) {
        failure = 719;
        snprintf(b, sizeof b, "%s: integer division by zero (code at +0x%zx)", where(f).c_str(), offset);
    } else if (faultSignal == caught[4]) {
        failure = 702;
        snprintf(b, sizeof b, "%s: the launch takes longer than it may (code at +0x%zx)", where(f).c_str(), offset);
    } else if ((char *)faultAddress < f->guardEnd && (char *)faultAddress >= f->guardEnd - pageBytes) {
        failure = 719;
        snprintf(b, sizeof b, "%s: more than %zu KiB of stack", where(f).c_str(), stackBytes >> 10);
    } else if ((char *)faultAddress >= dynamicEnd && (char *)faultAddress < dynamicEnd + sharedRoom) {
        failure = 700;
        snprintf(b, sizeof b, "%s: access %zu bytes behind the end of %u bytes of dynamic shared memory", where(f).c_str(),
                 (size_t)((char *)faultAddress - dynamicEnd), launch->shared);
    } else {
        failure = 700;
        snprintf(b, sizeof b, "%s: access to %p, %s (code at +0x%zx)", where(f).c_str(), faultAddress,
                 nameAddress((char *)faultAddress).c_str(), offset);
    }
    message = b;
    fake_switch(&f->stackPointer, mainStack);
    __builtin_unreachable();
}

void onSignal(int signal, siginfo_t *info, void *context) {
    int k = 0;
    while (caught[k] != signal) k++;
    if (!inLaunch || !pthread_equal(pthread_self(), worker)) {
        // Not ours: it shall happen again, to whoever was there before.
        if (k < 4) sigaction(signal, &before[k], nullptr);
        return;
    }
    if (k == 4) {
        isLate = true;
        if (inDriver) return;
    }
    auto &machine = ((ucontext_t *)context)->uc_mcontext;
    faultSignal = signal;
    faultAddress = info->si_addr;
    faultTrap = 0;
#if defined(__x86_64__)
    faultCode = (void *)machine.gregs[REG_RIP];
    auto code = (const unsigned char *)faultCode;
    // How clang spells a failed check: ud1l n(%eax), %eax.
    if (signal == SIGILL && code[0] == 0x67 && code[1] == 0x0F && code[2] == 0xB9) faultTrap = code[4];
    machine.gregs[REG_RIP] = (greg_t)faulted;
    machine.gregs[REG_RSP] = (greg_t)(running->stackTop - 8);
#elif defined(__aarch64__)
    faultCode = (void *)machine.pc;
    machine.pc = (unsigned long)faulted;
    machine.sp = (unsigned long)running->stackTop - 16;
#endif
}

/// Catches faults of kernels, and rings after the time that a launch may take.
struct Watch {
    char *stack = (char *)mmap(nullptr, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    stack_t old{};
    timer_t timer;
    Watch() {
        stack_t s{};
        s.ss_sp = stack;
        s.ss_size = 65536;
        sigaltstack(&s, &old);
        struct sigaction action{};
        action.sa_sigaction = onSignal;
        action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
        for (int i = 0; i < 5; i++) sigaction(caught[i], &action, &before[i]);
        sigevent event{};
        event.sigev_notify = SIGEV_THREAD_ID;
        event.sigev_signo = caught[4];
        event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
        timer_create(CLOCK_MONOTONIC, &event, &timer);
        // Again and again, in case it rings where nothing can be torn away.
        itimerspec time{};
        time.it_value.tv_sec = (time_t)settings.limit;
        time.it_value.tv_nsec = long((settings.limit - (double)time.it_value.tv_sec) * 1e9) | 1;
        time.it_interval.tv_nsec = 50'000'000;
        timer_settime(timer, 0, &time, nullptr);
        isLate = false;
        worker = pthread_self();
        inLaunch = true;
    }
    ~Watch() {
        timer_delete(timer);
        inLaunch = false;
        for (int i = 0; i < 5; i++) sigaction(caught[i], &before[i], nullptr);
        sigaltstack(&old, nullptr);
        munmap(stack, 65536);
    }
};

}  // namespace

// MARK: A launch

double now() {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/// Makes the library's part of each thread's local memory exist.
static thread_local volatile char touched;

int execute(Launch &l) {
    double start = now();
    launch = &l;
    threads = (int)(l.block.x * l.block.y * l.block.z);
    needFibers(threads);
    touched = 1;
    findStaticShared();
    if (!dynamicEnd) {
        char *p = (char *)mmap(nullptr, 2 * sharedRoom, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        mprotect(p, sharedRoom, PROT_READ | PROT_WRITE);
        dynamicEnd = p + sharedRoom;
    }
    // An end that is not at 16 bytes would leave the beginning misaligned.
    l.shared = (l.shared + 15) & ~15u;
    failure = 0;
    showOnly(l.context, true);
    {
        Watch watch;
        for (int t = 0; t < threads; t++) {
            unsigned n = (unsigned)t;
            auto &i = fibers[t]->indices;
            i.thread = {n % l.block.x, n / l.block.x % l.block.y, n / (l.block.x * l.block.y)};
            i.threads = {l.block.x, l.block.y, l.block.z};
            i.blocks = {l.grid.x, l.grid.y, l.grid.z};
        }
        size_t count = size_t(l.grid.x) * l.grid.y * l.grid.z;
        // A step that shares no factor with the count visits every block once.
        size_t step = settings.order > 1 ? settings.order * 7919 + 1 : 1, at = settings.order > 1 ? settings.order % count : 0;
        while (std::__gcd(step, count) != 1) step++;
        for (size_t n = 0; n < count && !failure; n++, at = (at + step) % count) {
            size_t b = settings.order == 1 ? count - 1 - n : at;
            blockNumber = (unsigned)b;
            poisonShared(l.kernel);
            uint3 block{unsigned(b % l.grid.x), unsigned(b / l.grid.x % l.grid.y), unsigned(b / l.grid.x / l.grid.y)};
            for (int t = 0; t < threads; t++) {
                Fiber *f = fibers[t];
                f->indices.block = block;
                f->state = State::runs;
                f->again = false;
                f->group = 0;
            }
            runBlock();
            learnShared(l.kernel);
            counters.blocks++;
        }
    }
    showOnly(l.context, false);
    fake_indices = nullptr;
    counters.launches++;
    counters.seconds += now() - start;
    if (failure) {
        for (Fiber *f : fibers) f->copies.clear(), reset(f);
        return fail(failure, message);
    }
    return checkZones(std::string("kernel ") + l.kernel->name);
}

// MARK: What kernels call

void fake_fail(int code, const char *format, ...) {
    inDriver = true;
    char b[600];
    va_list list;
    va_start(list, format);
    vsnprintf(b, sizeof b, format, list);
    va_end(list);
    message = where(running) + ": " + b;
    failure = code;
    fake_switch(&running->stackPointer, mainStack);
    __builtin_unreachable();
}

void fake_barrier(FakeSite site, int id, int count) {
    inDriver = true;
    Fiber *f = running;
    f->site = site;
    f->barrier = id;
    f->mask = 0;
    if (id < 0 || id > 15) fake_fail(719, "barrier %d: there are 16", id);
    Barrier &b = barriers[id];
    int needed = count ? count : threads;
    if (b.arrived && b.count != needed) fake_fail(719, "barrier %d is waited for by %d and by %d threads", id, b.count, needed);
    b.count = needed;
    f->state = State::atBarrier;
    if (++b.arrived < needed) return leave();
    // __syncthreads in two places is two barriers, whatever the hardware makes of it.
    if (!count) {
        for (int i = 0; i < threads; i++) {
            Fiber *g = fibers[i];
            if (g->state != State::atBarrier || g->site.line != site.line || g->site.column != site.column) {
                stuck(719, "divergent barrier");
                return leave();
            }
        }
    }
    b.arrived = 0;
    for (int i = 0; i < threads; i++) {
        if (fibers[i]->state == State::atBarrier && fibers[i]->barrier == id) fibers[i]->state = State::runs;
    }
    // Others go first, as if the barrier had let all of them go at once.
    leave();
}

void fake_pause(FakeSite site) {
    inDriver = true;
    running->site = site;
    running->mask = 0;
    running->state = State::paused;
    leave();
}

/// Whether all lanes that a collective waits for are there: then it is done.
static bool complete(Fiber *f, int base, int count) {
    FakeLane lanes[32];
    unsigned active = 0;
    for (int i = 0; i < count; i++) {
        if (!(f->mask >> i & 1)) continue;
        Fiber *g = fibers[base + i];
        if (g->state == State::ended) continue;
        if (g->state != State::atWarp || g->operation != f->operation || g->mask != f->mask || g->site.line != f->site.line
            || g->site.column != f->site.column) {
            return false;
        }
        active |= 1u << i;
        lanes[i] = {g->in, g->out, g->argument};
    }
    counters.collectives++;
    f->operation(lanes, active);
    waitingLanes[base >> 5] -= __builtin_popcount(active);
    for (int i = 0; i < count; i++) {
        if (active >> i & 1) fibers[base + i]->state = State::runs;
    }
    return true;
}

void fake_collective(FakeSite site, unsigned mask, const void *in, void *out, int argument, FakeOperation operation) {
    inDriver = true;
    Fiber *f = running;
    int base = f->number & ~31, count = std::min(32, threads - base);
    if (count < 32) mask &= (1u << count) - 1;
    f->site = site;
    f->mask = mask;
    f->in = in;
    f->out = out;
    f->argument = argument;
    f->operation = operation;
    f->state = State::atWarp;
    if (!(mask >> (f->number - base) & 1)) fake_fail(719, "%s with mask %08x, which lacks the calling lane", site.what, mask);
    waitingLanes[base >> 5]++;
    while (waitingLanes[base >> 5] < __builtin_popcount(mask) - endedLanes[base >> 5] || !complete(f, base, count)) {
        leave();
        inDriver = true;
        // The lane that came last did it for all.
        if (!f->again) break;
        f->again = false;
        f->state = State::atWarp;
    }
    inDriver = false;
}

void *fake_dynamic_shared() { return dynamicEnd - launch->shared; }

unsigned fake_shared_address(const void *p) {
    size_t dynamic = (char *)p - (dynamicEnd - launch->shared), fixed = (char *)p - staticShared;
    if (dynamic <= launch->shared) return (unsigned)(sharedBase + dynamic);
    if (fixed >= staticBytes) fake_fail(700, "an address that is not in shared memory was converted to one");
    return (unsigned)fixed;
}

void *fake_shared(unsigned address, unsigned bytes) {
    if (address % bytes) fake_fail(716, "shared address %#x is not aligned to %u", address, bytes);
    if (address >= sharedBase) {
        size_t at = address - sharedBase;
        if (at + bytes > launch->shared) fake_fail(700, "byte %zu of %u bytes of dynamic shared memory", at, launch->shared);
        return dynamicEnd - launch->shared + at;
    }
    if (address + size_t(bytes) > staticBytes) fake_fail(700, "shared address %#x", address);
    return staticShared + address;
}

void fake_copy_async(unsigned shared, const void *global, unsigned bytes) {
    if ((uintptr_t)global % bytes) fake_fail(716, "an asynchronous copy from a misaligned address");
    // Faults here and not when it lands; until then nobody may read the place.
    (void)*(volatile const char *)global;
    memset(fake_shared(shared, bytes), 0xFF, bytes);
    inDriver = true;
    running->copies.push_back({shared, global, bytes, running->group});
    inDriver = false;
}

void fake_copy_commit() { running->group++; }

void fake_copy_wait(int newest) {
    auto &copies = running->copies;
    size_t n = 0;
    while (n < copies.size() && copies[n].group < running->group - newest) {
        auto &c = copies[n++];
        memcpy(fake_shared(c.shared, c.bytes), c.global, c.bytes);
    }
    inDriver = true;
    copies.erase(copies.begin(), copies.begin() + (long)n);
    inDriver = false;
}
