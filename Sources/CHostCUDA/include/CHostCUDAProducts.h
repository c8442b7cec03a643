// What the kernels take that multiply, convert and quantise, in the way of CHostCUDAArguments.h.
#ifndef CHOSTCUDA_PRODUCTS_H
#define CHOSTCUDA_PRODUCTS_H

#include "CHostCUDAArguments.h"

/// What is done with a product element by element, after it was multiplied by `scale`.
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

/// y = f(scale · x · weightᵀ): x [rows, columns], weight [outputs, columns], y [rows, outputs].
typedef struct ProductPart {
    ON_DEVICE(const void) weight;
    /// Of quantised weights: one for 32 columns. Else null.
    ON_DEVICE(const void) scales;
    ON_DEVICE(const float) x;
    /// x in the type of the products, where a step before has rounded it; may be null.
    ON_DEVICE(const unsigned short) roundedX;
    RowsOut y;
    /// What EPILOGUE_GATED_ADD passes through a sigmoid, [rows, outputs].
    ON_DEVICE(const float) gate;
    /// What EPILOGUE_ADD and EPILOGUE_GATED_ADD add to, [rows, outputs].
    ON_DEVICE(float) stream;
    int outputs, columns;
    /// A `ProductEpilogue`.
    int epilogue;
    /// A power of two that undoes what x was multiplied by, so that it fits 16 bits.
    float scale;
} ProductPart;

enum { CUDA_PRODUCTS = 3 };

/// Matrix × few rows, one to three products that do not depend on each other.
typedef struct VectorArguments {
    Pass pass;
    int unit;
    /// `NumberType` of the weights, and of rounded activations.
    int weightType, roundedType;
    int count;
    ProductPart parts[CUDA_PRODUCTS];
    /// Sums of parts of a row, where a product is split over blocks.
    ON_DEVICE(float) scratch;
} VectorArguments;

/// Matrix × matrix on tensor cores, or in the plain form.
typedef struct MatrixArguments {
    Pass pass;
    int unit;
    int weightType, roundedType;
    ProductPart part;
    ON_DEVICE(float) scratch;
} MatrixArguments;

/// Row-sparse product: rows of weightsByInput, [columns, outputs], whose input is zero are not read.
typedef struct SparseArguments {
    Pass pass;
    int unit;
    int weightType;
    ProductPart part;
    ON_DEVICE(float) scratch;
} SparseArguments;

/// to = from, rounded to nearest.
typedef struct ConvertArguments {
    ON_DEVICE(const void) from;
    ON_DEVICE(void) to;
    unsigned long long count;
    int fromType, toType;
    /// Counts finite numbers that became infinite or zero; may be null.
    ON_DEVICE(unsigned) lost;
} ConvertArguments;

/// A row-major matrix to quantised weights and their scales.
typedef struct QuantiseArguments {
    ON_DEVICE(const void) from;
    ON_DEVICE(void) weight;
    ON_DEVICE(void) scales;
    int rows, columns;
    int fromType, toType;
} QuantiseArguments;

/// Quantised weights back to a row-major matrix of 16-bit numbers.
typedef struct DequantiseArguments {
    ON_DEVICE(const void) weight;
    ON_DEVICE(const void) scales;
    ON_DEVICE(unsigned short) to;
    int rows, columns;
    int fromType, toType;
} DequantiseArguments;

#endif
