/* wn-reduce: raw activations of each checkpoint to the statistics of every neuron. */
#include <math.h>

#include "core/log.h"
#include "core/memory.h"
#include "par/agree.h"
#include "stages/plan.h"
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

static status_t estimate(stage_t *stage, const activations_t *activations, estimate_t *estimate)
{
    const node_usage_t *base = &stage->plan->base;
    double rate, start = MPI_Wtime(),
                 neurons = (double)(activations->layers * activations->neurons);
    double bytes = (double)activations->tokens * (double)dtype_size(activations->type);
    double seconds = stage->dry ? CALIBRATION_DRY / (double)stage->chosen.count : CALIBRATION_FIRST;
    status_t status = reduce_rate(activations, stage->comm, seconds, &rate);
    stage->plan->calibrating += MPI_Wtime() - start;
    estimate->chunks = (double)activations->layers;
    estimate->rows = neurons;
    estimate->read = neurons * bytes;
    estimate->memory = base->memory + base->ranks * reduce_memory(activations, stage->ranks);
    estimate->disk = reduce_disk(activations);
    estimate->seconds = ceil(neurons / stage->ranks) / rate;
    return status;
}

static status_t compute(stage_t *stage, const activations_t *activations, const char *output,
                        const char *key, const char *checkpoint)
{
    estimate_t expected = estimate_nothing;
    reduced_t reduced = {0};
    status_t status = estimate(stage, activations, &expected);
    if (status || stage->dry) return status ? status : plan_add(stage, output, &expected);
    status = reduce_activations(activations, stage->comm, &reduced);
    if (!status)
        status = agree(stage->comm, write_statistics(stage, activations, &reduced, output, key));
    if (!status && reduced.undefined)
        log_warning("%s: %lld neurons have one value only: their distances are undefined",
                    checkpoint, (long long)reduced.undefined);
    if (!status)
        log_info("%s: statistics of %lld neurons of %lld layers over %lld tokens", checkpoint,
                 (long long)activations->neurons, (long long)activations->layers,
                 (long long)activations->tokens);
    if (!status) plan_compare(stage, checkpoint, &expected);
    reduced_destroy(&reduced);
    return status;
}

static status_t look(stage_t *stage, const char *input, const char *output, char *key,
                     bool *current)
{
    *current = false;
    if (!stage_needs_key(stage, output)) return NULL;
    status_t status = agree(stage->comm, make_key(input, key));
    return status ? status : stage_is_current(stage, output, key, current);
}

static status_t reduce_checkpoint(stage_t *stage, const char *checkpoint)
{
    char *input = NULL, *output = NULL, key[SHA256_HEX] = "";
    bool current = false, known = false;
    activations_t activations = {0};
    status_t status = stage_path(stage, false, &input, "activations/%s.h5", checkpoint);
    if (!status) status = stage_path(stage, true, &output, "statistics/%s.h5", checkpoint);
    if (!status) {
        status = agree(stage->comm, activations_open(input, &activations));
        status = plan_input(stage, output, "collect", status, &known);
    }
    if (!status && known) status = look(stage, input, output, key, &current);
    if (!status && known && !current)
        status = compute(stage, &activations, output, key, checkpoint);
    activations_close(&activations);
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
