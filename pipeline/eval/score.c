#include "eval/score.h"

#include <math.h>

#include "core/memory.h"
#include "par/agree.h"
#include "par/work.h"

typedef struct {
    const sequences_t *sequences;
    const forest_t *forest;
    const int *owner; /* [chunks] */
    executor_t *executor;
    int rank;
    int first, conditions; /* in flight */
    double *sum;           /* [all conditions][sequences], this rank's chunks */
    double *token;         /* [all conditions][tokens], likewise; NULL: not wanted */
} scorer_t;

static size_t token_count(const sequences_t *sequences)
{
    return (size_t)sequences->offset[sequences->count];
}

/* Who does which chunk, unless status, of making the forest, is an error. */
static status_t assign(status_t status, int ranks, score_plan_t *plan)
{
    double *cost = NULL;
    size_t chunks = status ? 0 : plan->forest->chunks;
    if (!status) status = mem_new(&cost, chunks, "plan");
    if (!status) status = mem_new(&plan->owner, chunks, "plan");
    for (size_t c = 0; !status && c < chunks; c++) cost[c] = plan->forest->chunk[c].cost;
    if (!status) status = work_assign(ranks, chunks, cost, plan->owner);
    mem_free(&cost);
    if (status) score_plan_free(plan);
    return status;
}

status_t score_plan_create(const sequences_t *sequences, int ranks, int32_t chunk_rows,
                           score_plan_t *plan)
{
    *plan = (score_plan_t){0};
    return assign(forest_create(sequences->id, sequences->offset, sequences->count, chunk_rows,
                                &plan->forest),
                  ranks, plan);
}

status_t score_plan_windows(const sequences_t *windows, int ranks, int32_t chunk_rows,
                            score_plan_t *plan)
{
    *plan = (score_plan_t){0};
    return assign(forest_create_windows(windows->id, windows->count, (int32_t)windows->offset[1],
                                        chunk_rows, &plan->forest),
                  ranks, plan);
}

status_t score_plan_share(const score_plan_t *plan, int rank, size_t **mine, size_t *count)
{
    *count = 0;
    status_t status = mem_new(mine, plan->forest->chunks, "plan");
    for (size_t c = 0; !status && c < plan->forest->chunks; c++)
        if (plan->owner[c] == rank) (*mine)[(*count)++] = c;
    return status;
}

void score_plan_free(score_plan_t *plan)
{
    forest_destroy(&plan->forest);
    mem_free(&plan->owner);
}

/* Adds up the edges of every sequence of a chunk. */
static status_t add_up(void *context, size_t index, const double *scores)
{
    scorer_t *it = context;
    const sequences_t *sequences = it->sequences;
    size_t edges = (size_t)it->forest->chunk[index].edges;
    for (size_t i = it->forest->first[index]; i < it->forest->first[index + 1]; i++) {
        size_t s = it->forest->sequence[i];
        for (int c = 0; c < it->conditions; c++) {
            const double *log_probability = scores + (size_t)c * edges;
            size_t condition = (size_t)(it->first + c);
            double sum = 0, *token = it->token;
            if (token) token += condition * token_count(sequences);
            for (int64_t t = sequences_first(sequences, s); t < sequences->offset[s + 1]; t++) {
                sum += log_probability[it->forest->edge_of[t]];
                if (token) token[t] = log_probability[it->forest->edge_of[t]];
            }
            it->sum[condition * sequences->count + s] = sum;
        }
    }
    return NULL;
}

/* The conditions [first, first + count) over this rank's chunks. */
static status_t run_conditions(scorer_t *it, MPI_Comm comm, model_t *model,
                               const run_options_t *options, int first, int count,
                               const size_t *mine, size_t chunks, const char *label)
{
    const scores_t scores = {add_up, it};
    run_options_t some = *options;
    some.condition += first;
    some.conditions = count;
    it->first = first;
    it->conditions = count;
    status_t status = agree(comm, executor_create(model, it->forest, &some, &it->executor));
    if (!status)
        status = executor_run_share(it->executor, comm, it->forest, mine, chunks, &scores, label);
    executor_destroy(&it->executor);
    return agree(comm, status);
}

