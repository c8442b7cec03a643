// Which kernel a product takes.
#include <stdio.h>
#include <string.h>
#include "CHostCUDA.h"

static const char *const typeNames[] = {"f32", "f16", "bf16", "i8", "i4"};

static int ceiling(int value, int by) { return (value + by - 1) / by; }

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
    /// Whether the kernel before makes the weights.
    int isMade;
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
///
/// - Parameter row: how the kernel makes it; null where it lies in memory.
static int vectorProducts(Plan *plan, const ProductPart *parts, int count, const MixedRow *row) {
    ProductArguments a = {plan->pass, plan->unit, count, 0, {{0}}};
    int shared = 0, outputs = 0, blocks = 0;
    unsigned long long bytes = 0;
    for (int i = 0; i < count; i++) {
        int own = vectorShared(parts[i]);
        shared = own > shared ? own : shared;
        outputs += parts[i].outputs;
        bytes += bytesOf(parts[i]);
    }
    const int mixed = parts[0].columns * 4, rowOffset = (shared > mixed ? shared + 15 : mixed + 15) / 16 * 16;
    if (row) shared = rowOffset + mixed;
    if (shared + 1024 > plan->device.sharedBytes) return 0;
    // Two blocks of eight warps where a row takes much shared memory or work, else four of four.
    const int threads = row || shared > 32768 ? 256 : 128, resident = plan->device.processors * 512 / threads;
    for (int i = 0; i < count; i++) {
        ProductPart *part = &a.parts[i];
        *part = parts[i];
        part->team = vectorTeam(plan->device, *part, outputs);
        if (part->team > 32) part->team = threads;
        part->firstBlock = blocks;
        part->blocks = ceiling(part->outputs, threads / part->team);
        // Where there are few outputs for all these warps, or the row is long, blocks stay and go on to their next output.
        unsigned long long share = (bytesOf(*part) * (unsigned long long)resident + bytes - 1) / bytes;
        if ((threads == 256 || outputs <= plan->device.processors * 64) && (unsigned long long)part->blocks > share) {
            part->blocks = (int)share;
        }
        blocks += part->blocks;
    }
    CUDALaunch size = {(unsigned)blocks, 1, 1, (unsigned)threads, (unsigned)shared};
    if (!row) {
        append(plan, typed("mk_vector_", parts[0].weightType), size, &a, sizeof a);
        return 1;
    }
    MixedArguments made = {a, *row};
    made.row.rowOffset = rowOffset;
    made.row.ticket = plan->scratch;
    append(plan, typed("mk_mixed_", parts[0].weightType), size, &made, sizeof made);
    return 1;
}

/// Where the blocks that share a sum leave their parts of it.
static void takeSums(Plan *plan, ProductPart *part, int tiles, int numbers) {
    if (part->splits < 2) return;
    part->sums = take(plan, (unsigned long long)tiles * (unsigned)part->splits * (unsigned)numbers * 4);
    part->tickets = plan->scratch + 4 * (unsigned)plan->ticketsUsed;
    plan->ticketsUsed += tiles;
}

/// One row times a turned weight: what zeros would meet is not read.
static void sparseProduct(Plan *plan, const ProductPart *part) {
    ProductArguments a = {plan->pass, plan->unit, 1, 0, {*part}};
    const int chunks = ceiling(part->outputs, CUDA_SPARSE_OUTPUTS);
    // Three blocks fit a processor; a range of inputs is worth a block from 64 on. Ranges are of whole groups.
    int most = plan->device.processors * 3 / chunks, fewest = ceiling(part->columns, CUDA_SPARSE_INPUTS);
    if (most > ceiling(part->columns, 64)) most = ceiling(part->columns, 64);
    a.parts[0].splits = most > fewest ? most : fewest;
    // The row is read in fp32, as it is.
    a.parts[0].scale = 1;
    takeSums(plan, &a.parts[0], chunks, CUDA_SPARSE_OUTPUTS);
    CUDALaunch size = {(unsigned)(chunks * a.parts[0].splits), 1, 1, 256, 0};
    append(plan, typed("mk_sparse_", part->weightType), size, &a, sizeof a);
}

