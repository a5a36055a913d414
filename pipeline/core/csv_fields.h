/* Lines of comma-separated values, a field at a time. */
#ifndef WN_CORE_CSV_FIELDS_H
#define WN_CORE_CSV_FIELDS_H

#include <stdint.h>

#include "core/status.h"
#include "core/strings.h"

/* A CSV field (RFC 4180), after a comma unless it is a line's first: quoted where it holds a
 * comma, a quote, a line break, or a blank at an end. */
MUST_CHECK status_t csv_text(str_t *csv, const char *text);
/* The shortest decimal that reads back as the same float64; nothing where it is not finite. */
MUST_CHECK status_t csv_number(str_t *csv, double number);
MUST_CHECK status_t csv_integer(str_t *csv, int64_t integer);
MUST_CHECK status_t csv_end(str_t *csv);

/* The shortest "%.*g" that reads back as the same number. */
MUST_CHECK status_t text_exact(str_t *text, double number);

#endif
