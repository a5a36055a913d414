#include "core/progress.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/amount.h"

/* Seconds between lines: of a terminal; of a log at least, and at most. */
static const double TERMINAL = 0.1, LOG_LEAST = 10, LOG_MOST = 300, LOG_SHARE = 0.1;

void progress_note(progress_t *it, const char *label, const char *unit, uint64_t done,
                   uint64_t total, double now)
{
    if (strncmp(label, it->label, sizeof it->label - 1) != 0 || done < it->done) {
        snprintf(it->label, sizeof it->label, "%s", label);
        it->first = done;
        it->start = now;
        it->told = now;
        it->told_share = total ? (double)done / (double)total : 0;
    }
    snprintf(it->unit, sizeof it->unit, "%s", unit);
    it->done = done;
    it->total = total;
    it->now = now;
}

bool progress_is_due(progress_t *it, bool terminal)
{
    double since = it->now - it->told, share = progress_share(it);
    bool due = terminal ? since >= TERMINAL
                        : since >= LOG_MOST ||
                              (since >= LOG_LEAST &&
                               (it->told == it->start || share - it->told_share >= LOG_SHARE));
    if (!due || it->done >= it->total) return false;
    it->told = it->now;
    it->told_share = share;
    return true;
}

double progress_share(const progress_t *it)
{
    return it->total == 0 || it->done >= it->total ? 1 : (double)it->done / (double)it->total;
}

double progress_rate(const progress_t *it)
{
    double spent = it->now - it->start;
    return it->done > it->first && spent > 0 ? (double)(it->done - it->first) / spent : NAN;
}

double progress_left(const progress_t *it)
{
    double rate = progress_rate(it);
    return it->done >= it->total ? 0 : (double)(it->total - it->done) / rate;
}

/* ---- words ---- */

enum { PARTS = 4, PART = 80 };

/* The parts, each "" where it is unknown: share, rate, time, memory. */
static void describe(const progress_t *it, double memory, char part[PARTS][PART])
{
    char rate[AMOUNT], left[AMOUNT], bytes[AMOUNT];
    double speed = progress_rate(it);
    memset(part, 0, PARTS * PART);
    amount_rate(rate, speed, it->unit);
    amount_time_rough(left, progress_left(it));
    amount_bytes(bytes, memory);
    snprintf(part[0], PART, "%.0f %%", floor(100 * progress_share(it)));
    if (isfinite(speed)) snprintf(part[1], PART, "%s", rate);
    if (isfinite(speed)) snprintf(part[2], PART, "%s left", left);
    if (memory > 0) snprintf(part[3], PART, "%s", bytes);
}

void progress_log(const progress_t *it, double memory, char *text, size_t size)
{
    char part[PARTS][PART];
    describe(it, memory, part);
    size_t used = (size_t)snprintf(text, size, "%s: %s", it->label, part[0]);
    for (int i = 1; i < PARTS && used < size; i++)
        if (*part[i]) used += (size_t)snprintf(text + used, size - used, ", %s", part[i]);
}

/* Columns: a byte each, for all is ASCII but perhaps the label. */
void progress_bar(const progress_t *it, double memory, int width, char *text, size_t size)
{
    enum { LEAST = 8, MOST = 40 };
    static const int dropped[] = {3, 1, 2}; /* in this order */
    char part[PARTS][PART], bar[MOST + 4], tail[PARTS * (PART + 2)] = "";
    describe(it, memory, part);
    int label = (int)strlen(it->label), rest = 0;
    for (int turn = 0; turn <= 3; turn++) {
        if (turn) part[dropped[turn - 1]][0] = '\0';
        int used = 0;
        for (int i = 0; i < PARTS; i++)
            if (*part[i] && used < (int)sizeof tail)
                used += snprintf(tail + used, sizeof tail - (size_t)used, "  %s", part[i]);
        rest = width - used;
        if (label <= rest) break;
    }
    if (label > rest) label = rest > 0 ? rest : 0;
    int room = rest - label - 3;
    bar[0] = '\0';
    if (room > MOST) room = MOST;
    if (room >= LEAST) {
        int full = (int)(progress_share(it) * room);
        memset(bar, ' ', (size_t)room + 3);
        memset(bar + 2, '=', (size_t)full);
        bar[1] = '[', bar[room + 2] = ']', bar[room + 3] = '\0';
    }
    snprintf(text, size, "%.*s%s%s", label, it->label, bar, tail);
}
