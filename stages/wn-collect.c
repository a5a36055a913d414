/* wn-collect: the MLP pre-activations of a corpus at each checkpoint. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"
#include "eval/budget.h"
#include "model/checkpoints.h"
#include "model/executor.h"
#include "par/agree.h"
#include "par/work.h"
#include "stages/collect.h"

/* ---- the file ---- */

static status_t write_neurons(const collection_t *it)
{
    const uint64_t shape[] = {it->layers, it->neurons};
    if (!it->neuron) return NULL;
    status_t status = store_write(it->store, "/neurons", STORE_I32, 2, shape, it->neuron);
    if (!status)
        status = store_describe(it->store, "/neurons", "layers neurons", "1",
                                "numbers of the neurons in each layer, from 0; -1: no more");
    return status ? status : store_set_integer(it->store, "/", "layer_neurons", it->shape.mlp);
}

static status_t define_tags(const collection_t *it, const uint64_t *shape)
{
    const strings_t *names = &it->opening.tags;
    status_t status =
        store_write_texts(it->store, "/tag_names", names->count, (const char *const *)names->item);
    if (!status)
        status = store_describe(it->store, "/tag_names", "tag_names", "text", "parts of speech");
    if (!status) status = store_define(it->store, "/tags", STORE_I32, 2, shape, NULL);
    return status ? status
                  : store_describe(it->store, "/tags", "windows positions", "1",
                                   "tags of the tokens, indices into /tag_names; -1: BOS");
}

