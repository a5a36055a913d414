#include "stages/trials.h"

#include <string.h>

#include "core/file.h"
#include "core/memory.h"

static status_t keep(trials_t *trials, const char *key, double perplexity)
{
    size_t needed = trials->count + 1;
    status_t status = mem_grow(&trials->key, &trials->keys_capacity, needed, "trials");
    if (!status) status = mem_grow(&trials->perplexity, &trials->values_capacity, needed, "trials");
    if (status) return status;
    memcpy(trials->key[trials->count], key, SHA256_HEX);
    trials->perplexity[trials->count++] = perplexity;
    return NULL;
}

static status_t take(void *context, const journal_record_t *record)
{
    double perplexity;
    if (record->bytes != sizeof perplexity) return NULL;
    memcpy(&perplexity, record->data, sizeof perplexity);
    return keep(context, record->key, perplexity);
}

status_t trials_open(const char *path, trials_t *trials)
{
    uint64_t lost; /* measured anew */
    *trials = (trials_t){0};
    status_t status = file_exists(path) ? journal_read(path, take, trials, &lost) : NULL;
    return status ? status : journal_open(path, &trials->journal);
}

bool trials_find(const trials_t *trials, const char *key, double *perplexity)
{
    for (size_t i = 0; i < trials->count; i++)
        if (strcmp(trials->key[i], key) == 0) {
            *perplexity = trials->perplexity[i];
            return true;
        }
    return false;
}

status_t trials_add(trials_t *trials, const char *key, double perplexity)
{
    journal_record_t record = {.data = &perplexity, .bytes = sizeof perplexity};
    memcpy(record.key, key, SHA256_HEX);
    status_t status = journal_append(trials->journal, &record);
    if (!status) status = journal_sync(trials->journal);
    return status ? status : keep(trials, key, perplexity);
}

void trials_close(trials_t *trials)
{
    journal_close(&trials->journal);
    mem_free(&trials->key);
    mem_free(&trials->perplexity);
    *trials = (trials_t){0};
}