/// Columns times rows of activations on tensor cores, 2 to 64 rows: weights stream once for 16 or 32 of them. Turned ones are
/// quantised here.
static void fewProducts(Plan *plan, const ProductPart *parts, int count) {
    enum { outputs = 128, slice = 512, pitch = slice + 32 };
    ProductArguments a = {plan->pass, plan->unit, count, 0, {{0}}};
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
    const char *family = parts[0].isTurned ? "mk_turned_" : "mk_few_";
    append(plan, named(family, parts[0].weightType, height), size, &a, sizeof a);
}

/// Makes what tensor cores need of activations: 16 bits, rows of whole words.
static void readyParts(Plan *plan, ProductPart *parts, int count) {
    RoundArguments round = {plan->pass, plan->unit, 0, {{0}}};
    int widest = 1;
    for (int i = 0; i < count; i++) {
        ProductPart *part = &parts[i];
        const int type = part->weightType == NUMBER_BF16 ? NUMBER_BF16 : NUMBER_F16;
        if (!part->roundedX) {
            const int pitch = ceiling(part->columns, 8) * 8, number = round.count++;
            part->roundedX = take(plan, (unsigned long long)plan->rows * (unsigned)pitch * 2);
            round.parts[number].x = part->x;
            round.parts[number].to = part->roundedX;
            round.parts[number].columns = part->columns;
            round.parts[number].type = type;
            round.parts[number].factor = 1 / part->scale;
            widest = part->columns > widest ? part->columns : widest;
        }
    }
    if (!round.count) return;
    CUDALaunch size = {(unsigned)ceiling(widest, 2048), cuda_grid_rows(plan->rows), (unsigned)round.count, 256, 0};
    append(plan, "mk_round", size, &round, sizeof round);
}

/// The least of 16, 32, 64 and 128 that these rows fill, but not below `least`.
static int heightOf(int rows, int least) {
    int height = least;
    while (height < rows && height < 128) height *= 2;
    return height;
}

/// Many rows on tensor cores, by tiles; times turned weights few rows as well.
static void matrixProducts(Plan *plan, const ProductPart *parts, int count) {
    enum { width = 128, columns = 64 };
    const char *family = parts[0].isTurned ? "mk_turned_" : "mk_matrix_";
    ProductArguments a = {plan->pass, plan->unit, count, plan->isMade, {{0}}};
    memcpy(a.parts, parts, (size_t)count * sizeof *parts);
    readyParts(plan, a.parts, count);
    const int least = parts[0].isTurned ? 16 : 64, height = heightOf(plan->rows, least), stages = height == 128 ? 3 : 4;
    const int down = ceiling(plan->rows, height);
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
    append(plan, named(family, a.parts[0].weightType, height), size, &a, sizeof a);
}

// MARK: sm_90a

static void addMap(
    PlannedLaunch *launch, int number, unsigned long long address, int rows, int columns, int boxRows, int type) {
    launch->maps[launch->mapCount++] = (TensorMapRequest){
        address, (unsigned)rows, (unsigned)columns, (unsigned long long)ceiling(columns, 8) * 16, (unsigned)boxRows, 64, type,
        (unsigned)(offsetof(MatrixArguments, maps) + (size_t)number * sizeof(TensorMap))};
}

/// A kernel with maps of all its matrices, by boxes of `xRows` and `weightRows` rows.
static void appendMapped(
    Plan *plan, const char *kernel, CUDALaunch size, const MatrixArguments *a, int xRows, int weightRows) {
    PlannedLaunch *launch = append(plan, kernel, size, a, sizeof *a);
    for (int i = 0; i < a->count; i++) {
        const ProductPart *part = &a->parts[i];
        addMap(launch, 2 * i, part->roundedX, plan->rows, part->columns, xRows, part->weightType);
        if (part->isTurned) addMap(launch, 2 * i + 1, part->weight, part->columns, part->outputs, 64, part->weightType);
        else addMap(launch, 2 * i + 1, part->weight, part->outputs, part->columns, weightRows, part->weightType);
    }
}

