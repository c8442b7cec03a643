// Products of many rows on tensor cores by mma.sync: from sm_80 on, but for sm_90a, which has its own.
#include "device.inc"
#include "CHostCUDAProducts.h"
#include "products/device.inc"
#include "products/weights.inc"
#include "products/epilogue.inc"
#include "products/splits.inc"
#include "products/mma.inc"
#include "products/matrix.inc"

MATRIX(mk_matrix_f16_64, NUMBER_F16, 64, 2, 2, 4, false)
MATRIX(mk_matrix_f16_128, NUMBER_F16, 128, 2, 2, 3, false)
MATRIX(mk_matrix_bf16_64, NUMBER_BF16, 64, 2, 2, 4, false)
MATRIX(mk_matrix_bf16_128, NUMBER_BF16, 128, 2, 2, 3, false)
MATRIX(mk_turned_f16_64, NUMBER_F16, 64, 2, 2, 4, true)
MATRIX(mk_turned_f16_128, NUMBER_F16, 128, 2, 2, 3, true)
MATRIX(mk_turned_bf16_64, NUMBER_BF16, 64, 2, 2, 4, true)
MATRIX(mk_turned_bf16_128, NUMBER_BF16, 128, 2, 2, 3, true)
