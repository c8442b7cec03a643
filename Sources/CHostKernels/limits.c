// The loops of hostlimits.h for each instruction set; limits.inc is their body.
#include "hostlimits.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

// Bytes that one token's product asks for beforehand, too.
#define RK_READ_AHEAD 1024

#define RK_12(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
#define RK_24(X) RK_12(X) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23)

// What the build takes for granted: SSE2 on x86-64, NEON on arm64, and no byte or bf16 products.
#define RK_NAME(x) baseline_##x
#define RK_VECTOR 16
#define RK_CHAINS RK_12
#if defined(__x86_64__)
#define RK_OPAQUE(v) __asm__ volatile("" : "+x"(v))
#elif defined(__aarch64__)
#define RK_OPAQUE(v) __asm__ volatile("" : "+w"(v))
#else
#define RK_OPAQUE(v) __asm__ volatile("" : "+m"(v))
#endif
#include "limits.inc"

#if defined(__aarch64__)
#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
#define RK_NAME(x) neon_dot_##x
#define RK_VECTOR 16
#define RK_CHAINS RK_12
#define RK_OPAQUE(v) __asm__ volatile("" : "+w"(v))
#define RK_I8_OPERATIONS 32
#define RK_I8_STEP(n) s##n = (neon_dot_floats)vdotq_s32((int32x4_t)s##n, (int8x16_t)left, (int8x16_t)right);
#include "limits.inc"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("dotprod,bf16"))), apply_to = function)
#define RK_NAME(x) neon_bf16_##x
#define RK_VECTOR 16
#define RK_CHAINS RK_12
#define RK_OPAQUE(v) __asm__ volatile("" : "+w"(v))
#define RK_BF16_OPERATIONS 16
#define RK_BF16_STEP(n) \
    s##n = (neon_bf16_floats)vbfdotq_f32((float32x4_t)s##n, (bfloat16x8_t)left, (bfloat16x8_t)right);
#define RK_I8_OPERATIONS 32
#define RK_I8_STEP(n) s##n = (neon_bf16_floats)vdotq_s32((int32x4_t)s##n, (int8x16_t)left, (int8x16_t)right);
#include "limits.inc"
#pragma clang attribute pop
#endif

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx,avx2,fma,f16c"))), apply_to = function)
#define RK_NAME(x) avx2_##x
#define RK_VECTOR 32
#define RK_CHAINS RK_12
#define RK_OPAQUE(v) __asm__ volatile("" : "+x"(v))
// Without a byte product of its own: pairs to 16 bits, pairs of those to 32, and a sum.
#define RK_I8_OPERATIONS 64
#define RK_I8_STEP(n)                                                                                       \
    RK_OPAQUE(left);                                                                                        \
    s##n = (avx2_floats)_mm256_add_epi32((__m256i)s##n, _mm256_madd_epi16(                                  \
        _mm256_maddubs_epi16((__m256i)left, (__m256i)right), (__m256i)right));
#include "limits.inc"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx,avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#define RK_NAME(x) avx512_##x
#define RK_VECTOR 64
#define RK_CHAINS RK_24
#define RK_OPAQUE(v) __asm__ volatile("" : "+v"(v))
#define RK_I8_OPERATIONS 128
#define RK_I8_STEP(n)                                                                                       \
    RK_OPAQUE(left);                                                                                        \
    s##n = (avx512_floats)_mm512_add_epi32((__m512i)s##n, _mm512_madd_epi16(                                \
        _mm512_maddubs_epi16((__m512i)left, (__m512i)right), (__m512i)right));
#include "limits.inc"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx,avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx512vnni"))), apply_to = function)
#define RK_NAME(x) avx512_bf16_##x
#define RK_VECTOR 64
#define RK_CHAINS RK_24
#define RK_OPAQUE(v) __asm__ volatile("" : "+v"(v))
#define RK_BF16_OPERATIONS 64
#define RK_BF16_STEP(n) \
    s##n = (avx512_bf16_floats)_mm512_dpbf16_ps((__m512)s##n, (__m512bh)left, (__m512bh)right);
#define RK_I8_OPERATIONS 128
#define RK_I8_STEP(n) \
    s##n = (avx512_bf16_floats)_mm512_dpbusd_epi32((__m512i)s##n, (__m512i)left, (__m512i)right);
#include "limits.inc"
#pragma clang attribute pop
#endif

const rk_limits *rk_limits_for(rk_isa isa) {
    switch (isa) {
#if defined(__x86_64__)
    case RK_ISA_AVX2:
        return &avx2_limits;
    case RK_ISA_AVX512:
        return &avx512_limits;
    case RK_ISA_AVX512_BF16:
        return &avx512_bf16_limits;
#elif defined(__aarch64__)
    case RK_ISA_NEON_DOT:
        return &neon_dot_limits;
    case RK_ISA_NEON_BF16:
        return &neon_bf16_limits;
#endif
    default:
        return &baseline_limits;
    }
}
