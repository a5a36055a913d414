/* Amounts as people read them. */
#ifndef WN_CORE_AMOUNT_H
#define WN_CORE_AMOUNT_H

enum { AMOUNT = 32 }; /* characters of each, at most */

/* text [AMOUNT]: "1.9 GB", "41.2 s", "3 h 05 min", "1.2 TFLOP", "12,345"; "-" for NaN. */
void amount_bytes(char *text, double bytes);
void amount_time(char *text, double seconds);
void amount_flops(char *text, double flops);
void amount_count(char *text, double count);
/* "12.3 k tokens/s" (a unit of one letter has its prefix before it: "12.3 MB/s"); time in whole units, for what is only guessed: "40 s", "3 min", "3 h 05 min". */
void amount_rate(char *text, double rate, const char *unit);
void amount_time_rough(char *text, double seconds);

#endif
