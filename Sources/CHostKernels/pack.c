#include <string.h>
#include "hostkernels.h"

void rk_pack_panel(void *panel, const void *w, size_t rows, size_t row_bytes, size_t unit) {
    char *out = panel;
    size_t whole = rows == RK_PANEL_ROWS ? row_bytes / unit : 0;
    for (size_t u = 0; u < whole; u++) {
        const char *in = (const char *)w + u * unit;
        // Two loops whose copies have a known length: each is one load and one store.
        if (unit == 4) {
            for (size_t r = 0; r < RK_PANEL_ROWS; r++) memcpy(out + r * 4, in + r * row_bytes, 4);
        } else {
            for (size_t r = 0; r < RK_PANEL_ROWS; r++) memcpy(out + r * unit, in + r * row_bytes, 2);
        }
        out += RK_PANEL_ROWS * unit;
    }
    for (size_t at = whole * unit; at < row_bytes; at += unit) {
        size_t count = row_bytes - at < unit ? row_bytes - at : unit;
        memset(out, 0, RK_PANEL_ROWS * unit);
        for (size_t r = 0; r < rows; r++) memcpy(out + r * unit, (const char *)w + r * row_bytes + at, count);
        out += RK_PANEL_ROWS * unit;
    }
}
