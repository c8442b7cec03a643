// What the kernels take that multiply, convert and quantise, in the way of CHostCUDAArguments.h, and how weights lie.
//
// A weight matrix [outputs, columns] is one block of memory: its rows, each filled up with zeros to whole words of 16 bytes,
// and for the quantised types what their numbers stand for after all rows. CHostCUDAPlan.h computes the sizes.
//
// F32, F16, BF16: the numbers themselves.
// I8: a row is whole units of 64 columns, signed bytes; then for each row and unit two BF16 numbers, scale and offset:
//     weight = scale · byte + offset.
// I4: a row is whole groups of 32 columns in 16 bytes, byte i with column i in its low and column i + 16 in its high half; then
//     for each row and group two bytes, code and zero + 64: scale = (8 + low three bits of code) / 8 · 2^(high five bits - 26),
//     weight = scale · (half byte - zero / 8).
// Both are the CPU backend's numbers to the last bit, differently laid out.
//
// Turned weights lie by input, [columns, outputs] without gaps: one row of activations with many zeros then reads what its other
// numbers meet and nothing else, and tensor cores take either.
// F16, BF16: both numbers are multiples of eight.
// I8, I4: outputs are a multiple of eight, columns of 64. A byte is as above; in I4 it has an even output in its low half and the
//     next in its high half; then come, [units or groups, outputs], what follows all rows above.
#ifndef CHOSTCUDA_PRODUCTS_H
#define CHOSTCUDA_PRODUCTS_H

#include "CHostCUDAArguments.h"

enum { CUDA_UNIT_COLUMNS = 64, CUDA_GROUP_COLUMNS = 32, CUDA_I4_EXPONENT = -26 };

/// What is done with a product element by element.
typedef enum ProductEpilogue {
    EPILOGUE_NONE = 0,
    EPILOGUE_TANH = 1,
    EPILOGUE_SIGMOID = 2,
    EPILOGUE_SQUARE_RELU = 3,
    /// stream += y.
    EPILOGUE_ADD = 4,
    /// stream += sigmoid(gate) ⊙ y.
    EPILOGUE_GATED_ADD = 5,
} ProductEpilogue;

/// y = f(x · weightᵀ): x [rows, columns], weight [outputs, columns], y [rows, outputs].
typedef struct ProductPart {
    ON_DEVICE(const void) weight;
    ON_DEVICE(const float) x;
    /// x divided by `scale`, in the type that tensor cores take, where a step before has rounded it; else null,
    /// and always null where `columns` is not a multiple of eight.
    ON_DEVICE(const unsigned short) roundedX;
    /// Unused by the epilogues that add.
    RowsOut y;
    /// What EPILOGUE_GATED_ADD passes through a sigmoid, [rows, outputs].
    ON_DEVICE(const float) gate;
    /// What EPILOGUE_ADD and EPILOGUE_GATED_ADD add to, [rows, outputs].
    ON_DEVICE(float) stream;
    int outputs, columns;
    /// A `NumberType`.
    int weightType;
    /// A `ProductEpilogue`.
    int epilogue;
    /// Whether activations must keep fp32, whatever the weights' type.
    int isExact;
    /// Whether the weight lies by input; never together with `isExact`, and from sm_80 on alone.
    int isTurned;
    /// What `roundedX` lacks, a power of two: squared ReLU can pass what F16 holds. 1 for other types.
    float scale;
    /// What y is multiplied by before it is rounded into `y.rounded`: what the next product has as 1 / scale.
    float roundedScale;
    /// F16 or BF16: of `y.rounded`.
    int roundedType;
    // What follows is the plan's.
    /// Numbers from one row of y, gate and stream to the next.
    int pitch;
    /// Where the kernel's blocks for this part begin, and how many there are.
    int firstBlock, blocks;
    /// How many threads share an output of a single row.
    int team;
    /// How many blocks share a sum, each with a range of columns; the one that ends last adds up, always in the same order.
    int splits;
    /// [splits, rows or tiles, …]: their sums, and how many of them there are.
    ON_DEVICE(float) sums;
    ON_DEVICE(unsigned) tickets;
} ProductPart;

enum { CUDA_PRODUCTS = 3 };
/// Of a block of mk_sparse_TYPE: its outputs, and the most inputs.
enum { CUDA_SPARSE_OUTPUTS = 128, CUDA_SPARSE_INPUTS = 2048 };

