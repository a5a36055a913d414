/* bench/bfloat: matrix products in bfloat16 against ours in float32.
 *
 * usage: bfloat MODEL
 * Products of a Pythia-160M layer and others in processor time and in turns, from weights in
 * float16; and, of a model directory, the time and the log-probabilities of two windows of 2,048
 * random tokens. EXIT_RESOURCE where the build or the processor lacks bfloat16. */
#include <mpi.h>
#include <stdio.h>

#include "bench/common/measure.h"
#include "bench/common/workload.h"
#include "core/memory.h"
#include "core/random.h"
#include "eval/deviation.h"
#include "eval/score.h"

enum { TURNS = 7, SHAPES = 8 };

/* ---- products ---- */

typedef struct {
    size_t rows, outputs, inputs;
    float *x, *y;
    uint16_t *w;
} product_t;

static status_t make(product_t *it)
{
    random_t random = random_stream(1, "bench", 0);
    status_t status = mem_aligned(&it->x, it->rows * it->inputs, "x");
    if (!status) status = mem_aligned(&it->y, it->rows * it->outputs, "y");
    if (!status) status = mem_aligned(&it->w, it->outputs * it->inputs, "weights");
    for (size_t i = 0; !status && i < it->rows * it->inputs; i++)
        it->x[i] = (float)random_uniform(&random) - 0.5f;
    for (size_t i = 0; !status && i < it->outputs * it->inputs; i++)
        it->w[i] = float_to_half((float)random_uniform(&random) - 0.5f);
    return status;
}

/* *middle: the median of the ratios. */
static status_t time_product(size_t rows, size_t outputs, size_t inputs, gemm_t *const gemm[2],
                             double *middle)
{
    product_t it = {.rows = rows, .outputs = outputs, .inputs = inputs};
    double flops = 2e-9 * (double)rows * (double)outputs * (double)inputs;
    double rate[2][TURNS], ratio[TURNS];
    status_t status = make(&it);
    gemm_weights_t weights = {it.w, DTYPE_F16, inputs, 0};
    const gemm_rows_t as_they_lie = {.data = it.x, .stride = inputs};
    for (int t = -1; !status && t < TURNS; t++) { /* the first turn warms up */
        for (int a = 0; a < 2; a++) {
            double start = processor_seconds();
            gemm_apply(gemm[a], &weights, 0, outputs, inputs, &as_they_lie, rows, NULL, it.y,
                       outputs);
            if (t >= 0) rate[a][t] = flops / (processor_seconds() - start);
        }
        if (t >= 0) ratio[t] = rate[1][t] / rate[0][t];
    }
    if (!status) {
        *middle = median(ratio, TURNS);
        printf("%5zu x %5zu x %5zu  float32 %6.1f  bfloat16 %6.1f GFLOP/s  ratio %.2f\n", rows,
               outputs, inputs, median(rate[0], TURNS), median(rate[1], TURNS), *middle);
        fflush(stdout);
    }
    mem_free(&it.x);
    mem_free(&it.y);
    mem_free(&it.w);
    return status;
}

static status_t products(void)
{
    static const size_t shapes[SHAPES][3] = {{2048, 2304, 768},  {2048, 768, 768},
                                             {2048, 3072, 768},  {2048, 768, 3072},
                                             {2048, 1024, 768},  {256, 3072, 768},
                                             {2048, 4096, 4096}, {2048, 4096, 11008}};
    double ratio[SHAPES];
    gemm_t *gemm[2] = {NULL, NULL};
    status_t status = gemm_create(ARITHMETIC_FLOAT32, &gemm[0]);
    if (!status) status = gemm_create(ARITHMETIC_BFLOAT16, &gemm[1]);
    if (!status)
        printf("float32: %s, bfloat16: %s\n", gemm_kernel(ARITHMETIC_FLOAT32),
               gemm_kernel(ARITHMETIC_BFLOAT16));
    for (size_t s = 0; !status && s < SHAPES; s++)
        status = time_product(shapes[s][0], shapes[s][1], shapes[s][2], gemm, &ratio[s]);
    if (!status) figure("bfloat16.gemm", median(ratio, SHAPES), NULL, 0);
    gemm_destroy(&gemm[0]);
    gemm_destroy(&gemm[1]);
    return status;
}

/* ---- a model ---- */

static status_t time_model(const char *directory)
{
    const intervention_t baseline = {.ablate = ABLATE_NONE};
    sequences_t windows = {0};
    model_t *model = NULL;
    deviation_t deviation = {0};
    double *sum = NULL, seconds[2] = {0};
    run_options_t options = {.condition = &baseline, .conditions = 1, .what = directory};
    status_t status = model_open(MPI_COMM_SELF, directory, 0, &model);
    if (!status) status = workload_windows(2, CHUNK, model->shape.vocabulary, &windows);
    if (!status) status = mem_new(&sum, windows.count, "scores");
    if (!status) options.layers = model->shape.layers;
    for (int a = 0; !status && a < 2; a++) {
        options.arithmetic = (arithmetic_t)a;
        double start = processor_seconds();
        status = score_sequences(MPI_COMM_SELF, model, &windows, CHUNK, &options, "bench", sum);
        seconds[a] = processor_seconds() - start;
    }
    if (!status)
        status = deviation_of_scores(MPI_COMM_SELF, model, &windows, CHUNK, &options, "bench",
                                     &deviation);
    if (!status) {
        printf("perplexity: float32 %.2f s, bfloat16 %.2f s\n", seconds[0], seconds[1]);
        figure("bfloat16.perplexity", seconds[0] / seconds[1], NULL, 0);
        figure("bfloat16.deviation_rms", deviation.rms, NULL, 0);
        figure("bfloat16.deviation_largest", deviation.largest, NULL, 0);
    }
    mem_free(&sum);
    sequences_free(&windows);
    model_close(&model);
    return status;
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    status_t status = argc == 2 ? NULL : status_new(EXIT_USAGE, "usage: bfloat MODEL");
    if (!status) status = products();
    if (!status) status = time_model(argv[1]);
    if (status) fprintf(stderr, "bench/bfloat: %s\n", status_message(status));
    int code = (int)status_code(status);
    status_free(&status);
    MPI_Finalize();
    return code;
}
