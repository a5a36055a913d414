#define _GNU_SOURCE /* sched_getaffinity */
#include "core/machine.h"

#include <dirent.h>
#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 4096, LINE_BYTES = 16384 };

/* ---- small files ---- */

/* The first line of root/path, without its end. */
static bool read_line(const char *root, const char *path, char line[LINE_BYTES])
{
    char name[2 * PATH_BYTES];
    snprintf(name, sizeof name, "%s%s", root, path);
    FILE *file = fopen(name, "r");
    if (!file) return false;
    bool found = fgets(line, LINE_BYTES, file) != NULL;
    fclose(file);
    if (found) line[strcspn(line, "\n")] = 0;
    return found;
}

/* The number at the start of root/path, or otherwise. */
static double read_number(const char *root, const char *path, double otherwise)
{
    char line[LINE_BYTES], *end;
    if (!read_line(root, path, line)) return otherwise;
    double number = strtod(line, &end);
    return end == line ? otherwise : number;
}

/* The number after a line's first word, in root/path, or otherwise. */
static double read_entry(const char *root, const char *path, const char *word, double otherwise)
{
    char name[2 * PATH_BYTES], line[LINE_BYTES];
    snprintf(name, sizeof name, "%s%s", root, path);
    FILE *file = fopen(name, "r");
    size_t length = strlen(word);
    if (!file) return otherwise;
    while (fgets(line, sizeof line, file))
        if (strncmp(line, word, length) == 0 && line[length] == ' ') {
            otherwise = strtod(line + length, NULL);
            break;
        }
    fclose(file);
    return otherwise;
}

/* ---- CPUs ---- */

static bool has(const cpus_t *cpus, long cpu)
{
    return cpus->word[cpu / 64] >> (cpu % 64) & 1;
}

/* The kernel's lists: "0-3,8". */
static void parse_list(const char *text, cpus_t *cpus)
{
    memset(cpus, 0, sizeof *cpus);
    while (*text) {
        char *end;
        long first = strtol(text, &end, 10), last = first;
        if (end == text || first < 0) return;
        if (*end == '-') last = strtol(end + 1, &end, 10);
        for (long c = first; c <= last && c < MACHINE_CPUS; c++)
            cpus->word[c / 64] |= (uint64_t)1 << (c % 64);
        text = *end == ',' ? end + 1 : end;
        if (*end != ',') return;
    }
}

void cpus_allowed(cpus_t *cpus)
{
    memset(cpus, 0, sizeof *cpus);
    cpu_set_t *set = CPU_ALLOC(MACHINE_CPUS);
    size_t size = CPU_ALLOC_SIZE(MACHINE_CPUS);
    if (set && sched_getaffinity(0, size, set) == 0)
        for (size_t c = 0; c < MACHINE_CPUS; c++)
            if (CPU_ISSET_S(c, size, set)) cpus->word[c / 64] |= (uint64_t)1 << (c % 64);
    CPU_FREE(set);
}

int cpus_domain(const char *root, const cpus_t *cpus)
{
    static const char nodes[] = "/sys/devices/system/node";
    char path[PATH_BYTES], line[LINE_BYTES];
    snprintf(path, sizeof path, "%s%s", root, nodes);
    DIR *directory = opendir(path);
    int domain = -1, known = 0;
    if (!directory) return 0;
    for (struct dirent *entry; domain < 0 && (entry = readdir(directory));) {
        int number, end = 0;
        cpus_t own;
        if (sscanf(entry->d_name, "node%d%n", &number, &end) != 1 || entry->d_name[end]) continue;
        snprintf(path, sizeof path, "%s/node%d/cpulist", nodes, number);
        if (!read_line(root, path, line)) continue;
        parse_list(line, &own);
        known++;
        bool all = true;
        for (size_t w = 0; w < MACHINE_CPUS / 64; w++) all = all && !(cpus->word[w] & ~own.word[w]);
        if (all) domain = number;
    }
    closedir(directory);
    return known ? domain : 0;
}

int cpus_cores(const char *root, const cpus_t *cpus)
{
    int cores = 0;
    for (long c = 0; c < MACHINE_CPUS; c++) {
        char path[PATH_BYTES], line[LINE_BYTES];
        bool first = true;
        if (!has(cpus, c)) continue;
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%ld/topology/thread_siblings_list",
                 c);
        if (read_line(root, path, line)) {
            cpus_t siblings;
            parse_list(line, &siblings);
            for (long s = 0; s < c; s++) first = first && !(has(&siblings, s) && has(cpus, s));
        }
        cores += first;
    }
    return cores;
}

