/* Memory that the ranks of a node share, and what happens where they cannot. */
#define _GNU_SOURCE /* unshare */
#include "tests/parallel.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include "core/log.h"
#include "par/share.h"

static int warnings;
static char last_warning[512];

static void count_warning(log_level_t level, const char *text)
{
    if (level != LOG_WARNING) return;
    warnings++;
    snprintf(last_warning, sizeof last_warning, "%s", text);
}

static const log_sink_t sink = {count_warning, NULL};

static status_t create(MPI_Comm comm, share_scope_t scope, size_t bytes, share_t *share)
{
    status_t status = share_open(comm, scope, share);
    return status ? status : share_allocate(comm, bytes, "copy of the weights", share);
}

/* Each rank of a group fills the blocks that are its own; then all see all of them. Other groups
 * write other numbers. */
static void fill_and_check(share_t *share, size_t blocks)
{
    int32_t *number = share->data, mark = 0;
    if (share->rank == 0) mark = 7 * world_rank();
    MPI_Bcast(&mark, 1, MPI_INT32_T, 0, share->group);
    assert_int_equal((uintptr_t)share->data % 64, 0);
    for (size_t b = (size_t)share->rank; b < blocks; b += (size_t)share->ranks)
        for (size_t i = 0; i < 256; i++) number[b * 256 + i] = (int32_t)(b * 1000 + i) + mark;
    share_sync(share);
    for (size_t b = 0; b < blocks; b++)
        for (size_t i = 0; i < 256; i++)
            assert_int_equal(number[b * 256 + i], (int32_t)(b * 1000 + i) + mark);
}

static void is_shared(void **state)
{
    (void)state;
    for (size_t blocks = 1; blocks < 3000; blocks *= 7) {
        share_t share;
        expect_ok(create(MPI_COMM_WORLD, SHARE_NODE, blocks * 1024, &share));
        assert_int_equal(share.bytes, blocks * 1024);
        /* all ranks of a test are on one node */
        assert_int_equal(share.ranks, world_ranks());
        assert_int_equal(share.node_ranks, world_ranks());
        assert_int_equal(share.copies, 1);
        assert_int_equal(share.mapped > 0, world_ranks() > 1);
        fill_and_check(&share, blocks);
        MPI_Barrier(MPI_COMM_WORLD);
        share_destroy(&share);
        assert_null(share.data);
    }
}

static void by_nobody(void **state)
{
    share_t share;
    (void)state;
    expect_ok(create(MPI_COMM_WORLD, SHARE_NONE, 10240, &share));
    assert_int_equal(share.ranks, 1);
    assert_int_equal(share.mapped, 0);
    assert_int_equal(share.copies, world_ranks());
    assert_int_equal(share.node_ranks, world_ranks());
    fill_and_check(&share, 10);
    share_destroy(&share);
}

/* Whatever domains there are: groups are disjoint, all ranks are in one, and each has a copy. */
static void by_domain(void **state)
{
    share_t share;
    int first, groups;
    (void)state;
    expect_ok(create(MPI_COMM_WORLD, SHARE_NUMA, 10240, &share));
    first = share.rank == 0;
    MPI_Allreduce(&first, &groups, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    assert_int_equal(share.copies, groups);
    fill_and_check(&share, 10);
    MPI_Barrier(MPI_COMM_WORLD);
    share_destroy(&share);
}

static void of_nothing(void **state)
{
    share_t share;
    (void)state;
    expect_ok(create(MPI_COMM_WORLD, SHARE_NODE, 0, &share));
    share_sync(&share);
    share_destroy(&share);
}

/* Two at once, of one rank each and of all. */
static void several_at_once(void **state)
{
    share_t all, own;
    (void)state;
    expect_ok(create(MPI_COMM_WORLD, SHARE_NODE, 10240, &all));
    expect_ok(create(MPI_COMM_SELF, SHARE_NODE, 10240, &own));
    assert_int_equal(own.ranks, 1);
    fill_and_check(&own, 10);
    fill_and_check(&all, 10);
    share_destroy(&own);
    MPI_Barrier(MPI_COMM_WORLD);
    share_destroy(&all);
}

/* More than any machine has, shared or not: every rank says so. */
static void too_large(void **state)
{
    (void)state;
    for (share_scope_t scope = SHARE_NODE; scope <= SHARE_NONE; scope++) {
        share_t share;
        expect_common_error(create(MPI_COMM_WORLD, scope, (size_t)1 << 60, &share), EXIT_RESOURCE,
                            "out of memory: copy of the weights: ");
        assert_null(share.data);
        share_destroy(&share);
    }
}

/* A file system of 64 KiB over path, seen by this process alone: only root can make one. */
static bool all_cover(const char *path)
{
    struct statvfs info;
    int able = unshare(CLONE_NEWNS) == 0 &&
               mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
               mount("tmpfs", path, "tmpfs", 0, "size=64k") == 0 && statvfs(path, &info) == 0 &&
               info.f_bavail * info.f_frsize <= 65536;
    int all;
    MPI_Allreduce(&able, &all, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    return all;
}

static void needs_no_dev_shm(void **state)
{
    share_t share;
    (void)state;
    if (!all_cover("/dev/shm")) skip();
    expect_ok(create(MPI_COMM_WORLD, SHARE_NODE, 2000000, &share));
    assert_int_equal(share.ranks, world_ranks());
    fill_and_check(&share, 1900);
    MPI_Barrier(MPI_COMM_WORLD);
    share_destroy(&share);
    umount2("/dev/shm", MNT_DETACH);
}

/* Without /proc no rank finds another's file. */
static void falls_back_to_copies(void **state)
{
    share_t share;
    char expected[256];
    (void)state;
    if (!all_cover("/proc")) skip();
    warnings = 0;
    log_set_sink(&sink);
    expect_ok(create(MPI_COMM_WORLD, SHARE_NODE, 2000000, &share));
    log_set_sink(NULL);
    assert_int_equal(share.ranks, 1);
    assert_int_equal(share.copies, world_ranks());
    fill_and_check(&share, 1900);
    /* one rank of the node warns, if there was anything to share */
    assert_int_equal(warnings, world_rank() == 0 && world_ranks() > 1);
    snprintf(expected, sizeof expected,
             "the %d ranks of a node cannot share memory (memfd_create, /proc/*/fd): each keeps "
             "its own copy",
             world_ranks());
    if (warnings) assert_string_equal(last_warning, expected);
    share_destroy(&share);
    umount2("/proc", MNT_DETACH);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_shared),
        cmocka_unit_test(by_nobody),
        cmocka_unit_test(by_domain),
        cmocka_unit_test(of_nothing),
        cmocka_unit_test(several_at_once),
        cmocka_unit_test(too_large),
        /* last: they change the process */
        cmocka_unit_test(needs_no_dev_shm),
        cmocka_unit_test(falls_back_to_copies),
    };
    return RUN_PARALLEL(argc, argv, tests);
}
