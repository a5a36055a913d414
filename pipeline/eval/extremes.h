/* Where in a corpus chosen neurons have their most extreme pre-activations, and, of gated MLPs, what
 * the signs of gate and up projection are together: a negative gate means something else with a
 * negative up. */
#ifndef WN_EVAL_EXTREMES_H
#define WN_EVAL_EXTREMES_H

#include <mpi.h>

#include "eval/score.h"
#include "stats/fixed.h"
#include "stats/top.h"
#include "store/store.h"

/* Lists of a neuron: its lowest values below 0, its highest above 0; and by the signs of gate and up
 * (where 0 counts as positive) those of the largest |act(gate) up|. */
typedef enum {
    EXTREME_NEGATIVE,
    EXTREME_POSITIVE,
    EXTREME_QUADRANTS, /* the first of four: gate -, up -; -, +; +, -; +, + */
    EXTREME_LISTS = EXTREME_QUADRANTS + 4
} extreme_list_t;
extern const char *const extreme_names[EXTREME_LISTS]; /* "negative", "gate_negative_up_positive" */

/* On rank 0. tops: lists [neurons][EXTREME_LISTS]; a place is window * tokens of a window + position;
 * value is the pre-activation, up what the up projection gives (0 where not gated).
 * below int64 [neurons]: tokens with a negative pre-activation.
 * Gated: tokens int64, and product, the mean of act(gate) up, [neurons][4]; NaN where there is none. */
typedef struct {
    int64_t neurons, all; /* all: tokens of the corpus's windows */
    bool gated;
    tops_t tops;
    int64_t *below, *tokens;
    fixed_t *sum; /* of act(gate) up, [neurons][4] */
    double *product;
} extremes_t;

/* Which neurons, layer and neuron int32 [neurons], ordered by layer; entries of a list; and which part
 * of the corpus, from 0: chunks part, part + parts ... of a plan. One part is the whole. */
typedef struct {
    const int32_t *layer, *neuron;
    int64_t neurons, count;
    size_t part, parts;
} extremes_plan_t;

/* Collective. Runs the model without ablation over a plan of windows, up to the last layer among the
 * neurons'. Ranks share out the chunks; entries are ordered by value and place, counts are integers, and
 * products are added exactly, each rounded to 2^-64: results depend on the windows and the chunk size
 * alone. Memory besides the executor's: 24 bytes an entry and rank. */
MUST_CHECK status_t extremes_measure(MPI_Comm comm, model_t *model, const score_plan_t *plan,
                                     const run_options_t *options, const extremes_plan_t *what,
                                     const char *label, extremes_t *extremes);

/* Room for the sums of parts: no tokens, empty lists. */
MUST_CHECK status_t extremes_create(extremes_t *extremes, int64_t neurons, int64_t count,
                                    bool gated);
/* Adds another part, of the same neurons and count: what all parts give is bit for bit what the whole
 * does, in any order. Sums beyond 2^61 are an EXIT_NUMERIC error. */
MUST_CHECK status_t extremes_add(extremes_t *extremes, const extremes_t *part);
/* A part in a file of its own (eval/extremes_file.c): /entries/key float64, place int64, value and up
 * float32 [lists][count], filled int64 [lists]; /below int64 [neurons], /quadrants/tokens int64
 * [neurons][4], sum int64 [neurons][4][2], upper and lower 64 bits; the attribute tokens. One rank.
 * Reading into an extremes_t that was created; a file of other neurons or count is an EXIT_INPUT error. */
MUST_CHECK status_t extremes_write(store_t *store, const extremes_t *part);
MUST_CHECK status_t extremes_read(const store_t *store, extremes_t *part);
void extremes_destroy(extremes_t *extremes);

#endif
