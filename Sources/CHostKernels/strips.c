// Strips and lists of columns, as hostkernels.h describes them.
#include <string.h>
#include "hostkernels.h"

void rk_lay_line_f32(void *strip, size_t pitch, size_t line, const void *panels, size_t columns) {
    for (size_t k = 0; k < columns; k++) {
        memcpy((char *)strip + k * pitch + line * RK_LINE, (const char *)panels + k * RK_LINE, RK_LINE);
    }
}

void rk_lay_line_f16(void *strip, size_t pitch, size_t line, const void *panels, size_t columns) {
    const size_t half = RK_LINE / 2;
    for (size_t k = 0; k < columns; k++) {
        char *to = (char *)strip + k * pitch + line * RK_LINE;
        for (size_t j = 0; j < 2; j++) memcpy(to + j * half, (const char *)panels + (j * columns + k) * half, half);
    }
}

void rk_lay_line_bf16(void *strip, size_t pitch, size_t line, const void *panels, size_t columns) {
    for (size_t k = 0; k < columns; k += 2) {
        uint16_t both[2][RK_LINE / 2];
        for (size_t j = 0; j < 2; j++) {
            uint16_t pairs[RK_PANEL_ROWS][2];
            memcpy(pairs, (const char *)panels + (j * columns + k) / 2 * sizeof pairs, sizeof pairs);
            for (size_t r = 0; r < RK_PANEL_ROWS; r++) {
                size_t place = r / 4 * 8 + j * 4 + r % 4;
                both[0][place] = pairs[r][0];
                both[1][place] = pairs[r][1];
            }
        }
        char *to = (char *)strip + k * pitch + line * RK_LINE;
        memcpy(to, both[0], RK_LINE);
        memcpy(to + pitch, both[1], RK_LINE);
    }
}

size_t rk_list_bytes(size_t columns) {
    return rk_list_start(columns) + (columns / 2 + RK_LIST_COLUMNS / 2 + RK_LIST_AHEAD) * sizeof(rk_list_pair);
}

/// Bits of a pair of activations that are not zero: of the first in the lower half, of the second in the upper.
static inline uint64_t pair_bits(const char *x, size_t size) {
    if (size == 2) {
        uint32_t both;
        memcpy(&both, x, sizeof both);
        return (both & 0x7FFFu) | (uint64_t)(both >> 16 & 0x7FFFu) << 32;
    }
    uint64_t both;
    memcpy(&both, x, sizeof both);
    return both & 0x7FFFFFFF7FFFFFFFu;
}

static inline void list_pairs(void *list, const char *x, size_t size, size_t x_bytes, size_t columns, size_t tokens) {
    uint32_t *starts = list, n = 0, most = 0;
    rk_list_pair *pairs = (rk_list_pair *)(void *)((char *)list + rk_list_start(columns));
    *starts++ = 0;
    for (size_t piece = 0; piece < columns || piece == 0; piece += RK_LIST_COLUMNS) {
        size_t end = columns - piece < RK_LIST_COLUMNS ? columns : piece + RK_LIST_COLUMNS;
        for (size_t k = piece; k < end; k += 2) {
            uint64_t bits = 0;
            for (size_t t = 0; t < tokens; t++) bits |= pair_bits(x + t * x_bytes + k * size, size);
            uint32_t first = (uint32_t)bits != 0, second = bits >> 32 != 0;
            // Written over by the next one where nothing counts.
            pairs[n] = (rk_list_pair){(uint32_t)k + 1 - first, (uint32_t)k + second};
            n += first | second;
        }
        most = n - starts[-1] > most ? n - starts[-1] : most;
        *starts++ = n;
    }
    // After the last column of a strip comes the first of the next one: it is asked for meanwhile.
    for (size_t i = 0; i < most + RK_LIST_AHEAD && n > 0; i++) {
        pairs[n + i] = (rk_list_pair){pairs[i].first + (uint32_t)columns, pairs[i].second + (uint32_t)columns};
    }
}

void rk_list_16(void *list, const void *x, size_t x_bytes, size_t columns, size_t tokens) {
    list_pairs(list, x, 2, x_bytes, columns, tokens);
}

void rk_list_32(void *list, const void *x, size_t x_bytes, size_t columns, size_t tokens) {
    list_pairs(list, x, 4, x_bytes, columns, tokens);
}
