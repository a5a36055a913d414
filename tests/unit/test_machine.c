/* CPUs, domains and limits of machines that are made up as trees of small files, whose formats are
 * those of the kernel's documentation (sysfs, cgroup-v1, cgroup-v2). */
#define _GNU_SOURCE /* nftw */
#include "tests/scratch.h"

#include <ftw.h>
#include <math.h>
#include <unistd.h>

#include "core/file.h"
#include "core/machine.h"

static void put(void **state, const char *path, const char *text)
{
    char name[4096];
    snprintf(name, sizeof name, "%s%s", (const char *)*state, path);
    expect_ok(directory_create_for(name));
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static cpus_t set_of(long first, long last)
{
    cpus_t cpus = {{0}};
    for (long c = first; c <= last; c++) cpus.word[c / 64] |= (uint64_t)1 << (c % 64);
    return cpus;
}

static int domain(void **state, long first, long last)
{
    cpus_t cpus = set_of(first, last);
    return cpus_domain(*state, &cpus);
}

static int cores(void **state, long first, long last)
{
    cpus_t cpus = set_of(first, last);
    return cpus_cores(*state, &cpus);
}

/* Two sockets of 48 hardware threads, the second of each core numbered 48 on; a third node has
 * memory only. */
static void domains(void **state)
{
    put(state, "/sys/devices/system/node/node0/cpulist", "0-23,48-71\n");
    put(state, "/sys/devices/system/node/node1/cpulist", "24-47,72-95\n");
    put(state, "/sys/devices/system/node/node2/cpulist", "\n");
    put(state, "/sys/devices/system/node/online", "0-2\n");
    assert_int_equal(domain(state, 0, 0), 0);
    assert_int_equal(domain(state, 0, 23), 0);
    assert_int_equal(domain(state, 48, 71), 0);
    assert_int_equal(domain(state, 24, 47), 1);
    assert_int_equal(domain(state, 95, 95), 1);
    assert_int_equal(domain(state, 23, 24), -1);
    assert_int_equal(domain(state, 0, 95), -1);
    assert_int_equal(domain(state, 96, 96), -1);
}

static void no_domains(void **state)
{
    assert_int_equal(domain(state, 0, 95), 0);
    put(state, "/sys/devices/system/node/online", "0\n");
    assert_int_equal(domain(state, 0, 95), 0);
}

static void hardware_threads(void **state)
{
    assert_int_equal(cores(state, 0, 7), 8); /* the machine does not tell */
    for (int c = 0; c < 8; c++) {
        char path[128], list[32];
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list",
                 c);
        snprintf(list, sizeof list, "%d,%d\n", c % 4, c % 4 + 4);
        put(state, path, list);
    }
    assert_int_equal(cores(state, 0, 7), 4);
    assert_int_equal(cores(state, 0, 3), 4);
    assert_int_equal(cores(state, 3, 4), 2);
    assert_int_equal(cores(state, 5, 5), 1);
    assert_int_equal(cores(state, 100, 101), 2);
}

static void quotas(void **state)
{
    assert_true(machine_quota(*state) == INFINITY);
    put(state, "/proc/self/cgroup", "0::/job/step\n");
    put(state, "/sys/fs/cgroup/job/step/cpu.max", "max 100000\n");
    assert_true(machine_quota(*state) == INFINITY);
    put(state, "/sys/fs/cgroup/job/cpu.max", "250000 100000\n");
    assert_true(machine_quota(*state) == 2.5);
    put(state, "/sys/fs/cgroup/job/step/cpu.max", "100000 100000\n");
    assert_true(machine_quota(*state) == 1);
}

static void quotas_of_version_1(void **state)
{
    put(state, "/proc/self/cgroup", "7:cpuset:/x\n4:cpu,cpuacct:/job\n0::/\n");
    put(state, "/sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "-1\n");
    put(state, "/sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "100000\n");
    assert_true(machine_quota(*state) == INFINITY);
    put(state, "/sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "150000\n");
    assert_true(machine_quota(*state) == 1.5);
}

static void memory(void **state)
{
    put(state, "/proc/meminfo",
        "MemTotal:       1000 kB\nMemFree:         100 kB\nMemAvailable:    600 kB\n");
    assert_true(machine_memory(*state) == 1024000);
    assert_true(machine_memory_free(*state) == 614400);
    put(state, "/proc/self/cgroup", "0::/job/step\n");
    put(state, "/sys/fs/cgroup/job/memory.max", "500000\n");
    put(state, "/sys/fs/cgroup/job/memory.current", "400000\n");
    put(state, "/sys/fs/cgroup/job/memory.stat",
        "anon 100\nfile 290000\nshmem 20000\ninactive_file 70000\nactive_file 180000\n");
    put(state, "/sys/fs/cgroup/job/step/memory.max", "max\n");
    assert_true(machine_memory(*state) == 500000);
    assert_true(machine_memory_free(*state) == 350000);
}

/* The host's path of a container's group is not there within it, whose own is the top. */
static void memory_of_version_1(void **state)
{
    put(state, "/proc/meminfo", "MemTotal: 1000 kB\nMemAvailable: 600 kB\n");
    put(state, "/proc/self/cgroup", "6:memory:/docker/0123\n0::/docker/0123\n");
    put(state, "/sys/fs/cgroup/memory/memory.limit_in_bytes", "500000\n");
    put(state, "/sys/fs/cgroup/memory/memory.usage_in_bytes", "450000\n");
    put(state, "/sys/fs/cgroup/memory/memory.stat",
        "cache 5\ninactive_file 1\nactive_file 2\ntotal_inactive_file 1000\ntotal_active_file "
        "2000\n");
    assert_true(machine_memory(*state) == 500000);
    assert_true(machine_memory_free(*state) == 53000);
    /* no limit is a number beyond all memory */
    put(state, "/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    assert_true(machine_memory(*state) == 1024000);
}

/* sysconf tells the same from other sources. */
static void this_machine(void **state)
{
    cpus_t cpus;
    int set = 0;
    (void)state;
    cpus_allowed(&cpus);
    for (int w = 0; w < MACHINE_CPUS / 64; w++) set += __builtin_popcountll(cpus.word[w]);
    assert_in_range(set, 1, sysconf(_SC_NPROCESSORS_CONF));
    assert_in_range(cpus_cores("", &cpus), 1, set);
    double all = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGE_SIZE);
    assert_true(machine_memory("") > 1e7 && machine_memory("") <= all);
    assert_true(machine_memory_free("") > 0 && machine_memory_free("") <= all);
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *place)
{
    (void)info, (void)type;
    return place->level > 0 ? remove(path) : 0;
}

static int tree_destroy(void **state)
{
    if (nftw(*state, remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0) return -1;
    return scratch_destroy(state);
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_create, tree_destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(domains),
        IN_SCRATCH(no_domains),
        IN_SCRATCH(hardware_threads),
        IN_SCRATCH(quotas),
        IN_SCRATCH(quotas_of_version_1),
        IN_SCRATCH(memory),
        IN_SCRATCH(memory_of_version_1),
        cmocka_unit_test(this_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
