/* Groups of tagged tokens. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "eval/tagged.h"

const char *const word_class_names[CLASSES] = {"open", "closed", "other"};
const char *const by_names[BY_WAYS] = {"all", "upos", "class", "frequency", "position"};

word_class_t word_class(const char *upos)
{
    static const char *const members[] = {"|ADJ|ADV|INTJ|NOUN|PROPN|VERB|",
                                          "|ADP|AUX|CCONJ|DET|NUM|PART|PRON|SCONJ|"};
    char bars[32];
    if (strlen(upos) + 3 > sizeof bars) return CLASS_OTHER;
    snprintf(bars, sizeof bars, "|%s|", upos);
    for (int c = 0; c < 2; c++)
        if (strstr(members[c], bars)) return (word_class_t)c;
    return CLASS_OTHER;
}

static status_t add_name(token_groups_t *groups, const char *name)
{
    groups->groups++;
    return strings_append(&groups->name, name);
}

/* "least to most", or one number. */
static status_t add_range(token_groups_t *groups, int64_t least, int64_t most)
{
    char *text = NULL;
    status_t status = least == most
                          ? str_format(&text, "%lld", (long long)least)
                          : str_format(&text, "%lld to %lld", (long long)least, (long long)most);
    if (!status) status = add_name(groups, text);
    mem_free(&text);
    return status;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* highest [bands]: the largest frequency of each band; *count of them. */
static status_t find_bands(const int64_t *frequency, const bool *scored, size_t tokens, int bands,
                           int64_t *lowest, int64_t *highest, int *count)
{
    int64_t *sorted = NULL;
    size_t n = 0;
    status_t status = mem_new(&sorted, tokens, "frequencies");
    for (size_t i = 0; !status && i < tokens; i++)
        if (scored[i]) sorted[n++] = frequency[i];
    if (!status) qsort(sorted, n, sizeof *sorted, compare);
    *count = 0;
    for (size_t start = 0; !status && start < n;) {
        /* Up to where the next share of all tokens ends, and on through equal frequencies. */
        size_t end = n * (size_t)(*count + 1) / (size_t)bands;
        if (end <= start) end = start + 1;
        while (end < n && sorted[end] == sorted[end - 1]) end++;
        if (*count + 1 == bands) end = n;
        lowest[*count] = sorted[start];
        highest[(*count)++] = sorted[end - 1];
        start = end;
    }
    mem_free(&sorted);
    return status;
}

static status_t group_by_frequency(const int64_t *frequency, const bool *scored, int bands,
                                   token_groups_t *groups)
{
    int64_t *lowest = NULL, *highest = NULL;
    int count = 0;
    size_t first = groups->groups;
    status_t status = mem_new(&lowest, (size_t)bands, "bands");
    if (!status) status = mem_new(&highest, (size_t)bands, "bands");
    if (!status)
        status = find_bands(frequency, scored, groups->tokens, bands, lowest, highest, &count);
    for (int b = 0; !status && b < count; b++) status = add_range(groups, lowest[b], highest[b]);
    for (size_t i = 0; !status && i < groups->tokens; i++) {
        if (!scored[i]) continue;
        int b = 0;
        while (frequency[i] > highest[b]) b++;
        groups->group[BY_FREQUENCY][i] = (int32_t)first + b;
    }
    mem_free(&lowest);
    mem_free(&highest);
    return status;
}

/* 1 to 3 are band 0, 4 to 15 band 1, ... */
static int band_of(int32_t position)
{
    int band = 0;
    for (int64_t end = 4; position >= end; end *= 4) band++;
    return band;
}

static status_t group_by_position(const int32_t *position, const bool *scored,
                                  token_groups_t *groups)
{
    int most = -1;
    size_t first = groups->groups;
    status_t status = NULL;
    for (size_t i = 0; i < groups->tokens; i++) {
        if (!scored[i]) continue;
        int band = band_of(position[i]);
        groups->group[BY_POSITION][i] = (int32_t)first + band;
        if (band > most) most = band;
    }
    for (int b = 0; !status && b <= most; b++) {
        int64_t least = b ? (int64_t)1 << 2 * b : 1;
        status = add_range(groups, least, ((int64_t)1 << (2 * b + 2)) - 1);
    }
    return status;
}

status_t token_groups_create(const strings_t *tags, const int32_t *tag, const int64_t *frequency,
                             const int32_t *position, const bool *scored, size_t tokens, int bands,
                             token_groups_t *groups)
{
    *groups = (token_groups_t){.tokens = tokens};
    status_t status = NULL;
    for (int way = 0; !status && way < BY_WAYS; way++) {
        status = mem_new(&groups->group[way], tokens, "groups of tokens");
        for (size_t i = 0; !status && i < tokens; i++) groups->group[way][i] = -1;
    }
    for (int way = 0; !status && way < BY_WAYS; way++) {
        size_t first = groups->first[way] = groups->groups;
        if (way == BY_ALL) status = add_name(groups, "");
        for (size_t t = 0; !status && way == BY_UPOS && t < tags->count; t++)
            status = add_name(groups, tags->item[t]);
        for (int c = 0; !status && way == BY_CLASS && c < CLASSES; c++)
            status = add_name(groups, word_class_names[c]);
        if (!status && way == BY_FREQUENCY)
            status = group_by_frequency(frequency, scored, bands, groups);
        if (!status && way == BY_POSITION) status = group_by_position(position, scored, groups);
        for (size_t i = 0; !status && way < BY_FREQUENCY && i < tokens; i++)
            if (scored[i])
                groups->group[way][i] =
                    (int32_t)first + (way == BY_ALL    ? 0
                                      : way == BY_UPOS ? tag[i]
                                                       : (int32_t)word_class(tags->item[tag[i]]));
    }
    groups->first[BY_WAYS] = groups->groups;
    if (status) token_groups_destroy(groups);
    return status;
}

void token_groups_destroy(token_groups_t *groups)
{
    for (int way = 0; way < BY_WAYS; way++) mem_free(&groups->group[way]);
    strings_free(&groups->name);
    *groups = (token_groups_t){0};
}
