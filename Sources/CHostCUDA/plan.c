// Which kernel a product takes.
#include <stdio.h>
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

CUDALaunch cuda_launch_turn(WeightArguments a) {
    return (CUDALaunch){cuda_blocks(a.columns, 32), cuda_blocks(a.outputs, 32), 1, 256, 0};
}

unsigned long long cuda_turned_bytes(int outputs, int columns) {
    return (unsigned long long)ceiling(outputs, 8) * 16 * (unsigned long long)columns;
}

// MARK: Plans

typedef struct Plan {
    CUDADevice device;
    Pass pass;
    int unit, rows;
    unsigned long long scratch;
    PlannedLaunch *launches;
    int count;
    /// Of the scratch memory, what is taken.
    unsigned long long used;
    int ticketsUsed;
} Plan;

static unsigned long long take(Plan *plan, unsigned long long bytes) {
    unsigned long long place = plan->scratch + plan->used;
    plan->used += (bytes + 255) / 256 * 256;
    return place;
}

static PlannedLaunch *append(Plan *plan, const char *kernel, CUDALaunch size, const void *arguments, size_t bytes) {
    PlannedLaunch *launch = &plan->launches[plan->count++];
    memset(launch, 0, sizeof *launch);
    launch->kernel = kernel;
    launch->size = size;
    launch->argumentBytes = (unsigned)bytes;
    memcpy(launch->arguments, arguments, bytes);
    return launch;
}

/// The kernel of a family for a type of weights, and one of several sizes where that is not zero.
static const char *named(const char *family, int type, int number) {
    char name[64];
    snprintf(name, sizeof name, number ? "%s%s_%d" : "%s%s", family, typeNames[type], number);
    size_t count;
    const CUDAKernel *kernels = cuda_kernels(&count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(kernels[i].name, name) == 0) return kernels[i].name;
    }
    return "";
}

static const char *typed(const char *family, int type) { return named(family, type, 0); }

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