status_t score_in_flight(MPI_Comm comm, const model_shape_t *shape, const forest_t *forest,
                         const run_options_t *options, int *count)
{
    status_t status = agree(comm, executor_conditions(shape, forest, options, count));
    MPI_Allreduce(MPI_IN_PLACE, count, 1, MPI_INT, MPI_MIN, comm);
    return status;
}

static status_t run_chunks(scorer_t *it, MPI_Comm comm, model_t *model,
                           const run_options_t *options, const char *label)
{
    size_t *mine = NULL, chunks = 0;
    run_options_t rest = *options;
    status_t status = agree(comm, mem_new(&mine, it->forest->chunks, "plan"));
    for (size_t c = 0; !status && c < it->forest->chunks; c++)
        if (it->owner[c] == it->rank) mine[chunks++] = c;
    for (int first = 0, count = 0; !status && first < options->conditions; first += count) {
        rest.condition = options->condition + first;
        rest.conditions = options->conditions - first;
        status = score_in_flight(comm, &model->shape, it->forest, &rest, &count);
        if (!status)
            status = run_conditions(it, comm, model, options, first, count, mine, chunks, label);
    }
    mem_free(&mine);
    return status;
}

/* Tokens and sequences were scored by one rank each; the others add zero, exactly. */
static void gather(const scorer_t *it, MPI_Comm comm, const double *mine, size_t values,
                   double *all)
{
    enum { MOST = 1 << 27 }; /* MPI counts in ints */
    for (size_t at = 0; at < values; at += MOST) {
        size_t n = values - at < MOST ? values - at : MOST;
        MPI_Reduce(mine + at, it->rank == 0 ? all + at : NULL, (int)n, MPI_DOUBLE, MPI_SUM, 0,
                   comm);
    }
}

static void mark_unscored(const sequences_t *sequences, int conditions, double *token)
{
    for (int c = 0; c < conditions; c++, token += token_count(sequences))
        for (size_t s = 0; s < sequences->count; s++)
            for (int64_t t = sequences->offset[s]; t < sequences_first(sequences, s); t++)
                token[t] = NAN;
}

status_t score_tokens(MPI_Comm comm, model_t *model, const sequences_t *sequences,
                      const score_plan_t *plan, const run_options_t *options, const char *label,
                      double *sum, double *token)
{
    scorer_t it = {.sequences = sequences, .forest = plan->forest, .owner = plan->owner};
    size_t conditions = (size_t)options->conditions, tokens = token_count(sequences);
    int wanted = token != NULL;
    MPI_Comm_rank(comm, &it.rank);
    MPI_Bcast(&wanted, 1, MPI_INT, 0, comm);
    status_t status = mem_new(&it.sum, conditions * sequences->count, "scores");
    if (!status && wanted) status = mem_new(&it.token, conditions * tokens, "scores");
    status = agree(comm, status);
    if (!status) status = run_chunks(&it, comm, model, options, label);
    if (!status) gather(&it, comm, it.sum, conditions * sequences->count, sum);
    if (!status && wanted) gather(&it, comm, it.token, conditions * tokens, token);
    if (!status && token && it.rank == 0) mark_unscored(sequences, options->conditions, token);
    mem_free(&it.sum);
    mem_free(&it.token);
    return status;
}

size_t score_bytes(const sequences_t *sequences, int conditions, bool tokens)
{
    size_t scores = sequences->count + (tokens ? token_count(sequences) : 0);
    return (size_t)conditions * scores * sizeof(double);
}

status_t score_sequences(MPI_Comm comm, model_t *model, const sequences_t *sequences,
                         int32_t chunk_rows, const run_options_t *options, const char *label,
                         double *sum)
{
    score_plan_t plan;
    int ranks;
    MPI_Comm_size(comm, &ranks);
    status_t status = agree(comm, score_plan_create(sequences, ranks, chunk_rows, &plan));
    if (status) {
        score_plan_free(&plan);
        return status;
    }
    status = score_tokens(comm, model, sequences, &plan, options, label, sum, NULL);
    score_plan_free(&plan);
    return status;
}
