#include "stages/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "core/progress.h"
#include "par/usage.h"
#include "par/watch.h"

enum { LINE = 512, RANKS = 4096 };
static const double MEMORY_EVERY = 1; /* seconds */

static struct {
    const char *name;
    int width; /* columns; 0: not a terminal that a line can be updated on */
    bool bar;  /* a bar stands on the last line */
    bool colour;
    progress_t progress;
    double memory, measured; /* of this node's ranks, and when */
} terminal;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- what the terminal is ---- */

static bool is_set(const char *variable)
{
    const char *value = getenv(variable);
    return value && *value;
}

static bool is_dumb(void)
{
    const char *kind = getenv("TERM");
    return kind && strcmp(kind, "dumb") == 0;
}

/* A launcher gives its programs pseudo-terminals wherever their output goes in the end, so that
 * under one only the driver can tell, through WN_COLOUR and WN_TERMINAL_WIDTH. */
static bool is_launched(void)
{
    return getenv("OMPI_COMM_WORLD_SIZE") || getenv("PMI_RANK") || getenv("PMIX_RANK");
}

bool terminal_has_colour(void)
{
    const char *said = getenv("WN_COLOUR");
    if (is_set("NO_COLOR") || is_dumb()) return false;
    return said ? strcmp(said, "yes") == 0 : !is_launched() && isatty(STDOUT_FILENO);
}

/* Columns of the terminal that standard error goes to; 0: it goes to none. */
static int terminal_width(void)
{
    const char *columns = getenv("WN_TERMINAL_WIDTH");
    if (columns) return atoi(columns);
    return isatty(STDERR_FILENO) ? 80 : 0;
}

/* ---- lines ---- */

static void clear_bar(void)
{
    if (terminal.bar) fputs("\r\033[K", stderr);
    terminal.bar = false;
}

/* A word in bold and a colour of ANSI's. */
static void put_marked(const char *word, int colour)
{
    if (terminal.colour) fprintf(stderr, "\033[1;%dm%s\033[0m ", colour, word);
    else fprintf(stderr, "%s ", word);
}

static void line(log_level_t level, const char *text)
{
    clear_bar();
    fprintf(stderr, "%s: ", terminal.name);
    if (level == LOG_WARNING) put_marked("warning:", 33);
    fprintf(stderr, "%s\n", text);
}

void terminal_error(const char *name, const char *message)
{
    clear_bar();
    fprintf(stderr, strcmp(name, "wn") == 0 ? "%s: " : "wn-%s: ", name);
    put_marked("error:", 31);
    fprintf(stderr, "%s\n", message);
}

static double memory(double time)
{
    static long process[RANKS];
    if (terminal.memory > 0 && time - terminal.measured < MEMORY_EVERY) return terminal.memory;
    int count = watch_processes(process, RANKS);
    if (count == 0) process[count++] = (long)getpid();
    terminal.memory = usage_of_processes(process, count);
    terminal.measured = time;
    return terminal.memory;
}

static void progress(const char *label, const char *unit, uint64_t done, uint64_t total)
{
    char text[LINE];
    progress_t *it = &terminal.progress;
    progress_note(it, label, unit, done, total, now());
    if (done >= total) clear_bar();
    if (!progress_is_due(it, terminal.width > 0)) return;
    if (terminal.width) {
        int width = terminal.width - (int)strlen(terminal.name) - 3;
        progress_bar(it, memory(it->now), width, text, sizeof text);
        fprintf(stderr, "\r\033[K%s: %s", terminal.name, text);
        fflush(stderr);
        terminal.bar = true;
    } else {
        progress_log(it, memory(it->now), text, sizeof text);
        fprintf(stderr, "%s: %s\n", terminal.name, text);
    }
}

/* ---- life ---- */

void terminal_open(const char *name)
{
    static const log_sink_t sink = {line, progress};
    terminal.name = name;
    terminal.width = terminal_width();
    terminal.colour = terminal.width && !is_set("NO_COLOR") && !is_dumb();
    if (is_dumb()) terminal.width = 0;
    log_set_sink(&sink);
}

void terminal_close(const char *message)
{
    clear_bar();
    if (*message) terminal_error(terminal.name, message);
    log_set_sink(NULL);
}
