/* The plan of a dry run, as a table or as one line of JSON. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/amount.h"
#include "core/file.h"
#include "core/json_out.h"
#include "core/lock.h"
#include "core/memory.h"
#include "stages/plan.h"

/* Sums over the units that are not up to date (memory: the largest). */
typedef struct {
    estimate_t sum;
    size_t todo, unknown;
} total_t;

static void include(double *sum, double value, bool largest)
{
    if (isnan(value)) return;
    if (isnan(*sum)) *sum = 0;
    *sum = !largest ? *sum + value : value > *sum ? value : *sum;
}

static total_t total_of(const plan_t *plan)
{
    total_t total = {.sum = estimate_nothing};
    for (size_t i = 0; i < plan->units; i++) {
        const unit_t *unit = &plan->unit[i];
        const estimate_t *estimate = &unit->estimate;
        if (unit->current) continue;
        total.todo++;
        total.unknown += unit->unknown != NULL;
        if (*estimate->bound) total.sum.bound = estimate->bound;
        include(&total.sum.chunks, estimate->chunks, false);
        include(&total.sum.rows, estimate->rows, false);
        include(&total.sum.flops, estimate->flops, false);
        include(&total.sum.read, estimate->read, false);
        include(&total.sum.memory, estimate->memory, true);
        include(&total.sum.disk, estimate->disk, false);
        include(&total.sum.seconds, estimate->seconds, false);
    }
    return total;
}

/* ---- for people ---- */

enum { COLUMNS = 7 };
static const char *const headings[COLUMNS] = {"chunks", "rows",   "FLOP", "reads",
                                              "memory", "writes", "time"};

static void print_row(const char *name, int width, const estimate_t *it)
{
    char cell[COLUMNS][AMOUNT];
    amount_count(cell[0], it->chunks);
    amount_count(cell[1], it->rows);
    amount_flops(cell[2], it->flops);
    amount_bytes(cell[3], it->read);
    amount_bytes(cell[4], it->memory);
    amount_bytes(cell[5], it->disk);
    amount_time(cell[6], it->seconds);
    printf("  %-*s", width, name);
    for (int i = 0; i < COLUMNS; i++) printf(" %*s", i == 2 ? 11 : 10, cell[i]);
    printf("%s%s\n", *it->bound ? "  " : "", it->bound);
}

/* What notes say, each once. */
static void print_notes(const plan_t *plan)
{
    for (size_t i = 0; i < plan->units; i++) {
        const estimate_t *it = &plan->unit[i].estimate;
        size_t before = 0;
        while (before < i && plan->unit[before].estimate.note != it->note) before++;
        if (it->note && before == i)
            printf("  %s%s%s\n", it->bound, *it->bound ? ": " : "", it->note);
    }
}

static void print_machine(const stage_t *stage)
{
    const plan_t *plan = stage->plan;
    char rate[AMOUNT], reading[AMOUNT];
    if (plan->rate <= 0 && plan->reading <= 0) return;
    amount_flops(rate, plan->rate);
    amount_bytes(reading, plan->reading);
    printf("  measured here:");
    if (plan->rate > 0) printf(" %s/s a rank, all %d at work", rate, stage->ranks);
    if (plan->reading > 0)
        printf("%s %s/s of files read and hashed", plan->rate > 0 ? ";" : "", reading);
    putchar('\n');
}

static void print_conditions(const strings_t *conditions)
{
    if (!conditions->count) return;
    printf("  %zu condition%s:", conditions->count, conditions->count == 1 ? "" : "s");
    for (size_t i = 0; i < conditions->count; i++)
        printf("%s %s", i ? "," : "", conditions->item[i]);
    putchar('\n');
}

