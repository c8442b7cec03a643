// Strips of quantised weights and lists of quads, as hostkernels.h describes them.
#include <string.h>
#include "hostkernels.h"

enum { SCALE_BYTES = 4 * RK_PANEL_ROWS };

/// Where a row of a panel lies in a line.
static inline size_t place_of(size_t panel, size_t row) {
    return row / 4 * 16 + panel * 4 + row % 4;
}

/// One column of four panels' bytes, from where its own begins: [quads][rows][4].
static void lay_bytes(uint8_t *line, const char *from, size_t panel_bytes) {
    for (size_t p = 0; p < 4; p++) {
        for (size_t r = 0; r < RK_PANEL_ROWS; r++) line[place_of(p, r)] = (uint8_t)from[p * panel_bytes + r * 4];
    }
}

static void lay_scales(char *to, const char *from, size_t panel_bytes, size_t panels) {
    for (size_t p = 0; p < panels; p++) memcpy(to + p * SCALE_BYTES, from + p * panel_bytes, SCALE_BYTES);
}

void rk_lay_line_i8(void *strip, size_t pitch, size_t line, const void *panels, size_t columns) {
    const size_t panel_bytes = rk_panel_bytes_i8(columns), unit_bytes = rk_panel_bytes_i8(1);
    char *to = strip;
    for (size_t u = 0; u < rk_units(columns); u++) {
        const char *unit = (const char *)panels + u * unit_bytes;
        for (size_t k = 0; k < RK_UNIT_COLUMNS; k++, to += pitch) {
            lay_bytes((uint8_t *)to + line * RK_LINE, unit + k / 4 * (4 * RK_PANEL_ROWS) + k % 4, panel_bytes);
        }
        lay_scales(to + line * rk_strip_scales_i8(RK_LINE), unit + unit_bytes - SCALE_BYTES, panel_bytes, 4);
        to += rk_strip_scales_i8(pitch);
    }
}

void rk_lay_line_i4(void *strip, size_t pitch, size_t line, const void *panels, size_t columns) {
    const size_t panel_bytes = rk_panel_bytes_i4(columns), unit_bytes = rk_panel_bytes_i4(1);
    char *to = strip;
    for (size_t u = 0; u < rk_units(columns); u++) {
        const char *unit = (const char *)panels + u * unit_bytes;
        for (size_t k = 0; k < RK_UNIT_COLUMNS; k++, to += pitch) {
            uint8_t both[2][RK_LINE], *at = (uint8_t *)to + line * RK_LINE;
            const char *from = unit + k / 8 * (4 * RK_PANEL_ROWS) + k % 4;
            const unsigned shift = k % 8 < 4 ? 0 : 4;
            lay_bytes(both[0], from, panel_bytes);
            lay_bytes(both[1], from + 4 * panel_bytes, panel_bytes);
            for (size_t i = 0; i < RK_LINE; i++) {
                at[i] = (uint8_t)((both[0][i] >> shift & 15) | (both[1][i] >> shift & 15) << 4);
            }
        }
        lay_scales(to + line * rk_strip_scales_i4(RK_LINE), unit + unit_bytes - SCALE_BYTES, panel_bytes, 8);
        to += rk_strip_scales_i4(pitch);
    }
}

size_t rk_quad_list_bytes(size_t columns) {
    return rk_quad_bytes_start(columns) + columns / 4 * (RK_LIST_TOKENS * 8);
}

/// Where quads are written, and of whose activations.
typedef struct {
    rk_list_quad *quads;
    int8_t *bytes;
    uint32_t count;
    size_t x_bytes, lines;
} quad_list;

#define INLINE static inline __attribute__((always_inline))

