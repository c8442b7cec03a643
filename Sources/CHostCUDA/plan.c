// Which kernel a product takes.
#include <string.h>
#include "CHostCUDA.h"

static const char *const typeNames[] = {"f32", "f16", "bf16", "i8", "i4"};

static int ceiling(int value, int by) { return (value + by - 1) / by; }

WeightLayout cuda_weight_layout(int type, int outputs, int columns) {
    unsigned long long rows = (unsigned long long)outputs, pitch, scales = 0;
    switch (type) {
    case NUMBER_F32: pitch = (unsigned long long)ceiling(columns, 4) * 16; break;
    case NUMBER_I8:
        pitch = (unsigned long long)ceiling(columns, CUDA_UNIT_COLUMNS) * CUDA_UNIT_COLUMNS;
        scales = rows * (unsigned long long)ceiling(columns, CUDA_UNIT_COLUMNS) * 4;
        break;
    case NUMBER_I4:
        pitch = (unsigned long long)ceiling(columns, CUDA_GROUP_COLUMNS) * CUDA_GROUP_COLUMNS / 2;
        scales = rows * (unsigned long long)ceiling(columns, CUDA_GROUP_COLUMNS) * 2;
        break;
    default: pitch = (unsigned long long)ceiling(columns, 8) * 16;
    }
    return (WeightLayout){pitch, pitch * rows, pitch * rows + scales};
}

CUDALaunch cuda_launch_place(WeightArguments a) { return (CUDALaunch){cuda_grid_rows(a.outputs), 1, 1, 256, 0}; }

CUDALaunch cuda_launch_quantise(WeightArguments a) {
    int groups = ceiling(a.columns, a.toType == NUMBER_I8 ? CUDA_UNIT_COLUMNS : CUDA_GROUP_COLUMNS);
    unsigned long long count = (unsigned long long)a.outputs * (unsigned long long)groups;
    return (CUDALaunch){(unsigned)((count + 63) / 64), 1, 1, 64, 0};
}

// MARK: Plans

typedef struct Plan {
    CUDADevice device;
    Pass pass;
    int unit, rows;
    unsigned long long scratch;
    PlannedLaunch *launches;
    int count;
} Plan;

static PlannedLaunch *append(Plan *plan, const char *kernel, CUDALaunch size, const void *arguments, size_t bytes) {
    PlannedLaunch *launch = &plan->launches[plan->count++];
    memset(launch, 0, sizeof *launch);
    launch->kernel = kernel;
    launch->size = size;
    launch->argumentBytes = (unsigned)bytes;
    memcpy(launch->arguments, arguments, bytes);
    return launch;
}

/// The kernel of a family for a type of weights.
static const char *typed(const char *family, int type) {
    size_t count;
    const CUDAKernel *kernels = cuda_kernels(&count);
    size_t length = strlen(family);
    for (size_t i = 0; i < count; i++) {
        if (strncmp(kernels[i].name, family, length) == 0 && strcmp(kernels[i].name + length, typeNames[type]) == 0) {
            return kernels[i].name;
        }
    }
    return "";
}

static unsigned long long bytesOf(ProductPart part) {
    return cuda_weight_layout(part.weightType, part.outputs, part.columns).bytes;
}

/// Words of 16 bytes in a row of weights.
static int wordsOf(ProductPart part) {
    return (int)(cuda_weight_layout(part.weightType, part.outputs, part.columns).pitch / 16);
}

/// What mk_vector_TYPE keeps of a row in shared memory.
static int vectorShared(ProductPart part) {
    int words = wordsOf(part);
    switch (part.weightType) {
    case NUMBER_F32: return words * 16;
    case NUMBER_I8: return words * 36;
    case NUMBER_I4: return words * 40;
    default: return words * 32;
    }
}

/// Threads that share an output: a warp, fewer where rows are short, and a block of 128 where outputs are too few for the device.
static int vectorTeam(CUDADevice device, ProductPart part, int outputs) {
    int words = wordsOf(part), team = 32;
    if (outputs < device.processors * 8 && words >= 128) return 128;
    while (team > 8 && words < team * 3) team /= 2;
    return team;
}

/// One row, in one kernel; false where its numbers do not fit shared memory.
static int vectorProducts(Plan *plan, const ProductPart *parts, int count) {
    ProductArguments a = {plan->pass, plan->unit, count, {{0}}};
    int shared = 0, outputs = 0, blocks = 0;
    unsigned long long bytes = 0;
    for (int i = 0; i < count; i++) {
        int own = vectorShared(parts[i]);
        shared = own > shared ? own : shared;
        outputs += parts[i].outputs;
        bytes += bytesOf(parts[i]);
    }
    if (shared + 1024 > plan->device.sharedBytes) return 0;
    // Two blocks of eight warps where a row takes much shared memory, else four of four.
    const int threads = shared > 32768 ? 256 : 128, resident = plan->device.processors * 512 / threads;
    for (int i = 0; i < count; i++) {
        ProductPart *part = &a.parts[i];
        *part = parts[i];
        part->team = vectorTeam(plan->device, *part, outputs);
        if (part->team > 32) part->team = threads;
        part->firstBlock = blocks;
        part->blocks = ceiling(part->outputs, threads / part->team);
        // Where outputs are few for so many warps, or the row is long, blocks stay and go on to their next output.
        unsigned long long share = (bytesOf(*part) * (unsigned long long)resident + bytes - 1) / bytes;
        if ((threads == 256 || outputs <= plan->device.processors * 64) && (unsigned long long)part->blocks > share) {
            part->blocks = (int)share;
        }
        blocks += part->blocks;
    }
    CUDALaunch size = {(unsigned)blocks, 1, 1, (unsigned)threads, (unsigned)shared};
    append(plan, typed("mk_vector_", parts[0].weightType), size, &a, sizeof a);
    return 1;
}

/// All products in one kernel of fp32 arithmetic.
static void plainProducts(Plan *plan, const ProductPart *parts, int count) {
    ProductArguments a = {plan->pass, plan->unit, count, {{0}}};
    const int isFew = plan->rows <= 8, outputsPerBlock = isFew ? 8 : 64, rowsPerBlock = isFew ? 8 : 64;
    int blocks = 0;
    for (int i = 0; i < count; i++) {
        a.parts[i] = parts[i];
        a.parts[i].firstBlock = blocks;
        a.parts[i].blocks = ceiling(parts[i].outputs, outputsPerBlock);
        blocks += a.parts[i].blocks;
    }
    CUDALaunch size = {(unsigned)blocks, cuda_grid_rows(ceiling(plan->rows, rowsPerBlock)), 1, 256, 0};
    append(plan, typed(isFew ? "mk_rows_" : "mk_tiles_", parts[0].weightType), size, &a, sizeof a);
}

int cuda_plan_products(
    CUDADevice device, const ProductPart *parts, int count, Pass pass, int unit, int rows, unsigned long long scratch,
    PlannedLaunch *launches) {
    Plan plan = {device, pass, unit, rows, scratch, launches, 0};
    for (int first = 0, next; first < count; first = next) {
        for (next = first + 1; next < count && parts[next].weightType == parts[first].weightType; next++) {}
        if (rows == 1 && vectorProducts(&plan, parts + first, next - first)) continue;
        plainProducts(&plan, parts + first, next - first);
    }
    return plan.count;
}

unsigned long long cuda_scratch_bytes(CUDADevice device, const ProductPart *parts, int count, int rows) {
    (void)device, (void)parts, (void)count, (void)rows;
    return CUDA_TICKET_BYTES;
}
