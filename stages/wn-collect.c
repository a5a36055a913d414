/* wn-collect: the MLP pre-activations of a corpus at each checkpoint. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "eval/budget.h"
#include "eval/task.h"
#include "model/checkpoints.h"
#include "model/executor.h"
#include "model/kernels.h"
#include "par/agree.h"
#include "par/work.h"
#include "stages/pass.h"
#include "stages/sequences.h"

enum { NEURONS_TOGETHER = 64 }; /* neurons of one HDF5 chunk */

typedef struct {
    stage_t *stage;
    task_t windows; /* the corpus and its windows */
    store_type_t type;
    arithmetic_t arithmetic;
    sequences_t sequences;
    /* of the checkpoint at hand */
    const char *checkpoint;
    char *model_path, hash[SHA256_HEX];
    model_shape_t shape;
    pass_rate_t rate;
    model_t *model;
    int32_t *layer; /* [layers] chosen, ascending */
    size_t layers;
    forest_t *forest;
    size_t rows_max; /* of a chunk */
    store_t *store;
    size_t *first_token; /* [chunks] in the corpus's windows */
    float *turned;       /* [F][rows] */
    uint16_t *narrow;    /* the same in 16 bits */
} collection_t;

/* ---- what to collect ---- */

static status_t read_settings(collection_t *it)
{
    const config_t *config = it->stage->config;
    const char *corpus = config_text(config, "collect.corpus");
    const char *type = config_text(config, "collect.type");
    it->type = strcmp(type, "f16") == 0 ? STORE_F16 : *type == 'b' ? STORE_BF16 : STORE_F32;
    it->windows = (task_t){.kind = TASK_PERPLEXITY, .name = (char *)"collect", .data = corpus};
    it->windows.window = config_integer(config, "collect.window");
    it->windows.bos = config_boolean(config, "collect.bos");
    it->windows.stride = config_has(config, "collect.stride")
                             ? config_integer(config, "collect.stride")
                             : it->windows.window - it->windows.bos;
    it->windows.windows = config_integer(config, "collect.windows");
    it->windows.drop_last = !config_boolean(config, "collect.last_window");
    if (!corpus) return config_error(config, "collect.corpus", "the name of a corpus is expected");
    return task_check_data(config, "collect.corpus", &it->windows);
}

static int ascending(const void *a, const void *b)
{
    return *(const int32_t *)a - *(const int32_t *)b;
}

static status_t choose_layers(collection_t *it, int layers)
{
    const char *const *text;
    size_t count = config_texts(it->stage->config, "collect.layers", &text);
    it->layers = count ? count : (size_t)layers;
    status_t status = mem_new(&it->layer, it->layers, "layers");
    for (size_t i = 0; !status && i < it->layers; i++) {
        it->layer[i] = count ? (int32_t)strtol(text[i], NULL, 10) : (int32_t)i;
        if (it->layer[i] >= layers)
            status = config_error(it->stage->config, "collect.layers",
                                  "there is no layer %d: the model has layers 0 to %d",
                                  it->layer[i], layers - 1);
    }
    if (status) return status;
    qsort(it->layer, it->layers, sizeof *it->layer, ascending);
    for (size_t i = 1; !status && i < it->layers; i++)
        if (it->layer[i] == it->layer[i - 1])
            status = config_error(it->stage->config, "collect.layers", "layer %d is listed twice",
                                  it->layer[i]);
    return status;
}

static status_t make_key(const collection_t *it, char key[SHA256_HEX])
{
    str_t text = {0};
    hash_t *hash = NULL;
    status_t status = stage_key_create(&hash);
    if (!status)
        status = str_printf(&text,
                            "window %lld stride %lld bos %d windows %zu chunk %lld type %d "
                            "arithmetic %s",
                            (long long)it->windows.window, (long long)it->windows.stride,
                            it->windows.bos, it->sequences.count,
                            (long long)config_integer(it->stage->config, "resources.chunk"),
                            (int)it->type, arithmetic_name(it->arithmetic));
    for (size_t i = 0; !status && i < it->layers; i++)
        status = str_printf(&text, " layer %d", it->layer[i]);
    if (!status) status = hash_add_field(hash, "stage", "collect");
    if (!status) status = hash_add_field(hash, "model", it->hash);
    if (!status) status = hash_add_field(hash, "corpus", it->sequences.key);
    if (!status) status = hash_add_field(hash, "settings", text.data);
    if (!status) status = hash_finish(&hash, key);
    hash_destroy(&hash);
    str_free(&text);
    return status;
}

