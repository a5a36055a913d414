#include "core/process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What /proc/PID/stat has after the name, which may hold anything: "S ppid ...", from field 3 on. */
static const char *read_fields(pid_t pid, char text[1024])
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    FILE *file = fopen(path, "re");
    if (!file) return NULL;
    size_t length = fread(text, 1, 1023, file);
    fclose(file);
    text[length] = '\0';
    const char *name_end = strrchr(text, ')');
    return name_end && name_end[1] == ' ' ? name_end + 2 : NULL;
}

/* A process that was killed stays in the table as a zombie until its parent asks for it, which the
 * first process of a container may never do. */
bool process_lives(pid_t pid)
{
    char text[1024];
    if (kill(pid, 0) != 0 && errno == ESRCH) return false;
    const char *fields = read_fields(pid, text);
    return !fields || (*fields != 'Z' && *fields != 'X');
}

long long process_start(pid_t pid)
{
    enum { FIRST = 3, START = 22 }; /* proc(5) */
    char text[1024];
    const char *field = read_fields(pid, text);
    for (int i = FIRST; field && i < START; i++) {
        field = strchr(field, ' ');
        if (field) field++;
    }
    return field ? atoll(field) : -1;
}