/* ---- control groups ---- */

/* The least of what read says of this process's groups and those above them. controller: "" for
 * version 2. */
static double least(const char *root, const char *controller,
                    double (*read)(const char *root, const char *group))
{
    char name[2 * PATH_BYTES], line[PATH_BYTES], group[PATH_BYTES + 64] = "";
    size_t top = 0;
    snprintf(name, sizeof name, "%s/proc/self/cgroup", root);
    FILE *file = fopen(name, "r");
    while (file && fgets(line, sizeof line, file)) {
        /* NUMBER:CONTROLLER,...:/PATH */
        char *list = strchr(line, ':'), *path = list ? strchr(list + 1, ':') : NULL;
        if (!path) continue;
        *path++ = 0;
        path[strcspn(path, "\n")] = 0;
        bool mine = !*controller && !list[1];
        for (char *word = strtok(list + 1, ","); *controller && word; word = strtok(NULL, ","))
            mine = mine || strcmp(word, controller) == 0;
        if (mine)
            snprintf(group, sizeof group, "/sys/fs/cgroup%s%s%s", *controller ? "/" : "",
                     controller, path);
    }
    if (file) fclose(file);
    top = strlen("/sys/fs/cgroup") + (*controller ? 1 + strlen(controller) : 0);
    if (!*group)
        snprintf(group, sizeof group, "/sys/fs/cgroup%s%s", *controller ? "/" : "", controller);
    for (double result = INFINITY;;) {
        double here = read(root, group);
        if (here < result) result = here;
        char *end = strrchr(group, '/');
        if (strlen(group) <= top || !end) return result;
        *end = 0;
    }
}

static double in_group(const char *root, const char *group, const char *file, double otherwise)
{
    char path[2 * PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s", group, file);
    return read_number(root, path, otherwise);
}

/* cpu.max: "QUOTA PERIOD" in microseconds, or "max PERIOD". */
static double quota_2(const char *root, const char *group)
{
    char path[2 * PATH_BYTES], line[LINE_BYTES];
    double quota, period;
    snprintf(path, sizeof path, "%s/cpu.max", group);
    if (!read_line(root, path, line) || sscanf(line, "%lf %lf", &quota, &period) != 2)
        return INFINITY;
    return period > 0 ? quota / period : INFINITY;
}

/* A quota of -1 is none. */
static double quota_1(const char *root, const char *group)
{
    double quota = in_group(root, group, "cpu.cfs_quota_us", -1);
    double period = in_group(root, group, "cpu.cfs_period_us", 0);
    return quota > 0 && period > 0 ? quota / period : INFINITY;
}

static double memory_2(const char *root, const char *group)
{
    return in_group(root, group, "memory.max", INFINITY);
}

static double memory_1(const char *root, const char *group)
{
    return in_group(root, group, "memory.limit_in_bytes", INFINITY);
}

static double cached(const char *root, const char *group, const char *prefix)
{
    char path[2 * PATH_BYTES], active[64], inactive[64];
    snprintf(path, sizeof path, "%s/memory.stat", group);
    snprintf(active, sizeof active, "%sactive_file", prefix);
    snprintf(inactive, sizeof inactive, "%sinactive_file", prefix);
    return read_entry(root, path, active, 0) + read_entry(root, path, inactive, 0);
}

static double free_2(const char *root, const char *group)
{
    return memory_2(root, group) - in_group(root, group, "memory.current", 0) +
           cached(root, group, "");
}

static double free_1(const char *root, const char *group)
{
    return memory_1(root, group) - in_group(root, group, "memory.usage_in_bytes", 0) +
           cached(root, group, "total_");
}

double machine_quota(const char *root)
{
    return fmin(least(root, "", quota_2), least(root, "cpu", quota_1));
}

double machine_memory(const char *root)
{
    double all = read_entry(root, "/proc/meminfo", "MemTotal:", INFINITY) * 1024;
    return fmin(all, fmin(least(root, "", memory_2), least(root, "memory", memory_1)));
}

double machine_memory_free(const char *root)
{
    double all = read_entry(root, "/proc/meminfo", "MemAvailable:", INFINITY) * 1024;
    return fmin(all, fmin(least(root, "", free_2), least(root, "memory", free_1)));
}
