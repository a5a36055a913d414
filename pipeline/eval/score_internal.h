/* Shared by the scorer and its journal. */
#ifndef WN_EVAL_SCORE_INTERNAL_H
#define WN_EVAL_SCORE_INTERNAL_H

#include "core/journal.h"
#include "eval/score.h"

typedef struct {
    const sequences_t *sequences;
    const forest_t *forest;
    int rank;
    double *sum;   /* [conditions][sequences], of the chunks that this rank has scored or read */
    double *token; /* [conditions][tokens], likewise; NULL: not wanted */
    unsigned char *done; /* [conditions][chunks]: in the journal before this run; the same on all
                            ranks */
    const score_journal_t *records; /* NULL: none */
    journal_t *journal;             /* this node's */
} scorer_t;

/* Adds up the edges of every sequence of a chunk; log_probability [edges]. */
void score_add_up(scorer_t *scorer, size_t chunk, size_t condition, const double *log_probability);

/* Collective. Opens this node's journal, and takes over on rank 0 what the journals have. */
MUST_CHECK status_t score_resume(scorer_t *scorer, MPI_Comm comm, int conditions,
                                 const char *label);
/* Adds a chunk's scores under a condition to the journal, where there is one; at a chunk's end, what
 * was added survives the machine. */
MUST_CHECK status_t score_record(scorer_t *scorer, size_t chunk, size_t condition,
                                 const double *log_probability);
MUST_CHECK status_t score_record_end(scorer_t *scorer);

#endif
