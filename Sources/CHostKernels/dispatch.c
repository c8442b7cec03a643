#include "tables.h"

#if defined(__x86_64__)
static bool has_avx2(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
}

static bool has_avx512(void) {
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#endif

const rk_kernels *rk_kernels_for(rk_isa isa) {
#if defined(__x86_64__)
    __builtin_cpu_init();
#endif
    switch (isa) {
    case RK_ISA_SCALAR:
        return &rk_table_scalar;
#if defined(__x86_64__)
    case RK_ISA_AVX2:
        return has_avx2() ? &rk_table_avx2 : NULL;
    case RK_ISA_AVX512:
        return has_avx512() ? &rk_table_avx512 : NULL;
    case RK_ISA_AVX512_BF16:
        return has_avx512() && __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vnni")
            ? &rk_table_avx512_bf16 : NULL;
#elif defined(__aarch64__)
    case RK_ISA_NEON:
        return &rk_table_neon;
#endif
    default:
        return NULL;
    }
}

const rk_kernels *rk_kernels_best(void) {
    static const rk_isa order[] = {RK_ISA_AVX512_BF16, RK_ISA_AVX512, RK_ISA_AVX2, RK_ISA_NEON};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const rk_kernels *table = rk_kernels_for(order[i]);
        if (table) return table;
    }
    return &rk_table_scalar;
}
