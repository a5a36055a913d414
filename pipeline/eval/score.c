#include "eval/score.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "eval/score_internal.h"
#include "par/agree.h"
#include "par/work.h"

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

void score_add_up(scorer_t *it, size_t index, size_t condition, const double *log_probability)
{
    const sequences_t *sequences = it->sequences;
    double *token = it->token ? it->token + condition * token_count(sequences) : NULL;
    for (size_t i = it->forest->first[index]; i < it->forest->first[index + 1]; i++) {
        size_t s = it->forest->sequence[i];
        double sum = 0;
        for (int64_t t = sequences_first(sequences, s); t < sequences->offset[s + 1]; t++) {
            sum += log_probability[it->forest->edge_of[t]];
            if (token) token[t] = log_probability[it->forest->edge_of[t]];
        }
        it->sum[condition * sequences->count + s] = sum;
    }
}

/* ---- what is missing ---- */

/* Conditions that the same chunks are missing of; some of them are in flight. */
typedef struct {
    scorer_t *scorer;
    intervention_t *condition; /* [conditions] */
    size_t *place;             /* [conditions] among all */
    int conditions;
    size_t *mine, chunks; /* of those missing, this rank's */
    int first, in_flight;
} missing_t;

static status_t take_scores(void *context, size_t index, const double *scores)
{
    missing_t *it = context;
    size_t edges = (size_t)it->scorer->forest->chunk[index].edges;
    status_t status = NULL;
    for (int c = 0; !status && c < it->in_flight; c++) {
        size_t condition = it->place[it->first + c];
        const double *log_probability = scores + (size_t)c * edges;
        score_add_up(it->scorer, index, condition, log_probability);
        status = score_record(it->scorer, index, condition, log_probability);
    }
    return status ? status : score_record_end(it->scorer);
}

static const unsigned char *done_of(const scorer_t *it, size_t condition)
{
    return it->done + condition * it->forest->chunks;
}

/* Whether a condition misses the same chunks as an earlier one, or none. */
static bool is_counted(const scorer_t *it, size_t condition)
{
    size_t chunks = it->forest->chunks;
    bool counted = memchr(done_of(it, condition), 0, chunks) == NULL;
    for (size_t c = 0; c < condition && !counted; c++)
        counted = memcmp(done_of(it, c), done_of(it, condition), chunks) == 0;
    return counted;
}

static void find_conditions(missing_t *it, const run_options_t *options, size_t first)
{
    const scorer_t *scorer = it->scorer;
    it->conditions = 0;
    for (size_t c = first; c < (size_t)options->conditions; c++) {
        if (memcmp(done_of(scorer, c), done_of(scorer, first), scorer->forest->chunks) != 0)
            continue;
        it->condition[it->conditions] = options->condition[c];
        it->place[it->conditions++] = c;
    }
}

/* Shares out the chunks that the condition misses. */
static status_t find_chunks(missing_t *it, int ranks, size_t condition)
{
    const scorer_t *scorer = it->scorer;
    const unsigned char *done = done_of(scorer, condition);
    size_t all = scorer->forest->chunks, count = 0;
    double *cost = NULL;
    int *owner = NULL;
    status_t status = mem_new(&cost, all, "plan");
    if (!status) status = mem_new(&owner, all, "plan");
    for (size_t c = 0; !status && c < all; c++)
        if (!done[c]) cost[count++] = scorer->forest->chunk[c].cost;
    if (!status) status = work_assign(ranks, count, cost, owner);
    it->chunks = 0;
    for (size_t c = 0, i = 0; !status && c < all; c++)
        if (!done[c] && owner[i++] == scorer->rank) it->mine[it->chunks++] = c;
    mem_free(&cost);
    mem_free(&owner);
    return status;
}

/* ---- runs ---- */

