// Products on tensor cores in the way of sm_90a alone: bulk copies and groups of four warps.
#define HOPPER
#include "device.inc"
#include "CHostCUDAProducts.h"
#include "products/device.inc"
#include "products/weights.inc"
#include "products/epilogue.inc"
#include "products/splits.inc"
#include "products/bulk.inc"
#include "products/group.inc"
#include "products/wide.inc"
#include "products/stream.inc"
#include "products/peak.inc"
