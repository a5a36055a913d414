#include "core/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/file.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/process.h"

const lock_pace_t lock_pace = {.beat = 15, .patience = 60};

enum { TEXT = 1024 };

struct lock {
    char *path;
    char holder[TEXT];
    double beat;
    pthread_t thread; /* shows that this process is alive */
    pthread_mutex_t mutex;
    pthread_cond_t end;
    int beating, ending;
};

/* ---- who holds it ---- */

/* Where process numbers mean the same: this start of this machine, and the namespace of its
 * containers. */
static void find_place(char place[128])
{
    char boot[64] = "", space[64] = "";
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
    if (file) {
        if (!fgets(boot, sizeof boot, file)) boot[0] = '\0';
        boot[strcspn(boot, "\n")] = '\0';
        fclose(file);
    }
    ssize_t length = readlink("/proc/self/ns/pid", space, sizeof space - 1);
    space[length < 0 ? 0 : length] = '\0';
    snprintf(place, 128, "%.60s %.60s", boot, space);
}

/* This process, as its lock says. */
static void describe_self(char text[TEXT])
{
    char host[64] = "host", place[128];
    const char *job = getenv("SLURM_JOB_ID"), *restarts = getenv("SLURM_RESTART_COUNT");
    gethostname(host, sizeof host - 1);
    find_place(place);
    snprintf(text, TEXT, "host %s\npid %ld\nstarted %lld\nplace %s\njob %.200s\nrestarts %.20s\n",
             host, (long)getpid(), process_start(getpid()), place, job ? job : "",
             restarts ? restarts : "0");
}

/* The value of a line "name value" of a holder's text; "" where there is none. */
static const char *value_of(const char *text, const char *name, char value[256])
{
    size_t length = strlen(name);
    value[0] = '\0';
    for (const char *line = text; line; line = strchr(line, '\n')) {
        if (*line == '\n') line++;
        if (strncmp(line, name, length) != 0 || line[length] != ' ') continue;
        snprintf(value, 256, "%.*s", (int)strcspn(line + length + 1, "\n"), line + length + 1);
        break;
    }
    return value;
}

typedef enum { ALIVE, DEAD, UNKNOWN } life_t;

static life_t life_of(const char *holder)
{
    char self[TEXT], theirs[256], mine[256];
    describe_self(self);
    bool same_job =
        *value_of(holder, "job", theirs) && strcmp(theirs, value_of(self, "job", mine)) == 0 &&
        atoi(value_of(holder, "restarts", theirs)) < atoi(value_of(self, "restarts", mine));
    if (same_job) return DEAD;
    value_of(holder, "place", theirs);
    if (strlen(theirs) < 4 || strcmp(theirs, value_of(self, "place", mine)) != 0) return UNKNOWN;
    pid_t pid = (pid_t)atol(value_of(holder, "pid", theirs));
    long long started = atoll(value_of(holder, "started", theirs));
    return process_lives(pid) && process_start(pid) == started ? ALIVE : DEAD;
}

static status_t add_holder(const char *holder, str_t *text)
{
    char host[256], pid[256], job[256];
    value_of(holder, "job", job);
    return str_printf(text, "process %s on %s%s%s%s", value_of(holder, "pid", pid),
                      value_of(holder, "host", host), *job ? " (job " : "", job, *job ? ")" : "");
}

static status_t is_held(const char *path, const char *what, const char *holder)
{
    str_t who = {0};
    status_t status = add_holder(holder, &who);
    if (!status)
        status = status_new(EXIT_RESOURCE,
                            "%s: %s is being run by %s; wait for its end, or remove that file if "
                            "you know that it is dead",
                            path, what, who.data);
    str_free(&who);
    return status;
}

/* ---- the file ---- */

/* The text of the file and when it was touched; *there = whether there is one. */
static status_t look(const char *path, char text[TEXT], struct timespec *touched, bool *there)
{
    struct stat info;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    *there = descriptor >= 0;
    if (!*there && errno == ENOENT) return NULL;
    ssize_t length = *there ? 0 : -1, got = 0;
    for (; *there && (got = read(descriptor, text + length, TEXT - 1 - (size_t)length)) > 0;)
        length += got;
    if (got < 0) length = -1;
    bool read_it = length >= 0 && fstat(descriptor, &info) == 0;
    status_t status =
        read_it ? NULL
                : status_new(EXIT_OUTPUT, "%s: cannot read the lock: %s", path, strerror(errno));
    if (*there) close(descriptor);
    if (status) return status;
    text[length] = '\0';
    *touched = info.st_mtim;
    return NULL;
}

static status_t cannot_make(const lock_t *it)
{
    return status_new(EXIT_OUTPUT, "%s: cannot create: %s", it->path, strerror(errno));
}

static status_t write_holder(const lock_t *it, int descriptor)
{
    size_t length = strlen(it->holder), done = 0;
    for (ssize_t put = 1; done < length && put > 0; done += put > 0 ? (size_t)put : 0)
        put = write(descriptor, it->holder + done, length - done);
    return done == length ? NULL : cannot_make(it);
}

/* *made = whether path is now ours: a link to a file of ours is made by one process alone, on every
 * file system. */
static status_t make(const lock_t *it, bool *made)
{
    char *temporary = NULL;
    struct stat info;
    int descriptor = -1;
    *made = false;
    status_t status = directory_create_for(it->path);
    if (!status) status = file_temporary(it->path, &temporary, &descriptor);
    if (!status) status = write_holder(it, descriptor);
    if (!status && link(temporary, it->path) != 0 && errno != EEXIST) status = cannot_make(it);
    *made = !status && stat(temporary, &info) == 0 && info.st_nlink == 2;
    if (descriptor >= 0) close(descriptor);
    if (temporary) unlink(temporary);
    mem_free(&temporary);
    return status;
}

