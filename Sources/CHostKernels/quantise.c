#include <math.h>
#include "hostkernels.h"

static void subtract_row_minima(float *w, float *row_offset, size_t rows, size_t columns) {
    for (size_t r = 0; r < rows; r++) {
        float *row = w + r * columns;
        float least = row[0];
        for (size_t k = 1; k < columns; k++) least = row[k] < least ? row[k] : least;
        for (size_t k = 0; k < columns; k++) row[k] -= least;
        row_offset[r] = least;
    }
}

static void subtract_column_minima(float *w, float *column_offset, size_t rows, size_t columns) {
    for (size_t k = 0; k < columns; k++) column_offset[k] = w[k];
    for (size_t r = 1; r < rows; r++) {
        const float *row = w + r * columns;
        for (size_t k = 0; k < columns; k++) {
            column_offset[k] = row[k] < column_offset[k] ? row[k] : column_offset[k];
        }
    }
    for (size_t r = 0; r < rows; r++) {
        float *row = w + r * columns;
        for (size_t k = 0; k < columns; k++) row[k] -= column_offset[k];
    }
}

/// The two sixteenths of the scales make up the 1/256 of a byte's step.
static float stored_scale(float range) {
    return range / 16;
}

void rk_quantise_u8(
    uint8_t *q, float *row_scale, float *row_offset, float *column_scale, float *column_offset,
    float *w, size_t rows, size_t columns) {
    // The longer side's minima go first; the reference's matrix is the transpose of ours.
    if (columns > rows) {
        subtract_column_minima(w, column_offset, rows, columns);
        subtract_row_minima(w, row_offset, rows, columns);
    } else {
        subtract_row_minima(w, row_offset, rows, columns);
        subtract_column_minima(w, column_offset, rows, columns);
    }
    for (size_t k = 0; k < columns; k++) column_scale[k] = 0;
    for (size_t r = 0; r < rows; r++) {
        float *row = w + r * columns;
        float range = 0;
        for (size_t k = 0; k < columns; k++) range = row[k] > range ? row[k] : range;
        // A constant row would divide zero by zero.
        if (range == 0) range = 1;
        for (size_t k = 0; k < columns; k++) {
            row[k] /= range;
            column_scale[k] = row[k] > column_scale[k] ? row[k] : column_scale[k];
        }
        row_scale[r] = stored_scale(range);
    }
    for (size_t k = 0; k < columns; k++) {
        if (column_scale[k] == 0) column_scale[k] = 1;
    }
    for (size_t r = 0; r < rows; r++) {
        const float *row = w + r * columns;
        for (size_t k = 0; k < columns; k++) {
            float step = floorf(256 * (row[k] / column_scale[k]));
            // Written so that a NaN becomes 0: converting it would be undefined.
            q[r * columns + k] = step >= 255 ? 255 : step > 0 ? (uint8_t)step : 0;
        }
    }
    for (size_t k = 0; k < columns; k++) column_scale[k] = stored_scale(column_scale[k]);
}
