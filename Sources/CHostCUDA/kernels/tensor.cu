// Products of few rows on tensor cores by mma.sync: from sm_80 on.
#include "device.inc"
#include "CHostCUDAProducts.h"
#include "products/device.inc"
#include "products/weights.inc"
#include "products/turned.inc"
#include "products/epilogue.inc"
#include "products/splits.inc"
#include "products/mma.inc"
#include "products/few.inc"
#include "products/few_turned.inc"
#include "products/matrix.inc"
#include "products/peak.inc"

MATRIX(mk_turned_f16_16, NUMBER_F16, 16, 1, 4, 4, true)
MATRIX(mk_turned_f16_32, NUMBER_F16, 32, 1, 4, 4, true)
MATRIX(mk_turned_bf16_16, NUMBER_BF16, 16, 1, 4, 4, true)
MATRIX(mk_turned_bf16_32, NUMBER_BF16, 32, 1, 4, 4, true)
