#include "stages/pass.h"

#include "core/memory.h"
#include "eval/budget.h"
#include "eval/score.h"
#include "model/weights.h"
#include "par/agree.h"
#include "par/share.h"

/* What each rank needs while it loads: pieces as they are in the file, and expanded. */
static const double LOADING = 3 * (8 << 20);
/* Pages of libraries that it touches first while it works. */
static const double LIBRARIES = 4 << 20;

/* The work of one rank. */
typedef struct {
    flops_t flops;
    size_t chunks;
} load_t;

typedef struct {
    const stage_t *stage;
    const pass_t *pass;
    model_size_t size;
    int copies;       /* of the weights, on a node */
    load_t *load;     /* [ranks] */
    double executor;  /* bytes of a rank's executor, at most */
    size_t readings;  /* of the layers, where they are streamed */
    double computing; /* seconds of the busiest rank */
} work_t;

/* ---- the plan ---- */

/* How the run will hold the weights. Collective. */
static status_t fit_weights(work_t *it)
{
    const config_t *config = it->stage->config;
    MPI_Comm comm = it->stage->comm;
    share_t share;
    status_t status = share_open(comm, memory_sharing(config), &share);
    if (status) return status;
    it->copies = share.copies;
    share_destroy(&share);
    MPI_Allreduce(MPI_IN_PLACE, &it->copies, 1, MPI_INT, MPI_MAX, comm);
    if (memory_sharing(config) == SHARE_NONE) it->copies = it->stage->plan->layout.node_ranks;
    size_t memory = memory_for_weights(config) / (size_t)it->copies;
    return agree(comm, model_size(it->pass->directory, memory, &it->size));
}

/* Some conditions that go over the chunks together. */
static void add_conditions(work_t *it, const condition_tree_t *tree, size_t memory)
{
    const pass_t *pass = it->pass;
    const forest_t *forest = pass->forest;
    footprint_t footprint = cost_footprint(pass->shape, forest, tree, team_threads(it->stage->team),
                                           pass->arithmetic, it->size.streamed, memory);
    size_t most = 0;
    for (size_t c = 0; c < forest->chunks; c++) {
        load_t *load = &it->load[pass->owner[c]];
        flops_t flops = cost_of_chunk(pass->shape, &forest->chunk[c], tree, pass->scored);
        load->flops.layers += flops.layers;
        load->flops.ends += flops.ends;
    }
    for (int r = 0; r < it->stage->plan->layout.ranks; r++) {
        size_t rounds = (it->load[r].chunks + footprint.together - 1) / footprint.together;
        if (rounds > most) most = rounds;
    }
    if (it->size.streamed) it->readings += most;
    if ((double)footprint.bytes > it->executor) it->executor = (double)footprint.bytes;
}

/* As many conditions at a time as memory allows, as the run will have them. Collective. */
static status_t share_out(work_t *it)
{
    const pass_t *pass = it->pass;
    const stage_t *stage = it->stage;
    const layout_t *layout = &stage->plan->layout;
    size_t held = it->size.held * (size_t)it->copies;
    size_t memory = memory_beside_weights(stage->config, held, layout->node_ranks);
    run_options_t rest = {.layers = pass->layers,
                          .memory = memory,
                          .team = stage->team,
                          .arithmetic = pass->arithmetic};
    status_t status = agree(stage->comm, mem_new(&it->load, (size_t)layout->ranks, "plan"));
    for (size_t c = 0; !status && c < pass->forest->chunks; c++) it->load[pass->owner[c]].chunks++;
    for (int first = 0, count = 0; !status && first < pass->conditions; first += count) {
        condition_tree_t tree = {0};
        rest.condition = pass->condition + first;
        rest.conditions = pass->conditions - first;
        status = score_in_flight(stage->comm, pass->shape, pass->forest, &rest, &count);
        if (!status) status = condition_tree_create(rest.condition, count, pass->layers, &tree);
        if (!status) add_conditions(it, &tree, memory);
        condition_tree_free(&tree);
        status = agree(stage->comm, status);
    }
    return status;
}

/* ---- rates ---- */

static void time_ranks(work_t *it, const rate_t *rate)
{
    double all = 0, flops = 0;
    it->computing = 0;
    for (int r = 0; r < it->stage->plan->layout.ranks; r++) {
        double seconds = rate_seconds(rate, it->load[r].flops) * it->stage->plan->slower;
        if (seconds > it->computing) it->computing = seconds;
        all += seconds;
        flops += it->load[r].flops.layers + it->load[r].flops.ends;
    }
    if (all > 0) it->stage->plan->rate = flops / all;
}

