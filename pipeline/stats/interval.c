#include "stats/interval.h"

#include <math.h>

#include "stats/normal.h"

interval_t interval_share(int64_t successes, int64_t count, double level)
{
    if (count <= 0) return (interval_t){NAN, NAN};
    double n = (double)count, share = (double)successes / n;
    double z = normal_quantile(0.5 + level / 2), z2 = z * z;
    double centre = (share + z2 / (2 * n)) / (1 + z2 / n);
    double half = z / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n));
    /* At the ends the two terms are equal but for rounding. */
    return (interval_t){successes == 0 ? 0 : centre - half, successes == count ? 1 : centre + half};
}

/* The continued fraction of the incomplete beta function (DLMF 8.17.22), by Lentz's method. */
static double beta_fraction(double a, double b, double x)
{
    static const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double value = d;
    for (int m = 1; m <= 10000; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        double step = 1;
        for (int half = 0; half < 2; half++) {
            double term = half ? odd : even;
            d = 1 + term * d, c = 1 + term / c;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            if (fabs(c) < tiny) c = tiny;
            step = c * d;
            value *= step;
        }
        if (fabs(step - 1) < 1e-16) break;
    }
    return value;
}

/* I_x(a, b); the fraction converges fast below the mean, the reflection serves above it. */
static double beta_share(double a, double b, double x)
{
    if (x <= 0) return 0;
    if (x >= 1) return 1;
    double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
    return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

/* P(T > t), t >= 0 */
static double student_tail(double t, double degrees)
{
    return 0.5 * beta_share(degrees / 2, 0.5, degrees / (degrees + t * t));
}

double student_quantile(double p, double degrees)
{
    if (!(p > 0 && p < 1 && degrees > 0)) return NAN;
    if (p == 0.5) return 0;
    double tail = p < 0.5 ? p : 1 - p, low = 0, high = 1;
    while (student_tail(high, degrees) > tail && high < 1e300) high *= 2;
    for (int i = 0; i < 200 && high - low > 1e-15 * high; i++) {
        double middle = low + (high - low) / 2;
        if (student_tail(middle, degrees) > tail) low = middle;
        else high = middle;
    }
    return p < 0.5 ? -high : high;
}

interval_t interval_mean(double mean, double variance, int64_t count, double level)
{
    if (count < 2) return (interval_t){NAN, NAN};
    double t = student_quantile(0.5 + level / 2, (double)(count - 1));
    double half = t * sqrt(variance / (double)count);
    return (interval_t){mean - half, mean + half};
}

interval_t interval_correlation(double correlation, int64_t count, bool ranks, double level)
{
    if (count < 4 || !(fabs(correlation) < 1)) return (interval_t){NAN, NAN};
    double variance = (ranks ? 1 + correlation * correlation / 2 : 1) / (double)(count - 3);
    double z = atanh(correlation), half = normal_quantile(0.5 + level / 2) * sqrt(variance);
    return (interval_t){tanh(z - half), tanh(z + half)};
}
