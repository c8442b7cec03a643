// How weights lie, the grids of what runs at load, and what measures tensor cores.
#include "CHostCUDA.h"

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

CUDALaunch cuda_launch_place(WeightArguments a) {
    // Rows that are short share a block. A turned weight's rows are its columns.
    const int rows = a.pitch ? a.columns : a.outputs, width = a.pitch ? a.outputs : a.columns;
    int each = width > 0 && width < 4096 ? 4096 / width : 1;
    return (CUDALaunch){cuda_grid_rows(ceiling(rows, each)), 1, 1, 256, 0};
}

CUDALaunch cuda_launch_quantise(WeightArguments a) {
    int groups = ceiling(a.columns, a.toType == NUMBER_I8 ? CUDA_UNIT_COLUMNS : CUDA_GROUP_COLUMNS);
    unsigned long long count = (unsigned long long)a.outputs * (unsigned long long)groups;
    return (CUDALaunch){(unsigned)((count + 63) / 64), 1, 1, 64, 0};
}

CUDALaunch cuda_launch_turn(WeightArguments a) {
    return (CUDALaunch){cuda_blocks(a.columns, 32), cuda_grid_rows(ceiling(a.outputs, 32)), 1, 256, 0};
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
