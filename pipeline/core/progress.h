/* What is said of work that goes on: how much, how fast, for how long still, with how much memory. The
 * clock and the memory are handed in; nothing is printed. */
#ifndef WN_CORE_PROGRESS_H
#define WN_CORE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    char label[128], unit[32];
    uint64_t first, done, total; /* first: what was done when this work was first heard of */
    double start, now;           /* seconds of any clock */
    double told;                 /* when it was told last */
    double told_share;           /* and how much of the work was done then */
} progress_t;

/* Takes note: label names the work ("step512 pairs-blimp"), unit what is counted ("tokens"). Another
 * label than before begins anew. */
void progress_note(progress_t *progress, const char *label, const char *unit, uint64_t done,
                   uint64_t total, double now);

/* Whether it is time for another line: on a terminal ten times a second; in a log after ten seconds,
 * then whenever another tenth is done, and every five minutes; never at the end, of which others tell.
 * Then it counts as told. */
bool progress_is_due(progress_t *progress, bool terminal);

/* Share of the work that is done, in [0, 1]; units a second and seconds left, NaN where nothing is done. */
double progress_share(const progress_t *progress);
double progress_rate(const progress_t *progress);
double progress_left(const progress_t *progress);

/* text [size]: "step512 pairs-blimp: 42 %, 12.3 k tokens/s, 2 min left, 1.2 GB". memory: bytes of this
 * node; 0: unknown. */
void progress_log(const progress_t *progress, double memory, char *text, size_t size);

/* text [size]: the same with a bar, in exactly width columns or fewer: what does not fit is left out, the
 * bar first, then memory, rate, and the label's end. */
void progress_bar(const progress_t *progress, double memory, int width, char *text, size_t size);

#endif
