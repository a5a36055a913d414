/* What making a shard takes, before it is made. */
#include <math.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "par/agree.h"
#include "stages/shard.h"
#include "text/corpus.h"
#include "text/spill.h"

enum { SAMPLE_BYTES = 1 << 20, PIECE_BYTES = 16 << 10 };

/* The beginning of the unit's first file as text: nothing where it is none (compressed, ids). */
static status_t read_sample(const shard_unit_t *unit, str_t *text)
{
    file_t file;
    char *bytes = NULL;
    status_t status = file_open(&file, unit->files.item[0]);
    if (status) return status;
    size_t count = file.size < SAMPLE_BYTES ? (size_t)file.size : SAMPLE_BYTES;
    status = mem_new(&bytes, count, "sample");
    if (!status) status = file_read_at(&file, 0, bytes, count);
    if (!status) status = str_append(text, bytes, utf8_valid_prefix(bytes, count));
    mem_free(&bytes);
    file_close(&file);
    return status;
}

/* What a sample of the text tells: tokens and seconds of a rank for each byte. */
typedef struct {
    double tokens, seconds;
} per_byte_t;

static status_t tokenise(tokenizer_t *tokenizer, const str_t *text, double seconds, per_byte_t *is)
{
    encoding_t encoding = {0};
    double start = MPI_Wtime(), spent = 0, tokens = 0;
    size_t at = 0;
    status_t status = NULL;
    while (!status && at < text->length && (at == 0 || spent < seconds)) {
        size_t left = text->length - at, count = left < PIECE_BYTES ? left : PIECE_BYTES;
        count = utf8_valid_prefix(text->data + at, count);
        if (count == 0) break;
        status = tokenizer_encode(tokenizer, text->data + at, count, 0, &encoding);
        tokens += (double)encoding.count;
        at += count;
        spent = MPI_Wtime() - start;
    }
    *is = (per_byte_t){at ? tokens / (double)at : NAN, at ? spent / (double)at : NAN};
    encoding_free(&encoding);
    return status;
}

/* Collective. All ranks tokenise the same sample at once; the slowest counts. */
static status_t measure(const stage_t *stage, tokenizer_t *tokenizer, const shard_unit_t *unit,
                        double seconds, per_byte_t *is)
{
    str_t text = {0};
    status_t status = stage->rank == 0 ? read_sample(unit, &text) : NULL;
    status = share_text(stage->comm, status, &text);
    /* What the text has against it the run tells, with file and line. */
    if (!status) status = agree(stage->comm, tokenise(tokenizer, &text, seconds, is));
    if (status_code(status) == EXIT_INPUT) {
        *is = (per_byte_t){NAN, NAN};
        status_free(&status);
    }
    if (!status) MPI_Allreduce(MPI_IN_PLACE, &is->seconds, 1, MPI_DOUBLE, MPI_MAX, stage->comm);
    str_free(&text);
    return status;
}

static const char *format_of(const config_t *config, const shard_unit_t *unit)
{
    if (strcmp(unit->section, "corpora") == 0) return corpus_format(config, unit->name);
    return config_text(config, config_path("%s.%s.format", unit->section, unit->name));
}

/* The files' own text, or nothing that a sample tells of. */
static bool is_text(const stage_t *stage, const shard_unit_t *unit)
{
    const char *format = format_of(stage->config, unit);
    bool plain = strcmp(format, "npy") != 0 && strcmp(format, "megatron") != 0;
    for (size_t i = 0; i < unit->files.count; i++)
        if (has_suffix(unit->files.item[i], ".gz") || has_suffix(unit->files.item[i], ".zst"))
            plain = false;
    return plain;
}

static status_t estimate_text(const stage_t *stage, tokenizer_t *tokenizer,
                              const shard_unit_t *unit, double size, estimate_t *estimate)
{
    per_byte_t is = {NAN, NAN};
    double time = stage->dry ? CALIBRATION_DRY / 8 : CALIBRATION_FIRST;
    status_t status = measure(stage, tokenizer, unit, time, &is);
    node_usage_t now = usage_of_nodes(stage->comm);
    int ranks = stage->plan->layout.ranks;
    double batch = size < TOKEN_BATCH_BYTES ? size : TOKEN_BATCH_BYTES;
    double tokens = size * is.tokens, held = tokens * sizeof(int32_t) / ranks;
    if (held > SPILL_BYTES) held = SPILL_BYTES;
    bool part = strcmp(format_of(stage->config, unit), "text") != 0 || unit->limit > 0;
    estimate->chunks = ceil(size / TOKEN_BATCH_BYTES);
    estimate->rows = tokens;
    estimate->disk = tokens * sizeof(int32_t);
    estimate->memory = now.memory + 2 * batch + now.ranks * 2 * held;
    estimate->seconds += size * is.seconds / ranks * stage->plan->slower;
    estimate->bound = part ? "at most" : "about";
    estimate->note =
        part ? "as if all that the files hold became tokens" : "by a sample of the text";
    return status;
}

static double parts_size(const stage_t *stage, const shard_unit_t *unit)
{
    mixture_t mixture = {0};
    double size = 0;
    status_t status = mixture_read(stage->config, unit->name, &mixture);
    for (size_t i = 0; !status && i < mixture.components; i++) {
        char *path = NULL;
        status = shard_part_path(&mixture, i, unit->directory, &path);
        if (!status) size += file_bytes(path);
        mem_free(&path);
    }
    status_free(&status);
    mixture_free(&mixture);
    return size;
}

status_t shard_estimate(const stage_t *stage, tokenizer_t *tokenizer, const shard_unit_t *unit,
                        estimate_t *estimate)
{
    bool mixed = unit->files.count == 0;
    double start = MPI_Wtime(), rate = 0,
           size = mixed ? parts_size(stage, unit) : (double)unit->size;
    status_t status = NULL;
    *estimate = estimate_nothing;
    MPI_Bcast(&size, 1, MPI_DOUBLE, 0, stage->comm);
    estimate->read = mixed ? size : 2 * size;
    estimate->note = "the number of tokens is not known before they are read";
    if (mixed) return NULL;
    /* The files are hashed, then read. */
    status = plan_read_rate(stage, unit->files.item[0], &rate);
    if (!status && is_text(stage, unit)) {
        estimate->seconds = 2 * size / rate;
        status = estimate_text(stage, tokenizer, unit, size, estimate);
        stage->plan->calibrating += MPI_Wtime() - start;
    }
    return status;
}
