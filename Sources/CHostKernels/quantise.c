#include "hostkernels.h"

size_t rk_panel_bytes_i8(size_t columns) {
    return rk_units(columns) * RK_PANEL_ROWS * (RK_UNIT_COLUMNS + 4);
}

size_t rk_panel_bytes_i4(size_t columns) {
    return rk_units(columns) * RK_PANEL_ROWS * (RK_UNIT_COLUMNS / 2 + 4);
}

// Rows take an odd number of cache lines, so that those of one tile fall into different sets of the cache.

size_t rk_row_bytes_i8(size_t columns) {
    return (64 + rk_units(columns) * (2 * RK_UNIT_COLUMNS + 8) + 63) / 64 * 64 | 64;
}

size_t rk_row_bytes_i4(size_t columns) {
    return (rk_units(columns) * (RK_UNIT_COLUMNS + 16) + 63) / 64 * 64 | 64;
}
