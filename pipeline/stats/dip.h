/* Hartigan's dip: the largest distance between an empirical distribution function and the nearest
 * unimodal one. How bimodal a sample is, whatever its tails (Sarle's coefficient follows skewness
 * and kurtosis). Hartigan and Hartigan 1985, The Annals of Statistics 13; their algorithm, on
 * groups of equal values. */
#ifndef WN_STATS_DIP_H
#define WN_STATS_DIP_H

#include "stats/distribution.h"

/* Above 0 and at most 1/4 (of a sketch's spread 0 where it is unimodal); NaN where all values are equal or none is given, and for a sample without
 * scratch. */
double dip_measure(const sample_t *sample, const distribution_t *distribution);

#endif
