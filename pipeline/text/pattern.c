#define PCRE2_CODE_UNIT_WIDTH 8
#include "text/pattern.h"

#include <ctype.h>
#include <pcre2.h>
#include <string.h>

#include "core/memory.h"
#include "core/strings.h"

/* Steps of one match: more than any sensible pattern takes on a run of 100 MB, and an end to
 * patterns that try everything. */
enum { MATCH_LIMIT = 1 << 30 };

struct pattern {
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
    str_t source; /* as the file writes it, for messages */
};

/* The state of a translation: what is left to read, what was written. */
typedef struct {
    const char *at;
    str_t *out;
    bool in_class;
} translation_t;

static status_t refuse(const char *what, const char *at)
{
    return status_new(EXIT_INPUT, "regular expression: %s at \"%.40s\" is not supported", what, at);
}

/* \s and \w by Oniguruma's Unicode tables: PCRE2's \s takes U+180E too, its \w fewer marks. */
static const char *translated_escape(char letter, bool in_class)
{
    switch (letter) {
    case 's': return "\\p{White_Space}";
    case 'S': return "\\P{White_Space}";
    case 'd': return "\\p{Nd}";
    case 'D': return "\\P{Nd}";
    case 'h': return in_class ? "0-9a-fA-F" : "[0-9a-fA-F]";
    case 'w': return in_class ? "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}"
                              : "[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}]";
    case 'W': return in_class ? NULL : "[^\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}]";
    case 'A': return in_class ? NULL : "\\A";
    case 'z': return in_class ? NULL : "\\z";
    default: return NULL;
    }
}

static status_t translate_escape(translation_t *t)
{
    char letter = t->at[1];
    const char *plain = translated_escape(letter, t->in_class);
    if (plain) {
        t->at += 2;
        return str_add(t->out, plain);
    }
    size_t length = 2;
    if (letter == 'p' || letter == 'P') {
        const char *end = t->at[2] == '{' ? strchr(t->at, '}') : NULL;
        if (!end) return refuse("this property", t->at);
        length = (size_t)(end - t->at) + 1;
    } else if (letter == 'x' && isxdigit((unsigned char)t->at[2]) &&
               isxdigit((unsigned char)t->at[3])) {
        length = 4;
    } else if (letter == 'u') {
        for (int i = 2; i < 6; i++)
            if (!isxdigit((unsigned char)t->at[i])) return refuse("this escape", t->at);
        status_t status = str_printf(t->out, "\\x{%.4s}", t->at + 2);
        t->at += 6;
        return status;
    } else if (!strchr("rntfv", letter) && (isalnum((unsigned char)letter) || letter & 0x80)) {
        return refuse("this escape", t->at);
    }
    if (letter == '\0') return refuse("a backslash", t->at);
    if (letter == 'v') { /* vertical tab there, a class here */
        t->at += 2;
        return str_add(t->out, "\\x0b");
    }
    status_t status = str_append(t->out, t->at, length);
    t->at += length;
    return status;
}

static status_t translate_class(translation_t *t)
{
    status_t status = str_append(t->out, t->at++, 1);
    if (!status && *t->at == '^') status = str_append(t->out, t->at++, 1);
    if (!status && *t->at == ']') status = refuse("a class that starts with ]", t->at);
    t->in_class = true;
    while (!status && *t->at != ']') {
        if (*t->at == '\0') status = refuse("a class without end", t->at);
        else if (*t->at == '[') status = refuse("a class within a class", t->at);
        else if (t->at[0] == '&' && t->at[1] == '&') status = refuse("an intersection", t->at);
        else if (*t->at == '\\') status = translate_escape(t);
        else status = str_append(t->out, t->at++, 1);
    }
    t->in_class = false;
    return status ? status : str_append(t->out, t->at++, 1);
}

static status_t translate_group(translation_t *t)
{
    static const char *const known[] = {"(?:", "(?i:", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?i)"};
    if (t->at[1] != '?') return str_append(t->out, t->at++, 1);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t length = strlen(known[i]);
        if (strncmp(t->at, known[i], length) != 0) continue;
        t->at += length;
        return str_append(t->out, known[i], length);
    }
    return refuse("this group", t->at);
}

/* {n}, {n,} or {n,m}; Ruby has no possessive form of these. */
static status_t translate_interval(translation_t *t)
{
    const char *end = t->at + 1;
    while (isdigit((unsigned char)*end)) end++;
    bool counted = end > t->at + 1;
    if (*end == ',') end++;
    while (isdigit((unsigned char)*end)) end++;
    if (!counted || *end != '}' || end[1] == '+') return refuse("this interval", t->at);
    status_t status = str_append(t->out, t->at, (size_t)(end + 1 - t->at));
    t->at = end + 1;
    return status;
}

