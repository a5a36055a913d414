#include "stages/reduce_weights.h"

#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "model/checkpoints.h"
#include "model/dissimilarity.h"
#include "model/model.h"
#include "model/weights.h"
#include "par/agree.h"
#include "stages/plan.h"

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
    return status ? status : store_describe(store, name, "layers neurons", "1", description[part]);
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
    if (!status) status = store_describe(store, "/layers", "layers", "1", "layer numbers, from 0");
    for (int p = 0; !status && p < WEIGHTS_PARTS; p++) status = write_part(store, found, p);
    if (!status) status = store_publish(&store);
    store_close(&store);
    mem_free(&layer);
    return status;
}

/* Collective. Both models are hashed, unless they were for an earlier unit, and their MLPs read. */
static status_t estimate(const stage_t *stage, const char *directory, const char *other,
                         bool hashed, estimate_t *estimate)
{
    model_shape_t shape = {0};
    model_size_t size = {0};
    weights_t *weights = NULL;
    const double PIECES = 8 << 20; /* that a rank compares at a time */
    double rate = 0;
    status_t status = model_shape_read(directory, &shape);
    if (!status) status = model_size(directory, 0, &size);
    if (!status) status = weights_open(other, &weights);
    status = agree(stage->comm, status);
    if (!status)
        status = plan_read_rate(stage, weights_file(weights, weights_at(weights, 0)), &rate);
    if (!status) {
        double neurons = (double)shape.layers * shape.mlp, parts = shape.facts->up ? 3 : 2;
        estimate->chunks = shape.layers;
        estimate->rows = neurons;
        estimate->read = (double)(2 * size.layers + (hashed ? 0 : size.whole));
        estimate->memory = plan_base(stage->plan) + stage->plan->layout.node_ranks * PIECES;
        estimate->disk = parts * neurons * sizeof(double);
        estimate->seconds = estimate->read / rate;
        estimate->bound = "at most";
        estimate->note = "as if all of the layers' weights were compared";
    }
    weights_close(&weights);
    model_shape_free(&shape);
    return status;
}

static status_t make(digests_t *digests, size_t index, size_t other, const char *directory,
                     const char *there, const char *path, const char *key)
{
    const stage_t *stage = digests->stage;
    const char *name = stage->checkpoints.item[index], *against = stage->checkpoints.item[other];
    estimate_t expected = estimate_nothing;
    dissimilarity_t found = {0};
    char label[256];
    status_t status = estimate(stage, directory, there, digests->hash[index][0], &expected);
    if (status || stage->dry) return status ? status : plan_add(stage, path, &expected);
    status = dissimilarity_measure(stage->comm, directory, there, &found);
    if (!status) status = agree(stage->comm, write_file(stage, &found, name, against, path, key));
    snprintf(label, sizeof label, "weights of %s against %s", name, against);
    if (!status) plan_compare(stage, label, &expected);
    dissimilarity_destroy(&found);
    return status;
}

/* Collective. Whether the unit's output is there; its key, where it takes that to know. */
static status_t look(digests_t *digests, size_t index, size_t other, const char *directory,
                     const char *there, const char *path, char key[SHA256_HEX], bool *current)
{
    const stage_t *stage = digests->stage;
    *current = false;
    if (!stage_needs_key(stage, path)) return NULL;
    status_t status = digest(digests, index, directory);
    if (!status) status = digest(digests, other, there);
    if (!status)
        status = agree(stage->comm, make_key(digests->hash[index], digests->hash[other],
                                             stage->checkpoints.item[other], key));
    return status ? status : stage_is_current(stage, path, key, current);
}

/* kind: "previous" or "last". */
static status_t compare(digests_t *digests, size_t index, size_t other, const char *kind)
{
    stage_t *stage = digests->stage;
    const char *name = stage->checkpoints.item[index], *against = stage->checkpoints.item[other];
    char *directory = NULL, *there = NULL, *path = NULL, key[SHA256_HEX] = "";
    bool current = false;
    status_t status = checkpoint_directory(stage->config, name, &directory);
    if (!status) status = checkpoint_directory(stage->config, against, &there);
    status = agree(stage->comm, status);
    if (!status) status = stage_path(stage, true, &path, "weights/%s/%s.h5", name, kind);
    if (!status) status = look(digests, index, other, directory, there, path, key, &current);
    if (!status && !current) status = make(digests, index, other, directory, there, path, key);
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
