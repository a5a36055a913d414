/* The shards that collect and evaluate read: the model's own tokens or an error. */
#ifndef WN_STAGES_SEQUENCES_H
#define WN_STAGES_SEQUENCES_H

#include "eval/sequences.h"
#include "stages/stage.h"

/* Collective: the digest of the model's tokenizer, owned by the caller. */
MUST_CHECK status_t stage_tokenizer(const stage_t *stage, char **digest);

/* Reads a task's sequences; an error where another tokenizer than this one made them. Not
 * collective. */
MUST_CHECK status_t stage_sequences(const stage_t *stage, const char *tokenizer, const task_t *task,
                                    sequences_t *sequences);

#endif