/// Up to 128 rows, which stay in a block while weights stream once.
static void streamProducts(Plan *plan, const ProductPart *parts, int count) {
    enum { outputs = 128 };
    MatrixArguments a = {plan->pass, plan->unit, count, 1, 0, 0, {{{0}}}, {{0}}};
    memcpy(a.parts, parts, (size_t)count * sizeof *parts);
    readyParts(plan, a.parts, count);
    a.isMade = plan->isMade;
    const int height = heightOf(plan->rows, 16);
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
    const char *family = parts[0].isTurned ? "mk_turned_stream_" : "mk_stream_";
    appendMapped(plan, named(family, a.parts[0].weightType, height), size, &a, height, outputs);
}

/// How long all tiles take with tiles of a width and sums shared by `splits` blocks, in steps of 128 × 256 × 64.
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
    const char *family = parts[0].isTurned ? "mk_turned_wide_" : "mk_wide_";
    appendMapped(plan, named(family, a.parts[0].weightType, width), size, &a, 128, width);
}

/// All products in one kernel of fp32 arithmetic.
static void plainProducts(Plan *plan, const ProductPart *parts, int count) {
    ProductArguments a = {plan->pass, plan->unit, count, 0, {{0}}};
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

/// Of a quantised weight that is widened, what lies there at a time: about what the second cache holds.
enum { WIDENED_BYTES = 32 << 20 };

/// As many rows as `few` does not take.
static void tensorProducts(Plan *plan, const ProductPart *parts, int count) {
    if (plan->device.capability != 90) matrixProducts(plan, parts, count);
    else if (plan->rows <= 128) streamProducts(plan, parts, count);
    else wideProducts(plan, parts, count);
}

/// Some outputs after the other: each range of them is widened and multiplied with before the next takes its place.
static void widenedProduct(Plan *plan, const ProductPart *whole) {
    ProductPart part = *whole;
    readyParts(plan, &part, 1);
    const WeightLayout layout = cuda_weight_layout(part.weightType, part.outputs, part.columns);
    const WeightLayout wide = cuda_weight_layout(NUMBER_F16, 1, part.columns);
    const unsigned long long scales = (layout.bytes - layout.scales) / (unsigned)part.outputs, begin = plan->used;
    const int ranges = CUDA_PLAN_LAUNCHES / 2 - CUDA_PRODUCTS * 2, fits = (int)(WIDENED_BYTES / wide.pitch);
    const int least = ceiling(part.outputs, ranges), most = ceiling(fits > least ? fits : least, 256) * 256;
    unsigned long long end = begin;
    for (int first = 0; first < part.outputs; first += most) {
        const unsigned long long at = (unsigned)first;
        ProductPart range = part;
        range.outputs = part.outputs - first < most ? part.outputs - first : most;
        plan->used = begin;
        WeightArguments widen = {0};
        widen.outputs = range.outputs, widen.columns = part.columns;
        widen.fromType = part.weightType, widen.toType = NUMBER_F16;
        widen.pitch = part.isTurned ? part.outputs : 0;
        // Of a turned weight the first column's.
        const int isByte = part.weightType == NUMBER_I8;
        widen.from = part.weight + (!part.isTurned ? at * layout.pitch : isByte ? at : at / 2);
        widen.scales = part.weight + layout.scales + at * (!part.isTurned ? scales : isByte ? 4 : 2);
        widen.to = range.weight = take(plan, wide.pitch * (unsigned)range.outputs);
        range.weightType = NUMBER_F16;
        if (part.y.values) range.y.values = part.y.values + at * 4;
        if (part.y.rounded) range.y.rounded = part.y.rounded + at * 2;
        if (part.gate) range.gate = part.gate + at * 4;
        if (part.stream) range.stream = part.stream + at * 4;
        append(plan, typed("mk_widen_", part.weightType), cuda_launch_place(widen), &widen, sizeof widen);
        plan->isMade = 1;
        tensorProducts(plan, &range, 1);
        plan->isMade = 0;
        end = plan->used > end ? plan->used : end;
    }
    plan->used = end;
}

static void planProducts(Plan *plan, const ProductPart *given, int count) {
    ProductPart parts[CUDA_PRODUCTS];
    memcpy(parts, given, (size_t)count * sizeof *parts);
    for (int i = 0; i < count; i++) parts[i].pitch = parts[i].outputs;
    for (int first = 0, next; first < count; first = next) {
        const ProductPart *part = parts + first;
        const int onTensorCores = takesTensorCores(plan, part), isHopper = plan->device.capability == 90;
        const int isQuantised = part->weightType == NUMBER_I8 || part->weightType == NUMBER_I4;
        const int few = isQuantised ? 64 : isHopper ? 8 : 32, isWidened = onTensorCores && isQuantised && plan->rows > few;
        for (next = first + 1; next < count && !part->isTurned && !isWidened; next++) {
            if (parts[next].weightType != part->weightType || parts[next].isTurned) break;
            if (takesTensorCores(plan, parts + next) != onTensorCores) break;
        }
        if (isWidened) widenedProduct(plan, part);
        else if (part->isTurned && plan->rows == 1) sparseProduct(plan, part);
        else if (part->isTurned && !isQuantised && plan->rows <= 8) matrixProducts(plan, part, 1);
        else if (onTensorCores && plan->rows <= few && (isQuantised || !part->isTurned)) fewProducts(plan, part, next - first);
        else if (onTensorCores) tensorProducts(plan, part, next - first);
        else if (plan->rows > 1 || !vectorProducts(plan, part, next - first, NULL)) plainProducts(plan, part, next - first);
    }
}

int cuda_plan_products(
    CUDADevice device, const ProductPart *parts, int count, Pass pass, int unit, int rows, unsigned long long scratch,
    PlannedLaunch *launches) {
    Plan plan = {device, pass, unit, rows, scratch, launches, 0, CUDA_TICKET_BYTES, 0, 0};
    planProducts(&plan, parts, count);
    return plan.count;
}

int cuda_plan_mixed(
    CUDADevice device, const ProductPart *given, int count, Pass pass, const MixedRow *row, unsigned long long scratch,
    PlannedLaunch *launch) {
    ProductPart parts[CUDA_PRODUCTS];
    Plan plan = {device, pass, PASS_TOKENS, 1, scratch, launch, 0, CUDA_TICKET_BYTES, 0, 0};
    for (int i = 0; i < count; i++) {
        parts[i] = given[i];
        parts[i].pitch = parts[i].outputs;
        const int isLike = parts[i].weightType == parts[0].weightType && parts[i].columns == parts[0].columns;
        if (!isLike || parts[i].isTurned || parts[i].epilogue >= EPILOGUE_ADD) return 0;
    }
    if (parts[0].columns % 4 || row->offset % 4) return 0;
    return vectorProducts(&plan, parts, count, row);
}

unsigned long long cuda_scratch_bytes(CUDADevice device, const ProductPart *parts, int count, int rows) {
    PlannedLaunch launches[CUDA_PLAN_LAUNCHES];
    Plan plan = {device, {0}, 0, rows, 0, launches, 0, CUDA_TICKET_BYTES, 0, 0};
    planProducts(&plan, parts, count);
    return plan.used;
}

static void addKernel(CUDASurvey *survey, const PlannedLaunch *launch) {
    for (int i = 0; i < survey->count; i++) {
        if (survey->kernels[i].name == launch->kernel) return;
    }
    if (survey->count == CUDA_SURVEYED) return;
    survey->kernels[survey->count++] = (CUDASurveyedKernel){launch->kernel, launch->argumentBytes};
}

void cuda_survey_products(CUDADevice device, const ProductPart *parts, int count, int rows, CUDASurvey *survey) {
    PlannedLaunch launches[CUDA_PLAN_LAUNCHES];
    *survey = (CUDASurvey){0, {{"", 0}}, 0};
    // Plans change where another kernel or one more tile of rows is taken; the last number of rows before that needs most.
    for (int n = 1, last = 0; !last; n = n < 2 ? 2 : n < 8 ? 8 : n < 128 ? n + 8 : n + 128) {
        last = n >= rows;
        n = last ? rows : n;
        Plan plan = {device, {0}, 0, n, 0, launches, 0, CUDA_TICKET_BYTES, 0, 0};
        planProducts(&plan, parts, count);
        for (int i = 0; i < plan.count; i++) addKernel(survey, &launches[i]);
        if (plan.used > survey->scratchBytes) survey->scratchBytes = plan.used;
    }
}
