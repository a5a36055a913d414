#include "text/input.h"

#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "core/file.h"
#include "core/memory.h"
#include "core/missing.h"

enum { BLOCK = 1 << 18 };

typedef enum { PLAIN, GZIP, ZSTD } coding_t;

struct input {
    file_t file;
    coding_t coding;
    uint64_t position;    /* of the next block in the file */
    unsigned char *block; /* compressed bytes [at, held) are still to be decoded */
    size_t at, held;
    bool between;  /* at the end of a gzip member or zstd frame: the data may end here */
    bool draining; /* zstd may hold decoded bytes that did not fit */
    z_stream gzip;
    ZSTD_DStream *zstd;
};

/* ---- which files ---- */

status_t input_files(const char *const *patterns, size_t count, strings_t *paths)
{
    status_t status = NULL;
    size_t first = paths->count;
    for (size_t i = 0; !status && i < count; i++) status = file_glob(patterns[i], paths);
    for (size_t i = first; !status && i < paths->count; i++) {
        if (file_is_directory(paths->item[i]))
            status = status_new(EXIT_INPUT, "%s: a directory; a file or a glob is expected (%s/*)",
                                paths->item[i], paths->item[i]);
        else if (!file_exists(paths->item[i]))
            status = file_missing(paths->item[i], "no such file");
    }
    return status;
}

status_t input_stem(const char *path, char **stem)
{
    const char *base = path_base(path);
    size_t length = strlen(base);
    if (has_suffix(base, ".gz")) length -= 3;
    else if (has_suffix(base, ".zst")) length -= 4;
    for (size_t i = length; i > 1; i--)
        if (base[i - 1] == '.') {
            length = i - 1;
            break;
        }
    return str_copy_n(stem, base, length);
}

/* ---- life ---- */

status_t input_open(const char *path, input_t **input)
{
    status_t status = mem_new(input, 1, "input");
    if (status) return status;
    input_t *it = *input;
    status = file_open(&it->file, path);
    if (status) {
        mem_free(input);
        return status;
    }
    it->coding = has_suffix(path, ".gz") ? GZIP : has_suffix(path, ".zst") ? ZSTD : PLAIN;
    if (it->coding != PLAIN) status = mem_new(&it->block, BLOCK, "compressed input");
    /* 15: the largest window, 32 KiB; 16: gzip's framing. */
    if (!status && it->coding == GZIP && inflateInit2(&it->gzip, 15 + 16) != Z_OK)
        status = status_new(EXIT_RESOURCE, "%s: zlib cannot start", path);
    if (!status && it->coding == ZSTD && !(it->zstd = ZSTD_createDStream()))
        status = status_new(EXIT_RESOURCE, "%s: zstd cannot start", path);
    if (status) input_close(input);
    return status;
}

void input_close(input_t **input)
{
    input_t *it = *input;
    if (!it) return;
    if (it->coding == GZIP) inflateEnd(&it->gzip);
    ZSTD_freeDStream(it->zstd);
    file_close(&it->file);
    mem_free(&it->block);
    mem_free(input);
}

const char *input_path(const input_t *input)
{
    return input->file.path;
}

uint64_t input_position(const input_t *input)
{
    return input->position - (input->held - input->at);
}

status_t input_check_held(const input_t *input, uint64_t held)
{
    if (input->coding == PLAIN || held <= INPUT_FREE) return NULL;
    if (held / INPUT_RATIO <= input_position(input)) return NULL;
    return status_new(EXIT_INPUT,
                      "%s: %llu compressed bytes stand for more than %d MiB without a break, over "
                      "%d times as much: not text",
                      input->file.path, (unsigned long long)input_position(input), INPUT_FREE >> 20,
                      INPUT_RATIO);
}

/* ---- reading ---- */

static status_t read_plain(input_t *input, char *bytes, size_t capacity, size_t *length)
{
    uint64_t left = input->file.size - input->position;
    *length = left < capacity ? (size_t)left : capacity;
    status_t status = file_read_at(&input->file, input->position, bytes, *length);
    if (!status) input->position += *length;
    return status;
}

static status_t refill(input_t *input)
{
    input->at = input->held = 0;
    size_t length;
    status_t status = read_plain(input, (char *)input->block, BLOCK, &length);
    if (!status) input->held = length;
    return status;
}

static status_t damaged(const input_t *input, const char *reason)
{
    return status_new(EXIT_INPUT, "%s: damaged near byte %llu: %s", input->file.path,
                      (unsigned long long)input_position(input), reason);
}

static status_t truncated(const input_t *input)
{
    return status_new(EXIT_INPUT, "%s: truncated: the compressed data end early", input->file.path);
}

/* Decodes what is held into bytes; *length grows by what came out. */
static status_t inflate_some(input_t *input, char *bytes, size_t capacity, size_t *length)
{
    z_stream *stream = &input->gzip;
    /* Some writers pad the last member with zeros; gzip itself ignores them. */
    while (input->between && input->at < input->held && input->block[input->at] == 0) input->at++;
    if (input->at == input->held) return NULL;
    stream->next_in = input->block + input->at;
    stream->avail_in = (uInt)(input->held - input->at);
    stream->next_out = (Bytef *)bytes;
    stream->avail_out = (uInt)(capacity < BLOCK ? capacity : BLOCK);
    uInt room = stream->avail_out;
    int code = inflate(stream, Z_NO_FLUSH);
    input->at = input->held - stream->avail_in;
    *length = room - stream->avail_out;
    input->between = code == Z_STREAM_END;
    if (code == Z_STREAM_END) code = inflateReset(stream);
    if (code == Z_OK || code == Z_BUF_ERROR) return NULL;
    return damaged(input, stream->msg ? stream->msg : "not gzip data");
}

static status_t unzstd_some(input_t *input, char *bytes, size_t capacity, size_t *length)
{
    ZSTD_inBuffer in = {input->block, input->held, input->at};
    ZSTD_outBuffer out = {bytes, capacity, 0};
    size_t code = ZSTD_decompressStream(input->zstd, &out, &in);
    input->at = in.pos;
    *length = out.pos;
    if (ZSTD_isError(code)) return damaged(input, ZSTD_getErrorName(code));
    input->between = code == 0;
    input->draining = code != 0 && out.pos == capacity;
    return NULL;
}

status_t input_read(input_t *input, char *bytes, size_t capacity, size_t *length)
{
    *length = 0;
    if (input->coding == PLAIN) return read_plain(input, bytes, capacity, length);
    status_t status = NULL;
    while (!status && *length == 0) {
        if (input->at == input->held && !input->draining) status = refill(input);
        if (status) break;
        if (input->held == 0 && !input->draining) return input->between ? NULL : truncated(input);
        status = input->coding == GZIP ? inflate_some(input, bytes, capacity, length)
                                       : unzstd_some(input, bytes, capacity, length);
    }
    return status;
}
