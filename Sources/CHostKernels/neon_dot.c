// arm64 with byte dot products: nearly all since 2018 (Cortex-A76, Graviton2, every Apple M).
#include "tables.h"

#if defined(__aarch64__)
#define RK_LANES 4
#define RK_TILE_PANELS 1
#define RK_TILE_TOKENS 4
#define RK_HAS_BYTE_DOT
#define RK_TABLE rk_table_neon_dot
#define RK_TABLE_ISA RK_ISA_NEON_DOT
#define RK_TABLE_NAME "NEON dot"
#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
#include "kernels.inc"
#pragma clang attribute pop
#endif
