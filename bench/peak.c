/* bench/peak: the memory and the time that a command takes.
 *
 * usage: peak NAME COMMAND [ARGUMENT...]
 * Runs the command, ten times a second adds up the proportional set sizes (Pss of
 * /proc/PID/smaps_rollup: what processes share counts once) of it and of all that it started, and
 * prints the figures NAME.peak_gib and NAME.seconds; the page cache is not counted. Exits with
 * the command's status. Linux only. */
#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/common/measure.h"

enum { PROCESSES = 4096 };

typedef struct {
    long id, parent;
    bool ours;
} process_t;

static size_t list_processes(process_t *process)
{
    size_t count = 0;
    DIR *directory = opendir("/proc");
    for (struct dirent *entry; directory && count < PROCESSES && (entry = readdir(directory));) {
        char path[300];
        if (!isdigit((unsigned char)entry->d_name[0])) continue;
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        FILE *file = fopen(path, "r");
        if (!file) continue;
        process_t *it = &process[count];
        *it = (process_t){.id = atol(entry->d_name)};
        if (fscanf(file, "%*d (%*[^)]) %*c %ld", &it->parent) == 1) count++;
        fclose(file);
    }
    if (directory) closedir(directory);
    return count;
}

static double pss_kib(long id)
{
    char path[64], line[256];
    double sum = 0, value;
    snprintf(path, sizeof path, "/proc/%ld/smaps_rollup", id);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "Pss: %lf kB", &value) == 1) sum = value;
    if (file) fclose(file);
    return sum;
}

/* Of a process and its descendants. */
static double family_kib(long root)
{
    static process_t process[PROCESSES];
    size_t count = list_processes(process);
    double sum = 0;
    for (bool grown = true; grown;) {
        grown = false;
        for (size_t i = 0; i < count; i++) {
            bool ours = process[i].id == root;
            for (size_t p = 0; !ours && p < count; p++)
                ours = process[p].ours && process[p].id == process[i].parent;
            grown = grown || (ours && !process[i].ours);
            process[i].ours = ours;
        }
    }
    for (size_t i = 0; i < count; i++)
        if (process[i].ours) sum += pss_kib(process[i].id);
    return sum;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

int main(int argc, char **argv)
{
    char name[128];
    double most = 0, start = now();
    int status = 0;
    if (argc < 3) {
        fprintf(stderr, "usage: peak NAME COMMAND [ARGUMENT...]\n");
        return EXIT_USAGE;
    }
    pid_t child = fork();
    if (child == 0) {
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    while (child > 0 && waitpid(child, &status, WNOHANG) == 0) {
        double sum = family_kib(child);
        if (sum > most) most = sum;
        nanosleep(&(struct timespec){0, 100000000}, NULL);
    }
    snprintf(name, sizeof name, "%s.peak_gib", argv[1]);
    figure(name, most / 1048576, NULL, 0);
    snprintf(name, sizeof name, "%s.seconds", argv[1]);
    figure(name, now() - start, NULL, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
