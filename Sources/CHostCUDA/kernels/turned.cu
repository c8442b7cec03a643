// The same as hopper.cu for weights that lie by input.
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

WIDE(mk_turned_wide_f16_128, NUMBER_F16, 128, 6, true)
WIDE(mk_turned_wide_f16_256, NUMBER_F16, 256, 4, true)
STREAM(mk_turned_stream_f16_16, NUMBER_F16, 16, 6, true)
STREAM(mk_turned_stream_f16_32, NUMBER_F16, 32, 5, true)
STREAM(mk_turned_stream_f16_64, NUMBER_F16, 64, 4, true)
STREAM(mk_turned_stream_f16_128, NUMBER_F16, 128, 6, true)

WIDE(mk_turned_wide_bf16_128, NUMBER_BF16, 128, 6, true)
WIDE(mk_turned_wide_bf16_256, NUMBER_BF16, 256, 4, true)
STREAM(mk_turned_stream_bf16_16, NUMBER_BF16, 16, 6, true)
STREAM(mk_turned_stream_bf16_32, NUMBER_BF16, 32, 5, true)
STREAM(mk_turned_stream_bf16_64, NUMBER_BF16, 64, 4, true)
STREAM(mk_turned_stream_bf16_128, NUMBER_BF16, 128, 6, true)
