// Brings PTX and sources into the binary: no file has to be found at run time.
#pragma clang diagnostic ignored "-Wc23-extensions"
#include "CHostCUDA.h"

#define BEGIN(NAME) static const char NAME[] = {
#define END , 0};

BEGIN(ptx_steps_70)
#embed "ptx/steps_70.ptx"
END
BEGIN(ptx_steps_90a)
#embed "ptx/steps_90a.ptx"
END
BEGIN(ptx_wkv4_70)
#embed "ptx/wkv4_70.ptx"
END
BEGIN(ptx_wkv4_90a)
#embed "ptx/wkv4_90a.ptx"
END
BEGIN(ptx_wkv6_70)
#embed "ptx/wkv6_70.ptx"
END
BEGIN(ptx_wkv6_90a)
#embed "ptx/wkv6_90a.ptx"
END
BEGIN(ptx_wkv7_70)
#embed "ptx/wkv7_70.ptx"
END
BEGIN(ptx_wkv7_90a)
#embed "ptx/wkv7_90a.ptx"
END
BEGIN(ptx_wkv7_chunks_80)
#embed "ptx/wkv7_chunks_80.ptx"
END
BEGIN(ptx_wkv7_chunks_90a)
#embed "ptx/wkv7_chunks_90a.ptx"
END

BEGIN(ptx_products_70)
#embed "ptx/products_70.ptx"
END
BEGIN(ptx_products_90a)
#embed "ptx/products_90a.ptx"
END
BEGIN(ptx_matrix_80)
#embed "ptx/matrix_80.ptx"
END
BEGIN(ptx_tensor_80)
#embed "ptx/tensor_80.ptx"
END
BEGIN(ptx_tensor_90a)
#embed "ptx/tensor_90a.ptx"
END
BEGIN(ptx_hopper_90a)
#embed "ptx/hopper_90a.ptx"
END
BEGIN(ptx_turned_90a)
#embed "ptx/turned_90a.ptx"
END

BEGIN(arguments_h)
#embed "include/CHostCUDAArguments.h"
END
BEGIN(products_h)
#embed "include/CHostCUDAProducts.h"
END
BEGIN(device_inc)
#embed "kernels/device.inc"
END
BEGIN(elements_inc)
#embed "kernels/elements.inc"
END
BEGIN(columns_inc)
#embed "kernels/columns.inc"
END
BEGIN(norms_inc)
#embed "kernels/norms.inc"
END
BEGIN(heads_inc)
#embed "kernels/heads.inc"
END
BEGIN(wkv4_cu)
#embed "kernels/wkv4.cu"
END
BEGIN(wkv6_cu)
#embed "kernels/wkv6.cu"
END
BEGIN(wkv7_cu)
#embed "kernels/wkv7.cu"
END
BEGIN(measure_inc)
#embed "kernels/measure.inc"
END
BEGIN(steps_cu)
#embed "kernels/steps.cu"
END
BEGIN(products_device_inc)
#embed "kernels/products/device.inc"
END
BEGIN(products_weights_inc)
#embed "kernels/products/weights.inc"
END
BEGIN(products_epilogue_inc)
#embed "kernels/products/epilogue.inc"
END
BEGIN(products_rows_inc)
#embed "kernels/products/rows.inc"
END
BEGIN(products_tiles_inc)
#embed "kernels/products/tiles.inc"
END
BEGIN(products_round_inc)
#embed "kernels/products/round.inc"
END
BEGIN(products_place_inc)
#embed "kernels/products/place.inc"
END
BEGIN(products_quantise_inc)
#embed "kernels/products/quantise.inc"
END
BEGIN(products_vector_inc)
#embed "kernels/products/vector.inc"
END
BEGIN(products_mixed_inc)
#embed "kernels/products/mixed.inc"
END
BEGIN(products_cu)
#embed "kernels/products.cu"
END
BEGIN(products_splits_inc)
#embed "kernels/products/splits.inc"
END
BEGIN(products_mma_inc)
#embed "kernels/products/mma.inc"
END
BEGIN(products_few_inc)
#embed "kernels/products/few.inc"
END
BEGIN(products_matrix_inc)
#embed "kernels/products/matrix.inc"
END
BEGIN(matrix_cu)
#embed "kernels/matrix.cu"
END
BEGIN(tensor_cu)
#embed "kernels/tensor.cu"
END
BEGIN(products_bulk_inc)
#embed "kernels/products/bulk.inc"
END
BEGIN(products_group_inc)
#embed "kernels/products/group.inc"
END
BEGIN(products_wide_inc)
#embed "kernels/products/wide.inc"
END
BEGIN(products_stream_inc)
#embed "kernels/products/stream.inc"
END
BEGIN(products_sparse_inc)
#embed "kernels/products/sparse.inc"
END
BEGIN(products_turned_inc)
#embed "kernels/products/turned.inc"
END
BEGIN(products_sparse_groups_inc)
#embed "kernels/products/sparse_groups.inc"
END
BEGIN(products_few_turned_inc)
#embed "kernels/products/few_turned.inc"
END
BEGIN(products_peak_inc)
#embed "kernels/products/peak.inc"
END
BEGIN(hopper_cu)
#embed "kernels/hopper.cu"
END
BEGIN(turned_cu)
#embed "kernels/turned.cu"
END
BEGIN(recurrence_inc)
#embed "kernels/recurrence.inc"
END
BEGIN(wkv7_inc)
#embed "kernels/wkv7.inc"
END
BEGIN(wkv7_chunks_cu)
#embed "kernels/wkv7_chunks.cu"
END
BEGIN(tf32_inc)
#embed "kernels/tf32.inc"
END

