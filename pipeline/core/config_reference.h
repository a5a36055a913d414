/* docs/configuration.md, made of the table of keys (core/config.h). */
#ifndef WN_CORE_CONFIG_REFERENCE_H
#define WN_CORE_CONFIG_REFERENCE_H

#include "core/status.h"
#include "core/strings.h"

/* Appends the page: every key with what it may be, its default and its meaning, in the table's order. */
MUST_CHECK status_t config_reference(str_t *text);

#endif