static void print_text(const stage_t *stage)
{
    const plan_t *plan = stage->plan;
    const total_t total = total_of(plan);
    int width = 5;
    for (size_t i = 0; i < plan->units; i++)
        if ((int)strlen(plan->unit[i].name) > width) width = (int)strlen(plan->unit[i].name);
    printf("%s: %zu of %zu to do, on %d rank%s of %d node%s\n", stage->name, total.todo,
           plan->units, plan->layout.ranks, plan->layout.ranks == 1 ? "" : "s", plan->layout.nodes,
           plan->layout.nodes == 1 ? "" : "s");
    print_conditions(&plan->conditions);
    if (total.todo > total.unknown) {
        printf("  %-*s", width, "");
        for (int i = 0; i < COLUMNS; i++) printf(" %*s", i == 2 ? 11 : 10, headings[i]);
        putchar('\n');
    }
    for (size_t i = 0; i < plan->units; i++) {
        const unit_t *unit = &plan->unit[i];
        if (unit->current) printf("  %-*s up to date\n", width, unit->name);
        else if (unit->unknown) printf("  %-*s %s\n", width, unit->name, unit->unknown);
        else print_row(unit->name, width, &unit->estimate);
    }
    if (total.todo > 1 && total.todo > total.unknown) print_row("all", width, &total.sum);
    if (total.unknown && total.unknown < total.todo)
        printf("  %zu of them unknown and not counted\n", total.unknown);
    print_notes(plan);
    print_machine(stage);
}

/* ---- what is done and what is not ---- */

/* Appends who is making the unit, or was: "process 17 on host"; else nothing. */
static status_t find_maker(const stage_t *stage, const unit_t *unit, str_t *maker)
{
    char *path = NULL, *lock = NULL;
    status_t status = path_join(stage->directory, unit->name, &path);
    if (!status) status = str_format(&lock, "%s.lock", path);
    if (!status) status = lock_holder(lock, maker);
    mem_free(&lock);
    mem_free(&path);
    return status;
}

/* Of a unit that is not up to date: "being made" by, "stale" because of, "unknown" until, "to do". */
static status_t find_state(const stage_t *stage, const unit_t *unit, const char **state, str_t *why)
{
    status_t status = find_maker(stage, unit, why);
    *state = "to do";
    if (status) return status;
    if (why->length) {
        *state = "being made";
    } else if (unit->stale) {
        *state = "stale";
        status = str_add(why, unit->stale);
    } else if (unit->unknown) {
        *state = "unknown";
        status = str_append(why, unit->unknown, strcspn(unit->unknown, "("));
    }
    while (why->length && why->data[why->length - 1] == ' ') why->data[--why->length] = '\0';
    return status;
}

static status_t print_state(const stage_t *stage, const unit_t *unit)
{
    const char *state;
    str_t why = {0};
    status_t status = find_state(stage, unit, &state, &why);
    if (!status && strcmp(state, "being made") == 0) printf("being made by %s\n", why.data);
    else if (!status && strcmp(state, "stale") == 0) printf("stale: %s\n", why.data);
    else if (!status) puts(why.length ? why.data : state);
    str_free(&why);
    return status;
}

static status_t print_status(const stage_t *stage)
{
    const plan_t *plan = stage->plan;
    const total_t total = total_of(plan);
    status_t status = NULL;
    int width = 0;
    for (size_t i = 0; i < plan->units; i++)
        if (!plan->unit[i].current && (int)strlen(plan->unit[i].name) > width)
            width = (int)strlen(plan->unit[i].name);
    printf("%-8s %zu of %zu done\n", stage->name, plan->units - total.todo, plan->units);
    for (size_t i = 0; !status && i < plan->units; i++) {
        if (plan->unit[i].current) continue;
        printf("  %-*s  ", width, plan->unit[i].name);
        status = print_state(stage, &plan->unit[i]);
    }
    return status;
}

/* ---- for programs ---- */

static void put_estimate(json_t *object, const estimate_t *it, bool *failed)
{
    const struct {
        const char *key;
        double value;
    } fields[] = {{"chunks", it->chunks},
                  {"rows", it->rows},
                  {"flops", it->flops},
                  {"bytes_read", rint(it->read)},
                  {"memory_per_node", rint(it->memory)},
                  {"bytes_written", rint(it->disk)},
                  {"seconds", it->seconds}};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        json_put(object, fields[i].key, json_number(fields[i].value), failed);
}

