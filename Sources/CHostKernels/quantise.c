#include "hostkernels.h"

size_t rk_panel_bytes_i8(size_t columns) {
    return rk_units(columns) * RK_PANEL_ROWS * (RK_UNIT_COLUMNS + 4);
}

size_t rk_panel_bytes_i4(size_t columns) {
    return rk_units(columns) * RK_PANEL_ROWS * (RK_UNIT_COLUMNS / 2 + 4);
}

size_t rk_quantised_row_bytes(size_t columns) {
    // An odd number of cache lines, so that the rows of one tile fall into different sets of the cache.
    return (64 + rk_units(columns) * (2 * RK_UNIT_COLUMNS + 8) + 63) / 64 * 64 | 64;
}
