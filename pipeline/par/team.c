#include "par/team.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "core/memory.h"

typedef struct {
    team_t *team;
    int number;
    pthread_t thread;
} member_t;

struct team {
    int threads, started;
    member_t *member; /* [threads]; the first is the caller */
    pthread_mutex_t lock;
    pthread_cond_t begin, end;
    void (*work)(void *context, int thread);
    void *context;
    unsigned long round; /* of work; a member that has seen fewer has something to do */
    int busy;            /* members that have not finished it */
    bool closing;
};

static void *serve(void *argument)
{
    member_t *member = argument;
    team_t *team = member->team;
    unsigned long seen = 0;
    pthread_mutex_lock(&team->lock);
    for (;;) {
        while (team->round == seen && !team->closing) pthread_cond_wait(&team->begin, &team->lock);
        if (team->closing) break;
        seen = team->round;
        pthread_mutex_unlock(&team->lock);
        team->work(team->context, member->number);
        pthread_mutex_lock(&team->lock);
        if (--team->busy == 0) pthread_cond_signal(&team->end);
    }
    pthread_mutex_unlock(&team->lock);
    return NULL;
}

status_t team_create(int threads, team_t **team)
{
    status_t status = mem_new(team, 1, "threads");
    if (!status) status = mem_new(&(*team)->member, (size_t)threads, "threads");
    if (status) {
        mem_free(team);
        return status;
    }
    team_t *it = *team;
    it->threads = threads;
    pthread_mutex_init(&it->lock, NULL);
    pthread_cond_init(&it->begin, NULL);
    pthread_cond_init(&it->end, NULL);
    for (it->started = 1; !status && it->started < threads; it->started++) {
        member_t *member = &it->member[it->started];
        *member = (member_t){.team = it, .number = it->started};
        int code = pthread_create(&member->thread, NULL, serve, member);
        if (code == 0) continue;
        status = status_new(EXIT_RESOURCE, "thread %d of %d cannot be started: %s", it->started + 1,
                            threads, strerror(code));
        break;
    }
    if (status) team_destroy(team);
    return status;
}

void team_destroy(team_t **team)
{
    team_t *it = *team;
    if (!it) return;
    pthread_mutex_lock(&it->lock);
    it->closing = true;
    pthread_cond_broadcast(&it->begin);
    pthread_mutex_unlock(&it->lock);
    for (int i = 1; i < it->started; i++) pthread_join(it->member[i].thread, NULL);
    pthread_mutex_destroy(&it->lock);
    pthread_cond_destroy(&it->begin);
    pthread_cond_destroy(&it->end);
    mem_free(&it->member);
    mem_free(team);
}

int team_threads(const team_t *team)
{
    return team->threads;
}

void team_run(team_t *team, void (*work)(void *context, int thread), void *context)
{
    if (team->threads > 1) {
        pthread_mutex_lock(&team->lock);
        team->work = work;
        team->context = context;
        team->busy = team->threads - 1;
        team->round++;
        pthread_cond_broadcast(&team->begin);
        pthread_mutex_unlock(&team->lock);
    }
    work(context, 0);
    if (team->threads > 1) {
        pthread_mutex_lock(&team->lock);
        while (team->busy > 0) pthread_cond_wait(&team->end, &team->lock);
        pthread_mutex_unlock(&team->lock);
    }
}
