// arm64 with dot products of bytes and of bfloat16 (Graviton3, Apple M2).
#include "tables.h"

#if defined(__aarch64__)
#define RK_LANES 4
#define RK_TILE_PANELS 1
#define RK_TILE_TOKENS 4
#define RK_HAS_BF16_DOT
#define RK_HAS_BYTE_DOT
#define RK_TABLE rk_table_neon_bf16
#define RK_TABLE_ISA RK_ISA_NEON_BF16
#define RK_TABLE_NAME "NEON BF16"
#pragma clang attribute push(__attribute__((target("dotprod,bf16"))), apply_to = function)
#include "kernels.inc"
#pragma clang attribute pop
#endif
