// Products on tensor cores by mma.sync: from sm_80 on.
#include "device.inc"
#include "CHostCUDAProducts.h"
#include "products/device.inc"
#include "products/weights.inc"
#include "products/epilogue.inc"
#include "products/splits.inc"
#include "products/matrix.inc"
#include "products/few.inc"
