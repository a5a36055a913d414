/* The two escaped spellings of text in pickles of protocol 0. */
#ifndef WN_CORE_PICKLE_TEXT_H
#define WN_CORE_PICKLE_TEXT_H

#include "core/strings.h"

/* Both append to text the decoded form of bytes and return what is wrong with them, or NULL. */

/* The quoted text of opcode STRING with the escapes of Python's repr: 'it\'s' */
MUST_CHECK status_t pickle_unquote(const char *bytes, size_t length, str_t *text,
                                   const char **wrong);
/* Opcode UNICODE: Latin-1 with the escapes uXXXX and UXXXXXXXX after a backslash, to UTF-8. */
MUST_CHECK status_t pickle_raw_unicode(const char *bytes, size_t length, str_t *text,
                                       const char **wrong);

#endif