/* ---- taking activations ---- */

/* turned [F][rows] = transposed a [rows][F], in squares that stay in cache. */
static void turn(float *turned, const float *a, size_t rows, size_t neurons)
{
    enum { SQUARE = 32 };
    for (size_t n = 0; n < neurons; n += SQUARE)
        for (size_t t = 0; t < rows; t += SQUARE)
            for (size_t i = n; i < n + SQUARE && i < neurons; i++)
                for (size_t j = t; j < t + SQUARE && j < rows; j++)
                    turned[i * rows + j] = a[j * neurons + i];
}

/* Rounds to 16 bits; a value beyond their range is an error, not an infinity. */
static status_t narrow(collection_t *it, int layer, size_t rows, size_t neurons)
{
    dtype_t type = it->type == STORE_F16 ? DTYPE_F16 : DTYPE_BF16;
    size_t count = rows * neurons;
    for (size_t i = 0; type == DTYPE_F16 && i < count; i++)
        if (fabsf(it->turned[i]) >= 65520)
            return status_new(EXIT_NUMERIC,
                              "%s: layer %d, neuron %zu: the pre-activation %g is "
                              "beyond f16; use collect.type f32 or bf16",
                              it->checkpoint, layer, i / rows, (double)it->turned[i]);
    dtype_round(it->narrow, it->turned, count, type);
    return NULL;
}

static status_t take(void *context, int layer, const chunk_t *chunk, const float *preactivation,
                     const float *input)
{
    (void)input;
    collection_t *it = context;
    const int32_t *found = bsearch(&layer, it->layer, it->layers, sizeof *it->layer, ascending);
    if (!found) return NULL;
    size_t rows = (size_t)chunk->rows, neurons = (size_t)it->model->shape.mlp;
    uint64_t start[3] = {(uint64_t)(found - it->layer), 0,
                         it->first_token[chunk - it->forest->chunk]};
    uint64_t count[3] = {1, neurons, rows};
    turn(it->turned, preactivation, rows, neurons);
    status_t status = it->type == STORE_F32 ? NULL : narrow(it, layer, rows, neurons);
    if (status) return status;
    return store_put_own(it->store, "/preactivations", start, count,
                         it->type == STORE_F32 ? (void *)it->turned : it->narrow);
}

static status_t allocate(collection_t *it, size_t **mine, size_t *count)
{
    const forest_t *forest = it->forest;
    size_t first, token = 0, values = it->rows_max * (size_t)it->model->shape.mlp;
    work_share(it->stage->rank, it->stage->ranks, forest->chunks, &first, count);
    status_t status = mem_new(mine, *count, "plan");
    if (!status) status = mem_new(&it->first_token, forest->chunks, "plan");
    for (size_t i = 0; !status && i < *count; i++) (*mine)[i] = first + i;
    for (size_t c = 0; !status && c < forest->chunks; c++) {
        it->first_token[c] = token;
        token += (size_t)forest->chunk[c].rows;
    }
    if (!status) status = mem_aligned(&it->turned, values, "activations");
    if (!status) status = mem_aligned(&it->narrow, values, "activations");
    return status;
}

static run_options_t options_of(const collection_t *it, const probe_t *probe)
{
    static const intervention_t baseline = {.ablate = ABLATE_NONE};
    return (run_options_t){.condition = &baseline,
                           .conditions = 1,
                           .layers = it->layer[it->layers - 1] + 1,
                           .probe = probe,
                           .what = it->checkpoint,
                           .memory = memory_for_states(it->stage->config, it->model),
                           .team = it->stage->team,
                           .arithmetic = it->arithmetic};
}

static status_t run_chunks(collection_t *it)
{
    const probe_t probe = {take, it};
    run_options_t options = options_of(it, &probe);
    executor_t *executor = NULL;
    char label[256];
    size_t *mine = NULL, count = 0;
    snprintf(label, sizeof label, "%s activations", it->checkpoint);
    status_t status = allocate(it, &mine, &count);
    if (!status) status = executor_create(it->model, it->forest, &options, &executor);
    status = agree(it->stage->comm, status);
    if (!status)
        status =
            executor_run_share(executor, it->stage->comm, it->forest, mine, count, NULL, label);
    executor_destroy(&executor);
    mem_free(&mine);
    mem_free(&it->first_token);
    mem_free(&it->turned);
    mem_free(&it->narrow);
    return status;
}

