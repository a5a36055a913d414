/* wn-reduce: raw activations of each checkpoint to the statistics of every neuron, and how far their
 * weights have turned. */
#include <math.h>
#include <unistd.h>

#include "core/log.h"
#include "core/memory.h"
#include "par/agree.h"
#include "stages/plan.h"
#include "stages/reduce_pairs.h"
#include "stages/reduce_weights.h"
#include "stats/reduce.h"

static void read_options(const config_t *config, reduce_options_t *options)
{
    uint64_t seed = (uint64_t)config_integer(config, "reduce.seed");
    *options = (reduce_options_t){
        .seed = seed,
        .replicates = config_integer(config, "reduce.bootstrap"),
        .pairs = {.percent = config_number(config, "reduce.similar"),
                  .most = config_integer(config, "reduce.separated"),
                  .seed = seed},
    };
}

/* The key of the statistics: that of the activations they are computed from, reduce's own settings, and
 * which statistics there are. */
static status_t make_key(const stage_t *stage, const char *activations, char key[SHA256_HEX])
{
    hash_t *hash = NULL;
    char *source = NULL;
    str_t settings = {0};
    status_t status = stage_read_key(activations, "collect", &source);
    if (!status) status = stage_key_create(&hash);
    if (!status) status = hash_add_field(hash, "stage", "reduce");
    if (!status) status = hash_add_field(hash, "activations", source);
    if (!status) status = config_dump(stage->config, "reduce.", &settings);
    if (!status) status = hash_add_field(hash, "settings", settings.data);
    for (int s = 0; !status && s < STATISTICS; s++)
        status = hash_add_field(hash, "statistic", statistics[s].name);
    if (!status) status = hash_finish(&hash, key);
    hash_destroy(&hash);
    str_free(&settings);
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

/* What is read and written for a checkpoint. */
typedef struct {
    const char *checkpoint;
    char *input, *output, *pairs; /* paths */
    char key[SHA256_HEX];
    activations_t activations;
    reduce_options_t options;
} work_t;

static status_t estimate(stage_t *stage, const work_t *work, estimate_t *estimate)
{
    const layout_t *layout = &stage->plan->layout;
    const activations_t *a = &work->activations;
    double rate, start = MPI_Wtime(), neurons = (double)(a->layers * a->neurons);
    double seconds = stage->dry ? CALIBRATION_DRY / (double)stage->chosen.count : CALIBRATION_FIRST;
    status_t status = reduce_rate(a, &work->options, stage->comm, seconds, &rate);
    stage->plan->calibrating += MPI_Wtime() - start;
    estimate->chunks = (double)a->layers;
    estimate->rows = neurons;
    estimate->read = neurons * source_read(&a->shape);
    estimate->memory = plan_base(stage->plan) +
                       layout->node_ranks * reduce_memory(a, &work->options, layout->ranks);
    estimate->disk = reduce_disk(a, &work->options);
    estimate->seconds = ceil(neurons / layout->ranks) / rate * stage->plan->slower;
    return status;
}

static status_t write_all(stage_t *stage, work_t *work, reduced_t *reduced)
{
    activations_t *activations = &work->activations;
    reduce_options_t *options = &work->options;
    status_t status = NULL;
    /* One of earlier activations would contradict the statistics. */
    if (!activations->pairs.pairs && stage->rank == 0) unlink(work->pairs);
    if (activations->pairs.pairs)
        status = reduce_pairs_create(stage, activations, &options->pairs, work->pairs, work->key,
                                     &options->pairs_store);
    if (!status) status = reduce_activations(activations, options, stage->comm, reduced);
    if (!status && options->pairs_store) status = store_publish(&options->pairs_store);
    store_close(&options->pairs_store);
    if (!status)
        status = agree(stage->comm,
                       write_statistics(stage, activations, reduced, work->output, work->key));
    return status;
}

static status_t compute(stage_t *stage, work_t *work)
{
    const activations_t *activations = &work->activations;
    estimate_t expected = estimate_nothing;
    reduced_t reduced = {0};
    status_t status = estimate(stage, work, &expected);
    if (status || stage->dry) return status ? status : plan_add(stage, work->output, &expected);
    status = write_all(stage, work, &reduced);
    if (!status && reduced.undefined)
        log_warning("%s: %lld neurons have one value only: their distances are undefined",
                    work->checkpoint, (long long)reduced.undefined);
    if (!status)
        log_info("%s: statistics of %lld neurons of %lld layers over %lld tokens, %lld pairs",
                 work->checkpoint, (long long)activations->neurons, (long long)activations->layers,
                 (long long)activations->tokens, (long long)activations->pairs.pairs);
    if (!status) plan_compare(stage, work->checkpoint, &expected);
    reduced_destroy(&reduced);
    return status;
}

/* Both files are there and up to date; the one of pairs where there are any. */
static status_t look(stage_t *stage, work_t *work, bool *current)
{
    *current = false;
    if (!stage_needs_key(stage, work->output)) return NULL;
    status_t status = agree(stage->comm, make_key(stage, work->input, work->key));
    if (!status && work->activations.pairs.pairs) {
        status = stage_is_current(stage, work->pairs, work->key, current);
        if (status || !*current) return status;
    }
    return status ? status : stage_is_current(stage, work->output, work->key, current);
}

/* corpus: NULL, or one of collect.also, whose files lie in directories of its name. */
static status_t reduce_checkpoint(stage_t *stage, const char *checkpoint, const char *corpus)
{
    work_t work = {.checkpoint = checkpoint};
    bool current = false, known = false;
    const char *in = corpus ? corpus : "", *slash = corpus ? "/" : "";
    read_options(stage->config, &work.options);
    status_t status =
        stage_path(stage, false, &work.input, "activations/%s%s%s.h5", in, slash, checkpoint);
    if (!status)
        status =
            stage_path(stage, true, &work.output, "statistics/%s%s%s.h5", in, slash, checkpoint);
    if (!status)
        status = stage_path(stage, true, &work.pairs, "pairs/%s%s%s.h5", in, slash, checkpoint);
    if (!status) {
        status = agree(stage->comm, activations_open(work.input, &work.activations));
        status = plan_input(stage, work.output, "collect", status, &known);
    }
    if (!status && known) status = look(stage, &work, &current);
    if (!status && known && !current) status = compute(stage, &work);
    activations_close(&work.activations);
    mem_free(&work.pairs);
    mem_free(&work.output);
    mem_free(&work.input);
    return status;
}

static status_t run(stage_t *stage)
{
    status_t status = NULL;
    const char *const *also;
    size_t corpora = config_texts(stage->config, "collect.also", &also);
    for (size_t i = 0; !status && i < stage->chosen.count; i++) {
        status = reduce_checkpoint(stage, stage->chosen.item[i], NULL);
        for (size_t c = 0; !status && c < corpora; c++)
            status = reduce_checkpoint(stage, stage->chosen.item[i], also[c]);
    }
    return status ? status : reduce_weights(stage);
}

int main(int argc, char **argv)
{
    return stage_main(argc, argv, "reduce", run);
}
