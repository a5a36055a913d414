/* The statistics of any array, from file to file: the whole of this room without a model. */
#ifndef WN_STATS_ARRAYS_H
#define WN_STATS_ARRAYS_H

#include "core/status.h"

/* Reads /activations (f32, f16 or bf16 [tokens][neurons]) of the HDF5 file input; optionally
 * /reference f64 [any], a sample of N(0,1); and /inputs f32 [tokens][width] with /pairs int64
 * [2][pairs]. The quantile levels are the attribute levels of the file, of /activations or of
 * /quantiles, else statistics_levels.
 * Writes the HDF5 file output: every entry of the table in statistics.h as f64 [neurons],
 * /quantiles f64 [levels][neurons] with the attribute levels, and where their inputs are given
 * /wd_sampled f64 [neurons], /md f64 [neurons] and /pairs_dropped, an int64 scalar. Not collective.
 * Errors name file and dataset; a value that is not finite also its token and neuron. */
MUST_CHECK status_t statistics_of_arrays(const char *input, const char *output);

#endif
