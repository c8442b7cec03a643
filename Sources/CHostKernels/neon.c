// Any arm64: NEON and half-precision conversion are always there.
#include "tables.h"

#if defined(__aarch64__)
#define RK_LANES 4
#define RK_TILE_PANELS 1
#define RK_TILE_TOKENS 4
#define RK_TABLE rk_table_neon
#define RK_TABLE_ISA RK_ISA_NEON
#define RK_TABLE_NAME "NEON"
#include "kernels.inc"
#endif
