/* One neuron, as the files of its run tell of it at one checkpoint: statistics, distribution, the pairs
 * of tokens that it separates most, and how far it moves pairs apart. Read from raw activations or
 * sketches, whichever there are; what is not there is listed, not an error. */
#ifndef WN_REPORT_NEURON_H
#define WN_REPORT_NEURON_H

#include "report/figure.h"
#include "report/table.h"
#include "stats/activations.h"
#include "stats/modes.h"
#include "stats/statistics.h"

/* Bins of the histogram, pairs that are shown, points of the scatter at most. */
enum { NEURON_BINS = 72, NEURON_PAIRS = 8, NEURON_POINTS = 500 };

/* A pair of tokens with similar inputs; texts are those of pairs/ (docs/files.md), the token within its
 * context in double brackets; tag: "" where the corpus has none. */
typedef struct {
    char *text[2], *context[2], *tag[2];
    double output[2];
    double input, moved; /* distances of inputs and outputs, normalised as the points below */
} neuron_pair_t;

typedef struct {
    const char *checkpoint; /* borrowed from the files */
    int32_t layer, neuron;  /* numbers in the model */
    strings_t cohorts;      /* that it belongs to at this checkpoint */

    bool measured; /* statistics are there: */
    double statistic[STATISTICS];
    double wd_error, wd_bound; /* standard error; how far sketches may be off; NaN: unknown */
    int64_t rank, of,
        all_rank; /* place by WD, 1: highest, among `of` neurons of its layer and among
                                   all; 0 where it has no WD */
    int64_t all;

    bool valued;                       /* activations are there: */
    bool sketched;                     /* from sketches: a value is known to its bin */
    int64_t tokens, outside, negative; /* values, those beyond the histogram, those below 0 */
    double mean, deviation, minimum, maximum;
    double least, width;        /* of the histogram: bins of equal width from least on */
    int64_t count[NEURON_BINS]; /* values from a bin's lower end up to its upper one */
    modes_t modes;

    int64_t pairs, dropped, points; /* drawn pairs, of equal inputs, and those kept here */
    double input[NEURON_POINTS];    /* input distance over the largest of the layer */
    double moved[NEURON_POINTS];    /* output distance over its median over all pairs */
    double difficulty;              /* mapping difficulty over all pairs */

    neuron_pair_t pair[NEURON_PAIRS]; /* the most separated first */
    int shown, separated;             /* of so many in pairs/ */
    double similar;                   /* per cent of the pairs are similar */

    strings_t absent; /* a sentence each: what is not there, and why */
} neuron_card_t;

/* A checkpoint's files, open for cards. */
typedef struct {
    char *directory, *checkpoint;
    store_t *statistics, *pairs; /* NULL: not there */
    double *wd;                  /* [layers][neurons], of statistics */
    int32_t *layer;              /* [layers] numbers */
    int64_t layers, neurons;
    bool valued, working; /* activations and their pairs are open */
    activations_t activations;
    source_t source;
    pairs_work_t work;
    bool texts_read;
    strings_t text, context, tag_names;
    int32_t *tag; /* [2][pairs]; NULL: none */
    double *input_distance;
    int64_t pair_count, pair_layers;
} neuron_files_t;

/* Opens what there is of a checkpoint below the run's directory. A damaged file is an EXIT_INPUT error.
 * One rank calls it. */
MUST_CHECK status_t neuron_files_open(const char *directory, const char *checkpoint,
                                      neuron_files_t *files);
void neuron_files_close(neuron_files_t *files);

/* The neuron whose WD stands at this level (0: lowest, 1: highest) of all that have one, the lower rank
 * where the level falls between two; false where none has. */
MUST_CHECK status_t neuron_at_level(const neuron_files_t *files, double level, int32_t *layer,
                                    int32_t *neuron, bool *found);

/* Reads one neuron, by its numbers in the model. EXIT_USAGE where a file is there and has no such layer
 * or neuron. The files must outlive the card. */
MUST_CHECK status_t neuron_card_read(neuron_files_t *files, int32_t layer, int32_t neuron,
                                     neuron_card_t *card);
void neuron_card_free(neuron_card_t *card);

/* Appends its figures, those that there are data for: "neuron-step512-L5-N12-values", "...-distances". */
MUST_CHECK status_t neuron_figures(const neuron_card_t *card, figures_t *figures);
/* Appends its tables, those that there are data for: statistics; the pairs that it separates most. */
MUST_CHECK status_t neuron_statistics_table(const neuron_card_t *card, tables_t *tables);
MUST_CHECK status_t neuron_pairs_table(const neuron_card_t *card, tables_t *tables);
/* Heads and rows of a table of these pairs; the token of a side is written as its reader wants it. */
typedef status_t neuron_token_t(const neuron_pair_t *pair, int side, table_t *table);
MUST_CHECK status_t neuron_pair_rows(const neuron_card_t *card, neuron_token_t *write_token,
                                     table_t *table);
/* Appends a whole page of the card, with figures of it that were drawn into <directory>/figures/. */
MUST_CHECK status_t neuron_html(const neuron_card_t *card, const figures_t *figures,
                                const char *directory, str_t *html);
/* "Layer 5, neuron 12" */
MUST_CHECK status_t neuron_title(const neuron_card_t *card, str_t *title);

#endif
