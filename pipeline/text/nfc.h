/* Normalisation form C as the tokenizers library has it: by Unicode 9, with the original place
 * of every character. */
#ifndef WN_TEXT_NFC_H
#define WN_TEXT_NFC_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"
#include "text/mapped.h"

typedef struct nfc nfc_t;

MUST_CHECK status_t nfc_create(nfc_t **nfc);
void nfc_destroy(nfc_t **nfc);

/* Bytes up to the first place where a text (valid UTF-8) may change; its length where it is
 * surely normal as it stands. */
size_t nfc_normal_prefix(const nfc_t *nfc, const char *text, size_t length);

/* Appends the normal form of a piece. Time is linear in its length. */
MUST_CHECK status_t nfc_apply(nfc_t *nfc, const piece_t *piece, mapped_t *out);

#endif
