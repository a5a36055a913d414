#include "stages/sequences.h"

#include <string.h>

#include "core/memory.h"
#include "model/checkpoints.h"
#include "par/agree.h"
#include "text/tokenizer.h"

/* Rank 0 reads the tokenizer; the others learn its digest. */
status_t stage_tokenizer(const stage_t *stage, char **digest)
{
    char *path = NULL;
    tokenizer_t *tokenizer = NULL;
    str_t text = {0};
    status_t status = NULL;
    if (stage->rank == 0) {
        status = checkpoint_tokenizer(stage->config, &stage->checkpoints, &path);
        if (!status) status = tokenizer_open(path, &tokenizer);
        if (!status) status = str_add(&text, tokenizer_hash(tokenizer));
    }
    tokenizer_close(&tokenizer);
    mem_free(&path);
    status = share_text(stage->comm, status, &text);
    if (!status) status = str_copy(digest, text.data);
    str_free(&text);
    return agree(stage->comm, status);
}

status_t stage_sequences(const stage_t *stage, const char *tokenizer, const task_t *task,
                         sequences_t *sequences)
{
    status_t status = sequences_read(task, stage->directory, sequences);
    if (status || strcmp(sequences->tokenizer, tokenizer) == 0) return status;
    sequences_free(sequences);
    return status_new(EXIT_INPUT,
                      "%s/shards/%s.h5: made with another tokenizer than the model's; run the "
                      "stage 'shard' again",
                      stage->directory, task->data);
}
