/* Units of work: an output file each, which says what made it. */
#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/interrupt.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/version.h"
#include "par/agree.h"
#include "stages/plan.h"
#include "store/output.h"

/* ---- the record in an output ---- */

status_t stage_key_create(hash_t **key)
{
    char numerics[32];
    snprintf(numerics, sizeof numerics, "%d", NUMERICS_VERSION);
    status_t status = hash_create(key);
    return status ? status : hash_add_field(*key, "numerics", numerics);
}

status_t stage_read_key(const char *path, const char *hint, char **key)
{
    store_t *store = NULL;
    status_t status = output_open(path, hint, &store);
    if (!status) status = store_get_text(store, "/", "key", key);
    store_close(&store);
    return status;
}

status_t stage_create(const stage_t *stage, const char *path, const char *key, MPI_Comm comm,
                      store_t **store)
{
    str_t record = {0}, libraries = {0};
    status_t status = store_create(path, comm, store);
    if (status) return status;
    status = config_dump(stage->config, "", &record);
    if (!status) status = library_versions(&libraries);
    status =
        share_text(comm, status, &libraries); /* nodes may differ, what they write together not */
    if (!status) status = store_set_text(*store, "/", "stage", stage->name);
    if (!status) status = store_set_text(*store, "/", "key", key);
    if (!status) status = store_set_text(*store, "/", "version", WN_VERSION);
    if (!status) status = store_set_text(*store, "/", "libraries", libraries.data);
    if (!status) status = store_set_integer(*store, "/", "numerics", NUMERICS_VERSION);
    if (!status) status = store_set_text(*store, "/", "configuration", record.data);
    str_free(&libraries);
    str_free(&record);
    if (status) store_close(store);
    return status;
}

/* ---- why it is to be made anew ---- */

/* The line "key: value" of text that has line's key, or NULL. */
static const char *same_key(const char *text, const char *line)
{
    size_t length = strcspn(line, ":") + 1;
    for (const char *at = text; *at; at += strcspn(at, "\n"), at += *at == '\n')
        if (strncmp(at, line, length) == 0) return at;
    return NULL;
}

static const char *value_of(const char *line, int *length)
{
    const char *value = line + strcspn(line, ":") + 1;
    while (*value == ' ') value++;
    *length = (int)strcspn(value, "\n");
    return value;
}

/* Appends the keys that differ, a few of them with both values. */
static status_t add_differences(const char *stage, const char *old, const char *new, str_t *why)
{
    enum { TOLD = 3 };
    int differ = 0;
    status_t status = NULL;
    for (int turn = 0; turn < 2; turn++) {
        const char *from = turn ? new : old, *to = turn ? old : new;
        for (const char *line = from; !status && *line;
             line += strcspn(line, "\n"), line += *line == '\n') {
            const char *other = same_key(to, line);
            int a, b = 0;
            const char *was = value_of(line, &a), *is = other ? value_of(other, &b) : "";
            if (!config_concerns(stage, line) ||
                (other && (turn || (a == b && !strncmp(was, is, a)))))
                continue;
            if (++differ > TOLD) continue;
            status =
                str_printf(why, "%s%.*s", differ > 1 ? "; " : "", (int)strcspn(line, ":"), line);
            if (!status && other) status = str_printf(why, " was %.*s, is %.*s", a, was, b, is);
            else if (!status)
                status =
                    str_printf(why, turn ? " is new: %.*s" : " was %.*s, is not there", a, was);
        }
    }
    if (!status && differ > TOLD) status = str_printf(why, "; and %d more", differ - TOLD);
    return status;
}

static status_t explain(const stage_t *stage, const char *path, str_t *why)
{
    store_t *store = NULL;
    char *old = NULL;
    double numerics;
    str_t new = {0};
    status_t status = output_open(path, stage->name, &store);
    if (!status) status = store_get_number(store, "/", "numerics", &numerics);
    if (!status) status = store_get_text(store, "/", "configuration", &old);
    if (!status) status = config_dump(stage->config, "", &new);
    if (!status && numerics != NUMERICS_VERSION)
        status = str_printf(why, "its numerical results are of version %g, now %d", numerics,
                            NUMERICS_VERSION);
    else if (!status) status = add_differences(stage->name, old, new.data, why);
    if (!status && why->length == 0)
        status = str_add(why, "its inputs are not those it was made from");
    if (status) str_clear(why);
    if (status_code(status) != EXIT_RESOURCE && status &&
        !str_printf(why, "damaged: %s", status_message(status)))
        status_free(&status);
    store_close(&store);
    str_free(&new);
    mem_free(&old);
    return status;
}

/* ---- whether it is up to date ---- */

bool stage_needs_key(const stage_t *stage, const char *path)
{
    int there = 1;
    if (stage->dry && stage->rank == 0) there = file_exists(path);
    if (stage->dry) MPI_Bcast(&there, 1, MPI_INT, 0, stage->comm);
    return there;
}

/* *has = whether path is a finished output with this key. What cannot be read is none, unless it is for
 * want of memory. */
static status_t has_key(const stage_t *stage, const char *path, const char *key, bool *has)
{
    char *found = NULL;
    *has = false;
    if (!file_exists(path)) return NULL;
    status_t status = stage_read_key(path, stage->name, &found);
    *has = !status && strcmp(found, key) == 0;
    if (status_code(status) != EXIT_RESOURCE) status_free(&status);
    mem_free(&found);
    return status;
}

status_t stage_claim(const stage_t *stage, const char *path)
{
    char *lock = NULL;
    lock_release(stage->lock);
    status_t status = str_format(&lock, "%s.lock", path);
    if (!status) status = lock_take(lock, stage->name, &lock_pace, stage->lock);
    mem_free(&lock);
    return status;
}

/* Who was killed after it had published path has left its lock. */
static status_t tidy(const char *path)
{
    char *lock = NULL;
    status_t status = str_format(&lock, "%s.lock", path);
    if (!status) status = lock_tidy(lock);
    mem_free(&lock);
    return status;
}

status_t stage_look(const stage_t *stage, const char *path, const char *key, bool *current)
{
    status_t status = has_key(stage, path, key, current);
    if (status) return status;
    if (stage->dry && *current) return plan_add_current(stage, path);
    if (!*current && file_exists(path)) {
        str_t why = {0};
        status = explain(stage, path, &why);
        if (!status && stage->dry) status = plan_stale(stage, why.data);
        else if (!status) log_info("%s is stale (%s) and will be made anew", path, why.data);
        str_free(&why);
        if (status) return status;
    }
    if (stage->dry) return NULL;
    if (*current) {
        status = tidy(path);
    } else {
        status = stage_claim(stage, path);
        /* another run may have made it meanwhile */
        if (!status) status = has_key(stage, path, key, current);
    }
    if (!status && *current) log_info("%s is up to date", path);
    return status;
}

status_t stage_is_current(const stage_t *stage, const char *path, const char *key, bool *current)
{
    int is = 0;
    status_t status = stage->rank == 0 ? stage_look(stage, path, key, current) : interrupt_check();
    if (stage->rank == 0) is = *current;
    MPI_Bcast(&is, 1, MPI_INT, 0, stage->comm);
    *current = is;
    if (is) usage_start(&stage->plan->clock);
    return agree(stage->comm, status);
}
