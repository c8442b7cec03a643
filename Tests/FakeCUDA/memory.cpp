// The memory of the devices, and memory of the host that they know. Every allocation ends at a page that cannot be touched,
// holds NaN until it is written, and keeps its place when it is freed, so that nothing else comes to lie there.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <list>
#include <sys/mman.h>
#include "api.h"
#include "fakecuda.h"

MemoryCounters memoryCounters;

namespace {

constexpr size_t pageBytes = 4096, alignment = 256, zoneBytes = 256;
constexpr unsigned char zone = 0xA5;

struct Allocation {
    Context *context;
    char *base;
    size_t mapped;
    char *data;
    size_t bytes;
    bool isFreed;
    int number;
    char *pages() const { return base + (mapped - pageCount()) / 2; }
    size_t pageCount() const { return (rounded() + zoneBytes + pageBytes - 1) & ~(pageBytes - 1); }
    /// Allocations begin at multiples of 256; what is between the end and the next one is a zone as well.
    size_t rounded() const { return (bytes + alignment - 1) & ~(alignment - 1); }
};
std::map<const char *, Allocation> allocations;
int numberOfAllocations;
std::map<int, size_t> used;
struct Range { char *p; size_t bytes; bool isAllocated; };
std::vector<Range> pinned;
size_t pinnedBytes;
/// Memory of the host that copies which wait in a stream will read or write.
auto &pending = *new std::list<std::pair<const char *, size_t>>;

/// Notes that pinned memory ends: what still waits to use it would find it gone, on a driver that does not wait.
void endPinned(const char *p, size_t bytes, const char *how) {
    // In a context that failed nothing runs any more.
    if (currentContext() && currentContext()->failure) return;
    for (auto &[q, n] : pending) {
        if (q >= p + bytes || p >= q + n) continue;
        memoryCounters.hazards++;
        message = std::string(how) + " of memory that a copy is to use";
        return;
    }
}

/// Puts a copy with the host's memory into a stream; one that is recorded is for whoever records it to look after.
int enqueueCopy(void *stream, const void *host, size_t bytes, Work work) {
    if (isCapturing(stream)) return enqueue(stream, std::move(work));
    auto place = pending.insert(pending.end(), {(const char *)host, bytes});
    // Until the work is done or dropped.
    std::shared_ptr<void> use(nullptr, [place](void *) { pending.erase(place); });
    return enqueue(stream, [use, work = std::move(work)] { return work(); });
}

Allocation *owner(const char *p) {
    auto i = allocations.upper_bound(p);
    return i == allocations.begin() ? nullptr : &(--i)->second;
}

void forget(Allocation &a) {
    mmap(a.base, a.mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    a.isFreed = true;
    used[a.context->device] -= a.bytes;
}

/// Whether the host may write to a range, from the system's list of mappings.
bool isWritable(const void *p) {
    FILE *maps = fopen("/proc/self/maps", "r");
    if (!maps) return true;
    bool writable = false;
    unsigned long from, to;
    char mode[8], rest[512];
    while (fscanf(maps, "%lx-%lx %7s", &from, &to, mode) == 3) {
        if (!fgets(rest, sizeof rest, maps)) break;
        if ((unsigned long)p >= from && (unsigned long)p < to) writable = mode[1] == 'w';
    }
    fclose(maps);
    return writable;
}

}  // namespace

int allocate(Context *context, unsigned long long *out, size_t bytes) {
    if (!bytes) return fail(1, "an allocation of no bytes");
    size_t &inUse = used[context->device];
    if (bytes > memorySize(context->device) - inUse) {
        return fail(2, "the memory of device " + std::to_string(context->device) + " is full");
    }
    Allocation a{context, nullptr, 0, nullptr, bytes, false, ++numberOfAllocations};
    size_t gap = std::max<size_t>(1 << 20, a.pageCount());
    a.mapped = a.pageCount() + 2 * gap;
    a.base = (char *)mmap(nullptr, a.mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (a.base == MAP_FAILED) return fail(2, "the host has no address space left");
    mprotect(a.pages(), a.pageCount(), PROT_READ | PROT_WRITE);
    a.data = a.pages() + a.pageCount() - a.rounded();
    memset(a.data - zoneBytes, zone, zoneBytes);
    memset(a.data, 0xFF, bytes);
    memset(a.data + bytes, zone, a.rounded() - bytes);
    allocations[a.data] = a;
    inUse += bytes;
    memoryCounters.peak = std::max(memoryCounters.peak, memoryUsed(-1));
    *out = (unsigned long long)a.data;
    return 0;
}

int release(unsigned long long address) {
    auto i = allocations.find((const char *)address);
    if (i == allocations.end() || i->second.isFreed) return fail(1, "cuMemFree of what is not allocated");
    forget(i->second);
    return 0;
}

void releaseAll(Context *context) {
    for (auto &[p, a] : allocations) {
        if (a.context == context && !a.isFreed) forget(a);
    }
}

void dropFreed() {
    for (auto i = allocations.begin(); i != allocations.end();) {
        if (!i->second.isFreed) {
            i++;
            continue;
        }
        munmap(i->second.base, i->second.mapped);
        i = allocations.erase(i);
    }
}

void dropPinned() {
    for (auto &range : pinned) {
        if (range.isAllocated) free(range.p);
    }
    pinned.clear();
    pinnedBytes = 0;
}

std::string nameAddress(const char *p) {
    char b[200];
    Allocation *before = owner(p);
    auto next = allocations.upper_bound(p);
    if (before && p < before->data + before->bytes) {
        snprintf(b, sizeof b, "inside allocation %d of %zu bytes, %s", before->number, before->bytes,
                 before->isFreed ? "which was freed" : "which is on another device");
        return b;
    }
    long behind = before ? p - (before->data + before->bytes) : 1l << 60;
    long ahead = next != allocations.end() ? next->second.data - p : 1l << 60;
    if (behind <= ahead && behind < 1l << 40) {
        snprintf(b, sizeof b, "%ld bytes behind the end of allocation %d of %zu bytes", behind, before->number, before->bytes);
    } else if (ahead < 1l << 40) {
        snprintf(b, sizeof b, "%ld bytes before allocation %d of %zu bytes", ahead, next->second.number, next->second.bytes);
    } else {
        snprintf(b, sizeof b, "which is near no allocation");
    }
    return b;
}

int inside(unsigned long long address, size_t bytes, const char *what) {
    const char *p = (const char *)address;
    Allocation *a = owner(p);
    bool isThere = a && !a->isFreed && p < a->data + a->bytes;
    if (isThere && p + bytes <= a->data + a->bytes) return 0;
    std::string size = std::string(what) + ": " + std::to_string(bytes) + " bytes, ";
    if (!isThere) return fail(1, size + nameAddress(p));
    std::string left = std::to_string(a->data + a->bytes - p);
    return fail(1, size + "but " + left + " are left in allocation " + std::to_string(a->number));
}

int checkZones(const std::string &writer) {
    for (auto &[p, a] : allocations) {
        if (a.isFreed) continue;
        auto broken = [&](unsigned char *from, size_t count) {
            for (size_t i = 0; i < count; i++) {
                if (from[i] == zone) continue;
                memset(from, zone, count);
                return true;
            }
            return false;
        };
        std::string name = " allocation " + std::to_string(a.number) + " of " + std::to_string(a.bytes) + " bytes";
        auto data = (unsigned char *)a.data;
        if (broken(data + a.bytes, a.rounded() - a.bytes)) return fail(700, writer + " wrote behind the end of" + name);
        if (broken(data - zoneBytes, zoneBytes)) return fail(700, writer + " wrote before" + name);
    }
    return 0;
}

void showOnly(Context *context, bool only) {
    if (settings.devices < 2) return;
    for (auto &[p, a] : allocations) {
        if (a.isFreed || a.context == context) continue;
        mprotect(a.pages(), a.pageCount(), only ? PROT_NONE : PROT_READ | PROT_WRITE);
    }
}

size_t memoryUsed(int device) {
    size_t sum = 0;
    for (auto &[d, bytes] : used) {
        if (device < 0 || d == device) sum += bytes;
    }
    return sum;
}

bool isPinned(const void *p, size_t bytes) {
    for (auto &r : pinned) {
        if ((const char *)p >= r.p && (const char *)p + bytes <= r.p + r.bytes) return true;
    }
    return false;
}

API cuMemAlloc_v2(CUdeviceptr *p, size_t bytes) { ENTER_CONTEXT; NOT_IN_CAPTURE; return allocate(currentContext(), p, bytes); }
API cuMemFree_v2(CUdeviceptr p) {
    ENTER;
    if (!currentContext()) return 201;
    NOT_IN_CAPTURE;
    if (!p) return 0;
    // The driver waits as well; after a failure memory can be given back all the same.
    drainAll(currentContext());
    return release(p);
}
API cuMemHostAlloc(void **p, size_t bytes, unsigned) {
    ENTER_CONTEXT;
    if (!bytes) return 1;
    *p = aligned_alloc(pageBytes, (bytes + pageBytes - 1) & ~(pageBytes - 1));
    if (!*p) return fail(2, "the host's memory is full");
    memset(*p, 0xFF, bytes);
    pinned.push_back({(char *)*p, bytes, true});
    pinnedBytes += bytes;
    memoryCounters.pinnedPeak = std::max(memoryCounters.pinnedPeak, pinnedBytes);
    return 0;
}
API cuMemFreeHost(void *p) {
    ENTER;
    for (auto &r : pinned) {
        if (r.p == p && r.isAllocated) endPinned(r.p, r.bytes, "cuMemFreeHost");
    }
    if (currentContext()) drainAll(currentContext());
    for (size_t i = 0; i < pinned.size(); i++) {
        if (pinned[i].p != p || !pinned[i].isAllocated) continue;
        pinnedBytes -= pinned[i].bytes;
        pinned.erase(pinned.begin() + (long)i);
        free(p);
        return 0;
    }
    return fail(1, "cuMemFreeHost of what is not allocated");
}
API cuMemHostRegister_v2(void *p, size_t bytes, unsigned flags) {
    ENTER_CONTEXT;
    if (!bytes) return 1;
    for (auto &r : pinned) {
        if ((char *)p < r.p + r.bytes && r.p < (char *)p + bytes) return fail(712, "memory is registered already");
    }
    // A mapping of a file that is read-only has to be called so.
    if (!(flags & 8) && !isWritable(p)) return fail(1, "cuMemHostRegister of read-only memory without the flag for it");
    pinned.push_back({(char *)p, bytes, false});
    return 0;
}
API cuMemHostUnregister(void *p) {
    ENTER;
    for (auto &r : pinned) {
        if (r.p == p && !r.isAllocated) endPinned(r.p, r.bytes, "cuMemHostUnregister");
    }
    if (currentContext()) drainAll(currentContext());
    for (size_t i = 0; i < pinned.size(); i++) {
        if (pinned[i].p != p || pinned[i].isAllocated) continue;
        pinned.erase(pinned.begin() + (long)i);
        return 0;
    }
    return fail(713, "cuMemHostUnregister of what is not registered");
}
API cuMemHostGetDevicePointer_v2(CUdeviceptr *out, void *p, unsigned) {
    ENTER_CONTEXT;
    if (!isPinned(p, 1)) return 1;
    *out = (CUdeviceptr)p;
    return 0;
}

// MARK: Copies
//
// Pinned memory is read and written when the stream comes to it; other memory at once, as the driver stages it.

#define INSIDE(p, n) if (int code_ = inside(p, n, __func__)) return code_

API cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t bytes, void *stream) {
    ENTER_CONTEXT;
    INSIDE(to, bytes);
    if (isPinned(from, bytes)) {
        return enqueueCopy(stream, from, bytes, [=] { memcpy((void *)to, from, bytes); return 0; });
    }
    if (isCapturing(stream)) return fail(900, "a copy from memory that is not pinned, in a capture");
    memoryCounters.pageable++;
    auto copy = std::make_shared<std::vector<char>>((const char *)from, (const char *)from + bytes);
    return enqueue(stream, [=] { memcpy((void *)to, copy->data(), bytes); return 0; });
}
API cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t bytes, void *stream) {
    ENTER_CONTEXT;
    INSIDE(from, bytes);
    bool isLate = isPinned(to, bytes);
    if (!isLate && isCapturing(stream)) return fail(900, "a copy to memory that is not pinned, in a capture");
    int code = enqueueCopy(stream, to, bytes, [=] { memcpy(to, (void *)from, bytes); return 0; });
    return code || isLate ? code : drain(stream);
}
API cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, void *stream) {
    ENTER_CONTEXT;
    INSIDE(to, bytes);
    INSIDE(from, bytes);
    return enqueue(stream, [=] { memmove((void *)to, (void *)from, bytes); return 0; });
}
API cuMemcpyPeerAsync(CUdeviceptr to, void *, CUdeviceptr from, void *, size_t bytes, void *stream) {
    ENTER_CONTEXT;
    INSIDE(to, bytes);
    INSIDE(from, bytes);
    return enqueue(stream, [=] { memmove((void *)to, (void *)from, bytes); return 0; });
}
API cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t bytes, void *stream) {
    ENTER_CONTEXT;
    INSIDE(to, bytes);
    return enqueue(stream, [=] { memset((void *)to, value, bytes); return 0; });
}
API cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t count, void *stream) {
    ENTER_CONTEXT;
    INSIDE(to, count * 4);
    if (to % 4) return fail(1, "cuMemsetD32Async at a misaligned address");
    return enqueue(stream, [=] {
        for (size_t i = 0; i < count; i++) ((unsigned *)to)[i] = value;
        return 0;
    });
}
API cuMemcpyHtoD_v2(CUdeviceptr to, const void *from, size_t bytes) {
    ENTER_CONTEXT;
    NOT_IN_CAPTURE;
    INSIDE(to, bytes);
    if (int code = drainAll(currentContext())) return code;
    memcpy((void *)to, from, bytes);
    return 0;
}
API cuMemcpyDtoH_v2(void *to, CUdeviceptr from, size_t bytes) {
    ENTER_CONTEXT;
    NOT_IN_CAPTURE;
    INSIDE(from, bytes);
    if (int code = drainAll(currentContext())) return code;
    memcpy(to, (void *)from, bytes);
    return 0;
}
API cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
    ENTER_CONTEXT;
    NOT_IN_CAPTURE;
    INSIDE(to, bytes);
    INSIDE(from, bytes);
    return enqueue(nullptr, [=] { memmove((void *)to, (void *)from, bytes); return 0; });
}
API cuMemsetD8_v2(CUdeviceptr to, unsigned char value, size_t bytes) {
    ENTER_CONTEXT;
    NOT_IN_CAPTURE;
    INSIDE(to, bytes);
    return enqueue(nullptr, [=] { memset((void *)to, value, bytes); return 0; });
}

