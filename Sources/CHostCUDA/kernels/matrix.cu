// Products of many rows on tensor cores by mma.sync: from sm_80 on, but for sm_90a, which has its own.
#include "device.inc"
#include "CHostCUDAProducts.h"
#include "products/device.inc"
#include "products/weights.inc"
#include "products/epilogue.inc"
#include "products/splits.inc"
#include "products/mma.inc"
#include "products/matrix.inc"
