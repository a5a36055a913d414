/* A rank's threads: each is called once a round, all before the round ends, again and again. */
#include "tests/scratch.h"

#include <pthread.h>

#include "par/team.h"

enum { MOST = 7 };

typedef struct {
    int calls[MOST];
    pthread_t thread[MOST];
} round_t;

static void work(void *context, int thread)
{
    round_t *it = context;
    if (thread % 2) usleep(200); /* some are late */
    it->calls[thread]++;
    it->thread[thread] = pthread_self();
}

static void every_thread_once(void **state)
{
    (void)state;
    for (int threads = 1; threads <= MOST; threads++) {
        team_t *team = NULL;
        round_t it = {0};
        expect_ok(team_create(threads, &team));
        assert_int_equal(team_threads(team), threads);
        for (int round = 1; round <= 50; round++) {
            team_run(team, work, &it);
            for (int i = 0; i < MOST; i++) assert_int_equal(it.calls[i], i < threads ? round : 0);
        }
        assert_true(pthread_equal(it.thread[0], pthread_self()));
        for (int i = 0; i < threads; i++)
            for (int j = 0; j < i; j++) assert_false(pthread_equal(it.thread[i], it.thread[j]));
        team_destroy(&team);
        assert_null(team);
    }
    team_t *none = NULL;
    team_destroy(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_thread_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
