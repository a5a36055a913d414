/* Memory that the ranks of a node share, and what happens where there is none. */
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

/* Each rank fills the blocks that are its own; then all see all of them, or, where nothing is
 * shared, each fills them all itself. */
static void fill_and_check(share_t *share, size_t blocks)
{
    int32_t *number = share->data;
    size_t first = share->shared ? (size_t)share->rank : 0;
    size_t step = share->shared ? (size_t)share->ranks : 1;
    assert_int_equal((uintptr_t)share->data % 64, 0);
    for (size_t b = first; b < blocks; b += step)
        for (size_t i = 0; i < 256; i++) number[b * 256 + i] = (int32_t)(b * 1000 + i);
    share_sync(share);
    for (size_t b = 0; b < blocks; b++)
        for (size_t i = 0; i < 256; i++)
            assert_int_equal(number[b * 256 + i], (int32_t)(b * 1000 + i));
}

static void is_shared(void **state)
{
    (void)state;
    for (size_t blocks = 1; blocks < 3000; blocks *= 7) {
        share_t share;
        expect_ok(share_create(MPI_COMM_WORLD, blocks * 1024, "table", &share));
        assert_int_equal(share.bytes, blocks * 1024);
        /* all ranks of a test are on one node, whose /dev/shm has a few MB */
        assert_int_equal(share.ranks, world_ranks());
        assert_int_equal(share.shared, world_ranks() > 1);
        fill_and_check(&share, blocks);
        MPI_Barrier(MPI_COMM_WORLD);
        share_destroy(&share);
        assert_null(share.data);
    }
}

static void of_nothing(void **state)
{
    share_t share;
    (void)state;
    expect_ok(share_create(MPI_COMM_WORLD, 0, "nothing", &share));
    share_sync(&share);
    share_destroy(&share);
}

/* Two at once, of one rank each and of all. */
static void several_at_once(void **state)
{
    share_t all, own;
    (void)state;
    expect_ok(share_create(MPI_COMM_WORLD, 10240, "table", &all));
    expect_ok(share_create(MPI_COMM_SELF, 10240, "table", &own));
    assert_false(own.shared);
    fill_and_check(&own, 10);
    fill_and_check(&all, 10);
    share_destroy(&own);
    MPI_Barrier(MPI_COMM_WORLD);
    share_destroy(&all);
}

/* More than any machine has: neither shared nor private; every rank says so. */
static void too_large(void **state)
{
    share_t share;
    (void)state;
    expect_common_error(share_create(MPI_COMM_WORLD, (size_t)1 << 60, "copy of the weights",
                                     &share),
                        EXIT_RESOURCE, "out of memory: copy of the weights");
    assert_null(share.data);
}

/* A /dev/shm of 64 KiB, seen by this process alone: only root can make one. */
static bool shrink_shared_memory(void)
{
    struct statvfs info;
    return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("tmpfs", "/dev/shm", "tmpfs", 0, "size=64k") == 0 &&
           statvfs("/dev/shm", &info) == 0 && info.f_bavail * info.f_frsize <= 65536;
}

static void falls_back_where_there_is_no_room(void **state)
{
    share_t share;
    int able = shrink_shared_memory(), all;
    (void)state;
    MPI_Allreduce(&able, &all, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    if (!all) skip();
    warnings = 0;
    log_set_sink(&sink);
    expect_ok(share_create(MPI_COMM_WORLD, 2000000, "copy of the weights", &share));
    log_set_sink(NULL);
    assert_false(share.shared);
    fill_and_check(&share, 1900);
    /* one rank of the node warns, if there was anything to share */
    assert_int_equal(warnings, world_rank() == 0 && world_ranks() > 1);
    if (warnings)
        assert_string_equal(last_warning, "/dev/shm has no room for 0.00 GB: every rank keeps its "
                                          "own copy of the weights");
    share_destroy(&share);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_shared),
        cmocka_unit_test(of_nothing),
        cmocka_unit_test(several_at_once),
        cmocka_unit_test(too_large),
        cmocka_unit_test(falls_back_where_there_is_no_room), /* last: it changes the process */
    };
    return RUN_PARALLEL(argc, argv, tests);
}
