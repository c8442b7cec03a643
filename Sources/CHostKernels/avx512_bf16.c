// AVX-512 with bf16 and byte dot products.
#include "tables.h"

#if defined(__x86_64__)
#define RK_LANES 16
#define RK_TILE_PANELS 2
#define RK_TILE_TOKENS 12
#define RK_HAS_BF16_DOT
#define RK_HAS_BYTE_DOT
#define RK_TABLE rk_table_avx512_bf16
#define RK_TABLE_ISA RK_ISA_AVX512_BF16
#define RK_TABLE_NAME "AVX-512 BF16"
#pragma clang attribute push(__attribute__((target("avx,avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx512vnni"))), apply_to = function)
#include "kernels.inc"
#pragma clang attribute pop
#endif
