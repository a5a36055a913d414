/* The shard stage's parts: what a unit (one corpus or one benchmark) reads, its key, its file. */
#ifndef WN_STAGES_SHARD_H
#define WN_STAGES_SHARD_H

#include "stages/plan.h"
#include "text/corpus_tokens.h"
#include "text/mixture.h"

/* One unit of work and what its file records of its inputs. */
typedef struct {
    const char *section, *name; /* "corpora", "wiki" */
    bool ordered;    /* a corpus's files as they are, of which a seed or a budget is to make it */
    int64_t limit;   /* documents, or rows; 0: all */
    strings_t files; /* paths, the same on every rank; none of a mixture */
    strings_t partners; /* of each file: its answers or its index; or none */
    uint64_t size;      /* of the files; known on rank 0 */
    char *inputs;       /* a line "SHA-256  path" per file or "key  name" per part */
    char key[SHA256_HEX];
    char *path;          /* of the shard file */
    char *directory;     /* that it is in */
    const char *scratch; /* for what does not fit memory; borrowed */
    char *label;         /* of the progress */
} shard_unit_t;

/* The shard of a mixture's part: <directory>/NAME.h5, or NAME.ordered.h5 where it is its own.
 * The caller's. */
MUST_CHECK status_t shard_part_path(const mixture_t *mixture, size_t part, const char *directory,
                                    char **path);

/* Collective: finds and hashes the files of "<section>.<name>" and makes the unit's key; without
 * the hashes and the key where they are not needed (stage_needs_key). */
MUST_CHECK status_t shard_unit_open(const stage_t *stage, const tokenizer_t *tokenizer,
                                    const char *section, const char *name, bool ordered,
                                    shard_unit_t *unit);
void shard_unit_close(shard_unit_t *unit);

/* Collective: what making it takes, as a sample of its first file and the tokenizer's speed on it
 * tell. */
MUST_CHECK status_t shard_estimate(const stage_t *stage, tokenizer_t *tokenizer,
                                   const shard_unit_t *unit, estimate_t *estimate);

/* Collective: creates the unit's file, empty but for what made it; or with its tokens in /ids and
 * offsets. Further datasets and store_publish are the caller's. */
MUST_CHECK status_t shard_create_file(const stage_t *stage, const shard_unit_t *unit,
                                      const tokenizer_t *tokenizer, uint64_t tokens,
                                      store_t **store);
MUST_CHECK status_t shard_create(const stage_t *stage, const shard_unit_t *unit,
                                 const tokenizer_t *tokenizer, corpus_tokens_t *tokens,
                                 const char *offsets, store_t **store);
/* Collective: describes /documents, and notes the tokenizer's BOS for windows that begin with it. */
MUST_CHECK status_t shard_describe_documents(const stage_t *stage, const tokenizer_t *tokenizer,
                                             store_t *store);

/* Collective: names [count] of rank 0, which the others get, as a dataset; index [items] into
 * such names, of rank 0. */
MUST_CHECK status_t shard_write_names(const stage_t *stage, store_t *store, const char *dataset,
                                      strings_t *names, const char *description);
MUST_CHECK status_t shard_write_index(const stage_t *stage, store_t *store, const char *dataset,
                                      uint64_t items, const int32_t *index,
                                      const char *description);

/* Collective: make the file of a unit. Corpora: text, token ids, others mixed; benchmarks: minimal
 * pairs, tagged text, multiple choice. */
typedef status_t shard_make_t(const stage_t *stage, tokenizer_t *tokenizer,
                              const shard_unit_t *unit);
MUST_CHECK shard_make_t shard_corpus, shard_ids, shard_mixture;
MUST_CHECK shard_make_t shard_pairs, shard_tagged, shard_choice;

#endif