#define SOURCE(NAME, TEXT) {NAME, TEXT, sizeof TEXT - 1}
static const CUDASource sources[] = {
    SOURCE("CHostCUDAArguments.h", arguments_h),
    SOURCE("CHostCUDAProducts.h", products_h),
    SOURCE("device.inc", device_inc),
    SOURCE("elements.inc", elements_inc),
    SOURCE("columns.inc", columns_inc),
    SOURCE("norms.inc", norms_inc),
    SOURCE("heads.inc", heads_inc),
    SOURCE("wkv4.cu", wkv4_cu),
    SOURCE("wkv6.cu", wkv6_cu),
    SOURCE("wkv7.cu", wkv7_cu),
    SOURCE("measure.inc", measure_inc),
    SOURCE("steps.cu", steps_cu),
    SOURCE("products/device.inc", products_device_inc),
    SOURCE("products/weights.inc", products_weights_inc),
    SOURCE("products/epilogue.inc", products_epilogue_inc),
    SOURCE("products/rows.inc", products_rows_inc),
    SOURCE("products/tiles.inc", products_tiles_inc),
    SOURCE("products/round.inc", products_round_inc),
    SOURCE("products/place.inc", products_place_inc),
    SOURCE("products/quantise.inc", products_quantise_inc),
    SOURCE("products/vector.inc", products_vector_inc),
    SOURCE("products/mixed.inc", products_mixed_inc),
    SOURCE("products.cu", products_cu),
    SOURCE("products/splits.inc", products_splits_inc),
    SOURCE("products/mma.inc", products_mma_inc),
    SOURCE("products/few.inc", products_few_inc),
    SOURCE("products/matrix.inc", products_matrix_inc),
    SOURCE("matrix.cu", matrix_cu),
    SOURCE("tensor.cu", tensor_cu),
    SOURCE("products/bulk.inc", products_bulk_inc),
    SOURCE("products/group.inc", products_group_inc),
    SOURCE("products/wide.inc", products_wide_inc),
    SOURCE("products/stream.inc", products_stream_inc),
    SOURCE("products/sparse.inc", products_sparse_inc),
    SOURCE("products/turned.inc", products_turned_inc),
    SOURCE("products/sparse_groups.inc", products_sparse_groups_inc),
    SOURCE("products/few_turned.inc", products_few_turned_inc),
    SOURCE("products/peak.inc", products_peak_inc),
    SOURCE("hopper.cu", hopper_cu),
    SOURCE("turned.cu", turned_cu),
    SOURCE("recurrence.inc", recurrence_inc),
    SOURCE("wkv7.inc", wkv7_inc),
    SOURCE("wkv7_chunks.cu", wkv7_chunks_cu),
    SOURCE("tf32.inc", tf32_inc),
};

static const CUDAModule modules[] = {
#define CUDA_MODULE(NAME, SOURCE, CAPABILITY, SUFFIX)                                          \
    {#NAME, SOURCE, CAPABILITY, sizeof #SUFFIX > 1, ptx_##NAME##_##CAPABILITY##SUFFIX,         \
     sizeof ptx_##NAME##_##CAPABILITY##SUFFIX - 1},
#include "modules.def"
};

static const CUDAKernel kernels[] = {
#define CUDA_KERNEL(MODULE, NAME, ARGUMENTS, THREADS) {#MODULE, #NAME, sizeof(ARGUMENTS), THREADS},
#include "kernels.def"
};

#define TABLE(TYPE, NAME, ARRAY)                       \
    const TYPE *NAME(size_t *count) {                  \
        *count = sizeof ARRAY / sizeof *ARRAY;         \
        return ARRAY;                                  \
    }
TABLE(CUDAModule, cuda_modules, modules)
TABLE(CUDAKernel, cuda_kernels, kernels)
TABLE(CUDASource, cuda_sources, sources)
