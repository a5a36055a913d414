#include "stages/plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/amount.h"
#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"
#include "par/agree.h"
#include "par/cores.h"

const estimate_t estimate_nothing = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, "", NULL};

status_t layout_parse(const char *text, layout_t *layout)
{
    char *end = "";
    long ranks = strtol(text, &end, 10), nodes = 1;
    if (end != text && *end == 'x') nodes = strtol(end + 1, &end, 10);
    if (*end || ranks < 1 || ranks > 10000000 || nodes < 1 || nodes > ranks)
        return status_new(EXIT_USAGE, "--as %s: ranks, or ranks x nodes as 10000x80, are expected",
                          text);
    *layout = (layout_t){(int)ranks, (int)nodes, (int)((ranks + nodes - 1) / nodes)};
    return NULL;
}

/* Collective: threads for each core of the busiest node, but 1 at least. */
static double crowding(MPI_Comm comm, int threads)
{
    int ranks, cores;
    cores_of_node(comm, &ranks, &cores);
    double load = fmax(1, (double)ranks * threads / cores);
    MPI_Allreduce(MPI_IN_PLACE, &load, 1, MPI_DOUBLE, MPI_MAX, comm);
    return load;
}

status_t plan_create(MPI_Comm comm, plan_format_t format, layout_t layout, int threads,
                     plan_t **plan)
{
    status_t status = agree(comm, mem_new(plan, 1, "plan"));
    if (status) return status;
    (*plan)->format = format;
    (*plan)->base = usage_of_nodes(comm);
    (*plan)->slower = 1 / crowding(comm, threads);
    if (layout.ranks == 0) {
        (*plan)->slower = 1;
        MPI_Comm_size(comm, &layout.ranks);
        layout.nodes = (*plan)->base.nodes;
        layout.node_ranks = (*plan)->base.ranks;
    }
    (*plan)->layout = layout;
    usage_start(&(*plan)->clock);
    return NULL;
}

double plan_base(const plan_t *plan)
{
    return plan->base.memory * plan->layout.node_ranks / plan->base.ranks;
}

void plan_destroy(plan_t **plan)
{
    plan_t *it = *plan;
    if (!it) return;
    for (size_t i = 0; i < it->units; i++) {
        mem_free(&it->unit[i].name);
        mem_free(&it->unit[i].unknown);
        mem_free(&it->unit[i].stale);
    }
    mem_free(&it->stale);
    strings_free(&it->conditions);
    mem_free(&it->unit);
    mem_free(plan);
}

/* ---- units ---- */

static status_t add(const stage_t *stage, const char *path, unit_t **unit)
{
    plan_t *plan = stage->plan;
    size_t length = strlen(stage->directory);
    status_t status = mem_grow(&plan->unit, &plan->capacity, plan->units + 1, "plan");
    if (status) return status;
    *unit = &plan->unit[plan->units];
    **unit = (unit_t){.estimate = estimate_nothing, .stale = plan->stale};
    plan->stale = NULL;
    bool below = strncmp(path, stage->directory, length) == 0 && path[length] == '/';
    status = str_copy(&(*unit)->name, below ? path + length + 1 : path);
    if (!status) plan->units++;
    return status;
}

status_t plan_add_current(const stage_t *stage, const char *path)
{
    unit_t *unit;
    status_t status = add(stage, path, &unit);
    if (!status) unit->current = true;
    return status;
}

status_t plan_add(const stage_t *stage, const char *path, const estimate_t *estimate)
{
    unit_t *unit;
    status_t status = add(stage, path, &unit);
    if (!status) unit->estimate = *estimate;
    return status;
}

status_t plan_stale(const stage_t *stage, const char *why)
{
    mem_free(&stage->plan->stale);
    return str_copy(&stage->plan->stale, why);
}

status_t plan_add_unknown(const stage_t *stage, const char *path, const char *maker, status_t why)
{
    unit_t *unit;
    status_t status = add(stage, path, &unit);
    if (status) return status;
    return str_format(&unit->unknown, "unknown until %s has run (%s)", maker, status_message(why));
}

status_t plan_input(const stage_t *stage, const char *path, const char *maker, status_t status,
                    bool *known)
{
    *known = status == NULL;
    if (!stage->dry || status_code(status) != EXIT_INPUT) return status;
    status_t added = plan_add_unknown(stage, path, maker, status);
    status_free(&status);
    return added;
}

/* ---- the machine ---- */

/* Bytes a second of reading and hashing, by one rank. */
static status_t measure_reading(const char *path, double seconds, double *rate)
{
    enum { PIECE = 1 << 20 };
    char *bytes = NULL, hex[SHA256_HEX];
    hash_t *hash = NULL;
    file_t file;
    uint64_t at = 0;
    status_t status = file_open(&file, path);
    if (status) return status;
    double start = MPI_Wtime(), spent = 0;
    status = mem_new(&bytes, PIECE, "read buffer");
    if (!status) status = hash_create(&hash);
    while (!status && at < file.size && spent < seconds) {
        size_t count = file.size - at < PIECE ? (size_t)(file.size - at) : PIECE;
        status = file_read_at(&file, at, bytes, count);
        if (!status) status = hash_add(hash, bytes, count);
        at += count;
        spent = MPI_Wtime() - start;
    }
    if (!status) status = hash_finish(&hash, hex);
    *rate = at && spent > 0 ? (double)at / spent : 1e9;
    hash_destroy(&hash);
    mem_free(&bytes);
    file_close(&file);
    return status;
}

bool plan_estimates(const stage_t *stage)
{
    plan_format_t format = stage->plan->format;
    return !stage->dry || format == PLAN_TABLE || format == PLAN_JSON;
}

status_t plan_read_rate(const stage_t *stage, const char *path, double *rate)
{
    plan_t *plan = stage->plan;
    status_t status = NULL;
    if (!plan_estimates(stage)) {
        *rate = NAN;
        return NULL;
    }
    if (plan->reading <= 0) {
        double start = MPI_Wtime();
        double seconds = stage->dry ? CALIBRATION_DRY / 8 : CALIBRATION_FIRST;
        if (stage->rank == 0) status = measure_reading(path, seconds, &plan->reading);
        status = agree(stage->comm, status);
        MPI_Bcast(&plan->reading, 1, MPI_DOUBLE, 0, stage->comm);
        plan->calibrating += MPI_Wtime() - start;
    }
    *rate = plan->reading;
    return status;
}

/* ---- afterwards ---- */

void plan_compare(const stage_t *stage, const char *label, const estimate_t *estimate)
{
    plan_t *plan = stage->plan;
    char took[AMOUNT], expected[AMOUNT], peak[AMOUNT], foreseen[AMOUNT];
    usage_stop(stage->comm, &plan->clock);
    amount_time(took, plan->clock.seconds - plan->calibrating);
    amount_time(expected, estimate->seconds);
    amount_bytes(peak, plan->clock.memory);
    amount_bytes(foreseen, estimate->memory);
    const char *bound = estimate->bound, *space = *bound ? " " : "";
    if (isnan(estimate->seconds))
        log_info("%s: %s, peak %s per node (not estimated)", label, took, peak);
    else
        log_info("%s: %s (estimated %s%s%s), peak %s per node (estimated %s%s%s)", label, took,
                 bound, space, expected, peak, bound, space, foreseen);
    plan->calibrating = 0;
    usage_start(&plan->clock);
}
