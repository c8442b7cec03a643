// The CPU backend's quantisation, by name, for products.py.
#include "hostkernels.h"

void oracle_quantise(int bits, void *panel, const float *w, size_t rows, size_t columns) {
    const rk_kernels *scalar = rk_kernels_for(RK_ISA_SCALAR);
    (bits == 8 ? scalar->quantise_panel_i8 : scalar->quantise_panel_i4)(panel, w, rows, columns);
}

size_t oracle_panel_bytes(int bits, size_t columns) {
    return bits == 8 ? rk_panel_bytes_i8(columns) : rk_panel_bytes_i4(columns);
}
