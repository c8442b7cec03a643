// Loops that keep one unit of the processor busy and do nothing else: what a kernel's speed is a fraction of.
#ifndef HOSTLIMITS_H
#define HOSTLIMITS_H

#include "hostkernels.h"

#pragma clang assume_nonnull begin

/// One arithmetic unit.
typedef struct rk_unit {
    /// Rounds over independent chains of one instruction in registers; the result only keeps it alive.
    /// NULL where the instruction set has no such instruction.
    float (*_Nullable run)(size_t rounds);
    /// Multiplications and additions in one round.
    double operations;
} rk_unit;

typedef struct rk_limits {
    /// Reads all bytes once with plain vector loads; `count` is a multiple of 1024. The result only keeps it alive.
    uint64_t (*read)(const void *bytes, size_t count);
    /// The same as a product with one token reads: both halves at once, with memory asked ahead.
    uint64_t (*read_streams)(const void *bytes, size_t count);
    /// Fused multiply-add of fp32, or what the instruction set has for it.
    rk_unit f32;
    /// Dot products of bf16 pairs, summed in fp32.
    rk_unit bf16;
    /// Dot products of bytes, summed in 32 bits.
    rk_unit i8;
} rk_limits;

/// The loops of an instruction set that `rk_kernels_for` has a table of.
const rk_limits *rk_limits_for(rk_isa isa);

#pragma clang assume_nonnull end
#endif