/* The conditions in flight over this rank's chunks. */
static status_t run_in_flight(missing_t *it, MPI_Comm comm, model_t *model,
                              const run_options_t *options, const char *label)
{
    const scores_t scores = {take_scores, it};
    executor_t *executor = NULL;
    run_options_t some = *options;
    some.condition = it->condition + it->first;
    some.conditions = it->in_flight;
    status_t status = agree(comm, executor_create(model, it->scorer->forest, &some, &executor));
    if (!status)
        status = executor_run_share(executor, comm, it->scorer->forest, it->mine, it->chunks,
                                    &scores, label);
    executor_destroy(&executor);
    return agree(comm, status);
}

status_t score_in_flight(MPI_Comm comm, const model_shape_t *shape, const forest_t *forest,
                         const run_options_t *options, int *count)
{
    status_t status = agree(comm, executor_conditions(shape, forest, options, count));
    MPI_Allreduce(MPI_IN_PLACE, count, 1, MPI_INT, MPI_MIN, comm);
    return status;
}

static status_t run_conditions(missing_t *it, MPI_Comm comm, model_t *model,
                               const run_options_t *options, const char *label)
{
    run_options_t rest = *options;
    status_t status = NULL;
    for (it->first = 0; !status && it->first < it->conditions; it->first += it->in_flight) {
        rest.condition = it->condition + it->first;
        rest.conditions = it->conditions - it->first;
        status = score_in_flight(comm, &model->shape, it->scorer->forest, &rest, &it->in_flight);
        if (!status) status = run_in_flight(it, comm, model, options, label);
    }
    return status;
}

static status_t run_missing(scorer_t *scorer, MPI_Comm comm, model_t *model,
                            const run_options_t *options, const char *label)
{
    missing_t it = {.scorer = scorer};
    size_t conditions = (size_t)options->conditions;
    int ranks;
    MPI_Comm_size(comm, &ranks);
    status_t status = mem_new(&it.mine, scorer->forest->chunks, "plan");
    if (!status) status = mem_new(&it.condition, conditions, "conditions");
    if (!status) status = mem_new(&it.place, conditions, "conditions");
    status = agree(comm, status);
    for (size_t c = 0; !status && c < conditions; c++) {
        if (is_counted(scorer, c)) continue;
        find_conditions(&it, options, c);
        status = agree(comm, find_chunks(&it, ranks, c));
        if (!status) status = run_conditions(&it, comm, model, options, label);
    }
    mem_free(&it.mine);
    mem_free(&it.condition);
    mem_free(&it.place);
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
                      const score_plan_t *plan, const run_options_t *options,
                      const score_journal_t *journal, const char *label, double *sum, double *token)
{
    scorer_t it = {.sequences = sequences, .forest = plan->forest, .records = journal};
    size_t conditions = (size_t)options->conditions, tokens = token_count(sequences);
    int wanted = token != NULL;
    MPI_Comm_rank(comm, &it.rank);
    MPI_Bcast(&wanted, 1, MPI_INT, 0, comm);
    status_t status = mem_new(&it.sum, conditions * sequences->count, "scores");
    if (!status && wanted) status = mem_new(&it.token, conditions * tokens, "scores");
    if (!status) status = mem_new(&it.done, conditions * it.forest->chunks, "plan");
    status = agree(comm, status);
    if (!status && journal) status = score_resume(&it, comm, options->conditions, label);
    if (!status) status = run_missing(&it, comm, model, options, label);
    if (!status) gather(&it, comm, it.sum, conditions * sequences->count, sum);
    if (!status && wanted) gather(&it, comm, it.token, conditions * tokens, token);
    if (!status && token && it.rank == 0) mark_unscored(sequences, options->conditions, token);
    journal_close(&it.journal);
    mem_free(&it.sum);
    mem_free(&it.token);
    mem_free(&it.done);
    return status;
}

void score_losses(const sequences_t *sequences, const double *sum, double *loss)
{
    for (size_t s = 0; s < sequences->count; s++)
        loss[s] = -sum[s] / (double)sequences_scored(sequences, s);
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
    status = score_tokens(comm, model, sequences, &plan, options, NULL, label, sum, NULL);
    score_plan_free(&plan);
    return status;
}
