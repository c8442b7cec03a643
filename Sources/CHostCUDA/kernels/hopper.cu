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

WIDE(mk_wide_f16_128, NUMBER_F16, 128, 6, false)
WIDE(mk_wide_f16_256, NUMBER_F16, 256, 4, false)
STREAM(mk_stream_f16_16, NUMBER_F16, 16, 6, false)
STREAM(mk_stream_f16_32, NUMBER_F16, 32, 5, false)
STREAM(mk_stream_f16_64, NUMBER_F16, 64, 4, false)
STREAM(mk_stream_f16_128, NUMBER_F16, 128, 6, false)

WIDE(mk_wide_bf16_128, NUMBER_BF16, 128, 6, false)
WIDE(mk_wide_bf16_256, NUMBER_BF16, 256, 4, false)
STREAM(mk_stream_bf16_16, NUMBER_BF16, 16, 6, false)
STREAM(mk_stream_bf16_32, NUMBER_BF16, 32, 5, false)
STREAM(mk_stream_bf16_64, NUMBER_BF16, 64, 4, false)
STREAM(mk_stream_bf16_128, NUMBER_BF16, 128, 6, false)
