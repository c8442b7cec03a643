// AVX-512 as every server core since 2017 has it: thirty-two registers of sixteen floats.
#include "tables.h"

#if defined(__x86_64__)
#define RK_LANES 16
#define RK_TILE_PANELS 2
#define RK_TILE_TOKENS 12
#define RK_TABLE rk_table_avx512
#define RK_TABLE_ISA RK_ISA_AVX512
#define RK_TABLE_NAME "AVX-512"
#pragma clang attribute push(__attribute__((target("avx,avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#include "kernels.inc"
#pragma clang attribute pop
#endif