static status_t translate(const char *text, str_t *out)
{
    translation_t t = {.at = text, .out = out};
    status_t status = NULL;
    while (!status && *t.at) {
        if (*t.at == '\\') status = translate_escape(&t);
        else if (*t.at == '[') status = translate_class(&t);
        else if (*t.at == '(') status = translate_group(&t);
        else if (*t.at == '{') status = translate_interval(&t);
        else if (*t.at == '^' || *t.at == '$') status = refuse("an anchor to lines", t.at);
        else status = str_append(out, t.at++, 1);
    }
    return status;
}

static status_t escape_literal(const char *text, str_t *out)
{
    status_t status = NULL;
    for (; !status && *text; text++) {
        bool plain = isalnum((unsigned char)*text) || *text & 0x80;
        if (!plain) status = str_append(out, "\\", 1);
        if (!status) status = str_append(out, text, 1);
    }
    return status;
}

static status_t no_memory(void)
{
    return status_new(EXIT_RESOURCE, "out of memory: regular expression");
}

static status_t compile(pattern_t *pattern, const str_t *translated)
{
    int error;
    PCRE2_SIZE place;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (!context) return no_memory();
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    pcre2_set_parens_nest_limit(context, 100);
    pattern->code = pcre2_compile((PCRE2_SPTR)translated->data, translated->length,
                                  PCRE2_UTF | PCRE2_UCP | PCRE2_NO_UTF_CHECK | PCRE2_NEVER_BACKSLASH_C,
                                  &error, &place, context);
    pcre2_compile_context_free(context);
    if (!pattern->code) {
        PCRE2_UCHAR message[200];
        pcre2_get_error_message(error, message, sizeof message);
        return status_new(EXIT_INPUT, "regular expression %.200s: %s", pattern->source.data,
                          (const char *)message);
    }
    pattern->match = pcre2_match_data_create(1, NULL);
    pattern->context = pcre2_match_context_create(NULL);
    if (!pattern->match || !pattern->context) return no_memory();
    pcre2_set_match_limit(pattern->context, MATCH_LIMIT);
    /* Without JIT (on machines that lack it) the interpreter gives the same matches, slower. */
    if (pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE) == 0) {
        pattern->stack = pcre2_jit_stack_create(32 << 10, 64 << 20, NULL);
        if (!pattern->stack) return no_memory();
        pcre2_jit_stack_assign(pattern->context, NULL, pattern->stack);
    }
    return NULL;
}

status_t pattern_create(const char *text, bool literal, pattern_t **pattern)
{
    enum { LONGEST = 10000 };
    *pattern = NULL;
    if (strlen(text) > LONGEST) return status_new(EXIT_INPUT, "regular expression is too long");
    if (!*text) return status_new(EXIT_INPUT, "regular expression is empty");
    str_t translated = {0};
    status_t status = mem_new(pattern, 1, "regular expression");
    if (!status) status = str_add(&(*pattern)->source, text);
    if (!status) status = literal ? escape_literal(text, &translated) : translate(text, &translated);
    if (!status) status = compile(*pattern, &translated);
    if (status) pattern_destroy(pattern);
    str_free(&translated);
    return status;
}

void pattern_destroy(pattern_t **pattern)
{
    if (!*pattern) return;
    pcre2_jit_stack_free((*pattern)->stack);
    pcre2_match_context_free((*pattern)->context);
    pcre2_match_data_free((*pattern)->match);
    pcre2_code_free((*pattern)->code);
    str_free(&(*pattern)->source);
    mem_free(pattern);
}

status_t pattern_match(pattern_t *pattern, const char *text, size_t length, size_t from,
                       size_t *start, size_t *end)
{
    int found = pcre2_match(pattern->code, (PCRE2_SPTR)text, length, from, PCRE2_NO_UTF_CHECK,
                            pattern->match, pattern->context);
    *start = *end = length + 1;
    if (found == PCRE2_ERROR_NOMATCH) return NULL;
    if (found < 0) {
        PCRE2_UCHAR message[200];
        pcre2_get_error_message(found, message, sizeof message);
        return status_new(EXIT_INPUT, "regular expression %.200s on a text of %zu bytes: %s",
                          pattern->source.data, length, (const char *)message);
    }
    *start = pcre2_get_ovector_pointer(pattern->match)[0];
    *end = pcre2_get_ovector_pointer(pattern->match)[1];
    return NULL;
}