static json_t *unit_object(const unit_t *unit, bool *failed)
{
    json_t *object = json_object();
    const estimate_t *it = &unit->estimate;
    json_put(object, "unit", json_string(unit->name), failed);
    json_put(object, "current", json_boolean(unit->current), failed);
    if (unit->current) return object;
    const char *bound = unit->unknown ? "unknown" : *it->bound ? it->bound : "exact";
    const char *why = unit->unknown ? unit->unknown : it->note;
    json_put(object, "bound", json_string(bound), failed);
    if (why) json_put(object, "why", json_string(why), failed);
    if (unit->stale) json_put(object, "stale", json_string(unit->stale), failed);
    put_estimate(object, it, failed);
    return object;
}

static json_t *stage_object(const stage_t *stage, bool *failed)
{
    const plan_t *plan = stage->plan;
    const total_t total = total_of(plan);
    json_t *object = json_object(), *units = json_array(), *conditions = json_array();
    json_t *all = json_object();
    json_put(object, "stage", json_string(stage->name), failed);
    json_put(object, "ranks", json_integer(plan->layout.ranks), failed);
    json_put(object, "nodes", json_integer(plan->layout.nodes), failed);
    json_put(object, "todo", json_integer((json_int_t)total.todo), failed);
    json_put(object, "unknown", json_integer((json_int_t)total.unknown), failed);
    put_estimate(all, &total.sum, failed);
    json_put(object, "total", all, failed);
    for (size_t i = 0; i < plan->conditions.count; i++)
        json_add(conditions, json_string(plan->conditions.item[i]), failed);
    json_put(object, "conditions", conditions, failed);
    for (size_t i = 0; i < plan->units; i++)
        json_add(units, unit_object(&plan->unit[i], failed), failed);
    json_put(object, "units", units, failed);
    json_put(object, "flops_per_second_per_rank", json_number(plan->rate > 0 ? plan->rate : NAN),
             failed);
    json_put(object, "bytes_read_per_second", json_number(plan->reading > 0 ? plan->reading : NAN),
             failed);
    return object;
}

static status_t add_state(const stage_t *stage, const unit_t *unit, json_t *units, bool *failed)
{
    json_t *object = json_object();
    const char *state = "done";
    str_t why = {0};
    status_t status = unit->current ? NULL : find_state(stage, unit, &state, &why);
    json_put(object, "unit", json_string(unit->name), failed);
    json_put(object, "state", json_string(state), failed);
    if (why.length) json_put(object, "why", json_string(why.data), failed);
    json_add(units, object, failed);
    str_free(&why);
    return status;
}

static status_t status_object(const stage_t *stage, json_t **object, bool *failed)
{
    const plan_t *plan = stage->plan;
    json_t *units = json_array();
    size_t todo = total_of(plan).todo;
    status_t status = NULL;
    *object = json_object();
    json_put(*object, "stage", json_string(stage->name), failed);
    json_put(*object, "done", json_integer((json_int_t)(plan->units - todo)), failed);
    json_put(*object, "todo", json_integer((json_int_t)todo), failed);
    json_put(*object, "units", units, failed);
    for (size_t i = 0; !status && i < plan->units; i++)
        status = add_state(stage, &plan->unit[i], units, failed);
    return status;
}

static status_t print_json(const stage_t *stage)
{
    bool failed = false;
    json_t *object = NULL;
    if (plan_estimates(stage)) {
        object = stage_object(stage, &failed);
    } else {
        status_t status = status_object(stage, &object, &failed);
        if (status) json_decref(object);
        if (status) return status;
    }
    return json_print(object, failed, stdout);
}

status_t plan_print(const stage_t *stage)
{
    status_t status = NULL;
    switch (stage->plan->format) {
    case PLAN_TABLE: print_text(stage); break;
    case PLAN_JSON:
    case PLAN_STATUS_JSON: status = print_json(stage); break;
    case PLAN_STATUS: status = print_status(stage); break;
    }
    fflush(stdout);
    return status;
}
