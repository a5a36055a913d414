#include "core/amount.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Three digits with a prefix of the SI. */
static void with_prefix(char *text, double value, const char *unit)
{
    static const char *const prefixes[] = {"", "k", "M", "G", "T", "P", "E"};
    int i = 0;
    if (isnan(value)) {
        snprintf(text, AMOUNT, "-");
        return;
    }
    while (i < 6 && value >= 999.5) value /= 1000, i++;
    int digits = i == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    snprintf(text, AMOUNT, "%.*f %s%s", digits, value, prefixes[i], unit);
}

void amount_bytes(char *text, double bytes)
{
    with_prefix(text, bytes, "B");
}

void amount_flops(char *text, double flops)
{
    with_prefix(text, flops, "FLOP");
}

void amount_time(char *text, double seconds)
{
    if (isnan(seconds)) snprintf(text, AMOUNT, "-");
    else if (seconds < 10) snprintf(text, AMOUNT, "%.2f s", seconds);
    else if (seconds < 120) snprintf(text, AMOUNT, "%.1f s", seconds);
    else if (seconds < 7170) snprintf(text, AMOUNT, "%.0f min", seconds / 60);
    else
        snprintf(text, AMOUNT, "%.0f h %02d min", floor((seconds + 30) / 3600),
                 (int)fmod((seconds + 30) / 60, 60));
}

void amount_time_rough(char *text, double seconds)
{
    if (seconds < 120) snprintf(text, AMOUNT, "%.0f s", seconds);
    else amount_time(text, seconds);
}

void amount_rate(char *text, double rate, const char *unit)
{
    char words[AMOUNT / 2 + 4];
    snprintf(words, sizeof words, "%s%.16s/s", unit[1] ? " " : "", unit);
    if (rate < 9.95) {
        snprintf(text, AMOUNT, "%.1f%s%s", rate, unit[1] ? "" : " ", words);
        return;
    }
    with_prefix(text, rate, words);
    /* without a prefix there would be two blanks */
    char *twice = strstr(text, "  ");
    if (twice) memmove(twice, twice + 1, strlen(twice));
}

/* Thousands are set apart. */
void amount_count(char *text, double count)
{
    char digits[AMOUNT];
    if (isnan(count)) {
        snprintf(text, AMOUNT, "-");
        return;
    }
    int length = snprintf(digits, sizeof digits, "%.0f", count), to = 0;
    for (int i = 0; i < length && i < AMOUNT && to < AMOUNT - 2; i++) {
        if (i && (length - i) % 3 == 0) text[to++] = ',';
        text[to++] = digits[i];
    }
    text[to] = '\0';
}
