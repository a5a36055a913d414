#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"
#include "eval/score_internal.h"
#include "par/agree.h"

/* ---- files ---- */

static bool is_number(const char *text)
{
    const char *end = text;
    while (isdigit((unsigned char)*end)) end++;
    return end > text && *end == '\0';
}

/* The paths prefix.NUMBER that there are. */
static status_t list_journals(const char *prefix, strings_t *paths)
{
    const char *base = path_base(prefix);
    size_t length = strlen(base), above = (size_t)(base - prefix);
    strings_t names = {0};
    char *directory = NULL;
    status_t status = str_format(&directory, "%.*s", (int)above, prefix);
    if (!status && file_is_directory(directory)) status = directory_list(directory, &names);
    for (size_t i = 0; !status && i < names.count; i++) {
        const char *name = names.item[i];
        char *path = NULL;
        if (strncmp(name, base, length) != 0 || name[length] != '.' ||
            !is_number(name + length + 1))
            continue;
        status = path_join(directory, name, &path);
        if (!status) status = strings_append(paths, path);
        mem_free(&path);
    }
    strings_free(&names);
    mem_free(&directory);
    return status;
}

status_t score_journal_remove(const char *prefix)
{
    strings_t paths = {0};
    char *directory = NULL;
    status_t status = list_journals(prefix, &paths);
    if (!status) status = str_format(&directory, "%.*s", (int)(path_base(prefix) - prefix), prefix);
    for (size_t i = 0; i < paths.count; i++) unlink(paths.item[i]);
    if (!status) rmdir(directory); /* where no other task has a journal there */
    strings_free(&paths);
    mem_free(&directory);
    return status;
}

/* ---- reading ---- */

typedef struct {
    scorer_t *scorer;
    size_t conditions, taken;
} resume_t;

static status_t take_record(void *context, const journal_record_t *record)
{
    resume_t *it = context;
    scorer_t *scorer = it->scorer;
    size_t chunks = scorer->forest->chunks;
    if (record->number >= chunks ||
        record->bytes != (size_t)scorer->forest->chunk[record->number].edges * sizeof(double))
        return NULL;
    for (size_t c = 0; c < it->conditions; c++) {
        unsigned char *done = &scorer->done[c * chunks + record->number];
        if (*done || memcmp(scorer->records->key[c], record->key, SHA256_HEX - 1) != 0) continue;
        score_add_up(scorer, record->number, c, record->data);
        *done = 1;
        it->taken++;
    }
    return NULL;
}

static status_t read_journals(scorer_t *scorer, int conditions, const char *label)
{
    resume_t resume = {scorer, (size_t)conditions, 0};
    strings_t paths = {0};
    status_t status = list_journals(scorer->records->prefix, &paths);
    for (size_t i = 0; !status && i < paths.count; i++) {
        uint64_t lost;
        status = journal_read(paths.item[i], take_record, &resume, &lost);
        if (!status && lost)
            log_warning("%s: %llu bytes are not whole: what they held is computed again",
                        paths.item[i], (unsigned long long)lost);
    }
    if (!status && resume.taken)
        log_info("%s: %zu of %zu chunks are there from a run that was stopped", label, resume.taken,
                 resume.conditions * scorer->forest->chunks);
    strings_free(&paths);
    return status;
}

/* The lowest rank of comm on this node: a number that no other node has. */
static int node_of(MPI_Comm comm, int rank)
{
    MPI_Comm node;
    int number = rank;
    MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &node);
    MPI_Bcast(&number, 1, MPI_INT, 0, node);
    MPI_Comm_free(&node);
    return number;
}

status_t score_resume(scorer_t *scorer, MPI_Comm comm, int conditions, const char *label)
{
    char *path = NULL;
    status_t status = NULL;
    if (scorer->rank == 0) status = read_journals(scorer, conditions, label);
    status = agree(comm, status);
    if (!status)
        status = share_bytes(comm, scorer->done, (size_t)conditions * scorer->forest->chunks);
    int node = node_of(comm, scorer->rank);
    if (!status) status = str_format(&path, "%s.%d", scorer->records->prefix, node);
    if (!status) status = journal_open(path, &scorer->journal);
    mem_free(&path);
    return agree(comm, status);
}

/* ---- writing ---- */

status_t score_record(scorer_t *scorer, size_t chunk, size_t condition,
                      const double *log_probability)
{
    journal_record_t record = {.number = chunk,
                               .data = log_probability,
                               .bytes = (size_t)scorer->forest->chunk[chunk].edges *
                                        sizeof *log_probability};
    if (!scorer->journal) return NULL;
    memcpy(record.key, scorer->records->key[condition], SHA256_HEX);
    return journal_append(scorer->journal, &record);
}

status_t score_record_end(scorer_t *scorer)
{
    return scorer->journal ? journal_sync(scorer->journal) : NULL;
}
