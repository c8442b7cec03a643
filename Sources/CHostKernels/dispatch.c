#include "tables.h"

#if defined(__x86_64__)
static bool has_avx2(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
}

static bool has_avx512(void) {
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#elif defined(__aarch64__) && defined(__APPLE__)
#include <sys/sysctl.h>

static bool has(const char *feature) {
    int value = 0;
    size_t size = sizeof value;
    return sysctlbyname(feature, &value, &size, NULL, 0) == 0 && value != 0;
}

static bool has_dot(void) {
    return has("hw.optional.arm.FEAT_DotProd");
}

static bool has_bf16(void) {
    return has_dot() && has("hw.optional.arm.FEAT_BF16");
}
#elif defined(__aarch64__)
#include <sys/auxv.h>

static bool has_dot(void) {
    return getauxval(AT_HWCAP) & HWCAP_ASIMDDP;
}

static bool has_bf16(void) {
    return has_dot() && getauxval(AT_HWCAP2) & HWCAP2_BF16;
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
    case RK_ISA_NEON_DOT:
        return has_dot() ? &rk_table_neon_dot : NULL;
    case RK_ISA_NEON_BF16:
        return has_bf16() ? &rk_table_neon_bf16 : NULL;
#endif
    default:
        return NULL;
    }
}

const rk_kernels *rk_kernels_best(void) {
    static const rk_isa order[] = {
        RK_ISA_AVX512_BF16, RK_ISA_AVX512, RK_ISA_AVX2, RK_ISA_NEON_BF16, RK_ISA_NEON_DOT, RK_ISA_NEON,
    };
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const rk_kernels *table = rk_kernels_for(order[i]);
        if (table) return table;
    }
    return &rk_table_scalar;
}