/// mk_vector_TYPE: one row. mk_rows_TYPE: few rows, fp32 arithmetic. mk_tiles_TYPE: many rows, fp32 arithmetic.
/// mk_few_TYPE_N: few rows on tensor cores, N at a time. mk_matrix_TYPE_N: many rows on tensor cores, in tiles of N.
/// mk_sparse_TYPE: one row, most of whose numbers are zero, times a turned weight. mk_turned_TYPE_N: several rows, of I8 and I4
/// few of them.
///
/// One to three products that do not depend on each other, each of its own shape; parts that are not there have no blocks.
typedef struct ProductArguments {
    Pass pass;
    /// A `PassUnit`.
    int unit;
    int count;
    /// Whether the kernel before makes the weights, so that they must not be read early.
    int isMade;
    ProductPart parts[CUDA_PRODUCTS];
} ProductArguments;

/// How mk_mixed_TYPE makes the rows that it multiplies: what mk_mix does with a pass of one token.
typedef struct MixedRow {
    /// The token, and its normalisation, [columns] each.
    ON_DEVICE(const float) x;
    ON_DEVICE(const float) gain;
    ON_DEVICE(const float) bias;
    /// Of each product, [columns]: what the current token weighs.
    ON_DEVICE(const float) weights[CUDA_PRODUCTS];
    float epsilon;
    /// Where the previous row lies in a state, a multiple of four.
    int offset;
    /// Whether the normalised token goes into the state.
    int storesShift;
    // What follows is the plan's.
    /// Bytes of shared memory before the row.
    int rowOffset;
    ON_DEVICE(unsigned) ticket;
} MixedRow;

/// mk_mixed_TYPE: products of a pass of one token that all read the same normalised row, each in a mix of its own; columns are
/// a multiple of four, and no product adds to the stream.
typedef struct MixedArguments {
    ProductArguments products;
    MixedRow row;
} MixedArguments;

/// A `CUtensorMap`.
typedef struct __attribute__((aligned(64))) TensorMap {
    unsigned long long words[16];
} TensorMap;

/// mk_wide_TYPE_N: many rows on tensor cores of sm_90a, in tiles of 128 rows × N outputs. mk_stream_TYPE_N: up to N rows. The
/// same with mk_turned_ in front: times turned weights.
typedef struct MatrixArguments {
    Pass pass;
    int unit;
    int count;
    /// Of mk_wide: tiles of rows, and tiles times splits of all parts; a part's blocks are counted in them.
    int rowTiles, units;
    /// Whether the kernel before makes the weights, so that they must not be read early.
    int isMade;
    /// Of each part, x and then its weight.
    TensorMap maps[2 * CUDA_PRODUCTS];
    ProductPart parts[CUDA_PRODUCTS];
} MatrixArguments;

// MARK: Activations

/// mk_round: activations in 16 bits for tensor cores, each row filled up with zeros to whole words of 16 bytes.
typedef struct RoundArguments {
    Pass pass;
    int unit;
    int count;
    struct {
        ON_DEVICE(const float) x;
        ON_DEVICE(unsigned short) to;
        int columns;
        /// F16 or BF16.
        int type;
        /// What x is multiplied by first, a power of two.
        float factor;
    } parts[CUDA_PRODUCTS];
} RoundArguments;

// MARK: Weights

/// What went wrong with numbers on the way into memory, and how often.
typedef struct WeightCounts {
    /// NaN or infinite in the file.
    unsigned notFinite;
    /// Finite, but too great for the type, or so small that nothing is left.
    unsigned tooGreat, tooSmall;
} WeightCounts;

/// mk_place: a row-major matrix of F32, F16 or BF16 into the layout of F32, F16 or BF16, rounded to nearest, ties to even.
/// mk_quantise_i8, mk_quantise_i4: into the layouts of I8 and I4, turned or not, which the caller fills with zeros first.
/// mk_widen_i8, mk_widen_i4: from the layouts of I8 and I4 into that of F16 or BF16, turned where those are.
/// mk_turn: a row-major matrix of F32, F16 or BF16 into a turned weight of F16 or BF16.
///
/// Some rows of a matrix may be given, an even number of a turned one: `scales` and `pitch` then say where they belong.
typedef struct WeightArguments {
    ON_DEVICE(const void) from;
    /// mk_place alone: null to count only.
    ON_DEVICE(void) to;
    int outputs, columns;
    int fromType, toType;
    /// mk_place alone: is added to; may be null.
    ON_DEVICE(WeightCounts) counts;
    /// mk_quantise_TYPE: where the first row's scales go. mk_widen_TYPE: where they are.
    ON_DEVICE(void) scales;
    /// Numbers from one column of a turned weight to the next, which are the outputs of the whole matrix: of mk_turn, and of
    /// mk_quantise_TYPE and mk_widen_TYPE where they write or read one, else 0.
    int pitch;
} WeightArguments;

// MARK: Rates

/// mk_peak_f16, mk_peak_wide_f16: products on tensor cores without any memory, to measure how fast that goes.
typedef struct PeakArguments {
    int rounds;
    /// One number, hardly ever written.
    ON_DEVICE(float) out;
} PeakArguments;

#endif
