/* The standard normal distribution in float64. */
#ifndef WN_STATS_NORMAL_H
#define WN_STATS_NORMAL_H

#include <stdint.h>

/* Density, within 4e-16 relative; 0 at +-infinity. */
double normal_pdf(double x);

/* Probability of a value <= x, within (5 + x^2) 1e-16 relative. */
double normal_cdf(double x);

/* The x with normal_cdf(x) = p, within 1e-15 relative (Wichura 1988, algorithm AS 241, PPND16);
 * -infinity at 0, infinity at 1, NaN outside [0, 1]. */
double normal_quantile(double p);

/* normal_quantile(rank / count) with exact symmetry: rank and count - rank give opposite values.
 * 0 <= rank <= count, count > 0. */
double normal_quantile_of_rank(int64_t rank, int64_t count);

#endif
