// x86-64 since 2013 (Haswell) and 2015 (Excavator): sixteen registers of eight floats.
#include "tables.h"

#if defined(__x86_64__)
#define RK_LANES 8
#define RK_TILE_PANELS 1
#define RK_TILE_TOKENS 4
#define RK_TABLE rk_table_avx2
#define RK_TABLE_ISA RK_ISA_AVX2
#define RK_TABLE_NAME "AVX2"
#pragma clang attribute push(__attribute__((target("avx,avx2,fma,f16c"))), apply_to = function)
#include "kernels.inc"
#pragma clang attribute pop
#endif
