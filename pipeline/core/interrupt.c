#include "core/interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

static const struct {
    int number;
    const char *name;
} signals[] = {{SIGTERM, "SIGTERM"}, {SIGINT, "SIGINT"}, {SIGUSR1, "SIGUSR1"}};

static atomic_int own; /* the signal's number */
static atomic_int *_Atomic noted = &own;
static long pause_ms; /* of a test */

static void note(int number)
{
    atomic_store(atomic_load(&noted), number);
}

void interrupt_catch(void)
{
    struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART};
    const char *pause = getenv("WN_TEST_PAUSE");
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i].number, &action, NULL);
    pause_ms = pause ? strtol(pause, NULL, 10) : 0;
}

void interrupt_use(atomic_int *word)
{
    atomic_int *to = word ? word : &own;
    atomic_int *from = atomic_exchange(&noted, to);
    int number = atomic_load(from);
    if (number) atomic_store(to, number);
}

status_t interrupt_check(void)
{
    if (pause_ms > 0 && !atomic_load(atomic_load(&noted)))
        nanosleep(&(struct timespec){pause_ms / 1000, pause_ms % 1000 * 1000000}, NULL);
    int number = atomic_load(atomic_load(&noted));
    if (!number) return NULL;
    const char *name = "a signal";
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (signals[i].number == number) name = signals[i].name;
    return status_new(EXIT_INTERRUPTED, "interrupted by %s: run again to continue", name);
}
