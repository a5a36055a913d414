/* bench/gemm: our matrix product against OpenBLAS's sgemm on one core, in CPU time and in turns,
 * on the products of a Pythia-160M layer and others. Weights in float16 are what models have:
 * sgemm needs them expanded first, which is timed with it. Prints GFLOP/s and the ratio; figures are the medians over the shapes. */
#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/common/measure.h"
#include "core/memory.h"
#include "core/random.h"
#include "model/gemm.h"

enum { TURNS = 7, SHAPES = 8 };

static status_t run(size_t rows, size_t outputs, size_t inputs, dtype_t type, double *middle_ratio)
{
    gemm_t *gemm = NULL;
    float *x = NULL, *w = NULL, *y = NULL;
    char *stored = NULL;
    random_t random = random_stream(1, "bench", 0);
    status_t status = gemm_create(ARITHMETIC_FLOAT32, &gemm);
    if (!status) status = mem_aligned(&x, rows * inputs, "x");
    if (!status) status = mem_aligned(&w, outputs * inputs, "w");
    if (!status) status = mem_aligned(&y, rows * outputs, "y");
    if (!status) status = mem_aligned(&stored, outputs * inputs * 4, "weights");
    if (status) goto done;
    for (size_t i = 0; i < rows * inputs; i++) x[i] = (float)random_uniform(&random) - 0.5f;
    for (size_t i = 0; i < outputs * inputs; i++) w[i] = (float)random_uniform(&random) - 0.5f;
    dtype_round(stored, w, outputs * inputs, type);
    double flops = 2e-9 * (double)rows * (double)outputs * (double)inputs;
    double ours[TURNS], theirs[TURNS], ratio[TURNS];
    gemm_weights_t weights = {stored, type, inputs, 0};
    const gemm_rows_t as_they_lie = {.data = x, .stride = inputs};
    for (int t = 0; t < TURNS; t++) {
        double start = processor_seconds();
        gemm_apply(gemm, &weights, 0, outputs, inputs, &as_they_lie, rows, NULL, y, outputs);
        double middle = processor_seconds();
        const float *wide = type == DTYPE_F32 ? (const float *)stored : w;
        if (type != DTYPE_F32) dtype_expand(w, stored, outputs * inputs, type);
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)rows, (int)outputs, (int)inputs,
                    1, x, (int)inputs, wide, (int)inputs, 0, y, (int)outputs);
        double end = processor_seconds();
        ours[t] = flops / (middle - start);
        theirs[t] = flops / (end - middle);
        ratio[t] = ours[t] / theirs[t];
    }
    *middle_ratio = median(ratio, TURNS);
    printf("%5zu x %5zu x %5zu %-4s  ours %6.1f  OpenBLAS %6.1f GFLOP/s  ratio %.3f\n", rows,
           outputs, inputs, dtype_name(type), median(ours, TURNS), median(theirs, TURNS),
           *middle_ratio);
    fflush(stdout);
done:
    mem_free(&x);
    mem_free(&w);
    mem_free(&y);
    mem_free(&stored);
    gemm_destroy(&gemm);
    return status;
}

int main(void)
{
    static const size_t shapes[SHAPES][3] = {{2048, 2048, 2048}, {2048, 2304, 768},
                                             {2048, 768, 768},   {2048, 3072, 768},
                                             {2048, 768, 3072},  {2048, 1024, 768},
                                             {2048, 768, 192},   {256, 3072, 768}};
    double ratio[2][SHAPES];
    status_t status = NULL;
    yardstick_one_thread();
    printf("kernel %s\n", gemm_kernel(ARITHMETIC_FLOAT32));
    for (size_t s = 0; !status && s < SHAPES; s++)
        for (int half = 0; !status && half < 2; half++)
            status = run(shapes[s][0], shapes[s][1], shapes[s][2], half ? DTYPE_F16 : DTYPE_F32,
                         &ratio[half][s]);
    if (!status) figure("gemm.f32", median(ratio[0], SHAPES), ">=", 0.95);
    if (!status) figure("gemm.f16", median(ratio[1], SHAPES), ">=", 0.95);
    if (status) fprintf(stderr, "bench/gemm: %s\n", status_message(status));
    int code = (int)status_code(status);
    status_free(&status);
    return code;
}
