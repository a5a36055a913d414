/* Between the readers of rules. */
#ifndef WN_SELECT_RULES_INTERNAL_H
#define WN_SELECT_RULES_INTERNAL_H

#include "select/rules.h"

/* "select.ENTRY.KEY", for a short while. */
const char *rule_key(const char *entry, const char *key);

/* What an entry says of all its rules: kind, statistic, from, and so on; not what it lists, nor
 * other cohorts. */
MUST_CHECK status_t rule_read(const config_t *config, const strings_t *checkpoints,
                              const char *entry, rule_t *rule);

/* The key at which a rule's kind stands. */
const char *rule_parts_key(const rule_t *rule);

#endif
