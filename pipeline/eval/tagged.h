/* Surprisal by tag. */
#ifndef WN_EVAL_TAGGED_H
#define WN_EVAL_TAGGED_H

#include <stdbool.h>

#include "core/status.h"
#include "eval/sequences.h"

/* nll [sequences->tokens] = -log_probability of each token of the shard, NaN where it is not
 * scored; log_probability: [tokens of all windows], of one condition. */
void tagged_place(const sequences_t *sequences, const double *log_probability, double *nll);

/* mean, count [tags] over the scored tokens of each tag; a tag without any has the mean NaN. */
void tagged_means(const sequences_t *sequences, const double *nll, double *mean, int64_t *count);

/* Of each token of the shard ([tokens] each): its id, its window, and how many tokens stand before it
 * there (BOS counts); -1 where it is in no window. */
void tagged_tokens(const sequences_t *sequences, int32_t *id, int32_t *window, int32_t *position);

/* ---- groups of tokens ---- */

/* Open: ADJ ADV INTJ NOUN PROPN VERB; closed: ADP AUX CCONJ DET NUM PART PRON SCONJ; other: PUNCT SYM X
 * and tokens that cover no text (Universal Dependencies v2, universal POS tags). */
typedef enum { CLASS_OPEN, CLASS_CLOSED, CLASS_OTHER, CLASSES } word_class_t;
extern const char *const word_class_names[CLASSES];
word_class_t word_class(const char *upos);

/* Ways to group tokens: all, part of speech, word class, frequency of the token's id, tokens before it. */
enum { BY_ALL, BY_UPOS, BY_CLASS, BY_FREQUENCY, BY_POSITION, BY_WAYS };
extern const char *const by_names[BY_WAYS]; /* "all", "upos", ... */

typedef struct {
    size_t tokens, groups;
    strings_t name;            /* [groups] "DET", "open", "12 to 90", "16 to 63" */
    size_t first[BY_WAYS + 1]; /* groups of a way: [first[way], first[way + 1]) */
    int32_t *group[BY_WAYS];   /* [tokens] index among all groups; -1: not scored */
} token_groups_t;

/* scored [tokens]: which count; frequency: how often a token's id occurs in the text that is the measure.
 * Bands of frequency: at most bands of them, each with about as many scored tokens, equal frequencies
 * together; bands of position: 1 to 3, 4 to 15, 16 to 63 ... tokens before. */
MUST_CHECK status_t token_groups_create(const strings_t *tags, const int32_t *tag,
                                        const int64_t *frequency, const int32_t *position,
                                        const bool *scored, size_t tokens, int bands,
                                        token_groups_t *groups);
void token_groups_destroy(token_groups_t *groups);

#endif
