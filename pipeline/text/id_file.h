/* Files of token ids, as others tokenised them: one long sequence of tokens, cut into documents.
 *
 *   .npy      NumPy's format (numpy.lib.format), versions 1 to 3, of u16, u32, i32 or i64 in
 *             little-endian order: one dimension is one document, two are one a row
 *   Megatron  <name>.bin with <name>.idx (indexed_dataset.py of Megatron-LM): magic "MMIDIDX\0\0",
 *             u64 version 1, u8 type, u64 sequences, u64 entries of the document index, i32 lengths,
 *             i64 byte offsets, i64 document index; a document is the sequences from one entry to
 *             the next
 *
 * Memory: a block, and for Megatron 24 bytes per 65,536 sequences. */
#ifndef WN_TEXT_ID_FILE_H
#define WN_TEXT_ID_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/file.h"
#include "core/status.h"

typedef enum { ID_U8, ID_I8, ID_I16, ID_U16, ID_I32, ID_U32, ID_I64 } id_type_t;

typedef struct id_file id_file_t;

/* Checks the whole structure: EXIT_INPUT where the sizes do not fit. path of Megatron: the .bin. */
MUST_CHECK status_t id_file_open_npy(const char *path, id_file_t **ids);
MUST_CHECK status_t id_file_open_megatron(const char *path, id_file_t **ids);
void id_file_close(id_file_t **ids);

uint64_t id_file_tokens(const id_file_t *ids);
uint64_t id_file_documents(const id_file_t *ids);

/* first[0..count) = the first token of documents [document, document + count), counted in the
 * file; document + count is at most the number of documents. Calls in ascending order are fast. */
MUST_CHECK status_t id_file_starts(id_file_t *ids, uint64_t document, uint64_t count,
                                   int64_t *first);

/* Tokens [first, first + count). An id below 0, or not below vocabulary, is an EXIT_INPUT error
 * that names file, token and id. */
MUST_CHECK status_t id_file_read(id_file_t *ids, uint64_t first, uint64_t count, int32_t vocabulary,
                                 int32_t *id);

#endif