/* ---- the file ---- */

static status_t create(collection_t *it, const char *path, const char *key)
{
    const model_shape_t *shape = &it->model->shape;
    uint64_t tokens = it->sequences.count * (uint64_t)it->windows.window;
    uint64_t size[3] = {it->layers, (uint64_t)shape->mlp, tokens};
    uint64_t chunk[3] = {1, size[1] < NEURONS_TOGETHER ? size[1] : NEURONS_TOGETHER,
                         (uint64_t)it->forest->chunk[0].rows};
    uint64_t ids[2] = {it->sequences.count, (uint64_t)it->windows.window};
    status_t status = stage_create(it->stage, path, key, it->stage->comm, &it->store);
    if (!status) status = store_set_text(it->store, "/", "checkpoint", it->checkpoint);
    if (!status) status = store_set_text(it->store, "/", "model", it->hash);
    if (!status) status = store_set_text(it->store, "/", "corpus", it->windows.data);
    if (!status) status = stage_write_arithmetic(it->store, it->arithmetic);
    if (!status) status = store_define(it->store, "/preactivations", it->type, 3, size, chunk);
    if (!status)
        status = store_describe(it->store, "/preactivations", "1",
                                "MLP pre-activation by layer, neuron, token");
    if (!status) status = store_write(it->store, "/layers", STORE_I32, 1, size, it->layer);
    if (!status) status = store_describe(it->store, "/layers", "1", "layer numbers, from 0");
    if (!status) status = store_write(it->store, "/ids", STORE_I32, 2, ids, it->sequences.id);
    if (!status) status = store_describe(it->store, "/ids", "1", "token ids by window, position");
    return status;
}

/* How far the first tokens are from float32: attributes of the activations. Attributes are
 * collective: all ranks write what rank 0 found. */
static status_t write_deviation(collection_t *it)
{
    MPI_Comm comm = it->stage->comm;
    run_options_t options = options_of(it, NULL);
    deviation_t deviation;
    double values;
    char label[256];
    snprintf(label, sizeof label, "%s deviation", it->checkpoint);
    status_t status =
        deviation_of_preactivations(comm, it->model, it->sequences.id, (int32_t)it->windows.window,
                                    &options, label, &deviation, &values);
    if (status) return status;
    MPI_Bcast(&deviation, sizeof deviation, MPI_BYTE, 0, comm);
    MPI_Bcast(&values, 1, MPI_DOUBLE, 0, comm);
    status = stage_write_deviation(it->store, "/preactivations", &deviation);
    return status ? status : store_set_number(it->store, "/preactivations", "rms", values);
}

/* ---- the estimate ---- */

static status_t make_plan(collection_t *it)
{
    int32_t rows = (int32_t)config_integer(it->stage->config, "resources.chunk");
    status_t status = forest_create_windows(it->sequences.id, it->sequences.count,
                                            (int32_t)it->windows.window, rows, &it->forest);
    it->rows_max = 0;
    for (size_t c = 0; !status && c < it->forest->chunks; c++)
        if ((size_t)it->forest->chunk[c].rows > it->rows_max)
            it->rows_max = (size_t)it->forest->chunk[c].rows;
    return status;
}

static status_t own_chunks(const collection_t *it, int **owner)
{
    status_t status = mem_new(owner, it->forest->chunks, "plan");
    for (int r = 0; !status && r < it->stage->ranks; r++) {
        size_t first, count;
        work_share(r, it->stage->ranks, it->forest->chunks, &first, &count);
        for (size_t c = first; c < first + count; c++) (*owner)[c] = r;
    }
    return status;
}

static status_t estimate(collection_t *it, estimate_t *estimate)
{
    const intervention_t baseline = {.ablate = ABLATE_NONE};
    const size_t mlp = (size_t)it->shape.mlp,
                 tokens = (size_t)it->sequences.offset[it->sequences.count];
    const size_t width = it->type == STORE_F32 ? sizeof(float) : sizeof(uint16_t);
    const size_t turned = sizeof(float) + (it->type == STORE_F32 ? 0 : width);
    const size_t beside = sequences_bytes(&it->sequences) + it->rows_max * mlp * turned +
                          cost_forest_bytes(it->forest, tokens);
    int *owner = NULL;
    status_t status = agree(it->stage->comm, own_chunks(it, &owner));
    const pass_t pass = {.directory = it->model_path,
                         .shape = &it->shape,
                         .arithmetic = it->arithmetic,
                         .forest = it->forest,
                         .owner = owner,
                         .condition = &baseline,
                         .conditions = 1,
                         .layers = it->layer[it->layers - 1] + 1,
                         .beside = (double)beside,
                         .share = 1};
    if (!status) status = pass_estimate(it->stage, &pass, &it->rate, estimate);
    estimate->disk = (double)(it->layers * mlp * tokens * width + tokens * sizeof(int32_t));
    mem_free(&owner);
    return status;
}

