#include "eval/sequences.h"

#include <string.h>

#include "core/memory.h"
#include "store/output.h"
#include "text/windows.h"

static status_t unfit(const store_t *store, const char *what, const char *where)
{
    return status_new(EXIT_INPUT, "%s: %s does not fit %s", store_path(store), what, where);
}

/* ---- windows ---- */

/* The tokenizer's BOS, where windows shall begin with it. */
static status_t read_bos(const task_t *task, const store_t *store, int32_t *bos)
{
    double number = -1;
    *bos = -1;
    if (!task->bos) return NULL;
    status_t status = store_get_number(store, "/ids", "bos", &number);
    if (!status && number < 0)
        status = status_new(EXIT_INPUT,
                            "%s: the tokenizer names no BOS token for the windows of "
                            "the task %s to begin with",
                            store_path(store), task->name);
    *bos = (int32_t)number;
    return status;
}

static void make_window(sequences_t *sequences, size_t index, int32_t bos, const int32_t *id,
                        size_t count)
{
    int32_t *to = sequences->id + sequences->offset[index];
    if (bos >= 0) *to++ = bos;
    memcpy(to, id, count * sizeof *id);
    sequences->offset[index + 1] = sequences->offset[index] + (int64_t)count + (bos >= 0 ? 1 : 0);
}

/* Tags [needed) of the shard from start on, laid out as the windows' tokens are. */
static status_t read_window_tags(const store_t *store, uint64_t start, uint64_t needed,
                                 size_t stride, bool bos, sequences_t *sequences)
{
    int32_t *tag = NULL, *to;
    store_info_t info = {0}, ids = {0};
    status_t status = store_find(store, "/upos", &info);
    if (!status) status = store_find(store, "/ids", &ids);
    if (!status && info.count != ids.count) return unfit(store, "/upos", "/ids");
    if (!status) status = store_read_texts(store, "/upos_names", &sequences->tags);
    if (!status) status = mem_new(&tag, (size_t)needed, "tags");
    if (!status) status = store_get(store, "/upos", STORE_I32, &start, &needed, tag);
    for (size_t i = 0; !status && i < needed; i++)
        if (tag[i] < 0 || (size_t)tag[i] >= sequences->tags.count)
            status = unfit(store, "/upos", "/upos_names");
    sequences->tokens = (size_t)sequences->offset[sequences->count];
    if (!status) status = mem_new(&sequences->tag, sequences->tokens, "tags");
    to = sequences->tag;
    for (size_t w = 0; !status && w < sequences->count; w++) {
        size_t count = (size_t)(sequences->offset[w + 1] - sequences->offset[w]) - bos;
        if (bos) *to++ = -1;
        memcpy(to, tag + w * stride, count * sizeof *tag);
        to += count;
    }
    mem_free(&tag);
    return status;
}

/* Tokens of the shorter window where the next one would start; 0: none is wanted, or it has nothing to
 * score. */
static size_t tail_of(const task_t *task, uint64_t tokens, size_t count, size_t stride, int32_t bos)
{
    uint64_t start = (uint64_t)count * stride;
    bool limited = task->windows && count == (size_t)task->windows;
    if (!task->tail || limited || start >= tokens) return 0;
    return tokens - start + (bos >= 0) < 2 ? 0 : (size_t)(tokens - start);
}

static status_t read_windows(const task_t *task, const store_t *store, sequences_t *sequences)
{
    store_info_t info = {0};
    int32_t *id = NULL, bos;
    size_t window = (size_t)(task->window - task->bos), stride = (size_t)task->stride, count = 0;
    status_t status = store_find(store, "/ids", &info);
    if (!status) status = read_bos(task, store, &bos);
    if (status) return status;
    count = windows_count(info.count, window, stride, !task->drop_last, (uint64_t)task->windows);
    if (count == 0 && !(task->tail && info.count > 1))
        return status_new(EXIT_INPUT,
                          "%s: %llu tokens do not fill one window of %zu; lower the window of the "
                          "task %s",
                          store_path(store), (unsigned long long)info.count, window, task->name);
    size_t skip = (size_t)task->skip < count || count == 0 ? (size_t)task->skip : count - 1;
    sequences->total = count;
    count -= skip;
    if (task->most && (size_t)task->most < count) count = (size_t)task->most;
    size_t tail = tail_of(task, info.count, count, stride, bos);
    uint64_t start = skip * stride, needed = count ? (count - 1) * stride + window : 0;
    if (tail) needed = count * stride + tail;
    status = mem_new(&id, (size_t)needed, "windows");
    if (!status) status = store_get(store, "/ids", STORE_I32, &start, &needed, id);
    if (!status) status = mem_new(&sequences->id, (count + 1) * (size_t)task->window, "windows");
    if (!status) status = mem_new(&sequences->offset, count + 2, "windows");
    for (size_t w = 0; !status && w < count; w++)
        make_window(sequences, w, bos, id + w * stride, window);
    if (!status && tail) make_window(sequences, count, bos, id + count * stride, tail);
    sequences->count = sequences->items = count + (tail > 0);
    mem_free(&id);
    if (!status && store_has(store, "/upos"))
        status = read_window_tags(store, start, needed, stride, bos >= 0, sequences);
    return status;
}