static status_t create(collection_t *it, const char *path, const char *key)
{
    uint64_t layers = it->layers;
    uint64_t ids[2] = {it->count, (uint64_t)it->windows.window};
    int64_t tokens = (int64_t)(ids[0] * ids[1]);
    status_t status = stage_create(it->stage, path, key, it->stage->comm, &it->store);
    if (!status) status = store_set_text(it->store, "/", "checkpoint", it->checkpoint);
    if (!status) status = store_set_text(it->store, "/", "model", it->hash);
    if (!status) status = store_set_text(it->store, "/", "corpus", it->windows.data);
    if (!status) status = store_set_integer(it->store, "/", "tokens", tokens);
    if (!status) status = stage_write_arithmetic(it->store, it->arithmetic);
    if (!status) status = store_write(it->store, "/layers", STORE_I32, 1, &layers, it->layer);
    if (!status)
        status = store_describe(it->store, "/layers", "layers", "1", "layer numbers, from 0");
    if (!status) status = write_neurons(it);
    if (!status) status = store_define(it->store, "/ids", STORE_I32, 2, ids, NULL);
    if (!status)
        status = store_describe(it->store, "/ids", "windows positions", "1",
                                "token ids by window, position");
    return status || !it->opening.tag ? status : define_tags(it, ids);
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
    for (int r = 0, ranks = it->stage->plan->layout.ranks; !status && r < ranks; r++) {
        size_t first, count;
        work_share(r, ranks, it->forest->chunks, &first, &count);
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
           disk = (double)(tokens * sizeof(int32_t)) * (it->opening.tag ? 2 : 1);
    collection_estimate(it, &beside, &disk);
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

/* ---- a file ---- */

static status_t open_model(collection_t *it)
{
    if (it->model) return NULL;
    return model_open_shared(it->stage->comm, it->model_path, memory_for_weights(it->stage->config),
                             memory_sharing(it->stage->config), &it->model);
}

static status_t write_file(collection_t *it, const char *path, const char *key, bool merge)
{
    status_t status = create(it, path, key);
    if (!status) status = collection_run(it, merge);
    if (!status) status = store_publish(&it->store);
    store_close(&it->store);
    return status;
}

/* Runs the model over the windows that are loaded. */
static status_t collect(collection_t *it, const char *path, const char *key)
{
    estimate_t expected = estimate_nothing;
    status_t status = agree(it->stage->comm, make_plan(it));
    it->count = it->sequences.count;
    if (!status) status = estimate(it, &expected);
    if (!status && it->stage->dry) status = plan_add(it->stage, path, &expected);
    else if (!status) status = open_model(it);
    if (!status && !it->stage->dry) {
        status = write_file(it, path, key, false);
        if (!status) plan_compare(it->stage, it->checkpoint, &expected);
    }
    forest_destroy(&it->forest);
    return status;
}

static status_t look(collection_t *it, const char *path, size_t part, char key[SHA256_HEX],
                     bool *current)
{
    *current = false;
    if (!stage_needs_key(it->stage, path)) return NULL;
    status_t status = NULL;
    if (!*it->hash) status = model_hash(it->stage->comm, it->model_path, it->hash);
    if (!status) status = agree(it->stage->comm, collection_key(it, part, key));
    return status ? status : stage_is_current(it->stage, path, key, current);
}

/* The file of a part, unless it is up to date; of the whole where that is one part. */
static status_t make_part(collection_t *it, size_t part)
{
    char *path = NULL, key[SHA256_HEX];
    bool current = false;
    size_t of = collection_parts(it) > 1 ? part : 0;
    status_t status = collection_path(it, of, true, &path);
    if (!status) status = look(it, path, of, key, &current);
    if (!status && !current) status = agree(it->stage->comm, collection_load(it, part));
    if (!status && !current) status = collect(it, path, key);
    mem_free(&path);
    return status;
}

/* Merges the parts, and removes them. */
static status_t merge_parts(collection_t *it, const char *path, const char *key)
{
    status_t status = NULL;
    it->count = it->total;
    it->before = 0;
    status = write_file(it, path, key, true);
    for (size_t part = 1; !status && part <= collection_parts(it); part++) {
        char *of_part = NULL;
        status = collection_path(it, part, false, &of_part);
        if (!status && it->stage->rank == 0) unlink(of_part);
        mem_free(&of_part);
    }
    return agree(it->stage->comm, status);
}

/* The file of the whole from its parts, which are made first where they are missing. */
static status_t make_parts(collection_t *it)
{
    char *path = NULL, key[SHA256_HEX];
    bool current = false;
    size_t only = (size_t)config_integer(it->stage->config, "collect.part");
    status_t status = collection_path(it, 0, true, &path);
    if (!status) status = look(it, path, 0, key, &current);
    for (size_t part = 1; !status && !current && part <= collection_parts(it); part++)
        if (only == 0 || only == part) status = make_part(it, part);
    if (!status && !current && !only && it->stage->dry)
        status = plan_add(it->stage, path, &estimate_nothing);
    else if (!status && !current && !only) status = merge_parts(it, path, key);
    mem_free(&path);
    return status;
}

/* ---- a checkpoint ---- */

/* Makes a corpus the one at hand, unless it is. */
static status_t open_corpus(collection_t *it, size_t index)
{
    const char *before = it->windows.data;
    status_t status = collection_read_settings(it, index);
    if (status || (it->opening.count && before && strcmp(before, it->windows.data) == 0))
        return status;
    collection_close(it);
    return collection_open(it);
}

static status_t run_checkpoint(collection_t *it, const char *checkpoint)
{
    it->checkpoint = checkpoint;
    *it->hash = '\0';
    status_t status = checkpoint_directory(it->stage->config, checkpoint, &it->model_path);
    if (!status) status = model_shape_read(it->model_path, &it->shape);
    status = agree(it->stage->comm, status);
    for (size_t c = 0; !status && c < collection_corpora(it->stage); c++) {
        status = agree(it->stage->comm, open_corpus(it, c));
        if (!status) status = agree(it->stage->comm, collection_choose(it));
        if (!status) status = collection_parts(it) > 1 ? make_parts(it) : make_part(it, 1);
    }
    model_close(&it->model);
    model_shape_free(&it->shape);
    mem_free(&it->layer);
    mem_free(&it->neuron);
    mem_free(&it->model_path);
    return status;
}

/* Without the corpus's tokens a dry run knows no more than the names of the units. */
static status_t check_corpora(collection_t *it, bool *known)
{
    const stage_t *stage = it->stage;
    status_t status = agree(stage->comm, collection_read_settings(it, 0));
    if (status) return status;
    status = stage_tokenizer(stage, &it->tokenizer);
    for (size_t c = collection_corpora(stage); !status && c-- > 0;)
        status = agree(stage->comm, open_corpus(it, c));
    *known = status == NULL;
    if (!stage->dry || status_code(status) != EXIT_INPUT) return status;
    status_t added = NULL;
    for (size_t i = 0; !added && i < stage->chosen.count; i++) {
        char *path = NULL;
        it->checkpoint = stage->chosen.item[i];
        added = collection_path(it, 0, false, &path);
        if (!added) added = plan_add_unknown(stage, path, "shard", status);
        mem_free(&path);
    }
    status_free(&status);
    return added;
}

/* Collective: of the node that has most. */
static int ranks_of_node(MPI_Comm comm)
{
    MPI_Comm node;
    int ranks;
    MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
    MPI_Comm_size(node, &ranks);
    MPI_Comm_free(&node);
    MPI_Allreduce(MPI_IN_PLACE, &ranks, 1, MPI_INT, MPI_MAX, comm);
    return ranks;
}

static status_t run(stage_t *stage)
{
    collection_t it = {.stage = stage, .node_ranks = ranks_of_node(stage->comm)};
    bool known = false;
    status_t status = stage_arithmetic(stage, &it.arithmetic);
    if (!status) status = check_corpora(&it, &known);
    for (size_t i = 0; !status && known && i < stage->chosen.count; i++)
        status = run_checkpoint(&it, stage->chosen.item[i]);
    collection_close(&it);
    mem_free(&it.tokenizer);
    return status;
}

int main(int argc, char **argv)
{
    return stage_main(argc, argv, "collect", run);
}
