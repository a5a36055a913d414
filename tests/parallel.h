/* For tests that run on several ranks: who one is, and a directory that all ranks share. */
#ifndef WN_TESTS_PARALLEL_H
#define WN_TESTS_PARALLEL_H

#include "tests/scratch.h"

#include <mpi.h>

#include "par/agree.h"

static inline int world_rank(void)
{
    int rank;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    return rank;
}

static inline int world_ranks(void)
{
    int ranks;
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    return ranks;
}

/* cmocka setup and teardown: *state is the path of a directory that rank 0 makes and removes. */
static inline int common_create(void **state)
{
    str_t path = {0};
    if (world_rank() == 0) {
        if (scratch_create(state) != 0) return -1;
        expect_ok(str_add(&path, *state));
        mem_free(state);
    }
    expect_ok(share_text(MPI_COMM_WORLD, NULL, &path));
    *state = path.data;
    return 0;
}

static inline int common_destroy(void **state)
{
    MPI_Barrier(MPI_COMM_WORLD);
    if (world_rank() == 0) return scratch_destroy(state);
    mem_free(state);
    return 0;
}

/* Every rank has this error: code and a part of the message. */
static inline void expect_common_error(status_t status, exit_code_t code, const char *text)
{
    int mine = status ? status_code(status) : EXIT_OK, least, most;
    MPI_Allreduce(&mine, &least, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    MPI_Allreduce(&mine, &most, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
    if (least != most) fail_msg("ranks disagree: exit codes %d to %d", least, most);
    expect_error(status, code, text);
}

static inline int run_parallel(int argc, char **argv, const struct CMUnitTest *tests, size_t count)
{
    MPI_Init(&argc, &argv);
    int failed = _cmocka_run_group_tests("tests", tests, count, NULL, NULL);
    MPI_Finalize();
    return failed;
}

#define RUN_PARALLEL(argc, argv, tests) \
    run_parallel((argc), (argv), (tests), sizeof(tests) / sizeof(tests)[0])

#endif
