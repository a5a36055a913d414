/* The subcommands of wn-inspect, each in a file of its own. All on one rank. */
#ifndef WN_STAGES_INSPECT_H
#define WN_STAGES_INSPECT_H

#include <stdbool.h>
#include <stdio.h>

#include "core/status.h"

/* tokens: for each line of in, a JSON string, a line of out: {"ids":[...],"offsets":[[start,
 * end],...]}, offsets in code points of the string. tokenizer: tokenizer.json or its directory. */
MUST_CHECK status_t inspect_tokens(const char *tokenizer, bool special, FILE *in, FILE *out);

/* forward: ids through a model directory, from HDF5 file to HDF5 file. */
MUST_CHECK status_t inspect_forward(const char *model, const char *input, const char *output);

/* statistics --input IN.h5 --output OUT.h5: see stats/arrays.h. */
MUST_CHECK status_t inspect_statistics(const char *input, const char *output);

/* compare: prints to out as CSV or JSON (an array of rows), by statistic and layer ("all": all together), how alike two files of
 * statistics are (stats/compare.h). by: the one statistic wanted, or NULL; percent: text of a number
 * in [0, 100], or NULL for 1. */
MUST_CHECK status_t inspect_compare(const char *path, const char *other, const char *by,
                                    const char *percent, bool json, FILE *out);

/* *directory, to be freed: the directory that path is, or run.directory of the configuration there. */
MUST_CHECK status_t inspect_find_run(const char *path, char **directory);

/* neuron: prints to out, as text or JSON, the card of a neuron of a run (directory or configuration) at a
 * checkpoint (NULL: the last with statistics), and writes its page into the run's report/neurons/. layer,
 * neuron: texts of numbers from 0 on. */
MUST_CHECK status_t inspect_neuron(const char *run, const char *layer, const char *neuron,
                                   const char *checkpoint, bool json, FILE *out);

/* diff: prints to out, as text or JSON, what differs between two runs, directories or configurations;
 * *differ = whether anything does (report/diff.h). */
MUST_CHECK status_t inspect_diff(const char *first, const char *second, bool json, FILE *out,
                                 bool *differ);

/* file: prints to out, as text or JSON, what an HDF5 file of ours, a model directory or a tokenizer.json
 * holds. */
MUST_CHECK status_t inspect_file(const char *path, bool json, FILE *out);
/* Its JSON, of what is there. */
MUST_CHECK status_t inspect_file_json(const char *path, FILE *out);

#endif
