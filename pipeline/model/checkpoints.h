/* The checkpoints of a run: directories below model.path, in training order. */
#ifndef WN_MODEL_CHECKPOINTS_H
#define WN_MODEL_CHECKPOINTS_H

#include "core/config.h"
#include "core/status.h"
#include "core/strings.h"

/* Names in the order of model.checkpoints; what a glob matches is put in natural order (step9
 * before step10). Without that key the one name is the last part of model.path. A name that is
 * no directory is an error that suggests the nearest one. Reads directories. */
MUST_CHECK status_t checkpoint_names(const config_t *config, strings_t *names);

/* The directory of a checkpoint (owned by the caller). */
MUST_CHECK status_t checkpoint_directory(const config_t *config, const char *name,
                                         char **directory);

/* An error unless wanted is among names; key is the place in the configuration that asks. */
MUST_CHECK status_t checkpoint_check(const config_t *config, const char *key,
                                     const strings_t *names, const char *wanted);

/* Where the tokenizer is: model.tokenizer, else model.path, else the first checkpoint. */
MUST_CHECK status_t checkpoint_tokenizer(const config_t *config, const strings_t *names,
                                         char **path);

#endif