/* ---- a checkpoint ---- */

static status_t collect(collection_t *it, const char *path, const char *key)
{
    estimate_t expected = estimate_nothing;
    status_t status = agree(it->stage->comm, make_plan(it));
    if (!status) status = estimate(it, &expected);
    if (!status && it->stage->dry) status = plan_add(it->stage, path, &expected);
    else if (!status)
        status = model_open_shared(it->stage->comm, it->model_path,
                                   memory_for_weights(it->stage->config),
                                   memory_sharing(it->stage->config), &it->model);
    if (status || it->stage->dry) goto done;
    status = create(it, path, key);
    if (!status && it->arithmetic != ARITHMETIC_FLOAT32) status = write_deviation(it);
    if (!status) status = agree(it->stage->comm, run_chunks(it));
    if (!status) status = store_publish(&it->store);
    store_close(&it->store);
    if (!status) plan_compare(it->stage, it->checkpoint, &expected);
done:
    forest_destroy(&it->forest);
    model_close(&it->model);
    return status;
}

static status_t look(collection_t *it, const char *path, char key[SHA256_HEX], bool *current)
{
    *current = false;
    if (!stage_needs_key(it->stage, path)) return NULL;
    status_t status = model_hash(it->stage->comm, it->model_path, it->hash);
    if (!status) status = agree(it->stage->comm, make_key(it, key));
    return status ? status : stage_is_current(it->stage, path, key, current);
}

static status_t run_checkpoint(collection_t *it, const char *checkpoint)
{
    char *path = NULL, key[SHA256_HEX];
    bool current = false;
    it->checkpoint = checkpoint;
    status_t status = checkpoint_directory(it->stage->config, checkpoint, &it->model_path);
    if (!status) status = model_shape_read(it->model_path, &it->shape);
    if (!status) status = choose_layers(it, it->shape.layers);
    status = agree(it->stage->comm, status);
    if (!status) status = stage_path(it->stage, true, &path, "activations/%s.h5", checkpoint);
    if (!status) status = look(it, path, key, &current);
    if (!status && !current) status = collect(it, path, key);
    model_shape_free(&it->shape);
    mem_free(&it->layer);
    mem_free(&it->model_path);
    mem_free(&path);
    return status;
}

/* Without the corpus's tokens a dry run knows no more than the names of the units. */
static status_t read_corpus(collection_t *it, bool *known)
{
    const stage_t *stage = it->stage;
    char *tokenizer = NULL;
    status_t status = stage_tokenizer(stage, &tokenizer);
    if (!status)
        status =
            agree(stage->comm, stage_sequences(stage, tokenizer, &it->windows, &it->sequences));
    *known = status == NULL;
    mem_free(&tokenizer);
    if (!stage->dry || status_code(status) != EXIT_INPUT) return status;
    status_t added = NULL;
    for (size_t i = 0; !added && i < stage->chosen.count; i++) {
        char *path = NULL;
        added = stage_path(stage, false, &path, "activations/%s.h5", stage->chosen.item[i]);
        if (!added) added = plan_add_unknown(stage, path, "shard", status);
        mem_free(&path);
    }
    status_free(&status);
    return added;
}

static status_t run(stage_t *stage)
{
    collection_t it = {.stage = stage};
    bool known = false;
    status_t status = agree(stage->comm, read_settings(&it));
    if (!status) status = stage_arithmetic(stage, &it.arithmetic);
    if (!status) status = read_corpus(&it, &known);
    for (size_t i = 0; !status && known && i < stage->chosen.count; i++)
        status = run_checkpoint(&it, stage->chosen.item[i]);
    sequences_free(&it.sequences);
    return status;
}

int main(int argc, char **argv)
{
    return stage_main(argc, argv, "collect",
                      "Runs the corpus through each checkpoint and keeps its MLP pre-activations.",
                      run);
}
