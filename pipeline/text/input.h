/* The bytes of an input file, decompressed on the way where its name ends in .gz (zlib) or .zst
 * (zstd). Memory is bounded whatever the file says: blocks of a fixed size, and for zstd a window
 * of at most 128 MiB (the format's own default limit). Concatenated members (gzip) and frames
 * (zstd) are read as one. */
#ifndef WN_TEXT_INPUT_H
#define WN_TEXT_INPUT_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"
#include "core/strings.h"

typedef struct input input_t;

/* Expands patterns (files or globs, in this order) into paths. Each must be a plain file: a
 * missing one is an EXIT_INPUT error that suggests the nearest name of its directory. */
MUST_CHECK status_t input_files(const char *const *patterns, size_t count, strings_t *paths);

MUST_CHECK status_t input_open(const char *path, input_t **input);
void input_close(input_t **input);

/* Reads up to capacity bytes; *length is 0 only at the end. A damaged or truncated compressed
 * file is an EXIT_INPUT error that names it. */
MUST_CHECK status_t input_read(input_t *input, char *bytes, size_t capacity, size_t *length);

const char *input_path(const input_t *input);
/* Bytes of the file itself (compressed as it may be) that were taken so far: for progress. */
uint64_t input_position(const input_t *input);

/* An EXIT_INPUT error where so many bytes of the text are to be held at a time, and the file is
 * compressed and so far too small for them: what stands for more than INPUT_FREE bytes without a
 * break, and for INPUT_RATIO times its size, is no text but a decompression bomb. */
enum { INPUT_FREE = 256 << 20, INPUT_RATIO = 100 };
MUST_CHECK status_t input_check_held(const input_t *input, uint64_t held);

/* The file's name without directory, .gz or .zst, and then one more ending: "adjunct_island" of
 * "blimp/adjunct_island.jsonl.gz". */
MUST_CHECK status_t input_stem(const char *path, char **stem);

#endif
