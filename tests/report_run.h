/* For tests of reports: files of a run written by hand, and the run that they make, open. */
#ifndef WN_TESTS_REPORT_RUN_H
#define WN_TESTS_REPORT_RUN_H

#include <mpi.h>

#include "findings/run.h"
#include "store/store.h"
#include "tests/scratch.h"

/* A file below root, "results/step0/grammar.h5", with its directories and the attribute that the reader of
 * any of ours asks for. */
static inline store_t *create(const char *root, const char *name)
{
    char *path = NULL;
    store_t *store = NULL;
    expect_ok(path_join(root, name, &path));
    expect_ok(directory_create_for(path));
    expect_ok(store_create(path, MPI_COMM_SELF, &store));
    expect_ok(store_set_text(store, "/", "version", "1.2.3"));
    mem_free(&path);
    return store;
}

/* A dataset [rows], or [rows][columns]. */
static inline void put(store_t *store, const char *name, store_type_t type, uint64_t rows,
                       uint64_t columns, const void *data)
{
    uint64_t shape[] = {rows, columns};
    expect_ok(store_write(store, name, type, columns ? 2 : 1, shape, data));
}

static inline void publish(store_t *store)
{
    expect_ok(store_publish(&store));
    store_close(&store);
}

typedef struct {
    config_t *config;
    strings_t checkpoints;
    run_t run;
} opened_t;

/* Checkpoints of a run below directory, by a configuration that stays alive. */
static inline void open_run(const char *directory, const char *configuration, size_t checkpoints,
                            const char *const *checkpoint, opened_t *opened)
{
    *opened = (opened_t){0};
    for (size_t i = 0; i < checkpoints; i++)
        expect_ok(strings_append(&opened->checkpoints, checkpoint[i]));
    expect_ok(
        config_parse("test.yaml", configuration, strlen(configuration), NULL, &opened->config));
    expect_ok(run_open(opened->config, directory, &opened->checkpoints, &opened->checkpoints,
                       &opened->run));
}

static inline void close_run(opened_t *opened)
{
    run_close(&opened->run);
    config_close(&opened->config);
    strings_free(&opened->checkpoints);
}

#endif
