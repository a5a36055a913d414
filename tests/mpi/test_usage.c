/* Time and memory of a stretch of work, on one to four ranks. */
#include "tests/parallel.h"

#include <unistd.h>

#include "par/share.h"
#include "par/usage.h"

enum { BYTES = 32 << 20 };

static void touch(char *block)
{
    for (size_t i = 0; i < BYTES; i += 512) block[i] = (char)(i % 127 + 1);
}

static void counts_what_each_rank_held(void **state)
{
    (void)state;
    usage_t usage;
    char *block = NULL;
    node_usage_t before = usage_of_nodes(MPI_COMM_WORLD);
    assert_int_equal(before.ranks, world_ranks());
    assert_int_equal(before.nodes, 1);
    usage_start(&usage);
    expect_ok(mem_aligned(&block, BYTES, "block"));
    touch(block);
    usleep(50000);
    mem_free(&block);
    usage_stop(MPI_COMM_WORLD, &usage);
    assert_true(usage.seconds >= 0.05 && usage.seconds < 30);
    double more = usage.memory - before.memory, all = (double)BYTES * world_ranks();
    /* The block is gone, but its peak is not. */
    assert_true(more > 0.95 * all);
    assert_true(more < 1.2 * all + (double)(8 << 20) * world_ranks());
}

static void forgets_an_earlier_peak(void **state)
{
    (void)state;
    usage_t usage;
    usage_start(&usage);
    usage_stop(MPI_COMM_WORLD, &usage);
    node_usage_t now = usage_of_nodes(MPI_COMM_WORLD);
    assert_true(usage.memory < now.memory + 0.5 * BYTES * world_ranks());
}

static void counts_shared_memory_once(void **state)
{
    (void)state;
    usage_t usage;
    share_t share;
    node_usage_t before = usage_of_nodes(MPI_COMM_WORLD);
    usage_start(&usage);
    expect_ok(share_open(MPI_COMM_WORLD, SHARE_NODE, &share));
    expect_ok(share_allocate(MPI_COMM_WORLD, BYTES, "block", &share));
    if (share.rank == 0) touch(share.data);
    share_sync(&share);
    long sum = 0;
    for (size_t i = 0; i < BYTES; i += 512) sum += ((const char *)share.data)[i];
    assert_true(sum > 0);
    usage_stop(MPI_COMM_WORLD, &usage);
    double more = usage.memory - before.memory;
    assert_true(more > 0.95 * BYTES);
    assert_true(more < 1.2 * BYTES + (double)(4 << 20) * world_ranks());
    share_destroy(&share);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_what_each_rank_held),
        cmocka_unit_test(forgets_an_earlier_peak),
        cmocka_unit_test(counts_shared_memory_once),
    };
    return RUN_PARALLEL(argc, argv, tests);
}
