/* wn-reduce: raw activations of each checkpoint to the statistics of every neuron. */
#include "core/log.h"
#include "core/memory.h"
#include "par/agree.h"
#include "stages/stage.h"
#include "stats/reduce.h"

/* The key of the statistics: that of the activations they are computed from. */
static status_t make_key(const char *activations, char key[SHA256_HEX])
{
    hash_t *hash = NULL;
    char *source = NULL;
    status_t status = stage_read_key(activations, "collect", &source);
    if (!status) status = stage_key_create(&hash);
    if (!status) status = hash_add_field(hash, "stage", "reduce");
    if (!status) status = hash_add_field(hash, "activations", source);
    if (!status) status = hash_finish(&hash, key);
    hash_destroy(&hash);
    mem_free(&source);
    return status;
}

/* Rank 0 holds the results and writes them alone: the file's bytes are then the same on any number
 * of ranks. */
static status_t write_statistics(stage_t *stage, const activations_t *activations,
                                 const reduced_t *reduced, const char *output, const char *key)
{
    store_t *store = NULL;
    if (stage->rank != 0) return NULL;
    status_t status = stage_create(stage, output, key, MPI_COMM_SELF, &store);
    if (!status) status = reduce_write(store, activations, reduced);
    if (!status) status = store_publish(&store);
    store_close(&store);
    return status;
}

static status_t compute(stage_t *stage, const char *checkpoint, const char *input,
                        const char *output, const char *key)
{
    activations_t activations = {0};
    reduced_t reduced = {0};
    status_t status = agree(stage->comm, activations_open(input, &activations));
    if (!status) status = reduce_activations(&activations, stage->comm, &reduced);
    if (!status)
        status = agree(stage->comm, write_statistics(stage, &activations, &reduced, output, key));
    if (!status && reduced.undefined)
        log_warning("%s: %lld neurons have one value only: their distances are undefined",
                    checkpoint, (long long)reduced.undefined);
    if (!status)
        log_info("%s: statistics of %lld neurons of %lld layers over %lld tokens", checkpoint,
                 (long long)activations.neurons, (long long)activations.layers,
                 (long long)activations.tokens);
    reduced_destroy(&reduced);
    activations_close(&activations);
    return status;
}

static status_t reduce_checkpoint(stage_t *stage, const char *checkpoint)
{
    char *input = NULL, *output = NULL, key[SHA256_HEX] = "";
    bool current = false;
    status_t status = stage_path(stage, false, &input, "activations/%s.h5", checkpoint);
    if (!status) status = make_key(input, key);
    status = agree(stage->comm, status);
    if (!status) status = stage_path(stage, true, &output, "statistics/%s.h5", checkpoint);
    if (!status) status = stage_is_current(stage, output, key, &current);
    if (!status && !current) status = compute(stage, checkpoint, input, output, key);
    mem_free(&output);
    mem_free(&input);
    return status;
}

static status_t run(stage_t *stage)
{
    status_t status = NULL;
    for (size_t i = 0; !status && i < stage->chosen.count; i++)
        status = reduce_checkpoint(stage, stage->chosen.item[i]);
    return status;
}

int main(int argc, char **argv)
{
    return stage_main(argc, argv, "reduce",
                      "Computes the statistics of every neuron from its activations.", run);
}