/* ---- tagged text ---- */

/* Windows of one document, of which the last may be short. */
static status_t add_document(const task_t *task, int32_t bos, const int32_t *id, int64_t start,
                             int64_t end, size_t *capacity, sequences_t *sequences)
{
    int64_t window = task->window - task->bos;
    status_t status = NULL;
    for (int64_t at = start; !status && at < end; at += window) {
        size_t count = (size_t)(end - at < window ? end - at : window), s = sequences->count;
        if (task->windows && s == (size_t)task->windows) break;
        if (count + (bos >= 0 ? 1 : 0) < 2) continue;
        status = mem_grow(&sequences->place, capacity, s + 1, "windows");
        if (status) break;
        sequences->place[s] = at - (bos >= 0 ? 1 : 0);
        sequences->count++;
        make_window(sequences, s, bos, id + at, count);
    }
    return status;
}

static status_t check_documents(const store_t *store, const store_info_t *info,
                                const int64_t *document, size_t tokens)
{
    size_t documents = info->count ? (size_t)info->count - 1 : 0;
    if (documents == 0 || document[0] != 0 || document[documents] != (int64_t)tokens)
        return unfit(store, "/documents", "/ids");
    for (size_t d = 0; d < documents; d++)
        if (document[d] > document[d + 1]) return unfit(store, "/documents", "/ids");
    return NULL;
}

static status_t read_tags(const store_t *store, sequences_t *sequences)
{
    store_info_t info = {0};
    status_t status = store_read(store, "/upos", STORE_I32, &sequences->tag, &info);
    if (!status) status = store_read_texts(store, "/upos_names", &sequences->tags);
    if (!status && info.count != sequences->tokens) status = unfit(store, "/upos", "/ids");
    for (size_t i = 0; !status && i < sequences->tokens; i++)
        if (sequences->tag[i] < 0 || (size_t)sequences->tag[i] >= sequences->tags.count)
            status = unfit(store, "/upos", "/upos_names");
    return status;
}

static status_t read_tagged(const task_t *task, const store_t *store, sequences_t *sequences)
{
    store_info_t info = {0}, ids = {0};
    int32_t *id = NULL, bos = -1;
    int64_t *document = NULL;
    size_t capacity = 0;
    status_t status = store_read(store, "/ids", STORE_I32, &id, &ids);
    if (!status) status = store_read(store, "/documents", STORE_I64, &document, &info);
    if (!status) status = read_bos(task, store, &bos);
    sequences->tokens = (size_t)ids.count;
    if (!status) status = check_documents(store, &info, document, sequences->tokens);
    if (!status) status = read_tags(store, sequences);
    /* A window has two tokens at least, so there are no more windows than tokens, with BOS. */
    size_t room = 2 * sequences->tokens;
    if (!status) status = mem_new(&sequences->id, room, "windows");
    if (!status) status = mem_new(&sequences->offset, sequences->tokens + 1, "windows");
    for (uint64_t d = 0; !status && d + 1 < info.count; d++)
        status = add_document(task, bos, id, document[d], document[d + 1], &capacity, sequences);
    sequences->items = sequences->count;
    sequences->bos = bos >= 0;
    if (!status && sequences->count == 0)
        status = status_new(EXIT_INPUT, "%s: no document has two tokens", store_path(store));
    mem_free(&id);
    mem_free(&document);
    return status;
}

/* ---- sentences and choices ---- */

/* /sequences and what is known of each of them. */
static status_t read_sequences(const store_t *store, sequences_t *sequences)
{
    store_info_t ids, info;
    status_t status = store_read(store, "/ids", STORE_I32, &sequences->id, &ids);
    if (!status) status = store_read(store, "/sequences", STORE_I64, &sequences->offset, &info);
    if (status) return status;
    sequences->count = info.count ? (size_t)info.count - 1 : 0;
    const int64_t *offset = sequences->offset, tokens = (int64_t)ids.count;
    if (sequences->count == 0 || offset[0] != 0 || offset[sequences->count] != tokens)
        return unfit(store, "/sequences", "/ids");
    if (store_has(store, "/scored_from"))
        status = store_read(store, "/scored_from", STORE_I32, &sequences->from, &info);
    if (!status && sequences->from && info.count != sequences->count)
        return unfit(store, "/scored_from", "/sequences");
    for (size_t s = 0; !status && s < sequences->count; s++) {
        if (offset[s + 1] > tokens) status = unfit(store, "/sequences", "/ids");
        else if (offset[s + 1] < offset[s] + 2)
            status = status_new(EXIT_INPUT, "%s: sequence %zu has nothing to score",
                                store_path(store), s);
        else if (sequences->from && (sequences->from[s] < 1 || sequences_scored(sequences, s) < 1))
            status = unfit(store, "/scored_from", "/sequences");
    }
    if (status) return status;
    /* Shards of an earlier version do not say. */
    if (!store_has_attribute(store, "/sequences", "convention")) return NULL;
    return store_get_text(store, "/sequences", "convention", &sequences->convention);
}

