#include "bench/common/workload.h"

#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "core/random.h"
#include "eval/score.h"
#include "model/cost.h"
#include "text/minimal_pairs.h"
#include "text/tokenizer.h"

/* ---- sequences ---- */

status_t workload_windows(int windows, int window, int vocabulary, sequences_t *sequences)
{
    random_t random = random_stream(2, "bench", 0);
    *sequences = (sequences_t){.count = (size_t)windows, .items = (size_t)windows};
    status_t status = mem_new(&sequences->id, (size_t)windows * (size_t)window, "windows");
    if (!status) status = mem_new(&sequences->offset, (size_t)windows + 1, "windows");
    for (int i = 0; !status && i < windows * window; i++)
        sequences->id[i] = (int32_t)random_below(&random, (uint64_t)vocabulary);
    for (int w = 0; !status && w < windows; w++)
        sequences->offset[w + 1] = (int64_t)(w + 1) * window;
    return status;
}

typedef struct {
    tokenizer_t *tokenizer;
    encoding_t encoding;
    sequences_t *sequences;
    size_t ids, id_capacity, offset_capacity;
} reader_t;

static status_t add_sentence(reader_t *it, const char *text, size_t length)
{
    status_t status = tokenizer_encode(it->tokenizer, text, length, ENCODE_SPECIAL, &it->encoding);
    sequences_t *s = it->sequences;
    if (!status) status = mem_grow(&s->id, &it->id_capacity, it->ids + it->encoding.count, "ids");
    if (!status) status = mem_grow(&s->offset, &it->offset_capacity, s->count + 2, "offsets");
    if (status) return status;
    memcpy(s->id + it->ids, it->encoding.id, it->encoding.count * sizeof(int32_t));
    it->ids += it->encoding.count;
    if (s->count == 0) s->offset[0] = 0;
    s->offset[++s->count] = (int64_t)it->ids;
    return NULL;
}

status_t workload_pairs(const char *tokenizer, char *const *files, int count, int limit,
                        sequences_t *sequences)
{
    static const minimal_pair_keys_t keys = {"sentence_good", "sentence_bad", "linguistics_term"};
    reader_t it = {.sequences = sequences};
    *sequences = (sequences_t){0};
    status_t status = tokenizer_open(tokenizer, &it.tokenizer);
    for (int f = 0; !status && f < count; f++) {
        minimal_pairs_t *pairs = NULL;
        minimal_pair_t pair;
        bool found = true;
        status = minimal_pairs_open(files[f], &keys, &pairs);
        for (int i = 0; !status && i < limit && found; i++) {
            status = minimal_pairs_next(pairs, &pair, &found);
            if (!status && found) status = add_sentence(&it, pair.good, pair.good_length);
            if (!status && found) status = add_sentence(&it, pair.bad, pair.bad_length);
        }
        minimal_pairs_close(&pairs);
    }
    sequences->items = sequences->count / 2;
    encoding_free(&it.encoding);
    tokenizer_close(&it.tokenizer);
    return status;
}

/* ---- running ---- */

status_t workload_flops(const model_t *model, const sequences_t *sequences,
                        const intervention_t *condition, int conditions, double *flops)
{
    forest_t *forest = NULL;
    condition_tree_t tree = {0};
    status_t status =
        forest_create(sequences->id, sequences->offset, sequences->count, CHUNK, &forest);
    if (!status) status = condition_tree_create(condition, conditions, model->shape.layers, &tree);
    if (!status) {
        flops_t all = cost_of_forest(&model->shape, forest, &tree, true);
        *flops = all.layers + all.ends;
    }
    condition_tree_free(&tree);
    forest_destroy(&forest);
    return status;
}

status_t workload_time(MPI_Comm comm, model_t *model, const sequences_t *sequences,
                       const intervention_t *condition, int conditions, double *seconds)
{
    double *sum = NULL;
    run_options_t options = {.condition = condition,
                             .conditions = conditions,
                             .layers = model->shape.layers,
                             .what = "bench"};
    status_t status = mem_new(&sum, (size_t)conditions * sequences->count, "scores");
    if (status) return status;
    MPI_Barrier(comm);
    double start = MPI_Wtime();
    status = score_sequences(comm, model, sequences, CHUNK, &options, "bench", sum);
    MPI_Barrier(comm);
    *seconds = MPI_Wtime() - start;
    mem_free(&sum);
    return status;
}

/* ---- conditions ---- */

/* One in a hundred neurons, from which on, of layers [from, to). */
static status_t ablate(const model_t *model, int from, int to, int which, intervention_t *out)
{
    int layers = model->shape.layers, few = model->shape.mlp / 100;
    int32_t *neuron = NULL, *start = NULL;
    status_t status = mem_new(&neuron, (size_t)layers * (size_t)few + 1, "neurons");
    if (!status) status = mem_new(&start, (size_t)layers + 1, "neurons");
    for (int l = 0; !status && l < layers; l++) {
        start[l + 1] = start[l];
        for (int i = 0; l >= from && l < to && i < few; i++) neuron[start[l + 1]++] = which + i * 7;
    }
    *out = (intervention_t){.ablate = ABLATE_NEGATIVE, .neuron = neuron, .start = start};
    return status;
}

static status_t create_set(int count, conditions_set_t *set)
{
    status_t status = mem_new(&set->condition, (size_t)count, "conditions");
    set->count = status ? 0 : count;
    return status;
}

status_t workload_conditions(const model_t *model, int others, conditions_set_t *set)
{
    status_t status = create_set(1 + others, set);
    for (int c = 1; !status && c <= others; c++)
        status = ablate(model, 0, model->shape.layers, c - 1, &set->condition[c]);
    return status;
}

status_t workload_sweep(const model_t *model, int groups, conditions_set_t *set)
{
    int layers = model->shape.layers;
    status_t status = create_set(1 + 2 * groups, set);
    for (int g = 0; !status && g < groups; g++) {
        int from = g * layers / groups, to = (g + 1) * layers / groups;
        status = ablate(model, from, to, 0, &set->condition[1 + g]);
        if (!status) status = ablate(model, 0, to, 0, &set->condition[1 + groups + g]);
    }
    return status;
}

void workload_conditions_free(conditions_set_t *set)
{
    for (int c = 0; c < set->count; c++) {
        int32_t *neuron = (int32_t *)set->condition[c].neuron;
        int32_t *start = (int32_t *)set->condition[c].start;
        mem_free(&neuron);
        mem_free(&start);
    }
    mem_free(&set->condition);
    set->count = 0;
}