// MARK: Tensor maps

/// What the twins of bulk copies read in place of the hardware's descriptor; refused where the hardware would.
API cuTensorMapEncodeTiled(
    void *map, int type, unsigned rank, void *base, const unsigned long long *sizes, const unsigned long long *strides,
    const unsigned *box, const unsigned *elementStrides, int interleave, int swizzle, int, int) {
    ENTER;
    static const unsigned typeBytes[] = {1, 2, 4, 4, 8, 8, 2, 4, 8, 2, 4, 4, 4};
    static const unsigned swizzleBytes[] = {1 << 30, 32, 64, 128};
    if ((size_t)map % 64) return fail(1, "a tensor map that is not aligned to 64 bytes");
    if ((size_t)base % 16 || rank < 1 || rank > 5 || type < 0 || type > 12 || interleave || swizzle < 0 || swizzle > 3) {
        return fail(1, "a tensor map of this kind, or a base that is not aligned to 16 bytes");
    }
    FakeTensorMap m{fakeTensorMapMagic, (unsigned)type, rank, (unsigned)swizzle, (const char *)base, {}, {}, {}};
    for (unsigned i = 0; i < rank; i++) {
        bool isRight = sizes[i] && sizes[i] <= 1ull << 32 && box[i] && box[i] <= 256 && elementStrides[i] == 1;
        if (!isRight) return fail(1, "a size of a tensor map");
        bool isAligned = i == 0 || (strides[i - 1] % 16 == 0 && strides[i - 1] < 1ull << 40);
        if (!isAligned) return fail(1, "a stride of a tensor map that is not a multiple of 16");
        m.sizes[i] = sizes[i];
        m.strides[i] = i ? strides[i - 1] : typeBytes[type];
        m.box[i] = box[i];
    }
    unsigned inner = box[0] * typeBytes[type];
    if (inner % 16 || inner > swizzleBytes[swizzle]) return fail(1, "the inner box of a tensor map");
    memset(map, 0, 128);
    static_assert(sizeof m <= 128);
    memcpy(map, &m, sizeof m);
    return 0;
}
