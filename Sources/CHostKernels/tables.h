// The tables of this build; dispatch.c chooses among them.
#ifndef RK_TABLES_H
#define RK_TABLES_H

#include "hostkernels.h"

extern const rk_kernels rk_table_scalar;
#if defined(__x86_64__)
extern const rk_kernels rk_table_avx2;
extern const rk_kernels rk_table_avx512;
extern const rk_kernels rk_table_avx512_bf16;
#elif defined(__aarch64__)
extern const rk_kernels rk_table_neon;
extern const rk_kernels rk_table_neon_dot;
extern const rk_kernels rk_table_neon_bf16;
#endif

#endif
