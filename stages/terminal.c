#include "stages/terminal.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"

/* A log gets a line this often, in seconds; a terminal is redrawn ten times a second. */
static const double LOG_EVERY = 10, BAR_EVERY = 0.1;

static struct {
    const char *name;
    char label[128];
    int width; /* columns; 0: not a terminal */
    bool bar;  /* a bar stands on the last line */
    double start, last;
} terminal;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void clear_bar(void)
{
    if (terminal.bar) fputs("\r\033[K", stderr);
    terminal.bar = false;
}

static void line(log_level_t level, const char *text)
{
    clear_bar();
    fprintf(stderr, "%s: %s%s\n", terminal.name, level == LOG_WARNING ? "warning: " : "", text);
}

static void draw(const char *label, double share, double left)
{
    char head[160], tail[64];
    snprintf(head, sizeof head, "%s: %s ", terminal.name, label);
    snprintf(tail, sizeof tail, " %3.0f %%  %d:%02d left", 100 * share, (int)left / 60,
             (int)left % 60);
    int room = terminal.width - (int)strlen(head) - (int)strlen(tail) - 3;
    fprintf(stderr, "\r\033[K%s", head);
    if (room >= 8) {
        int full = (int)(share * room);
        fputc('[', stderr);
        for (int i = 0; i < room; i++) fputc(i < full ? '=' : ' ', stderr);
        fputc(']', stderr);
    }
    fputs(tail, stderr);
    fflush(stderr);
    terminal.bar = true;
}

static void progress(const char *label, uint64_t done, uint64_t total)
{
    double time = now(), share = total ? (double)done / (double)total : 1;
    if (strcmp(label, terminal.label) != 0) {
        snprintf(terminal.label, sizeof terminal.label, "%s", label);
        terminal.start = time;
        terminal.last = terminal.width ? 0 : time;
    }
    bool last = done >= total;
    if (!last && time - terminal.last < (terminal.width ? BAR_EVERY : LOG_EVERY)) return;
    if (last && !terminal.width && time - terminal.start < LOG_EVERY) return;
    terminal.last = time;
    double spent = time - terminal.start, left = share > 0 ? spent / share - spent : 0;
    if (terminal.width && !last) {
        draw(label, share, left);
    } else if (!terminal.width) {
        fprintf(stderr, "%s: %s %.0f %%, %.0f s spent, %.0f s left\n", terminal.name, label,
                100 * share, spent, left);
    } else {
        clear_bar();
    }
}

void terminal_open(const char *name)
{
    static const log_sink_t sink = {line, progress};
    const char *columns = getenv("WN_TERMINAL_WIDTH");
    terminal.name = name;
    terminal.width = columns ? atoi(columns) : isatty(STDERR_FILENO) ? 80 : 0;
    log_set_sink(&sink);
}

void terminal_close(const char *name, const char *message)
{
    clear_bar();
    if (*message) fprintf(stderr, "wn-%s: error: %s\n", name, message);
    log_set_sink(NULL);
}