/// Threads that share an output: a block of 128 where outputs are too few for the device, else a warp, or less where rows are
/// short, or where all words of a row can be under way at once and a warp each would be more than a device takes at a time.
static int vectorTeam(CUDADevice device, ProductPart part, int outputs) {
    const int words = wordsOf(part), warps = device.processors * 16;
    if (outputs < device.processors * 8 && words >= 128) return 128;
    int team = 32;
    while (team > 8 && (words < team * 3 || (words <= team * 4 && outputs / 32 * team > warps))) team /= 2;
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

/// Where the blocks that share a sum leave their parts of it.
static void takeSums(Plan *plan, ProductPart *part, int tiles, int numbers) {
    if (part->splits < 2) return;
    part->sums = take(plan, (unsigned long long)tiles * (unsigned)part->splits * (unsigned)numbers * 4);
    part->tickets = plan->scratch + 4 * (unsigned)plan->ticketsUsed;
    plan->ticketsUsed += tiles;
}

/// Columns times rows of activations on tensor cores, 2 to 64 rows: weights stream once for 16 or 32 of them.
static void fewProducts(Plan *plan, const ProductPart *parts, int count) {
    enum { outputs = 128, slice = 512, pitch = slice + 32 };
    ProductArguments a = {plan->pass, plan->unit, count, {{0}}};
    const int height = plan->rows <= 16 ? 16 : 32, rounds = ceiling(plan->rows, height);
    int groups = 0, blocks = 0;
    for (int i = 0; i < count; i++) groups += ceiling(parts[i].outputs, outputs) * rounds;
    for (int i = 0; i < count; i++) {
        ProductPart *part = &a.parts[i];
        *part = parts[i];
        if (part->columns % 8) part->roundedX = 0;
        const int own = ceiling(part->outputs, outputs), slices = ceiling(part->columns, slice);
        const int most = plan->device.processors * 2 / groups;
        part->splits = most < 1 ? 1 : most < slices ? most : slices;
        part->firstBlock = blocks;
        part->blocks = own * part->splits;
        takeSums(plan, part, own * rounds, height * outputs);
        blocks += part->blocks;
    }
    const unsigned inputs = (unsigned)height * pitch * 2, sums = (unsigned)height * (outputs + 4) * 4;
    CUDALaunch size = {(unsigned)blocks, (unsigned)rounds, 1, 256, inputs > sums ? inputs : sums};
    append(plan, named("mk_few_", parts[0].weightType, height), size, &a, sizeof a);
}

/// Makes all that tensor cores need of activations and weights: 16 bits, rows of whole words.
static void readyParts(Plan *plan, ProductPart *parts, int count) {
    RoundArguments round = {plan->pass, plan->unit, 0, {{0}}};
    int widest = 1;
    for (int i = 0; i < count; i++) {
        ProductPart *part = &parts[i];
        const int type = part->weightType == NUMBER_BF16 ? NUMBER_BF16 : NUMBER_F16;
        if (!part->roundedX || part->columns % 8) {
            const int pitch = ceiling(part->columns, 8) * 8, number = round.count++;
            part->roundedX = take(plan, (unsigned long long)plan->rows * (unsigned)pitch * 2);
            round.parts[number].x = part->x;
            round.parts[number].to = part->roundedX;
            round.parts[number].columns = part->columns;
            round.parts[number].type = type;
            round.parts[number].factor = 1 / part->scale;
            widest = part->columns > widest ? part->columns : widest;
        }
        if (part->weightType == NUMBER_I8 || part->weightType == NUMBER_I4) {
            WeightArguments widen = {part->weight, 0, part->outputs, part->columns, part->weightType, NUMBER_F16, 0};
            widen.to = take(plan, cuda_weight_layout(NUMBER_F16, part->outputs, part->columns).bytes);
            append(plan, typed("mk_widen_", part->weightType), cuda_launch_place(widen), &widen, sizeof widen);
            part->weight = widen.to;
            part->weightType = NUMBER_F16;
        }
    }
    if (!round.count) return;
    CUDALaunch size = {(unsigned)ceiling(widest, 2048), cuda_grid_rows(plan->rows), (unsigned)round.count, 256, 0};
    append(plan, "mk_round", size, &round, sizeof round);
}

/// Many rows on tensor cores, by tiles.
static void matrixProducts(Plan *plan, const ProductPart *parts, int count) {
    enum { width = 128, columns = 64 };
    ProductArguments a = {plan->pass, plan->unit, count, {{0}}};
    memcpy(a.parts, parts, (size_t)count * sizeof *parts);
    readyParts(plan, a.parts, count);
    const int height = plan->rows <= 64 ? 64 : 128, stages = height == 64 ? 4 : 3, down = ceiling(plan->rows, height);
    int tiles = 0, blocks = 0;
    for (int i = 0; i < count; i++) tiles += down * ceiling(parts[i].outputs, width);
    for (int i = 0; i < count; i++) {
        ProductPart *part = &a.parts[i];
        const int own = ceiling(part->outputs, width), most = plan->device.processors * 2 / tiles;
        // A part of a sum is worth a block from four steps on.
        const int steps = ceiling(part->columns, columns * 4);
        part->splits = most < 1 ? 1 : most < steps ? most : steps;
        part->firstBlock = blocks;
        part->blocks = own * part->splits;
        takeSums(plan, part, own * down, height * width);
        blocks += part->blocks;
    }
    const unsigned inputs = (unsigned)(stages * (height + width) * columns * 2), sums = (unsigned)(height * (width + 8) * 4);
    CUDALaunch size = {(unsigned)down, (unsigned)blocks, 1, 128, inputs > sums ? inputs : sums};
    append(plan, named("mk_matrix_", a.parts[0].weightType, height), size, &a, sizeof a);
}

// MARK: sm_90a

static void addMap(
    PlannedLaunch *launch, int number, unsigned long long address, int rows, int columns, int boxRows, int type) {
    launch->maps[launch->mapCount++] = (TensorMapRequest){
        address, (unsigned)rows, (unsigned)columns, (unsigned long long)ceiling(columns, 8) * 16, (unsigned)boxRows, 64, type,
        (unsigned)(offsetof(MatrixArguments, maps) + (size_t)number * sizeof(TensorMap))};
}

/// A kernel with maps of all its matrices, by boxes of so many rows.
static void appendMapped(
    Plan *plan, const char *kernel, CUDALaunch size, const MatrixArguments *a, int xRows, int weightRows) {
    PlannedLaunch *launch = append(plan, kernel, size, a, sizeof *a);
    for (int i = 0; i < a->count; i++) {
        const ProductPart *part = &a->parts[i];
        addMap(launch, 2 * i, part->roundedX, plan->rows, part->columns, xRows, part->weightType);
        addMap(launch, 2 * i + 1, part->weight, part->outputs, part->columns, weightRows, part->weightType);
    }
}

/// Up to 128 rows, which stay in a block while weights stream once.
static void streamProducts(Plan *plan, const ProductPart *parts, int count) {
    enum { outputs = 128 };
    MatrixArguments a = {plan->pass, plan->unit, count, 1, 0, 0, {{{0}}}, {{0}}};
    memcpy(a.parts, parts, (size_t)count * sizeof *parts);
    readyParts(plan, a.parts, count);
    a.isMade = a.parts[0].weight != parts[0].weight;
    const int height = plan->rows <= 16 ? 16 : plan->rows <= 32 ? 32 : plan->rows <= 64 ? 64 : 128;
    const int stages = height == 64 ? 4 : height == 32 ? 5 : 6;
    int groups = 0;
    for (int i = 0; i < count; i++) groups += ceiling(parts[i].outputs, outputs);
    for (int i = 0; i < count; i++) {
        ProductPart *part = &a.parts[i];
        const int own = ceiling(part->outputs, outputs), steps = ceiling(part->columns, 64 * 4);
        // Two blocks fit a processor but for the greatest.
        const int most = plan->device.processors * (height == 128 ? 1 : 2) / groups;
        part->splits = most < 1 ? 1 : most < steps ? most : steps;
        part->firstBlock = a.units;
        part->blocks = own * part->splits;
        takeSums(plan, part, own, height * outputs);
        a.units += part->blocks;
    }
    CUDALaunch size = {(unsigned)a.units, 1, 1, 288, (unsigned)(stages * (outputs + height) * 128 + 1024)};
    appendMapped(plan, named("mk_stream_", a.parts[0].weightType, height), size, &a, height, outputs);
}

/// How long all tiles take with tiles of a width and sums shared by at most so many blocks, in steps of 128 × 256 × 64.
static double wideCost(const Plan *plan, const ProductPart *parts, int count, int width, int splits) {
    const int rowTiles = ceiling(plan->rows, 128);
    double units = 0, work = 0;
    for (int i = 0; i < count; i++) {
        int tiles = rowTiles * ceiling(parts[i].outputs, width);
        units += tiles * splits;
        // The smaller tile moves more for what it computes; a tile begins and ends with nothing to compute, and so does a
        // split.
        double steps = (double)ceiling(parts[i].columns, 64) / splits;
        work += tiles * splits * (steps * (width == 256 ? 1 : 0.545) + (splits > 1 ? 6 : 3));
    }
    return work / units * ceiling((int)units, plan->device.processors);
}

/// Many rows, by tiles of one of two widths.
static void wideProducts(Plan *plan, const ProductPart *parts, int count) {
    MatrixArguments a = {plan->pass, plan->unit, count, ceiling(plan->rows, 128), 0, 0, {{{0}}}, {{0}}};
    memcpy(a.parts, parts, (size_t)count * sizeof *parts);
    readyParts(plan, a.parts, count);
    int width = 256, splits = 1, fewest = ceiling(parts[0].columns, 64 * 8);
    for (int i = 1; i < count; i++) {
        int steps = ceiling(parts[i].columns, 64 * 8);
        fewest = steps < fewest ? steps : fewest;
    }
    double least = wideCost(plan, parts, count, width, splits);
    for (int w = 256; w >= 128; w /= 2) {
        for (int s = 1; s <= 8 && s <= fewest; s *= 2) {
            double cost = wideCost(plan, parts, count, w, s);
            if (cost < least) least = cost, width = w, splits = s;
        }
    }
    for (int i = 0; i < count; i++) {
        ProductPart *part = &a.parts[i];
        const int tiles = a.rowTiles * ceiling(part->outputs, width);
        part->splits = splits;
        part->firstBlock = a.units;
        part->blocks = tiles * splits;
        // A ticket for each half of a tile.
        takeSums(plan, part, tiles * 2, 64 * width);
        a.units += part->blocks;
    }
    const int stages = width == 256 ? 4 : 6;
    const unsigned blocks = (unsigned)(a.units < plan->device.processors ? a.units : plan->device.processors);
    CUDALaunch size = {blocks, 1, 1, 384, (unsigned)(stages * (128 + width) * 128 + 1024)};
    appendMapped(plan, named("mk_wide_", a.parts[0].weightType, width), size, &a, 128, width);
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

/// Whether tensor cores of mma.sync take a product.
static int takesTensorCores(const Plan *plan, const ProductPart *part) {
    return plan->device.capability >= 80 && !part->isExact && part->weightType != NUMBER_F32 && plan->rows > 1;
}

static void planProducts(Plan *plan, const ProductPart *parts, int count) {
    for (int first = 0, next; first < count; first = next) {
        const ProductPart *part = parts + first;
        const int onTensorCores = takesTensorCores(plan, part);
        for (next = first + 1; next < count; next++) {
            if (parts[next].weightType != part->weightType || takesTensorCores(plan, parts + next) != onTensorCores) break;
        }
        const int isQuantised = part->weightType == NUMBER_I8 || part->weightType == NUMBER_I4;
        const int isHopper = plan->device.capability == 90;
        if (onTensorCores) {
            if (plan->rows <= (isQuantised ? 64 : isHopper ? 8 : 32)) fewProducts(plan, part, next - first);
            else if (!isHopper) matrixProducts(plan, part, next - first);
            else if (plan->rows <= 128) streamProducts(plan, part, next - first);
            else wideProducts(plan, part, next - first);
        } else if (plan->rows > 1 || !vectorProducts(plan, part, next - first)) {
            plainProducts(plan, part, next - first);
        }
    }
}

// MARK: One row of many zeros, and rates

enum { sparseOutputs = 2048, sparseInputs = 256 };

PlannedLaunch cuda_plan_sparse(ProductPart part, Pass pass, int unit, unsigned long long scratch) {
    PlannedLaunch launch;
    Plan plan = {{0}, pass, unit, 1, scratch, &launch, 0, CUDA_TICKET_BYTES, 0};
    ProductArguments a = {pass, unit, 1, {part}};
    const int chunks = ceiling(part.outputs, sparseOutputs);
    a.parts[0].splits = ceiling(part.columns, sparseInputs);
    a.parts[0].sums = scratch + CUDA_TICKET_BYTES;
    a.parts[0].tickets = scratch;
    CUDALaunch size = {(unsigned)(chunks * a.parts[0].splits), 1, 1, 256, 0};
    append(&plan, typed("mk_sparse_", part.weightType), size, &a, sizeof a);
    return launch;
}

unsigned long long cuda_sparse_scratch_bytes(ProductPart part) {
    unsigned long long segments = (unsigned long long)ceiling(part.columns, sparseInputs);
    return CUDA_TICKET_BYTES + segments * (unsigned long long)ceiling(part.outputs, 8) * 32;
}

PeakPlan cuda_plan_peak(CUDADevice device) {
    const unsigned processors = (unsigned)device.processors;
    if (device.capability == 90) {
        // Two groups, four products each.
        CUDALaunch size = {processors, 1, 1, 256, (128 + 256) * 128 + 1024};
        return (PeakPlan){"mk_peak_wide_f16", size, processors * 8 * 2.0 * 64 * 256 * 16};
    }
    if (device.capability >= 80) {
        // Eight blocks of eight warps, 16 products each.
        return (PeakPlan){"mk_peak_f16", {processors * 8, 1, 1, 256, 0}, processors * 8 * 8 * 16 * 2.0 * 16 * 8 * 16};
    }
    return (PeakPlan){NULL, {1, 1, 1, 256, 0}, 0};
}

int cuda_plan_products(
    CUDADevice device, const ProductPart *parts, int count, Pass pass, int unit, int rows, unsigned long long scratch,
    PlannedLaunch *launches) {
    Plan plan = {device, pass, unit, rows, scratch, launches, 0, CUDA_TICKET_BYTES, 0};
    planProducts(&plan, parts, count);
    return plan.count;
}

unsigned long long cuda_scratch_bytes(CUDADevice device, const ProductPart *parts, int count, int rows) {
    PlannedLaunch launches[CUDA_PLAN_LAUNCHES];
    Plan plan = {device, {0}, 0, rows, 0, launches, 0, CUDA_TICKET_BYTES, 0};
    planProducts(&plan, parts, count);
    return plan.used;
}