/// Lists the columns of a group; the parts of an activation lie a unit apart. A group `must` be listed where a scale has to
/// reach the output though all columns are zero.
INLINE void list_group(
    quad_list *list, size_t first, size_t width, const int8_t *x, const size_t tokens, const size_t parts, bool must) {
    const size_t x_bytes = list->x_bytes, quad_bytes = tokens * parts * 4;
    uint32_t filled = 0;
    rk_list_quad *quads = list->quads + list->count;
    int8_t *bytes = list->bytes + list->count * quad_bytes;
    for (size_t k = first; k < first + width; k += sizeof(uint64_t)) {
        uint64_t any = 0;
        for (size_t t = 0; t < tokens; t++) {
            for (size_t part = 0; part < parts; part++) {
                uint64_t eight;
                memcpy(&eight, x + t * x_bytes + part * RK_UNIT_COLUMNS + k, sizeof eight);
                any |= eight;
            }
        }
        for (; any != 0; filled++) {
            const unsigned byte = (unsigned)__builtin_ctzll(any) / 8;
            const size_t column = k + byte, quad = filled / 4, place = filled % 4;
            any &= ~((uint64_t)0xFF << 8 * byte);
            if (place == 0) {
                memset(&quads[quad], (int)(column * list->lines), sizeof *quads);
                memset(bytes + quad * quad_bytes, 0, quad_bytes);
            }
            quads[quad].lines[place] = (uint8_t)(column * list->lines);
            for (size_t t = 0; t < tokens; t++) {
                for (size_t part = 0; part < parts; part++) {
                    bytes[quad * quad_bytes + (t * parts + part) * 4 + place] = x[t * x_bytes + part * RK_UNIT_COLUMNS + column];
                }
            }
        }
    }
    if (filled == 0 && must) {
        memset(quads, (int)(first * list->lines), sizeof *quads);
        memset(bytes, 0, quad_bytes);
        filled = 1;
    }
    list->count += (filled + 3) / 4;
}

static quad_list quads_of(void *list, size_t x_bytes, size_t columns, size_t pitch) {
    return (quad_list){(rk_list_quad *)(void *)((char *)list + rk_quads_start(columns)),
                       (int8_t *)list + rk_quad_bytes_start(columns), 0, x_bytes, pitch / RK_LINE};
}

INLINE void list_i8(void *list, const void *x, size_t x_bytes, size_t columns, const size_t tokens, size_t pitch) {
    uint32_t *starts = list;
    quad_list out = quads_of(list, x_bytes, columns, pitch);
    *starts++ = 0;
    for (size_t u = 0; u < rk_units(columns); u++) {
        list_group(&out, 0, RK_UNIT_COLUMNS, (const int8_t *)x + 64 + u * 2 * RK_UNIT_COLUMNS, tokens, 2, false);
        *starts++ = out.count;
    }
}

void rk_list_i8(void *list, const void *x, size_t x_bytes, size_t columns, size_t tokens, size_t pitch) {
    switch (tokens) {
    case 1: return list_i8(list, x, x_bytes, columns, 1, pitch);
    case 2: return list_i8(list, x, x_bytes, columns, 2, pitch);
    case 3: return list_i8(list, x, x_bytes, columns, 3, pitch);
    default: return list_i8(list, x, x_bytes, columns, RK_LIST_TOKENS, pitch);
    }
}

/// Whether the scale of some token's group is NaN or infinite.
static bool is_broken(const char *scale, size_t x_bytes, size_t tokens) {
    bool broken = false;
    for (size_t t = 0; t < tokens; t++) {
        uint32_t bits;
        memcpy(&bits, scale + t * x_bytes, sizeof bits);
        broken = broken || (bits & 0x7F800000u) == 0x7F800000u;
    }
    return broken;
}

INLINE void list_i4(void *list, const void *x, size_t x_bytes, size_t columns, const size_t tokens, size_t pitch) {
    const size_t units = rk_units(columns);
    uint32_t *starts = list;
    quad_list out = quads_of(list, x_bytes, columns, pitch);
    *starts++ = 0;
    for (size_t g = 0; g < 2 * units; g++) {
        const size_t u = g / 2, half = g % 2;
        const char *scale = (const char *)x + units * RK_UNIT_COLUMNS + u * 16 + half * 4;
        list_group(&out, half * RK_GROUP_COLUMNS, RK_GROUP_COLUMNS, (const int8_t *)x + u * RK_UNIT_COLUMNS, tokens, 1,
                   is_broken(scale, x_bytes, tokens));
        *starts++ = out.count;
    }
}

void rk_list_i4(void *list, const void *x, size_t x_bytes, size_t columns, size_t tokens, size_t pitch) {
    switch (tokens) {
    case 1: return list_i4(list, x, x_bytes, columns, 1, pitch);
    case 2: return list_i4(list, x, x_bytes, columns, 2, pitch);
    case 3: return list_i4(list, x, x_bytes, columns, 3, pitch);
    default: return list_i4(list, x, x_bytes, columns, RK_LIST_TOKENS, pitch);
    }
}
