// How kernels are launched: the grid and the shared memory that follow from what they are given. `rows` is the greatest
// number of rows that the launch is to serve; fewer are always fine.
#ifndef CHOSTCUDA_LAUNCH_H
#define CHOSTCUDA_LAUNCH_H

#include "CHostCUDAArguments.h"
#include "CHostCUDAProducts.h"

typedef struct CUDALaunch {
    unsigned x, y, z;
    unsigned threads;
    /// Bytes of dynamic shared memory.
    unsigned shared;
} CUDALaunch;

static inline unsigned cuda_blocks(int count, int perBlock) {
    return count > 0 ? (unsigned)((count + perBlock - 1) / perBlock) : 1;
}
/// The second and third size of a grid end at 65535; kernels take the rows beyond in turn.
static inline unsigned cuda_grid_rows(int rows) { return rows < 1 ? 1 : rows > 65535 ? 65535 : (unsigned)rows; }

/// 256 columns of a row for each block.
static inline CUDALaunch cuda_launch_columns(int width, int rows) {
    CUDALaunch launch = {cuda_blocks(width, 256), cuda_grid_rows(rows), 1, 256, 0};
    return launch;
}
/// Of all kernels that take ElementArguments.
static inline CUDALaunch cuda_launch_elements(ElementArguments a, int rows) { return cuda_launch_columns(a.width, rows); }
static inline CUDALaunch cuda_launch_gather(GatherArguments a, int outputs) { return cuda_launch_columns(a.width, outputs); }
static inline CUDALaunch cuda_launch_split(SplitArguments a, int rows) { return cuda_launch_columns(a.width, rows); }
static inline CUDALaunch cuda_launch_multiply_each(MultiplyEachArguments a, int rows) {
    return cuda_launch_columns(a.width, rows);
}

/// Few rows have blocks of their own, of 1024 columns each; many share blocks, which keep the layer's vectors at hand.
static inline CUDALaunch cuda_launch_rows(int width, int rows) {
    unsigned tiles = cuda_blocks(width, 1024), most = 1024 / tiles + 1, y = cuda_grid_rows(rows);
    CUDALaunch launch = {tiles, y < most ? y : most, 1, 256, 0};
    return launch;
}
static inline CUDALaunch cuda_launch_normalize(NormalizeArguments a, int rows) { return cuda_launch_rows(a.width, rows); }
static inline CUDALaunch cuda_launch_mix(MixArguments a, int tokens) { return cuda_launch_rows(a.width, tokens); }
/// Of mk_shift and mk_store_shift.
static inline CUDALaunch cuda_launch_shift(ShiftArguments a, int tokens) { return cuda_launch_rows(a.width, tokens); }

/// Of mk_wkv4 and mk_wkv4_chain.
static inline CUDALaunch cuda_launch_wkv4(WKV4Arguments a, int sequences) {
    CUDALaunch launch = {cuda_blocks(a.width, 128), cuda_grid_rows(sequences), 1, 128, 0};
    return launch;
}
/// Of mk_wkv4_parts and mk_wkv4_chunks.
static inline CUDALaunch cuda_launch_wkv4_chunks(WKV4Arguments a, int chunks) { return cuda_launch_wkv4(a, chunks); }

static inline CUDALaunch cuda_launch_heads(int heads, int sequences) {
    CUDALaunch launch = {(unsigned)heads, cuda_grid_rows(sequences), 1, 256, 0};
    return launch;
}
/// Whether mk_wkv6_step or mk_wkv7_step may take the place of the one without: every sequence has one token.
static inline int cuda_is_step(int headSize, int tokens, int sequences) { return headSize == 64 && tokens == sequences; }
static inline CUDALaunch cuda_launch_wkv6(WKV6Arguments a, int sequences) { return cuda_launch_heads(a.heads, sequences); }
static inline CUDALaunch cuda_launch_wkv7(WKV7Arguments a, int sequences) { return cuda_launch_heads(a.heads, sequences); }

/// Whether mk_wkv7_halves and mk_wkv7_finish take the place of mk_wkv7, on a device with `multiprocessors`; they need
/// `scratch`. What they save is waiting, which short sequences do not have.
static inline int cuda_is_halved(int heads, int headSize, int tokens, int sequences, int multiprocessors) {
    return headSize == 64 && tokens >= 32 * sequences && 2 * heads * sequences <= multiprocessors;
}
/// Whether mk_wkv7_chunks takes the place of either where 16 bits are enough of the result; mk_wkv7_finish follows it, too.
static inline int cuda_is_chunked(int headSize, int tokens, int sequences, int capability) {
    return headSize == 64 && tokens >= 32 * sequences && capability >= 80;
}
/// Of mk_wkv7_halves and mk_wkv7_chunks.
static inline CUDALaunch cuda_launch_wkv7_halves(WKV7Arguments a, int sequences) {
    return cuda_launch_heads(2 * a.heads, sequences);
}
static inline CUDALaunch cuda_launch_wkv7_finish(WKV7Arguments a, int tokens) {
    CUDALaunch launch = {cuda_blocks(a.heads, 8), cuda_grid_rows(tokens), 1, 256, 0};
    return launch;
}

static inline CUDALaunch cuda_launch_finite(FiniteArguments a) {
    CUDALaunch launch = {cuda_blocks(a.count, 1), 1, 1, 256, 0};
    return launch;
}
/// Of mk_read, on a device with `multiprocessors`.
static inline CUDALaunch cuda_launch_read(int multiprocessors) {
    CUDALaunch launch = {(unsigned)multiprocessors * 4, 1, 1, 512, 0};
    return launch;
}

#endif
