// What the parts of the fake driver know of each other. They are called under one lock, from any thread.
#pragma once
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

struct FakeKernel;
struct Size3 { unsigned x, y, z; };

// MARK: Settings (settings.cpp)

/// A fault that tests ask for: the n-th call of a function, or the n-th launch, ends with this code.
struct Fault { long at; int code; };

struct Settings {
    int devices = 1;
    /// Of each device, the last one for all further: 86 for 8.6.
    std::vector<int> capabilities{86};
    std::vector<size_t> memory{size_t(8) << 30};
    /// As cuDriverGetVersion says it.
    int driverVersion = 13000;
    /// 0 forward, 1 backward, else a seed: of the blocks of a grid, the warps of a block, and the threads of a warp.
    unsigned order = 0;
    /// Seconds after which a launch is ended.
    double limit = 60;
    /// Seconds that a module takes to be loaded.
    double loading = 0;
    bool trace = false;
    std::map<std::string, Fault> faults;
    /// From this call on, nothing works any more; 0 for never.
    long lostAt = 0;
};
extern Settings settings;
/// The last thing that went wrong, in words.
extern std::string message;

/// Every function of the driver begins here; what is not 0 is its result.
int enter(const char *name);
/// Notes what went wrong and returns the code.
int fail(int code, const std::string &text);
/// Whether the next event of this name is to go wrong: its code, or 0.
int injected(const std::string &name);
int capability(int device);
size_t memorySize(int device);
/// Dynamic shared memory that a block may have.
int sharedLimit(int device);

// MARK: Contexts (contexts.cpp)

struct Context {
    int device;
    /// The error that a launch ended with: nothing works in this context until it is given back.
    int failure = 0;
    long users = 0;
};
/// Of the calling thread, or null.
Context *currentContext();
/// Takes all from the devices that was on them, as when a lost one comes back with the next process.
void dropContexts();

// MARK: Memory (memory.cpp)

int allocate(Context *context, unsigned long long *out, size_t bytes);
int release(unsigned long long address);
void releaseAll(Context *context);
/// Forgets freed memory, which is kept so that a later use of it is reported.
void dropFreed();
/// Gives back what pinned memory is left, and forgets what was registered.
void dropPinned();
/// Whether a range lies in one allocation that is still there; else says why not.
int inside(unsigned long long address, size_t bytes, const char *what);
/// Where an address lies, in words.
std::string nameAddress(const char *p);
/// Whether anything was written beside an allocation.
int checkZones(const std::string &writer);
/// Memory of other devices cannot be touched while a kernel of one runs.
void showOnly(Context *context, bool only);
size_t memoryUsed(int device);
/// Since the driver was configured.
struct MemoryCounters {
    /// The most bytes in use on all devices, and of pinned memory.
    size_t peak = 0, pinnedPeak = 0;
    /// How often pinned memory ended that a copy was still to use, and copies from memory that is not pinned, which a driver
    /// lets wait for all that is in their stream.
    size_t hazards = 0, pageable = 0;
};
extern MemoryCounters memoryCounters;
bool isPinned(const void *p, size_t bytes);

// MARK: Running (fibers.cpp)

struct Launch {
    FakeKernel *kernel;
    Context *context;
    Size3 grid, block;
    unsigned shared;
    /// A copy of the argument.
    std::vector<unsigned char> argument;
};
/// Runs all blocks; 0 or the code of what went wrong.
int execute(Launch &launch);
struct Counters {
    unsigned long launches = 0, blocks = 0, switches = 0, collectives = 0;
    double seconds = 0;
};
extern Counters counters;
double now();

// MARK: Streams (streams.cpp)

using Work = std::function<int()>;
/// Puts work into the queue of a stream, or of the graph that it is captured into.
int enqueue(void *stream, Work work);
bool isCapturing(void *stream);
/// Does what waits in a stream, or in all streams of the context.
int drain(void *stream);
int drainAll(Context *context);
void destroyStreams(Context *context);
/// 900 while something is captured in a mode that allows no call of this kind.
int refuseInCapture(const char *name);