static bool is_known(const pass_rate_t *known, const model_shape_t *shape, dtype_t type)
{
    return known->rate.layers > 0 && known->width == shape->width && known->mlp == shape->mlp &&
           known->heads == shape->heads && known->vocabulary == shape->vocabulary &&
           known->type == type;
}

static status_t measure_once(const work_t *it, double seconds, rate_t *rate)
{
    const stage_t *stage = it->stage;
    const pass_t *pass = it->pass;
    return rate_measure(stage->comm, stage->team, pass->shape, it->size.type, pass->arithmetic,
                        pass->forest->chunk, pass->scored, seconds, rate);
}

/* A run spends little time at first, and more where the work will take long. */
static status_t measure(work_t *it, pass_rate_t *known)
{
    const model_shape_t *shape = it->pass->shape;
    bool dry = it->stage->dry;
    double start = MPI_Wtime();
    double seconds = (dry ? CALIBRATION_DRY : CALIBRATION_FIRST) * it->pass->share;
    status_t status = measure_once(it, seconds, &known->rate);
    if (!status && !dry) {
        time_ranks(it, &known->rate);
        double wanted = CALIBRATION_SHARE * it->computing;
        if (wanted > CALIBRATION_DRY) wanted = CALIBRATION_DRY;
        if (wanted > 2 * seconds) status = measure_once(it, wanted, &known->rate);
    }
    known->width = shape->width;
    known->mlp = shape->mlp;
    known->heads = shape->heads;
    known->vocabulary = shape->vocabulary;
    known->type = it->size.type;
    it->stage->plan->calibrating += MPI_Wtime() - start;
    return status;
}

static status_t find_rates(work_t *it, pass_rate_t *known, double *reading)
{
    const stage_t *stage = it->stage;
    weights_t *weights = NULL;
    status_t status = NULL;
    if (!is_known(known, it->pass->shape, it->size.type)) status = measure(it, known);
    if (!status) status = agree(stage->comm, weights_open(it->pass->directory, &weights));
    if (!status)
        status = plan_read_rate(stage, weights_file(weights, weights_at(weights, 0)), reading);
    if (!status) time_ranks(it, &known->rate);
    weights_close(&weights);
    return status;
}

/* ---- the whole ---- */

static void fill(const work_t *it, double reading, estimate_t *estimate)
{
    const pass_t *pass = it->pass;
    const model_size_t *size = &it->size;
    double held = (double)size->held, opening = 0;
    /* Weights are hashed, then loaded; layers that are streamed are loaded in every pass. */
    if (!pass->opened)
        opening = (double)(size->whole + (size_t)it->copies *
                                             (size->whole - (size->streamed ? size->layers : 0)));
    double layers = (double)size->layers * pass->layers / pass->shape->layers;
    double streaming = (double)it->readings * layers * it->copies;
    /* A layer is read while another computes. */
    double longer = streaming / reading > it->computing ? streaming / reading : it->computing;
    estimate->chunks = (double)pass->forest->chunks;
    estimate->rows = estimate->flops = 0;
    for (size_t c = 0; c < pass->forest->chunks; c++) estimate->rows += pass->forest->chunk[c].rows;
    for (int r = 0; r < it->stage->plan->layout.ranks; r++)
        estimate->flops += it->load[r].flops.layers + it->load[r].flops.ends;
    estimate->read = opening + streaming;
    estimate->seconds = opening / reading + longer;
    double loading = LOADING < 3 * held ? LOADING : 3 * held;
    double each = LIBRARIES + loading + pass->beside + it->executor;
    estimate->memory =
        plan_base(it->stage->plan) + it->stage->plan->layout.node_ranks * each + held * it->copies;
}

status_t pass_estimate(const stage_t *stage, const pass_t *pass, pass_rate_t *known,
                       estimate_t *estimate)
{
    work_t it = {.stage = stage, .pass = pass};
    double reading = 0;
    *estimate = estimate_nothing;
    if (!plan_estimates(stage)) return NULL;
    status_t status = fit_weights(&it);
    if (!status) status = share_out(&it);
    if (!status) status = find_rates(&it, known, &reading);
    if (!status) fill(&it, reading, estimate);
    mem_free(&it.load);
    return status;
}