/* Takes away a dead holder's lock, unless another process did and has made its own. */
static status_t take_away(const char *path, const char *holder)
{
    char *aside = NULL, text[TEXT];
    struct timespec touched;
    bool there;
    status_t status = str_format(&aside, "%s.stale.%ld", path, (long)getpid());
    if (!status && rename(path, aside) == 0) {
        status = look(aside, text, &touched, &there);
        if (!status && there && strcmp(text, holder) != 0 && link(aside, path) != 0)
            status = status_new(EXIT_RESOURCE, "%s: another run has just started", path);
        unlink(aside);
    }
    mem_free(&aside);
    return status;
}

static void wait_seconds(double seconds)
{
    struct timespec pause = {(time_t)seconds, (long)(1e9 * (seconds - (double)(time_t)seconds))};
    while (nanosleep(&pause, &pause) != 0 && errno == EINTR) {
    }
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Waits for a holder elsewhere to show that it is alive, or for its lock to go. */
static status_t watch(const char *path, const char *what, const lock_pace_t *pace,
                      const char *holder, struct timespec touched)
{
    double start = now();
    char host[256];
    log_info("%s: %s was being run on %s; waiting %.0f s for a sign of life", path, what,
             value_of(holder, "host", host), pace->patience);
    while (now() - start < pace->patience) {
        char text[TEXT];
        struct timespec last;
        bool there;
        wait_seconds(pace->beat / 8);
        status_t status = look(path, text, &last, &there);
        if (status || !there) return status;
        if (last.tv_sec != touched.tv_sec || last.tv_nsec != touched.tv_nsec ||
            strcmp(text, holder) != 0)
            return is_held(path, what, text);
    }
    return NULL;
}

/* ---- the holder ---- */

static void *beat(void *context)
{
    lock_t *it = context;
    struct timespec next;
    pthread_mutex_lock(&it->mutex);
    while (!it->ending) {
        clock_gettime(CLOCK_MONOTONIC, &next);
        double at = (double)next.tv_nsec * 1e-9 + it->beat;
        next.tv_sec += (time_t)at;
        next.tv_nsec = (long)(1e9 * (at - (double)(time_t)at));
        if (pthread_cond_timedwait(&it->end, &it->mutex, &next) == ETIMEDOUT)
            utimensat(AT_FDCWD, it->path, NULL, 0);
    }
    pthread_mutex_unlock(&it->mutex);
    return NULL;
}

static status_t start_beating(lock_t *it)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&it->mutex, NULL);
    pthread_cond_init(&it->end, &monotonic);
    pthread_condattr_destroy(&monotonic);
    int code = pthread_create(&it->thread, NULL, beat, it);
    if (code != 0) return status_new(EXIT_RESOURCE, "cannot start a thread: %s", strerror(code));
    it->beating = 1;
    return NULL;
}

status_t lock_take(const char *path, const char *what, const lock_pace_t *pace, lock_t **lock)
{
    enum { TRIES = 3 }; /* others may be taking away the same dead holder's */
    bool made = false;
    status_t status = mem_new(lock, 1, "lock");
    if (status) return status;
    lock_t *it = *lock;
    it->beat = pace->beat;
    describe_self(it->holder);
    status = str_copy(&it->path, path);
    for (int try = 0; !status && !made && try < TRIES; try++) {
        char holder[TEXT];
        struct timespec touched;
        bool there;
        status = make(it, &made);
        if (status || made) break;
        status = look(path, holder, &touched, &there);
        if (status || !there) continue;
        life_t life = life_of(holder);
        if (life == ALIVE) status = is_held(path, what, holder);
        if (life == UNKNOWN) status = watch(path, what, pace, holder, touched);
        if (!status) status = take_away(path, holder);
    }
    if (!status && !made)
        status = status_new(EXIT_RESOURCE, "%s: several runs want %s at once", path, what);
    if (!status) status = start_beating(it);
    if (status && made) unlink(path);
    if (status) {
        mem_free(&it->path);
        mem_free(lock);
    }
    return status;
}

status_t lock_tidy(const char *path)
{
    char holder[TEXT];
    struct timespec touched;
    bool there;
    status_t status = look(path, holder, &touched, &there);
    return status || !there || life_of(holder) != DEAD ? status : take_away(path, holder);
}

status_t lock_is_dead(const char *path, const lock_t *own, double seconds, bool *dead)
{
    char holder[TEXT], self[TEXT];
    struct timespec touched, now;
    bool there, own_there = false;
    status_t status = look(path, holder, &touched, &there);
    if (!status) status = look(own->path, self, &now, &own_there);
    life_t life = !status && there ? life_of(holder) : ALIVE;
    bool silent = own_there && (double)(now.tv_sec - touched.tv_sec) > seconds;
    *dead = life == DEAD || (life == UNKNOWN && silent);
    return status;
}

status_t lock_holder(const char *path, str_t *text)
{
    char holder[TEXT];
    struct timespec touched;
    bool there;
    status_t status = look(path, holder, &touched, &there);
    if (status || !there || life_of(holder) == DEAD) return status;
    return add_holder(holder, text);
}

void lock_release(lock_t **lock)
{
    lock_t *it = *lock;
    if (!it) return;
    if (it->beating) {
        pthread_mutex_lock(&it->mutex);
        it->ending = 1;
        pthread_cond_signal(&it->end);
        pthread_mutex_unlock(&it->mutex);
        pthread_join(it->thread, NULL);
        pthread_cond_destroy(&it->end);
        pthread_mutex_destroy(&it->mutex);
    }
    unlink(it->path);
    mem_free(&it->path);
    mem_free(lock);
}
