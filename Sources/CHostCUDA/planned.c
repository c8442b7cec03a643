// Plans of products behind a pointer.
#include <stdlib.h>
#include <string.h>
#include "CHostCUDA.h"

struct CUDALaunches {
    int count;
    PlannedLaunch all[CUDA_PLAN_LAUNCHES];
};

static struct CUDALaunches *makeRoom(void) { return aligned_alloc(64, sizeof(struct CUDALaunches)); }

/// A copy that takes no more than it must, in place of the room.
static CUDALaunchesRef keep(struct CUDALaunches *room) {
    // Most plans have a launch or two, and many are kept.
    size_t bytes = offsetof(struct CUDALaunches, all) + (size_t)room->count * sizeof *room->all;
    struct CUDALaunches *launches = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (launches) memcpy(launches, room, bytes);
    free(room);
    return launches;
}

CUDALaunchesRef cuda_launches_make(
    CUDADevice device, const ProductPart *parts, int count, Pass pass, int unit, int rows, unsigned long long scratch) {
    struct CUDALaunches *room = makeRoom();
    if (!room) return NULL;
    room->count = cuda_plan_products(device, parts, count, pass, unit, rows, scratch, room->all);
    return keep(room);
}

CUDALaunchesRef cuda_launches_make_mixed(
    CUDADevice device, const ProductPart *parts, int count, Pass pass, const MixedRow *row, unsigned long long scratch) {
    struct CUDALaunches *room = makeRoom();
    if (!room) return NULL;
    room->count = cuda_plan_mixed(device, parts, count, pass, row, scratch, room->all);
    return keep(room);
}

void cuda_launches_free(CUDALaunchesRef launches) { free(launches); }

int cuda_launches_count(CUDALaunchesRef launches) { return launches->count; }
const char *cuda_launches_kernel(CUDALaunchesRef launches, int index) { return launches->all[index].kernel; }
CUDALaunch cuda_launches_size(CUDALaunchesRef launches, int index) { return launches->all[index].size; }
size_t cuda_launches_argument_bytes(CUDALaunchesRef launches, int index) { return launches->all[index].argumentBytes; }
const void *cuda_launches_arguments(CUDALaunchesRef launches, int index) { return launches->all[index].arguments; }

HostCUDAResult cuda_launches_encode(const struct HostCUDADriver *driver, CUDALaunchesRef launches, int index) {
    // Values of CUtensorMapDataType, …Interleave, …Swizzle, …L2promotion and …FloatOOBfill.
    enum { float16 = 6, bfloat16 = 9, noInterleave = 0, swizzle128 = 3, promotion256 = 3, zeros = 0 };
    PlannedLaunch *launch = &launches->all[index];
    for (unsigned i = 0; i < launch->mapCount; i++) {
        if (!driver->cuTensorMapEncodeTiled) return host_cuda_not_supported;
        const TensorMapRequest *request = &launch->maps[i];
        struct HostCUDATensorMap map;
        const unsigned long long sizes[2] = {request->columns, request->rows}, pitches[1] = {request->pitch};
        const unsigned box[2] = {request->boxColumns, request->boxRows}, steps[2] = {1, 1};
        HostCUDAResult result = driver->cuTensorMapEncodeTiled(
            &map, request->type == NUMBER_BF16 ? bfloat16 : float16, 2, (void *)(size_t)request->address, sizes, pitches, box,
            steps, noInterleave, swizzle128, promotion256, zeros);
        if (result != host_cuda_success) return result;
        memcpy(launch->arguments + request->offset, &map, sizeof map);
    }
    return host_cuda_success;
}