static status_t read_pairs(const store_t *store, sequences_t *sequences)
{
    status_t status = read_sequences(store, sequences);
    sequences->items = sequences->count / 2;
    return !status && sequences->count % 2 ? unfit(store, "/sequences", "/ids as pairs") : status;
}

static status_t check_questions(const store_t *store, const sequences_t *sequences)
{
    const int64_t *choice = sequences->choice;
    if (choice[0] != 0 || choice[sequences->items] != (int64_t)sequences->count)
        return unfit(store, "/choices", "/sequences");
    for (size_t i = 0; i < sequences->items; i++) {
        if (choice[i + 1] <= choice[i] || choice[i + 1] > (int64_t)sequences->count)
            return unfit(store, "/choices", "/sequences");
        if (sequences->gold[i] < 0 || sequences->gold[i] >= choice[i + 1] - choice[i])
            return unfit(store, "/gold", "/choices");
    }
    for (size_t s = 0; s < sequences->count; s++)
        if (sequences->characters[s] < 1)
            return status_new(EXIT_INPUT, "%s: choice %zu has no characters", store_path(store), s);
    return NULL;
}

static status_t read_choices(const store_t *store, sequences_t *sequences)
{
    store_info_t choices = {0}, golds = {0}, characters = {0};
    status_t status = read_sequences(store, sequences);
    if (!status) status = store_read(store, "/choices", STORE_I64, &sequences->choice, &choices);
    if (!status) status = store_read(store, "/gold", STORE_I32, &sequences->gold, &golds);
    if (!status)
        status = store_read(store, "/characters", STORE_I32, &sequences->characters, &characters);
    if (status) return status;
    sequences->items = (size_t)golds.count;
    if (choices.count != golds.count + 1) return unfit(store, "/choices", "/gold");
    if (characters.count != sequences->count) return unfit(store, "/characters", "/sequences");
    return check_questions(store, sequences);
}

/* ---- the whole ---- */

static status_t read_kind(const task_t *task, const store_t *store, sequences_t *sequences)
{
    switch (task->kind) {
    case TASK_PERPLEXITY:
    case TASK_RESIDUAL:
    case TASK_EXTREMES: return read_windows(task, store, sequences);
    case TASK_PAIRS: return read_pairs(store, sequences);
    case TASK_POS: return read_tagged(task, store, sequences);
    case TASK_CHOICE: return read_choices(store, sequences);
    }
    return status_new(EXIT_BUG, "a task of an unknown kind");
}

status_t sequences_read(const task_t *task, const char *directory, sequences_t *sequences)
{
    char *path = NULL;
    store_t *store = NULL;
    *sequences = (sequences_t){0};
    status_t status = str_format(&path, "%s/shards/%s.h5", directory, task->data);
    if (!status) status = output_open(path, "shard", &store);
    if (!status) status = store_get_text(store, "/", "key", &sequences->key);
    if (!status) status = store_get_text(store, "/", "tokenizer", &sequences->tokenizer);
    if (!status) status = read_kind(task, store, sequences);
    store_close(&store);
    mem_free(&path);
    if (status) sequences_free(sequences);
    return status;
}

void sequences_free(sequences_t *sequences)
{
    mem_free(&sequences->id);
    mem_free(&sequences->offset);
    mem_free(&sequences->from);
    mem_free(&sequences->key);
    mem_free(&sequences->tokenizer);
    mem_free(&sequences->place);
    mem_free(&sequences->tag);
    strings_free(&sequences->tags);
    mem_free(&sequences->choice);
    mem_free(&sequences->gold);
    mem_free(&sequences->characters);
    mem_free(&sequences->convention);
}

size_t sequences_bytes(const sequences_t *sequences)
{
    size_t count = sequences->count, each = sizeof *sequences->offset;
    if (sequences->from) each += sizeof *sequences->from;
    if (sequences->place) each += sizeof *sequences->place;
    if (sequences->characters) each += sizeof *sequences->characters;
    return count * each + (size_t)sequences->offset[count] * sizeof *sequences->id +
           sequences->tokens * sizeof *sequences->tag +
           (sequences->choice ? sequences->items * 12 : 0);
}
