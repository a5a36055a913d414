#include "eval/deviation.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "eval/score.h"
#include "par/agree.h"

enum { TOKENS = 128 };

deviation_t deviation_merge(deviation_t a, deviation_t b)
{
    deviation_t it = {.count = a.count + b.count, .largest = fmax(a.largest, b.largest)};
    double squares = (double)a.count * a.rms * a.rms + (double)b.count * b.rms * b.rms;
    if (it.count) it.rms = sqrt(squares / (double)it.count);
    return it;
}

/* While they are counted, rms holds the sum of squares. */
static void add(deviation_t *it, double value, double reference)
{
    double difference = fabs(value - reference);
    it->count++;
    it->largest = fmax(it->largest, difference);
    it->rms += difference * difference;
}

static void finish(deviation_t *it)
{
    if (it->count) it->rms = sqrt(it->rms / (double)it->count);
}

/* ---- scores ---- */

/* The first sequences that have so many tokens together, or all. */
static sequences_t first_sequences(const sequences_t *sequences, int64_t tokens)
{
    sequences_t sample = *sequences;
    sample.count = 0;
    while (sample.count < sequences->count && sequences->offset[sample.count] < tokens)
        sample.count++;
    return sample;
}

static void compare_scores(const sequences_t *sample, int conditions, const double *token,
                           const double *reference, deviation_t *deviation)
{
    size_t tokens = (size_t)sample->offset[sample->count];
    for (int c = 0; c < conditions; c++, token += tokens, reference += tokens) {
        deviation[c] = (deviation_t){0};
        for (size_t t = 0; t < tokens; t++)
            if (!isnan(reference[t])) add(&deviation[c], token[t], reference[t]);
        finish(&deviation[c]);
    }
}

status_t deviation_of_scores(MPI_Comm comm, model_t *model, const sequences_t *sequences,
                             int32_t chunk_rows, const run_options_t *options, const char *label,
                             deviation_t *deviation)
{
    sequences_t sample = first_sequences(sequences, chunk_rows);
    run_options_t plain = *options;
    score_plan_t plan = {0};
    double *sum = NULL, *token = NULL, *reference = NULL;
    size_t conditions = (size_t)options->conditions;
    size_t tokens = (size_t)sample.offset[sample.count];
    int rank, ranks;
    plain.arithmetic = ARITHMETIC_FLOAT32;
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &ranks);
    status_t status = score_plan_create(&sample, ranks, chunk_rows, &plan);
    if (!status) status = mem_new(&sum, conditions * sample.count, "scores");
    if (!status) status = mem_new(&token, conditions * tokens, "scores");
    if (!status) status = mem_new(&reference, conditions * tokens, "scores");
    status = agree(comm, status);
    if (!status)
        status = score_tokens(comm, model, &sample, &plan, &plain, NULL, label, sum, reference);
    if (!status)
        status = score_tokens(comm, model, &sample, &plan, options, NULL, label, sum, token);
    if (!status && rank == 0)
        compare_scores(&sample, options->conditions, token, reference, deviation);
    mem_free(&sum);
    mem_free(&token);
    mem_free(&reference);
    score_plan_free(&plan);
    return status;
}

/* ---- pre-activations ---- */

typedef struct {
    float *reference; /* [layers][rows][F] */
    size_t layer_size;
    bool compares; /* else it keeps */
    deviation_t deviation;
    double squares; /* of the reference */
} comparison_t;

static status_t take(void *context, int layer, const chunk_t *chunk, const float *preactivation,
                     const float *input)
{
    (void)chunk, (void)input;
    comparison_t *it = context;
    float *reference = it->reference + (size_t)layer * it->layer_size;
    if (!it->compares) memcpy(reference, preactivation, it->layer_size * sizeof *reference);
    for (size_t i = 0; it->compares && i < it->layer_size; i++) {
        add(&it->deviation, (double)preactivation[i], (double)reference[i]);
        it->squares += (double)reference[i] * (double)reference[i];
    }
    return NULL;
}

/* Rank 0 runs the only chunk. */
static status_t run(comparison_t *it, MPI_Comm comm, model_t *model, const forest_t *forest,
                    const run_options_t *options, arithmetic_t arithmetic, const char *label)
{
    const probe_t probe = {.take = take, .context = it};
    run_options_t here = *options;
    executor_t *executor = NULL;
    size_t mine = 0;
    int rank;
    MPI_Comm_rank(comm, &rank);
    here.probe = &probe;
    here.arithmetic = arithmetic;
    it->compares = arithmetic != ARITHMETIC_FLOAT32;
    status_t status = agree(comm, executor_create(model, forest, &here, &executor));
    if (!status) status = executor_run_share(executor, comm, forest, &mine, rank == 0, NULL, label);
    executor_destroy(&executor);
    return agree(comm, status);
}

status_t deviation_of_preactivations(MPI_Comm comm, model_t *model, const int32_t *id,
                                     int32_t window, const run_options_t *options,
                                     const char *label, deviation_t *deviation, double *values)
{
    int32_t rows = window < TOKENS ? window : TOKENS;
    comparison_t it = {.layer_size = (size_t)rows * (size_t)model->shape.mlp};
    forest_t *forest = NULL;
    int rank;
    MPI_Comm_rank(comm, &rank);
    status_t status = forest_create_windows(id, 1, rows, rows, &forest);
    if (!status && rank == 0)
        status = mem_aligned(&it.reference, (size_t)options->layers * it.layer_size, "activations");
    status = agree(comm, status);
    if (!status) status = run(&it, comm, model, forest, options, ARITHMETIC_FLOAT32, label);
    if (!status) status = run(&it, comm, model, forest, options, options->arithmetic, label);
    finish(&it.deviation);
    *deviation = it.deviation;
    *values = it.deviation.count ? sqrt(it.squares / (double)it.deviation.count) : 0;
    forest_destroy(&forest);
    mem_free(&it.reference);
    return status;
}
