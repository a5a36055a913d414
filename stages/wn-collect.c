/* wn-collect: the MLP pre-activations of a corpus at each checkpoint. */
#include <stdio.h>
#include <stdlib.h>

#include "core/memory.h"
#include "eval/budget.h"
#include "model/checkpoints.h"
#include "model/executor.h"
#include "par/agree.h"
#include "par/work.h"
#include "stages/collect.h"

static const taker_t *const taker[] = {&collect_raw, &collect_pairs};
enum { TAKERS = sizeof taker / sizeof *taker };

typedef struct {
    collection_t *of;
    void *state[TAKERS];
} run_t;

/* ---- what to collect ---- */

static status_t read_settings(collection_t *it)
{
    const config_t *config = it->stage->config;
    const char *corpus = config_text(config, "collect.corpus");
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
                            "window %lld stride %lld bos %d windows %zu chunk %lld type %s "
                            "pairs %lld seed %lld arithmetic %s",
                            (long long)it->windows.window, (long long)it->windows.stride,
                            it->windows.bos, it->sequences.count,
                            (long long)config_integer(it->stage->config, "resources.chunk"),
                            config_text(it->stage->config, "collect.type"),
                            (long long)config_integer(it->stage->config, "collect.pairs"),
                            (long long)config_integer(it->stage->config, "collect.seed"),
                            arithmetic_name(it->arithmetic));
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

static status_t take(void *context, int layer, const chunk_t *chunk, const float *preactivation,
                     const float *input)
{
    const run_t *run = context;
    const collection_t *it = run->of;
    const int32_t *found = bsearch(&layer, it->layer, it->layers, sizeof *it->layer, ascending);
    if (!found) return NULL;
    const batch_t batch = {.layer = layer,
                           .index = (size_t)(found - it->layer),
                           .first = it->first_token[chunk - it->forest->chunk],
                           .rows = (size_t)chunk->rows,
                           .neurons = (size_t)it->model->shape.mlp,
                           .width = (size_t)it->model->shape.width,
                           .preactivation = preactivation,
                           .input = input};
    status_t status = NULL;
    for (size_t i = 0; !status && i < TAKERS; i++) status = taker[i]->take(run->state[i], &batch);
    return status;
}

static status_t allocate(collection_t *it, size_t **mine, size_t *count)
{
    const forest_t *forest = it->forest;
    size_t first, token = 0;
    work_share(it->stage->rank, it->stage->ranks, forest->chunks, &first, count);
    status_t status = mem_new(mine, *count, "plan");
    if (!status) status = mem_new(&it->first_token, forest->chunks, "plan");
    for (size_t i = 0; !status && i < *count; i++) (*mine)[i] = first + i;
    for (size_t c = 0; !status && c < forest->chunks; c++) {
        it->first_token[c] = token;
        token += (size_t)forest->chunk[c].rows;
    }
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

static status_t run_chunks(collection_t *it, run_t *run)
{
    const probe_t probe = {take, run};
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
    return agree(it->stage->comm, status);
}

/* ---- the file ---- */

static status_t create(collection_t *it, const char *path, const char *key)
{
    uint64_t layers = it->layers;
    uint64_t ids[2] = {it->sequences.count, (uint64_t)it->windows.window};
    status_t status = stage_create(it->stage, path, key, it->stage->comm, &it->store);
    if (!status) status = store_set_text(it->store, "/", "checkpoint", it->checkpoint);
    if (!status) status = store_set_text(it->store, "/", "model", it->hash);
    if (!status) status = store_set_text(it->store, "/", "corpus", it->windows.data);
    if (!status) status = stage_write_arithmetic(it->store, it->arithmetic);
    if (!status) status = store_write(it->store, "/layers", STORE_I32, 1, &layers, it->layer);
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

/* ---- the run ---- */

static status_t run_takers(collection_t *it)
{
    run_t run = {.of = it};
    status_t status = NULL;
    for (size_t i = 0; !status && i < TAKERS; i++) status = taker[i]->create(it, &run.state[i]);
    if (!status && it->arithmetic != ARITHMETIC_FLOAT32) status = write_deviation(it);
    if (!status) status = run_chunks(it, &run);
    for (size_t i = 0; !status && i < TAKERS; i++) status = taker[i]->finish(run.state[i]);
    for (size_t i = 0; i < TAKERS; i++) taker[i]->destroy(&run.state[i]);
    return status;
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
    const size_t tokens = (size_t)it->sequences.offset[it->sequences.count];
    double beside =
               (double)(sequences_bytes(&it->sequences) + cost_forest_bytes(it->forest, tokens)),
           disk = (double)(tokens * sizeof(int32_t));
    for (size_t i = 0; i < TAKERS; i++) taker[i]->estimate(it, &beside, &disk);
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
                         .beside = beside,
                         .share = 1};
    if (!status) status = pass_estimate(it->stage, &pass, &it->rate, estimate);
    estimate->disk = disk;
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
    if (!status) status = run_takers(it);
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
