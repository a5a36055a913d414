/* Text on its way from the original to the model: pieces of it, and transformed text that
 * remembers which character of the original each of its characters came from. */
#ifndef WN_TEXT_MAPPED_H
#define WN_TEXT_MAPPED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"
#include "core/strings.h"

/* Character `at` of a transformed text, and those after it up to the next joint, came from the
 * original's characters `origin`, origin + 1, ... Origins never decrease. */
typedef struct {
    int64_t at, origin;
} joint_t;

/* A borrowed part of a text: bytes, and the number of its first character in the text that the
 * joints speak of. Without joints that text is the original. */
typedef struct {
    const char *bytes;
    size_t length;
    int64_t first;
    const joint_t *joint;
    size_t joints;
} piece_t;

/* A transformed text under construction. tracked: joints are kept (else only bytes). */
typedef struct {
    str_t bytes;
    joint_t *joint;
    size_t joints, joint_capacity;
    int64_t characters; /* so far, where tracked */
    bool tracked;
    size_t limit; /* bytes beyond which it is an error that the text grew so */
} mapped_t;

/* Starts a new text, which may grow to limit bytes. */
void mapped_clear(mapped_t *mapped, bool tracked, size_t limit);
void mapped_free(mapped_t *mapped);

/* Appends length bytes whose characters came one to one from source's characters at, at + 1, ...
 * (numbered within the piece). */
MUST_CHECK status_t mapped_copy(mapped_t *mapped, const char *bytes, size_t length,
                                const piece_t *source, int64_t at);

/* Room for more bytes, which the caller then writes and counts himself (mapped_adopt). */
MUST_CHECK status_t mapped_reserve(mapped_t *mapped, size_t length);

/* Appends bytes whose characters all came from the original's character origin. */
MUST_CHECK status_t mapped_insert(mapped_t *mapped, const char *bytes, size_t length,
                                  int64_t origin);

/* For a text whose bytes were written by the caller, one character for each of the piece's count
 * characters: takes over the piece's origins. */
MUST_CHECK status_t mapped_adopt(mapped_t *mapped, const piece_t *source, int64_t count);

/* The whole of it as a piece (borrowed until the next change). */
piece_t mapped_piece(const mapped_t *mapped);

/* The original's character from which the piece's character at came. */
int64_t joint_origin(const piece_t *piece, int64_t at);
static inline int64_t piece_origin(const piece_t *piece, int64_t at)
{
    return piece->joints ? joint_origin(piece, at) : piece->first + at;
}

/* The part of a piece from byte start on, which is its character at. */
piece_t piece_part(const piece_t *piece, size_t start, size_t length, int64_t at);

#endif
