/* For tests: shards/data.h5 of a run's directory, as the stage that makes it heads it. */
#ifndef WN_TESTS_SHARD_H
#define WN_TESTS_SHARD_H

#include "tests/scratch.h"

#include "store/store.h"

static inline store_t *shard_create(const char *directory)
{
    char *path = NULL;
    store_t *store = NULL;
    expect_ok(str_format(&path, "%s/shards/data.h5", directory));
    expect_ok(directory_create_for(path));
    expect_ok(store_create(path, MPI_COMM_SELF, &store));
    expect_ok(store_set_text(store, "/", "key", "the key"));
    expect_ok(store_set_text(store, "/", "tokenizer", "the tokenizer"));
    mem_free(&path);
    return store;
}

static inline void shard_remove(const char *directory)
{
    char *path = NULL;
    expect_ok(str_format(&path, "%s/shards/data.h5", directory));
    unlink(path);
    *strrchr(path, '/') = '\0';
    rmdir(path);
    mem_free(&path);
}

#endif
