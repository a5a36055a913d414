#include "stages/reduce_weights.h"

#include <string.h>

#include "core/log.h"
#include "core/memory.h"
#include "model/checkpoints.h"
#include "model/dissimilarity.h"
#include "model/model.h"
#include "par/agree.h"

/* Digests of the checkpoints' weights, each read once. */
typedef struct {
    stage_t *stage;
    char (*hash)[SHA256_HEX]; /* [checkpoints]; "": not known yet */
} digests_t;

static status_t digest(digests_t *digests, size_t index, const char *directory)
{
    if (digests->hash[index][0]) return NULL;
    return model_hash(digests->stage->comm, directory, digests->hash[index]);
}

static status_t make_key(const char *hash, const char *other, const char *name,
                         char key[SHA256_HEX])
{
    hash_t *sum = NULL;
    status_t status = stage_key_create(&sum);
    if (!status) status = hash_add_field(sum, "stage", "weights");
    if (!status) status = hash_add_field(sum, "model", hash);
    if (!status) status = hash_add_field(sum, "against", other);
    if (!status) status = hash_add_field(sum, "name", name);
    if (!status) status = hash_finish(&sum, key);
    hash_destroy(&sum);
    return status;
}

static status_t write_part(store_t *store, const dissimilarity_t *found, int part)
{
    static const char *const description[] = {
        "1 - cosine of a neuron's input weights (of gated MLPs the gate's row) at the two "
        "checkpoints; NaN: one of them is zero",
        "the same of its row of the up projection", "the same of its output weights"};
    uint64_t shape[2] = {(uint64_t)found->layers, (uint64_t)found->neurons};
    const char *name = weights_part_names[part];
    if (!found->value[part]) return NULL;
    status_t status = store_write(store, name, STORE_F64, 2, shape, found->value[part]);
    return status ? status : store_describe(store, name, "1", description[part]);
}

/* Rank 0 alone. */
static status_t write_file(const stage_t *stage, const dissimilarity_t *found,
                           const char *checkpoint, const char *other, const char *path,
                           const char *key)
{
    store_t *store = NULL;
    int32_t *layer = NULL;
    uint64_t layers = (uint64_t)found->layers;
    if (stage->rank != 0) return NULL;
    status_t status = mem_new(&layer, layers, "layers");
    for (int32_t l = 0; !status && l < found->layers; l++) layer[l] = l;
    if (!status) status = stage_create(stage, path, key, MPI_COMM_SELF, &store);
    if (!status) status = store_set_text(store, "/", "checkpoint", checkpoint);
    if (!status) status = store_set_text(store, "/", "against", other);
    if (!status) status = store_write(store, "/layers", STORE_I32, 1, &layers, layer);
    if (!status) status = store_describe(store, "/layers", "1", "layer numbers, from 0");
    for (int p = 0; !status && p < WEIGHTS_PARTS; p++) status = write_part(store, found, p);
    if (!status) status = store_publish(&store);
    store_close(&store);
    mem_free(&layer);
    return status;
}

/* kind: "previous" or "last". */
static status_t compare(digests_t *digests, size_t index, size_t other, const char *kind)
{
    stage_t *stage = digests->stage;
    const char *name = stage->checkpoints.item[index], *against = stage->checkpoints.item[other];
    char *directory = NULL, *there = NULL, *path = NULL, key[SHA256_HEX];
    dissimilarity_t found = {0};
    bool current = false;
    status_t status = checkpoint_directory(stage->config, name, &directory);
    if (!status) status = checkpoint_directory(stage->config, against, &there);
    status = agree(stage->comm, status);
    if (!status) status = digest(digests, index, directory);
    if (!status) status = digest(digests, other, there);
    if (!status)
        status =
            agree(stage->comm, make_key(digests->hash[index], digests->hash[other], against, key));
    if (!status) status = stage_path(stage, true, &path, "weights/%s/%s.h5", name, kind);
    if (!status) status = stage_is_current(stage, path, key, &current);
    if (!status && !current) {
        status = dissimilarity_measure(stage->comm, directory, there, &found);
        if (!status)
            status = agree(stage->comm, write_file(stage, &found, name, against, path, key));
        if (!status) log_info("%s: weights compared with those of %s", name, against);
    }
    dissimilarity_destroy(&found);
    mem_free(&path);
    mem_free(&there);
    mem_free(&directory);
    return status;
}

status_t reduce_weights(stage_t *stage)
{
    const char *wanted = config_text(stage->config, "reduce.weights");
    bool both = strcmp(wanted, "both") == 0;
    bool previous = both || strcmp(wanted, "previous") == 0;
    bool last = both || strcmp(wanted, "last") == 0;
    size_t count = stage->checkpoints.count;
    digests_t digests = {.stage = stage};
    if (!previous && !last) return NULL;
    status_t status = agree(stage->comm, mem_new(&digests.hash, count, "digests"));
    for (size_t i = 0; !status && i < count; i++) {
        if (strings_find(&stage->chosen, stage->checkpoints.item[i]) < 0) continue;
        if (previous && i > 0) status = compare(&digests, i, i - 1, "previous");
        if (!status && last && i + 1 < count) status = compare(&digests, i, count - 1, "last");
    }
    mem_free(&digests.hash);
    return status;
}
